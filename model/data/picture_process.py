"""Starts and talks to a child process that reads pictures."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from model.data.picture_worker import READY
from model.face_set import FACE_SHAPE, DataError
from model.photos.faces import PhotoError
from model.system.child import start_module

Outcome = NDArray[np.uint8] | PhotoError
"""A face, uint8 (48, 48, 3), or why there is none."""

_FACE_BYTES = int(np.prod(FACE_SHAPE))


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
        """Take it away, ended or not."""
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
