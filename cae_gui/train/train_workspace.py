"""Train: settings, runs, curves, and the same test faces getting better epoch by epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cae_gui.train.config_edits import SettingsStep, Values
from cae_gui.train.config_form import ConfigForm
from cae_gui.train.curve_plot import CurvePlot
from cae_gui.train.epoch_slider import EpochSlider
from cae_gui.train.run_list import RunList
from cae_gui.widgets.controls import ElidedLabel, PrimaryButton, ProgressBar
from cae_gui.widgets.film_strip import FilmStrip

Pixels = NDArray[np.uint8]


class TrainWorkspace(QWidget):
    """Settings and runs at the left; curves, progress and the preview strip at the right.

    Signals:
        runs_shown(): the list of runs came into view.
        came_into_view(), went_out_of_view(): this workspace itself.
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
    runs_shown = Signal()
    came_into_view = Signal()
    went_out_of_view = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = ConfigForm()
        self.runs = RunList()
        self.plot = CurvePlot()
        self.log = QCheckBox("Lo&garithmic")
        self.log.setChecked(True)
        self.follow = QCheckBox("&Follow the training")
        self.follow.setToolTip(
            "Reconstruct, Explore and Morph use the newest snapshot of the network in training."
        )
        self.faces = QLabel(wordWrap=True)
        self.status = ElidedLabel(tips=True)
        self.status.setAccessibleName("State of the curves on show")
        self.bar = ProgressBar()
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Progress of the training")
        self.strip = FilmStrip()
        self.strip.set_placeholder(
            "Ten test faces over their reconstructions appear here after the first epoch."
        )
        self.epochs = EpochSlider()
        self.further = QCheckBox("&Begin with the model in use")
        self.further.setToolTip(
            "Trains the weights of the model in use further instead of new ones. "
            "The latent size is that of the model."
        )
        self.estimate = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("How long the training would take")
        # Without a text it keeps its place: buttons must not move under the mouse.
        self.estimate.setMinimumHeight(self.estimate.fontMetrics().height())
        self.start = PrimaryButton("&Start training")
        self.start.setDefault(True)
        self.pause = QPushButton("Pa&use")
        self.stop = QPushButton("Stop and &keep")
        self.discard = QPushButton("&Discard …")
        self.layers = QPushButton("&Layers …")
        self.layers.setToolTip("The layers of the network with their shapes and parameters")
        self._is_paused = self._is_active = self._is_refused = False
        self._arrange()
        self._connect()
        self.show_state(active=False, paused=False, stopping=False)

    def _arrange(self) -> None:
        self._rows = outer = QHBoxLayout(self)
        outer.setContentsMargins(16, 16, 16, 16)
        outer.setSpacing(16)
        outer.addWidget(self._make_left())
        outer.addLayout(self._make_right(), 1)

    def _make_left(self) -> QWidget:
        self.tabs = QTabWidget(documentMode=True)  # without a pane, which dark mode tints
        self.tabs.addTab(self._make_settings(), "Sett&ings")
        self.tabs.addTab(self.runs, "Ru&ns")
        self.tabs.setTabToolTip(0, "How the next training goes")
        self.tabs.setTabToolTip(1, "What earlier trainings left behind")
        under = QHBoxLayout()
        for button in (self.pause, self.stop, self.discard):
            under.addWidget(button)
        column = QWidget()
        column.setFixedWidth(304)
        left = QVBoxLayout(column)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        left.addWidget(self.tabs, 1)
        left.addWidget(self.further)
        left.addWidget(self.estimate)
        left.addWidget(self.start)
        left.addLayout(under)
        return column

    def _make_settings(self) -> QWidget:
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.faces)
        column.addWidget(scroll, 1)
        column.addWidget(self.layers)
        return page

    def _make_right(self) -> QVBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.bar, 1)
        head.addWidget(self.follow)
        head.addWidget(self.log)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.status)
        right.addLayout(head)
        right.addWidget(self.plot, 1)
        right.addWidget(self.strip)
        right.addWidget(self.epochs)
        return right

    def _connect(self) -> None:
        self.start.clicked.connect(self.start_asked)
        self.pause.clicked.connect(self._on_pause)
        self.stop.clicked.connect(self.stop_asked)
        self.discard.clicked.connect(self.discard_asked)
        self.layers.clicked.connect(self.layers_asked)
        self.follow.toggled.connect(self.follow_changed)
        self.log.toggled.connect(self.plot.set_log)
        self.form.changed.connect(self._offer_start)
        self.further.toggled.connect(self._on_further)
        self.tabs.currentChanged.connect(self._on_tab)

    def show_state(self, *, active: bool, paused: bool, stopping: bool) -> None:
        """Offer what can be done in this state of the training."""
        self._is_paused, self._is_active = paused, active
        self._offer_start()
        self.further.setEnabled(not active)
        self.pause.setEnabled(active and not stopping)
        self.pause.setText("&Go on" if paused else "Pa&use")
        self.stop.setEnabled(active and not stopping)
        self.discard.setEnabled(active and not stopping)
        self.runs.set_idle(not active)
        self.form.set_read_only(active)
        if not active:
            self.bar.setValue(0)

    def show_settings(self) -> None:
        """Bring the form into view."""
        self.tabs.setCurrentIndex(0)

    def show_runs(self) -> None:
        """Bring the list of runs into view."""
        self.tabs.setCurrentWidget(self.runs)

    def set_faces(self, text: str) -> None:
        """Say what will be trained on."""
        self.faces.setText(text)

    def set_status(self, text: str) -> None:
        """Say where the training is."""
        self.status.setText(text)

    def set_estimate(self, text: str, details: str = "") -> None:
        """Say how long the training would take; ``details`` is for who points at it."""
        self._is_refused = False
        self._show_estimate(text, details)

    def refuse(self, reason: str) -> None:
        """Say why a training can't start with these faces and settings."""
        self._is_refused = True
        self._show_estimate(reason, "")

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

    @Slot(int)
    def _on_tab(self, _index: int) -> None:
        if self.tabs.currentWidget() is self.runs:
            self.runs_shown.emit()
            if not self.tabs.tabBar().hasFocus():  # there, arrow keys go from tab to tab
                self.runs.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_further(self, values: Values) -> None:
        with QSignalBlocker(self.further):
            self.further.setChecked(values["further"])

    @Slot(bool)
    def _on_further(self, on: bool) -> None:
        text, before, after = "Begin with the model in use", {"further": not on}, {"further": on}
        self.form.undo_stack.push(SettingsStep(text, self._show_further, before, after, -1))

    def _show_estimate(self, text: str, details: str) -> None:
        self.estimate.setText(text)
        self.estimate.setToolTip(details)
        self._offer_start()

    @Slot()
    def _offer_start(self) -> None:
        refused = self._is_refused or bool(self.form.error())
        self.start.setEnabled(not self._is_active and not refused)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        # Qt asks without the width, on which the height of the strip depends.
        height = self._rows.minimumHeightForWidth(max(self.width(), hint.width()))
        return QSize(hint.width(), max(hint.height(), height))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.came_into_view.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.went_out_of_view.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
