"""Background threads: one iterates a generator, one answers the newest request of each lane.

Both call functions of the caller on the GUI thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QThread, Signal, Slot
from shiboken6 import isValid

from cae_gui.core.errors import Problem, explain

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Stream:
    """A generator to iterate: ``make`` is called in the thread, the others on the GUI thread."""

    make: Callable[[], Iterator[Any]]
    then: Callable[[Any], object]
    failed: Callable[[Problem], object]
    ended: Callable[[bool], object] | None


class StreamJob(QThread):
    """Iterates one generator at a time in its own thread; a new one replaces it.

    Generators are closed between two values, so that their ``finally`` runs.
    """

    _reported = Signal(object, object, object)
    _ended = Signal(object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._present: _Stream | None = None
        self._next: _Stream | None = None
        self._stopping = self._cancelling = self._pausing = False
        # This object lives on the GUI thread, so the slots run there.
        self._reported.connect(self._on_reported)
        self._ended.connect(self._on_ended)

    @property
    def is_busy(self) -> bool:
        """Whether a generator is under way, until its end was reported."""
        return self._present is not None

    def begin(
        self,
        make_stream: Callable[[], Iterator[T]],
        *,
        then: Callable[[T], object],
        failed: Callable[[Problem], object],
        ended: Callable[[bool], object] | None = None,
    ) -> None:
        """Iterate a new generator, which is made in the thread, after closing the present one.

        On the GUI thread ``then`` is called with each value, in order, ``failed`` with an
        exception, and ``ended`` last, with True if it ran to its end. For a replaced generator
        nothing is called any more. Methods of a QObject, or a ``partial`` of one, aren't called
        after the object was destroyed. After ``stop`` nothing begins: a timer may still ask for it.
        """
        with self._changed:
            if self._stopping:
                return
            self._present = self._next = _Stream(make_stream, then, failed, ended)
            self._cancelling = self._pausing = False
            self._changed.notify()
        if not self.isRunning():
            self.start()

    def pause(self) -> None:
        """Take no next value until ``go_on``."""
        with self._changed:
            self._pausing = True

    def go_on(self) -> None:
        """Resume after ``pause``."""
        with self._changed:
            self._pausing = False
            self._changed.notify()

    def cancel(self) -> None:
        """Close the generator after the value under way; doesn't wait."""
        with self._changed:
            self._cancelling = True
            self._changed.notify()

    def stop(self) -> None:
        """End the thread, closing the generator under way; doesn't wait."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def run(self) -> None:
        """Iterate until stopped; runs in the job's thread."""
        while self._iterate_next():
            pass  # a call of its own: no value is kept alive while waiting (models, faces, files)

    def _iterate_next(self) -> bool:
        """Wait for a generator and iterate it; return False after ``stop``."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._next is not None)
            if self._stopping or self._next is None:
                return False
            stream, self._next = self._next, None
        self._iterate(stream)
        return True

    def _iterate(self, stream: _Stream) -> None:
        complete = False
        try:
            with closing(stream.make()) as values:  # type: ignore[type-var]
                while self._may_go_on(stream):
                    try:
                        value = next(values)
                    except StopIteration:
                        complete = True
                        break
                    self._reported.emit(stream, stream.then, value)
                    del value  # so that a pause keeps no snapshot alive
        except Exception as error:  # every exception must reach the window
            self._reported.emit(stream, stream.failed, explain(error))
        self._ended.emit(stream, complete)

    def _may_go_on(self, stream: _Stream) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: not self._pausing or self._is_over(stream))
            return not self._is_over(stream)

    def _is_over(self, stream: _Stream) -> bool:
        return self._stopping or self._cancelling or stream is not self._present

    @Slot(object, object, object)
    def _on_reported(self, stream: _Stream, reply: Callable[[Any], object], value: Any) -> None:
        if stream is self._present and _is_alive(reply):
            reply(value)

    @Slot(object, bool)
    def _on_ended(self, stream: _Stream, complete: bool) -> None:
        if stream is self._present:
            self._present = None
            if stream.ended is not None and _is_alive(stream.ended):
                stream.ended(complete)


@dataclass(eq=False, slots=True)
class _Question:
    """A request: ``work`` runs in the thread, ``then`` and ``failed`` on the GUI thread."""

    number: int
    lane: Hashable
    work: Callable[[], Any]
    then: Callable[[Any], object] | None
    failed: Callable[[Problem], object]


class LatestJob(QThread):
    """Answers the newest request of each lane in its own thread.

    Lanes given to the constructor are answered first, in this order, so that a slider's image
    doesn't wait for a film strip; other lanes follow in the order of their requests.
    """

    _done = Signal(object, object, object)

    def __init__(self, lanes: Iterable[Hashable] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = tuple(lanes)
        self._waiting: dict[Hashable, _Question] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._number = 0
        # Answers to requests with lower numbers are dropped: by lane, and of all lanes.
        self._wanted_from: dict[Hashable, int] = {}
        self._all_wanted_from = 0
        # This object lives on the GUI thread, so the slot runs there.
        self._done.connect(self._on_done)

    def ask(
        self,
        work: Callable[[], T],
        *,
        lane: Hashable,
        then: Callable[[T], object] | None = None,
        failed: Callable[[Problem], object],
        interim: bool = False,
    ) -> None:
        """Call ``work`` in the thread, then ``then`` with its result on the GUI thread.

        ``failed`` is called with an exception. The request replaces an earlier one of its lane; the
        result of one under way is dropped. With ``interim`` that result is still reported, so that
        a picture follows a slider during the drag. Where ``then`` or ``failed`` is a method of a
        QObject, or a ``partial`` of one, it isn't called after the object was destroyed.
        """
        with self._changed:
            self._number += 1
            if not interim:
                self._wanted_from[lane] = self._number
            self._waiting[lane] = _Question(self._number, lane, work, then, failed)
            self._changed.notify()

    def cancel(self, lane: Hashable) -> None:
        """Drop the requests of a lane; none of their answers is reported."""
        with self._changed:
            self._waiting.pop(lane, None)
            self._wanted_from[lane] = self._number + 1

    def cancel_all(self) -> None:
        """Drop all requests; none of their answers is reported."""
        with self._changed:
            self._waiting.clear()
            self._wanted_from.clear()
            self._all_wanted_from = self._number + 1

    def stop(self) -> None:
        """End the thread after the request under way; doesn't wait."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            self._changed.notify()

    def run(self) -> None:
        """Answer requests until stopped; runs in the job's thread."""
        while self._answer_next():
            pass  # a call of its own: no request or answer is kept alive while waiting

    def _answer_next(self) -> bool:
        """Wait for a request and answer it; return False after ``stop``."""
        question = self._next()
        if question is None:
            return False
        try:
            answer = question.work()
        except Exception as error:  # every exception must reach the window
            self._done.emit(question, question.failed, explain(error))
        else:
            self._done.emit(question, question.then, answer)
        return True

    def _next(self) -> _Question | None:
        with self._changed:
            self._changed.wait_for(self._has_work)
            if self._stopping:
                return None
            named = (lane for lane in self._order if lane in self._waiting)
            lane = next(named, next(iter(self._waiting)))
            return self._waiting.pop(lane)

    def _has_work(self) -> bool:
        return self._stopping or bool(self._waiting)

    @Slot(object, object, object)
    def _on_done(
        self, question: _Question, reply: Callable[[Any], object] | None, value: Any
    ) -> None:
        number, lane = question.number, question.lane
        wanted_from = max(self._wanted_from.get(lane, 0), self._all_wanted_from)
        if number >= self._wanted_from.get(lane, number + 1):
            del self._wanted_from[lane]  # all earlier ones were reported; there may be many lanes
        if reply is not None and number >= wanted_from and _is_alive(reply):
            reply(value)


def _is_alive(reply: Callable[..., object]) -> bool:
    """Return whether the QObject of a method still exists; True for other callables."""
    while isinstance(reply, partial):
        reply = reply.func
    owner = getattr(reply, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)


def stop_and_wait(jobs: Iterable[StreamJob | LatestJob]) -> None:
    """Stop jobs together, then wait until each thread has ended."""
    jobs = list(jobs)
    for job in jobs:
        job.stop()
    for job in jobs:
        job.wait()


def stop_all(owner: QObject) -> None:
    """Stop all jobs that an object and its children own, and wait until each thread has ended."""
    threads = owner.findChildren(QThread)
    stop_and_wait([job for job in threads if isinstance(job, StreamJob | LatestJob)])
