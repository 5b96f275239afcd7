"""A folder of pictures as faces."""

from __future__ import annotations

import hashlib
import os
import threading
from array import array
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data.face_cache import BLOCK, KEYS, VERSION, CacheEntry, FaceWriter, KeptFaces, digest
from model.data.picture_readers import PictureReaders
from model.face_set import DataError, Prepared
from model.io.files import readable
from model.photos.faces import READING, PhotoError, picture_suffixes
from model.progress import Pace, WorkProgress

Rows = NDArray[np.int64]


def prepare_folder(folder: Path, root: Path) -> Generator[WorkProgress | Prepared, None, None]:
    """Yield progress, and as the last item the faces of all pictures below the folder, by name.

    A picture in a subfolder is named after the subfolder, as in LFW, others after their file.
    Hidden files and folders are left out; unreadable pictures are skipped and reported.

    Many pictures are read by several processes. What was read before the generator is closed, or
    before this process is killed, is kept and needn't be read again, nor need the unchanged
    pictures of a folder that changed. Memory holds names and numbers of the pictures, some 150
    bytes each, and no more than a few hundred faces.

    Raises:
        DataError: the folder can't be opened or holds no readable picture.
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise DataError(f"“{folder.name or folder}” isn't a folder that can be opened.")
    pictures = PictureList(folder)
    yield from pictures.fill(100 * VERSION + READING)
    if not len(pictures):
        raise DataError(f"“{folder.name}” has no pictures in it.", "\n".join(pictures.unopened))
    fingerprint: dict[str, str | int] = {
        "folder": os.fsencode(folder).hex(),
        "files": len(pictures),
        "state": pictures.state(),
    }
    entry = CacheEntry(root, f"folder-{digest(str(folder))}", fingerprint)
    prepared = entry.load()
    if prepared is None:
        prepared = yield from _Build(entry, pictures).run()
    yield prepared


class _Build:
    """The preparation of a folder: what is kept of earlier ones, what has to be read, and both."""

    def __init__(self, entry: CacheEntry, pictures: PictureList) -> None:
        self._entry = entry
        self._pictures = pictures
        self._kept = KeptFaces(entry.parts)
        self._skipped: dict[int, str] = {}
        self._lock = threading.Lock()
        self._done = self._latest = 0

    def run(self) -> Generator[WorkProgress, None, Prepared]:
        damaged = self._entry.is_damaged()
        text = "The prepared faces were damaged. Preparing them again" if damaged else "Reading"
        try:
            yield from self._look_for_kept()
            missing = np.flatnonzero(~self._kept.has(self._pictures.keys))
            yield from self._read(missing, text)
            return (yield from self._put_together())
        except FileNotFoundError:
            # Another process that prepared the same pictures was faster and tidied up.
            prepared = self._entry.load()
            if prepared is None:
                raise
            self._kept.discard()
            return prepared

    def _look_for_kept(self) -> Iterator[WorkProgress]:
        pace = Pace()
        pace.due()  # says nothing unless it takes a while
        for _ in self._kept.open(self._pictures.keys, self._entry.earlier()):
            if pace.due():
                yield WorkProgress("Looking for faces that were prepared before")

    def _read(self, missing: Rows, text: str) -> Iterator[WorkProgress]:
        total, pace = len(self._pictures), Pace()
        self._done = total - len(missing)
        with PictureReaders(len(missing)) as readers:
            # A few pictures are shared out evenly.
            size = max(1, min(BLOCK, len(missing) // (8 * readers.workers)))
            chunks = (missing[start : start + size] for start in range(0, len(missing), size))
            for _ in readers.each(chunks, lambda rows: self._read_chunk(readers, rows)):
                if pace.due():
                    name = Path(self._pictures.names[self._latest]).name
                    yield WorkProgress(f"{text} “{readable(name)}”", self._done, total)

    def _read_chunk(self, readers: PictureReaders, rows: Rows) -> None:
        """Read pictures and keep their faces; runs in a thread of the readers."""
        good, faces = [], []
        paths = [self._pictures.path(row) for row in rows]
        # The reading ends early when all is to end; what came until then is kept.
        for row, face in zip(rows.tolist(), readers.read(paths), strict=False):
            if isinstance(face, PhotoError):
                self._skipped[row] = readable(str(face))
            else:
                good.append(row)
                faces.append(face)
            with self._lock:
                self._done, self._latest = self._done + 1, row
        if good:
            self._kept.keep(self._pictures.keys[good], np.stack(faces))

    def _put_together(self) -> Generator[WorkProgress, None, Prepared]:
        pictures, pace = self._pictures, Pace()
        rows = np.flatnonzero(self._kept.has(pictures.keys))
        skipped = [*pictures.unopened, *(self._skipped[row] for row in sorted(self._skipped))]
        title = readable(pictures.folder.name or str(pictures.folder))
        if not len(rows):
            raise DataError(f"No picture in “{title}” can be read.", "\n".join(skipped))
        keys = pictures.keys[rows]
        with self._entry.building() as draft:
            with FaceWriter(draft / "images.npy") as writer:
                for done in self._kept.write(keys, writer):
                    if pace.due():
                        yield WorkProgress("Putting the faces together", done, len(rows))
            np.save(draft / KEYS, keys)
            names = [_face_name(pictures.names[row]) for row in rows]
            prepared = self._entry.commit(draft, title, names, skipped)
        self._kept.discard()
        return prepared


def _face_name(name: str) -> str:
    """Name a face after its file or, where there is one, its subfolder."""
    folder, file = os.path.split(name)
    if folder:
        return readable(os.path.basename(folder).replace("_", " "))  # noqa: PTH119
    return readable(os.path.splitext(file)[0])  # noqa: PTH122


class PictureList:
    """The pictures below a folder by name, those of a folder before those of its subfolders.

    ``names`` are their paths from the folder; ``keys`` holds a number each that changes with its
    name, size and time of change; ``unopened`` tells in a sentence each which subfolders can't be
    opened. Hidden files and folders are left out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []
        self.keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self.unopened: list[str] = []

    def __len__(self) -> int:
        return len(self.names)

    def path(self, row: int) -> str:
        """Return the path of a picture; a million of them needn't be kept."""
        return os.path.join(self.folder, self.names[row])  # noqa: PTH118 (a tenth of the time)

    def state(self) -> str:
        """Return a digest that changes when any picture does, comes or goes."""
        return hashlib.blake2b(self.keys.tobytes(), digest_size=16).hexdigest()

    def fill(self, version: int) -> Generator[WorkProgress, None, None]:
        """Look for the pictures; the keys are others for another ``version`` of reading them."""
        pace, keys = Pace(), array("Q")
        for name in self._found():
            if pace.due():
                yield WorkProgress("Looking for pictures", len(keys))
            if name is not None:
                self.names.append(name)
                keys.append(_key_of(version, name, self.path(len(keys))))
        self.keys = np.array(keys, np.uint64)

    def _found(self) -> Iterator[str | None]:
        """Yield the names in order, and None after each folder, empty ones too."""

        def note(error: OSError) -> None:
            self.unopened.append(f"“{readable(Path(error.filename).name)}” can't be opened.")

        suffixes = picture_suffixes()
        for parent, folders, files in os.walk(self.folder, onerror=note):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            below = "" if Path(parent) == self.folder else os.path.relpath(parent, self.folder)
            for name in sorted(files):
                # Not by pathlib, which would take longer than all the rest.
                if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122
                    yield os.path.join(below, name)  # noqa: PTH118
            yield None


def _key_of(version: int, name: str, path: str) -> int:
    facts = b"%d\0%s\0" % (version, os.fsencode(name))
    try:
        stat = os.stat(path)  # noqa: PTH116
        facts += b"%d %d" % (stat.st_size, stat.st_mtime_ns)
    except OSError:
        facts += b"gone"
    return int.from_bytes(hashlib.blake2b(facts, digest_size=8).digest(), "little")
