"""Small pictures of edited faces, decoded at rest and cached as long as the edits exist."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.models import Lane, Models
from cae_gui.explore.explorer import Edited, Explorer, rest_timer
from cae_gui.widgets.face_view import FaceView

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

AT_ONCE = 4
"""Faces decoded at once: a slider's picture may wait 4 ms for them."""


class _Decoded(NamedTuple):
    """A picture, and the start latent of the edit when it was decoded.

    The next snapshot of a model under training changes that latent, and outdates the picture.
    """

    start: Floats
    pixels: Pixels


class StatePictures(QObject):
    """Decodes wanted pictures once the large face is painted and has rested.

    Signals:
        changed(): some pictures were decoded.
    """

    changed = Signal()

    def __init__(
        self, models: Models, explorer: Explorer, face: FaceView, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer = models, explorer
        self._decoded: WeakKeyDictionary[Edited, _Decoded] = WeakKeyDictionary()
        self._wanted: Sequence[Edited] = ()
        self._is_painted = False
        self._rest = rest_timer(self, self._on_rest)
        self._explorer.latent_changed.connect(self._on_latent)
        self._explorer.face_changed.connect(self._on_face)
        face.painted.connect(self._on_painted)

    def get(self, edited: Edited) -> Pixels | None:
        """Return a picture uint8 (48, 48, 3), perhaps by an earlier snapshot; None without one."""
        decoded = self._decoded.get(edited)
        return None if decoded is None else decoded.pixels

    def want(self, wanted: Sequence[Edited]) -> None:
        """Decode these where needed, in this order; replaces earlier requests."""
        self._wanted = wanted
        if self._is_painted and not self._rest.isActive():
            self._rest.start()

    def _is_missing(self, edited: Edited) -> bool:
        decoded = self._decoded.get(edited)
        return decoded is None or decoded.start is not edited.start

    def _ask(self) -> None:
        missing = [edited for edited in self._wanted if self._is_missing(edited)][:AT_ONCE]
        if missing:
            latents = np.stack([edited.latent for edited in missing])
            then = partial(self._on_decoded, [(edited, edited.start) for edited in missing])
            self._models.decode(latents, then=then, lane=Lane.STATES, interim=True)

    @Slot()
    def _on_latent(self) -> None:
        self._is_painted = False
        self._rest.stop()

    @Slot()
    def _on_face(self) -> None:
        if self._explorer.face is None:  # all latents were of another model
            self._wanted = ()

    @Slot(int)
    def _on_painted(self, _stamp: int) -> None:
        self._is_painted = True
        self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        if self._explorer.is_held:
            self._rest.start()
        elif self._is_painted:
            self._ask()

    def _on_decoded(self, states: list[tuple[Edited, Floats]], faces: Pixels) -> None:
        for (edited, start), pixels in zip(states, faces, strict=True):
            self._decoded[edited] = _Decoded(start, pixels)
        self.changed.emit()
        if not self._rest.isActive():
            self._on_rest()
