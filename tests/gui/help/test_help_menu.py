from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

import model
from cae_gui.help.about import AboutDialog
from cae_gui.main_window import MainWindow
from tests.gui.test_main_window import action


def test_the_folder_of_the_log_is_opened(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    action(window, "Show the log file").trigger()
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path / "log"]
    assert window.messages.message() == ""


def test_where_it_cannot_be_opened_its_place_is_told(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    action(window, "Show the log file").trigger()
    assert window.messages.message() == f"The log file is in “{tmp_path / 'log'}”."


def test_about_tells_versions_device_and_folders_and_copies_them(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    action(window, "About").trigger()
    dialog = window.findChild(AboutDialog)
    assert dialog is not None
    assert model.__version__ in dialog.text()  # before PyTorch is asked
    qtbot.waitUntil(lambda: "PyTorch" in dialog.text())
    copy = next(b for b in dialog.findChildren(QPushButton) if b.text() == "&Copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text().splitlines()
    names = ["CAE Studio", "Qt", "Python", "PyTorch", "System", "Device", "Processor"]
    assert [line.partition(":")[0] for line in copied[: len(names)]] == names
    assert f"CAE Studio: {model.__version__}" in copied
    assert f"Runs and photos: {tmp_path / 'data'}" in copied
    assert f"Log files: {tmp_path / 'log'}" in copied
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in facts(dialog))
    dialog.reject()


def test_about_closed_at_once_is_forgotten(window: MainWindow, qtbot: QtBot) -> None:
    action(window, "About").trigger()
    dialog = window.findChild(AboutDialog)
    assert dialog is not None
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()


def facts(dialog: AboutDialog) -> list[QLabel]:
    return [label for label in dialog.findChildren(QLabel) if label.accessibleName()]
