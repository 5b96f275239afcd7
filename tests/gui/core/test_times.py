from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from cae_gui.core.times import duration, model_name, moment, run_name, run_title
from model.config import TrainConfig
from model.runs.runs import Run

NOW = datetime(2026, 11, 23, 9, 30)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (40.4, "40 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2026, 11, 23, 9, 5), "Today, 09:05"),
        (datetime(2026, 11, 22, 23, 59), "Yesterday, 23:59"),
        (datetime(2026, 11, 17, 12, 0), "Tuesday, 12:00"),
        (datetime(2026, 11, 16, 12, 0), "16 November, 12:00"),
        (datetime(2025, 3, 2, 7, 4), "2 March 2025, 07:04"),
        (datetime(2026, 11, 24, 1, 0), "24 November, 01:00"),
    ],
)
def test_moments(time: datetime, text: str) -> None:
    assert moment(time, NOW) == text


def test_a_run_is_called_by_its_time_or_by_its_folder(tmp_path: Path) -> None:
    run = Run.create(TrainConfig(), "Patches", tmp_path)
    assert run_title(run, datetime.now().astimezone()).startswith(("Today", "Yesterday"))
    assert run_title(replace(run, started=None), NOW) == run.folder.name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("2026-11-03 14-05-33", "Run of 3 Nov, 14:05"),
        ("2026-11-03 14-05-33 (2)", "Run of 3 Nov, 14:05"),
        ("2025-03-02 07-04-00", "Run of 2 Mar 2025, 07:04"),
        ("cluster 7", "Run “cluster 7”"),
    ],
)
def test_the_model_of_a_run_is_called_by_the_run(folder: str, name: str) -> None:
    assert run_name(Path(folder), NOW) == name


def test_a_model_file_is_called_by_its_run_only_where_it_belongs_to_one(tmp_path: Path) -> None:
    run = Run.create(TrainConfig(), "Patches", tmp_path)
    assert model_name(run.last, NOW) == run_name(run.folder, NOW)
    assert model_name(run.folder / "mine.safetensors", NOW) == "mine.safetensors"
    assert model_name(tmp_path / "last.safetensors", NOW) == "last.safetensors"
