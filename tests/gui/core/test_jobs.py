from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable, Iterator
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from cae_gui.core.errors import Problem
from cae_gui.core.jobs import LatestJob, StreamJob, stop_and_wait
from model.data.datasets import prepare
from tests.gui.conftest import wait_for_answers


class Listener(QObject):
    """Has streams iterated by a job; remembers what comes of them, and that it is told here."""

    def __init__(self, job: StreamJob) -> None:
        super().__init__()
        self._job = job
        self.values: list[Any] = []
        self.problems: list[str] = []
        self.ends: list[bool] = []

    def begin(self, stream: Callable[[], Iterator[Any]]) -> None:
        then, failed, ended = self.on_value, self.on_problem, self.on_end
        self._job.begin(stream, then=then, failed=failed, ended=ended)

    def on_value(self, value: Any) -> None:
        assert QThread.currentThread() is self.thread()
        self.values.append(value)

    def on_problem(self, problem: Problem) -> None:
        assert not self.ends
        self.problems.append(problem.text)

    def on_end(self, complete: bool) -> None:
        self.ends.append(complete)


@pytest.fixture
def job(qtbot: QtBot) -> Iterator[StreamJob]:
    job = StreamJob()
    yield job
    stop_and_wait([job])


@pytest.fixture
def heard(job: StreamJob) -> Listener:
    return Listener(job)


def wait_for_end(job: StreamJob, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not job.is_busy, timeout=30_000)


