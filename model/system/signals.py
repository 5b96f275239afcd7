"""The signals by which a terminal, a person or the system ends a program."""

from __future__ import annotations

import os
import signal
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last is Windows' Ctrl+Break


def ending_signals() -> tuple[int, ...]:
    """Return the signals that end this program; without those that ``nohup`` and "&" ignore."""
    numbers = (getattr(signal, name) for name in _NAMES if hasattr(signal, name))
    return tuple(number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN)


def exit_code(number: int) -> int:
    """Return the exit code of a program that ended by a signal, as shells have it."""
    return 128 + number


def end_at_once() -> None:
    """Let a signal end the process without a traceback, as long as there is nothing to keep."""
    for number in ending_signals():
        signal.signal(number, _exit)


def _exit(number: int, _frame: FrameType | None) -> None:
    os._exit(exit_code(number))
