"""How the learning rate changes in the course of a training."""

from __future__ import annotations

import numpy as np

from model.config import TrainConfig

_POINTS = 1000
_STEPS_PER_EPOCH = 100


def rate_factor(config: TrainConfig, step: int, steps_per_epoch: int) -> float:
    """Return what the learning rate is multiplied with at a step, counted from 0."""
    if config.schedule == "step":
        return float(0.9 ** (step // (5 * steps_per_epoch)))
    return 1 - step / (config.epochs * steps_per_epoch)


def planned_rates(
    config: TrainConfig, steps_per_epoch: int = _STEPS_PER_EPOCH
) -> tuple[tuple[float, float], ...]:
    """Return (fractional epoch, learning rate) after at most a thousand of all steps.

    The first and the last step are among them. Schedules are shares of the whole training, so the
    default serves where the number of steps (at least 1) isn't known.
    """
    steps = config.epochs * steps_per_epoch
    chosen = np.unique(np.linspace(0, steps - 1, _POINTS).round().astype(int))
    return tuple(
        (
            (step + 1) / steps_per_epoch,
            config.learning_rate * rate_factor(config, step, steps_per_epoch),
        )
        for step in chosen.tolist()
    )
