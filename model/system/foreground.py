"""Priority of interactive work over background work within one process."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

REST_S = 0.1
"""Interactive work that ended within this time is expected to continue."""
MAX_WAIT_S = 1.0
"""Background work goes on after this time even if interactive work never pauses."""
_NICE = 10


class Foreground:
    """Tracks whether interactive work runs or just ended; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._ended = float("-inf")

    @contextmanager
    def work(self) -> Iterator[None]:
        """Let background work wait while this context is entered, and for ``REST_S`` after it."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._ended = time.monotonic()
                self._changed.notify_all()

    @property
    def is_active(self) -> bool:
        """Whether background work should wait now."""
        with self._changed:
            return self._seconds_left() > 0

    def give_way(self) -> None:
        """Wait until no interactive work has run for ``REST_S``; at most ``MAX_WAIT_S``."""
        end = time.monotonic() + MAX_WAIT_S
        with self._changed:
            while (left := min(self._seconds_left(), end - time.monotonic())) > 0:
                self._changed.wait(left)

    def _seconds_left(self) -> float:
        if self._count:
            return float("inf")
        return self._ended + REST_S - time.monotonic()


foreground = Foreground()
"""The instance of this process, whose threads share the cores."""


def run_in_background() -> None:
    """Let this thread, and the threads that it starts, give way to the others, where Linux can.

    Between two steps ``give_way`` is enough; this is for the step under way. It can't be undone.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
