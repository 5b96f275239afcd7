from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import TrainConfig, TrainPlan
from model.runs.following import Followed, follow
from model.runs.plan_file import write_plan
from model.runs.runs import EpochRow, Run, RunError
from model.runs.writer import Writer

PATIENCE_S = 20


def row(epoch: int) -> EpochRow:
    return EpochRow(epoch, 0.03, 0.02 / epoch, 0.01, 1.5)


def faces(value: int) -> NDArray[np.uint8]:
    return np.full((10, 48, 48, 3), value, np.uint8)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(TrainConfig(epochs=3), "Some faces", tmp_path)


@contextmanager
def following(run: Run) -> Iterator[Generator[Followed | None, None, None]]:
    with closing(follow(run.folder, poll_s=0.01)) as events:
        yield events


def wait_for(
    events: Iterator[Followed | None], wanted: Callable[[Followed], bool] = lambda _: True
) -> Followed:
    """Return the first report that is wanted; fail when none comes."""
    end = time.monotonic() + PATIENCE_S
    for event in events:
        if event is not None and wanted(event):
            return event
        assert time.monotonic() < end, "nothing came"
    raise AssertionError("it ended")


def test_what_is_there_comes_at_once(run: Run) -> None:
    run.append(row(1))
    run.append(row(2))
    run.previews.save_originals(faces(9))
    run.save_preview(1, faces(1))
    run.save_preview(2, faces(2))
    with following(run) as events:
        found = next(event for event in events if event is not None)
    assert (found.config, found.faces, found.rows) == (run.config, "Some faces", (row(1), row(2)))
    assert found.originals is not None
    assert found.preview is not None
    assert (found.originals[0, 0, 0, 0], found.preview[0, 0, 0, 0]) == (9, 2)
    assert found.preview_epoch == 2
    assert not found.is_running
    assert not found.is_finished


def test_a_run_that_is_told_to_end_earlier_is_finished(run: Run) -> None:
    run.append(row(1))
    with following(run) as events:
        assert wait_for(events).plan == TrainPlan(3)
        write_plan(run.folder, TrainPlan(1, cause="finish"))
        assert wait_for(events).is_finished
        (run.folder / "plan.json").write_bytes(b"{")  # half written: what was known is kept
        run.append(row(2))
        assert wait_for(events).plan.epochs == 1


def test_a_new_run_has_nothing_yet(run: Run) -> None:
    with following(run) as events:
        found = wait_for(events)
    assert (found.rows, found.originals, found.preview, found.preview_epoch) == ((), None, None, 0)


def test_every_change_is_told(run: Run) -> None:
    with following(run) as events:
        wait_for(events)
        run.append(row(1))
        assert wait_for(events).rows == (row(1),)
        run.previews.save_originals(faces(9))
        assert wait_for(events).originals is not None
        run.save_preview(1, faces(1))
        assert wait_for(events).preview_epoch == 1
        with Writer(run.folder):
            assert wait_for(events).is_running
        assert not wait_for(events).is_running
        for epoch in (2, 3):
            run.append(row(epoch))
        assert wait_for(events, lambda found: found.is_finished).rows[-1] == row(3)


def test_without_a_change_nothing_comes(run: Run) -> None:
    run.append(row(1))
    run.save_preview(1, faces(1))
    with following(run) as events:
        wait_for(events)
        assert [next(events) for _ in range(20)] == [None] * 20


def test_half_a_line_waits_for_its_other_half(run: Run) -> None:
    run.append(row(1))
    run.append(row(2))
    path = run.folder / "metrics.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with following(run) as events:
        assert wait_for(events).rows == (row(1),)
        path.write_bytes(whole)
        assert wait_for(events).rows == (row(1), row(2))


def test_half_a_picture_waits_for_its_other_half(run: Run) -> None:
    run.save_preview(1, faces(1))
    run.save_preview(2, faces(2))
    path = run.folder / "previews" / "epoch-00002.webp"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with following(run) as events:
        assert wait_for(events).preview_epoch == 1
        path.write_bytes(whole)
        assert wait_for(events).preview_epoch == 2


def test_a_description_that_vanishes_under_way_does_not_matter(run: Run) -> None:
    with following(run) as events:
        wait_for(events)
        (run.folder / "run.json").unlink()
        run.append(row(1))
        assert wait_for(events).config == run.config


def test_a_folder_that_vanishes_is_told(run: Run) -> None:
    with following(run) as events:
        wait_for(events)
        shutil.rmtree(run.folder)
        with pytest.raises(RunError, match="is gone"):
            wait_for(events, lambda _: False)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with closing(follow(tmp_path)) as events, pytest.raises(RunError, match="isn't a run"):
        wait_for(events)


def test_it_can_be_closed_between_two_looks(run: Run) -> None:
    events = follow(run.folder, poll_s=30)
    wait_for(events)
    assert next(events) is None  # long before the next look
    events.close()
