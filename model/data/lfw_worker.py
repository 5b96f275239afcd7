"""The child process that reads LFW: ``python -m model.data.lfw_worker DATA_HOME IMAGES.NPY``.

It takes some 15 seconds and 800 MB, which the window's own process is spared. Progress and at
last the names go to standard output as one JSON object a line.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.face_cache import FaceWriter

CROP = (slice(94, 190), slice(78, 174))
"""Rows and columns of the 250x250 photos; halved they are 48x48."""
_CHUNK = 512


class _Progress(logging.Handler):
    """Passes on what scikit-learn logs every 1000 faces, as progress."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("Loading face #") and isinstance(record.args, tuple):
            done, total = record.args[:2]
            _report("Reading the photos", done, total)


def main(data_home: str, output: str) -> None:
    """Read LFW from scikit-learn's data home and write its faces to a .npy file."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warnings.simplefilter("ignore")
    _switch_off_store()
    images, names = _fetch(data_home)
    with FaceWriter(Path(output)) as writer:
        for start in range(0, len(images), _CHUNK):
            writer.append(_eight_bits(images[start : start + _CHUNK]))
            _report("Writing the faces", writer.count, len(images))
    _send({"names": names})


def _switch_off_store() -> None:
    """Keep scikit-learn from storing the faces itself, in 112 MB and as much time as reading."""
    joblib: Any = importlib.import_module("joblib")
    memory = joblib.Memory
    joblib.Memory = lambda *_, **options: memory(**options | {"location": None})


def _fetch(data_home: str) -> tuple[NDArray[np.float32], list[str]]:
    from sklearn.datasets import _lfw, fetch_lfw_people  # late: it takes joblib.Memory with it

    _lfw.TARGETS = ()  # the lists of pairs, which it requires and doesn't read
    logger = logging.getLogger("sklearn.datasets._lfw")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(_Progress())
    people = fetch_lfw_people(
        data_home=data_home, color=True, resize=0.5, slice_=CROP, download_if_missing=False
    )
    return people.images, [str(name) for name in people.target_names[people.target]]


def _eight_bits(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    # The values are k/255 exactly, so that rounding restores the photo's own bytes.
    return np.rint(images * 255).astype(np.uint8)


def _report(text: str, done: object, total: object) -> None:
    _send({"text": text, "done": done, "total": total})


def _send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock would be in the way when this process ends.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
