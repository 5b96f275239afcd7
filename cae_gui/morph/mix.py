"""Several faces that are mixed in the latent space, with undo and redo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from cae_gui.morph.morph_state import MorphFace

Floats = NDArray[np.float32]


class MixState(Protocol):
    """What is mixed, and how; never changed."""

    @property
    def faces(self) -> tuple[MorphFace, ...]:
        """All faces."""


S = TypeVar("S", bound=MixState)


class Mix(QObject, Generic[S]):
    """Holds a state, each change of which is a step on the given stack, and its faces' latents.

    Latents are kept beside the steps: undoing across another model finds the faces, which are then
    encoded anew.

    Signals:
        changed(): faces or settings are others.
        forgotten(): the latents of all faces were another model's, and are to be found again.
        latents_changed(): what comes of them is another, or isn't known any more.
        stepped(): a change was undone or done again, which should be seen.
    """

    stepped = Signal()
    changed = Signal()
    forgotten = Signal()
    latents_changed = Signal()

    def __init__(self, state: S, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self._undo_stack = undo_stack
        self._latents: WeakKeyDictionary[MorphFace, Floats] = WeakKeyDictionary()

    @property
    def is_ready(self) -> bool:
        """Whether all faces have latents."""
        return not self.to_encode()

    def to_encode(self) -> list[MorphFace]:
        """Return the faces that wait for ``set_latents``."""
        return [face for face in self.state.faces if face not in self._latents]

    def set_latents(self, faces: Sequence[MorphFace], latents: Floats) -> None:
        """Take the latents (N, L) of faces."""
        self._latents.update(zip(faces, latents, strict=True))
        self.latents_changed.emit()

    def forget_latents(self) -> None:
        """Keep the faces; their latents belong to another model."""
        self._latents.clear()
        self.forgotten.emit()
        self.latents_changed.emit()

    def _latents_of(self, faces: Sequence[MorphFace]) -> Floats:
        return np.stack([self._latents[face] for face in faces])

    def _push(self, text: str, after: S, merge_id: int = -1) -> None:
        if after != self.state:
            self._undo_stack.push(_Step(self, text, self.state, after, merge_id))

    def _set(self, state: S) -> None:
        self.state = state
        self.changed.emit()
        self.latents_changed.emit()


class _Step(QUndoCommand, Generic[S]):
    """One change from a state to another; steps with the same id of 0 or more become one."""

    def __init__(self, mix: Mix[S], text: str, before: S, after: S, merge_id: int) -> None:
        super().__init__(text)
        self._mix, self._before, self._after = mix, before, after
        self._merge_id = merge_id
        self._is_new = True

    def undo(self) -> None:
        self._mix._set(self._before)
        self._mix.stepped.emit()

    def redo(self) -> None:
        self._mix._set(self._after)
        if not self._is_new:
            self._mix.stepped.emit()
        self._is_new = False

    def id(self) -> int:
        return self._merge_id

    def mergeWith(self, other: QUndoCommand) -> bool:
        assert isinstance(other, _Step)
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True
