"""Train: settings, runs, curves, and previews of the test faces after each epoch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from cae_gui.core.faces import Faces
from cae_gui.core.models import Models
from cae_gui.core.selection import Selection
from cae_gui.core.tasks import Tasks
from cae_gui.core.times import duration
from cae_gui.core.undo import Step
from cae_gui.train.config_form import ConfigForm
from cae_gui.train.estimates import Estimates, refusal
from cae_gui.train.layer_table import LayersDialog
from cae_gui.train.runs import Runs
from cae_gui.train.runs_page import RunsPage
from cae_gui.train.shown_run import ShownRun
from cae_gui.train.training import (
    Discarded,
    RunOpened,
    State,
    Stopped,
    Training,
    TrainingEvent,
)
from cae_gui.widgets import dialogs
from cae_gui.widgets.controls import Label, PrimaryButton, button
from cae_gui.widgets.fields import Tabs
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import MessageBar
from model.config import TrainConfig
from model.events import EpochDone, Finished, Notice, Progress, Started
from model.progress import WorkProgress

PREVIEW_FACES = 10
_STATES = {
    State.PREPARING: "Preparing the training …",
    State.PAUSED: "Paused.",
    State.STOPPING: "Stopping and saving …",
}


class TrainPage(QWidget):
    """Settings and runs at the left; curves, progress and the preview strip at the right.

    Starts trainings with the settings of the form, and shows their events.
    """

    def __init__(
        self,
        training: Training,
        estimates: Estimates,
        runs: Runs,
        models: Models,
        faces: Faces,
        selection: Selection,
        tasks: Tasks,
        messages: MessageBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._training, self._estimates, self._runs = training, estimates, runs
        self._models, self._faces, self._selection = models, faces, selection
        self._messages = messages
        self._history: list[Any] = []
        self._has_finished = False
        self._begun: Path | None = None
        self._planned = 0
        self._shown = ShownRun(runs, models, tasks, self)
        self.status, self.bar, self.log = self._shown.status, self._shown.bar, self._shown.log
        self.plot, self.strip, self.epochs = self._shown.plot, self._shown.strip, self._shown.epochs
        self.form = ConfigForm()
        self.runs = RunsPage(runs, training, models, self._shown, messages)
        self.layers_dialog = LayersDialog(models, tasks, self)
        self._make_controls()
        self._arrange()
        self._connect()
        self._show_state(State.IDLE)

    def _make_controls(self) -> None:
        self.follow = QCheckBox("&Follow the training")
        self.follow.setToolTip(
            "Reconstruct, Explore and Morph use the newest snapshot of the network in training."
        )
        self.faces = Label(wordWrap=True)
        self.further = QCheckBox("&Begin with the model in use")
        self.further.setToolTip(
            "Trains the weights of the model in use further instead of new ones. "
            "The latent size is that of the model."
        )
        self.estimate = Label(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("How long the training would take")
        # It keeps its height without a text, so that buttons don't move under the mouse.
        self.estimate.setMinimumHeight(self.estimate.fontMetrics().height())
        self.start = PrimaryButton("&Start training")
        self.start.setDefault(True)
        self.pause = button("Pa&use", self._pause_or_go_on)
        self.stop = button("Stop and &keep", self._training.stop)
        self.discard = button("&Discard …", self._discard)
        tip = "The layers of the network with their shapes and parameters"
        self.layers = button("&Layers …", self.layers_dialog.show_layers, tip)

    def _arrange(self) -> None:
        right = self._make_right()
        margins = (16, 16, 16, 16)
        self._rows = filled(
            QHBoxLayout(self), self._make_left(), right, margins=margins, spacing=16, room=right
        )

    def _make_left(self) -> QWidget:
        self.tabs = Tabs(documentMode=True)  # no pane: dark mode would tint it
        self.tabs.addTab(self._make_settings(), "Sett&ings")
        self.tabs.addTab(self.runs, "Ru&ns")
        self.tabs.setTabToolTip(0, "How the next training goes")
        self.tabs.setTabToolTip(1, "What earlier trainings left behind")
        under = filled(QHBoxLayout(), self.pause, self.stop, self.discard)
        above = self.tabs, self.further, self.estimate, self.start
        left = QWidget()
        left.setFixedWidth(304)
        filled(QVBoxLayout(left), *above, under, room=self.tabs)
        return left

    def _make_settings(self) -> QWidget:
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        page = QWidget()
        items = self.faces, scroll, self.layers
        filled(QVBoxLayout(page), *items, margins=(0, 8, 0, 0), room=scroll)
        return page

    def _make_right(self) -> QVBoxLayout:
        head = filled(QHBoxLayout(), self.bar, self.follow, self.log, spacing=16, room=self.bar)
        items = self.status, head, self.plot, self.strip, self.epochs
        return filled(QVBoxLayout(), *items, room=self.plot)

    def _connect(self) -> None:
        training = self._training
        self.start.clicked.connect(self._start)
        self.follow.toggled.connect(self._on_follow)
        self.further.toggled.connect(self._on_further)
        self.tabs.currentChanged.connect(self._on_tab)
        self.runs.settings_asked.connect(self._on_settings)
        changes = self.form.undo_stack.indexChanged, self.form.checked, self._faces.changed
        for signal in (*changes, self._models.replaced, self._estimates.changed):
            signal.connect(self._refresh)
        self._selection.reconstructed.connect(self._shown.paint_first)
        training.state_changed.connect(self._on_state)
        training.reported.connect(self._on_event)

    def show_settings(self) -> None:
        """Show the tab with the form."""
        self.tabs.setCurrentIndex(0)

    # Before a training: its settings and estimated duration

    def _config(self) -> TrainConfig | None:
        """Return the configuration of the form; None where it is invalid."""
        if self.form.error():
            return None
        config, model = self.form.config(), self._models.model
        if self.further.isChecked() and model is not None:
            return replace(config, latent_dim=model.network.latent_dim)
        return config

    @Slot()
    def _refresh(self) -> None:
        """Show the estimate, or why a training can't start, and enable the buttons."""
        faces, config = self._faces.faces, self._config()
        is_active, refused, texts = self._training.is_active, "", ("", "")
        if faces is not None:
            self.faces.setText(f"Trains on “{faces.title}”, {len(faces.images):,} faces.")
        if faces is None or config is None or is_active:
            self._estimates.cancel()
        else:
            refused = refusal(config, faces)
            texts = (refused, "") if refused else self._estimates.texts(config, faces)
            self.form.set_preset_times(self._estimates.preset_times(faces))
            if self.isVisible():
                self._estimates.want(config, faces)
        self.estimate.setText(texts[0])
        self.estimate.setToolTip(texts[1])
        self.start.setEnabled(not is_active and config is not None and not refused)

    @Slot(object, str)
    def _on_settings(self, config: TrainConfig, text: str) -> None:
        self.form.set_config(config, text)
        self.show_settings()

    @Slot(bool)
    def _on_further(self, on: bool) -> None:
        text = "Begin with the model in use"
        self.form.undo_stack.push(Step(text, self._show_further, not on, on, is_made=True))

    def _show_further(self, on: bool) -> None:
        with QSignalBlocker(self.further):
            self.further.setChecked(on)

    @Slot(int)
    def _on_tab(self, _index: int) -> None:
        if self.tabs.currentWidget() is self.runs:
            self._runs.refresh()
            if not self.tabs.tabBar().hasFocus():  # there, arrow keys switch tabs
                self.runs.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # Starting, pausing and stopping a training

    @Slot()
    def _start(self) -> None:
        """Train on the faces on show with the settings of the form."""
        self.form.finish()
        faces, config = self._faces.faces, self._config()
        if faces is not None and config is not None and not self._training.is_active:
            model = self._models.model if self.further.isChecked() else None
            self._runs.stop_following()
            self._shown.prepare(faces.title, config)
            self._training.start(config, faces, self._faces.source, model)

    @Slot()
    def _pause_or_go_on(self) -> None:
        if self._training.state is State.PAUSED:
            self._training.go_on()
        else:
            self._training.pause()

    @Slot()
    def _discard(self) -> None:
        if dialogs.ask_discard(self):
            self._training.discard()

    @Slot(bool)
    def _on_follow(self, follow: bool) -> None:
        self._training.is_followed = follow

    # Events of a training

    def _show_state(self, state: State) -> None:
        """Enable and name the buttons for this state of the training."""
        is_active = state is not State.IDLE
        for steering in (self.pause, self.stop, self.discard):
            steering.setEnabled(is_active and state is not State.STOPPING)
        self.pause.setText("&Go on" if state is State.PAUSED else "Pa&use")
        self.further.setEnabled(not is_active)
        self.form.set_read_only(is_active)
        if not is_active:
            self.bar.setValue(0)
        self._refresh()

    @Slot(object)
    def _on_state(self, state: State) -> None:
        self._show_state(state)
        if state is State.PREPARING:
            self._has_finished, self._begun = False, None
        if state in _STATES:
            self.status.setText(_STATES[state])
        elif state is State.IDLE and not self._has_finished:
            self.status.setText("The training ended early.")
            if self._training.folder is None and self._runs.shown in (None, self._begun):
                self._shown.clear()  # it failed before its run was created

    @Slot(object)
    def _on_event(self, event: TrainingEvent) -> None:
        is_on_show = self._shown.shows(self._training.folder)
        match event:
            case RunOpened():
                self._begin(event)
            case Progress():
                self._show_progress(event, is_on_show)
            case EpochDone():
                self._history.append(event)
                if is_on_show:
                    self._shown.set_rows(self._history)
                    self._shown.add_preview(event.epoch, event.preview)
            case Notice():
                self._messages.show_message(event.text)
            case Finished():
                self._has_finished = True
            case Discarded():
                self._history = []
                if is_on_show:
                    self._shown.clear()
        if text := _sentence(event):
            self.status.setText(text)

    def _begin(self, event: RunOpened) -> None:
        """Show the run of the training, with the epochs that it has already."""
        self._history = list(event.rows)
        self._begun = event.folder
        self._planned = event.config.epochs
        self.form.set_config(event.config)
        faces = self._training.faces
        title = faces.title if faces else ""
        self._shown.begin(event.folder, title, event.config, self._history)
        # Not those on show, which may have changed. With fewer than two, training fails soon.
        if faces is not None and len(faces.images) >= 2:
            _, test = faces.split(event.config.test_percent, event.config.seed)
            self._shown.set_originals(np.array(faces.images[test[:PREVIEW_FACES]]))

    def _show_progress(self, event: Progress, is_on_show: bool) -> None:
        """Update the bar, and curves and status if the training is on show."""
        done = event.epoch - 1 + event.step / event.steps
        self._shown.set_progress(round(done * 1000), self._planned * 1000)
        if not is_on_show:
            return
        if event.loss is not None:
            self.plot.add_progress(done, event.loss, event.learning_rate)
        if self._training.state is State.RUNNING:
            self.status.setText(
                f"Epoch {event.epoch} of {self._planned}  ·  {event.images_per_s:,.0f} images/s"
                f"  ·  {duration(event.remaining_s)} left"
            )

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        # Qt gives no width here, on which the height of the strip depends.
        height = self._rows.minimumHeightForWidth(max(self.width(), hint.width()))
        return QSize(hint.width(), max(hint.height(), height))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._shown.paint_first()
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._estimates.cancel()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def _sentence(event: TrainingEvent) -> str:
    """Return the status line for an event, or ""."""
    match event:
        case WorkProgress():
            return event.text
        case Started():
            return (
                f"Training on {event.device}: {event.train_images:,} faces, "
                f"{event.test_images:,} kept for the test."
            )
        case Finished():
            return (
                f"Finished. Best test MSE {event.best_mse:.5f} in epoch {event.best_epoch}; "
                "this network is in use now."
            )
        case Stopped():
            return "Stopped and kept. Continue it from the list of runs."
        case Discarded():
            return "Discarded."
    return ""
