"""The strip of the edit's history: a click on a face jumps to its step."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from cae_gui.explore.explorer import Edited, Explorer
from cae_gui.explore.face_strip import FaceStrip, StripFace
from cae_gui.explore.state_pictures import StatePictures

EMPTY = "Every step of the editing appears here, to go back to."


class History(FaceStrip):
    """Shows the face after each step; steps that can be redone are faded."""

    def __init__(
        self, explorer: Explorer, pictures: StatePictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._explorer, self._pictures = explorer, pictures
        self._states: list[Edited] = []
        self.setAccessibleName("History")
        self.set_empty_text(EMPTY)
        self.set_tip(self._tip)
        self.chosen.connect(explorer.go_to_state)
        self.looked_at.connect(self._on_looked_at)
        explorer.undo_stack.indexChanged.connect(self._on_steps)
        explorer.face_changed.connect(self._on_face)
        pictures.changed.connect(self._show_states)
        self._on_steps()

    @Slot()
    def _show_states(self) -> None:
        present = self._explorer.state_index()
        later = len(self._states) if present is None else present + 1
        self.set_faces(
            [
                StripFace(state, state.name, self._pictures.get(state), row >= later)
                for row, state in enumerate(self._states)
            ]
        )
        self.set_mark(present)

    def _tip(self, row: int) -> str:
        state, density = self._states[row], self._explorer.density
        text = self._explorer.state_text(row) or state.name
        if density is None:
            return text
        return f"{text}\nTypicality {round(100 * float(density.typicality(state.latent)))} %"

    @Slot()
    def _on_steps(self) -> None:
        self._states = self._explorer.states()
        self._show_states()

    @Slot()
    def _on_face(self) -> None:
        if self._explorer.states() == self._states:  # the steps were told, or it is encoded anew
            self._on_looked_at()
        else:
            self._on_steps()

    @Slot()
    def _on_looked_at(self) -> None:
        if self.isVisible():
            self._pictures.want([self._states[row] for row in self.rows_to_fill()])
