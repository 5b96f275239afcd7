"""Training: a generator of events, without threads and without printing.

The data is on the device as uint8 if it fits, and batches are made there; losses stay on the device
and are read once per report, not per step. The caller is in control: taking no next event is a
pause, and ``close()`` stops and keeps the run.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress

import torch

from model.checkpoint import FaceModel
from model.config import TrainConfig, TrainPlan
from model.data.datasets import DataError, FaceSet
from model.device import device_name, use_threads
from model.events import (
    EpochDone,
    Event,
    Finished,
    Notice,
    Progress,
    Replanned,
    Snapshot,
    Started,
)
from model.runs.machine import Machine, write_machine
from model.runs.plan_file import read_plan, write_plan
from model.runs.runs import EpochRow, Run, RunError
from model.runs.writer import Writer
from model.system.heap import kept_memory
from model.system.threads import foreground
from model.training.arithmetic import Arithmetic
from model.training.distributed import Group, joined
from model.training.steering import Steering
from model.training.trainer import Trainer

REPORT_EVERY_S = 0.1


def train(
    config: TrainConfig,
    faces: FaceSet,
    *,
    run: Run | None = None,
    start: FaceModel | None = None,
    device: torch.device | None = None,
    arithmetic: Arithmetic | None = None,
    steering: Steering | None = None,
) -> Iterator[Event]:
    """Train a network on faces and report what happens.

    Yields ``Started``, then per epoch ``Progress`` about ten times a second, ``EpochDone`` and
    ``Snapshot``, and ``Finished`` with the best model at the end.

    By ``steering`` another thread changes the number of epochs under way, or the end; after each
    change there is a ``Replanned``, as where the patience of the configuration has come to its end.
    A run keeps its changed plan and goes on by it; with more epochs a finished run goes on, too.

    Initial weights are those of ``start``, or random for None.

    ``device`` is by default the fastest one, and ``arithmetic`` the fastest there, found by a trial
    of about a second.

    With ``run`` every epoch is saved in its folder, and the last step when the generator is closed;
    a run with a saved state is continued exactly from there, without ``start``. If the folder can't
    be written during the training (full disk, removed folder), a ``Notice`` says so, the training
    continues in memory, and the next epoch tries again.

    When the device's memory is exhausted, the batch is halved, with a ``Notice``, and the epoch
    starts again.

    With several processes of ``torchrun``, each calls this with the same arguments. All yield the
    same events, with losses of whole batches. Only the first process reads and writes the run's
    folder and is steered; the others need neither. When one generator is closed, all end after the
    same event. A run can be continued by another number of processes.

    Raises:
        ConfigError: the configuration isn't possible with the faces or number of processes.
        DataError: the processes have different faces.
        TrainingError: the loss isn't finite, or not even two faces fit into memory.
        RunError: the run's saved state is damaged, or another process trains this run now.
        GroupError: another process ended early.
        OSError: the last state can't be written.
    """
    with joined() as group, kept_memory():
        own = run if group.is_writer else None
        steering = steering or Steering()
        events = _train(config, faces, own, start, device, group, arithmetic, steering)
        yield from group.in_step(_as_writer(own, events) if own else events)


def _as_writer(run: Run, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
    """Yield the events while holding the lock of the run folder."""
    with Writer(run.folder) as writer, closing(events):
        for event in events:
            writer.beat()
            yield event


def _train(
    config: TrainConfig,
    faces: FaceSet,
    run: Run | None,
    start: FaceModel | None,
    device: torch.device | None,
    group: Group,
    arithmetic: Arithmetic | None,
    steering: Steering,
) -> Generator[Event, None, None]:
    """Train, and record it if there is a run."""
    count = group.share(lambda: len(faces.images))
    if group.any(count != len(faces.images)):
        raise DataError(f"“{faces.title}” must hold the same faces for every process.")
    use_threads(group.threads)
    trainer = Trainer(config, faces, device or group.device(), start, group, arithmetic)
    recorder = _Recorder(run, trainer.plan) if run else None
    _restore(trainer, run, group)
    plan = _Plan(trainer, steering, recorder, group)
    if run:
        run.tidy()
        if start and not trainer.step and not trainer.epoch:
            run.save_state(trainer.state())  # so that the run can be continued without ``start``
    try:
        changes = list(plan.changes())
        yield Started(
            device_name(trainer.device),
            len(trainer.train_images),
            len(trainer.test_images),
            trainer.plan.epochs,
            trainer.epoch + 1,
        )
        yield from changes
        if run:
            with suppress(OSError):  # it is only for lists; the first epoch tells what isn't saved
                machine = Machine(device_name(trainer.device), len(trainer.train_images))
                write_machine(run.folder, machine)
        while trainer.epoch < trainer.plan.epochs:
            try:
                yield from _run_epoch(trainer, recorder, group, plan)
            except torch.OutOfMemoryError:
                trainer.halve_batch()
                size = trainer.config.batch_size
                yield Notice(f"The device's memory is full: going on with batches of {size} faces.")
        model = trainer.best_model()
        yield Finished(model, model.epoch, trainer.best_mse)
    except GeneratorExit:
        # All processes reach this after the same event.
        trainer.settle()
        plan.follow()
        raise
    finally:
        if recorder:
            recorder.close(trainer)


def _restore(trainer: Trainer, run: Run | None, group: Group) -> None:
    """Restore the saved state, if there is one; only the writer reads the folder."""
    state = group.share(lambda: run.state() if run else None)
    if state is not None:
        try:
            trainer.restore(state)
        except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            place = f" in “{run.folder.name}”" if run else ""
            reason = f"The saved state{place} doesn't fit its configuration."
            raise RunError(reason) from error
        trainer.check_parts()
    # The plan's own file is never older than the state, which has the same where it is damaged.
    trainer.plan = group.share(lambda: read_plan(run.folder) if run else None) or trainer.plan


def _run_epoch(
    trainer: Trainer, recorder: _Recorder | None, group: Group, plan: _Plan
) -> Iterator[Event]:
    """Train for one epoch (or the rest of one), evaluate and save it."""
    clock = _Clock(trainer)
    for images in trainer.batches():
        clock.give_way()
        trainer.learn(images)
        if group.any(clock.is_time_to_report()):
            yield from clock.report(trainer.mean_loss(), plan.changes())
    for _ in trainer.evaluate():
        yield from clock.report(None)
    done = trainer.finish_epoch(clock.seconds())
    trainer.lose_patience()
    model = trainer.model()
    yield from group.share(lambda: recorder.record(trainer, done, model) if recorder else [])
    yield done
    yield Snapshot(model)
    yield from plan.changes()


class _Plan:
    """Changes the plan of a training as a person asks for it, and reports changes."""

    def __init__(
        self, trainer: Trainer, steering: Steering, recorder: _Recorder | None, group: Group
    ) -> None:
        self._trainer, self._steering = trainer, steering
        self._recorder, self._group = recorder, group
        self._reported = TrainPlan(trainer.config.epochs)

    def follow(self) -> None:
        """Fulfil the wishes; all processes call this at once, between the same steps."""
        for wish in self._group.share(self._steering.take):
            self._trainer.fulfil(wish)

    def changes(self) -> Iterator[Event]:
        """Fulfil the wishes; save and yield a plan that wasn't reported yet."""
        self.follow()
        trainer, recorder = self._trainer, self._recorder
        if trainer.plan == self._reported:
            return
        self._reported = trainer.plan
        yield from self._group.share(lambda: recorder.record_plan(trainer) if recorder else [])
        yield Replanned(self._reported)


