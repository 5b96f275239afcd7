"""Joins the studio and the Reconstruct workspace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.faces import PHOTOS
from cae_gui.core.models import Lane
from cae_gui.core.tasks import Task
from cae_gui.reconstruct.reconstruct_workspace import ReconstructWorkspace
from cae_gui.studio import Studio
from model.evaluation.metrics import Quality, quality

if TYPE_CHECKING:
    from model.inference import Reconstruction

Pixels = NDArray[np.uint8]

STRIP_FACES = 20
TESTED = "Test faces, their reconstructions below"
OWN = "Your photos, their reconstructions below"


class ReconstructController(QObject):
    """Shows the selected face's reconstruction and a strip of test faces; saves both.

    Signals:
        face_picked(int): row of a strip face that was clicked.
    """

    face_picked = Signal(int)

    def __init__(self, studio: Studio, view: ReconstructWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view = studio, view
        self._random = np.random.default_rng(0)
        self._strip_rows: NDArray[np.int64] = np.empty(0, np.int64)
        self._strip: Reconstruction | None = None
        self._shown: Reconstruction | None = None
        self._quality: Quality | None = None
        studio.selection.changed.connect(self._on_selected)
        studio.selection.reconstructed.connect(self._on_reconstructed)
        studio.models.replaced.connect(self._ask_strip)
        studio.faces.changed.connect(self.choose_strip)
        studio.faces.photo_moved.connect(self._ask_strip)
        view.other_faces_asked.connect(self.choose_strip)
        view.strip_face_clicked.connect(self._on_strip_clicked)

    def save_face(self, path: Path) -> None:
        """Write original, reconstruction and difference as PNG, SVG or PDF by the suffix."""
        if self._shown is not None and self._quality is not None:
            shown = self._shown
            work = partial(_save_face, shown.originals[0], shown.images[0], self._quality, path)
            self._studio.tasks.export(work, path)

    def save_strip(self, path: Path) -> None:
        """Write the two rows of faces as PNG, SVG or PDF by the suffix."""
        if self._strip is not None:
            work = partial(_save_strip, self._strip.originals, self._strip.images, path)
            self._studio.tasks.export(work, path)

    @Slot()
    def choose_strip(self) -> None:
        """Pick other test faces for the strip."""
        rows = self._strip_candidates()
        has_more = len(rows) > STRIP_FACES
        self._view.other_faces.setEnabled(has_more)
        if has_more:
            rows = self._random.choice(rows, STRIP_FACES, replace=False)
        self._strip_rows = rows
        self._view.set_strip_title(OWN if self._studio.faces.source == PHOTOS else TESTED)
        self._ask_strip()

    def _strip_candidates(self) -> NDArray[np.int64]:
        """Return the rows of the test faces; of own photos all, which no training has seen."""
        faces = self._studio.faces.faces
        if faces is not None and self._studio.faces.source == PHOTOS:
            return np.arange(len(faces.images))
        if faces is None or len(faces.images) < 2:
            return np.empty(0, np.int64)
        return faces.split()[1]

    @Slot()
    def _ask_strip(self) -> None:
        faces = self._studio.faces.faces
        if faces is not None and len(self._strip_rows):
            images = np.array(faces.images[self._strip_rows])
            self._studio.models.reconstruct(images, then=self._on_strip, lane=Lane.STRIP)

    @Slot()
    def _on_selected(self) -> None:
        face = self._studio.selection.face
        if face is not None:
            self._view.set_original(face.name, face.pixels)

    @Slot(object)
    def _on_reconstructed(self, reply: Reconstruction) -> None:
        self._shown, self._quality = reply, None
        self._view.set_reconstruction(reply.images[0])
        work = partial(_compare, reply.originals[0], reply.images[0])
        self._studio.tasks.run(work, Task.DIFFERENCE, then=self._on_compared)

    def _on_compared(self, compared: tuple[Pixels, Pixels, float, Quality]) -> None:
        self._quality = compared[-1]
        self._view.set_difference(*compared)
        self._view.set_exportable(True)

    def _on_strip(self, reply: Reconstruction) -> None:
        self._strip = reply
        self._view.strip.set_frames(reply.originals, reply.images)

    @Slot(int)
    def _on_strip_clicked(self, index: int) -> None:
        if index < len(self._strip_rows):
            self.face_picked.emit(int(self._strip_rows[index]))


def _compare(original: Pixels, reconstruction: Pixels) -> tuple[Pixels, Pixels, float, Quality]:
    from model.plots.figures import difference_colors, difference_image

    picture, scale = difference_image(original, reconstruction)
    return picture, difference_colors(), scale, quality(original, reconstruction)


def _save_face(original: Pixels, reconstruction: Pixels, quality: Quality, path: Path) -> None:
    from model.plots.figures import reconstruction_figure

    reconstruction_figure(original, reconstruction, quality, path)


def _save_strip(originals: Pixels, reconstructions: Pixels, path: Path) -> None:
    from model.plots.figures import rows_figure

    rows_figure(originals, reconstructions, path)
