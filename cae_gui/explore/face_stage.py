"""The edited face, as large as it can be, in a dark well; the original in its place on wish."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cae_gui.widgets.empty_state import SHOW_DEMO, EmptyState
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.well import Well

NO_FACES = "Add photos or choose other faces at the left."
_MARGIN = 8
_LEAST = 160


class FaceStage(Well):
    """Shows ``face``, and over it ``original`` or ``start`` while one of them is held.

    ``empty`` is for a gallery without faces; its button calls ``show_demo``.
    """

    def __init__(self, show_demo: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.face, self.original, self.start = FaceView(self), FaceView(self), FaceView(self)
        for view, what in ((self.original, "Original"), (self.start, "Reconstruction, unedited")):
            view.set_caption(what)
            view.setAutoFillBackground(True)
            view.hide()
        self.face.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.empty = EmptyState("explore", NO_FACES, SHOW_DEMO, show_demo, self)
        self.empty.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def hold(self, view: FaceView | None) -> None:
        """Show ``original`` or ``start`` over the face; None shows the face again."""
        for each in (self.original, self.start):
            each.setVisible(each is view)

    def sizeHint(self) -> QSize:
        return QSize(3 * _LEAST, 3 * _LEAST)

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, _LEAST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        for part in (self.face, self.original, self.start, self.empty):
            part.setGeometry(room)
