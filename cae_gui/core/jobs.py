"""Work that leaves the GUI thread: a stream of events, and the newest question's answer.

Both call back those who asked, on the GUI thread.
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
    """One generator: ``make()`` is called in the thread, the others on the GUI's."""

    make: Callable[[], Iterator[Any]]
    then: Callable[[Any], object]
    failed: Callable[[Problem], object]
    ended: Callable[[bool], object] | None


class StreamJob(QThread):
    """Iterates generators in its own thread, one at a time; a new one replaces the present one.

    A generator is closed between two values, so that its ``finally`` runs.
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
        """Whether a generator is under way and has not reported its end yet."""
        return self._present is not None

    def begin(
        self,
        make_stream: Callable[[], Iterator[T]],
        *,
        then: Callable[[T], object],
        failed: Callable[[Problem], object],
        ended: Callable[[bool], object] | None = None,
    ) -> None:
        """Iterate a new generator, which is made in the thread; close the present one first.

        Each of its values goes to ``then``, in order, and what it raises to ``failed``, on the GUI
        thread. ``ended`` is called last: True if it ran to its end. Of a generator that another one
        replaced nothing comes any more. No method of a QObject, nor a ``partial`` of one, is called
        after the object was destroyed.
        """
        with self._changed:
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
        """End a pause."""
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
            pass  # and what was iterated isn't held while waiting: models, faces, open files

    def _iterate_next(self) -> bool:
        """Wait for a generator and iterate it; False when it is time to end."""
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
                    del value  # a snapshot mustn't live on through a pause
        except Exception as error:  # whatever a generator raises must reach the window
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
    """One thing to compute: ``work()`` runs in the thread, ``then`` and ``failed`` on the GUI's."""

    number: int
    lane: Hashable
    work: Callable[[], Any]
    then: Callable[[Any], object] | None
    failed: Callable[[Problem], object]


class LatestJob(QThread):
    """Answers the newest question of each lane, and calls the function that was given with it.

    Lanes named first are answered first, so that a slider's image never waits for the film strip
    below it; those that weren't named come last, in the order in which they asked.
    """

    _done = Signal(object, object, object)

    def __init__(self, lanes: Iterable[Hashable] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = tuple(lanes)
        self._waiting: dict[Hashable, _Question] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._number = 0
        # Replies to questions with a lower number are dropped: of one lane, and of all.
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
        """Have ``work`` done in the thread; its result goes to ``then``, on the GUI thread.

        What it raises goes to ``failed``. The question takes the place of an earlier one of its
        lane; if that is being worked at, its result is dropped. With ``interim`` that result still
        comes: a picture that follows a hand mustn't wait until the hand rests. Where ``then`` or
        ``failed`` is a method of a QObject, or a ``partial`` of one, it isn't called after the
        object was destroyed.
        """
        with self._changed:
            self._number += 1
            if not interim:
                self._wanted_from[lane] = self._number
            self._waiting[lane] = _Question(self._number, lane, work, then, failed)
            self._changed.notify()

    def cancel(self, lane: Hashable) -> None:
        """Drop what was asked in a lane; nothing of it arrives any more."""
        with self._changed:
            self._waiting.pop(lane, None)
            self._wanted_from[lane] = self._number + 1

    def cancel_all(self) -> None:
        """Drop all that was asked; nothing of it arrives any more."""
        with self._changed:
            self._waiting.clear()
            self._wanted_from.clear()
            self._all_wanted_from = self._number + 1

    def stop(self) -> None:
        """End the thread after the question under way; doesn't wait."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            self._changed.notify()

    def run(self) -> None:
        """Answer questions until stopped; runs in the job's thread."""
        while self._answer_next():
            pass  # and neither question nor answer is held while waiting for the next one

    def _answer_next(self) -> bool:
        """Wait for a question and answer it; False when it is time to end."""
        question = self._next()
        if question is None:
            return False
        try:
            answer = question.work()
        except Exception as error:  # whatever the work raises must reach the window
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
            del self._wanted_from[lane]  # all earlier ones have been reported; lanes may be many
        if reply is not None and number >= wanted_from and _is_alive(reply):
            reply(value)


def _is_alive(reply: Callable[..., object]) -> bool:
    """Return whether the QObject that a callable is a method of, if any, still exists."""
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
