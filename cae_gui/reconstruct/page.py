"""Reconstruct: a face, what the network makes of it, and where the two differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.faces import PHOTOS, Faces
from cae_gui.core.models import Lane, Models
from cae_gui.core.selection import Selection
from cae_gui.core.tasks import Task, Tasks
from cae_gui.reconstruct.heat_map_view import HeatMapView
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.reconstruct.refinement import Refinement
from cae_gui.widgets.controls import ElidedLabel, Label, SectionLabel
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.film_strip import FilmStrip
from model.evaluation import Quality, quality

if TYPE_CHECKING:
    from model.inference import Reconstruction

Pixels = NDArray[np.uint8]

LARGEST_TEST_FACE = 64
"""Few faces of the strip take no more room from the face above than many."""
STRIP_FACES = 20
STOP = "Stop refi&ning"
TESTED = "Test faces, their reconstructions below"
OWN = "Your photos, their reconstructions below"


class ReconstructPage(QWidget):
    """Original, reconstruction and difference large, and a strip of test faces below.

    Above them ``own``, a photo of the user, while one is selected. ``pick`` is called with
    the row, in the data set on show, of a strip face that was clicked.
    """

    def __init__(
        self,
        models: Models,
        tasks: Tasks,
        selection: Selection,
        faces: Faces,
        own: PhotoPanel,
        pick: Callable[[int], object],
        refinement: Refinement,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._selection, self._faces, self._pick = selection, faces, pick
        self._refinement = refinement
        self._random = np.random.default_rng(0)
        self._strip_rows: NDArray[np.int64] = np.empty(0, np.int64)
        self._strip: Reconstruction | None = None
        self._shown: Reconstruction | None = None
        self._quality: Quality | None = None
        self.own = own
        self.own.hide()
        self.photo = self.own.photo
        self.original = FaceView()
        self.reconstruction = FaceView()
        self.difference = HeatMapView()
        self.numbers = Label(alignment=Qt.AlignmentFlag.AlignCenter)
        self.refine = QPushButton()
        self.undo_refinement = QPushButton("&Undo refinement")
        self.stays_typical = QCheckBox("Sta&y typical")
        self.at_once = QCheckBox("Refine own &photos at once")
        self.gain = ElidedLabel(tips=True)
        self.strip = FilmStrip(rows=2, largest=LARGEST_TEST_FACE)
        self.strip_title = SectionLabel()
        self.export_face = QPushButton("&Save picture …")
        self.other_faces = QPushButton("&Other faces")
        self.export_strip = QPushButton("Save s&trip …")
        self._label()
        self._arrange()
        self._connect()

    def save_face(self, path: Path) -> None:
        """Write original, reconstruction and difference as PNG, SVG or PDF by the suffix."""
        if self._shown is not None and self._quality is not None:
            shown = self._shown
            work = partial(_save_face, shown.originals[0], shown.images[0], self._quality, path)
            self._tasks.export(work, path)

    def save_strip(self, path: Path) -> None:
        """Write the two rows of faces as PNG, SVG or PDF by the suffix."""
        if self._strip is not None:
            work = partial(_save_strip, self._strip.originals, self._strip.images, path)
            self._tasks.export(work, path)

    def _label(self) -> None:
        self.original.set_placeholder("Choose a face at the left, or drop a photo.")
        self.reconstruction.set_placeholder("Loading the model …")
        self.difference.set_placeholder("")
        self.original.set_caption("Original")
        self.reconstruction.set_caption("Reconstruction")
        self.difference.set_caption("Difference")
        self.numbers.setObjectName("numbers")
        self.numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.numbers.setToolTip(
            "MSE: mean squared error, smaller is better.\n"
            "PSNR: peak signal-to-noise ratio, larger is better.\n"
            "SSIM: structural similarity, 1 is equal."
        )
        self.undo_refinement.setToolTip("Take the face as the encoder gives it")
        self.stays_typical.setToolTip(
            "Refine with a soft pull towards typical faces: edits go better from there.\n"
            "It costs a little of the gain."
        )
        self.at_once.setToolTip(
            "Refine each of your photos in three steps when you choose it.\n"
            "Not while the window follows a training."
        )
        self.gain.setAccessibleName("What refinement brought")
        self.stays_typical.setChecked(self._models.stays_typical)
        self.at_once.setChecked(self._selection.refines_photos)
        self.refine.setText(STOP)
        self.refine.setMinimumWidth(self.refine.sizeHint().width())
        self._show_refinement()
        self.strip.set_placeholder("Test faces over their reconstructions appear here.")
        self._set_exportable(False)

    def _arrange(self) -> None:
        faces = QGridLayout()
        faces.setHorizontalSpacing(16)
        faces.addWidget(self.original, 0, 0)
        faces.addWidget(self.reconstruction, 0, 1)
        # A column more for its scale, so that all three pictures are of one size; as no widget
        # is in that column alone, Qt leaves no space before it.
        faces.addWidget(self.difference, 0, 2, 1, 2)
        for index in range(3):
            faces.setColumnStretch(index, 1)
        faces.setColumnMinimumWidth(3, self.difference.scale_room())
        below = QHBoxLayout()
        below.addWidget(self.numbers, 1)
        below.addWidget(self.export_face)
        refining = QHBoxLayout()
        refining.setSpacing(16)
        refining.addWidget(self.stays_typical)
        refining.addWidget(self.at_once)
        refining.addStretch()
        refining.addWidget(self.undo_refinement)
        refining.addWidget(self.refine)
        head = QHBoxLayout()
        head.addWidget(self.strip_title, 1)
        head.addWidget(self.other_faces)
        head.addWidget(self.export_strip)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.own, 1)
        column.addLayout(faces, 1)
        column.addLayout(below)
        column.addWidget(self.gain)
        column.addLayout(refining)
        column.addSpacing(8)
        column.addLayout(head)
        column.addWidget(self.strip)

    def _connect(self) -> None:
        self._selection.changed.connect(self._on_selected)
        self._selection.reconstructed.connect(self._on_reconstructed)
        self._models.replaced.connect(self._ask_strip)
        self._faces.changed.connect(self._choose_strip)
        self._faces.photo_moved.connect(self._ask_strip)
        self.other_faces.clicked.connect(self._choose_strip)
        self.strip.frame_clicked.connect(self._on_strip_clicked)

        refinement = self._refinement
        refinement.stepped.connect(self._on_reconstructed)
        refinement.changed.connect(self._show_refinement)
        self.refine.clicked.connect(self._on_refine)
        self.undo_refinement.clicked.connect(refinement.undo)
        self.stays_typical.toggled.connect(self._on_stays_typical)
        self.at_once.toggled.connect(self._on_at_once)

    def _set_exportable(self, exportable: bool) -> None:
        self.export_face.setEnabled(exportable)
        self.export_strip.setEnabled(exportable)

    @Slot()
    def _show_refinement(self) -> None:
        """Show what can be done and what it brought."""
        refinement, reached = self._refinement, self._refinement.reached
        is_refined = reached is not None and reached.steps > 0
        if refinement.is_running:
            text, tip = STOP, "Keep the face as it is now"
        elif is_refined:
            text, tip = "Refi&ne further", "Fit the face to its picture in more steps"
        else:
            text, tip = "Refi&ne", "Fit the face to its very picture, closer than the encoder does"
        self.refine.setText(text)
        self.refine.setToolTip(tip)
        self.refine.setEnabled(self._selection.face is not None and self._models.model is not None)
        self.undo_refinement.setEnabled(is_refined and not refinement.is_running)
        self.stays_typical.setEnabled(self._models.density is not None)
        self.gain.setText(refinement.words())

    @Slot()
    def _on_refine(self) -> None:
        if self._refinement.is_running:
            self._refinement.stop()
        else:
            self._refinement.start()

    @Slot(bool)
    def _on_stays_typical(self, wanted: bool) -> None:
        self._models.stays_typical = wanted

    @Slot(bool)
    def _on_at_once(self, wanted: bool) -> None:
        self._selection.refine_photos(wanted)

    @Slot()
    def _on_selected(self) -> None:
        face = self._selection.face
        if face is not None:
            self.original.set_face_name(face.name)
            self.original.set_caption(face.name)
            self.original.set_image(face.pixels)

    @Slot(object)
    def _on_reconstructed(self, reply: Reconstruction) -> None:
        self._shown, self._quality = reply, None
        self.reconstruction.set_image(reply.images[0])
        work = partial(_compare, reply.originals[0], reply.images[0])
        self._tasks.run(work, Task.DIFFERENCE, then=self._on_compared)

    def _on_compared(self, compared: tuple[Pixels, Pixels, float, Quality]) -> None:
        """Show the heat map, whose last colour uint8 (3,) stands for the scale, and the numbers."""
        heat_map, colors, scale, self._quality = compared
        self.difference.set_image(heat_map)
        self.difference.set_scale(colors, scale)
        self.numbers.setText(_in_words(self._quality))
        self._set_exportable(True)

    @Slot()
    def _choose_strip(self) -> None:
        """Pick other test faces for the strip."""
        rows = self._strip_candidates()
        has_more = len(rows) > STRIP_FACES
        self.other_faces.setEnabled(has_more)
        if has_more:
            rows = self._random.choice(rows, STRIP_FACES, replace=False)
        self._strip_rows = rows
        title = OWN if self._faces.source == PHOTOS else TESTED
        self.strip_title.setText(title)
        self.strip.setAccessibleName(title)
        self._ask_strip()

    def _strip_candidates(self) -> NDArray[np.int64]:
        """Return the rows of the test faces; of own photos all, which no training has seen."""
        faces = self._faces.faces
        if faces is not None and self._faces.source == PHOTOS:
            return np.arange(len(faces.images))
        if faces is None or len(faces.images) < 2:
            return np.empty(0, np.int64)
        return faces.split()[1]

    @Slot()
    def _ask_strip(self) -> None:
        faces = self._faces.faces
        if faces is not None and len(self._strip_rows):
            images = np.array(faces.images[self._strip_rows])
            self._models.reconstruct(images, then=self._on_strip, lane=Lane.STRIP)

    def _on_strip(self, reply: Reconstruction) -> None:
        self._strip = reply
        self.strip.set_frames(reply.originals, reply.images)

    @Slot(int)
    def _on_strip_clicked(self, index: int) -> None:
        if index < len(self._strip_rows):
            self._pick(int(self._strip_rows[index]))


def _in_words(quality: Quality) -> str:
    psnr = f"{quality.psnr:.1f} dB" if np.isfinite(quality.psnr) else "infinite"
    return f"MSE {quality.mse:.5f}     PSNR {psnr}     SSIM {quality.ssim:.3f}"


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
