from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from cae_gui.core.times import duration, moment, run_title
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
