from __future__ import annotations

import errno
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThread, QTimer, Slot
from pytestqt.qtbot import QtBot

from cae_gui.core.errors import Problem, Unexpected, explain
from cae_gui.core.log import Log
from cae_gui.main_window import MainWindow
from model.face_set import DataError
from tests.gui.conftest import wait_for_message


def sentence(error: BaseException) -> str:
    return explain(error).text


def test_the_engines_sentences_are_taken_as_they_are() -> None:
    for kind in (ValueError, RuntimeError, DataError):
        assert sentence(kind("“a.pth” is damaged.")) == "“a.pth” is damaged."


def test_anything_else_is_called_unexpected_and_named() -> None:
    text = sentence(KeyError("weights"))
    assert "unexpected" in text
    assert "KeyError" in text
    assert "weights" in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "no permission"),
        (errno.ENOENT, "doesn't exist any more"),
        (errno.EIO, "can't be used: what the system says"),
    ],
)
def test_errors_of_the_system_say_what_to_do(number: int, part: str) -> None:
    text = sentence(OSError(number, "what the system says", "face.png"))
    assert part in text
    assert text.endswith(".")


def test_an_error_of_the_system_names_the_file() -> None:
    assert "“face.png”" in sentence(OSError(errno.EACCES, "denied", "face.png"))
    assert sentence(OSError(errno.EACCES, "denied")).startswith("The file")


def test_too_little_memory() -> None:
    assert "memory" in sentence(MemoryError())


def test_details_hold_the_traceback_and_the_experts_words() -> None:
    try:
        raise DataError("LFW can't be read.", "scikit-learn said: checksum")
    except DataError as error:
        details = explain(error).details
    assert details.startswith("scikit-learn said: checksum\n")
    assert "test_errors.py" in details
    assert "DataError" in details


def test_causes_are_in_the_details() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("Outer.") from error
    except ValueError as error:
        assert "inner" in explain(error).details


class Careless(QObject):
    @Slot()
    def fail(self) -> None:
        raise LookupError("nobody looked")


class CarelessThread(QThread):
    def run(self) -> None:
        raise LookupError("in Qt's thread")


def test_an_exception_in_a_slot_is_told_and_the_window_lives_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    careless = Careless()
    with Log(), Unexpected() as unexpected:
        unexpected.happened.connect(window.messages.show_problem)
        QTimer.singleShot(0, careless.fail)
        wait_for_message(window, qtbot, "Something unexpected went wrong (LookupError")
        window.tabs.setCurrentWidget(window.explore)
    assert "nobody looked" in capsys.readouterr().err
    log = (tmp_path / "log" / "cae-studio.log").read_text("utf-8")
    assert "LookupError: nobody looked" in log
    assert "error: Something unexpected" in log


def test_the_same_line_is_told_once(qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Problem] = []
    careless = Careless()
    with Unexpected() as unexpected:
        unexpected.happened.connect(told.append)
        for _ in range(3):
            QTimer.singleShot(0, careless.fail)
        qtbot.waitUntil(lambda: capsys.readouterr().err.count("nobody looked") > 0)
        with qtbot.waitSignal(unexpected.happened):
            sys.excepthook(KeyError, KeyError("another"), None)
    assert [problem.text[:51] for problem in told] == [
        "Something unexpected went wrong (LookupError: nobod",
        "Something unexpected went wrong (KeyError: 'another",
    ]


@pytest.mark.parametrize("kind", ["python", "qt"])
def test_exceptions_in_threads_are_told(kind: str, qtbot: QtBot) -> None:
    def fail() -> None:
        raise LookupError("in Python's thread")

    thread = threading.Thread(target=fail) if kind == "python" else CarelessThread()
    with Unexpected() as unexpected, qtbot.waitSignal(unexpected.happened) as told:
        thread.start()
        assert thread.join() is None if isinstance(thread, threading.Thread) else thread.wait()
    assert "thread" in told.args[0].details


def test_leaving_is_no_problem(qtbot: QtBot) -> None:
    with Unexpected() as unexpected, qtbot.assertNotEmitted(unexpected.happened):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)


def test_the_hooks_of_before_are_back_afterwards() -> None:
    before = sys.excepthook, threading.excepthook
    with Unexpected():
        assert sys.excepthook != before[0]
    assert (sys.excepthook, threading.excepthook) == before
