"""The application: arguments, the one QApplication, and what happens without a display."""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from cae_gui.core.ending import Ending
from cae_gui.core.errors import Unexpected, explain
from cae_gui.core.log import Log, note_start
from cae_gui.core.startup import ShortCollections
from cae_gui.core.tasks import Task
from cae_gui.main_window import MainWindow
from cae_gui.settings import Settings
from cae_gui.widgets.numbers import WINDOW_LOCALE
from cae_gui.widgets.theme import apply_theme
from model import __version__
from model.io.places import NoPlaceError, find_places, log_folder, shipped
from model.system.heap import share_heap

NO_DISPLAY = (
    "CAE Studio can't open a window here: there is no display, or a system library of Qt is "
    "missing. On Debian or Ubuntu run: sudo apt-get install libxkbcommon-x11-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0"
)
SWITCH_INTERVAL_S = 0.001
"""How long another thread may keep the GUI thread from running Python; 0.005 by default."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Open the window and return the exit code when it is closed."""
    options = _parse(arguments)
    if options.desktop is not None:
        return _change_desktop(options.desktop)
    try:
        find_places()
    except NoPlaceError as error:
        print(error, file=sys.stderr)
        return 1
    if options.self_test:
        from cae_gui.self_test import run_self_test  # brings torch

        return run_self_test(make_application)
    application = make_application()
    with Log(), Unexpected() as unexpected:
        try:
            return _open(application, options.files, unexpected)
        except Exception as error:  # whatever it is, there is no window to tell it
            explain(error)  # its details go to the log
            print(
                f"CAE Studio can't open its window ({type(error).__name__}: {error}). "
                f"The details are in the log, in “{log_folder()}”.",
                file=sys.stderr,
                flush=True,
            )
    os._exit(1)  # where Python deletes parts that no window holds yet, Qt may crash


def _open(application: QApplication, files: Sequence[Path], unexpected: Unexpected) -> int:
    """Show the window and return the exit code when it is closed."""
    window, ending = MainWindow(), Ending()
    ending.asked.connect(window.leave)
    unexpected.happened.connect(window.messages.show_problem)
    unexpected.happened.connect(window.studio.unsaved.write_now)
    try:
        with ending:  # until here a signal ends the process at once
            window.show()
            window.start()
            window.studio.tasks.run(partial(note_start, __version__), Task.VERSIONS)
            for path in files:
                window.files.open_path(path.absolute())
            code = application.exec()
    finally:
        window.leave()  # does nothing where it was closed
    return code if ending.exit_code is None else ending.exit_code


def make_application() -> QApplication:
    """Return the one QApplication, named, with icon and colours."""
    share_heap()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    ShortCollections().begin()
    said: list[str] = []
    qInstallMessageHandler(partial(_on_message, said))
    application = QApplication(sys.argv[:1])
    qInstallMessageHandler(None)
    for text in said:
        print(text, file=sys.stderr)
    QLocale.setDefault(WINDOW_LOCALE)
    application.setApplicationName("cae-studio")
    application.setApplicationDisplayName("CAE Studio")
    application.setDesktopFileName("cae-studio")
    if sys.platform == "win32":  # or the task bar shows Python's icon
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("cae-studio")
    application.setWindowIcon(QIcon(str(shipped("icon.svg"))))
    apply_theme(application, Settings().scheme)
    return application


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="cae-studio", description="Train, explore and morph faces with an autoencoder."
    )
    parser.add_argument("files", nargs="*", type=Path, help="photos or model files to open")
    text = "try each part of the program once, and print a line about each"
    parser.add_argument("--self-test", action="store_true", help=text)
    for flag, text in (
        ("install", "put an entry, icons and kinds of files into this user's menu (Linux)"),
        ("remove", "remove them"),
    ):
        parser.add_argument(
            f"--{flag}-desktop", dest="desktop", action="store_const", const=flag, help=text
        )
    parser.add_argument("--version", action="version", version=__version__)
    return parser.parse_args(arguments)


def _change_desktop(what: str) -> int:
    from cae_gui.desktop import DesktopError, install_desktop, remove_desktop

    try:
        print(install_desktop() if what == "install" else remove_desktop())
    except DesktopError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _on_message(
    said: list[str], kind: QtMsgType, _context: QMessageLogContext, text: str | None
) -> None:
    """Replace by one sentence the abort with which Qt ends where no window can be opened."""
    if kind is QtMsgType.QtFatalMsg:
        print(NO_DISPLAY, file=sys.stderr, flush=True)
        os._exit(1)
    elif kind is not QtMsgType.QtDebugMsg and "platform plugin" not in (text or ""):
        said.append(text or "")
