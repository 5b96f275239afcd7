from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.widgets.progress_line import ProgressLine

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def line(qtbot: QtBot) -> ProgressLine:
    line = ProgressLine()
    qtbot.addWidget(line)
    return line


def bar(line: ProgressLine) -> QProgressBar:
    return line.findChild(QProgressBar)


def cancel(line: ProgressLine) -> QToolButton:
    return line.findChild(QToolButton)


def test_it_is_there_while_there_is_work(line: ProgressLine) -> None:
    assert line.isHidden()
    assert line.text() == ""
    line.show_progress("lfw", "Downloading", 5_000_000_000, 10_000_000_000)
    assert not line.isHidden()
    assert line.text() == "Downloading"
    assert bar(line).value() == bar(line).maximum() // 2
    assert bar(line).accessibleName() == "Downloading"
    assert cancel(line).accessibleName() == "Cancel: Downloading"
    line.clear_progress("lfw")
    assert line.isHidden()
    line.clear_progress("lfw")


def test_unknown_total_shows_a_busy_bar(line: ProgressLine) -> None:
    line.show_progress("faces", "Preparing", 0, 0)
    assert bar(line).maximum() == 0


def test_of_several_works_the_newest_is_shown(line: ProgressLine) -> None:
    line.show_progress("photos", "Reading", 1, 10)
    line.show_progress("model", "Measuring", 2, 10)
    line.show_progress("film", "Writing", 0, 10)
    line.show_progress("photos", "Reading on", 9, 10)
    assert line.text() == "Writing, and 2 more"
    assert bar(line).toolTip() == "Writing\nMeasuring\nReading on"
    line.clear_progress("film")
    assert line.text() == "Measuring, and 1 more"
    line.clear_progress("model")
    assert line.text() == "Reading on"
    assert bar(line).value() == 0.9 * bar(line).maximum()


def test_cancel_is_asked_once_per_work(line: ProgressLine, qtbot: QtBot) -> None:
    line.show_progress("photos", "Reading", 1, 10)
    line.show_progress("model", "Measuring", 2, 10)
    with qtbot.waitSignal(line.cancel_asked) as blocker:
        qtbot.mouseClick(cancel(line), LEFT)
    assert blocker.args == ["model"]
    line.show_progress("model", "Measuring", 3, 10)
    assert not cancel(line).isEnabled()
    line.clear_progress("model")
    assert cancel(line).isEnabled()
    line.clear_progress("photos")
    line.show_progress("model", "Measuring", 1, 10)
    assert cancel(line).isEnabled()


def test_its_width_is_the_same_for_every_text(line: ProgressLine) -> None:
    line.show_progress("photos", "Reading", 1, 10)
    width = line.sizeHint().width()
    line.show_progress("photos", "Reading “a name that is much longer than the other.jpg”", 1, 10)
    assert line.sizeHint().width() == width
