"""``cae-studio --self-test``: the engine's test, and whether a window can be painted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from cae_gui.main_window import MainWindow
from model.cli.self_test import report
from model.self_test import Check, self_test, tried

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def run_self_test(make_application: Callable[[], QApplication]) -> int:
    """Print a line about each part, and return 0, or 1 if something failed."""
    if sys.platform == "linux" and not any(map(os.environ.get, _DISPLAYS)):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = make_application()

    def checks() -> Iterator[Check]:
        yield from self_test()
        yield tried("Window", lambda: _paint(application))

    code = report(checks())
    if code:
        sys.stdout.flush()
        os._exit(code)  # as where a window can't be built
    return code


def _paint(application: QApplication) -> str:
    if application.windowIcon().pixmap(48, 48).isNull():
        raise RuntimeError("Qt can't read the icon, an SVG file")
    window = MainWindow()
    try:
        size = window.grab().size()
    finally:
        window.studio.shut_down()
    where = QGuiApplication.platformName()
    return f"Qt {qVersion()} on “{where}”, {size.width()} x {size.height()} pixels"
