"""What was under way when the window was closed is offered at the next start, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import DEMO
from cae_gui.going_on import BRING_BACK, CONTINUE, NOT_NOW
from cae_gui.main_window import MainWindow
from model.data.datasets import FaceSet
from model.documents.unsaved import last_session
from model.events import EpochDone
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    reported,
    wait_for_message,
    wait_for_reconstruction,
)

Open = Callable[[], MainWindow]


def choose(window: MainWindow, text: str, qtbot: QtBot) -> None:
    buttons = window.messages.findChildren(QPushButton)
    button = next(item for item in buttons if item.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def begin_training(window: MainWindow, few_faces: FaceSet, qtbot: QtBot) -> None:
    window.studio.faces.source = "patches"
    window.studio.faces.faces = few_faces
    window.train.form.set_config(SMALL.__class__(**{**SMALL.to_dict(), "epochs": 10_000}))
    window.tabs.setCurrentWidget(window.train)
    with reported(window.studio.training, EpochDone, qtbot):
        qtbot.mouseClick(window.train.start, Qt.MouseButton.LeftButton)
    window.studio.faces.source = DEMO  # the next start finds its faces, and says nothing of them


@pytest.mark.usefixtures("quick_engine")
def test_a_training_that_ended_with_the_window_goes_on(
    window: MainWindow, open_window: Open, few_faces: FaceSet, qtbot: QtBot
) -> None:
    begin_training(window, few_faces, qtbot)
    folder = window.studio.training.folder
    window.close()
    again = open_window()
    wait_for_message(again, qtbot, "when the window was closed. Continue it?")
    again.studio.faces.faces = few_faces
    with reported(again.studio.training, EpochDone, qtbot):
        choose(again, CONTINUE, qtbot)
    assert again.studio.training.folder == folder
    assert again.tabs.currentWidget() is again.train


@pytest.mark.usefixtures("quick_engine")
def test_a_training_that_was_stopped_by_its_button_is_not_offered(
    window: MainWindow, open_window: Open, few_faces: FaceSet, qtbot: QtBot
) -> None:
    begin_training(window, few_faces, qtbot)
    window.studio.training.stop()
    qtbot.waitUntil(lambda: not window.studio.training.is_active, timeout=LOADING_MS)
    window.close()
    again = open_window()
    with qtbot.waitSignal(again.studio.runs.listed):
        pass
    assert again.studio.runs.items
    assert again.messages.message() == ""


def work(window: MainWindow, qtbot: QtBot) -> None:
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.statistics is not None, timeout=LOADING_MS)
    explorer.move(0, 2.0)
    explorer.take_snapshot("First")


def test_unsaved_work_comes_back(window: MainWindow, open_window: Open, qtbot: QtBot) -> None:
    work(window, qtbot)
    window.close()
    assert last_session().exists()
    again = open_window()
    wait_for_reconstruction(again, qtbot)
    assert "Bring it back?" in again.messages.message()
    choose(again, BRING_BACK, qtbot)
    explorer = again.studio.explorer
    qtbot.waitUntil(lambda: [item.name for item in explorer.snapshots] == ["First"])
    again.close()  # as it came, it is still unsaved
    third = open_window()
    assert "Bring it back?" in third.messages.message()


def test_what_is_not_wanted_is_offered_once(
    window: MainWindow, open_window: Open, qtbot: QtBot
) -> None:
    work(window, qtbot)
    window.close()
    again = open_window()
    choose(again, NOT_NOW, qtbot)
    again.close()
    third = open_window()
    assert third.messages.message() == ""
    assert last_session().exists()


def test_nothing_is_offered_where_nothing_was_made(
    window: MainWindow, open_window: Open, qtbot: QtBot
) -> None:
    window.close()
    again = open_window()
    with qtbot.waitSignal(again.studio.runs.listed):
        pass
    assert again.messages.message() == ""
