from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox

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


def test_about_tells_the_place_of_the_log(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    monkeypatch.setattr(QMessageBox, "about", lambda _parent, _title, text: texts.append(text))
    action(window, "About").trigger()
    assert str(tmp_path / "log") in texts[0]
