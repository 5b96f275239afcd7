"""Explore: sliders over the latent space, and the face that they move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cae_gui.explore.face_strip import FaceStrip
from cae_gui.explore.map.map_panel import MapPanel
from cae_gui.explore.own_page import OwnPage
from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.snapshots_page import SnapshotsPage
from cae_gui.explore.typicality_gauge import TypicalityGauge
from cae_gui.widgets.face_view import FaceView

Pixels = NDArray[np.uint8]

MOST_PERCENT = 200
TABS = {
    "&Principal": "The directions in which the training faces vary most, in sigma from the mean",
    "&Attributes": "What can be seen in a face, such as a smile or glasses, in sigma from the mean",
    "&Yours": "Directions of your own: faces with something, and faces without it",
    "Ra&w": "Every number of the latent, within the range of the faces",
}


class ExploreWorkspace(QWidget):
    """The edited face large beside its original; sliders by direction; history and snapshots.

    Signals:
        reset_asked(), random_asked(), step_asked(), undo_asked(), redo_asked(), save_asked(): the
            buttons.
        snapshot_asked(): keep the face among the snapshots.
        temperature_changed(float): how far from the mean random faces are to be, 1 as trained.
        strength_pressed(), strength_changed(float), strength_released(): how much of the edit to
            show, 1 all of it; a keyboard step emits all three.
        shown(), hidden(): the workspace came into view, or left it.
    """

    reset_asked = Signal()
    random_asked = Signal()
    step_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    snapshot_asked = Signal()
    save_asked = Signal()
    temperature_changed = Signal(float)
    strength_pressed = Signal()
    strength_changed = Signal(float)
    strength_released = Signal()
    shown = Signal()
    hidden = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = _face("Edited", "Choose a face at the left.")
        self.original = _face("Original")
        self.start = _face("Reconstruction")
        self.typicality = TypicalityGauge()
        self.principal, self.attributes = LatentSliders(), LatentSliders()
        self.own, self.raw = LatentSliders(), LatentSliders(locks=False)
        self.own_page = OwnPage(self.own)
        self.tabs = QTabWidget(documentMode=True)  # without a pane, which dark mode tints
        pages = (self.principal, self.attributes, self.own_page, self.raw)
        for page, (title, tip) in zip(pages, TABS.items(), strict=True):
            self.tabs.setTabToolTip(self.tabs.addTab(page, title), tip)
        self.map = MapPanel()
        tab = self.tabs.addTab(self.map, "Map")
        self.tabs.setTabToolTip(tab, "All faces in two dimensions, to load and to travel among")
        self.strip = QTabWidget(documentMode=True)
        self.history = FaceStrip()
        self.history.setAccessibleName("History")
        tab = self.strip.addTab(self.history, "Hist&ory")
        self.strip.setTabToolTip(tab, "The face after each step; a click goes back or on to it")
        self.snapshots = SnapshotsPage()
        tab = self.strip.addTab(self.snapshots, "Snapshots")
        self.strip.setTabToolTip(tab, "Faces that you keep, to show, compare and export them")
        self.nearest = FaceStrip(named=True)
        self.nearest.setAccessibleName("Nearest faces")
        tab = self.strip.addTab(self.nearest, "Nearest")
        self.strip.setTabToolTip(tab, "The nearest faces in the whole latent space")
        keys = QKeySequence.StandardKey
        self.undo = self._button("Undo", "Take the last change back", self.undo_asked, keys.Undo)
        self.redo = self._button("Redo", "Make the change again", self.redo_asked, keys.Redo)
        self.reset = self._button("R&eset", "Back to the reconstruction", self.reset_asked)
        self.random = self._button(
            "Ra&ndom", "A random face, like the training faces (Ctrl+R)", self.random_asked
        )
        self.step = self._button(
            "St&ep", "A small step to a random side (Ctrl+Shift+R)", self.step_asked
        )
        self.save = self._button("&Save picture …", "Save the edited face", self.save_asked)
        self.temperature = _percent_box("Temperature of random faces")
        self.temperature.setToolTip(
            "How far random faces are from the typical face: 0 % is that face, 100 % like the "
            "training faces"
        )
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, MOST_PERCENT)
        self.strength.setPageStep(10)
        self.strength.setAccessibleName("Strength of the whole edit")
        self.strength.setToolTip("How much of the whole edit to show: 0 % the face as it started")
        self.percent = QLabel()
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("200 %"))
        self._arrange()
        self._connect()
        self.set_strength(1.0)
        self.set_editable(False)

    def _button(
        self,
        text: str,
        tip: str,
        signal: SignalInstance,
        key: QKeySequence.StandardKey | None = None,
    ) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip if key is None else f"{tip} ({_text(key)})")
        button.clicked.connect(signal)
        return button

    def _connect(self) -> None:
        self.temperature.valueChanged.connect(self._on_temperature)
        self.strength.sliderPressed.connect(self.strength_pressed)
        self.strength.valueChanged.connect(self._on_strength)
        self.strength.sliderReleased.connect(self.strength_released)

    def _arrange(self) -> None:
        small = QVBoxLayout()
        small.addWidget(self.original, 1)
        small.addWidget(self.start, 1)
        small.addStretch(1)
        faces = QHBoxLayout()
        faces.setSpacing(16)
        faces.addWidget(self.face, 3)
        faces.addLayout(small, 1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(16, 16, 8, 8)
        column.setSpacing(8)
        column.addLayout(faces, 1)
        column.addWidget(self.typicality)
        temperature, strength = QLabel("Te&mperature"), QLabel("Stren&gth")
        temperature.setBuddy(self.temperature)
        strength.setBuddy(self.strength)
        steps = _line(self.undo, self.redo, self.reset, strength)
        steps.addWidget(self.strength, 1)
        steps.addWidget(self.percent)
        column.addLayout(steps)
        column.addLayout(
            _line(self.random, self.step, temperature, self.temperature, None, self.save)
        )
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([520, 400])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 16, 8)
        outer.addWidget(self.splitter, 1)
        outer.addWidget(self.strip)

    def set_editable(self, editable: bool) -> None:
        """Allow editing once a face and a model are there."""
        buttons = (self.random, self.step, self.reset, self.save)
        for widget in (*buttons, self.temperature, self.strength):
            widget.setEnabled(editable)

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

    def set_temperature(self, temperature: float) -> None:
        """Show how far from the mean random faces are, 1 as the training faces."""
        with QSignalBlocker(self.temperature):
            self.temperature.setValue(round(100 * temperature))

    def set_strength(self, strength: float) -> None:
        """Show how much of the edit is shown, 1 all of it."""
        percent = round(100 * strength)
        if not self.strength.isSliderDown():
            with QSignalBlocker(self.strength):
                self.strength.setValue(percent)
        self._show_percent(percent)

    def set_principal(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the principal directions, or say why there are none."""
        _fill(self.principal, rows, why_not)

    def set_attributes(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the attribute directions, or say why there are none."""
        _fill(self.attributes, rows, why_not)

    def set_own(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the person's own directions, or say why there are none."""
        _fill(self.own, rows, why_not)

    def set_raw(self, rows: Sequence[SliderRow], why_not: str | None) -> None:
        """Offer the raw dimensions, or say why there are none."""
        _fill(self.raw, rows, why_not)

    @Slot(bool)
    def set_can_undo(self, can: bool) -> None:
        """Enable the undo button."""
        self.undo.setEnabled(can)

    @Slot(bool)
    def set_can_redo(self, can: bool) -> None:
        """Enable the redo button."""
        self.redo.setEnabled(can)

    def _show_percent(self, percent: int) -> None:
        text = f"{percent} %"
        if text != self.percent.text():
            self.percent.setText(text)

    @Slot(int)
    def _on_temperature(self, percent: int) -> None:
        self.temperature_changed.emit(percent / 100)

    @Slot(int)
    def _on_strength(self, percent: int) -> None:
        single_step = not self.strength.isSliderDown()
        if single_step:
            self.strength_pressed.emit()
        self.strength_changed.emit(percent / 100)
        if single_step:
            self.strength_released.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()


def _face(caption: str, placeholder: str = "") -> FaceView:
    view = FaceView()
    view.set_placeholder(placeholder)
    view.set_caption(caption)
    return view


def _percent_box(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, MOST_PERCENT)
    box.setSingleStep(10)
    box.setSuffix(" %")
    box.setAccessibleName(name)
    return box


def _line(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets beside each other; None is a gap that takes the room."""
    line = QHBoxLayout()
    line.setSpacing(8)
    for widget in widgets:
        if widget is None:
            line.addStretch(1)
        else:
            line.addWidget(widget)
    return line


def _fill(sliders: LatentSliders, rows: Sequence[SliderRow], why_not: str | None) -> None:
    sliders.set_rows(rows)
    sliders.set_enabled_text(why_not)


def _text(standard: QKeySequence.StandardKey) -> str:
    return QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)
