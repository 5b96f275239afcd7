"""State of mixed faces, with undo and redo: the base class, the grid and the analogy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.core.selection import Selected
from cae_gui.core.undo import Step
from model.face_set import FaceSet
from model.morph import key_frames

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

CANDIDATES = 32
"""Faces of which an example is made."""
_IN_EXAMPLE = 6
"""Faces in A and in B of an example along a direction."""
_FIRST_DRAG = 10_000  # merge ids, above those of other steps on the stack


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MorphFace:
    """A face to mix; ``photo`` is uint8 (48, 48, 3), or None if it is decoded from a latent."""

    name: str
    photo: Pixels | None = None

    @classmethod
    def of(cls, face: Selected) -> MorphFace:
        """Return the selected face as a face to mix."""
        return cls(face.name, face.pixels)


def spread(faces: FaceSet, count: int) -> list[MorphFace]:
    """Return ``count`` evenly spaced faces of a data set; none if it has fewer."""
    total = len(faces.images)
    rows = [number * total // count for number in range(count)] if total >= count else []
    return [MorphFace(faces.names[row], np.array(faces.images[row])) for row in rows]


class MixState(Protocol):
    """The faces and settings of a mix; immutable."""

    @property
    def faces(self) -> tuple[MorphFace, ...]:
        """All faces of the mix."""


S = TypeVar("S", bound=MixState)


class Mix(QObject, Generic[S]):
    """Holds a state, whose changes are steps on the given stack, and the latents of its faces.

    Latents aren't part of the steps: after an undo to faces that the model in use hasn't encoded,
    these are encoded.

    Signals:
        changed(): the faces or settings have changed.
        latents_changed(): the latents have changed, or were dropped.
        stepped(): a change was undone or redone, and should be brought into view.
    """

    stepped = Signal()
    changed = Signal()
    latents_changed = Signal()

    def __init__(self, state: S, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self._undo_stack = undo_stack
        self._latents: WeakKeyDictionary[MorphFace, Floats] = WeakKeyDictionary()

    def to_encode(self) -> list[MorphFace]:
        """Return the faces without latents."""
        return [face for face in self.state.faces if face not in self._latents]

    def set_latents(self, faces: Sequence[MorphFace], latents: Floats) -> None:
        """Set the latents (N, L) of faces."""
        self._latents.update(zip(faces, latents, strict=True))
        self.latents_changed.emit()

    def known_latents(self) -> Floats | None:
        """Return the latents (N, L) of all faces; None without faces or while one is missing."""
        faces = self.state.faces
        if not faces or any(face not in self._latents for face in faces):
            return None
        return self._latents_of(faces)

    def open(self, state: S, latents: Floats | None, text: str) -> None:
        """Take up a state from elsewhere, as one step with this text.

        ``latents`` (N, L) are those of its faces by the model in use; for None they are encoded.
        """
        if latents is not None:
            self._latents.update(zip(state.faces, latents, strict=True))
        self._push(text, state)

    def renew(self, pixels: Pixels, latent: Floats) -> None:
        """Take another latent (L,) for the faces with these very pixels: they were refined."""
        faces = [face for face in self._latents if _is_of(face, pixels)]
        if faces:
            self.set_latents(faces, np.stack([latent] * len(faces)))

    def forget_latents(self) -> None:
        """Keep the faces; their latents belong to another model."""
        self._latents.clear()
        self.latents_changed.emit()

    def _latents_of(self, faces: Sequence[MorphFace]) -> Floats:
        return np.stack([self._latents[face] for face in faces])

    def _push(self, text: str, after: S, merge_id: int = -1) -> None:
        before = self.state
        if after != before:
            self._set(after)
            step = Step(text, self._go_to, before, after, merge_id=merge_id, is_made=True)
            self._undo_stack.push(step)

    def _go_to(self, state: S) -> None:
        self._set(state)
        self.stepped.emit()

    def _set(self, state: S) -> None:
        self.state = state
        self.changed.emit()
        self.latents_changed.emit()


def _is_of(face: MorphFace, pixels: Pixels) -> bool:
    return face.photo is not None and np.array_equal(face.photo, pixels)


@dataclass(frozen=True, slots=True)
class CornersState:
    """Top left, top right, bottom left, bottom right; ``count`` faces per side with corners."""

    corners: tuple[MorphFace | None, ...] = (None, None, None, None)
    count: int = 7
    arc: bool = False

    @property
    def faces(self) -> tuple[MorphFace, ...]:
        """The faces of the corners that aren't empty."""
        return tuple(face for face in self.corners if face is not None)


