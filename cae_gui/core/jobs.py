"""Work that leaves the GUI thread: a stream of events, and the newest question's answer.

A stream's signals are on the QThread itself. Connect them to methods of QObjects that live on the
GUI thread; Qt then delivers there. Answers to questions are called back on the GUI thread.
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


class StreamJob(QThread):
    """Iterates generators in its own thread, one at a time; a new one replaces the present one.

    Signals:
        produced(object): each value of the present generator, in order.
        failed(Problem): it raised; only ``ended`` follows.
        ended(bool): always last; True if it ran to its end. Not sent for a replaced one.

    A generator is closed between two values, so that its ``finally`` runs.
    """

    produced = Signal(object)
    failed = Signal(object)
    ended = Signal(bool)
    _reported = Signal(int, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._next_stream: Callable[[], Iterator[Any]] | None = None
        self._number = 0
        self._stopping = self._cancelling = self._pausing = False
        self.is_busy = False
        """Whether a generator is under way and has not reported its end yet."""
        # This object lives on the GUI thread, so the slot runs there.
        self._reported.connect(self._on_report)

    def begin(self, make_stream: Callable[[], Iterator[Any]]) -> None:
        """Iterate a new generator, which is made in the thread; close the present one first."""
        with self._changed:
            self._number += 1
            self._next_stream = make_stream
            self._cancelling = self._pausing = False
            self.is_busy = True
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
            self._changed.wait_for(lambda: self._stopping or self._next_stream is not None)
            if self._stopping or self._next_stream is None:
                return False
            number, make_stream = self._number, self._next_stream
            self._next_stream = None
        self._iterate(number, make_stream)
        return True

    def _iterate(self, number: int, make_stream: Callable[[], Iterator[Any]]) -> None:
        complete = False
        try:
            with closing(make_stream()) as stream:  # type: ignore[type-var]
                while self._may_go_on(number):
                    try:
                        value = next(stream)
                    except StopIteration:
                        complete = True
                        break
                    self._reported.emit(number, "value", value)
                    del value  # a snapshot mustn't live on through a pause
        except Exception as error:  # whatever a generator raises must reach the window
            self._reported.emit(number, "failed", explain(error))
        self._reported.emit(number, "ended", complete)

    def _may_go_on(self, number: int) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: not self._pausing or self._is_over(number))
            return not self._is_over(number)

    def _is_over(self, number: int) -> bool:
        return self._stopping or self._cancelling or number != self._number

    @Slot(int, str, object)
    def _on_report(self, number: int, kind: str, value: Any) -> None:
        if number != self._number:
            return
        if kind == "ended":
            self.is_busy = False
            self.ended.emit(value)
        elif kind == "failed":
            self.failed.emit(value)
        else:
            self.produced.emit(value)


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
