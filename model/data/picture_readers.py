"""Many pictures at once: read by child processes, or by threads where they are few."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from model.data.picture_worker import READY
from model.face_set import FACE_SHAPE, DataError
from model.photos.faces import PhotoError, read_face
from model.system.child import cores, start_module

PROCESSES_FROM = 600
"""From this many pictures on processes are worth it: 0.2 s to start one, 0.5 ms a picture."""

_MAX_WORKERS = 16
_POLL_S = 0.1

T = TypeVar("T")
R = TypeVar("R")

Outcome = NDArray[np.uint8] | PhotoError
"""A face, uint8 (48, 48, 3), or why there is none."""

_FACE_BYTES = int(np.prod(FACE_SHAPE))


class PictureReaders:
    """Threads that share out the reading of ``count`` pictures, each with a process of its own.

    Pillow decodes outside Python's lock, but small pictures keep threads waiting for it: processes
    don't share it. Leaving the context ends all of them within a picture, killing the processes.
    """

    def __init__(self, count: int) -> None:
        self.workers = min(_MAX_WORKERS, max(2, cores()))
        self._apart = count >= PROCESSES_FROM
        self._pool = ThreadPoolExecutor(self.workers, "faces")
        self._own = threading.local()
        self._processes: set[PictureProcess] = set()
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def each(self, items: Iterable[T], work: Callable[[T], R]) -> Generator[R | None, None, None]:
        """Do work in the threads and yield what it returns, as it comes; None at least every 0.1 s.

        Only a few items are taken in advance. What the work raises is raised here.
        """
        waiting: set[Future[R]] = set()
        for item in items:
            waiting.add(self._pool.submit(work, item))
            while len(waiting) >= 2 * self.workers:
                waiting = yield from _finished(waiting)
        while waiting:
            waiting = yield from _finished(waiting)

    def read(self, paths: Sequence[str]) -> Iterator[Outcome]:
        """Read pictures in order, in the thread of a work; ends early when all is to end."""
        outcomes = self._read_apart(paths) if self._apart else map(_read_here, paths)
        for outcome in outcomes:
            yield outcome
            if self._stopped.is_set():
                return

    def _read_apart(self, paths: Sequence[str]) -> Iterator[Outcome]:
        done, alone = 0, False
        while done < len(paths):
            process = self._own_process()
            if process is None:
                return
            try:
                for outcome in process.read(paths[done : done + 1 if alone else None]):
                    done += 1
                    yield outcome
            except ProcessEndedError:
                self._give_up(process)
                # It may have been killed from outside: a picture that fails alone is to blame.
                if alone:
                    yield _ended(paths[done])
                    done += 1
                alone = True

    def _own_process(self) -> PictureProcess | None:
        """Return the thread's process, started if need be; None when all is to end."""
        with self._lock:
            if self._stopped.is_set():
                return None
            process: PictureProcess | None = getattr(self._own, "process", None)
            if process is None:
                process = self._own.process = PictureProcess()
                self._processes.add(process)
            return process

    def _give_up(self, process: PictureProcess) -> None:
        self._own.process = None
        with self._lock:
            self._processes.discard(process)
        process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._stopped.set()
            for process in self._processes:
                process.kill()
        self._pool.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()


def _finished(waiting: set[Future[R]]) -> Generator[R | None, None, set[Future[R]]]:
    done, waiting = wait(waiting, _POLL_S, FIRST_COMPLETED)
    yield None
    for future in done:
        yield future.result()
    return waiting


def _read_here(path: str) -> Outcome:
    try:
        return read_face(Path(path))
    except PhotoError as error:
        # The error itself would keep the picture, through its traceback.
        return PhotoError(error.name, error.reason)


def _ended(path: str) -> PhotoError:
    return PhotoError(
        Path(path).name,
        "ended the program that read it, perhaps because memory ran out, and was left out",
    )


class ProcessEndedError(Exception):
    """The child process has ended."""


class PictureProcess:
    """One child process; all but ``kill`` belong to the thread that uses it."""

    def __init__(self) -> None:
        self._process = start_module("model.data.picture_worker")
        self._ready = False

    def read(self, paths: Sequence[str]) -> Iterator[Outcome]:
        """Read pictures in order.

        Raises:
            ProcessEndedError: it ended, at one of the pictures that weren't yielded.
            DataError: it never started.
        """
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        self._wait_until_ready(answers)
        try:
            requests.write(json.dumps(paths).encode() + b"\n")
            requests.flush()
        except OSError as error:
            raise ProcessEndedError from error
        for _ in paths:
            yield _received(answers)

    def kill(self) -> None:
        """End it at once, which ends a ``read`` under way; callable from any thread."""
        self._process.kill()

    def close(self) -> None:
        """Release it, ended or not."""
        self._process.kill()
        # Closing flushes what it didn't take any more.
        with contextlib.suppress(OSError), self._process:
            pass

    def _wait_until_ready(self, answers: IO[bytes]) -> None:
        if self._ready:
            return
        if answers.readline() != READY:
            raise DataError(
                "The program that reads the pictures can't be started.",
                f"{subprocess.list2cmdline(map(str, self._process.args))}",  # type: ignore[arg-type]
            )
        self._ready = True


def _received(answers: IO[bytes]) -> Outcome:
    line = answers.readline()
    if not line.endswith(b"\n"):
        raise ProcessEndedError
    problem = json.loads(line)
    if problem is not None:
        return PhotoError(*problem)
    face = answers.read(_FACE_BYTES)
    if len(face) < _FACE_BYTES:
        raise ProcessEndedError
    return np.frombuffer(face, np.uint8).reshape(FACE_SHAPE)
