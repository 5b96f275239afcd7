"""The training under way: starting, pausing, stopping, and its events."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Problem, Report
from cae_gui.core.jobs import StreamJob
from model.config import TrainConfig, TrainPlan, finishing, with_epochs
from model.data.datasets import FaceSet
from model.events import Event, Notice, Progress, Replanned, Started
from model.progress import WorkProgress
from model.training.steering import FinishNow, SetEpochs, Steering, Wish

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.runs.queue import Claim, QueueEntry
    from model.training.estimate import Estimate


class State(Enum):
    """The state of a training."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class RunOpened:
    """The training writes to this run folder; ``rows`` are the epochs already in it.

    ``faces`` are given where the training has loaded them itself. Without a ``plan`` it goes by its
    configuration.
    """

    folder: Path
    config: TrainConfig
    rows: tuple[Any, ...] = ()
    faces: FaceSet | None = None
    plan: TrainPlan | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The training was stopped before its end, and its run kept in this folder."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Discarded:
    """The training was stopped, and its run deleted."""


TrainingEvent = WorkProgress | RunOpened | Event | Stopped | Discarded
"""Preparation, the run folder, events of the engine, and early ends."""


class Place(NamedTuple):
    """Where a training is: its configuration and plan, and the number of its next step.

    ``epoch_s`` is how long an epoch takes, in seconds; 0 where that isn't known.
    """

    config: TrainConfig
    plan: TrainPlan
    step: int
    steps_per_epoch: int
    epoch_s: float = 0.0

    @property
    def epoch(self) -> float:
        """How many epochs are done, with the part of the one under way."""
        return self.step / self.steps_per_epoch

    @property
    def is_ended(self) -> bool:
        """Whether all planned epochs are done."""
        return self.epoch >= self.plan.epochs

    def after(self, wish: Wish) -> TrainPlan:
        """Return the plan once a wish is fulfilled, as the engine makes it."""
        at = self.step, self.steps_per_epoch
        if isinstance(wish, FinishNow):
            return finishing(self.config, self.plan, wish.cool_down, *at)
        return with_epochs(self.config, self.plan, wish.epochs, *at)


