from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QProgressBar, QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.status import ProgressLine

LEFT = Qt.MouseButton.LeftButton


class Work(QObject):
    """Something long, in any unit."""

    busy = Signal(str, float, float)
    idle = Signal()

    def __init__(self, line: ProgressLine) -> None:
        super().__init__(line)
        self.cancelled = 0
        line.watch(self)

    def cancel(self) -> None:
        self.cancelled += 1


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
    download = Work(line)
    assert line.isHidden()
    assert line.text() == ""
    download.busy.emit("Downloading", 5_000_000_000, 10_000_000_000)
    assert not line.isHidden()
    assert line.text() == "Downloading"
    assert bar(line).value() == bar(line).maximum() // 2
    assert bar(line).accessibleName() == "Downloading"
    assert cancel(line).accessibleName() == "Cancel: Downloading"
    download.idle.emit()
    assert line.isHidden()
    download.idle.emit()
    assert line.isHidden()


def test_unknown_total_shows_a_busy_bar(line: ProgressLine) -> None:
    Work(line).busy.emit("Preparing", 0, 0)
    assert bar(line).maximum() == 0


def test_of_several_works_the_newest_is_shown(line: ProgressLine) -> None:
    photos, model, film = Work(line), Work(line), Work(line)
    photos.busy.emit("Reading", 1, 10)
    model.busy.emit("Measuring", 2, 10)
    film.busy.emit("Writing", 0, 10)
    photos.busy.emit("Reading on", 9, 10)
    assert line.text() == "Writing, and 2 more"
    assert bar(line).toolTip() == "Writing\nMeasuring\nReading on"
    film.idle.emit()
    assert line.text() == "Measuring, and 1 more"
    model.idle.emit()
    assert line.text() == "Reading on"
    assert bar(line).value() == 0.9 * bar(line).maximum()


def test_each_work_is_cancelled_alone_and_once(line: ProgressLine, qtbot: QtBot) -> None:
    photos, model = Work(line), Work(line)
    photos.busy.emit("Reading", 1, 10)
    model.busy.emit("Measuring", 2, 10)
    qtbot.mouseClick(cancel(line), LEFT)
    assert (photos.cancelled, model.cancelled) == (0, 1)
    model.busy.emit("Measuring", 3, 10)
    assert not cancel(line).isEnabled()
    model.idle.emit()
    assert cancel(line).isEnabled()
    photos.idle.emit()
    model.busy.emit("Measuring", 1, 10)
    assert cancel(line).isEnabled()


def test_work_may_end_as_soon_as_it_is_cancelled(line: ProgressLine, qtbot: QtBot) -> None:
    class Quick(Work):
        def cancel(self) -> None:
            super().cancel()
            self.idle.emit()

    first, second = Work(line), Quick(line)
    first.busy.emit("One", 0, 0)
    second.busy.emit("Two", 1, 2)
    assert line.text() == "Two, and 1 more"
    qtbot.mouseClick(cancel(line), LEFT)
    assert (first.cancelled, second.cancelled) == (0, 1)
    assert line.text() == "One"
    first.idle.emit()
    assert line.isHidden()


def test_its_width_is_the_same_for_every_text(line: ProgressLine) -> None:
    photos = Work(line)
    photos.busy.emit("Reading", 1, 10)
    width = line.sizeHint().width()
    photos.busy.emit("Reading “a name that is much longer than the other.jpg”", 1, 10)
    assert line.sizeHint().width() == width


def test_all_that_runs_in_the_background_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    line, studio = window.status.progress, window.studio
    qtbot.waitUntil(lambda: line.text() == "", timeout=60_000)
    studio.photos.busy.emit("Reading “a.png”", 1, 9)
    studio.faces.busy.emit("Preparing", 1, 9)
    assert line.text() == "Preparing, and 1 more"
    studio.faces.idle.emit()
    assert line.text() == "Reading “a.png”"
    for count, work in enumerate((studio.models, studio.filming, studio.maps), 1):
        work.busy.emit("Measuring", 1, 9)
        assert line.text() == f"Measuring, and {count} more"
