from __future__ import annotations

import pytest

from model.config import TrainConfig
from model.learning.optim import rate_factor
from model.learning.schedule import planned_rates


@pytest.mark.parametrize("schedule", ["linear", "step"])
@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (3, 4), (400, 165)])
def test_planned_rates_are_those_of_the_steps(schedule, epochs, steps):
    config = TrainConfig(epochs=epochs, schedule=schedule, learning_rate=0.01)
    planned = planned_rates(config, steps)
    assert len(planned) <= 1000
    assert planned[0] == (1 / steps, 0.01 * rate_factor(config, 0, steps))
    last = 0.01 * rate_factor(config, epochs * steps - 1, steps)
    assert planned[-1] == (epochs, pytest.approx(last))
    for epoch, rate in planned:
        step = round(epoch * steps) - 1
        assert rate == pytest.approx(0.01 * rate_factor(config, step, steps))


def test_short_trainings_have_a_point_for_each_step():
    planned = planned_rates(TrainConfig(epochs=2), 3)
    assert [round(epoch * 3) for epoch, _ in planned] == [1, 2, 3, 4, 5, 6]
