"""Training: a generator of events, without threads and without printing.

The data lies on the device as uint8 and every batch is made there; losses stay on the device and
are read once a report, never once a step. The one who iterates decides: taking no next event is a
pause, and ``close()`` stops, keeping the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from model.checkpoint import FaceModel
from model.config import TrainConfig
from model.datasets import FaceSet
from model.device import device_name, pick_device, use_threads
from model.events import EpochDone, Event, Finished, Notice, Progress, Snapshot, Started
from model.runs import EpochRow, Run, RunError
from model.trainer import Trainer

REPORT_EVERY_S = 0.1


def train(
    config: TrainConfig,
    faces: FaceSet,
    *,
    run: Run | None = None,
    device: torch.device | None = None,
) -> Iterator[Event]:
    """Train a network on faces and report what happens.

    Yields ``Started``, then per epoch ``Progress`` about ten times a second, ``EpochDone`` and
    ``Snapshot``, and ``Finished`` with the best model at the end.

    With a run, every epoch is recorded in its folder, and so is the very last step when the
    generator is closed; a run that holds a saved state goes on exactly from there. Where the
    folder can't be written under way (full disk, removed folder), a ``Notice`` says so and the
    training goes on in memory; the next epoch tries again.

    When the device's memory is exhausted the batch is halved, with a ``Notice``, and the epoch
    starts again.

    Raises:
        ConfigError: the configuration doesn't fit the faces.
        TrainingError: the loss is no longer a number, or not even two faces fit into memory.
        RunError: the run's saved state is damaged.
        OSError: the very last state can't be written.
    """
    use_threads(None)
    trainer = Trainer(config, faces, device or pick_device())
    recorder = _Recorder(run) if run else None
    if run:
        _restore(trainer, run)
        run.tidy()
    try:
        yield Started(
            device_name(trainer.device),
            len(trainer.train_images),
            len(trainer.test_images),
            config.epochs,
            trainer.epoch + 1,
        )
        while trainer.epoch < config.epochs:
            try:
                yield from _run_epoch(trainer, recorder)
            except torch.OutOfMemoryError:
                trainer.halve_batch()
                size = trainer.config.batch_size
                yield Notice(f"The device's memory is full: going on with batches of {size} faces.")
        model = trainer.best_model()
        yield Finished(model, model.epoch, trainer.best_mse)
    finally:
        if recorder:
            recorder.close(trainer)


def _restore(trainer: Trainer, run: Run) -> None:
    """Go on from the run's saved state, if there is one."""
    state = run.state()
    if state is None:
        return
    try:
        trainer.restore(state)
    except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        reason = f"The saved state in “{run.folder.name}” doesn't fit its configuration."
        raise RunError(reason) from error


def _run_epoch(trainer: Trainer, recorder: _Recorder | None) -> Iterator[Event]:
    """Train for one epoch (or for the rest of one), measure it and record it."""
    clock = _Clock(trainer)
    for images in trainer.batches():
        trainer.learn(images)
        if clock.is_time_to_report():
            yield from clock.report(trainer.mean_loss())
    for _ in trainer.evaluate():
        yield from clock.report(None)
    done = trainer.finish_epoch(clock.seconds())
    model = trainer.model(done.test_mse)
    if recorder:
        yield from recorder.record(trainer, done, model)
    yield done
    yield Snapshot(model)


class _Recorder:
    """Saves epochs; what can't be saved is said, kept in memory, and tried again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: list[EpochRow] = []
        self._best: FaceModel | None = None

    def record(self, trainer: Trainer, done: EpochDone, model: FaceModel) -> Iterator[Notice]:
        """Save an epoch and what is left of earlier ones."""
        self._rows.append(
            EpochRow(done.epoch, done.train_mse, done.test_mse, done.learning_rate, done.seconds)
        )
        self._best = model if done.best else self._best
        try:
            self.flush()
            self._run.save_state(trainer.state())
        except OSError as error:
            yield Notice(
                f"Epoch {done.epoch} couldn't be saved in “{self._run.folder}” "
                f"({error.strerror or error}). The training goes on in memory and tries again "
                "after the next epoch."
            )

    def flush(self) -> None:
        """Write what isn't written yet.

        Raises:
            OSError: the folder can't be written.
        """
        while self._rows:
            self._run.append(self._rows[0])
            del self._rows[0]
        if self._best is not None:
            self._run.save_best(self._best)
            self._best = None

    def close(self, trainer: Trainer) -> None:
        """Save the very last step; errors as ``flush``."""
        if trainer.healthy and (trainer.epoch or trainer.step):
            self.flush()
            self._run.save_state(trainer.state())
            self._run.save_last(trainer.model())


class _Clock:
    """Measures the speed of an epoch; what the receiver takes between events doesn't count."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._first_step = trainer.step
        self._busy = 0.0
        self._since = time.perf_counter()

    def is_time_to_report(self) -> bool:
        return time.perf_counter() - self._since >= REPORT_EVERY_S

    def seconds(self) -> float:
        """Return the time spent on the epoch so far."""
        return self._busy + time.perf_counter() - self._since

    def report(self, loss: float | None) -> Iterator[Progress]:
        """Yield one report and leave out of the time what its receiver takes."""
        self._busy = self.seconds()
        yield self._progress(loss)
        self._since = time.perf_counter()

    def _progress(self, loss: float | None) -> Progress:
        trainer, config = self._trainer, self._trainer.config
        images = (trainer.step - self._first_step) * config.batch_size
        rate = images / self._busy
        steps_left = (config.epochs - trainer.epoch) * trainer.steps_per_epoch - trainer.step
        return Progress(
            trainer.epoch + 1,
            trainer.step,
            trainer.steps_per_epoch,
            loss,
            trainer.learning_rate,
            rate,
            steps_left * config.batch_size / rate if rate else 0.0,
        )
