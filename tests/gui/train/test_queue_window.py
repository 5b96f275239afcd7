"""The queue through the window: adding, ordering, removing, and training one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.going_on import GO_ON
from cae_gui.main_window import MainWindow
from cae_gui.train.queue_page import BEGIN, NEXT, UNDO, USE, USE_BEST, sentence
from cae_gui.train.training import Discarded, RunOpened, State, Stopped
from model.config import TrainConfig
from model.events import EpochDone, Finished
from model.runs.labels import RunLabels, read_labels
from model.runs.queue import QueueEntry, TrainingQueue
from model.runs.runs import list_runs
from tests.gui.conftest import LOADING_MS, SMALL, Dialogs, reported, wait_for_message

Open = Callable[[], MainWindow]
LONG = replace(SMALL, epochs=10_000)


def entry(folder: Path, name: str, config: TrainConfig = SMALL, title: str = "") -> QueueEntry:
    return QueueEntry(config, title or folder.name, str(folder), RunLabels(name))


@pytest.fixture
def train(window: MainWindow, faces_folder: Path, qtbot: QtBot) -> MainWindow:
    """A window that shows a folder of sixty faces and the settings of a short training."""
    with qtbot.waitSignal(window.studio.faces.changed):
        window.studio.faces.choose(str(faces_folder))
    window.tabs.setCurrentWidget(window.train)
    window.train.form.set_config(SMALL)
    return window


def on_disk() -> list[str]:
    return [one.title for one in TrainingQueue().read().entries]


def shown(window: MainWindow) -> list[str]:
    model = window.train.queue.model
    return [model.entry(row).title for row in range(model.rowCount())]


def wait_for_disk(qtbot: QtBot, titles: list[str]) -> None:
    qtbot.waitUntil(lambda: on_disk() == titles, timeout=LOADING_MS)


def fill(window: MainWindow, entries: list[QueueEntry], qtbot: QtBot) -> None:
    """Put trainings into the queue as another program would, and show its page."""
    TrainingQueue().add(entries)
    window.train.tabs.setCurrentWidget(window.train.queue)
    titles = [one.title for one in entries]
    qtbot.waitUntil(lambda: shown(window)[-len(titles) :] == titles, timeout=LOADING_MS)


def select(window: MainWindow, *rows: int) -> None:
    view = window.train.queue.view
    view.setCurrentIndex(view.model().index(rows[0], 0))
    for row in rows[1:]:
        view.selectionModel().select(
            view.model().index(row, 0), view.selectionModel().SelectionFlag.Select
        )


def press(window: MainWindow, key: Qt.Key, qtbot: QtBot, alt: bool = False) -> None:
    modifier = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(window.train.queue.view, key, modifier)


def choose(window: MainWindow, text: str, qtbot: QtBot) -> None:
    buttons = window.messages.findChildren(QPushButton)
    button = next(item for item in buttons if item.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def wait_for_idle(window: MainWindow, qtbot: QtBot) -> None:
    studio = window.studio

    def is_done() -> bool:
        return not studio.queue.is_on and studio.training.state is State.IDLE

    qtbot.waitUntil(is_done, timeout=LOADING_MS)


@pytest.mark.usefixtures("quick_engine")
def test_trainings_are_added_and_trained_one_after_the_other(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    page, queue = train.train, train.studio.queue
    in_use = train.studio.models.path
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    wait_for_message(train, qtbot, "1 training added to the queue.")
    page.form.set_config(replace(SMALL, seed=7))
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(on_disk()) == 2)
    assert not list(list_runs())
    assert not queue.is_on
    assert page.tabs.tabText(2) == "&Queue (2)"
    finished = QSignalSpy(train.studio.training.reported)
    choose(train, BEGIN, qtbot)
    wait_for_message(train, qtbot, "2 trainings of the queue are done. Best test MSE")
    assert sum(isinstance(event, Finished) for [event] in map(list, _all(finished))) == 2
    assert [run.config.seed for run in list_runs()] == [7, 0]
    assert {run.source for run in list_runs()} == {str(faces_folder)}
    assert train.studio.models.path == in_use  # it took no other's place
    assert page.form.config().seed == 7
    wait_for_disk(qtbot, [])


def _all(spy: QSignalSpy) -> list[Any]:
    return [spy.at(row) for row in range(spy.count())]


@pytest.mark.usefixtures("quick_engine")
def test_the_next_is_set_up_while_one_trains(train: MainWindow, qtbot: QtBot) -> None:
    page, studio = train.train, train.studio
    page.form.set_config(LONG)
    with reported(studio.training, EpochDone, qtbot):
        qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    page.form.set_config(replace(SMALL, seed=7))
    assert "The next training is on “patches”" in page.faces.text()
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    wait_for_message(train, qtbot, "goes on after the training under way")
    assert studio.training.entry is None
    qtbot.waitUntil(lambda: len(on_disk()) == 1)
    # Ended by hand, the queue waits for a word.
    qtbot.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    wait_for_message(train, qtbot, "The queue waits: 1 training to go.")
    assert studio.training.state is State.IDLE
    with reported(studio.training, Finished, qtbot):
        choose(train, NEXT, qtbot)
    assert next(list_runs()).config.seed == 7


@pytest.mark.usefixtures("quick_engine")
def test_one_stopped_by_hand_leaves_the_queue_and_keeps_its_run(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    studio = train.studio
    fill(train, [entry(faces_folder, "long", LONG), entry(faces_folder, "next")], qtbot)
    with reported(studio.training, EpochDone, qtbot):
        qtbot.mouseClick(train.train.queue.turn, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Training" in sentence(train.train.queue.model.entry(0)))
    with reported(studio.training, Stopped, qtbot):
        qtbot.mouseClick(train.train.stop, Qt.MouseButton.LeftButton)
    wait_for_disk(qtbot, ["next"])
    (run,) = list_runs()
    assert read_labels(run.folder).name == "long"
    assert not studio.queue.is_on


@pytest.mark.usefixtures("quick_engine")
def test_one_discarded_leaves_neither_run_nor_entry(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    studio = train.studio
    fill(train, [entry(faces_folder, "long", LONG)], qtbot)
    with reported(studio.training, EpochDone, qtbot):
        studio.queue.start()
    with reported(studio.training, Discarded, qtbot):
        qtbot.mouseClick(train.train.discard, Qt.MouseButton.LeftButton)
    wait_for_disk(qtbot, [])
    assert not list(list_runs())


@pytest.mark.usefixtures("quick_engine")
def test_a_paused_queue_begins_no_other(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    page, studio = train.train.queue, train.studio
    entries = [entry(faces_folder, "a", replace(SMALL, epochs=20)), entry(faces_folder, "b")]
    fill(train, entries, qtbot)
    with reported(studio.training, RunOpened, qtbot):
        qtbot.mouseClick(page.turn, Qt.MouseButton.LeftButton)
    assert page.turn.text() == "&Hold"
    with reported(studio.training, Finished, qtbot):
        qtbot.mouseClick(page.turn, Qt.MouseButton.LeftButton)
    wait_for_idle(train, qtbot)
    wait_for_disk(qtbot, ["b"])
    assert len(list(list_runs())) == 1


@pytest.mark.usefixtures("quick_engine")
def test_faces_that_are_gone_are_told_and_the_next_goes_on(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    page, studio = train.train.queue, train.studio
    gone = entry(faces_folder.with_name("gone"), "first")
    fill(train, [gone, entry(faces_folder, "second")], qtbot)
    with qtbot.waitSignal(studio.problem) as problem:
        studio.queue.start()
    assert problem.args[0].text.startswith("“first” of the queue failed. ")
    assert "gone" in problem.args[0].text
    wait_for_message(train, qtbot, "by “second”. 1 training failed; the queue says why.")
    wait_for_disk(qtbot, ["first"])
    qtbot.waitUntil(lambda: shown(train) == ["first"])
    assert "Failed. " in sentence(page.model.entry(0))
    assert "gone" in sentence(page.model.entry(0))
    assert not page.turn.isEnabled()
    select(train, 0)
    page.again.trigger()
    qtbot.waitUntil(lambda: TrainingQueue().read().entries[0].problem == "")
    assert page.turn.isEnabled()
    choose(train, USE, qtbot)
    qtbot.waitUntil(lambda: "can" in train.messages.message())  # the quick engine made no model


@pytest.mark.usefixtures("quick_engine")
def test_keys_move_trainings_and_undo_moves_them_back(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    fill(train, [entry(faces_folder, name) for name in "abc"], qtbot)
    select(train, 2)
    press(train, Qt.Key.Key_Up, qtbot, alt=True)
    press(train, Qt.Key.Key_Up, qtbot, alt=True)
    assert shown(train) == ["c", "a", "b"]
    wait_for_disk(qtbot, ["c", "a", "b"])
    press(train, Qt.Key.Key_Up, qtbot, alt=True)  # it is the first
    press(train, Qt.Key.Key_Down, qtbot, alt=True)
    wait_for_disk(qtbot, ["a", "c", "b"])
    assert [one.title for one in train.train.queue.selected()] == ["c"]
    train.studio.undo_group.undo()
    wait_for_disk(qtbot, ["c", "a", "b"])
    model = train.train.queue.model
    assert model.moveRow(QModelIndex(), 0, QModelIndex(), 3)  # as a drag does
    wait_for_disk(qtbot, ["a", "b", "c"])


@pytest.mark.usefixtures("quick_engine")
def test_what_was_removed_comes_back(train: MainWindow, faces_folder: Path, qtbot: QtBot) -> None:
    fill(train, [entry(faces_folder, name) for name in "abcd"], qtbot)
    select(train, 1, 2)
    press(train, Qt.Key.Key_Delete, qtbot)
    wait_for_message(train, qtbot, "2 trainings were removed from the queue.")
    wait_for_disk(qtbot, ["a", "d"])
    choose(train, UNDO, qtbot)
    wait_for_disk(qtbot, ["a", "b", "c", "d"])
    assert shown(train) == ["a", "b", "c", "d"]
    train.studio.undo_group.undo()
    wait_for_disk(qtbot, ["a", "d"])


@pytest.mark.usefixtures("quick_engine")
def test_what_was_trained_does_not_come_back_by_undo(train: MainWindow, qtbot: QtBot) -> None:
    studio = train.studio
    qtbot.mouseClick(train.train.add, Qt.MouseButton.LeftButton)
    studio.queue.start()
    wait_for_message(train, qtbot, "1 training of the queue is done.")
    wait_for_disk(qtbot, [])
    qtbot.waitUntil(lambda: not studio.queue.entries)
    studio.queue.undo_stack.undo()
    studio.queue.undo_stack.redo()
    assert shown(train) == []


@pytest.mark.usefixtures("quick_engine")
def test_settings_of_one_that_waits_are_changed(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    page = train.train
    fill(train, [entry(faces_folder, "", replace(SMALL, seed=3))], qtbot)
    select(train, 0)
    press(train, Qt.Key.Key_Return, qtbot)
    assert page.tabs.currentIndex() == 0
    assert page.form.config().seed == 3
    assert "of the queue, on “patches”" in page.edit_bar.label.text()
    page.form.set_config(replace(SMALL, seed=4))
    qtbot.mouseClick(page.edit_bar.update_entry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: TrainingQueue().read().entries[0].config.seed == 4)
    assert page.edit_bar.isHidden()
    assert page.tabs.currentWidget() is page.queue


@pytest.mark.usefixtures("quick_engine")
def test_one_that_is_trained_meanwhile_is_not_changed(
    train: MainWindow, faces_folder: Path, qtbot: QtBot
) -> None:
    page = train.train
    fill(train, [entry(faces_folder, "a")], qtbot)
    select(train, 0)
    qtbot.mouseClick(page.queue.change, Qt.MouseButton.LeftButton)
    assert page.edit_bar.isVisible()
    train.studio.queue.start()
    qtbot.waitUntil(page.edit_bar.isHidden)
    wait_for_idle(train, qtbot)


@pytest.mark.usefixtures("quick_engine")
def test_a_waiting_queue_is_offered_at_the_start(
    open_window: Open, faces_folder: Path, qtbot: QtBot
) -> None:
    TrainingQueue().add([entry(faces_folder, "a"), entry(faces_folder, "b")])
    window = open_window()
    wait_for_message(window, qtbot, "The queue holds 2 trainings. Go on with it?")
    assert not window.studio.training.is_active
    choose(window, f"{GO_ON} (2 trainings)", qtbot)
    wait_for_message(window, qtbot, "2 trainings of the queue are done.")
    assert {read_labels(run.folder).name for run in list_runs()} == {"a", "b"}


@pytest.mark.usefixtures("quick_engine")
def test_one_that_ended_with_the_window_goes_on_with_its_run(
    train: MainWindow, open_window: Open, faces_folder: Path, qtbot: QtBot
) -> None:
    fill(train, [entry(faces_folder, "long", LONG)], qtbot)
    with reported(train.studio.training, EpochDone, qtbot):
        train.studio.queue.start()
    folder = train.studio.training.folder
    train.close()
    again = open_window()
    wait_for_message(again, qtbot, "The queue holds 1 training. Go on with it?")
    with reported(again.studio.training, RunOpened, qtbot) as opened:
        choose(again, f"{GO_ON} (1 training)", qtbot)
    assert opened.args[0].folder == folder
    assert opened.args[0].rows


@pytest.mark.usefixtures("quick_engine")
def test_what_cannot_wait_says_why(train: MainWindow, qtbot: QtBot) -> None:
    page = train.train
    assert page.add.isEnabled()
    page.further.setChecked(True)
    assert not page.add.isEnabled()
    assert "begins with a new network" in page.add.toolTip()
    page.further.setChecked(False)
    page.form.set_config(replace(SMALL, batch_size=64))
    assert not page.add.isEnabled()
    assert "has only 48 faces" in page.add.toolTip()
    page.form.set_config(SMALL)
    train.studio.faces.source = "photos"
    train.studio.faces.changed.emit()
    assert "can't be loaded again" in page.add.toolTip()


def test_a_damaged_queue_is_told(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "data" / "queue"
    folder.mkdir(parents=True)
    (folder / "queue.json").write_text("{")
    wait_for_message(open_window(), qtbot, "can't be read and left out")


def test_the_best_of_the_queue_is_put_to_use(
    train: MainWindow, faces_folder: Path, qtbot: QtBot, answers: Dialogs
) -> None:
    short = replace(SMALL, epochs=1)
    fill(train, [entry(faces_folder, "a", short), entry(faces_folder, "b")], qtbot)
    train.studio.queue.start()
    wait_for_message(train, qtbot, "2 trainings of the queue are done.")
    best = min(list_runs(), key=lambda run: run.summary().best_mse or 1)
    with qtbot.waitSignal(train.studio.models.replaced):
        choose(train, USE_BEST, qtbot)
    assert train.studio.models.path == best.best
