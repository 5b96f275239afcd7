"""Opens the real window in folders of its own and waits for what it does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QSettings, QTimer

from cae_gui.app import make_application
from cae_gui.core.errors import Problem
from cae_gui.main_window import MainWindow
from cae_gui.settings import Settings
from model.latent_statistics import LatentStatistics

POLL_MS = 10


class NotDoneError(RuntimeError):
    """What was waited for didn't happen."""


def use_own_folders(folder: Path, *, own_cache: bool = False) -> None:
    """Keep settings and data of this process below a folder, and caches too if wanted."""
    os.environ["CAE_STUDIO_DATA"] = str(folder / "data")
    os.environ["CAE_STUDIO_LOG"] = str(folder / "log")
    if own_cache:
        os.environ["CAE_STUDIO_CACHE"] = str(folder / "cache")
    ini, user = QSettings.Format.IniFormat, QSettings.Scope.UserScope
    QSettings.setDefaultFormat(ini)
    QSettings.setPath(ini, user, str(folder / "settings"))


def open_window(source: str, width: int = 1280, height: int = 800) -> MainWindow:
    """Open the window on a source of faces and wait until everything in it is there."""
    make_application()
    Settings().source = source
    window = MainWindow()
    window.studio.problem.connect(_give_up)
    window.resize(width, height)
    window.show()
    window.start()
    wait_for(lambda: window.studio.faces.source == source, f"faces of “{source}”", 300)
    wait_for(lambda: _is_ready(window), "a measured latent space", 300)
    return window


def _is_ready(window: MainWindow) -> bool:
    explorer = window.studio.explorer
    return isinstance(explorer.statistics, LatentStatistics) and explorer.face is not None


def _give_up(problem: Problem) -> None:
    raise NotDoneError(problem.details)


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Run the event loop until the condition holds.

    Raises:
        NotDoneError: it doesn't in time.
    """
    loop, end = QEventLoop(), time.monotonic() + seconds

    def check() -> None:
        if condition() or time.monotonic() > end:
            loop.quit()

    timer = QTimer(interval=POLL_MS)
    timer.timeout.connect(check)
    timer.start()
    if not condition():
        loop.exec()
    if not condition():
        raise NotDoneError(f"no {what} within {seconds:g} s")


def run_for(seconds: float) -> None:
    """Run the event loop for a time."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