class Corners(Mix[CornersState]):
    """Holds the four corners of a grid of faces; signals as ``Mix``."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(CornersState(), undo_stack, parent)

    def fill(self, faces: Sequence[MorphFace]) -> None:
        """Fill the empty corners from these four faces, without an undo step."""
        pairs = zip(self.state.corners, faces, strict=True)
        corners = tuple(present or face for present, face in pairs)
        self._set(replace(self.state, corners=corners))

    def put(self, index: int, face: MorphFace) -> None:
        """Put a face into a corner."""
        corners = list(self.state.corners)
        corners[index] = face
        self._push("Corner of the grid", replace(self.state, corners=tuple(corners)))

    @Slot(int)
    def set_count(self, count: int) -> None:
        """Set the number of faces per side, 2 or more."""
        self._push("Size of the grid", replace(self.state, count=count))

    def set_arc(self, arc: bool) -> None:
        """Choose spherical rather than linear interpolation."""
        self._push("Great arc" if arc else "Straight line", replace(self.state, arc=arc))

    def grid(self) -> Floats | None:
        """Return the latents (count, count, L), or None while a corner or latent is missing."""
        state = self.state
        if len(state.faces) < 4 or self.to_encode():
            return None
        corners = list(self._latents_of(state.faces))
        return key_frames.grid(corners, state.count, state.count, arc=state.arc)

    def shares(self, row: int, column: int) -> tuple[float, ...]:
        """Return the weights of the four corners in a face, 0 to 1."""
        down, across = row / (self.state.count - 1), column / (self.state.count - 1)
        sides = (1 - across, across)
        return (*((1 - down) * side for side in sides), *(down * side for side in sides))

    def about(self) -> dict[str, Any]:
        """Return the grid's settings, to be written into its file as JSON."""
        state = self.state
        names = [face.name for face in state.faces]
        return {"corners": names, "faces a side": state.count, "spherical": state.arc}


@dataclass(frozen=True, slots=True)
class AnalogyState:
    """The faces of A, B and C, whose mean latents are used; the weight of A - B."""

    sides: tuple[tuple[MorphFace, ...], ...] = ((), (), ())
    strength: float = 1.0

    @property
    def faces(self) -> tuple[MorphFace, ...]:
        """The faces of A, B and C."""
        return tuple(face for side in self.sides for face in side)


class Analogy(Mix[AnalogyState]):
    """Holds the faces of A - B + C; signals as ``Mix``."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(AnalogyState(), undo_stack, parent)
        self._drag = _FIRST_DRAG
        self._is_dragged = False
        self._candidates: list[MorphFace] = []
        self.example: tuple[tuple[MorphFace, ...], ...] = ()
        """The faces that it was filled with at first, or nothing."""

    def propose(self, faces: Sequence[MorphFace]) -> None:
        """Take faces to make an example of, as long as nobody put any; fewer don't replace more."""
        if not self.state.faces and not self.example and len(faces) >= len(self._candidates):
            self._candidates = list(faces)
            self.latents_changed.emit()

    @property
    def has_candidates(self) -> bool:
        """Whether there are faces for an example, and none put by the user."""
        return len(self._candidates) >= 3 and not self.state.faces

    @property
    def can_show_example(self) -> bool:
        """Whether there are such faces, all encoded."""
        return self.has_candidates and not self.to_encode()

    @property
    def has_many_candidates(self) -> bool:
        """Whether there are enough of them for an example along a direction."""
        return len(self._candidates) > 2 * _IN_EXAMPLE

    def show_example(self, direction: Floats | None) -> None:
        """Fill A, B and C with an example, without an undo step.

        Along a direction (L,) A is far, B and C aren't; without one, or many candidates, they are
        single faces.
        """
        faces = self._candidates
        if direction is not None and self.has_many_candidates:
            latents = self._latents_of(faces)
            order = np.argsort(latents @ direction)
            low, others, high = np.split(order, (_IN_EXAMPLE, len(order) - _IN_EXAMPLE))
            others = others[: -(-len(others) // 2)]
            away = np.linalg.norm(latents[others] - latents.mean(0), axis=1)
            usual = others[away.argmin()]  # of an odd face the sum would be odd as well
            sides = tuple(tuple(faces[row] for row in rows) for rows in (high, low, [usual]))
        else:
            sides = (faces[0],), (faces[1],), (faces[2],)
        self.example, self._candidates = sides, []
        self._set(replace(self.state, sides=sides))

    def to_encode(self) -> list[MorphFace]:
        faces = self.state.faces or self._candidates
        return [face for face in faces if face not in self._latents]

    def put(self, side: int, faces: Sequence[MorphFace]) -> None:
        """Replace the faces of A (0), B (1) or C (2)."""
        sides = list(self.state.sides)
        sides[side] = tuple(faces)
        self._push(f"Faces of {'ABC'[side]}", replace(self.state, sides=tuple(sides)))

    def set_strength(self, strength: float) -> None:
        """Set the weight of A - B; changes since ``begin_drag`` are one step."""
        drag = self._drag if self._is_dragged else -1
        self._push("Strength of the analogy", replace(self.state, strength=strength), drag)

    @Slot()
    def begin_drag(self) -> None:
        """Merge all changes until ``end_drag`` into one step."""
        self._drag, self._is_dragged = self._drag + 1, True

    @Slot()
    def end_drag(self) -> None:
        """End the step of ``begin_drag``."""
        self._is_dragged = False

    def mean(self, side: Sequence[MorphFace]) -> Floats | None:
        """Return the mean latent (L,) of faces; None without faces or while a latent is missing."""
        if not side or any(face not in self._latents for face in side):
            return None
        return np.asarray(self._latents_of(side).mean(0))

    def result(self) -> Floats | None:
        """Return the latent (L,) of strength * (A - B) + C; None while one is missing."""
        a, b, c = map(self.mean, self.state.sides)
        if a is None or b is None or c is None:
            return None
        return key_frames.analogy(a, b, c, self.state.strength)

    def about(self) -> dict[str, Any]:
        """Return the analogy's settings, to be written into its file as JSON."""
        named = zip("ABC", self.state.sides, strict=True)
        sides = {letter: [face.name for face in side] for letter, side in named}
        return {**sides, "strength": self.state.strength}
