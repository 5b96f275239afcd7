from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.train.training import Discarded, RunOpened, State, Stopped, Training, TrainingEvent
from model.data.datasets import FaceSet
from model.events import EpochDone, Finished, Progress, Snapshot
from model.progress import WorkProgress
from model.runs.runs import Run, list_runs
from tests.gui.conftest import LOADING_MS, SMALL, Told, reported

LONG = replace(SMALL, epochs=1000)


@pytest.fixture
def training(told: Told, qtbot: QtBot, quick_engine: None) -> Iterator[Training]:
    training = Training(told.problem.emit)
    yield training
    stop_and_wait([training.job])


class Diary:
    """The names of what a training reported, in order, but for its progress."""

    def __init__(self, training: Training) -> None:
        self.lines: list[str] = []
        self.states: list[State] = []
        training.state_changed.connect(self.states.append)
        training.reported.connect(self._note)

    def _note(self, event: TrainingEvent) -> None:
        if not isinstance(event, Progress | WorkProgress):
            self.lines.append(type(event).__name__)


def wait_until_learning(training: Training, qtbot: QtBot) -> None:
    with reported(training, EpochDone, qtbot):
        pass


def wait_until_idle(training: Training, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: training.state is State.IDLE, timeout=LOADING_MS)


def test_from_start_to_finish(training: Training, few_faces: FaceSet, qtbot: QtBot) -> None:
    diary = Diary(training)
    training.start(SMALL, few_faces)
    assert training.state is State.PREPARING
    assert training.is_active
    wait_until_idle(training, qtbot)
    assert diary.lines == [
        "RunOpened", "Started", "EpochDone", "Snapshot", "EpochDone", "Snapshot", "Finished",
    ]  # fmt: skip
    assert diary.states == [State.PREPARING, State.RUNNING, State.IDLE]
    assert training.folder is not None
    run = Run.open(training.folder)
    assert len(run.rows()) == 2
    assert run.best.exists()


