"""Train: curves and previews on the stage; settings, runs and Start in the inspector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtGui import QHideEvent, QPalette, QResizeEvent, QShowEvent, QUndoStack
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.faces import PHOTOS, Faces
from cae_gui.core.models import Models
from cae_gui.core.selection import Selection
from cae_gui.core.tasks import Tasks
from cae_gui.core.times import duration
from cae_gui.core.undo import Step
from cae_gui.train.config_form import ConfigForm
from cae_gui.train.estimates import Estimates, refusal
from cae_gui.train.layer_table import LayersDialog
from cae_gui.train.lines import Lines
from cae_gui.train.plan_dialog import PlanDialog
from cae_gui.train.preview_strip import PreviewStrip
from cae_gui.train.queue import Queue
from cae_gui.train.queue_page import EditBar, QueuePage
from cae_gui.train.runs import Runs
from cae_gui.train.runs_page import RunsPage
from cae_gui.train.shown_run import ShownRun, test_faces
from cae_gui.train.sweeps import SweepComparison, SweepDialog
from cae_gui.train.training import (
    Discarded,
    RunOpened,
    State,
    Stopped,
    Training,
    TrainingEvent,
)
from cae_gui.widgets import dialogs
from cae_gui.widgets.controls import Label, PrimaryButton, as_tip, button
from cae_gui.widgets.fields import Tabs
from cae_gui.widgets.icons import icon
from cae_gui.widgets.inspectors import FOOT, Scrolling
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import Action, MessageBar
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.tokens import PRIMARY
from cae_gui.widgets.workspace import Workspace
from model.config import TrainConfig, TrainPlan
from model.events import EpochDone, Finished, Notice, Progress, Replanned, Started
from model.face_set import FaceSet
from model.progress import WorkProgress
from model.runs.command import train_command
from model.runs.queue import QueueEntry, QueueError, check_source
from model.runs.sweep import Swept, sweep_entries

_STRIP_SHARE = 0.27
"""The most of the page's height that the strip takes, so that the plot stays the largest."""
_LARGEST_FACE, _SMALLEST_FACE = 88, 32
_QUEUE_TIP = "Train it later with these settings, on the faces on show"
USE_IT = "Use the stopped one"
_SOON = "The error of the training appears here."


