from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.config import ConfigError, TrainConfig
from model.plots.sweep_chart import sweep_image
from model.runs.labels import RunLabels, write_labels
from model.runs.runs import EpochRow, Run, list_runs
from model.runs.sweep import (
    Swept,
    save_sweep,
    sweep_configs,
    sweep_entries,
    sweep_request,
    sweep_runs,
    sweep_tags,
    swept,
)

NOW = datetime(2026, 11, 29, 13, 5, 7)


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", "0.01, 0.02,1e-3", (0.01, 0.02, 0.001)),
        ("learning_rate", "0,01; 0,02", (0.01, 0.02)),
        ("epochs", "3 5  8 3", (3, 5, 8)),
        ("flip", "Yes, off", (True, False)),
        ("optimizer", "Adam, muon", ("adam", "muon")),
    ],
)
def test_values_are_read(name: str, text: str, values: tuple[Any, ...]) -> None:
    found = swept(name, text)
    assert found.values == values
    assert [type(value) for value in found.values] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("learning_rate", "0.01, much", "must be a number, not “much”."),
        ("learning_rate", "nan, 1", "must be between 1e-06 and 1, not nan."),
        ("epochs", "1.5", "must be a whole number, not “1.5”."),
        ("epochs", "0, 1", "must be between 1 and 10000, not 0."),
        ("epochs", "9" * 5000, "must be a whole number"),
        ("flip", "maybe", "must be yes or no, not “maybe”."),
        ("optimizer", "sgd", "must be muon or adam, not 'sgd'."),
        ("optimizer", " , ", "Type the values of Optimizer (optimizer), separated by commas."),
        ("speed", "1", "There is no setting “speed”."),
    ],
)
def test_what_is_no_value_is_named(name: str, text: str, part: str) -> None:
    with pytest.raises(ConfigError) as error:
        swept(name, text)
    assert part in str(error.value)


def test_all_combinations_are_trained() -> None:
    settings = [swept("learning_rate", "0.01, 0.02"), swept("dropout", "0, 0.1, 0.2")]
    entries = sweep_entries(TrainConfig(seed=3), settings, "LFW", "lfw", NOW)
    found = [(one.config.learning_rate, one.config.dropout) for one in entries]
    assert found == [(a, b) for a in (0.01, 0.02) for b in (0.0, 0.1, 0.2)]
    assert {one.config.seed for one in entries} == {3}
    assert entries[1].labels == RunLabels(
        "learning rate 0.01 · dropout 0.1", "", ("sweep 2026-11-29 13:05:07",)
    )


def test_another_optimizer_gets_its_usual_rate() -> None:
    optimizers = [Swept("optimizer", ("muon", "adam"))]
    usual = sweep_configs(TrainConfig(), optimizers)
    assert [config.learning_rate for config in usual] == [0.02, 0.003]
    own = sweep_configs(TrainConfig(learning_rate=0.01), optimizers)
    assert [config.learning_rate for config in own] == [0.01, 0.01]


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ([], "one setting or two"),
        ([Swept("seed", (1, 2)), Swept("shift", (1,)), Swept("flip", (True,))], "one setting or"),
        ([Swept("seed", (1, 2)), Swept("seed", (3,))], "can't change seed twice"),
        ([Swept("seed", (1,))], "two values at least"),
        ([Swept("seed", tuple(range(101)))], "101 trainings; a sweep has at most 100"),
    ],
)
def test_what_is_no_sweep(settings: list[Swept], part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        sweep_configs(TrainConfig(), settings)


def trained(config: TrainConfig, *losses: float, tag: str = "sweep", name: str = "") -> Run:
    run = Run.create(config, "Demo faces")
    write_labels(run.folder, RunLabels(name, "", (tag,)))
    for epoch, loss in enumerate(losses, 1):
        run.append(EpochRow(epoch, loss, loss, 0.01, 1.0))
    return run


def test_the_runs_of_a_sweep_are_found_by_their_tag(own_folders: None) -> None:
    first = trained(TrainConfig(learning_rate=0.01), 0.03, 0.01, 0.02)
    trained(TrainConfig(), 0.5, tag="other")
    second = trained(TrainConfig(learning_rate=0.02))
    found = sweep_runs("sweep")
    assert [one.run.folder for one in found] == [first.folder, second.folder]
    assert found[0].best is not None
    assert (found[0].best.epoch, found[1].best) == (2, None)
    assert sweep_tags(list_runs()) == ["sweep"]


BASE = TrainConfig()


@pytest.mark.parametrize(
    ("configs", "titles"),
    [
        ([replace(BASE, learning_rate=rate) for rate in (0.01, 0.1)], ("Learning rate",)),
        (sweep_configs(BASE, [Swept("optimizer", ("muon", "adam"))]), ("Optimizer",)),
        (
            [replace(BASE, seed=a, flip=b) for a, b in ((1, True), (2, True), (2, False))],
            ("Mirror faces", "Seed"),
        ),
        ([BASE, BASE], ("Run",)),
        ([BASE, replace(BASE, seed=1, shift=2, dropout=0.1)], ("Run",)),
    ],
)
def test_a_picture_of_what_differs(
    configs: list[TrainConfig], titles: tuple[str, ...], own_folders: None, tmp_path: Path
) -> None:
    for number, config in enumerate(configs):
        trained(config, 0.03, 0.01 / (number + 1), name=f"$_{number}")
    request = sweep_request(sweep_runs("sweep"), width=700, height=400)
    assert sorted(request.titles) == sorted(titles)
    assert min(request.best) == 0.01 / len(configs)
    pixels = sweep_image(request)
    assert pixels.shape == (400, 700, 4)
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 20
    path = tmp_path / "sweep.png"
    save_sweep(sweep_runs("sweep"), path)
    with Image.open(path) as picture:
        assert picture.size == (3000, 1440)


def test_runs_without_an_epoch_are_left_out(own_folders: None, tmp_path: Path) -> None:
    trained(replace(BASE, learning_rate=0.01))
    with pytest.raises(ValueError, match="no curve to draw yet"):
        save_sweep(sweep_runs("sweep"), tmp_path / "sweep.png")
    trained(replace(BASE, learning_rate=0.02), float("nan"))
    trained(replace(BASE, learning_rate=0.03), 0.5, float("inf"))
    assert sweep_request(sweep_runs("sweep")).best == (0.5,)
    with pytest.raises(ValueError, match="must end in"):
        save_sweep(sweep_runs("sweep"), tmp_path / "sweep.gif")
