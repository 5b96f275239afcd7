"""The learning rates that a training is going to have."""

from __future__ import annotations

import numpy as np

from model.config import TrainConfig
from model.learning.optim import rate_factor

_POINTS = 1000
_STEPS_PER_EPOCH = 100


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
