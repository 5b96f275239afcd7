"""The selected face: what the gallery, the strips and the maps choose, and all pages show."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.models import Lane, Models

AT_ONCE = 3
"""Steps of refinement that a photo gets as soon as it is selected, where that is wanted."""


@dataclass(frozen=True, eq=False, slots=True)
class Selected:
    """A face uint8 (48, 48, 3).

    ``photo_key`` is what the photo library calls it, where it is one of the user's photos.
    ``is_passing`` is true of a face cut out while its box is on the way: no work begins with it.
    """

    name: str
    pixels: NDArray[np.uint8]
    photo_key: str = ""
    is_passing: bool = False


class Selection(QObject):
    """Holds the selected face, and has the model in use reconstruct it.

    Signals:
        changed(): another face is selected, or none.
        reconstructed(Reconstruction): what the model in use makes of the selected face.
    """

    changed = Signal()
    reconstructed = Signal(object)

    def __init__(self, models: Models, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self.face: Selected | None = None
        self.refines_photos = False
        """Whether own photos are refined at once; not with the snapshots of a training."""
        models.replaced.connect(self._ask)

    def select(
        self,
        name: str,
        pixels: NDArray[np.uint8],
        *,
        photo_key: str = "",
        is_passing: bool = False,
    ) -> None:
        """Select a face uint8 (48, 48, 3); its reconstruction follows."""
        self.show(Selected(name, np.array(pixels), photo_key, is_passing))

    def show(self, face: Selected) -> None:
        """Select this face; its reconstruction follows."""
        self.face = face
        self.changed.emit()
        self._ask()

    def clear(self) -> None:
        """Select no face."""
        if self.face is not None:
            self.face = None
            self._models.drop(Lane.FACE)
            self.changed.emit()

    def refine_photos(self, wanted: bool) -> None:
        """Refine own photos at once, the selected one too, or no longer."""
        self.refines_photos = wanted
        if wanted and self.face is not None and self.face.photo_key:
            self.show(replace(self.face))

    @Slot()
    def _ask(self) -> None:
        face = self.face
        if face is not None:
            is_photo = bool(face.photo_key) and not face.is_passing
            at_once = self.refines_photos and is_photo and self._models.snapshot_of is None
            pixels, then, steps = face.pixels[None], self.reconstructed.emit, AT_ONCE * at_once
            self._models.reconstruct(pixels, then=then, lane=Lane.FACE, refine=steps)
