"""Explore: sliders over the latent space, and the face that they move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, SignalInstance, Slot
from PySide6.QtGui import QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.latent_slider import SliderRow
from cae_gui.widgets.latent_sliders import LatentSliders
from cae_gui.widgets.typicality_gauge import TypicalityGauge

Pixels = NDArray[np.uint8]


class ExploreWorkspace(QWidget):
    """The edited face large beside its original; sliders by direction, attribute and raw.

    Signals:
        reset_asked(), random_asked(), undo_asked(), redo_asked(), save_asked(): the buttons.
        shown(): the workspace came into view.
    """

    reset_asked = Signal()
    random_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    save_asked = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = FaceView()
        self.face.set_placeholder("Choose a face at the left.")
        self.face.set_caption("Edited")
        self.original = FaceView()
        self.original.set_placeholder("")
        self.original.set_caption("Original")
        self.start = FaceView()
        self.start.set_placeholder("")
        self.start.set_caption("Reconstruction")
        self.typicality = TypicalityGauge()
        self.principal = LatentSliders()
        self.attributes = LatentSliders()
        self.raw = LatentSliders()
        self.tabs = QTabWidget(documentMode=True)  # without a pane, which dark mode tints
        self.tabs.addTab(self.principal, "&Principal")
        self.tabs.addTab(self.attributes, "&Attributes")
        self.tabs.addTab(self.raw, "Ra&w")
        self.tabs.setTabToolTip(
            0, "The directions in which the training faces vary most, in sigma from the mean"
        )
        self.tabs.setTabToolTip(
            1, "What can be seen in a face, such as a smile or glasses, in sigma from the mean"
        )
        self.tabs.setTabToolTip(2, "Every number of the latent, within the range of the faces")
        self.undo = self._button("Undo", "Take the last change back", self.undo_asked)
        self.undo.setToolTip(f"Take the last change back ({_key(QKeySequence.StandardKey.Undo)})")
        self.redo = self._button("Redo", "Make the change again", self.redo_asked)
        self.random = self._button(
            "Ra&ndom", "A random face, like the training faces (Ctrl+R)", self.random_asked
        )
        self.reset = self._button("R&eset", "Back to the reconstruction", self.reset_asked)
        self.save = self._button("&Save picture …", "Save the edited face", self.save_asked)
        self._arrange()
        self.set_editable(False)

    def _button(self, text: str, tip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(signal)
        return button

    def _arrange(self) -> None:
        small = QVBoxLayout()
        small.addWidget(self.original, 1)
        small.addWidget(self.start, 1)
        small.addStretch(1)
        faces = QHBoxLayout()
        faces.setSpacing(16)
        faces.addWidget(self.face, 3)
        faces.addLayout(small, 1)
        buttons = QHBoxLayout()
        for button in (self.undo, self.redo, self.random, self.reset):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(16, 16, 8, 16)
        column.addLayout(faces, 1)
        column.addSpacing(8)
        column.addWidget(self.typicality)
        column.addSpacing(8)
        column.addLayout(buttons)
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([560, 360])
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 8, 16, 16)
        outer.addWidget(self.splitter)

    def set_editable(self, editable: bool) -> None:
        """Allow editing once a face and a model are there."""
        for button in (self.random, self.reset, self.save):
            button.setEnabled(editable)

    def set_face(self, name: str, original: Pixels | None) -> None:
        """Show another original; the edited picture is to follow."""
        self.original.set_face_name(name)
        self.original.set_image(original)

    def set_start(self, pixels: Pixels | None) -> None:
        """Show the reconstruction from which the editing started."""
        self.start.set_image(pixels)

    def set_image(self, pixels: Pixels | None, stamp: int = 0) -> None:
        """Show the edited face."""
        self.face.set_image(pixels, stamp)

    def set_principal(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the principal directions, or say why there are none."""
        self.principal.set_rows(rows)
        self.principal.set_enabled_text(why_not)

    def set_attributes(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the attribute directions, or say why there are none."""
        self.attributes.set_rows(rows)
        self.attributes.set_enabled_text(why_not)

    def set_raw(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the raw dimensions, or say why there are none."""
        self.raw.set_rows(rows)
        self.raw.set_enabled_text(why_not)

    @Slot(bool)
    def set_can_undo(self, can: bool) -> None:
        """Enable the undo button."""
        self.undo.setEnabled(can)

    @Slot(bool)
    def set_can_redo(self, can: bool) -> None:
        """Enable the redo button."""
        self.redo.setEnabled(can)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()


def _key(standard: QKeySequence.StandardKey) -> str:
    return QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)
