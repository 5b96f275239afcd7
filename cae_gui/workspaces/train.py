"""Train: settings, curves, and the same test faces getting better epoch by epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.config_form import ConfigForm
from cae_gui.widgets.curve_plot import CurvePlot
from cae_gui.widgets.film_strip import FilmStrip

Pixels = NDArray[np.uint8]


class TrainWorkspace(QWidget):
    """Settings at the left; curves, progress and the preview strip at the right.

    Signals:
        start_asked(), pause_asked(), go_on_asked(), stop_asked(), discard_asked().
        follow_changed(bool): whether exploring uses the newest snapshot of the training.
        layers_asked(): show the layer table.
    """

    start_asked = Signal()
    pause_asked = Signal()
    go_on_asked = Signal()
    stop_asked = Signal()
    discard_asked = Signal()
    follow_changed = Signal(bool)
    layers_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = ConfigForm()
        self.plot = CurvePlot()
        self.log = QCheckBox("Lo&garithmic")
        self.log.setChecked(True)
        self.follow = QCheckBox("&Follow the training")
        self.follow.setToolTip(
            "Reconstruct, Explore and Morph use the newest snapshot of the network in training."
        )
        self.faces = QLabel(wordWrap=True)
        self.status = QLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Progress of the training")
        self.strip = FilmStrip()
        self.strip.set_placeholder(
            "Ten test faces over their reconstructions appear here after the first epoch."
        )
        self.start = QPushButton("&Start training")
        self.start.setDefault(True)
        self.start.setObjectName("primary")
        self.pause = QPushButton("Pa&use")
        self.stop = QPushButton("Stop and &keep")
        self.discard = QPushButton("&Discard …")
        self.layers = QPushButton("&Layers …")
        self.layers.setToolTip("The layers of the network with their shapes and parameters")
        self._is_paused = False
        self._arrange()
        self._connect()
        self.show_state(active=False, paused=False, stopping=False)

    def _arrange(self) -> None:
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.faces)
        left.addWidget(scroll, 1)
        left.addWidget(self.layers)
        left.addWidget(self.start)
        under = QHBoxLayout()
        under.addWidget(self.pause)
        under.addWidget(self.stop)
        under.addWidget(self.discard)
        left.addLayout(under)
        column = QWidget()
        column.setLayout(left)
        column.setFixedWidth(304)
        left.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(self.status, 1)
        head.addWidget(self.follow)
        head.addWidget(self.log)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(head)
        right.addWidget(self.bar)
        right.addWidget(self.plot, 1)
        right.addWidget(self.strip)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(16, 16, 16, 16)
        outer.setSpacing(16)
        outer.addWidget(column)
        outer.addLayout(right, 1)

    def _connect(self) -> None:
        self.start.clicked.connect(self.start_asked)
        self.pause.clicked.connect(self._on_pause)
        self.stop.clicked.connect(self.stop_asked)
        self.discard.clicked.connect(self.discard_asked)
        self.layers.clicked.connect(self.layers_asked)
        self.follow.toggled.connect(self.follow_changed)
        self.log.toggled.connect(self.plot.set_log)
        self.form.changed.connect(self._on_form)

    def show_state(self, *, active: bool, paused: bool, stopping: bool) -> None:
        """Offer what can be done in this state of the training."""
        self._is_paused = paused
        self.start.setEnabled(not active and not self.form.error())
        self.pause.setEnabled(active and not stopping)
        self.pause.setText("&Go on" if paused else "Pa&use")
        self.stop.setEnabled(active and not stopping)
        self.discard.setEnabled(active and not stopping)
        self.form.set_read_only(active)
        if not active:
            self.bar.setValue(0)

    def set_faces(self, text: str) -> None:
        """Say what will be trained on."""
        self.faces.setText(text)

    def set_status(self, text: str) -> None:
        """Say where the training is."""
        self.status.setText(text)

    def set_progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def set_preview(self, originals: Pixels, reconstructions: Pixels) -> None:
        """Show the preview faces (K, 48, 48, 3) over their reconstructions."""
        self.strip.set_frames(originals, reconstructions)

    @Slot()
    def _on_pause(self) -> None:
        (self.go_on_asked if self._is_paused else self.pause_asked).emit()

    @Slot()
    def _on_form(self) -> None:
        self.start.setEnabled(self.discard.isEnabled() is False and not self.form.error())