def test_a_second_start_is_ignored_while_one_runs(
    training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(LONG, few_faces)
    training.start(SMALL, few_faces)
    wait_until_learning(training, qtbot)
    training.stop()
    wait_until_idle(training, qtbot)
    assert [run.config.epochs for run in list_runs()] == [1000]


def test_pause_and_go_on(training: Training, few_faces: FaceSet, qtbot: QtBot) -> None:
    training.start(LONG, few_faces)
    wait_until_learning(training, qtbot)
    training.pause()
    assert training.state is State.PAUSED
    assert training.is_active
    training.pause()
    training.go_on()
    assert training.state is State.RUNNING
    wait_until_learning(training, qtbot)
    training.stop()
    wait_until_idle(training, qtbot)


def test_a_training_can_be_paused_before_it_has_begun(
    training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(LONG, few_faces)
    training.pause()
    assert training.state is State.PAUSED
    training.go_on()
    wait_until_learning(training, qtbot)
    training.stop()
    wait_until_idle(training, qtbot)


def test_the_real_engine_stops_and_goes_on(few_faces: FaceSet, qtbot: QtBot) -> None:
    training = Training(pytest.fail)
    diary = Diary(training)
    training.start(SMALL, few_faces)
    wait_until_learning(training, qtbot)
    with reported(training, Stopped, qtbot) as blocker:
        training.stop()
    with reported(training, Finished, qtbot) as finished:
        training.resume(blocker.args[0].folder, few_faces)
    wait_until_idle(training, qtbot)
    stop_and_wait([training.job])
    assert finished.args[0].model.network.latent_dim == SMALL.latent_dim
    assert diary.lines.count("EpochDone") == 2
    assert len(Run.open(blocker.args[0].folder).rows()) == 2


def test_pause_and_stop_without_a_training_do_nothing(training: Training) -> None:
    training.pause()
    training.go_on()
    training.stop()
    training.discard()
    assert training.state is State.IDLE


@pytest.mark.parametrize("paused", [False, True])
def test_stop_keeps_the_run_and_it_can_be_resumed(
    paused: bool, training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(replace(SMALL, epochs=200), few_faces)
    wait_until_learning(training, qtbot)
    if paused:
        training.pause()
    with reported(training, Stopped, qtbot) as blocker:
        training.stop()
        assert training.state is State.STOPPING
        training.stop()
    folder = blocker.args[0].folder
    assert Run.open(folder).last.exists()
    done = len(Run.open(folder).rows())
    assert 1 <= done < 200
    diary = Diary(training)
    with reported(training, RunOpened, qtbot) as opened:
        training.resume(folder, few_faces)
    assert opened.args[0].folder == folder
    assert [row.epoch for row in opened.args[0].rows] == list(range(1, done + 1))
    wait_until_idle(training, qtbot)
    assert "Finished" in diary.lines
    assert [row.epoch for row in Run.open(folder).rows()] == list(range(1, 201))


@pytest.mark.parametrize("paused", [False, True])
def test_discard_deletes_the_run(
    paused: bool, training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(LONG, few_faces)
    wait_until_learning(training, qtbot)
    if paused:
        training.pause()
    folder = training.folder
    assert folder is not None
    diary = Diary(training)
    with reported(training, Discarded, qtbot):
        training.discard()
    assert "Stopped" not in diary.lines
    assert not folder.exists()
    assert training.state is State.IDLE


def test_discard_deletes_only_its_own_run(
    training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(SMALL, few_faces)
    wait_until_idle(training, qtbot)
    kept = training.folder
    training.discard()
    training.start(LONG, few_faces)
    wait_until_learning(training, qtbot)
    with reported(training, Discarded, qtbot):
        training.discard()
    assert [run.folder for run in list_runs()] == [kept]


def test_a_run_deleted_by_others_while_it_is_discarded(
    training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(LONG, few_faces)
    wait_until_learning(training, qtbot)
    training.pause()
    assert training.folder is not None
    (training.folder / "run.json").unlink()
    with reported(training, Discarded, qtbot):
        training.discard()
    assert not training.folder.exists()


def test_too_few_faces_is_a_sentence_and_leaves_no_run(
    told: Told, training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    diary = Diary(training)
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        training.start(replace(SMALL, batch_size=64), few_faces)
    assert "Batch size" in blocker.args[0].text
    assert "unexpected" not in blocker.args[0].text
    wait_until_idle(training, qtbot)
    assert "Stopped" not in diary.lines
    assert list(list_runs()) == []


def test_a_failure_in_the_middle_keeps_what_was_saved(
    told: Told,
    training: Training,
    few_faces: FaceSet,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    from model.training.training import train  # the quick one

    def failing(*arguments: Any, **options: Any) -> Iterator[Any]:
        for event in train(*arguments, **options):
            yield event
            if isinstance(event, Snapshot):
                raise RuntimeError("The device went away.")

    monkeypatch.setattr("model.training.training.train", failing)
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        training.start(SMALL, few_faces)
    assert blocker.args[0].text == "The device went away."
    wait_until_idle(training, qtbot)
    assert [len(run.rows()) for run in list_runs()] == [1]


def test_after_a_failure_another_training_starts(
    training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    training.start(replace(SMALL, batch_size=64), few_faces)
    wait_until_idle(training, qtbot)
    with reported(training, Finished, qtbot):
        training.start(SMALL, few_faces)


def test_a_folder_that_is_no_run_is_a_problem_and_stays(
    told: Told, training: Training, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        training.resume(folder, few_faces)
    assert "“letters”" in blocker.args[0].text
    wait_until_idle(training, qtbot)
    assert folder.exists()


def test_twenty_quick_starts_and_stops_leave_one_thread(
    training: Training, few_faces: FaceSet, qtbot: QtBot
) -> None:
    for number in range(20):
        with reported(training, RunOpened, qtbot):
            training.start(LONG, few_faces)
        if number % 2:
            training.pause()
        training.discard()
        wait_until_idle(training, qtbot)
        if number == 0:
            before = threading.active_count()
    assert threading.active_count() == before
    assert list(list_runs()) == []
    stop_and_wait([training.job])
    assert training.job.isFinished()


def test_stopped_before_it_has_begun(training: Training, few_faces: FaceSet, qtbot: QtBot) -> None:
    for _ in range(5):
        training.start(LONG, few_faces)
        training.stop()
        wait_until_idle(training, qtbot)
    with reported(training, Finished, qtbot):
        training.start(SMALL, few_faces)
