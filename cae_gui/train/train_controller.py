"""Joins the studio and the Train workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.times import duration
from cae_gui.studio import Studio
from cae_gui.train.shown_run import ShownRun
from cae_gui.train.train_workspace import TrainWorkspace
from cae_gui.train.training import RunOpened, State
from model.events import EpochDone, Finished, Notice, Progress, Started

PREVIEW_FACES = 10


class TrainController(QObject):
    """Starts trainings from the form and shows what they report.

    Signals:
        notice(str): something the person should know.
    """

    notice = Signal(str)

    def __init__(
        self, studio: Studio, view: TrainWorkspace, shown: ShownRun, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._view, self._training = studio, view, studio.training
        self._shown = shown
        self._history: list[Any] = []
        self._has_finished = False
        self._begun: Path | None = None
        self._epochs = 0
        self._connect()

    def _connect(self) -> None:
        training, view, studio = self._training, self._view, self._studio
        view.start_asked.connect(self.start)
        view.pause_asked.connect(training.pause)
        view.go_on_asked.connect(training.go_on)
        view.stop_asked.connect(training.stop)
        view.follow_changed.connect(self._on_follow)
        studio.faces.changed.connect(self._on_faces)
        training.state_changed.connect(self._on_state)
        training.run_opened.connect(self._on_run)
        training.started.connect(self._on_started)
        training.progressed.connect(self._on_progress)
        training.epoch_done.connect(self._on_epoch)
        training.finished.connect(self._on_finished)
        training.stopped.connect(self._on_stopped)
        training.discarded.connect(self._on_discarded)
        training.noticed.connect(self._on_notice)
        training.preparing.connect(self._view.set_status)

    @Slot(bool)
    def _on_follow(self, follow: bool) -> None:
        self._training.is_followed = follow

    @Slot()
    def start(self) -> None:
        """Train on the faces on show with the settings of the form."""
        faces = self._studio.faces.faces
        if faces is not None and not self._view.form.error() and not self._training.is_active:
            config = self._view.form.config()
            model = self._studio.models.model if self._view.further.isChecked() else None
            if model is not None:
                config = replace(config, latent_dim=model.network.latent_dim)
            self._studio.runs.stop_following()
            self._shown.prepare(faces.title, config)
            self._training.start(config, faces, self._studio.faces.source, model)

    @Slot()
    def _on_faces(self) -> None:
        faces = self._studio.faces.faces
        if faces is not None:
            self._view.set_faces(f"Trains on “{faces.title}”, {len(faces.images):,} faces.")

    def _is_on_show(self) -> bool:
        return self._shown.shows(self._training.folder)

    @Slot(object)
    def _on_state(self, state: State) -> None:
        self._view.show_state(
            active=state is not State.IDLE,
            paused=state is State.PAUSED,
            stopping=state is State.STOPPING,
        )
        texts = {
            State.PREPARING: "Preparing the training …",
            State.PAUSED: "Paused.",
            State.STOPPING: "Stopping and saving …",
        }
        if state is State.PREPARING:
            self._has_finished, self._begun = False, None
        if state in texts:
            self._view.set_status(texts[state])
        elif state is State.IDLE and not self._has_finished:
            self._view.set_status("The training ended early.")
            if self._training.folder is None and self._studio.runs.shown in (None, self._begun):
                self._shown.clear()  # it never began, and left nothing

    @Slot(object)
    def _on_run(self, event: RunOpened) -> None:
        self._history = list(event.rows)
        self._begun = event.folder
        self._epochs = event.config.epochs
        self._view.form.set_config(event.config)
        faces = self._training.faces
        title = faces.title if faces else ""
        self._shown.begin(event.folder, title, event.config, self._history)
        # Not those on show, which may have changed; too few of them fail in a moment.
        if faces is not None and len(faces.images) >= 2:
            _, test = faces.split(event.config.test_percent, event.config.seed)
            self._shown.set_originals(np.array(faces.images[test[:PREVIEW_FACES]]))

    @Slot(object)
    def _on_started(self, event: Started) -> None:
        self._epochs = event.epochs
        self._view.set_status(
            f"Training on {event.device}: {event.train_images:,} faces, "
            f"{event.test_images:,} kept for the test."
        )

    @Slot(object)
    def _on_progress(self, event: Progress) -> None:
        done = event.epoch - 1 + event.step / event.steps
        self._view.set_progress(round(done * 1000), self._epochs * 1000)
        if not self._is_on_show():
            return
        if event.loss is not None:
            self._view.plot.add_progress(done, event.loss, event.learning_rate)
        if self._training.state is State.RUNNING:
            self._view.set_status(
                f"Epoch {event.epoch} of {self._epochs}  ·  {event.images_per_s:,.0f} images/s"
                f"  ·  {duration(event.remaining_s)} left"
            )

    @Slot(object)
    def _on_epoch(self, event: EpochDone) -> None:
        self._history.append(event)
        if self._is_on_show():
            self._shown.set_rows(self._history)
            self._shown.add_preview(event.epoch, event.preview)

    @Slot(object)
    def _on_finished(self, event: Finished) -> None:
        self._has_finished = True
        self._view.set_status(
            f"Finished. Best test MSE {event.best_mse:.5f} in epoch {event.best_epoch}; "
            "this network is in use now."
        )

    @Slot(object)
    def _on_stopped(self, _folder: Path) -> None:
        self._view.set_status("Stopped and kept. Continue it from the list of runs.")

    @Slot()
    def _on_discarded(self) -> None:
        self._history = []
        if self._is_on_show():
            self._shown.clear()
        self._view.set_status("Discarded.")

    @Slot(object)
    def _on_notice(self, event: Notice) -> None:
        self.notice.emit(event.text)
