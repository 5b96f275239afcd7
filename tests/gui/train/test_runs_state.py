from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.core.errors import Problem
from cae_gui.core.jobs import stop_and_wait
from cae_gui.train.runs import OpenedRun, PreviewRead, Runs
from model.data.datasets import FaceSet
from model.runs.runs import EpochRow, Run
from model.runs.writer import Writer
from tests.gui.conftest import LOADING_MS, SMALL, Told, quick_preview


@pytest.fixture
def runs(told: Told, qtbot: QtBot) -> Iterator[Runs]:
    runs = Runs(told.problem.emit)
    yield runs
    stop_and_wait(runs.jobs())


def recorded(faces: FaceSet, epochs: int, parent: Path | None = None) -> Run:
    """Return a run in which so many epochs were recorded."""
    run = Run.create(SMALL, faces.title, parent)
    run.previews.save_originals(faces.images[:10])
    for epoch in range(1, epochs + 1):
        record(run, epoch, faces)
    return run


def record(run: Run, epoch: int, faces: FaceSet) -> None:
    run.append(EpochRow(epoch, 0.2 / epoch, 0.1 / epoch, 0.01, 1.0))
    run.save_preview(epoch, quick_preview(faces.images[:10], epoch))


def nothing(_answer: object) -> None:
    """Take an answer that the test isn't about."""


def refresh(runs: Runs, qtbot: QtBot) -> None:
    with qtbot.waitSignal(runs.listed, timeout=LOADING_MS):
        runs.refresh()


def test_lists_the_newest_first(runs: Runs, few_faces: FaceSet, qtbot: QtBot) -> None:
    folders = [recorded(few_faces, epochs).folder for epochs in (1, 2)]
    refresh(runs, qtbot)
    assert [item.run.folder for item in runs.items] == folders[::-1]
    assert [item.summary.epochs_done for item in runs.items] == [2, 1]
    assert runs.find(folders[0]) is runs.items[1]


def test_one_run_is_read_again(runs: Runs, few_faces: FaceSet, qtbot: QtBot) -> None:
    run, other = recorded(few_faces, 1), recorded(few_faces, 1)
    refresh(runs, qtbot)
    record(run, 2, few_faces)
    with qtbot.waitSignal(runs.listed, timeout=LOADING_MS):
        runs.update(run.folder)
    assert [item.summary.epochs_done for item in runs.items] == [1, 2]
    other.discard()
    with qtbot.waitSignal(runs.listed, timeout=LOADING_MS):
        runs.update(other.folder)
    assert [item.run.folder for item in runs.items] == [run.folder]


def test_opens_a_run_and_reads_its_previews(runs: Runs, few_faces: FaceSet, qtbot: QtBot) -> None:
    run = recorded(few_faces, 3)
    opened: list[OpenedRun] = []
    runs.open(run.folder, then=opened.append)
    qtbot.waitUntil(lambda: len(opened) == 1, timeout=LOADING_MS)
    assert [row.epoch for row in opened[0].rows] == [1, 2, 3]
    np.testing.assert_array_equal(opened[0].originals, few_faces.images[:10])
    assert not opened[0].has_model
    for wanted, epoch in ((None, 3), (2, 2)):
        read: list[PreviewRead] = []
        runs.read_preview(run.folder, wanted, then=read.append)
        qtbot.waitUntil(lambda read=read: len(read) == 1, timeout=LOADING_MS)
        preview = read[0]
        assert (preview.epoch, preview.epochs) == (epoch, [1, 2, 3])
        expected = quick_preview(few_faces.images[:10], epoch)
        np.testing.assert_array_equal(preview.pixels, expected)


def test_a_folder_that_is_no_run_is_a_sentence(
    told: Told, runs: Runs, tmp_path: Path, qtbot: QtBot
) -> None:
    for act in (runs.open, runs.follow):
        with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
            act(tmp_path, then=nothing)
        assert f"“{tmp_path.name}” isn't a run" in blocker.args[0].text
    qtbot.waitUntil(lambda: runs.following is None)


def test_deletes_runs_but_none_that_is_being_trained(
    told: Told, runs: Runs, few_faces: FaceSet, qtbot: QtBot
) -> None:
    stopped, running = recorded(few_faces, 1), recorded(few_faces, 1)
    problems: list[Problem] = []
    told.problem.connect(problems.append)
    with Writer(running.folder), qtbot.waitSignal(runs.listed, timeout=LOADING_MS):
        runs.delete([stopped.folder, running.folder])
    assert [f"“{running.folder.name}” can't be deleted" in text for text, _ in problems] == [True]
    assert not stopped.folder.exists()
    assert Run.open(running.folder).rows()
    assert [item.run.folder for item in runs.items] == [running.folder]


def test_two_deletions_at_once_are_both_done(runs: Runs, few_faces: FaceSet, qtbot: QtBot) -> None:
    folders = [recorded(few_faces, 1).folder for _ in range(3)]
    for folder in folders:
        runs.delete([folder])
    qtbot.waitUntil(lambda: not any(map(Path.exists, folders)), timeout=LOADING_MS)


def test_follows_a_folder_until_told_otherwise(
    runs: Runs, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1, tmp_path / "shared")
    seen: list[int] = []
    runs.follow(run.folder, then=lambda value: value and seen.append(len(value.rows)))
    qtbot.waitUntil(lambda: seen == [1], timeout=LOADING_MS)
    record(run, 2, few_faces)
    qtbot.waitUntil(lambda: seen[-1] == 2, timeout=LOADING_MS)
    assert runs.following == run.folder
    with qtbot.waitSignal(runs.changed):
        runs.stop_following()
    assert runs.following is None


def test_a_folder_that_vanishes_is_a_sentence(
    told: Told, runs: Runs, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1)
    heard: list[object] = []
    runs.follow(run.folder, then=heard.append)
    qtbot.waitUntil(lambda: bool(heard), timeout=LOADING_MS)
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        run.discard()
    assert "is gone" in blocker.args[0].text
    qtbot.waitUntil(lambda: runs.following is None)


def test_another_choice_takes_over(runs: Runs, few_faces: FaceSet, qtbot: QtBot) -> None:
    first, second = recorded(few_faces, 1), recorded(few_faces, 2)
    runs.follow(first.folder, then=nothing)
    seen: list[int] = []
    runs.follow(second.folder, then=lambda value: value and seen.append(len(value.rows)))
    qtbot.waitUntil(lambda: bool(seen), timeout=LOADING_MS)
    assert runs.following == second.folder
    assert seen[-1] == 2


def test_a_share_that_never_answers_holds_nothing_up(
    runs: Runs, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    run, never = recorded(few_faces, 1), threading.Event()
    monkeypatch.setattr(Run, "open", lambda _folder: never.wait(60))
    heard: list[object] = []
    runs.follow(run.folder, then=heard.append)
    runs.open(run.folder, then=heard.append)
    runs.read_preview(run.folder, then=heard.append)
    qtbot.waitUntil(lambda: len(heard) >= 3, timeout=LOADING_MS)
    assert not any(heard)
    stop_and_wait(runs.jobs())
    never.set()
