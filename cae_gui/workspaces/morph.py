"""Morph: from face A to face B, by hand, as a strip and as a film."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.film_strip import FilmStrip

Pixels = NDArray[np.uint8]

SLIDER_STEPS = 1000
FRAME_MS = 33


class MorphWorkspace(QWidget):
    """Wells A and B with the face between them, a slider, a film strip and playback.

    Signals:
        share_changed(float): how far from A (0) to B (1) to show, by hand or by playing.
        well_chosen(int): a well was clicked: put the selected face there.
        face_dropped(int, str, object): a face was dropped on a well.
        swap_asked(), spherical_changed(bool), export_gif_asked(), export_strip_asked().
    """

    share_changed = Signal(float)
    well_chosen = Signal(int)
    face_dropped = Signal(int, str, object)
    swap_asked = Signal()
    spherical_changed = Signal(bool)
    export_gif_asked = Signal()
    export_strip_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wells = (FaceView(droppable=True), FaceView(droppable=True))
        for well, letter in zip(self.wells, "AB", strict=True):
            well.set_placeholder(f"Drop face {letter} here, or click to take the selected face.")
            well.set_caption(letter)
        self.face = FaceView()
        self.face.set_placeholder("The morph appears here.")
        self.face.set_caption("Morph")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setSingleStep(SLIDER_STEPS // 100)
        self.slider.setPageStep(SLIDER_STEPS // 10)
        self.slider.setAccessibleName("Way from A to B")
        self.film = FilmStrip()
        self.film.set_placeholder("The faces between A and B appear here.")
        self.play = QPushButton("&Play")
        self.play.setCheckable(True)
        self.play.setToolTip("Play the morph there and back (Space)")
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(0.5, 10.0)
        self.seconds.setValue(2.0)
        self.seconds.setSingleStep(0.5)
        self.seconds.setDecimals(1)
        self.seconds.setSuffix(" s")
        self.path = QComboBox()
        self.path.addItems(["Straight line", "Great arc"])
        self.path.setToolTip("Linear or spherical interpolation of the latents")
        self.loop = QCheckBox("&Loop")
        self.loop.setChecked(True)
        self.swap = QPushButton("S&wap")
        self.swap.setToolTip("Exchange A and B")
        self.export_gif = QPushButton("Save &GIF …")
        self.export_strip = QPushButton("Save s&trip …")
        self._timer = QTimer(self, interval=FRAME_MS)
        self._clock = QElapsedTimer()
        self._began_at = 0.0
        self._arrange()
        self._connect()
        self.set_ready(False)

    def _arrange(self) -> None:
        faces = QHBoxLayout()
        faces.setSpacing(16)
        faces.addWidget(self.wells[0], 2)
        faces.addWidget(self.face, 3)
        faces.addWidget(self.wells[1], 2)
        way = QHBoxLayout()
        way.setSpacing(8)
        for item in (QLabel("A"), self.slider, QLabel("B")):
            way.addWidget(item, 1 if item is self.slider else 0)
        seconds = QLabel("&Duration")
        seconds.setBuddy(self.seconds)
        path = QLabel("P&ath")
        path.setBuddy(self.path)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        left: list[QWidget] = [self.play, self.loop, seconds, self.seconds, path, self.path]
        for widget in [*left, self.swap]:
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(self.export_gif)
        controls.addWidget(self.export_strip)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(faces, 1)
        column.addLayout(way)
        column.addWidget(self.film)
        column.addSpacing(8)
        column.addLayout(controls)

    def _connect(self) -> None:
        self.wells[0].clicked.connect(self._on_first_clicked)
        self.wells[1].clicked.connect(self._on_second_clicked)
        self.wells[0].face_dropped.connect(self._on_first_dropped)
        self.wells[1].face_dropped.connect(self._on_second_dropped)
        self.slider.sliderPressed.connect(self.stop_playing)
        self.slider.valueChanged.connect(self._on_slider)
        self.film.frame_clicked.connect(self._on_frame)
        self.play.toggled.connect(self._on_play)
        self._timer.timeout.connect(self._on_tick)
        self.path.currentIndexChanged.connect(self._on_path)
        self.swap.clicked.connect(self.swap_asked)
        self.export_gif.clicked.connect(self.export_gif_asked)
        self.export_strip.clicked.connect(self.export_strip_asked)

    @property
    def share(self) -> float:
        """How far from A (0) to B (1) the slider stands."""
        return self.slider.value() / SLIDER_STEPS

    def set_ready(self, ready: bool) -> None:
        """Allow playing and saving once both faces are there."""
        for widget in (self.slider, self.play, self.swap, self.export_gif, self.export_strip):
            widget.setEnabled(ready)
        if not ready:
            self.play.setChecked(False)
            self.face.set_image(None)
            self.film.set_frames(np.empty((0, 48, 48, 3), np.uint8))

    def set_well(self, index: int, name: str, pixels: Pixels) -> None:
        """Show a face in well 0 (A) or 1 (B)."""
        well = self.wells[index]
        well.set_face_name(name)
        well.set_caption(f"{'AB'[index]}: {name}")
        well.set_image(pixels)

    def set_image(self, pixels: Pixels, stamp: int = 0) -> None:
        """Show the face at the slider's place."""
        self.face.set_image(pixels, stamp)

    def set_film(self, frames: Pixels) -> None:
        """Show the faces (T, 48, 48, 3) between A and B."""
        self.film.set_frames(frames)
        self._mark_frame()

    @Slot()
    def stop_playing(self) -> None:
        """Pause where the slider is; nobody sees it, or the person's hand is on it."""
        self.play.setChecked(False)

    def _mark_frame(self) -> None:
        if self.film.count():
            self.film.set_current(round(self.share * (self.film.count() - 1)))

    @Slot()
    def _on_first_clicked(self) -> None:
        self.well_chosen.emit(0)

    @Slot()
    def _on_second_clicked(self) -> None:
        self.well_chosen.emit(1)

    @Slot(str, object)
    def _on_first_dropped(self, name: str, pixels: Any) -> None:
        self.face_dropped.emit(0, name, pixels)

    @Slot(str, object)
    def _on_second_dropped(self, name: str, pixels: Any) -> None:
        self.face_dropped.emit(1, name, pixels)

    @Slot(int)
    def _on_slider(self, _value: int) -> None:
        self._mark_frame()
        self.share_changed.emit(self.share)

    @Slot(int)
    def _on_frame(self, index: int) -> None:
        self.slider.setValue(round(index / max(1, self.film.count() - 1) * SLIDER_STEPS))

    @Slot(int)
    def _on_path(self, index: int) -> None:
        self.spherical_changed.emit(index == 1)

    @Slot(bool)
    def _on_play(self, playing: bool) -> None:
        self.play.setText("&Pause" if playing else "&Play")
        if playing:
            self._began_at = self.share if self.share < 1 else 0.0
            self._clock.start()
            self._timer.start()
        else:
            self._timer.stop()

    @Slot()
    def _on_tick(self) -> None:
        way = self._began_at + self._clock.elapsed() / 1000 / self.seconds.value()
        if not self.loop.isChecked() and way >= 1:
            self.slider.setValue(SLIDER_STEPS)
            self.play.setChecked(False)
            return
        there_and_back = 1 - abs(1 - way % 2)
        self.slider.setValue(round(there_and_back * SLIDER_STEPS))

    def hideEvent(self, event: QHideEvent) -> None:
        self.stop_playing()
        super().hideEvent(event)
