"""Joins the session and the Train workspace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.session.session import Session
from cae_gui.session.training import RunOpened, State
from cae_gui.workspaces.train import TrainWorkspace
from model.curve_painter import CurvePainter
from model.datasets import FaceSet
from model.events import EpochDone, Finished, Notice, Progress, Started
from model.lfw import TITLE as LFW_TITLE
from model.runs import Run, RunError

PREVIEW_FACES = 10
REFERENCES = {LFW_TITLE: (("Published network 0.00156", 0.00156),)}
"""Lines to beat, by the title of the data set that they were measured on."""


class TrainController(QObject):
    """Starts trainings from the form and shows what they report.

    Signals:
        notice(str): something the person should know.
    """

    notice = Signal(str)

    def __init__(self, session: Session, view: TrainWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._view, self._training = session, view, session.training
        self._painter = CurvePainter()
        self._history: list[Any] = []
        self._faces: FaceSet | None = None
        self._originals = np.empty((0, 48, 48, 3), np.uint8)
        self._has_finished = False
        self._epochs = 0
        self._connect()

    def _connect(self) -> None:
        training, view, session = self._training, self._view, self._session
        view.start_asked.connect(self.start)
        view.pause_asked.connect(training.pause)
        view.go_on_asked.connect(training.go_on)
        view.stop_asked.connect(training.stop)
        view.follow_changed.connect(session.follow_training)
        view.plot.render_wanted.connect(self._on_render_wanted)
        session.task_done.connect(self._on_task)
        session.task_failed.connect(self._on_task_failed)
        session.faces.changed.connect(self._on_faces)
        training.state_changed.connect(self._on_state)
        training.run_opened.connect(self._on_run)
        training.started.connect(self._on_started)
        training.progressed.connect(self._on_progress)
        training.epoch_done.connect(self._on_epoch)
        training.finished.connect(self._on_finished)
        training.stopped.connect(self._on_stopped)
        training.discarded.connect(self._on_discarded)
        training.noticed.connect(self._on_notice)

    @Slot()
    def start(self) -> None:
        """Train on the faces on show with the settings of the form."""
        faces = self._session.faces.faces
        if faces is not None and not self._view.form.error() and not self._training.is_active:
            self._faces = faces
            self._training.start(self._view.form.config(), faces)

    def resume(self, folder: Path) -> None:
        """Go on with an earlier run on the faces on show, if it learned from them."""
        faces = self._session.faces.faces
        if faces is None or self._training.is_active:
            return
        learned_from = _faces_of(folder)
        if learned_from not in (None, faces.title):
            self.notice.emit(
                f"This run learned from “{learned_from}”. Choose these faces at the left, then "
                "continue it."
            )
            return
        self._faces = faces
        self._training.resume(folder, faces)

    @Slot(object)
    def _on_render_wanted(self, request: Any) -> None:
        self._session.run_task("plot", partial(self._painter.paint, request))

    @Slot(str, object, object)
    def _on_task(self, channel: str, _tag: Any, result: Any) -> None:
        if channel == "plot":
            self._view.plot.show_image(result)

    @Slot(str)
    def _on_task_failed(self, channel: str) -> None:
        if channel == "plot":
            self._view.plot.drop_request()

    @Slot()
    def _on_faces(self) -> None:
        faces = self._session.faces.faces
        if faces is not None:
            self._view.set_faces(f"Trains on “{faces.title}”, {len(faces.images):,} faces.")

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
            self._has_finished = False
        if state in texts:
            self._view.set_status(texts[state])
        elif state is State.IDLE and not self._has_finished:
            self._view.set_status("The training ended early.")

    @Slot(object)
    def _on_run(self, event: RunOpened) -> None:
        self._history = list(event.rows)
        self._epochs = event.config.epochs
        self._view.form.set_config(event.config)
        self._view.plot.clear()
        self._view.plot.set_total_epochs(event.config.epochs)
        title = self._faces.title if self._faces else ""
        self._view.plot.set_references(REFERENCES.get(title, ()))
        self._view.plot.set_history(self._history)
        # Not those on show, which may have changed; too few of them fail in a moment.
        faces = self._faces
        if faces is not None and len(faces.images) >= 2:
            _, test = faces.split(event.config.test_percent, event.config.seed)
            self._originals = np.array(faces.images[test[:PREVIEW_FACES]])

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
        if event.loss is not None:
            self._view.plot.add_progress(done, event.loss)
        if self._training.state is State.RUNNING:
            self._view.set_status(
                f"Epoch {event.epoch} of {self._epochs}  ·  {event.images_per_s:,.0f} images/s"
                f"  ·  {duration(event.remaining_s)} left"
            )

    @Slot(object)
    def _on_epoch(self, event: EpochDone) -> None:
        self._history.append(event)
        self._view.plot.set_history(self._history)
        self._view.set_preview(self._originals[: len(event.preview)], event.preview)

    @Slot(object)
    def _on_finished(self, event: Finished) -> None:
        self._has_finished = True
        self._view.set_status(
            f"Finished. Best test MSE {event.best_mse:.5f} in epoch {event.best_epoch}; "
            "this network is in use now."
        )

    @Slot(object)
    def _on_stopped(self, _folder: Path) -> None:
        self._view.set_status("Stopped and kept. Go on with it by File → Continue a run.")

    @Slot()
    def _on_discarded(self) -> None:
        self._history = []
        self._view.plot.clear()
        self._view.set_status("Discarded.")

    @Slot(object)
    def _on_notice(self, event: Notice) -> None:
        self.notice.emit(event.text)


def _faces_of(folder: Path) -> str | None:
    """Return the title of the faces that a run learned from; None where it can't be read."""
    try:
        return Run.open(folder).faces
    except RunError:
        return None  # the training itself says what is wrong with it


def duration(seconds: float) -> str:
    """Return a time as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
