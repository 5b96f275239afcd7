"""The child process that reads pictures: ``python -m model.data.picture_worker``.

Each line of its standard input is a JSON list of paths. For each path a line of JSON comes back:
null, followed by the bytes of the face, or name and reason of the ``PhotoError``. It ends when its
standard input closes, should the process that started it die.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import IO

from model.photos.faces import PhotoError, read_face
from model.progress import Pace

READY = b"ready\n"
"""What it says when it has started."""


def main() -> None:
    """Answer requests until the input ends."""
    # Ctrl+C reaches all processes of a terminal; the one that asks decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a library may print mustn't come between the faces.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        answers.write(READY)
        answers.flush()
        for line in sys.stdin.buffer:
            _answer_all(json.loads(line), answers)
            answers.flush()


def _answer_all(paths: list[str], answers: IO[bytes]) -> None:
    pace = Pace(0.05)  # handing over each face at once would cost a quarter of the time
    for path in paths:
        _answer(Path(path), answers)
        if pace.due():
            answers.flush()


def _answer(path: Path, answers: IO[bytes]) -> None:
    try:
        face = read_face(path).tobytes()
        answers.write(b"null\n" + face)
    except PhotoError as error:
        answers.write(json.dumps([error.name, error.reason]).encode() + b"\n")


if __name__ == "__main__":
    main()