class _Recorder:
    """Saves epochs; those that can't be saved are reported, kept in memory and retried."""

    def __init__(self, run: Run, usual: TrainPlan) -> None:
        self._run = run
        self._plan = read_plan(run.folder) or usual
        self._rows: list[EpochRow] = []
        self._best: FaceModel | None = None
        self._preview: EpochDone | None = None

    def record(self, trainer: Trainer, done: EpochDone, model: FaceModel) -> list[Notice]:
        """Save an epoch and those that couldn't be saved before; return notices of failures."""
        self._rows.append(
            EpochRow(done.epoch, done.train_mse, done.test_mse, done.learning_rate, done.seconds)
        )
        self._best = model if done.best else self._best
        self._preview = done
        try:
            self.flush()
            self._save_plan(trainer)
            self._run.save_state(trainer.state())
            self._save_preview(trainer)
        except OSError as error:
            return [self._failure(f"Epoch {done.epoch}", error)]
        return []

    def record_plan(self, trainer: Trainer) -> list[Notice]:
        """Save a changed plan; return a notice of a failure."""
        try:
            self._save_plan(trainer)
        except OSError as error:
            return [self._failure("The changed number of epochs", error)]
        return []

    def _failure(self, what: str, error: OSError) -> Notice:
        return Notice(
            f"{what} couldn't be saved in “{self._run.folder}” ({error.strerror or error}). The "
            "training goes on in memory and tries again after the next epoch."
        )

    def _save_plan(self, trainer: Trainer) -> None:
        if trainer.plan != self._plan:
            write_plan(self._run.folder, trainer.plan)
            self._plan = trainer.plan

    def flush(self) -> None:
        """Write all epochs that aren't written yet.

        Raises:
            OSError: the folder can't be written.
        """
        while self._rows:
            self._run.append(self._rows[0])
            del self._rows[0]
        if self._best is not None:
            self._run.save_best(self._best)
            self._best = None

    def _save_preview(self, trainer: Trainer) -> None:
        if self._preview is not None:
            self._run.previews.save_originals(trainer.originals())
            self._run.save_preview(self._preview.epoch, self._preview.preview)
            self._preview = None

    def close(self, trainer: Trainer) -> None:
        """Save the state of the last step; errors as ``flush``."""
        if trainer.healthy and (trainer.epoch or trainer.step):
            self.flush()
            self._save_plan(trainer)
            self._run.save_state(trainer.state())
            self._run.save_last(trainer.model())
            self._save_preview(trainer)


class _Clock:
    """Measures the duration of an epoch without the caller's time between events."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._first_step = trainer.step
        self._busy = 0.0
        self._since = time.perf_counter()

    def is_time_to_report(self) -> bool:
        return time.perf_counter() - self._since >= REPORT_EVERY_S

    def seconds(self) -> float:
        """Return the seconds spent on the epoch so far."""
        return self._busy + time.perf_counter() - self._since

    def give_way(self) -> None:
        """Wait for interactive work, without counting the time."""
        if foreground.is_active:
            self._busy = self.seconds()
            foreground.give_way()
            self._since = time.perf_counter()

    def report(self, loss: float | None, more: Iterable[Event] = ()) -> Iterator[Event]:
        """Yield one report, and more after it, without counting the caller's time."""
        self._busy = self.seconds()
        yield self._progress(loss)
        yield from more
        self._since = time.perf_counter()

    def _progress(self, loss: float | None) -> Progress:
        trainer, config = self._trainer, self._trainer.config
        images = (trainer.step - self._first_step) * config.batch_size
        rate = images / self._busy
        steps_left = (trainer.plan.epochs - trainer.epoch) * trainer.steps_per_epoch - trainer.step
        return Progress(
            trainer.epoch + 1,
            trainer.step,
            trainer.steps_per_epoch,
            loss,
            trainer.learning_rate,
            rate,
            steps_left * config.batch_size / rate if rate else 0.0,
        )
