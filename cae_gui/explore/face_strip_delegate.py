"""How one face of a strip is painted, and how its name is edited in its place."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cae_gui.explore.face_strip_model import FaceStripModel
from cae_gui.widgets.painting import paint_picture, paint_ring
from model.face_set import FACE_SIZE

SIDE = FACE_SIZE
"""A face is painted with its own number of pixels."""
LONGEST_NAME = 100

_GAP = 8
_RADIUS = 4.0
_NAMED_WIDTH = 96
_EDITOR_WIDTH = 160
_PALE = 0.4
_TINT = 64  # of 255: the background of a selected face
_Index = QModelIndex | QPersistentModelIndex


class StripDelegate(QStyledItemDelegate):
    """Paints a face with rounded corners, and its name under it where there is room for one."""

    def __init__(self, parent: QWidget, *, named: bool, tinted: bool) -> None:
        super().__init__(parent)
        self._tinted = tinted
        self._text_height = parent.fontMetrics().height() if named else 0
        self.cell = QSize(_NAMED_WIDTH if named else SIDE + _GAP, SIDE + _GAP + self._text_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, FaceStripModel)
        face, state = model.face(index.row()), option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._tinted and state & QStyle.StateFlag.State_Selected:
            self._paint_selected(painter, option)
        painter.setOpacity(_PALE if face.pale else 1.0)
        picture = model.picture(index.row(), round(SIDE * painter.deviceTransform().m11()))
        outline = QRectF(face_rect_in(option.rect))
        if picture is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(outline, _RADIUS, _RADIUS)
        else:
            outline = paint_picture(painter, picture, outline.topLeft(), _RADIUS)
        painter.setOpacity(1.0)
        if index.row() == model.mark():
            paint_ring(painter, outline, option.palette, gap=0.0, radius=_RADIUS)
        if self._text_height:
            self._paint_name(painter, option, face.name)
        if state & QStyle.StateFlag.State_HasFocus:
            self._paint_focus(painter, option)
        painter.restore()

    def _paint_selected(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        color = option.palette.color(QPalette.ColorRole.Highlight)
        color.setAlpha(_TINT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(option.rect), _RADIUS, _RADIUS)

    def _paint_focus(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inside = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inside, _RADIUS, _RADIUS)

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, name: str) -> None:
        line = self._name_rect(option.rect)
        width = line.width() - _GAP // 2
        text = option.fontMetrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)

    def _name_rect(self, cell: QRect) -> QRect:
        return cell.adjusted(0, SIDE + _GAP, 0, 0)

    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(LONGEST_NAME)
        editor.setFrame(False)
        editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
        editor.setAccessibleName("Name")
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        # Qt asks for it again when the picture comes, in the middle of the typing.
        assert isinstance(editor, QLineEdit)
        if not (editor.text() or editor.isModified()):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index
    ) -> None:
        line = self._name_rect(option.rect)
        grow = (_EDITOR_WIDTH - line.width()) // 2
        place = line.adjusted(-grow, 0, grow, 0)
        place.moveLeft(max(0, place.left()))
        editor.setGeometry(place)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return self.cell


def face_rect_in(cell: QRect) -> QRect:
    """Return where the face lies in its cell."""
    left = cell.x() + (cell.width() - SIDE) // 2
    return QRect(QPoint(left, cell.y() + _GAP // 2), QSize(SIDE, SIDE))
