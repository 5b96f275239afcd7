"""Cache of faces that were read, by a key of the state of their picture.

A preparation that was stopped or killed leaves its faces in parts, one file each, and the next one
takes them from there. Those of an earlier state of the folder are taken from its cache entry.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data.face_cache import FaceWriter
from model.face_set import FACE_SHAPE
from model.io.files import check_ordinary, replacing

KEYS = "keys.npy"
"""The file of a cache entry that holds the key of each face."""
BLOCK = 128
"""Faces of one part: 0.9 MB, and what a kill may cost each reader."""

_AT_ONCE = 4096
_HELD_BLOCKS = 8
_MAX_PART_BYTES = 10_000_000
_FACE_BYTES = int(np.prod(FACE_SHAPE))

Keys = NDArray[np.uint64]
Faces = NDArray[np.uint8]


class KeptFaces:
    """Blocks of faces on disk and the keys of all of them: some 30 bytes of memory a face."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blocks: list[tuple[Keys, Callable[[], Faces]]] = []
        self._lock = threading.Lock()

    def open(self, wanted: Keys, earlier: Iterable[Path]) -> Iterator[None]:
        """Look for the wanted faces, in the parts and in folders of earlier cache entries.

        Parts that are damaged or hold nothing wanted any more are removed.
        """
        wanted = np.sort(wanted)
        for path in sorted(self._folder.glob("[!.]*.npz")):
            part = _whole_part(path)
            if part is None or not _any_in(wanted, part[0]):
                path.unlink(missing_ok=True)
            else:
                self._blocks.append((part[0], partial(_part_faces, path)))
            yield
        for folder in earlier:
            self._blocks += _entry_blocks(folder, wanted)
            yield

    def has(self, keys: Keys) -> NDArray[np.bool_]:
        """Tell for each key whether its face is here."""
        known = np.sort(np.concatenate([np.zeros(0, np.uint64), *(one for one, _ in self._blocks)]))
        return _in(known, keys)

    def keep(self, keys: Keys, faces: Faces) -> None:
        """Write a part; callable from any thread.

        Raises:
            OSError: the folder can't be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.blake2b(keys.tobytes(), digest_size=8).hexdigest()
        path = self._folder / f"{name}.npz"
        with replacing(path) as temporary:
            np.savez(temporary, keys=keys, faces=faces)
        with self._lock:
            self._blocks.append((keys, partial(_part_faces, path)))

    def write(self, keys: Keys, writer: FaceWriter) -> Iterator[int]:
        """Write the faces of keys, all of which are here, in this order; yield how many so far.

        Raises:
            OSError: a part is gone.
        """
        known = np.concatenate([one for one, _ in self._blocks])
        lengths = [len(one) for one, _ in self._blocks]
        block = np.repeat(np.arange(len(lengths)), lengths)
        row = np.concatenate([np.arange(length) for length in lengths])
        order = np.argsort(known, kind="stable")
        load = functools.lru_cache(_HELD_BLOCKS)(lambda number: self._blocks[number][1]())
        for start in range(0, len(keys), _AT_ONCE):
            at = order[np.searchsorted(known, keys[start : start + _AT_ONCE], sorter=order)]
            runs = np.flatnonzero(np.diff(block[at])) + 1
            for run in np.split(at, runs):
                writer.append(load(int(block[run[0]]))[row[run]])
            yield min(start + _AT_ONCE, len(keys))

    def discard(self) -> None:
        """Remove the parts."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _in(ordered: Keys, keys: Keys) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(keys), np.bool_)
    at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    return np.asarray(ordered[at] == keys)


def _any_in(ordered: Keys, keys: Keys) -> bool:
    return bool(_in(ordered, keys).any())


def _whole_part(path: Path) -> tuple[Keys, Faces] | None:
    """Return keys and faces of a part, or None if it isn't what was written."""
    try:
        # NumPy leaves a file open that it can't make sense of; it checks the checksums of what it
        # reads.
        check_ordinary(path, _MAX_PART_BYTES)
        with path.open("rb") as stream, np.load(stream) as part:
            keys, faces = part["keys"], part["faces"]
    # After any error the faces are read from the pictures again.
    except Exception:
        return None
    right = keys.dtype == np.uint64 and faces.dtype == np.uint8
    return (keys, faces) if right and faces.shape == (*keys.shape, *FACE_SHAPE) else None


def _part_faces(path: Path) -> Faces:
    with np.load(path) as part:
        faces: Faces = part["faces"]
        return faces


def _entry_blocks(folder: Path, wanted: Keys) -> Iterator[tuple[Keys, Callable[[], Faces]]]:
    path = folder / "images.npy"
    try:
        # As many keys as there are faces; a lying header isn't given the memory it asks for.
        check_ordinary(folder / KEYS, path.stat().st_size)
        keys = np.load(folder / KEYS, mmap_mode="r")
        # Read as a file and not through a map, whose pages would stay in this process.
        first_byte = path.stat().st_size - len(keys) * _FACE_BYTES
    except (OSError, ValueError, EOFError, TypeError):
        return
    if not isinstance(keys, np.ndarray) or keys.dtype != np.uint64 or keys.ndim != 1:
        return
    keys = np.array(keys)
    if first_byte < 0:
        return
    for start in range(0, len(keys), BLOCK):
        some = keys[start : start + BLOCK]
        if _any_in(wanted, some):
            yield some, partial(_rows, path, first_byte + start * _FACE_BYTES, len(some))


def _rows(path: Path, offset: int, count: int) -> Faces:
    return np.fromfile(path, np.uint8, count * _FACE_BYTES, offset=offset).reshape(-1, *FACE_SHAPE)
