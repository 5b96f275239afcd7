"""Estimates of a training's duration, by a trial of about a second on its faces and device.

Only the trial imports torch: using a known estimate for a form doesn't need it.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.system.heap import kept_memory

if TYPE_CHECKING:
    import torch

    from model.training.trainer import Trainer

_TRIAL_S = 1.0
_TEST_S = 0.25
_READ_EVERY_S = 0.1
"""Interval at which a training reads its losses from the device, which blocks the host."""
_MAX_ON_CPU = 256
"""Largest batch of a trial on a CPU, in faces.

Larger ones are no faster there, but take seconds per step and gigabytes of memory.
"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The result of a trial, and the estimated duration of the whole training.

    ``images_per_s`` is the speed of training steps, ``test_images_per_s`` that of evaluating the
    test faces, ``epoch_end_s`` the time to save an epoch. ``device`` is the device's name,
    ``seconds`` the time of all epochs with evaluation and saving.
    """

    images_per_s: float
    test_images_per_s: float
    epoch_end_s: float
    device: str
    seconds: float = 0.0

    def of(self, config: TrainConfig, faces: FaceSet) -> Estimate:
        """Return the estimate for other settings with the same ``what_matters``.

        Raises:
            DataError: there are fewer than two faces.
        """
        train, test = faces.parts(config.test_percent)
        used = train // config.batch_size * config.batch_size
        epoch = used / self.images_per_s + test / self.test_images_per_s + self.epoch_end_s
        return replace(self, seconds=config.epochs * epoch)


def what_matters(config: TrainConfig) -> TrainConfig:
    """Return the configuration with all settings that don't affect the speed at their defaults.

    Configurations with equal results have steps of the same duration. Settings added later count
    as affecting the speed.
    """
    usual = TrainConfig()
    return replace(
        config,
        epochs=usual.epochs,
        learning_rate=usual.learning_rate,
        weight_decay=usual.weight_decay,
        schedule=usual.schedule,
        patience=usual.patience,
        least_improvement=usual.least_improvement,
        dropout=0.2 if config.dropout else 0.0,
        flip=usual.flip,  # mirroring takes no time: one indexing also does the shifts
        shift=usual.shift,
        color_jitter=0.1 if config.color_jitter else 0.0,
        test_percent=usual.test_percent,
        seed=usual.seed,
    )


def estimate(config: TrainConfig, faces: FaceSet, device: torch.device | None = None) -> Estimate:
    """Try a training for about a second; errors as ``trial``."""
    trying = trial(config, faces, device)
    while True:
        try:
            next(trying)
        except StopIteration as end:
            result: Estimate = end.value
            return result


def trial(
    config: TrainConfig, faces: FaceSet, device: torch.device | None = None
) -> Generator[None, None, Estimate]:
    """Measure real steps of a training and return the estimate; nothing is kept.

    Yields after one or a few steps, so that the caller can stop. After a warm-up step, training is
    measured for a second, evaluation for a quarter of one, then the end of an epoch. If the warm-up
    step took that long, it is the measurement, so that the trial is short on any machine, and
    overestimates on the slowest. The state of global random generators is restored. It uses as many
    threads as a training in one process.

    On a CPU batches have at most 256 faces. When the device's memory is exhausted, the batch is
    halved as in a training.

    Raises:
        ConfigError: the configuration isn't possible with these faces.
        DataError: there are fewer than two faces.
        TrainingError: not even two faces fit into memory.
    """
    from model.device import device_name, pick_device, use_threads
    from model.training.distributed import ALONE
    from model.training.trainer import Trainer

    config.check_faces(faces.title, faces.parts(config.test_percent)[0])
    use_threads(ALONE.threads)
    device = device or pick_device()
    batch = min(config.batch_size, _MAX_ON_CPU) if device.type == "cpu" else config.batch_size
    # Enough epochs that the trial doesn't reach the end of the schedule.
    endless = replace(config, epochs=10_000, batch_size=batch)
    with _random_kept(device):
        trainer = Trainer(endless, faces, device)
    yield
    with kept_memory():
        per_image = yield from _seconds_per_image(_steps(trainer), _TRIAL_S)
        per_test = yield from _seconds_per_image(_tests(trainer), _TEST_S)
    began = time.perf_counter()
    _end_epoch(trainer)
    end = time.perf_counter() - began
    measured = Estimate(1 / per_image, 1 / per_test, end, device_name(device))
    return measured.of(config, faces)


def _seconds_per_image(work: Iterator[int], limit: float) -> Generator[None, None, float]:
    """Measure ``work``, which yields numbers of images that the device has finished."""
    began = time.perf_counter()
    images = next(work)
    seconds = time.perf_counter() - began
    yield
    if seconds >= limit:
        return seconds / images
    total, busy = 0, 0.0
    while busy < limit:
        began = time.perf_counter()
        done = next(work, 0)
        if not done:
            break
        total, busy = total + done, busy + time.perf_counter() - began
        yield
    return busy / total if total else seconds / images


def _steps(trainer: Trainer) -> Iterator[int]:
    """Take endless steps and read losses as a training does; end when the loss is invalid."""
    import torch

    from model.training.trainer import TrainingError

    images, since = 0, -math.inf
    while True:
        trainer.step = 0  # start the epoch again, without its end
        try:
            for batch in trainer.batches():
                with _random_kept(trainer.device):
                    trainer.learn(batch)
                images += len(batch)
                if time.perf_counter() - since >= _READ_EVERY_S:
                    trainer.mean_loss()
                    yield images
                    images, since = 0, time.perf_counter()
        except torch.OutOfMemoryError:
            trainer.halve_batch()
            images = 0
        except TrainingError:  # diverging settings take the same time
            yield images
            return


def _tests(trainer: Trainer) -> Iterator[int]:
    import torch

    from model.training.trainer import TEST_BATCH

    left = len(trainer.test_images)
    for _ in trainer.evaluate():
        if trainer.device.type != "cpu":
            torch.accelerator.synchronize(trainer.device)
        yield min(TEST_BATCH, left)
        left -= TEST_BATCH


def _end_epoch(trainer: Trainer) -> None:
    """Do what a training does after an epoch, except writing to the disk."""
    import torch

    from model.training.trainer import TrainingError

    with suppress(TrainingError):  # the loss isn't finite
        trainer.finish_epoch(0.0)
    trainer.model()
    torch.save(trainer.state(), io.BytesIO())


@contextmanager
def _random_kept(device: torch.device) -> Iterator[None]:
    """Restore the global generators, used for initial weights and dropout, at the end."""
    import torch

    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield
