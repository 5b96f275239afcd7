from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from model.system.polling import poll


def test_items_come_in_order() -> None:
    assert [item for item in poll(range(100)) if item is not None] == list(range(100))


def test_none_comes_while_nothing_else_does() -> None:
    go_on = threading.Event()

    def slow() -> Iterator[str]:
        go_on.wait()
        yield "late"

    items = poll(slow(), every_s=0.01)
    assert next(items) is None
    go_on.set()
    assert [item for item in items if item is not None] == ["late"]


def test_errors_are_passed_on() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    items = poll(failing())
    assert next(item for item in items if item is not None) == 1
    with pytest.raises(OSError, match="no more"):
        list(items)


def test_closing_ends_the_thread() -> None:
    ended = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            ended.set()

    items = poll(endless(), every_s=0.01)
    next(items)
    items.close()
    del items
    assert ended.wait(10)
