"""Files: atomic writes, bounded reads of untrusted ones, and advisory locks.

The system releases a lock when the process that holds it ends.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCKED_BYTE = 2**30  # beyond the end: on Windows no other process can read a byte that is locked


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; on success flush it to disk and rename it.

    The temporary name keeps the suffix, for writers that go by it. After an exception the old
    file is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file's content in one step."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_bytes(path: Path, most: int) -> bytes:
    """Return the content of an ordinary file of at most ``most`` bytes.

    Raises:
        OSError: it is larger, something else (reading a pipe would block), or can't be opened.
    """
    size = check_ordinary(path, most)
    with path.open("rb") as file:
        return file.read(size)  # it may have grown meanwhile


def check_ordinary(path: Path, most: int) -> int:
    """Return the size of an ordinary file of at most ``most`` bytes.

    Raises:
        OSError: it isn't, or it isn't there.
    """
    facts = path.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, "It is a folder", str(path))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "It is not an ordinary file", str(path))
    if facts.st_size > most:
        raise OSError(errno.EFBIG, f"It is larger than {most / 1e6:g} MB", str(path))
    return facts.st_size


def is_there(path: Path) -> bool:
    """Return whether the path exists and is accessible.

    Unlike ``Path.exists`` it raises nothing for folders that are closed or names that are too long.
    """
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path) -> bool:
    """Return whether it is a folder; raises as little as ``is_there``."""
    return os.path.isdir(path)  # noqa: PTH112


def readable(text: str) -> str:
    """Return a file name with characters that aren't valid text replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock on a file made for it and removed; without locks nothing is protected.

    Raises:
        BlockingIOError: another process, or another part of this one, holds it.
    """
    handle = None
    try:
        path.touch()
        handle = lock_file(path)
    except BlockingIOError:
        raise
    except OSError:
        pass
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):  # Windows removes no file that is open
                path.unlink()
            os.close(handle)


def lock_file(path: Path, *, shared: bool = False) -> int:
    """Return an open file that holds the lock until it is closed.

    Raises:
        BlockingIOError: another process, or another part of this one, holds it.
        OSError: it can't be opened or locked.
    """
    # Open for reading wherever that will do: a disk with files open for writing can't be remounted
    # read-only. NFS gives an exclusive lock only to a file open for writing.
    try:
        return _open_locked(path, os.O_RDONLY, shared=shared)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
    return _open_locked(path, os.O_RDWR, shared=shared)


def _open_locked(path: Path, flags: int, *, shared: bool) -> int:
    handle = os.open(path, flags)
    try:
        _lock(handle, shared=shared)
    except OSError:
        os.close(handle)
        raise
    return handle


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, shared: bool) -> None:  # noqa: ARG001 (Windows has only one kind here)
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from error

else:
    import fcntl

    def _lock(handle: int, *, shared: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
