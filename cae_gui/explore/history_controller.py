"""Joins the steps of the explorer and the strip of small faces to jump to."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from cae_gui.explore.edited import Edited
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.face_strip import FaceStrip
from cae_gui.explore.face_strip_model import StripFace
from cae_gui.explore.state_pictures import StatePictures

EMPTY = "Every step of the editing appears here, to go back to. Choose a face at the left first."


class HistoryController(QObject):
    """Shows the face after each step; those that would be redone are paler."""

    def __init__(
        self, explorer: Explorer, strip: FaceStrip, pictures: StatePictures, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._explorer, self._strip, self._pictures = explorer, strip, pictures
        self._states: list[Edited] = []
        strip.set_empty_text(EMPTY)
        strip.set_tip(self._tip)
        strip.chosen.connect(self._on_chosen)
        strip.looked_at.connect(self._on_looked_at)
        explorer.undo_stack.indexChanged.connect(self._on_steps)
        explorer.face_changed.connect(self._on_steps)
        pictures.changed.connect(self._show)
        self._on_steps()

    @Slot()
    def _on_steps(self) -> None:
        self._states = self._explorer.states()
        self._show()

    @Slot()
    def _show(self) -> None:
        present = self._explorer.state_index()
        later = len(self._states) if present is None else present + 1
        self._strip.set_faces(
            [
                StripFace(state, state.name, self._pictures.get(state), row >= later)
                for row, state in enumerate(self._states)
            ]
        )
        self._strip.set_mark(present)

    @Slot()
    def _on_looked_at(self) -> None:
        if self._strip.isVisible():
            self._pictures.want([self._states[row] for row in self._strip.rows_to_fill()])

    @Slot(int)
    def _on_chosen(self, row: int) -> None:
        self._explorer.go_to_state(row)

    def _tip(self, row: int) -> str:
        state, density = self._states[row], self._explorer.density
        text = self._explorer.state_text(row) or state.name
        if density is None:
            return text
        return f"{text}\nTypicality {round(100 * float(density.typicality(state.latent)))} %"
