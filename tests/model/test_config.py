from __future__ import annotations

import itertools
import json
import math
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from model.config import (
    PRESETS,
    Bend,
    ConfigError,
    TrainConfig,
    TrainPlan,
    finishing,
    planned_rates,
    rate_factor,
    setting_of,
    usual_cool_down,
    with_epochs,
)

LIMITED = [item.name for item in fields(TrainConfig) if setting_of(TrainConfig, item.name).maximum]


def test_every_field_describes_itself() -> None:
    for item in fields(TrainConfig):
        setting = setting_of(TrainConfig, item.name)
        assert setting.title
        assert setting.help.endswith(".")
        limited = isinstance(item.default, int | float) and not isinstance(item.default, bool)
        assert limited == (setting.minimum is not None) == (setting.maximum is not None)
        assert (setting.choices != ()) == isinstance(item.default, str)


@pytest.mark.parametrize("name", LIMITED)
def test_limits_themselves_are_allowed_and_what_lies_beyond_is_not(name: str) -> None:
    setting = setting_of(TrainConfig, name)
    for limit, beyond in [(setting.minimum, -1), (setting.maximum, 1)]:
        assert limit is not None
        assert getattr(TrainConfig(**{name: limit}), name) == limit  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=rf"\({name}\) must be between"):
            TrainConfig(**{name: limit + beyond})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 1.5),
        ("epochs", "10"),
        ("epochs", True),
        ("epochs", None),
        ("flip", 1),
        ("dropout", False),
        ("dropout", [0.1]),
        ("optimizer", 0),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"\({name}\) can't be "):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_what_is_no_usable_number_is_refused(value: float) -> None:
    with pytest.raises(ConfigError, match="learning_rate"):
        TrainConfig(learning_rate=value)


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert TrainConfig(learning_rate=1).learning_rate == 1


def test_a_choice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be muon or adam, not 'sgd'"):
        TrainConfig(optimizer="sgd")


def test_plain_values_come_back_through_json() -> None:
    for config in PRESETS.values():
        assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_names_of_another_version_are_left_out_and_missing_ones_are_defaults() -> None:
    found = TrainConfig.from_dict(TrainConfig(epochs=3).to_dict() | {"colour": "blue"})
    assert found == TrainConfig(epochs=3)


def test_a_configuration_never_changes() -> None:
    config = TrainConfig()
    with pytest.raises(FrozenInstanceError):
        config.epochs = 3  # type: ignore[misc]
    assert replace(config, epochs=3).epochs == 3
    assert config.epochs == TrainConfig().epochs


def test_a_change_is_checked_as_well() -> None:
    with pytest.raises(ConfigError):
        replace(TrainConfig(), epochs=0)


def test_the_reference_is_trained_as_it_was_published() -> None:
    reference = PRESETS["Reference"]
    assert (reference.optimizer, reference.learning_rate) == ("adam", 0.003)
    assert (reference.epochs, reference.schedule, reference.dropout) == (400, "step", 0.2)
    assert not reference.flip
    assert {config.latent_dim for config in PRESETS.values()} == {500}


def test_what_was_trained_before_there_was_a_setting_keeps_what_it_had() -> None:
    values = TrainConfig().to_dict()
    del values["weight_decay"]
    assert TrainConfig.from_dict(values) == TrainConfig(weight_decay=0.0)


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


LINEAR, STEP = TrainConfig(epochs=10), TrainConfig(epochs=10, schedule="step")


def factors(config: TrainConfig, plan: TrainPlan) -> list[float]:
    return [rate_factor(config, step, 4, plan.bends) for step in range(plan.epochs * 4)]


@pytest.mark.parametrize("config", [LINEAR, STEP], ids=["linear", "step"])
@pytest.mark.parametrize("at", [0, 1, 15, 38])
@pytest.mark.parametrize("epochs", [10, 12, 400])
def test_the_rate_goes_on_from_where_it_is_with_more_epochs(config, at, epochs):
    plan = with_epochs(config, TrainPlan(10), epochs, at, 4)
    before, after = factors(config, TrainPlan(10)), factors(config, plan)
    assert plan.epochs == epochs
    assert after[: at + 1] == before[: at + 1]  # that of the next step is the same, too
    if config is STEP:
        assert after == [rate_factor(STEP, step, 4) for step in range(epochs * 4)]
    else:
        left = epochs * 4 - at
        ahead = [before[at] * (1 - step / left) for step in range(left)]
        assert after[at:] == pytest.approx(ahead)


