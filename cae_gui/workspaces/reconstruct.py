"""Reconstruct: a face, what the network makes of it, and where the two differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cae_gui.widgets.crop_box import CropBoxView
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.film_strip import FilmStrip
from model.metrics import Quality

Pixels = NDArray[np.uint8]


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
        self.photo = CropBoxView()
        self.photo.hide()
        self.original = FaceView()
        self.reconstruction = FaceView()
        self.difference = FaceView()
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
        self.strip = FilmStrip()
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
        faces = QHBoxLayout()
        faces.setSpacing(16)
        for view in (self.original, self.reconstruction, self.difference):
            faces.addWidget(view, 1)
        below = QHBoxLayout()
        below.addWidget(self.numbers, 1)
        below.addWidget(self.export_face)
        title = QLabel("Test faces, their reconstructions below")
        title.setObjectName("section")
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.other_faces)
        head.addWidget(self.export_strip)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.photo, 1)
        column.addLayout(faces, 1)
        column.addLayout(below)
        column.addSpacing(8)
        column.addLayout(head)
        column.addWidget(self.strip)

    def set_exportable(self, exportable: bool) -> None:
        """Allow saving once there is something to save."""
        self.export_face.setEnabled(exportable)
        self.export_strip.setEnabled(exportable)

    def set_original(self, name: str, pixels: Pixels) -> None:
        """Show another face; its reconstruction is to follow."""
        self.original.set_face_name(name)
        self.original.set_caption(name)
        self.original.set_image(pixels)

    def set_reconstruction(self, pixels: Pixels, stamp: int = 0) -> None:
        """Show what the decoder made of the face."""
        self.reconstruction.set_image(pixels, stamp)

    def set_difference(self, pixels: Pixels, scale: float, quality: Quality) -> None:
        """Show the heat map, whose brightest colour stands for ``scale``, and the numbers."""
        self.difference.set_image(pixels)
        self.difference.set_caption(f"Difference, 0 to {scale:g}")
        psnr = f"{quality.psnr:.1f} dB" if np.isfinite(quality.psnr) else "infinite"
        self.numbers.setText(f"MSE {quality.mse:.5f}     PSNR {psnr}     SSIM {quality.ssim:.3f}")
