"""A place for faces that are dropped on it, known by a letter."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.face_mime import faces_from_mime
from cae_gui.widgets.face_view import FaceView


class FaceWell(FaceView):
    """Takes one face or several, which are shown as one.

    Signals, the first argument being the place of the well among its like:
        taken(int): by click or Enter: put the selected face here.
        faces_put(int, object): faces were dropped here (list of name and uint8 pixels).
    """

    taken = Signal(int)
    faces_put = Signal(int, object)

    def __init__(self, index: int, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, droppable=True)
        self.index = index
        self.letter = chr(ord("A") + index)
        self._hint = hint
        self.set_placeholder(f"Drop face {self.letter} here")
        self.set_names(())
        self.clicked.connect(self._on_clicked)

    def set_names(self, names: tuple[str, ...]) -> None:
        """Name the faces that are here."""
        text = names[0] if len(names) == 1 else f"mean of {len(names):,} faces"
        self.set_face_name(text if names else "")
        self.set_caption(f"{self.letter}: {text}" if names else self.letter)
        self.setToolTip(f"{text}\n{self._hint}" if names else self._hint)

    @Slot()
    def _on_clicked(self) -> None:
        self.taken.emit(self.index)

    def dropEvent(self, event: QDropEvent) -> None:
        faces = faces_from_mime(event.mimeData())
        super().dropEvent(event)
        if faces:
            self.faces_put.emit(self.index, faces)
