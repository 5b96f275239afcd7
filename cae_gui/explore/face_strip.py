"""A scrolling row of small faces: the steps of an edit, snapshots, or nearest faces."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cae_gui.widgets.controls import as_tip, context_place
from cae_gui.widgets.face_mime import MOST_DRAGGED, start_faces_drag
from cae_gui.widgets.images import Pixels, fitted
from cae_gui.widgets.painting import paint_empty_text, paint_picture, paint_ring

SIDE = 56
"""Logical pixels of a painted face."""
LONGEST_NAME = 100

_GAP = 8
_RADIUS = 4.0
_NAMED_WIDTHS = (80, 160)
_INDENT = 12  # with half a gap it aligns the faces with the page
_PALE = 0.4
_TINT = 64  # of 255: the background of a selected face
_CACHED = 256  # scaled pictures: 9 MB at most on a HiDPI screen

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_Editing = QAbstractItemView.EditTrigger
_Mode = QAbstractItemView.SelectionMode


@dataclass(frozen=True, slots=True, eq=False)
class StripFace:
    """One face of a strip.

    ``key`` identifies it when others are set. ``pixels`` are uint8 (48, 48, 3), or None while they
    are being decoded; ``pale`` paints it faded.
    """

    key: object
    name: str = ""
    pixels: Pixels | None = None
    pale: bool = False

    def looks_like(self, other: StripFace) -> bool:
        """Return whether both are painted the same."""
        alike = self.name == other.name and self.pale == other.pale
        return alike and self.pixels is other.pixels


class FaceStrip(QListView):
    """Shows hundreds of faces side by side; only those in view are painted.

    With ``named`` names are shown under the faces. With ``editable`` faces can also be renamed
    (F2, double click), removed (Delete), and several selected.

    Signals:
        chosen(int): a click or Enter on a face.
        renamed(int, str): another name was typed for a face.
        removal_asked(object): Delete was pressed on these faces (list of int).
        context_asked(int, QPoint): a context menu is wanted at this global point.
        looked_at(): other faces came into view.
    """

    chosen = Signal(int)
    renamed = Signal(int, str)
    removal_asked = Signal(object)
    context_asked = Signal(int, QPoint)
    looked_at = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, named: bool = False, editable: bool = False
    ) -> None:
        super().__init__(parent)
        self._rows = _StripModel(self, self.renamed.emit if editable else None)
        self._is_named = named
        self._delegate = _StripDelegate(self, named=named, tinted=editable)
        self._editable, self._is_plain_click = editable, True
        self._empty_text = ""
        self.setModel(self._rows)
        self.setItemDelegate(self._delegate)
        self._set_up()
        # Qt drags only selected items; a single selection isn't painted.
        self.setSelectionMode(_Mode.ExtendedSelection if editable else _Mode.SingleSelection)
        keys = _Editing.EditKeyPressed | _Editing.DoubleClicked
        self.setEditTriggers(keys if editable else _Editing.NoEditTriggers)
        self.clicked.connect(self._on_clicked)

    def _set_up(self) -> None:
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalScrollBar().setSingleStep(self._delegate.cell.width() // 2)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        # The height includes the scroll bar, which appears without moving other widgets.
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self._delegate.cell.height() + bar)
        self.setViewportMargins(_INDENT, 0, 0, 0)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    def set_faces(self, faces: Sequence[StripFace]) -> None:
        """Show these faces; scrolls to faces added at the end."""
        before = self._rows.rowCount()
        last = self._rows.face(before - 1).key if before else None
        self._rows.set_faces(faces)
        self._fit_names()
        if last is not None and len(faces) > before and faces[before - 1].key == last:
            self.scrollTo(self._rows.index(len(faces) - 1))
        self.looked_at.emit()

    def set_mark(self, row: int | None) -> None:
        """Mark one face with a ring and scroll to it; None marks none."""
        if row != self._rows.mark():
            self._rows.set_mark(row)
            if row is not None:
                self.scrollTo(self._rows.index(row))
                self.selectionModel().setCurrentIndex(
                    self._rows.index(row), self.selectionModel().SelectionFlag.NoUpdate
                )

    def set_tip(self, make: Callable[[int], str]) -> None:
        """Set the function that makes a face's tooltip and accessible text, by its index."""
        self._rows.set_tip(make)

    def set_empty_text(self, text: str) -> None:
        """Set the text shown without faces."""
        self._empty_text = text
        self.setAccessibleDescription(text)
        self.viewport().update()

    def count(self) -> int:
        """Return the number of faces."""
        return self._rows.rowCount()

    def mark(self) -> int | None:
        """Return the index of the marked face, or None."""
        return self._rows.mark()

    def face(self, row: int) -> StripFace:
        """Return a face."""
        return self._rows.face(row)

    def selected(self) -> list[int]:
        """Return the indexes of the selected faces, ascending."""
        return sorted(index.row() for index in self.selectedIndexes())

    def select(self, row: int) -> None:
        """Select only this face, whatever keys are held."""
        flags = self.selectionModel().SelectionFlag
        index = self._rows.index(row)
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect)
        self.scrollTo(index)

    def edit_name(self, row: int) -> None:
        """Open the editor of a face's name."""
        self.select(row)
        self.edit(self._rows.index(row))

    def rows_to_fill(self) -> list[int]:
        """Return the indexes of the faces in view, then of those within a page to either side."""
        width = self._delegate.cell.width()
        left, page = self.horizontalScrollBar().value(), self.viewport().width()
        first, end = left // width, -(-(left + page) // width)
        margin = end - first
        near = range(max(0, first - margin), min(self.count(), end + margin))
        return sorted(near, key=lambda row: max(first - row, row - end + 1, 0))

    def _fit_names(self) -> None:
        """Make all cells as wide as the longest name; longer ones only where there is room."""
        if not self._is_named or not self.count():
            return
        low, high = _NAMED_WIDTHS
        measure = self.fontMetrics().horizontalAdvance
        longest = max(measure(self.face(row).name) for row in range(self.count())) + _GAP
        high = max(high, self.viewport().width() // self.count())
        width = min(max(longest, low), high)
        if width != self._delegate.cell.width():
            self._delegate.cell.setWidth(width)
            self.horizontalScrollBar().setSingleStep(width // 2)
            self.scheduleDelayedItemsLayout()

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        if self._is_plain_click:
            self.chosen.emit(index.row())

    def _rows_to_remove(self) -> list[int]:
        return self.selected() or [self.currentIndex().row()]

    def minimumSizeHint(self) -> QSize:
        return QSize(3 * self._delegate.cell.width(), self.minimumHeight())

    def sizeHint(self) -> QSize:
        return QSize(8 * self._delegate.cell.width(), self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_names()
        self.looked_at.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.looked_at.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.looked_at.emit()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        rows = list(dict.fromkeys([self.currentIndex().row(), *self.selected()]))
        faces = [self.face(row) for row in rows if row >= 0]
        named = [(face.name, face.pixels) for face in faces if face.pixels is not None]
        if named:
            start_faces_drag(self, named[:MOST_DRAGGED])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A click with a modifier only changes the selection.
        self._is_plain_click = event.modifiers() == Qt.KeyboardModifier.NoModifier
        super().mousePressEvent(event)

    def keyboardSearch(self, _search: str) -> None:
        """Do nothing: faces aren't searched by typing."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.currentIndex().isValid():
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.currentIndex().row())
        elif self._editable and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_asked.emit(self._rows_to_remove())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, point = context_place(self, event)
        if index.isValid():
            self.context_asked.emit(index.row(), point)


class _StripModel(QAbstractListModel):
    """Rows are faces from left to right; one may be marked.

    With ``rename`` the names can be edited: it is called with the row and the typed name, and the
    model keeps the old name.
    """

    def __init__(self, parent: QObject, rename: Callable[[int, str], object] | None) -> None:
        super().__init__(parent)
        self._rename = rename
        self._faces: list[StripFace] = []
        self._mark: int | None = None
        self._make_tip: Callable[[int], str] | None = None
        self._scaled: OrderedDict[tuple[int, int], tuple[Pixels, QImage]] = OrderedDict()

    def set_faces(self, faces: Sequence[StripFace]) -> None:
        """Set the faces; only rows that differ are removed, inserted or repainted."""
        keys = [face.key for face in faces]
        old = [face.key for face in self._faces]
        if keys and keys[0] in old:  # the first ones may have been removed
            self._remove(0, old.index(keys[0]))
        same = self._same(keys)
        self._remove(same, len(self._faces))
        self._take(faces[:same])
        self._append(faces[same:])

    def set_mark(self, row: int | None) -> None:
        """Mark one row; None marks none."""
        before, self._mark = self._mark, row
        for changed in {before, row} - {None}:
            assert changed is not None
            if changed < len(self._faces):
                self.dataChanged.emit(self.index(changed), self.index(changed))

    def set_tip(self, make: Callable[[int], str]) -> None:
        """Set the function that makes a row's tooltip."""
        self._make_tip = make

    def face(self, row: int) -> StripFace:
        """Return the face of a row."""
        return self._faces[row]

    def mark(self) -> int | None:
        """Return the marked row, or None."""
        return self._mark

    def picture(self, row: int, side: int) -> QImage | None:
        """Return the face of a row at ``side`` device pixels, or None while it has no pixels."""
        pixels = self._faces[row].pixels
        if pixels is None:
            return None
        key = (id(pixels), side)  # the cache keeps the array alive, so that its id stays unique
        if key not in self._scaled:
            self._scaled[key] = (pixels, fitted(pixels, side, side))
            if len(self._scaled) > _CACHED:
                self._scaled.popitem(last=False)
        self._scaled.move_to_end(key)
        return self._scaled[key][1]

    def _same(self, keys: Sequence[object]) -> int:
        """Return how many rows at the start have these keys."""
        pairs = enumerate(zip(self._faces, keys, strict=False))
        limit = min(len(self._faces), len(keys))
        return next((row for row, (face, key) in pairs if face.key != key), limit)

    def _remove(self, first: int, end: int) -> None:
        if first < end:
            self.beginRemoveRows(QModelIndex(), first, end - 1)
            del self._faces[first:end]
            self.endRemoveRows()

    def _take(self, faces: Sequence[StripFace]) -> None:
        pairs = enumerate(zip(self._faces, faces, strict=False))
        changed = [row for row, (old, new) in pairs if not old.looks_like(new)]
        self._faces[: len(faces)] = faces
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def _append(self, faces: Sequence[StripFace]) -> None:
        if faces:
            first = len(self._faces)
            self.beginInsertRows(QModelIndex(), first, first + len(faces) - 1)
            self._faces.extend(faces)
            self.endInsertRows()

    def _text(self, row: int) -> str:
        return self._make_tip(row) if self._make_tip is not None else self._faces[row].name

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(self._faces)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled
        return flags | Qt.ItemFlag.ItemIsEditable if self._rename is not None else flags

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = index.row()
        if role in (_Role.DisplayRole, _Role.EditRole):
            return self._faces[row].name
        if role == _Role.ToolTipRole:
            return as_tip(self._text(row))
        if role == _Role.AccessibleTextRole:
            text = self._text(row).replace("\n", ", ")
            return f"{text}, shown" if row == self._mark else text
        return None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        name = str(value).strip()
        is_other = bool(name) and name != self._faces[index.row()].name
        if role == _Role.EditRole and is_other and self._rename is not None:
            self._rename(index.row(), name)
        return False  # the name changes by the next set_faces


class _StripDelegate(QStyledItemDelegate):
    """Paints a face with rounded corners and, where the strip is named, its name."""

    def __init__(self, parent: QWidget, *, named: bool, tinted: bool) -> None:
        super().__init__(parent)
        self._tinted = tinted
        self._text_height = parent.fontMetrics().height() if named else 0
        width = _NAMED_WIDTHS[0] if named else SIDE + _GAP
        self.cell = QSize(width, SIDE + _GAP + self._text_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, _StripModel)
        face, state = model.face(index.row()), option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._tinted and state & QStyle.StateFlag.State_Selected:
            self._paint_selected(painter, option)
        painter.setOpacity(_PALE if face.pale else 1.0)
        picture = model.picture(index.row(), round(SIDE * painter.deviceTransform().m11()))
        outline = QRectF(_face_rect(option.rect))
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
        editor.setAcceptDrops(False)  # a dropped picture is for the window
        editor.setMaxLength(LONGEST_NAME)
        editor.setFrame(False)
        editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
        editor.setAccessibleName("Name")
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        # Qt calls this again during the editing when the picture arrives.
        assert isinstance(editor, QLineEdit)
        if not (editor.text() or editor.isModified()):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index
    ) -> None:
        editor.setGeometry(self._name_rect(option.rect))

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return self.cell


def _face_rect(cell: QRect) -> QRect:
    """Return the rectangle of the face in its cell."""
    left = cell.x() + (cell.width() - SIDE) // 2
    return QRect(QPoint(left, cell.y() + _GAP // 2), QSize(SIDE, SIDE))
