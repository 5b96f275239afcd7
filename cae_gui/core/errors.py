"""Exceptions as sentences for the user, also those that nothing caught.

The details are kept in the log, and can be copied for a report.
"""

from __future__ import annotations

import errno
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from PySide6.QtCore import QObject, Signal

from model.face_set import DataError

AGAIN_AFTER_S = 10.0
"""Without it an exception in every painting would be told of again and again."""


class Problem(NamedTuple):
    """What went wrong, in a sentence; ``details`` is for a bug report."""

    text: str
    details: str


Report = Callable[[Problem], object]
"""Tells the user of a problem."""


def explain(error: BaseException) -> Problem:
    """Turn an exception into a sentence that says what happened and what to do; log the details."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, DataError) and error.details:
        details = f"{error.details}\n\n{details}"
    sentence = _sentence(error)
    logging.getLogger(__name__).error("%s\n%s", sentence, details)
    return Problem(sentence, details)


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError):
        return _system_sentence(error)
    if isinstance(error, MemoryError):
        return "There isn't enough memory for this. Close other programs or use fewer faces."
    # The engine's own errors are sentences already.
    if isinstance(error, DataError | ValueError | RuntimeError) and str(error).endswith("."):
        return str(error)
    return (
        f"Something unexpected went wrong ({type(error).__name__}: {error}). "
        "Your work is kept; the details can be copied for a report."
    )


def _system_sentence(error: OSError) -> str:
    name = f"“{error.filename}”" if error.filename else "The file"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full. Free some space and try again; nothing was lost."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{name} can't be written or read: no permission. Choose another place."
        case errno.ENOENT:
            return f"{name} doesn't exist any more."
        case _:
            return f"{name} can't be used: {error.strerror or error}."


class Unexpected(QObject):
    """Takes every exception that isn't caught, in all threads, while it is entered.

    Signals:
        happened(Problem): an exception ended a slot, an override of Qt's, or a thread.
    """

    happened = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = sys.excepthook, threading.excepthook
        self._told: dict[tuple[str, int], float] = {}

    def __enter__(self) -> Self:
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self._on_exception, self._on_thread_exception
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, error, traceback)
        if not isinstance(error, Exception):
            return  # Ctrl+C in the terminal
        place = _place(error, traceback)
        if time.monotonic() - self._told.get(place, -AGAIN_AFTER_S) >= AGAIN_AFTER_S:
            self._told[place] = time.monotonic()
            self.happened.emit(explain(error))

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._on_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def _place(error: BaseException, traceback: TracebackType | None) -> tuple[str, int]:
    """Return what tells two problems apart: the kind of error and the line that raised it."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code.co_filename if traceback else ""
    return f"{type(error).__name__} {code}", traceback.tb_lineno if traceback else 0