class Training(QObject):
    """Runs one training, or a trial for an estimate, at a time in a background thread.

    Both use the same thread, so that they never compute or draw random numbers at the same time; a
    training that starts ends the trial after the step under way.

    Signals:
        state_changed(State): after every change of ``state``.
        reported(TrainingEvent): an event of the training.
    """

    state_changed = Signal(object)
    reported = Signal(object)

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.state = State.IDLE
        self.is_followed = False
        """Whether each snapshot becomes the model in use."""
        self.folder: Path | None = None
        self.faces: FaceSet | None = None
        self.entry: QueueEntry | None = None
        """What the queue holds of the training, where that comes from there."""
        self.place: Place | None = None
        """Where the training under way is, once its run is opened."""
        self._discarding = False
        self._has_failed = False
        self._steering = Steering()
        self.job = StreamJob(self)

    @property
    def is_active(self) -> bool:
        """Whether a training is under way, paused or not."""
        return self.state is not State.IDLE

    def start(
        self,
        config: TrainConfig,
        faces: FaceSet,
        source: str = "",
        model: FaceModel | None = None,
    ) -> None:
        """Train a new network, or ``model`` further; does nothing while a training is under way.

        ``source`` is the key that loads the data set again; it is kept in the run.
        """
        self._begin(partial(_new_run, config, faces, source, model), faces, Steering())

    def resume(self, folder: Path, faces: FaceSet, epochs: int | None = None) -> None:
        """Continue an earlier run exactly where it was stopped, with so many epochs in all."""
        steering = Steering()
        if epochs is not None:
            steering.ask(SetEpochs(epochs))
        self._begin(partial(_earlier_run, folder, faces), faces, steering)

    def start_queued(self, claim: Claim) -> None:
        """Train an entry of the queue on its own faces, or let others take it."""
        if self.is_active:
            claim.close()
        else:
            self._begin(partial(_queued, claim), None, Steering(), claim.entry)

    def try_out(
        self,
        config: TrainConfig,
        faces: FaceSet,
        *,
        then: Callable[[Estimate], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Estimate how long a training would take; does nothing while one is under way.

        Calls ``then`` or ``failed``, unless another trial or a training replaces this one.
        """
        if not self.is_active:
            work = partial(_try_out, config, faces)
            self.job.begin(work, then=partial(_reply, then), failed=failed)

    def cancel_trial(self) -> None:
        """End the trial after the step under way."""
        if not self.is_active:
            self.job.cancel()

    def pause(self) -> None:
        """Pause the training between two steps."""
        if self.state in (State.PREPARING, State.RUNNING):
            self.job.pause()
            self._enter(State.PAUSED)

    def go_on(self) -> None:
        """Resume after ``pause``."""
        if self.state is State.PAUSED:
            self.job.go_on()
            self._enter(State.RUNNING)

    def ask(self, wish: Wish) -> None:
        """Have the training end later or sooner; does nothing before its run is opened.

        What comes of it is reported at once, and again by the engine after the step under way,
        which for a paused training comes only once it goes on.
        """
        if self.place is not None and self.state is not State.STOPPING:
            self._steering.ask(wish)
            self._on_event(Replanned(self.place.after(wish)))

    def stop(self) -> None:
        """Stop after the step under way and keep the run."""
        if self.is_active and self.state is not State.STOPPING:
            self._enter(State.STOPPING)
            self.job.cancel()

    def discard(self) -> None:
        """Stop after the step under way and delete the run."""
        self._discarding = self.is_active
        self.stop()

    def _begin(
        self,
        make_stream: Callable[[Steering], Iterator[Any]],
        faces: FaceSet | None,
        steering: Steering,
        entry: QueueEntry | None = None,
    ) -> None:
        if not self.is_active:
            self._steering, self.place = steering, None
            self.folder, self.faces, self.entry = None, faces, entry
            self._discarding = self._has_failed = False
            self._enter(State.PREPARING)
            then, failed, ended = self._on_event, self._on_failed, self._on_ended
            work = partial(make_stream, steering)
            self.job.begin(work, then=then, failed=failed, ended=ended)

    def _enter(self, state: State) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _on_event(self, event: Any) -> None:
        if isinstance(event, RunOpened):
            self.folder, self.faces = event.folder, event.faces or self.faces
        self.place = _place_after(event, self.place)
        if isinstance(event, Started) and self.state is State.PREPARING:
            self._enter(State.RUNNING)
        is_late = isinstance(event, WorkProgress) and self.state is not State.PREPARING
        if event is not None and not is_late:
            self.reported.emit(event)

    def _on_failed(self, problem: Problem) -> None:
        self._has_failed = True
        if self.entry is not None:
            name = self.entry.title
            problem = Problem(f"“{name}” of the queue failed. {problem.text}", problem.details)
        self._report(problem)

    def _on_ended(self, complete: bool) -> None:
        if self.folder is not None and self._discarding:
            _delete(self.folder)
        elif self.folder is not None and self._has_failed and _is_empty(self.folder):
            _delete(self.folder)  # it has nothing to continue from or to show
            self.folder = None
        self.place = None
        self._enter(State.IDLE)
        if self.folder is None:
            return
        if self._discarding:
            self.reported.emit(Discarded())
        elif not complete and not self._has_failed:
            self.reported.emit(Stopped(self.folder))


def _place_after(event: Any, place: Place | None) -> Place | None:
    """Return where a training is after an event."""
    if isinstance(event, RunOpened):
        plan = event.plan or TrainPlan(event.config.epochs)
        return Place(event.config, plan, event.rows[-1].epoch if event.rows else 0, 1)
    if place is not None and isinstance(event, Replanned):
        return place._replace(plan=event.plan)
    if place is not None and isinstance(event, Progress):
        step = (event.epoch - 1) * event.steps + event.step
        left = place.plan.epochs - step / event.steps
        epoch_s = event.remaining_s / left if left > 0 else place.epoch_s
        return place._replace(step=step, steps_per_epoch=event.steps, epoch_s=epoch_s)
    return place


def _reply(then: Callable[[Estimate], object], estimate: Estimate | None) -> None:
    if estimate is not None:  # a trial yields None after each step
        then(estimate)


def _try_out(config: TrainConfig, faces: FaceSet) -> Iterator[Estimate | None]:
    from model.training.estimate import trial

    yield (yield from trial(config, faces))


def _new_run(
    config: TrainConfig,
    faces: FaceSet,
    source: str,
    model: FaceModel | None,
    steering: Steering,
) -> Iterator[Any]:
    from model.runs.runs import Run
    from model.system.threads import run_in_background

    run_in_background()
    run = Run.create(config, faces.title, source=source)
    yield RunOpened(run.folder, config)
    begins = "a new network" if model is None else "the model in use"
    yield WorkProgress(f"Preparing {begins} and {len(faces.images):,} faces …")
    from model.training.training import train

    yield from train(config, faces, run=run, start=model, steering=steering)


def _earlier_run(folder: Path, faces: FaceSet, steering: Steering) -> Iterator[Any]:
    from model.runs.runs import Run, RunError
    from model.system.threads import run_in_background

    run_in_background()
    run = Run.open(folder)
    if run.faces != faces.title:
        raise RunError(
            f"This run learned from “{run.faces}”, but “{faces.title}” is on show. "
            "Choose its faces at the left, then continue it."
        )
    rows = tuple(run.rows())
    yield RunOpened(folder, run.config, rows, plan=run.plan())
    yield WorkProgress(f"Reading the state after epoch {rows[-1].epoch if rows else 0} …")
    from model.training.training import train

    yield from train(run.config, faces, run=run, steering=steering)


def _queued(claim: Claim, steering: Steering) -> Iterator[Any]:
    from model.data.datasets import Prepared
    from model.system.threads import run_in_background
    from model.training.queued import QueuedRun, train_entry

    run_in_background()
    with closing(train_entry(claim, steering=steering)) as events:
        for event in events:
            match event:
                case QueuedRun():
                    run = event.run
                    yield RunOpened(run.folder, run.config, event.rows, event.faces, run.plan())
                case Prepared():
                    yield from map(Notice, event.skipped)
                case _:
                    yield event


def _is_empty(folder: Path) -> bool:
    return not any((folder / name).exists() for name in ("metrics.jsonl", "state.pt"))


def _delete(folder: Path) -> None:
    # Not by Run, which can't open a partly deleted folder.
    shutil.rmtree(folder, ignore_errors=True)