@pytest.mark.parametrize("config", [LINEAR, STEP], ids=["linear", "step"])
def test_finishing_cools_down_to_zero_at_the_end_of_an_epoch(config: TrainConfig) -> None:
    plan = finishing(config, TrainPlan(10), 2, 13, 4)
    before, after = factors(config, TrainPlan(10)), factors(config, plan)
    assert (plan.epochs, plan.cause) == (6, "finish")
    assert after[:14] == before[:14]
    falls = [one - other for one, other in itertools.pairwise(after[13:])]
    assert falls == pytest.approx([before[13] / 11] * 10)
    assert after[-1] == pytest.approx(before[13] / 11)  # the step after the last would have none


def test_a_cool_down_never_ends_later_than_planned() -> None:
    assert finishing(LINEAR, TrainPlan(10), 9, 30, 4) == TrainPlan(10)  # it falls anyway
    plan = finishing(STEP, TrainPlan(10), 9, 30, 4)
    assert plan == TrainPlan(10, (Bend(7.5, 0.9, 10),), "finish")
    assert finishing(STEP, TrainPlan(10), 1, 40, 4) == TrainPlan(10)


def test_an_epoch_that_has_begun_is_part_of_the_plan() -> None:
    assert with_epochs(LINEAR, TrainPlan(10), 1, 21, 4).epochs == 6
    assert with_epochs(LINEAR, TrainPlan(10), 1, 20, 4) == TrainPlan(5)


def test_a_training_that_was_to_finish_can_go_on() -> None:
    soon = finishing(STEP, TrainPlan(10), 2, 12, 4)
    plan = with_epochs(STEP, soon, 8, 16, 4)
    assert (plan.epochs, plan.cause) == (8, "")
    assert rate_factor(STEP, 16, 4, plan.bends) == rate_factor(STEP, 16, 4, soon.bends)
    assert rate_factor(STEP, 31, 4, plan.bends) > 0


@pytest.mark.parametrize("config", [LINEAR, STEP], ids=["linear", "step"])
def test_a_finished_training_goes_on_at_the_rate_of_a_longer_one(config: TrainConfig) -> None:
    ended = finishing(config, TrainPlan(10), 2, 12, 4)
    plan = with_epochs(config, ended, 20, 20, 4)
    longer = replace(config, epochs=20)
    assert rate_factor(config, 20, 4, plan.bends) == rate_factor(longer, 20, 4)
    assert rate_factor(config, 79, 4, plan.bends) == pytest.approx(plan.bends[-1].factor / 60)


def test_planned_rates_follow_the_bends() -> None:
    plan = finishing(LINEAR, TrainPlan(10), 2, 12, 4)
    planned = planned_rates(LINEAR, 4, plan)
    rates = [LINEAR.learning_rate * factor for factor in factors(LINEAR, plan)]
    assert planned == tuple(zip((step / 4 for step in range(1, 21)), rates, strict=True))


def test_the_usual_cool_down_is_a_tenth() -> None:
    assert [usual_cool_down(epochs) for epochs in (0, 1, 14, 16, 400)] == [1, 1, 1, 2, 40]


def test_a_plan_comes_back_through_json() -> None:
    plan = TrainPlan(12, (Bend(1 / 3, 0.1 + 0.2, 9.0), Bend(7.7, 0.1, 12.0)), "patience")
    assert TrainPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"epochs": 2.0},
        {"epochs": True},
        {"epochs": 10**9},
        {"cause": "boredom"},
        {"cause": ["patience"]},
        {"bends": 3},
        {"bends": {}},
        {"bends": [[1, 0.5]]},
        {"bends": [[1, 0.5, 1]]},
        {"bends": [[1, 1.5, 2]]},
        {"bends": [[1, math.nan, 2]]},
        {"bends": [[1, 0.5, math.inf]]},
        {"bends": [[2, 0.5, 3], [1, 0.5, 3]]},
        {"bends": [[0, 0.5, 3]] * 1001},
        {"bends": ["abc"]},
    ],
    ids=str,
)
def test_what_is_no_plan_is_refused(change: dict[str, Any]) -> None:
    values = {"epochs": 3, "bends": [], "cause": ""} | change
    with pytest.raises((LookupError, TypeError, ValueError)):
        TrainPlan.from_dict(values)
