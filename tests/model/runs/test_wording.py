from __future__ import annotations

from dataclasses import fields, replace

import pytest

from model.config import PRESETS, TrainConfig
from model.runs.wording import differing, settings_text, summary

FAST, REFERENCE = PRESETS["Fast"], PRESETS["Reference"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_called_by_its_name(name: str) -> None:
    assert summary(PRESETS[name]) == name


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (replace(FAST, epochs=20), "Fast, but 20 epochs"),
        (replace(FAST, epochs=1), "Fast, but 1 epoch"),
        (
            replace(FAST, epochs=20, optimizer="adam", learning_rate=0.003),
            "Fast, but 20 epochs, Adam at 0.003",
        ),
        (replace(FAST, optimizer="adam"), "Fast, but Adam at 0.02"),
        (replace(FAST, learning_rate=0.01), "Fast, but learning rate 0.01"),
        (replace(FAST, flip=False), "Fast, but mirror faces off"),
        (replace(FAST, sync_batch_norm=True), "Fast, but shared batch norm on"),
        (replace(FAST, shift=2, schedule="step"), "Fast, but step schedule, move faces 2 pixels"),
        (replace(FAST, test_percent=10), "Fast, but test faces 10 %"),
        (replace(REFERENCE, epochs=30), "Reference, but 30 epochs"),
        (replace(PRESETS["Best"], seed=1), "Best, but seed 1"),
    ],
)
def test_a_summary_tells_what_differs_from_the_nearest_preset(
    config: TrainConfig, text: str
) -> None:
    assert summary(config) == text


def test_every_setting_that_differs_is_in_the_summary() -> None:
    for item in fields(TrainConfig):
        setting, value = item.metadata["setting"], getattr(FAST, item.name)
        other = not value if isinstance(value, bool) else setting.maximum
        other = setting.choices[-1] if setting.choices else other
        changed = replace(FAST, **{item.name: type(value)(other)})
        assert summary(changed) not in PRESETS, item.name


def test_settings_in_which_runs_differ_come_in_the_order_of_the_form() -> None:
    assert differing([FAST]) == differing([]) == []
    assert differing([FAST, replace(FAST, seed=1), replace(FAST, epochs=9)]) == ["epochs", "seed"]


def test_values_are_told_by_titles() -> None:
    texts = settings_text(REFERENCE)
    assert texts["Learning rate"] == "0.003"
    assert texts["Mirror faces"] == "no"
    assert texts["Optimizer"] == "adam"
