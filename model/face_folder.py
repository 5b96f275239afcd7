"""A folder of pictures as faces."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.face_cache import CacheEntry, FaceWriter, digest
from model.face_set import DataError, Pace, Prepared, Preparing
from model.faces import PhotoError, picture_suffixes, read_face

_THREADS = min(4, os.cpu_count() or 1)
_Read = tuple[Path, NDArray[np.uint8] | PhotoError]


def prepare_folder(folder: Path, root: Path) -> Generator[Preparing | Prepared, None, None]:
    """Yield progress and at last the middle squares of all pictures below the folder, by name.

    A picture in a subfolder is named after the subfolder, as in LFW, others after their file.
    Hidden files and folders are left out; unreadable pictures are skipped and reported.

    Raises:
        DataError: the folder can't be opened or holds no readable picture.
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise DataError(f"“{folder.name or folder}” isn't a folder that can be opened.")
    unopened: list[str] = []
    paths, state = yield from _listed(folder, unopened)
    if not paths:
        raise DataError(f"“{folder.name}” has no pictures in it.", "\n".join(unopened))
    fingerprint: dict[str, str | int] = {
        "folder": os.fsencode(folder).hex(),
        "files": len(paths),
        "state": state,
    }
    entry = CacheEntry(root, f"folder-{digest(str(folder))}", fingerprint)
    prepared = entry.load()
    if prepared is None:
        prepared = yield from _build(entry, folder, paths, unopened)
    yield prepared


def _listed(
    folder: Path, unopened: list[str]
) -> Generator[Preparing, None, tuple[list[Path], str]]:
    """Find the pictures, and a digest of their names, sizes and times of change."""
    pace, state = Pace(), hashlib.blake2b(digest_size=16)
    found: list[Path] = []
    for path in _pictures(folder, unopened):
        if pace.due():
            yield Preparing("Looking for pictures", len(found))
        if path is None:
            continue
        state.update(os.fsencode(path) + _facts(path))
        found.append(path)
    return found, state.hexdigest()


def _facts(path: Path) -> bytes:
    try:
        facts = path.stat()
    except OSError:
        return b"\0gone\0"
    return b"\0%d %d\0" % (facts.st_size, facts.st_mtime_ns)


def _pictures(folder: Path, unopened: list[str]) -> Iterator[Path | None]:
    """Yield the pictures in order, and None after each folder, be it ever so empty."""

    def note(error: OSError) -> None:
        unopened.append(f"“{_readable(Path(error.filename).name)}” can't be opened.")

    for parent, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in picture_suffixes():
                yield Path(parent, name)
        yield None


def _build(
    entry: CacheEntry, folder: Path, paths: Sequence[Path], unopened: Sequence[str]
) -> Generator[Preparing, None, Prepared]:
    damaged = entry.is_damaged()
    text = "The prepared faces were damaged. Preparing them again" if damaged else "Reading"
    names, skipped, pace = [], list(unopened), Pace()
    with entry.building() as draft:
        with FaceWriter(draft / "images.npy") as writer:
            for done, (path, face) in enumerate(_read_all(paths)):
                if pace.due():
                    yield Preparing(f"{text} “{_readable(path.name)}”", done, len(paths))
                if isinstance(face, PhotoError):
                    skipped.append(_readable(str(face)))
                else:
                    writer.append(face[np.newaxis])
                    names.append(_readable(_name(path, folder)))
        if not names:
            raise DataError(f"No picture in “{folder.name}” can be read.", "\n".join(skipped))
        return entry.commit(draft, _readable(folder.name or str(folder)), names, skipped)


def _read_all(paths: Sequence[Path]) -> Generator[_Read, None, None]:
    """Read in threads, since Pillow decodes outside Python's lock, and yield in order."""
    pool = ThreadPoolExecutor(_THREADS, "faces")
    pending: deque[Future[_Read]] = deque()
    try:
        for path in paths:
            pending.append(pool.submit(_read, path))
            if len(pending) > 2 * _THREADS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _read(path: Path) -> _Read:
    try:
        return path, read_face(path)
    except PhotoError as error:
        return path, error


def _name(path: Path, folder: Path) -> str:
    return path.stem if path.parent == folder else path.parent.name.replace("_", " ")


def _readable(text: str) -> str:
    """Replace what isn't text in the name of a file."""
    return text.encode("utf-8", "replace").decode("utf-8")
