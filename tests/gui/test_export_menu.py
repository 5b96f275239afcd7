"""The header's button exports what the workspace in view shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from tests.gui.conftest import Dialogs, wait_for_message


def offered(window: MainWindow) -> dict[str, QAction]:
    """Open the menu and return its entries."""
    menu = window.header.export.menu()
    menu.aboutToShow.emit()
    return {action.text().replace("&", ""): action for action in menu.actions()}


@pytest.mark.parametrize(
    ("workspace", "first"),
    [("train", "Save curves …"), ("explore", "Picture of the face …"), ("morph", "Path as a ")],
)
def test_it_follows_the_workspace(workspace: str, first: str, window: MainWindow) -> None:
    window.tabs.setCurrentWidget(getattr(window, workspace))
    texts = list(offered(window))
    assert texts[0].startswith(first)
    assert texts[-2:] == ["Save model as …", "Save session as …"]


def test_what_can_not_be_exported_is_off(window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.explore)
    assert not offered(window)["Snapshots selected in the strip …"].isEnabled()
    assert not offered(window)["Your directions and presets …"].isEnabled()
    window.tabs.setCurrentWidget(window.train)
    assert not offered(window)["Runs selected in the list …"].isEnabled()


def test_it_saves(window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot) -> None:
    answers.path = tmp_path / "face.png"
    qtbot.waitUntil(lambda: offered(window)["Picture of the face …"].isEnabled())
    offered(window)["Picture of the face …"].trigger()
    wait_for_message(window, qtbot, "“face.png”")
    assert answers.path.exists()
