"""The thumbnails of the gallery: a list view in columns, and how one thumbnail is painted."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cae_gui.widgets.face_list_model import THUMBNAIL_ROUNDING, FaceListModel
from cae_gui.widgets.face_mime import MOST_DRAGGED, start_faces_drag
from cae_gui.widgets.item_views import context_place
from cae_gui.widgets.painting import on_pixel, paint_empty_text, paint_ring

_GAP = 8
_SMALLEST = 64
_CELL = _SMALLEST + _GAP
_STEP = 8  # thumbnails grow in steps, for which most are still cached while resizing


class FaceDelegate(QStyledItemDelegate):
    """Paints a thumbnail with rounded corners; a ring marks a selected one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = _SMALLEST
        self._cell = QSize(_CELL, _CELL)

    def set_sizes(self, side: int, cell: QSize) -> None:
        """Set the side of a thumbnail and the room around its middle."""
        self._side, self._cell = side, cell

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        model = index.model()
        assert isinstance(model, FaceListModel)
        ratio = painter.deviceTransform().m11()
        left = (self._cell.width() - self._side) // 2
        corner = on_pixel(painter, QPointF(option.rect.topLeft() + QPoint(left, _GAP // 2)))
        thumbnail = model.thumbnail(model.row_at(index), round(self._side * ratio))
        outline = QRectF(corner, thumbnail.size().toSizeF() / ratio)
        painter.save()
        painter.drawImage(outline, thumbnail)
        radius = self._side * THUMBNAIL_ROUNDING
        if option.state & QStyle.StateFlag.State_Selected:
            paint_ring(painter, outline, option.palette, radius=radius)
        elif option.state & QStyle.StateFlag.State_HasFocus:
            paint_ring(painter, outline, option.palette, gap=-1.0, radius=radius)
        painter.restore()

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._cell


class FaceListView(QListView):
    """Thumbnails in as many columns as fit.

    Signals:
        entered_on(QModelIndex): Enter on an item.
        typed(str): a character, meant for a search.
        context_asked(QModelIndex, QPoint): by mouse or menu key; the point is global.
        delete_asked(): by the Delete key.
    """

    entered_on = Signal(QModelIndex)
    typed = Signal(str)
    context_asked = Signal(QModelIndex, QPoint)
    delete_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = ""
        # Wrapped list mode looks as icon mode does, without a place of its own for each item.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # A bar that came and went would lay out everything twice.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(_CELL // 2)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDragEnabled(True)
        self._delegate = FaceDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName("Faces")

    def set_empty_text(self, text: str) -> None:
        """Set the text that is shown while there is no item."""
        self._empty_text = text
        self.viewport().update()

    def _fit_columns(self) -> None:
        width = self.viewport().width() - 1  # what ends exactly at the edge, Qt puts on a new line
        room = width // max(1, width // _CELL)
        side = max(_SMALLEST, (room - _GAP) // _STEP * _STEP)
        cell = QSize(room, side + _GAP)
        self._delegate.set_sizes(side, cell)
        self.setGridSize(cell)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _CELL, 2 * _CELL)

    def sizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(3 * _CELL + bar + 2 * self.frameWidth(), 6 * _CELL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.model() is not None and not self.model().rowCount():
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        model, index = self.model(), self.currentIndex()
        if isinstance(model, FaceListModel) and index.isValid():
            rows = [model.row_at(index), *sorted(map(model.row_at, self.selectedIndexes()))]
            chosen = list(dict.fromkeys(rows))[:MOST_DRAGGED]  # the one under the pointer first
            start_faces_drag(self, [model.face(row) for row in chosen])

    def keyboardSearch(self, search: str) -> None:
        # Qt's own search asks the model about every item, in Python.
        self.typed.emit(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_on.emit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, point = context_place(self, event)
        if index.isValid():
            self.context_asked.emit(index, point)
