"""Advisory locks on files, which the system releases when the process that holds them ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCKED_BYTE = 2**30  # beyond the end: on Windows no other process can read a byte that is locked


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
