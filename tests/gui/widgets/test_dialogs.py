from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.widgets import dialogs

FORMATS = "Picture (*.png);;Vector graphic (*.svg);;PDF (*.pdf)"


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


@pytest.mark.parametrize(
    ("typed", "chosen", "expected"),
    [
        ("/a/face.png", "Picture (*.png)", "/a/face.png"),
        ("/a/face.SVG", "Picture (*.png)", "/a/face.SVG"),
        ("/a/face", "PDF (*.pdf)", "/a/face.pdf"),
        ("/a/face", "", "/a/face.png"),
        ("/a/my.face", "Picture (*.png)", "/a/my.face.png"),
        ("/a/epoch 1.5", "Vector graphic (*.svg)", "/a/epoch 1.5.svg"),
        ("/a/curves.png", "PDF (*.pdf)", "/a/curves.pdf"),
        ("/a/curves.png.old", "PDF (*.pdf)", "/a/curves.png.old.pdf"),
        ("/a/curves.", "PDF (*.pdf)", "/a/curves.pdf"),
        ("/a/.png", "Picture (*.png)", "/a/.png.png"),
    ],
)
def test_a_saved_file_always_has_a_format(
    typed: str, chosen: str, expected: str, parent: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (typed, chosen))
    assert dialogs.ask_save(parent, "Save", Path("/a/b.png"), FORMATS) == Path(expected)


def test_cancelled_dialogs_give_nothing(parent: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    assert dialogs.ask_save(parent, "Save", Path("/a.png"), FORMATS) is None
    assert dialogs.ask_open(parent, "Open", Path("/"), FORMATS) is None
    assert dialogs.ask_photos(parent, Path("/")) == []
    assert dialogs.ask_folder(parent, Path("/")) is None
    assert dialogs.ask_run_folder(parent, Path("/")) is None
    assert dialogs.ask_place(parent, "Export", Path("/")) is None


def test_chosen_files(parent: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/a.pth", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (["/a.png", "/b.png"], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/faces")
    assert dialogs.ask_open(parent, "Open", Path("/"), FORMATS) == Path("/a.pth")
    assert dialogs.ask_photos(parent, Path("/")) == [Path("/a.png"), Path("/b.png")]
    assert dialogs.ask_folder(parent, Path("/")) == Path("/faces")
    assert dialogs.ask_run_folder(parent, Path("/")) == Path("/faces")
    assert dialogs.ask_place(parent, "Export", Path("/")) == Path("/faces")


def press(text: str) -> None:
    """Press a button of the dialog that is about to open; Escape where there is none so named."""

    def act() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        named = [button for button in box.buttons() if button.text().replace("&", "") == text]
        (named[0].click if named else box.reject)()

    QTimer.singleShot(0, act)


@pytest.mark.parametrize("ask", [dialogs.ask_quit, dialogs.ask_discard])
def test_questions(ask: object, parent: QWidget) -> None:
    assert callable(ask)
    word = "Quit" if ask is dialogs.ask_quit else "Discard"
    press(word)
    assert ask(parent) is True
    press("Cancel")
    assert ask(parent) is False
    press("Escape")
    assert ask(parent) is False


def test_removing_photos_is_a_question(parent: QWidget) -> None:
    for text, answer in (("Remove", True), ("Cancel", False), ("Escape", False)):
        press(text)
        assert dialogs.ask_remove(parent, 30) is answer


def test_deleting_runs_names_them_and_how_many(parent: QWidget) -> None:
    texts: list[str] = []

    def read_and_press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        texts.append(f"{box.text()} {box.informativeText()}")
        next(item for item in box.buttons() if item.text() == "&Delete").click()

    QTimer.singleShot(0, read_and_press)
    assert dialogs.ask_delete(parent, [f"Run {number}" for number in range(20)])
    assert "20 runs" in texts[0]
    assert "Run 0" in texts[0]
    assert "Run 19" not in texts[0]
    press("Cancel")
    assert not dialogs.ask_delete(parent, ["Run 1"])
    press("Escape")
    assert not dialogs.ask_delete(parent, ["Run 1"])
