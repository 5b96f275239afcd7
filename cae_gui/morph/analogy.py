"""The analogy of faces: A - B + C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.morph.mix import Mix
from cae_gui.morph.morph_state import MorphFace
from model.morph import key_frames

Floats = NDArray[np.float32]

_FIRST_DRAG = 10_000  # above the ids of other steps on the same stack


@dataclass(frozen=True, slots=True)
class AnalogyState:
    """The faces of A, B and C, of which the mean latent counts; how much of A - B is added."""

    sides: tuple[tuple[MorphFace, ...], ...] = ((), (), ())
    strength: float = 1.0

    @property
    def faces(self) -> tuple[MorphFace, ...]:
        """The faces of all sides."""
        return tuple(face for side in self.sides for face in side)


class Analogy(Mix[AnalogyState]):
    """Holds what is added and subtracted; signals as a ``Mix``."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(AnalogyState(), undo_stack, parent)
        self._drag = _FIRST_DRAG
        self._is_dragged = False

    def put(self, side: int, faces: Sequence[MorphFace]) -> None:
        """Put faces into A (0), B (1) or C (2), in place of those that are there."""
        sides = list(self.state.sides)
        sides[side] = tuple(faces)
        self._push(f"Faces of {'ABC'[side]}", replace(self.state, sides=tuple(sides)))

    def set_strength(self, strength: float) -> None:
        """Add so much of A - B; what follows ``begin_drag`` is one step."""
        drag = self._drag if self._is_dragged else -1
        self._push("Strength of the analogy", replace(self.state, strength=strength), drag)

    @Slot()
    def begin_drag(self) -> None:
        """Take what follows as one step, until ``end_drag``."""
        self._drag, self._is_dragged = self._drag + 1, True

    @Slot()
    def end_drag(self) -> None:
        """End what ``begin_drag`` began."""
        self._is_dragged = False

    def mean(self, side: Sequence[MorphFace]) -> Floats | None:
        """Return the mean latent (L,) of faces, or None while there are none, or one waits."""
        if not side or any(face not in self._latents for face in side):
            return None
        return np.asarray(self._latents_of(side).mean(0))

    def result(self) -> Floats | None:
        """Return the latent (L,) of A - B + C, or None while a face or latent is missing."""
        a, b, c = map(self.mean, self.state.sides)
        if a is None or b is None or c is None:
            return None
        return key_frames.analogy(a, b, c, self.state.strength)

    def about(self) -> dict[str, Any]:
        """Return what made the result, to be kept in its file as JSON."""
        named = zip("ABC", self.state.sides, strict=True)
        sides = {letter: [face.name for face in side] for letter, side in named}
        return {**sides, "strength": self.state.strength}
