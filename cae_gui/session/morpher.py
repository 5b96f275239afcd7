"""The morph between two faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from model import morph

Floats = NDArray[np.float32]

FILM_FRAMES = 9


@dataclass(frozen=True, slots=True, eq=False)
class Well:
    """A face at one end; ``latent`` (L,) is None until the model has encoded it."""

    name: str
    pixels: NDArray[np.uint8]
    latent: Floats | None = None


class Morpher(QObject):
    """Holds the faces A and B and gives the latents on the way between them.

    Signals:
        wells_changed(): A or B is another face, or has been encoded.
        path_changed(): the latents on the way are others; ``is_ready`` tells whether they exist.
    """

    wells_changed = Signal()
    path_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.wells: list[Well | None] = [None, None]
        self._is_spherical = False

    @property
    def is_ready(self) -> bool:
        """Whether both ends have latents."""
        return all(well is not None and well.latent is not None for well in self.wells)

    def set_well(self, index: int, name: str, pixels: NDArray[np.uint8]) -> None:
        """Put a face into well 0 (A) or 1 (B); its latent is to follow by ``set_latents``."""
        self.wells[index] = Well(name, pixels)
        self.wells_changed.emit()

    def swap(self) -> None:
        """Exchange A and B."""
        self.wells.reverse()
        self.wells_changed.emit()
        self.path_changed.emit()

    def forget_latents(self) -> None:
        """Keep the faces; their latents belong to another model."""
        self.wells = [well and Well(well.name, well.pixels) for well in self.wells]

    def pixels(self) -> NDArray[np.uint8] | None:
        """Return both faces (2, 48, 48, 3) to encode, or None while a well is empty."""
        first, second = self.wells
        return None if first is None or second is None else np.stack([first.pixels, second.pixels])

    def set_latents(self, latents: Floats) -> None:
        """Take the latents (2, L) of A and B."""
        self.wells = [
            well and Well(well.name, well.pixels, latent)
            for well, latent in zip(self.wells, latents, strict=True)
        ]
        self.path_changed.emit()

    def set_spherical(self, spherical: bool) -> None:
        """Go along the great arc rather than the straight line."""
        self._is_spherical = spherical
        self.path_changed.emit()

    def latents(self, shares: Floats) -> Floats:
        """Return the latents (T, L) at shares (T,) of the way; needs ``is_ready``."""
        first, second = (well.latent for well in self.wells if well is not None)
        assert first is not None
        assert second is not None
        path = morph.spherical if self._is_spherical else morph.linear
        return path(first, second, shares)

    def film(self, frames: int = FILM_FRAMES) -> Floats:
        """Return evenly spaced latents (frames, L) from A to B, both included."""
        return self.latents(np.linspace(0, 1, frames, dtype=np.float32))
