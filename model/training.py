"""Training: a generator of events, without threads and without printing.

The data lies on the device as uint8 and every batch is made there; losses stay on the device and
are read once a report, never once a step. The one who iterates decides: taking no next event is a
pause, and ``close()`` stops, keeping the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from model.config import TrainConfig
from model.datasets import FaceSet
from model.device import device_name, pick_device
from model.events import Event, Finished, Progress, Snapshot, Started
from model.runs import EpochRow, Run
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
    generator is closed; a run that holds a saved state goes on exactly from there.

    Raises:
        ConfigError: the configuration doesn't fit the faces.
        TrainingError: the loss is no longer a number.
        RunError: the run's saved state is damaged.
        OSError: the run's folder can't be written.
    """
    trainer = Trainer(config, faces, device or pick_device())
    saved = run.state() if run else None
    if saved:
        trainer.restore(saved)
    try:
        yield Started(
            device_name(trainer.device),
            len(trainer.train_images),
            len(trainer.test_images),
            config.epochs,
            trainer.epoch + 1,
        )
        while trainer.epoch < config.epochs:
            yield from _run_epoch(trainer, run)
        model = trainer.best_model()
        yield Finished(model, model.epoch, trainer.best_mse)
    finally:
        if run and trainer.healthy and (trainer.epoch or trainer.step):
            run.save_last(trainer.model(), trainer.state())


def _run_epoch(trainer: Trainer, run: Run | None) -> Iterator[Event]:
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
    if run:
        run.append(
            EpochRow(done.epoch, done.train_mse, done.test_mse, done.learning_rate, done.seconds)
        )
        if done.best:
            run.save_best(model)
        run.save_last(model, trainer.state())
    yield done
    yield Snapshot(model)


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
