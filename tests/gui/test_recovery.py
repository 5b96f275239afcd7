from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.controllers.recovery import CONTINUE, NOT_NOW
from cae_gui.main_window import MainWindow
from model.runs import EpochRow, Run
from model.writer import Writer
from tests.gui.conftest import LOADING_MS, SMALL, wait_for_message

Open = Callable[[], MainWindow]


@pytest.fixture
def cut_off(faces_folder: Path) -> Run:
    """A run of which one epoch of three was done when its process died."""
    config = replace(SMALL, epochs=3)
    run = Run.create(config, faces_folder.name, source=str(faces_folder))
    run.append(EpochRow(1, 0.2, 0.1, 0.01, 0.005))
    beat = {"host": platform.node(), "process": 1, "time": 1_000_000.0}
    (run.folder / "running.json").write_text(json.dumps(beat))
    return run


def choose(window: MainWindow, text: str, qtbot: QtBot) -> None:
    buttons = window.messages.findChildren(QPushButton)
    button = next(item for item in buttons if item.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.usefixtures("quick_engine")
def test_it_goes_on_if_wanted(cut_off: Run, open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    wait_for_message(window, qtbot, "was cut off after 1 of 3 epochs")
    assert f"“{cut_off.faces}”" in window.messages.message()
    with qtbot.waitSignal(window.session.training.finished, timeout=LOADING_MS):
        choose(window, CONTINUE, qtbot)
    assert [row.epoch for row in cut_off.rows()] == [1, 2, 3]
    assert window.tabs.currentWidget() is window.train


def test_it_is_offered_once(cut_off: Run, open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    wait_for_message(window, qtbot, "was cut off")
    choose(window, NOT_NOW, qtbot)
    assert window.messages.message() == ""
    qtbot.waitUntil(lambda: not cut_off.summary().was_cut_off, timeout=LOADING_MS)
    window.close()
    again = open_window()
    with qtbot.waitSignal(again.session.runs.listed, timeout=LOADING_MS):
        again.session.runs.refresh()
    assert again.messages.message() == ""
    assert again.session.runs.find(cut_off.folder) is not None


@pytest.mark.parametrize("state", ["running", "finished", "stopped"])
def test_others_are_not_offered(state: str, cut_off: Run, open_window: Open, qtbot: QtBot) -> None:
    if state == "stopped":
        (cut_off.folder / "running.json").unlink()
    for epoch in (2, 3) if state == "finished" else ():
        cut_off.append(EpochRow(epoch, 0.2, 0.1, 0.01, 0.005))
    writer = Writer(cut_off.folder)
    if state == "running":
        writer.__enter__()
    window = open_window()
    with qtbot.waitSignal(window.session.runs.listed, timeout=LOADING_MS):
        window.session.runs.refresh()
    assert window.session.runs.items
    assert window.messages.message() == ""
    if state == "running":
        writer.__exit__(None, None, None)
