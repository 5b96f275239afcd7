"""Signals of the system that end the window: Ctrl+C in its terminal, ``kill``, a closed terminal.

Python runs its handlers between two instructions of the main thread, which waits in Qt's event
loop or for threads. A byte on a socket is written at once, and wakes a thread that reads it.
Source: Qt, "Calling Qt Functions From Unix Signal Handlers"; Python, ``signal.set_wakeup_fd``.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

from PySide6.QtCore import QObject, Signal

from model.system.signals import ending_signals, exit_code

LONGEST_S = 30.0
"""How long the window may take to close; a training finishes its step and is saved."""

AT_ONCE_AFTER_S = 1.0
"""A second signal after this time doesn't wait any longer. Some systems send two together."""


class Ending(QObject):
    """Tells of the first signal that ends a program, while it is entered.

    The process ends with 128 + number after ``LONGEST_S``, or by another signal, even where the
    main thread hangs.

    Signals:
        asked(int): the number of the signal.
    """

    asked = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.exit_code: int | None = None
        """What the process is to end with; None where no signal asked for it."""
        self._before: dict[int, Any] = {}
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._watch = threading.Thread(target=self._wait, name="signals", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        self._before = {number: signal.getsignal(number) for number in ending_signals()}
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in self._before:
            signal.signal(number, _do_nothing)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(-1)
        # After a first signal the way out isn't disturbed by a traceback of a second one.
        for number, handler in self._before.items():
            signal.signal(number, handler if self.exit_code is None else signal.SIG_IGN)
        self._writer.close()
        self._watch.join()
        self._reader.close()

    def _wait(self) -> None:
        """Tell of the first signal, then make sure that the process ends; in a thread."""
        number = self._next()
        if number is None:
            return
        began = time.monotonic()
        self.exit_code = exit_code(number)
        self.asked.emit(number)
        while (left := began + LONGEST_S - time.monotonic()) > 0:
            self._reader.settimeout(left)
            try:
                if self._next() is None:
                    return
            except TimeoutError:
                break
            if time.monotonic() - began > AT_ONCE_AFTER_S:
                break
        os._exit(self.exit_code)

    def _next(self) -> int | None:
        """Return the next signal that ends a program; None at the end of the watch."""
        while byte := self._reader.recv(1):
            if byte[0] in self._before:
                return byte[0]
        return None


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: without a handler in Python, no byte is written."""
