"""A list whose items keys open and delete, and which have a menu."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from cae_gui.widgets.controls import context_place
from cae_gui.widgets.painting import paint_empty_text


class ItemList(QListView):
    """Items of one size, of which several can be selected; a text where there is none.

    Signals:
        entered_on(QModelIndex): Enter on an item.
        delete_asked(): by the Delete key.
        context_asked(QModelIndex, QPoint): by mouse or menu key; the point is global.
    """

    entered_on = Signal(QModelIndex)
    delete_asked = Signal()
    context_asked = Signal(QModelIndex, QPoint)

    def __init__(self, empty_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = empty_text
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_empty_text(self, text: str) -> None:
        """Set the text that is shown while there is no item."""
        self._empty_text = text
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.model() is not None and not self.model().rowCount():
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()

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
