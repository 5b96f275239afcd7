"""The prepared cache: each face set as a file that is memory-mapped within milliseconds.

A preparation of a folder that was stopped or killed leaves its faces in parts, one file each, by a
key of the state of their picture, and the next one takes them from there. Those of an earlier state
of the folder are taken from its cache entry.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import shutil
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.face_set import FACE_SHAPE, DataError, FaceSet, Prepared
from model.io.files import check_ordinary, flush, new_folder, read_bytes, replacing
from model.io.places import cache_folder

VERSION = 1
_CHUNK = 1 << 20
_CHECKED_CHUNKS = 256
_MAX_META_BYTES = 200_000_000
"""Names of ten million faces."""
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_STALE_S = 24 * 3600
_PARTS_STALE_S = 30 * _STALE_S

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


def cache_root() -> Path:
    """Return the folder of all prepared faces."""
    return cache_folder() / "faces"


class FaceWriter:
    """Writes faces one after the other to a .npy file; their number is known only at the end."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("wb")
        self.count = 0
        self._write_header()

    def append(self, faces: NDArray[np.uint8]) -> None:
        """Add faces, uint8 (N, 48, 48, 3)."""
        self._stream.write(np.ascontiguousarray(faces, np.uint8).data)
        self.count += len(faces)

    def _write_header(self) -> None:
        # NumPy pads headers so that the first axis may grow without moving the data.
        shape = (self.count, *FACE_SHAPE)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._stream, header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._stream:
            self._stream.seek(0)
            self._write_header()


class CacheEntry:
    """The place of one face set: ``key`` names its source, ``fingerprint`` the source's state.

    A changed source gets another folder, so that one that is in use never has to be replaced.
    """

    def __init__(self, root: Path, key: str, fingerprint: Mapping[str, str | int]) -> None:
        self._root = root
        self._key = key
        self._fingerprint = dict(fingerprint)
        state = json.dumps([VERSION, self._fingerprint], sort_keys=True)
        self.folder = root / f"{key}-{digest(state)}"
        self.parts = root / f"{key}.parts"
        """Where an unfinished preparation of this source may keep what it has, for a month."""

    def load(self) -> Prepared | None:
        """Return the faces, or None if they aren't there or aren't what was written."""
        try:
            return self._verified(_meta(self.folder))
        except _DAMAGED:
            return None

    def is_damaged(self) -> bool:
        """Tell whether something is there; to be asked when ``load`` returned None."""
        return self.folder.exists()

    def earlier(self) -> Iterator[Path]:
        """Yield the folders of other states of this source that hold what was written."""
        for folder in self._root.glob(f"{self._key}-*"):
            with contextlib.suppress(*_DAMAGED):
                meta = _meta(folder)
                written = (VERSION, _checksum(folder / "images.npy"))
                if written == (meta["version"], meta["checksum"]):
                    yield folder

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """Give a temporary folder to write ``images.npy`` to; it is gone at the end."""
        self._root.mkdir(parents=True, exist_ok=True)
        self._remove_stale()
        draft = new_folder(self.folder, ".tmp")
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def commit(
        self,
        draft: Path,
        title: str,
        names: Sequence[str],
        skipped: Sequence[str] = (),
        order: NDArray[np.int64] | None = None,
    ) -> Prepared:
        """Put the finished draft in place at once and return its faces.

        If another process was faster, its faces are returned. ``order`` is that of ``FaceSet``.

        Raises:
            DataError: what is in place can't be replaced or read.
        """
        meta: dict[str, Any] = {
            "version": VERSION,
            "fingerprint": self._fingerprint,
            "title": title,
        }
        meta |= {"count": len(names), "checksum": _checksum(draft / "images.npy")}
        meta |= {"names": list(names), "skipped": list(skipped)}
        if order is not None:
            meta["order"] = order.tolist()
        (draft / "meta.json").write_text(json.dumps(meta), "utf-8")
        for path in draft.iterdir():
            with path.open("rb+") as stream:
                flush(stream.fileno())
        prepared = self._moved_into_place(draft)
        if prepared is None:
            raise DataError(f"The prepared faces in “{self.folder}” can't be read back.")
        self._remove_others()
        return prepared

    def _verified(self, meta: Any) -> Prepared | None:
        path = self.folder / "images.npy"
        if (meta["version"], meta["fingerprint"]) != (VERSION, self._fingerprint):
            return None
        # Read as a file and not through the map, whose pages would stay in this process.
        if _checksum(path) != meta["checksum"]:
            return None
        images = np.load(path, mmap_mode="r")
        if len(images) != meta["count"] or not images.flags.c_contiguous:
            return None
        order = np.array(meta["order"], np.int64) if "order" in meta else None
        faces = FaceSet(str(meta["title"]), images, tuple(map(str, meta["names"])), order)
        return Prepared(faces, tuple(map(str, meta["skipped"])))

    def _moved_into_place(self, draft: Path) -> Prepared | None:
        try:
            draft.rename(self.folder)
        except OSError:
            winner = self.load()
            if winner is not None:
                return winner
            damaged = new_folder(self.folder, ".tmp")
            # Another process may repair the same damage now.
            with contextlib.suppress(FileNotFoundError):
                self.folder.rename(damaged / "faces")
            with contextlib.suppress(OSError):
                draft.rename(self.folder)
            shutil.rmtree(damaged, ignore_errors=True)
        return self.load()

    def _remove_stale(self) -> None:
        """Remove what was left behind by processes that were killed, and never taken up again."""
        for pattern, age in ((".*.tmp", _STALE_S), ("*.parts", _PARTS_STALE_S)):
            for path in self._root.glob(pattern):
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < time.time() - age:
                        shutil.rmtree(path, ignore_errors=True)

    def _remove_others(self) -> None:
        for path in self._root.glob(f"{self._key}-*"):
            if path != self.folder:
                shutil.rmtree(path, ignore_errors=True)


def digest(text: str) -> str:
    """Return 16 hexadecimal digits that stand for the text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _meta(folder: Path) -> Any:
    return json.loads(read_bytes(folder / "meta.json", _MAX_META_BYTES))


def _checksum(path: Path) -> int:
    """Return a checksum of the file, of a large one that of 256 MiB evenly spread over it.

    A million faces are 7 GB, which can't be read at every start.
    """
    check_ordinary(path, sys.maxsize)
    # CRC-32: it guards against damage, not malice, and is four times as fast as BLAKE2.
    checksum, chunks = 0, -(-path.stat().st_size // _CHUNK)
    count = min(chunks, _CHECKED_CHUNKS)
    with path.open("rb") as stream:
        for number in range(count):
            # The first and the last are among them.
            stream.seek(number * (chunks - 1) // max(1, count - 1) * _CHUNK)
            checksum = zlib.crc32(stream.read(_CHUNK), checksum)
    return checksum


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
