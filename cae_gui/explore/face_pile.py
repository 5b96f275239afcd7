"""Faces that were put together: dropped on it from anywhere, taken out again by Delete."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.face_list import FaceListModel, FaceListView
from cae_gui.widgets.face_mime import MIME_TYPE, Face, faces_from_mime
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.painting import paint_ring
from model.face_set import FACE_SHAPE

_LOWEST = 88  # one row, on a low screen
_REMOVING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class FacePile(FaceListView):
    """Shows faces as the gallery does, takes others by drag, and gives its own.

    Signals:
        faces_dropped(object): faces (list of name and pixels) are to come in.
        removal_asked(object): the faces at these places (list of int) are to go.
    """

    faces_dropped = Signal(object)
    removal_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faces = FaceListModel(self)
        self._is_hovered = False
        self.setModel(self._faces)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setToolTip("A double click or Delete takes a face out.")
        self.doubleClicked.connect(self._remove_one)
        self.entered_on.connect(self._remove_one)

    def set_faces(self, faces: Sequence[Face]) -> None:
        """Show these faces; none is selected."""
        none = np.zeros((0, *FACE_SHAPE), np.uint8)
        pixels: Pixels = np.stack([face for _, face in faces]) if faces else none
        self._faces.set_faces(pixels, [name for name, _ in faces])

    def selected_places(self) -> list[int]:
        """Return the places of the selected faces, ascending."""
        return sorted(index.row() for index in self.selectedIndexes())

    def _set_hovered(self, hovered: bool) -> None:
        self._is_hovered = hovered
        self.viewport().update()

    @Slot(QModelIndex)
    def _remove_one(self, index: QModelIndex) -> None:
        self.removal_asked.emit([index.row()])

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), _LOWEST)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _REMOVING and self.selectedIndexes():
            self.removal_asked.emit(self.selected_places())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_hovered:
            painter = QPainter(self.viewport())
            inside = QRectF(self.viewport().rect()).adjusted(3, 3, -3, -3)
            paint_ring(painter, inside, self.palette())
            painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME_TYPE) and event.source() is not self:
            event.acceptProposedAction()
            self._set_hovered(True)
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        # Qt's own asks the model, which takes nothing.
        event.setAccepted(event.mimeData().hasFormat(MIME_TYPE) and event.source() is not self)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._set_hovered(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hovered(False)
        faces = faces_from_mime(event.mimeData())
        if faces:
            event.acceptProposedAction()
            self.faces_dropped.emit(faces)
