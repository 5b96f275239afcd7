"""Reconstruct: a face, what the network makes of it, and where the two differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.reconstruct.heat_map_view import HeatMapView
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.widgets.controls import SectionLabel
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.film_strip import FilmStrip
from model.evaluation.metrics import Quality

Pixels = NDArray[np.uint8]

LARGEST_TEST_FACE = 64
"""Few faces of the strip take no more room from the face above than many."""


class ReconstructWorkspace(QWidget):
    """Original, reconstruction and difference large, and a strip of test faces below.

    Above them a photo of the person's own, with the box of its face, while one is selected.

    Signals:
        export_face_asked(), export_strip_asked(): save the picture above or the strip.
        other_faces_asked(): fill the strip with other test faces.
        strip_face_clicked(int): a face of the strip was chosen.
    """

    export_face_asked = Signal()
    export_strip_asked = Signal()
    other_faces_asked = Signal()
    strip_face_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.own = PhotoPanel()
        self.own.hide()
        self.photo = self.own.photo
        self.original = FaceView()
        self.reconstruction = FaceView()
        self.difference = HeatMapView()
        self.original.set_placeholder("Choose a face at the left, or drop a photo.")
        self.reconstruction.set_placeholder("Loading the model …")
        self.difference.set_placeholder("")
        self.original.set_caption("Original")
        self.reconstruction.set_caption("Reconstruction")
        self.difference.set_caption("Difference")
        self.numbers = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.numbers.setObjectName("numbers")
        self.numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.numbers.setToolTip(
            "MSE: mean squared error, smaller is better.\n"
            "PSNR: peak signal-to-noise ratio, larger is better.\n"
            "SSIM: structural similarity, 1 is equal."
        )
        self.strip = FilmStrip(rows=2, largest=LARGEST_TEST_FACE)
        self.strip_title = SectionLabel()
        self.strip.set_placeholder("Test faces over their reconstructions appear here.")
        self.export_face = QPushButton("&Save picture …")
        self.other_faces = QPushButton("&Other faces")
        self.export_strip = QPushButton("Save s&trip …")
        self._arrange()
        self.export_face.clicked.connect(self.export_face_asked)
        self.export_strip.clicked.connect(self.export_strip_asked)
        self.other_faces.clicked.connect(self.other_faces_asked)
        self.strip.frame_clicked.connect(self.strip_face_clicked)
        self.set_exportable(False)

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
        column.addSpacing(8)
        column.addLayout(head)
        column.addWidget(self.strip)

    def set_exportable(self, exportable: bool) -> None:
        """Allow saving once there is something to save."""
        self.export_face.setEnabled(exportable)
        self.export_strip.setEnabled(exportable)

    def set_strip_title(self, text: str) -> None:
        """Say which faces the strip shows."""
        self.strip_title.setText(text)
        self.strip.setAccessibleName(text)

    def set_original(self, name: str, pixels: Pixels) -> None:
        """Show another face; its reconstruction is to follow."""
        self.original.set_face_name(name)
        self.original.set_caption(name)
        self.original.set_image(pixels)

    def set_reconstruction(self, pixels: Pixels, stamp: int = 0) -> None:
        """Show what the decoder made of the face."""
        self.reconstruction.set_image(pixels, stamp)

    def set_difference(
        self, pixels: Pixels, colors: NDArray[np.uint8], scale: float, quality: Quality
    ) -> None:
        """Show the heat map, whose last colour uint8 (3,) stands for ``scale``, and the numbers."""
        self.difference.set_image(pixels)
        self.difference.set_scale(colors, scale)
        psnr = f"{quality.psnr:.1f} dB" if np.isfinite(quality.psnr) else "infinite"
        self.numbers.setText(f"MSE {quality.mse:.5f}     PSNR {psnr}     SSIM {quality.ssim:.3f}")