class Gated:
    """A stream of numbers that gives the next one only when the test opens the gate."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.gate = threading.Semaphore(0)
        self.waits = threading.Semaphore(0)
        self.closed = threading.Event()

    def __call__(self) -> Iterator[str]:
        try:
            for number in range(1000):
                self.waits.release()
                assert self.gate.acquire(timeout=20)
                yield f"{self.name}{number}"
        finally:
            self.closed.set()

    def wait_until_working(self) -> None:
        assert self.waits.acquire(timeout=20)


def numbers(count: int) -> Callable[[], Iterator[int]]:
    def stream() -> Iterator[int]:
        yield from range(count)

    return stream


def test_values_come_in_order_and_the_end_comes_last(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    heard.begin(numbers(100))
    assert job.is_busy
    qtbot.waitUntil(lambda: heard.ends == [True])
    assert heard.values == list(range(100))
    assert not job.is_busy


def test_the_stream_runs_in_the_jobs_thread(job: StreamJob, heard: Listener, qtbot: QtBot) -> None:
    here = threading.get_ident()

    def stream() -> Iterator[bool]:
        yield threading.get_ident() == here

    heard.begin(stream)
    wait_for_end(job, qtbot)
    assert heard.values == [False]


def test_one_thread_serves_many_streams(job: StreamJob, heard: Listener, qtbot: QtBot) -> None:
    idents = set()

    def stream() -> Iterator[int]:
        idents.add(threading.get_ident())
        yield 1

    for _ in range(20):
        heard.begin(stream)
        wait_for_end(job, qtbot)
    assert len(idents) == 1
    assert heard.ends == [True] * 20


def test_a_new_stream_closes_the_present_one_and_hides_its_values(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    old = Gated("old ")
    heard.begin(old)
    old.wait_until_working()
    heard.begin(numbers(3))
    old.gate.release()  # its value is made after it was replaced
    qtbot.waitUntil(lambda: heard.ends == [True], timeout=5000)
    assert heard.values == [0, 1, 2]
    assert old.closed.is_set()


def test_values_already_on_their_way_are_dropped_after_a_replacement(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    old = Gated("old ")
    heard.begin(old)
    for _ in range(3):
        old.gate.release()
    for _ in range(4):
        old.wait_until_working()  # three values lie in the event queue
    heard.begin(numbers(2))
    old.gate.release()
    qtbot.waitUntil(lambda: heard.ends == [True], timeout=5000)
    assert heard.values == [0, 1]


def test_pause_holds_the_stream_until_it_goes_on(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    stream = Gated()
    heard.begin(stream)
    stream.wait_until_working()
    job.pause()
    stream.gate.release()
    qtbot.waitUntil(lambda: heard.values == ["0"], timeout=5000)
    # A stream that is held asks for no second turn, however open its gate is.
    stream.gate.release()
    assert not stream.waits.acquire(timeout=0.1)
    job.go_on()
    qtbot.waitUntil(lambda: heard.values == ["0", "1"], timeout=5000)
    job.cancel()
    stream.gate.release()
    qtbot.waitUntil(lambda: heard.ends == [False], timeout=5000)


def test_cancel_ends_a_pause_and_closes_the_stream(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    stream = Gated()
    heard.begin(stream)
    stream.wait_until_working()
    job.pause()
    stream.gate.release()
    qtbot.waitUntil(lambda: heard.values == ["0"], timeout=5000)
    job.cancel()
    qtbot.waitUntil(lambda: heard.ends == [False])
    assert stream.closed.is_set()


def test_a_new_stream_ends_a_pause(job: StreamJob, heard: Listener, qtbot: QtBot) -> None:
    stream = Gated()
    heard.begin(stream)
    stream.wait_until_working()
    job.pause()
    heard.begin(numbers(2))
    stream.gate.release()
    qtbot.waitUntil(lambda: heard.ends == [True], timeout=5000)
    assert heard.values == [0, 1]


def test_a_cancelled_job_takes_the_next_stream(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    job.cancel()
    heard.begin(numbers(1))
    qtbot.waitUntil(lambda: heard.ends == [True])


def test_stop_ends_a_paused_thread(job: StreamJob, heard: Listener, qtbot: QtBot) -> None:
    stream = Gated()
    heard.begin(stream)
    stream.wait_until_working()
    job.pause()
    stream.gate.release()
    stop_and_wait([job])
    assert job.isFinished()
    assert stream.closed.is_set()


def test_nothing_begins_after_stop(job: StreamJob, heard: Listener) -> None:
    """A timer may ask for it while a window is closing; its thread would outlive the job."""
    stop_and_wait([job])
    heard.begin(lambda: iter([1]))
    assert not job.isRunning()
    assert not job.is_busy


def test_stop_without_a_stream(job: StreamJob, qtbot: QtBot) -> None:
    stop_and_wait([job])
    assert not job.isRunning()


def test_a_failure_is_a_problem_and_then_the_end(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    def stream() -> Iterator[int]:
        yield 1
        raise ValueError("The third leg is missing.")

    heard.begin(stream)
    wait_for_end(job, qtbot)
    assert heard.values == [1]
    assert heard.problems == ["The third leg is missing."]
    assert heard.ends == [False]


def test_a_stream_that_cannot_be_made_is_a_failure(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    def make() -> Iterator[int]:
        raise OSError(28, "No space left on device")

    heard.begin(make)
    wait_for_end(job, qtbot)
    assert "disk is full" in heard.problems[0]


def test_a_failure_while_closing_is_reported(job: StreamJob, heard: Listener, qtbot: QtBot) -> None:
    working = threading.Event()

    def stream() -> Iterator[int]:
        try:
            while True:
                working.set()
                yield 1
        finally:
            raise RuntimeError("It can't be saved.")

    heard.begin(stream)
    assert working.wait(20)
    job.cancel()
    wait_for_end(job, qtbot)
    assert heard.problems == ["It can't be saved."]


class Heavy:
    """Stands for a model or a picture: something that mustn't be held for nothing."""

    def numbers(self) -> Iterator[int]:
        yield 1

    def itself(self) -> Heavy:
        return self


