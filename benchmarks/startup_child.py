"""The process that ``startup.py`` measures: the application, saying on standard output when.

    python benchmarks/startup_child.py FOLDER

It does what ``python main.py`` does, with settings and data in a folder of its own, writes
"painted" after the first painting of the window and "ready" after the first reconstruction has
been painted, and closes the window.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QEvent, QObject, QSettings, QTimer, Slot
from PySide6.QtGui import QShowEvent

from cae_gui import app
from cae_gui.main_window import MainWindow


class Watched(MainWindow):
    """The window, reporting."""

    def __init__(self) -> None:
        super().__init__()
        self._watcher = Watcher(self)
        self.reconstruct.reconstruction.painted.connect(self._on_reconstruction)

    @Slot(int)
    def _on_reconstruction(self, _stamp: int) -> None:
        say("ready")
        QTimer.singleShot(0, self.close)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.windowHandle().installEventFilter(self._watcher)


class Watcher(QObject):
    """Sees the system ask for the first painting of a window."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Expose:
            watched.removeEventFilter(self)
            # The window is painted while this very event is handled; timers come after it.
            QTimer.singleShot(0, say_painted)
        return False


def say_painted() -> None:
    """Report the first painting."""
    say("painted")


def say(word: str) -> None:
    """Write a word at once."""
    print(word, flush=True)


def main(folder: str) -> int:
    """Run the application."""
    os.environ["CAE_STUDIO_DATA"] = os.path.join(folder, "data")  # noqa: PTH118 - as little as can be
    os.environ["CAE_STUDIO_CACHE"] = os.path.join(folder, "cache")  # noqa: PTH118
    os.environ["CAE_STUDIO_LOG"] = os.path.join(folder, "log")  # noqa: PTH118
    ini, user = QSettings.Format.IniFormat, QSettings.Scope.UserScope
    QSettings.setDefaultFormat(ini)
    QSettings.setPath(ini, user, folder)
    app.MainWindow = Watched  # type: ignore[attr-defined]
    return app.run([])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
