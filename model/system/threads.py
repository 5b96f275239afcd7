"""Threads: priority of interactive work, and iterating without blocking."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

REST_S = 0.1
"""Interactive work that ended within this time is expected to continue."""
MAX_WAIT_S = 1.0
"""Background work goes on after this time even if interactive work never pauses."""
_NICE = 10

importing = threading.RLock()
"""Held while parts of scipy, scikit-image and scikit-learn are imported for the first time.

They import one another: where two threads began in different places, Python broke the tie, and one
of them found a module that was half there.
"""

T = TypeVar("T")


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
    """Give this thread, and the threads that it starts, the lowest priority, on Linux.

    Between two steps ``give_way`` is enough; this is for the step under way. It can't be undone.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


def poll(
    items: Iterable[T], every_s: float = 0.1, ahead: int = 16
) -> Generator[T | None, None, None]:
    """Yield the items, and None whenever none came for a while, so that the caller can stop.

    The items are fetched in a thread of their own, at most ``ahead`` of them in advance. When
    this generator is closed, the thread ends as soon as its current item comes or fails.
    """
    waiting: queue.Queue[T | _End] = queue.Queue(ahead)
    closed = threading.Event()

    def put(item: T | _End) -> bool:
        while not closed.is_set():
            try:
                waiting.put(item, timeout=every_s)
            except queue.Full:
                continue
            return True
        return False

    def fetch() -> None:
        try:
            # all() stops at the first item that is no longer wanted.
            if all(put(item) for item in items):
                put(_End())
        except BaseException as error:
            put(_End(error))

    threading.Thread(target=fetch, name="poll", daemon=True).start()
    try:
        yield from _received(waiting, every_s)
    finally:
        closed.set()


def _received(waiting: queue.Queue[T | _End], every_s: float) -> Generator[T | None, None, None]:
    while True:
        try:
            item = waiting.get(timeout=every_s)
        except queue.Empty:
            yield None
            continue
        if not isinstance(item, _End):
            yield item
        elif item.error is None:
            return
        else:
            raise item.error
