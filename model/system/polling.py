"""Iterates over a blocking iterator without blocking."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


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
