from __future__ import annotations

from pathlib import Path

import pytest

from model.config import Bend, TrainConfig, TrainPlan
from model.runs.plan_file import read_plan, write_plan
from model.runs.runs import EpochRow, Run

PLAN = TrainPlan(2, (Bend(0.5, 0.75, 2.0),), "finish")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run.create(TrainConfig(epochs=5), "Some faces", tmp_path)
    for epoch in (1, 2):
        run.append(EpochRow(epoch, 0.03, 0.02, 0.01, 1.5))
    return run


def test_a_plan_comes_back_as_it_was_written(run: Run) -> None:
    write_plan(run.folder, PLAN)
    assert read_plan(run.folder) == run.plan() == PLAN


def test_without_one_a_run_goes_by_its_configuration(run: Run) -> None:
    assert read_plan(run.folder) is None
    assert run.plan() == TrainPlan(5)
    assert not run.summary().is_finished


def test_a_run_that_ended_early_is_finished(run: Run) -> None:
    write_plan(run.folder, PLAN)
    summary = run.summary()
    assert (summary.epochs_done, summary.epochs_planned) == (2, 2)
    assert summary.is_finished
    assert summary.cause == "finish"


def test_a_finished_run_that_got_more_epochs_is_not(run: Run) -> None:
    write_plan(run.folder, TrainPlan(9))
    assert run.summary().epochs_planned == 9
    assert not run.summary().is_finished


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"epochs": 2}',
        b'{"epochs": 2, "cause": "", "bends": [[1]]}',
        b"[" * 9999,
        b'{"epochs": 2, "cause": "", "bends": []}' + b" " * 300_000,
    ],
    ids=["empty", "cut off", "a list", "epochs only", "a short bend", "deep", "large"],
)
def test_a_damaged_plan_counts_as_none(content: bytes, run: Run) -> None:
    (run.folder / "plan.json").write_bytes(content)
    assert read_plan(run.folder) is None
    assert run.summary().epochs_planned == 5
