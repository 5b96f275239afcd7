"""The grid of faces between four corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from cae_gui.morph.mix import Mix
from cae_gui.morph.morph_state import MorphFace
from model.morph import key_frames

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CornersState:
    """Top left, top right, bottom left, bottom right; ``count`` faces a side, the corners too."""

    corners: tuple[MorphFace | None, ...] = (None, None, None, None)
    count: int = 7
    arc: bool = False

    @property
    def faces(self) -> tuple[MorphFace, ...]:
        """The corners that aren't empty."""
        return tuple(face for face in self.corners if face is not None)


class Corners(Mix[CornersState]):
    """Holds the four corners; signals as a ``Mix``."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(CornersState(), undo_stack, parent)

    def fill(self, faces: Sequence[MorphFace]) -> None:
        """Put one of these four faces into each empty corner; no step, as nobody asked for it."""
        pairs = zip(self.state.corners, faces, strict=True)
        corners = tuple(present or face for present, face in pairs)
        self._set(replace(self.state, corners=corners))

    def put(self, index: int, face: MorphFace) -> None:
        """Put a face into a corner."""
        corners = list(self.state.corners)
        corners[index] = face
        self._push("Corner of the grid", replace(self.state, corners=tuple(corners)))

    def set_count(self, count: int) -> None:
        """Have so many faces a side, two or more."""
        self._push("Size of the grid", replace(self.state, count=count))

    def set_arc(self, arc: bool) -> None:
        """Go along great arcs rather than straight lines."""
        self._push("Great arc" if arc else "Straight line", replace(self.state, arc=arc))

    def grid(self) -> Floats | None:
        """Return the latents (count, count, L), or None while a corner or a latent is missing."""
        state = self.state
        if len(state.faces) < 4 or not self.is_ready:
            return None
        corners = list(self._latents_of(state.faces))
        return key_frames.grid(corners, state.count, state.count, arc=state.arc)

    def shares(self, row: int, column: int) -> tuple[float, ...]:
        """Return how much of each corner there is in a face, 0 to 1."""
        down, across = row / (self.state.count - 1), column / (self.state.count - 1)
        sides = (1 - across, across)
        return (*((1 - down) * side for side in sides), *(down * side for side in sides))

    def about(self) -> dict[str, Any]:
        """Return what made the grid, to be kept in its file as JSON."""
        state = self.state
        names = [face.name for face in state.faces]
        return {"corners": names, "faces a side": state.count, "spherical": state.arc}
