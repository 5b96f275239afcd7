from __future__ import annotations

import pytest

from model.config import PRESETS, TrainConfig
from model.training.schedule import planned_rates, rate_factor


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


def test_the_linear_schedule_falls_evenly_from_one_to_nearly_zero() -> None:
    config = TrainConfig(epochs=4, schedule="linear")
    factors = [rate_factor(config, step, 5) for step in range(20)]
    assert factors == pytest.approx([1 - step / 20 for step in range(20)])
    assert min(factors) > 0


def test_the_step_schedule_is_that_of_the_reference() -> None:
    config = PRESETS["Reference"]
    rates = [config.learning_rate * rate_factor(config, epoch * 7, 7) for epoch in range(400)]
    assert rates[:5] == [0.003] * 5
    assert rates[5:10] == pytest.approx([0.0027] * 5)
    assert rates[250] < 2e-5
    assert rate_factor(config, 5 * 7 - 1, 7) == 1
