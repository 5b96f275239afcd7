"""A face with an edit of its latent: whole states, which are never changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(eq=False)
class Face:
    """A face uint8 (48, 48, 3) and its latent (L,), which another snapshot encodes anew."""

    name: str
    pixels: NDArray[np.uint8]
    start: Floats


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Edited:
    """A face and how far its latent has been moved (L,), at full strength."""

    face: Face
    offset: Floats
    strength: float = 1.0

    @property
    def name(self) -> str:
        """The name of the face."""
        return self.face.name

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The photo uint8 (48, 48, 3)."""
        return self.face.pixels

    @property
    def start(self) -> Floats:
        """The latent (L,) of the unedited face."""
        return self.face.start

    @property
    def latent(self) -> Floats:
        """The latent (L,) that is shown."""
        return np.asarray(self.face.start + np.float32(self.strength) * self.offset, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An edited face that the person keeps under a name."""

    name: str
    edited: Edited
