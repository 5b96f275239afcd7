from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.progress_controller import ProgressController
from cae_gui.widgets.progress_line import ProgressLine


class Work(QObject):
    """Something long."""

    busy = Signal(str, int, int)
    idle = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1
        self.idle.emit()


def test_works_are_shown_and_each_is_cancelled_alone(window: MainWindow, qtbot: QtBot) -> None:
    line, first, second = ProgressLine(), Work(), Work()
    qtbot.addWidget(line)
    controller = ProgressController(window.studio, line, window)
    controller.watch("first", first)
    controller.watch("second", second)
    first.busy.emit("One", 0, 0)
    second.busy.emit("Two", 1, 2)
    assert line.text() == "Two, and 1 more"
    qtbot.mouseClick(line.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert (first.cancelled, second.cancelled) == (0, 1)
    assert line.text() == "One"
    first.idle.emit()
    assert line.isHidden()


def test_photos_and_faces_are_shown(window: MainWindow, qtbot: QtBot) -> None:
    line, studio = window.status.progress, window.studio
    qtbot.waitUntil(lambda: line.text() == "", timeout=60_000)
    studio.photos.busy.emit("Reading “a.png”", 1, 9)
    studio.faces.busy.emit("Preparing", 1, 9)
    assert line.text() == "Preparing, and 1 more"
    studio.faces.idle.emit()
    assert line.text() == "Reading “a.png”"
