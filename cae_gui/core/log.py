"""The log file: the start, what went wrong, and the sentences that the user was shown.

Each window (process) writes a file of its own: two that rotate the same one lose lines. A thread
writes: nothing waits for a slow disk, and where it can't be written only the log is lost.
"""

from __future__ import annotations

import logging
import platform
import re
import sys
from contextlib import suppress
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from PySide6.QtCore import (
    QLockFile,
    QMessageLogContext,
    QtMsgType,
    qInstallMessageHandler,
    qVersion,
)

from model.io.places import home, log_folder

PACKAGES = ("numpy", "Pillow", "torch", "PySide6-Essentials", "safetensors", "scikit-learn")
_MOST_BYTES = 1_000_000
_EARLIER_FILES = 2  # with the present one three of 1 MB
_MOST_WINDOWS = 9
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
# In quotes, but not the files of a traceback: File "/usr/lib/python3/….py", line 3
_PATH = re.compile(r"""(?<!File )(?P<open>["'“])(?:/|[A-Za-z]:[/\\]|\\\\)(?:[^\n"'”]*[/\\])?"""
                   r"""(?P<name>[^\n"'”/\\]*)(?=["'”])""")  # fmt: skip


class Log:
    """Writes a log file while it is entered; nothing that goes wrong here reaches the caller."""

    def __init__(self) -> None:
        self._lock: QLockFile | None = None
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._handler = QueueHandler(self._queue)
        self._listener: QueueListener | None = None

    def __enter__(self) -> Self:
        path = self._free_path()
        if path is not None:
            file = _QuietFile(
                path, maxBytes=_MOST_BYTES, backupCount=_EARLIER_FILES, delay=True, encoding="utf-8"
            )
            file.setFormatter(_Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            self._listener = QueueListener(self._queue, file)
            self._listener.start()
            logging.getLogger().addHandler(self._handler)
            logging.getLogger("cae_gui").setLevel(logging.INFO)
        qInstallMessageHandler(_on_qt_message)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        qInstallMessageHandler(None)
        logging.getLogger().removeHandler(self._handler)
        logging.getLogger("cae_gui").setLevel(logging.NOTSET)
        if self._listener is not None:
            self._listener.stop()
            self._listener.handlers[0].close()
        if self._lock is not None:
            self._lock.unlock()

    def _free_path(self) -> Path | None:
        """Return the first file that no other window writes; None where none can be written."""
        folder = log_folder()
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MOST_WINDOWS + 1):
            path = folder / ("cae-studio.log" if number == 1 else f"cae-studio-{number}.log")
            lock = QLockFile(f"{path}.lock")
            lock.setStaleLockTime(0)  # a window may be open for days; a killed one is noticed
            if lock.tryLock(0):
                self._lock = lock
                return path
        return None


def note_start(version: str) -> None:
    """Write what runs here, for a bug report; takes some 20 ms."""
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    logging.getLogger(__name__).info(
        "CAE Studio %s, Python %s, Qt %s, %s. %s",
        version,
        platform.python_version(),
        qVersion(),
        platform.platform(),
        packages,
    )


def discreet(text: str) -> str:
    """Return a text without the folders of the user's files; their names stay."""
    short = _PATH.sub(r"\g<open>…/\g<name>", text)
    own = str(home() or "")
    return short.replace(own, "~") if len(own) > 1 else short


class _Discreet(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))


class _QuietFile(RotatingFileHandler):
    def handleError(self, _record: logging.LogRecord) -> None:  # the disk is full, or gone
        return


def _version(package: str) -> str:
    from importlib import metadata  # takes longer to import than to ask

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _on_qt_message(kind: QtMsgType, _context: QMessageLogContext, text: str | None) -> None:
    level = _LEVELS[kind]
    logging.getLogger("Qt").log(level, text or "")
    if level >= logging.WARNING and sys.stderr is not None:  # a window has none on Windows
        sys.stderr.write(f"{text}\n")