def test_what_was_iterated_is_not_held_by_a_waiting_thread(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    heavy = Heavy()
    heard.begin(heavy.numbers)
    qtbot.waitUntil(lambda: heard.ends == [True])
    seen = weakref.ref(heavy)
    del heavy
    qtbot.waitUntil(lambda: seen() is None)
    assert job.isRunning()


def test_a_job_goes_on_after_a_failure(job: StreamJob, heard: Listener, qtbot: QtBot) -> None:
    def stream() -> Iterator[int]:
        yield 1 // 0

    heard.begin(stream)
    wait_for_end(job, qtbot)
    heard.begin(numbers(2))
    wait_for_end(job, qtbot)
    assert heard.ends == [False, True]
    assert heard.values == [0, 1]


def test_nothing_is_told_to_an_object_that_is_gone(
    job: StreamJob, heard: Listener, qtbot: QtBot
) -> None:
    stream = Gated()
    heard.begin(stream)
    stream.wait_until_working()
    delete(heard)
    stream.gate.release()
    job.cancel()
    wait_for_end(job, qtbot)
    assert heard.values == heard.ends == []


class Lane(Enum):
    URGENT = auto()
    USUAL = auto()
    LATE = auto()


class Asker(QObject):
    """Asks a job, and remembers what comes back, on the GUI thread."""

    def __init__(self, job: LatestJob) -> None:
        super().__init__()
        self._job = job
        self.answers: list[Any] = []
        self.problems: list[str] = []

    def ask(self, work: Callable[[], Any], lane: Hashable, *, interim: bool = False) -> None:
        self._job.ask(work, lane=lane, then=self.on_answer, failed=self.on_problem, interim=interim)

    def say(self, text: str, lane: Hashable, *, interim: bool = False) -> None:
        """Ask for a text."""
        self.ask(lambda: text, lane, interim=interim)

    def on_answer(self, answer: Any) -> None:
        assert QThread.currentThread() is self.thread()
        self.answers.append(answer)

    def on_problem(self, problem: Problem) -> None:
        assert QThread.currentThread() is self.thread()
        self.problems.append(problem.text)


@pytest.fixture
def asked(qtbot: QtBot) -> Iterator[LatestJob]:
    job = LatestJob(Lane)
    job.start()
    yield job
    stop_and_wait([job])


@pytest.fixture
def asker(asked: LatestJob) -> Asker:
    return Asker(asked)


class Held:
    """Work that keeps the thread busy until the test lets go."""

    def __init__(self, asker: Asker, lane: Lane = Lane.USUAL) -> None:
        self._began, self._let_go = threading.Event(), threading.Event()
        asker.ask(self._work, lane)
        assert self._began.wait(20)

    def _work(self) -> str:
        self._began.set()
        assert self._let_go.wait(20)
        return "held"

    def let_go(self) -> None:
        self._let_go.set()


def test_an_answer_goes_to_the_one_who_asked(asked: LatestJob, qtbot: QtBot) -> None:
    first, second = Asker(asked), Asker(asked)
    first.ask(lambda: 6 * 7, Lane.USUAL)
    second.say("other", Lane.LATE)
    wait_for_answers(asked, qtbot)
    assert (first.answers, second.answers) == ([42], ["other"])


def test_the_newest_question_of_a_lane_wins(asked: LatestJob, asker: Asker, qtbot: QtBot) -> None:
    held = Held(asker)
    for number in range(50):
        asker.say(f"urgent {number}", Lane.URGENT)
        asker.say(f"late {number}", Lane.LATE, interim=True)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["held", "urgent 49", "late 49"]


def test_a_newer_question_drops_the_answer_under_way(
    asked: LatestJob, asker: Asker, qtbot: QtBot
) -> None:
    held = Held(asker)
    asker.say("newer", Lane.USUAL)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["newer"]


def test_an_interim_answer_comes_although_a_newer_question_waits(
    asked: LatestJob, asker: Asker, qtbot: QtBot
) -> None:
    held = Held(asker)
    asker.say("newer", Lane.USUAL, interim=True)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["held", "newer"]


@pytest.mark.parametrize("interim", [False, True])
def test_nothing_arrives_after_a_lane_is_cancelled(
    asked: LatestJob, asker: Asker, qtbot: QtBot, interim: bool
) -> None:
    held = Held(asker)
    asker.say("waiting", Lane.URGENT, interim=interim)
    asker.say("other", Lane.LATE)
    asked.cancel(Lane.USUAL)
    asked.cancel(Lane.URGENT)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["other"]
    asker.say("again", Lane.USUAL, interim=interim)
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["other", "again"]


def test_nothing_arrives_after_all_is_cancelled(
    asked: LatestJob, asker: Asker, qtbot: QtBot
) -> None:
    held = Held(asker)
    asker.say("waiting", Lane.URGENT)
    asked.cancel_all()
    asker.say("later", Lane.USUAL, interim=True)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["later"]


def test_an_answer_on_its_way_is_dropped_by_a_cancellation(
    asked: LatestJob, asker: Asker, qtbot: QtBot
) -> None:
    done = threading.Event()
    asker.say("early", Lane.USUAL)
    asked.ask(done.set, lane=Lane.LATE, failed=pytest.fail)
    assert done.wait(20)  # the first answer lies in the event queue
    asked.cancel(Lane.USUAL)
    wait_for_answers(asked, qtbot)
    assert asker.answers == []


@pytest.mark.parametrize("bind", [lambda method: method, lambda method: partial(method)])
def test_nothing_is_called_of_an_asker_that_was_destroyed(
    asked: LatestJob, asker: Asker, qtbot: QtBot, bind: Callable[[Any], Any]
) -> None:
    gone = Asker(asked)
    held = Held(asker)
    then, failed = bind(gone.on_answer), bind(gone.on_problem)
    asked.ask(lambda: 1, lane=Lane.USUAL, then=then, failed=failed)
    asked.ask(lambda: 1 // 0, lane=Lane.LATE, then=then, failed=failed)
    delete(gone)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert (gone.answers, gone.problems) == ([], [])


def test_lanes_are_answered_in_their_order(asked: LatestJob, asker: Asker, qtbot: QtBot) -> None:
    held = Held(asker)
    for lane in reversed(Lane):
        asker.say(lane.name, lane, interim=True)
    held.let_go()
    wait_for_answers(asked, qtbot)
    assert asker.answers == ["held", "URGENT", "USUAL", "LATE"]


def test_neither_question_nor_answer_is_held_by_a_waiting_thread(
    asked: LatestJob, asker: Asker, qtbot: QtBot
) -> None:
    heavy, seen_by = Heavy(), []
    seen = weakref.ref(heavy)
    asked.ask(heavy.itself, lane="a", then=lambda one: seen_by.append(id(one)), failed=pytest.fail)
    del heavy
    qtbot.waitUntil(lambda: bool(seen_by))
    qtbot.waitUntil(lambda: seen() is None)
    assert asked.isRunning()


def test_a_failed_question_is_a_problem_of_the_asker_and_the_next_is_answered(
    asked: LatestJob, asker: Asker, qtbot: QtBot
) -> None:
    def work() -> None:
        raise ValueError("That isn't a face.")

    asker.ask(work, Lane.LATE)
    wait_for_answers(asked, qtbot)
    asker.ask(lambda: 1, Lane.LATE)
    wait_for_answers(asked, qtbot)
    assert asker.problems == ["That isn't a face."]
    assert asker.answers == [1]


def test_stop_drops_what_waits(asked: LatestJob, asker: Asker, qtbot: QtBot) -> None:
    held = Held(asker)
    asker.say("waiting", Lane.URGENT)
    asked.stop()
    held.let_go()
    assert asked.wait(20_000)
    qtbot.waitUntil(lambda: bool(asker.answers), timeout=5000)
    assert asker.answers == ["held"]


def test_questions_asked_before_the_start_are_answered(qtbot: QtBot) -> None:
    job = LatestJob()
    asker = Asker(job)
    asker.say("only", Lane.USUAL)
    job.start()
    wait_for_answers(job, qtbot)
    stop_and_wait([job])
    assert asker.answers == ["only"]


def test_lanes_without_a_name_come_last_in_their_order(qtbot: QtBot) -> None:
    job = LatestJob(("named",))
    asker = Asker(job)
    for lane in ("second", "first", "named", "second"):
        asker.say(lane, lane)
    job.start()
    wait_for_answers(job, qtbot)
    stop_and_wait([job])
    assert asker.answers == ["named", "second", "first"]


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures that are read by processes, however few they are."""
    monkeypatch.setattr("model.data.picture_readers.PROCESSES_FROM", 1)
    folder = tmp_path / "album"
    folder.mkdir()
    for number in range(200):
        Image.new("RGB", (48, 48), (number, 0, 0)).save(folder / f"{number:03}.png")
    return folder


def test_a_job_prepares_a_folder_by_processes(
    qtbot: QtBot, job: StreamJob, heard: Listener, album: Path
) -> None:
    heard.begin(lambda: prepare(album))
    wait_for_end(job, qtbot)

    assert heard.ends == [True]
    assert len(heard.values[-1].faces.images) == 200


def test_cancelling_a_job_ends_its_processes(
    qtbot: QtBot, job: StreamJob, heard: Listener, album: Path
) -> None:
    cancel = lambda _value: job.cancel()  # noqa: E731
    job.begin(lambda: prepare(album), then=cancel, failed=pytest.fail, ended=heard.on_end)
    wait_for_end(job, qtbot)

    assert heard.ends == [False]
    assert not [one for one in threading.enumerate() if one.name.startswith("faces")]
