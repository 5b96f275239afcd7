from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import pytest

from model.system import threads
from model.system.threads import Foreground, poll, run_in_background


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Foreground:
    monkeypatch.setattr(threads, "MAX_WAIT_S", 60.0)
    return Foreground()


def give_way_apart(own: Foreground) -> threading.Thread:
    thread = threading.Thread(target=own.give_way)
    thread.start()
    return thread


def test_nobody_waits_where_nothing_is_asked() -> None:
    own = Foreground()
    assert not own.is_active
    own.give_way()


def test_background_work_waits_until_the_answer_is_there(
    waiting: Foreground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "REST_S", 0.0)
    with waiting.work():
        thread = give_way_apart(waiting)
        thread.join(0.05)
        assert thread.is_alive()
        with waiting.work():
            assert waiting.is_active
        assert waiting.is_active
    thread.join(10)
    assert not thread.is_alive()
    assert not waiting.is_active


def test_a_hand_that_just_moved_is_waited_for(
    waiting: Foreground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "REST_S", 30.0)
    with waiting.work():
        pass
    assert waiting.is_active


def test_work_that_raises_is_over(waiting: Foreground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "REST_S", 0.0)
    with pytest.raises(ValueError, match="no"), waiting.work():
        raise ValueError("no")
    waiting.give_way()
    assert not waiting.is_active


def test_a_hand_that_never_rests_holds_nothing_up_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "MAX_WAIT_S", 0.01)
    own = Foreground()
    with own.work():
        own.give_way()
        assert own.is_active


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_only_the_thread_that_asks_and_its_own_give_way() -> None:
    found: list[int] = []

    def note() -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def background() -> None:
        run_in_background()
        child = threading.Thread(target=note)
        child.start()
        child.join()

    thread = threading.Thread(target=background)
    thread.start()
    thread.join()
    note()
    assert found[0] > found[1]


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
