"""Exceptions that nobody caught: the person is told, the log keeps them, the window lives on."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from PySide6.QtCore import QObject, Signal

from cae_gui.core.problems import explain

AGAIN_AFTER_S = 10.0
"""One that comes with every painting would keep the window busy with telling of it."""


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