class TrainPage(Workspace):
    """Settings, runs and the buttons of a training beside its curves; below, ten test faces.

    Starts trainings with the settings of the form, and shows their events.
    """

    def __init__(
        self,
        training: Training,
        queue: Queue,
        estimates: Estimates,
        lines: Lines,
        runs: Runs,
        models: Models,
        faces: Faces,
        selection: Selection,
        tasks: Tasks,
        messages: MessageBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._training, self._estimates, self._lines = training, estimates, lines
        self._queue = queue
        self._runs, self._models, self._faces = runs, models, faces
        self._selection, self._messages = selection, messages
        self._history: list[Any] = []
        self._has_finished = False
        self._before: Path | None = None
        self._begun: Path | None = None
        self._ended: Path | None = None
        self._lent_focus = False  # to the tabs, while the training stops
        self._plan = TrainPlan(0)
        self._epoch = 0
        self._done = 0.0  # epochs, with the part of the one under way
        self._shown = ShownRun(runs, models, tasks, lines, self)
        self.status, self.bar, self.log = self._shown.status, self._shown.bar, self._shown.log
        self.plot, self.strip, self.epochs = self._shown.plot, self._shown.strip, self._shown.epochs
        self.form = ConfigForm()
        self.runs = RunsPage(runs, training, models, self._shown, messages)
        self.queue = QueuePage(queue, messages)
        self.edit_bar = EditBar()
        self.layers_dialog = LayersDialog(models, tasks, self)
        self.sweep_dialog = SweepDialog(self._refusal_of, self._time_of, self)
        self.comparison = SweepComparison(runs, tasks, self)
        self._make_controls()
        strip = PreviewStrip(self.strip, self.epochs)
        self.arrange(self._make_stage(), self._make_inspector(), strip)
        self._connect()
        self._show_state(State.IDLE)

    def _make_controls(self) -> None:
        self.follow = QCheckBox("Follo&w the training")
        self.follow.setToolTip(
            "Reconstruct, Explore and Morph use the newest snapshot of the network in training."
        )
        self.faces = Label(wordWrap=True)
        self.further = QCheckBox("&Begin with the model in use")
        self.further.setToolTip(
            "Trains the weights of the model in use further instead of new ones. "
            "The latent size is that of the model."
        )
        tip = "The layers of the network with their shapes and parameters (Ctrl+L)"
        self.layers = button("Layers …", self.layers_dialog.show_layers, tip)
        self.layers.setAccessibleName("Layers of the network")
        tip = "Copy the command line that trains with these settings (Ctrl+Shift+C)"
        self.command = button("Copy as command", self._copy_settings, tip)
        self.estimate = Label(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("How long the training would take")
        # It keeps its height without a text, so that nothing moves under the mouse.
        self.estimate.setMinimumHeight(self.estimate.fontMetrics().height())
        self.start = PrimaryButton("&Start training")
        self.add = button("&Add to queue", self._add_to_queue)
        self.add.setMinimumHeight(PRIMARY)
        self.pause = PrimaryButton("")
        self.pause.clicked.connect(self._pause_or_go_on)
        tip = "End the training after this step; it can be continued later"
        self.stop = button("Stop and &keep", self._training.stop, tip)
        tip = "More or fewer epochs, or finish soon with a learning rate that falls to zero"
        self.change = button("Chan&ge end …", self._change_end, tip)
        self.discard = button("", self._discard, "End the training and delete its run …")
        self.discard.setAccessibleName("Discard the training")
        self.discard.setIcon(icon("discard"))
        self.discard.setIconSize(QSize(18, 18))
        self.discard.setFixedWidth(PRIMARY)
        for large in (self.stop, self.discard):
            large.setMinimumHeight(PRIMARY)
        self.pause.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _make_stage(self) -> QWidget:
        stage = QWidget()
        head = filled(QHBoxLayout(), self.status, self.log, spacing=16, room=self.status)
        items = head, self.bar, self.plot
        filled(QVBoxLayout(stage), *items, margins=(16, 8, 16, 8), room=self.plot)
        return stage

    def _make_inspector(self) -> QWidget:
        self.tabs = Tabs(documentMode=True)  # no pane: dark mode would tint it
        self.tabs.addTab(self._make_settings(), "Sett&ings")
        self.tabs.addTab(self.runs, "Ru&ns")
        self.tabs.addTab(self.queue, "&Queue")
        self.tabs.tabBar().setAccessibleName("Settings, runs and queue")
        self.tabs.setTabToolTip(0, "How the next training goes")
        self.tabs.setTabToolTip(1, "What earlier trainings left behind")
        self.tabs.setTabToolTip(2, "What is trained one after the other")
        starting = filled(QHBoxLayout(), self.start, self.add, room=self.start)
        steering = filled(QHBoxLayout(), self.pause, self.stop, self.discard)
        inspector = QWidget()
        beside = filled(QHBoxLayout(), self.follow, self.change, room=self.follow)
        items = self.tabs, self.estimate, beside, starting, steering
        filled(QVBoxLayout(inspector), *items, margins=FOOT, room=self.tabs)
        return inspector

    def _make_settings(self) -> QWidget:
        content = QWidget()
        rare = filled(QHBoxLayout(), self.layers, self.command)
        items = self.edit_bar, self.faces, self.form, self.further, rare
        filled(QVBoxLayout(content), *items, margins=(0, 12, 0, 8), spacing=12).addStretch(1)
        return Scrolling(content)

    def _connect(self) -> None:
        training = self._training
        for starting in (self.start, self.plot.empty.button):
            starting.clicked.connect(self._start)
        self.follow.toggled.connect(self._on_follow)
        self.further.toggled.connect(self._on_further)
        self.further.toggled.connect(self._refresh)
        self.tabs.currentChanged.connect(self._on_tab)
        self.runs.settings_asked.connect(self._on_settings)
        for empty in (self.runs.empty, self.queue.empty):
            empty.button.clicked.connect(self.show_settings)
        self.queue.edit_asked.connect(self._edit_queued)
        self.edit_bar.updated.connect(self._update_queued)
        self.queue.sweep_asked.connect(self._ask_sweep)
        self.queue.compare_asked.connect(self.comparison.show_sweep)
        self.runs.sweep_asked.connect(self.comparison.show_sweep)
        self.sweep_dialog.chosen.connect(self._add_sweep)
        self._estimates.changed.connect(self.sweep_dialog.check)
        self._queue.changed.connect(self._on_queue)
        changes = self.form.undo_stack.indexChanged, self.form.checked, self._faces.changed
        known = self._models.replaced, self._estimates.changed, self._lines.changed
        for signal in (*changes, *known, self._runs.changed):
            signal.connect(self._refresh)
        self._selection.reconstructed.connect(self._shown.paint_first)
        training.state_changed.connect(self._on_state)
        training.reported.connect(self._on_event)

    @Slot()
    def show_settings(self) -> None:
        """Show the tab with the form."""
        self.show_inspector(True)
        self.tabs.setCurrentIndex(0)

    def steps(self) -> QUndoStack:
        """Return the steps of the tab in view."""
        shown = self.tabs.currentWidget()
        if shown is self.runs:
            return self._runs.undo_stack
        return self._queue.undo_stack if shown is self.queue else self.form.undo_stack

    # Before a training: its settings, and what it would bring

    def _config(self) -> TrainConfig | None:
        """Return the configuration of the form; None where it is invalid."""
        if self.form.error():
            return None
        config, model = self.form.config(), self._models.model
        if self.further.isChecked() and model is not None:
            return replace(config, latent_dim=model.network.latent_dim)
        return config

    def _refusal(self) -> str:
        """Return a sentence that says why a training can't start, or ""."""
        faces, config = self._faces.faces, self._config()
        if faces is None:
            return "The faces to train on are still being loaded."
        return self.form.error() if config is None else refusal(config, faces)

    @Slot()
    def _refresh(self) -> None:
        """Show what a training would bring, or why it can't start, and enable the buttons."""
        faces, config = self._faces.faces, self._config()
        is_active, refused, texts = self._training.is_active, self._refusal(), ("", "")
        if faces is not None:
            count = counted(len(faces.images), "face")
            begin = "The next training is" if is_active else "Trains"
            self.faces.setText(f"{begin} on “{faces.title}”, {count}.")
        if faces is None or config is None or is_active or refused:
            self._estimates.cancel()
            self._lines.cancel()
        else:
            texts = self._estimates.texts(config, faces)
            self.form.set_preset_times(self._estimates.preset_times(faces))
            if self.isVisible():
                self._estimates.want(config, faces)
                if self._models.model is not None:
                    self._lines.want(faces, config)
            self._show_ahead(faces, config)
        if refused:
            texts = refused, ""
        self.estimate.setVisible(not is_active or bool(refused))
        if is_active or refused:
            self.plot.empty.set_text(refused if not is_active else _SOON)
        self.plot.empty.button.setVisible(not is_active)
        self.estimate.setText(texts[0])
        self.estimate.setToolTip(texts[1])
        role = QPalette.ColorRole
        self.estimate.setForegroundRole(role.BrightText if refused else role.WindowText)
        for starting in (self.start, self.plot.empty.button):
            starting.setEnabled(not is_active and not refused)
            starting.setToolTip(as_tip(refused))
        unqueueable = self._unqueueable()
        self.add.setEnabled(not unqueueable)
        self.add.setToolTip(as_tip(unqueueable or _QUEUE_TIP))

    def _show_ahead(self, faces: FaceSet, config: TrainConfig) -> None:
        """Where no run is on show, show what a training with these settings begins with."""
        if self._runs.shown is not None:
            return
        self._shown.show_ahead(faces, config)
        if not self.status.text():
            self.status.setText("Ready to train.")
        text = f"Start a training on “{faces.title}” to see its error fall here, epoch by epoch."
        if self._lines.of(faces.title, config):
            text += " The dashed lines are those to beat."
        self.plot.empty.set_text(text)

    @Slot()
    def copy_command(self) -> None:
        """Copy the command line of the runs selected in view, or else of the settings."""
        if self.runs.isVisible() and self.runs.copy_command.isEnabled():
            self.runs.copy_command.trigger()
        else:
            self._copy_settings()

    @Slot()
    def _copy_settings(self) -> None:
        self.form.finish()
        config, source = self._config(), self._faces.source
        if config is None:
            self._messages.show_message(self.form.error())
        elif source == PHOTOS:
            self._messages.show_message(
                "The command line trains on LFW, demo faces or a folder. Choose one at the left."
            )
        else:
            begin = self._begins_with() if self.further.isChecked() else ""
            self.runs.copy_text([train_command(config, source, begin_with=begin)])

    def _begins_with(self) -> str:
        """Return how the command line calls the model in use."""
        return str(self._models.path or self._models.snapshot_of or "shipped")

    # The queue

    @Slot()
    def _add_to_queue(self) -> None:
        """Let a training with these settings wait, on the faces on show."""
        self.form.finish()
        faces, config = self._faces.faces, self._config()
        if faces is None or config is None or self._unqueueable():
            self._refresh()
            return
        self._queue.add([QueueEntry(config, faces.title, self._faces.source)])
        self.queue.tell_added(1)

    def _unqueueable(self) -> str:
        """Return a sentence that says why a training can't wait in the queue, or ""."""
        if refused := self._refusal():
            return refused
        if self.further.isChecked():
            return (
                "A training in the queue begins with a new network. Start it now, or take the "
                "check mark from “Begin with the model in use”."
            )
        try:
            check_source(self._faces.faces.title if self._faces.faces else "", self._faces.source)
        except QueueError as error:
            return str(error)
        return ""

    @Slot(object)
    def _edit_queued(self, entry: QueueEntry) -> None:
        self.form.set_config(entry.config, f"Settings of “{entry.title}”")
        self.edit_bar.edit(entry)
        self.show_settings()

    @Slot()
    def _update_queued(self) -> None:
        self.form.finish()
        entry = self.edit_bar.entry
        if entry is not None and not self.form.error():
            self.edit_bar.leave()
            self._queue.change(entry.key, self.form.config())
            self.tabs.setCurrentWidget(self.queue)

    @Slot()
    def _ask_sweep(self) -> None:
        self.form.finish()
        config = self._config()
        if config is None or (refused := self._unqueueable()):
            self._messages.show_message(self.form.error() or refused)
        else:
            self.sweep_dialog.ask(config)

    def _refusal_of(self, config: TrainConfig) -> str:
        faces = self._faces.faces
        return refusal(config, faces) if faces is not None else ""

    def _time_of(self, configs: Sequence[TrainConfig], like: TrainConfig) -> str:
        faces = self._faces.faces
        return self._estimates.time_of(configs, like, faces) if faces is not None else ""

    @Slot(list)
    def _add_sweep(self, settings: list[Swept]) -> None:
        faces, config = self._faces.faces, self._config()
        if faces is None or config is None or self._unqueueable():
            self._refresh()  # other faces came meanwhile
            return
        source = self._faces.source
        entries = sweep_entries(config, settings, faces.title, source, datetime.now())
        self._queue.add(entries, "Add a sweep to the queue")
        self.queue.tell_added(len(entries))

    @Slot()
    def _on_queue(self) -> None:
        """Tell in the tab how many wait; leave a training that is trained or gone by now."""
        count = self._queue.waiting
        text = f"&Queue ({count})" if count else "&Queue"
        self.tabs.setTabText(self.tabs.indexOf(self.queue), text)
        entry = self.edit_bar.entry
        if entry is not None and not any(
            one.key == entry.key and not one.is_training for one in self._queue.entries
        ):
            self.edit_bar.leave()
            self._messages.show_message(
                f"“{entry.title}” doesn't wait in the queue any more; its settings are in the form."
            )

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
        page = self.tabs.currentWidget()
        if page is self.runs:
            self._runs.refresh()
        has_focus = self.tabs.tabBar().hasFocus()  # there, arrow keys switch tabs
        for listing in (self.runs, self.queue):
            if page is listing and not has_focus:
                listing.take_focus()

    # Starting, pausing and stopping a training

    @Slot()
    def _start(self) -> None:
        """Train on the faces on show with the settings of the form."""
        self.form.finish()
        faces, config = self._faces.faces, self._config()
        if faces is None or config is None or self._training.is_active or self._refusal():
            self._refresh()  # what was being typed may be what is refused
            return
        model = self._models.model if self.further.isChecked() else None
        self._before = self._runs.shown
        self._runs.stop_following()
        self._shown.prepare(faces.title, config)
        self._shown.set_originals(test_faces(faces, config))
        self._training.start(config, faces, self._faces.source, model)

    @Slot()
    def _pause_or_go_on(self) -> None:
        if self._training.state is State.PAUSED:
            self._training.go_on()
        else:
            self._training.pause()

    def _offer_change(self) -> None:
        is_known = self._training.place is not None
        self.change.setEnabled(is_known and self._training.state is not State.STOPPING)

    @Slot()
    def _change_end(self) -> None:
        """Ask for another number of epochs, or to finish; also while it is paused."""
        if self._training.place is not None:
            dialog = PlanDialog(self._training.place, self.window())
            dialog.chosen.connect(self._training.ask)
            dialog.finished.connect(dialog.deleteLater)
            self._training.state_changed.connect(dialog.reject)  # it has ended meanwhile
            dialog.open()

    @Slot()
    def _discard(self) -> None:
        if dialogs.ask_discard(self):
            self._training.discard()

    @Slot(bool)
    def _on_follow(self, follow: bool) -> None:
        self._training.is_followed = follow

    # Events of a training

    def _show_state(self, state: State) -> None:
        """Show, enable and name the buttons for this state of the training."""
        is_active = state is not State.IDLE
        steering = self.pause, self.stop, self.discard, self.change
        waiting = self.tabs.tabBar()
        had_focus = any(one.hasFocus() for one in (self.start, *steering))
        had_focus = had_focus or (self._lent_focus and waiting.hasFocus())
        self.pause.setText("Res&ume" if state is State.PAUSED else "Pa&use")
        tip = "Go on with" if state is State.PAUSED else "Hold"
        self.pause.setToolTip(f"{tip} the training")
        for one in steering:
            one.setEnabled(is_active and state is not State.STOPPING)
            one.setVisible(is_active)
        self._offer_change()
        self.follow.setVisible(is_active)
        self.start.setVisible(not is_active)
        self._refresh()
        self._lent_focus = had_focus and state is State.STOPPING
        if had_focus:
            # While it stops no button takes the focus, which would go anywhere.
            active = waiting if self._lent_focus else self.pause
            (active if is_active else self.start).setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _on_state(self, state: State) -> None:
        self._show_state(state)
        if state is State.PREPARING:
            if self._training.entry is not None:
                self._before = self._runs.shown
            self._has_finished, self._begun, self._epoch = False, None, 0
        if state is State.IDLE:
            self._ended = self._training.folder or self._ended
        if text := self._sentence_of(state):
            self.status.setText(text)
        if state is State.IDLE and self._has_finished:
            self._shown.set_progress(1, 1)
        elif state is State.IDLE and self._training.folder is None:
            self._show_before()

    def _sentence_of(self, state: State) -> str:
        """Return what the status line says of a state; "" where events say more."""
        match state:
            case State.PREPARING:
                return "Preparing the training …"
            case State.PAUSED if self._epoch:
                return f"Paused in epoch {self._epoch} of {self._plan.epochs}."
            case State.PAUSED:
                return "Paused before the first epoch."
            case State.STOPPING:
                return "Stopping and saving …"
            case State.IDLE if not self._has_finished:
                return "The training ended early."
        return ""

    def _show_before(self) -> None:
        """After a training that failed before its run was created, show what was on show."""
        if self._runs.shown not in (None, self._begun):
            return
        if self._before is None:
            self._shown.clear()
        else:
            self.runs.show_curves(self._before)

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
            case Replanned():
                self._on_replanned(event.plan)
            case Finished() | Stopped() | Discarded():
                self._on_end(event, is_on_show)
        if text := self._text_of(event):
            self.status.setText(text)

    def _on_end(self, event: Finished | Stopped | Discarded, is_on_show: bool) -> None:
        match event:
            case Finished():
                self._has_finished = True
            case Stopped():
                self._offer_model(event.folder)
            case Discarded():
                self._history = []
                if is_on_show:
                    self._shown.clear()

    def _text_of(self, event: TrainingEvent) -> str:
        """Return what the status line says of an event; "" keeps what it says."""
        # Where a training is paused before it begins, it prepares itself first.
        is_waiting = self._training.state is State.PAUSED
        if is_waiting and isinstance(event, WorkProgress | Started):
            return ""
        return _sentence(event, is_queued=self._training.entry is not None)

    def _begin(self, event: RunOpened) -> None:
        """Show the run of the training, with the epochs that it has already."""
        self._history = list(event.rows)
        self._begun = event.folder
        self._plan = event.plan or TrainPlan(event.config.epochs)
        self._epoch = len(self._history)
        self._done = float(self._epoch)
        self._offer_change()
        if self._training.entry is None:
            self.form.set_config(event.config)
        elif self._queue.results and self._runs.shown not in (None, self._ended):
            return  # the person looks at another run
        faces = self._training.faces
        title = faces.title if faces else ""
        self._shown.begin(event.folder, title, event.config, self._history, self._plan)
        if faces is not None:  # not those on show, which may have changed
            self._shown.set_originals(test_faces(faces, event.config))

    def _on_replanned(self, plan: TrainPlan) -> None:
        """Show how the training goes on from now on."""
        is_new, self._plan = plan != self._plan, plan
        folder, place = self._training.folder, self._training.place
        self._show_bar()
        if self._shown.shows(folder) and place is not None:
            self._shown.set_plan(plan, place.steps_per_epoch)
        if self._training.state is State.PAUSED:
            self.status.setText(self._sentence_of(State.PAUSED))
        if folder is not None:
            self._runs.update(folder)
        if is_new and plan.cause == "patience" and place is not None:
            patience = counted(place.config.patience, "epoch")
            self._messages.show_message(
                f"No epoch was clearly better for {patience}. The learning rate falls to zero "
                f"now, and the training ends after epoch {plan.epochs}."
            )

    def _offer_model(self, folder: Path) -> None:
        """After a stop keep the model in use, which isn't half trained, and offer the new one."""
        if self._training.entry is not None or self._queue.waiting:
            return  # the queue says how it goes on
        if not self._history or self._models.run == folder:
            return  # it has no model, or one of its models was in use already
        self._messages.show_message(
            f"Stopped after {self._history[-1].epoch} of {counted(self._plan.epochs, 'epoch')}, "
            f"and kept. “{self._models.title}” is still in use.",
            kind="offer",
            actions=(Action(USE_IT, partial(self._models.open, folder / "best.safetensors")),),
        )

    def _show_bar(self) -> None:
        total = max(self._plan.epochs, 1) * 1000
        self._shown.set_progress(min(round(self._done * 1000), total), total)

    def _show_progress(self, event: Progress, is_on_show: bool) -> None:
        """Update the bar, and curves and status if the training is on show."""
        self._epoch = event.epoch
        self._done = event.epoch - 1 + event.step / event.steps
        self._show_bar()
        if not is_on_show:
            return
        if event.loss is not None:
            self.plot.add_progress(self._done, event.loss, event.learning_rate)
        if self._training.state is State.RUNNING:
            what = "Finishing, epoch" if self._plan.cause else "Epoch"
            self.status.setText(
                f"{what} {event.epoch} of {self._plan.epochs}"
                f"  ·  {event.images_per_s:,.0f} images/s"
                f"  ·  {duration(event.remaining_s)} left"
            )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._shown.paint_first()
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._estimates.cancel()
        self._lines.cancel()

    def resizeEvent(self, event: QResizeEvent) -> None:
        room = round(self.height() * _STRIP_SHARE) - self.epochs.sizeHint().height()
        self.strip.set_largest(min(max(room // 2, _SMALLEST_FACE), _LARGEST_FACE))
        super().resizeEvent(event)


def _sentence(event: TrainingEvent, *, is_queued: bool) -> str:
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
            text = f"Finished. Best test MSE {event.best_mse:.5f} in epoch {event.best_epoch}"
            return f"{text}." if is_queued else f"{text}, in use now."
        case Stopped():
            return "Stopped and kept. Continue it under Runs."
        case Discarded():
            return "Discarded."
    return ""
