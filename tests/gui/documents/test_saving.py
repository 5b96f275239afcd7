"""Every dialog that saves, driven as a person does: its line of text and its list of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QTimer, QUrl
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cae_gui.documents.saving import FIGURE, PICTURE, TABLE
from cae_gui.main_window import MainWindow
from cae_gui.morph.film_export import TITLES
from cae_gui.widgets import dialogs
from model.morph.film import FORMATS
from tests.gui.conftest import Dialogs, wait_for_file, wait_for_message

ask_save = dialogs.ask_save
SESSION = "Session (*.cae-session)"
MODEL = "Model (*.safetensors)"
FILMS = [f"{TITLES[kind]} (*{suffix})" for kind, suffix in FORMATS.items() if suffix]
SAVES = [
    ("session.cae-session", SESSION),
    ("model.safetensors", MODEL),
    ("curves.png", FIGURE),
    ("curves.png", f"{FIGURE};;{TABLE}"),
    ("face.png", PICTURE),
    *((f"film{dialogs.suffixes_in(kind)[0]}", kind) for kind in FILMS),
]


class Person:
    """Answers the dialogs that open: types names, chooses formats, says yes or no.

    A dialog that nobody is there to answer is closed, and the test fails: it would wait for ever.
    """

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.unanswered: list[str] = []
        self._answers: list[Callable[[QDialog], object]] = []
        self._idle = 0
        self._is_here = True
        self._look()

    def will(self, *answers: Callable[[QDialog], object]) -> None:
        """Answer the next dialogs."""
        self._answers = list(answers)

    def is_done(self) -> bool:
        return not self._answers

    def leave(self) -> None:
        """Answer no more dialogs."""
        self._is_here = False
        assert self.unanswered == []

    def _look(self) -> None:
        # Not one timer that repeats: it would rest while a dialog waits for another one.
        QTimer.singleShot(5, self._act)

    def _act(self) -> None:
        if not self._is_here:
            return
        self._look()
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QDialog):
            self._idle = 0
        elif not self._answers:
            self._idle += 1
            if self._idle > 1000:  # not one that was answered and is just about to close
                self.unanswered.append(dialog.windowTitle())
                dialog.reject()
        elif _is_ready(dialog):
            self._idle = 0
            if isinstance(dialog, QMessageBox):
                self.questions.append(dialog.text())
            self._answers.pop(0)(dialog)


def _is_ready(dialog: QDialog) -> bool:
    """Return whether a dialog takes what is typed, and ask for the focus where it doesn't yet.

    Qt's file dialog saves what is selected in its list while its line is out of focus.
    """
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    if line is None or line.hasFocus():
        return True
    dialog.activateWindow()
    line.setFocus()
    return False


def save_as(name: str | None = None, pattern: str = "") -> Callable[[QDialog], None]:
    """Type a name, or leave the proposed one; choose the format with a pattern; save."""

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, QFileDialog)
        assert dialog.testOption(QFileDialog.Option.DontUseNativeDialog)
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        kinds = dialog.findChild(QComboBox, "fileTypeCombo")
        assert line is not None
        assert kinds is not None
        proposed = line.text()
        if pattern:
            index = next(at for at in range(kinds.count()) if pattern in kinds.itemText(at))
            kinds.setCurrentIndex(index)
            kinds.activated.emit(index)
        # As a desktop's dialog: what the list does to the name is undone.
        line.setText(proposed if name is None else name)
        box = dialog.findChild(QDialogButtonBox)
        assert box is not None
        box.button(QDialogButtonBox.StandardButton.Save).click()

    return act


def answer(word: str) -> Callable[[QDialog], None]:
    """Press a button of a question."""

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, QMessageBox)
        found = [button for button in dialog.buttons() if button.text().strip("&") == word]
        found[0].click()

    return act


def cancel(dialog: QDialog) -> None:
    dialog.reject()


@pytest.fixture
def person(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    real = QFileDialog.getSaveFileName
    plain = QFileDialog.Option.DontUseNativeDialog

    def without_desktop(*arguments: Any) -> Any:
        return real(*arguments, options=plain)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", without_desktop)
    person = Person()
    yield person
    person.leave()


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.mark.parametrize(("proposed", "formats"), SAVES)
def test_every_format_of_every_dialog_gives_its_suffix(
    proposed: str, formats: str, parent: QWidget, person: Person, tmp_path: Path
) -> None:
    for kind in formats.split(";;"):
        [suffix] = dialogs.suffixes_in(kind)
        stem = proposed[: -len(dialogs.suffixes_in(formats)[0])]
        for typed, expected in (
            (None, stem + suffix),
            ("mine", f"mine{suffix}"),
            (f"mine{suffix}", f"mine{suffix}"),
            (f"MINE{suffix.upper()}", f"MINE{suffix.upper()}"),
            ("my.face 1.5", f"my.face 1.5{suffix}"),
        ):
            person.will(save_as(typed, f"*{suffix}"))
            path = ask_save(parent, "Save", tmp_path / proposed, formats)
            assert path == tmp_path / expected
    assert person.questions == []


@pytest.mark.parametrize(("proposed", "formats"), SAVES)
def test_a_file_that_is_there_is_asked_about_in_every_dialog(
    proposed: str, formats: str, parent: QWidget, person: Person, tmp_path: Path
) -> None:
    for kind in formats.split(";;"):
        [suffix] = dialogs.suffixes_in(kind)
        there = tmp_path / f"mine{suffix}"
        there.write_bytes(b"here before")
        for typed, yes in (("mine", "Replace"), (f"mine{suffix}", "Yes")):
            person.will(save_as(typed, f"*{suffix}"), answer(yes))
            assert ask_save(parent, "Save", tmp_path / proposed, formats) == there
            assert len(person.questions) == 1
            assert there.name in person.questions.pop()
        person.will(save_as("mine", f"*{suffix}"), answer("Cancel"), cancel)
        assert ask_save(parent, "Save", tmp_path / proposed, formats) is None
        assert len(person.questions) == 1
        person.questions.clear()


def test_after_no_another_name_can_be_given(
    parent: QWidget, person: Person, tmp_path: Path
) -> None:
    (tmp_path / "curves.pdf").write_bytes(b"here before")
    person.will(save_as(None, "*.pdf"), answer("Cancel"), save_as("other"))
    path = ask_save(parent, "Save", tmp_path / "curves.png", FIGURE)
    assert path == tmp_path / "other.pdf"


def test_a_suffix_typed_is_a_choice_while_the_list_is_left_alone(
    parent: QWidget, person: Person, tmp_path: Path
) -> None:
    person.will(save_as("curves.svg"))
    assert ask_save(parent, "Save", tmp_path / "curves.png", FIGURE) == tmp_path / "curves.svg"


@pytest.mark.parametrize("way", ["dialog", "drop", "command line"])
@pytest.mark.parametrize("name", [None, "my work", "v1.5"])
def test_what_was_saved_opens_again(
    name: str | None,
    way: str,
    window: MainWindow,
    person: Person,
    answers: Dialogs,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialogs, "ask_save", ask_save)
    window.settings.folder = tmp_path
    person.will(save_as(name))
    window.saving.save_session()
    path = tmp_path / f"{name or 'session'}.cae-session"
    wait_for_file(path, qtbot)
    wait_for_message(window, qtbot, path.name)
    files = window.studio.session_files
    with qtbot.waitSignal(files.opened):
        if way == "dialog":
            answers.path = path
            window.files.open_session()
        elif way == "drop":
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(str(path))])
            assert window.files.take(mime)
        else:
            window.files.open_path(path.absolute())
