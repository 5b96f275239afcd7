"""The pictures below a folder, without reading any."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.io.files import readable
from model.photos.faces import picture_suffixes
from model.progress import Pace, WorkProgress


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
                keys.append(_key(version, name, self.path(len(keys))))
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


def _key(version: int, name: str, path: str) -> int:
    facts = b"%d\0%s\0" % (version, os.fsencode(name))
    try:
        stat = os.stat(path)  # noqa: PTH116
        facts += b"%d %d" % (stat.st_size, stat.st_mtime_ns)
    except OSError:
        facts += b"gone"
    return int.from_bytes(hashlib.blake2b(facts, digest_size=8).digest(), "little")
