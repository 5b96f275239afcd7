"""Files: atomic writes, bounded reads of untrusted ones, and advisory locks.

The system releases a lock when the process that holds it ends.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path

_LOCKED_BYTE = 2**30  # beyond the end: on Windows no other process can read a byte that is locked
_LONGEST_NAME = 255  # bytes, on nearly all disks
_LONGEST_SUFFIX = 32  # bytes; longer ones are no suffix that a writer goes by
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_NOT_OFFERED = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
"""Errors of file systems that offer no fsync."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; on success flush it to disk and rename it.

    The temporary name is short and keeps the suffix, for writers that go by it. After an exception
    the old file is as it was. Of a link the target is replaced, and the link stays. A file that is
    replaced keeps its mode and, where the system allows it, its owner and group; a new one gets the
    mode that the umask gives. Where the file system refuses any of this, the file is written
    without it.

    Raises:
        OSError: the folder is missing or can't be written, or something else than an ordinary
            file has that name.
    """
    target = followed(path)
    before = _facts(target)
    temporary = _new_file(target, 0o666 if before is None else before.st_mode & 0o666 | 0o600)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            flush(file.fileno())
        if before is not None:
            _keep_permissions(temporary, before)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def followed(path: Path) -> Path:
    """Return the path, or what the link there leads to in the end, which may not be there yet.

    Raises:
        OSError: the links lead in a circle.
    """
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return target


def new_folder(near: Path, suffix: str = "") -> Path:
    """Make a hidden folder with a new, short name beside a path, with the rights of any new folder.

    Raises:
        OSError: it can't be made.
    """
    for name in _new_names(suffix):
        with suppress(FileExistsError):
            (folder := near.with_name(name)).mkdir()
            return folder
    raise AssertionError  # there are always more names


def beside(path: Path, name: str) -> Path:
    """Return the path of another name in the same folder, the name cut where it is too long.

    Two names that differ in what was cut off stay two.
    """
    raw = os.fsencode(name)
    if len(raw) <= _LONGEST_NAME:
        return path.with_name(name)
    digest = hashlib.blake2b(raw, digest_size=4).hexdigest()
    suffix = Path(name).suffix[:_LONGEST_SUFFIX]
    start = raw[: _LONGEST_NAME - len(digest) - len(os.fsencode(suffix)) - 1]
    return path.with_name(f"{start.decode('utf-8', 'ignore')}~{digest}{suffix}")


def as_file_name(text: str) -> str:
    """Return a text as the name of a file without a suffix, for the disks of all systems.

    What none of them takes becomes “_”: signs of paths, control characters, an end that is a dot or
    a space, and the names of Windows' devices. It never begins with a dot, which would hide it.
    """
    name = _NO_NAME.sub("_", readable(text)).strip().rstrip(".").rstrip() or "_"
    return f"_{name}" if name.startswith(".") or _DEVICE.match(name) else name


def unused(place: Path, name: str) -> Path:
    """Return the path of a new folder in a place: of this name, or with the next free number."""
    names = (f"{name} {number}" for number in count(2))
    return next(place / each for each in chain([name], names) if not is_there(place / each))


def _facts(path: Path) -> os.stat_result | None:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "It is not an ordinary file", str(path))
    return facts


def _new_file(near: Path, mode: int) -> Path:
    suffix = near.suffix
    if len(os.fsencode(suffix)) > _LONGEST_SUFFIX:
        suffix = ""
    for name in _new_names(suffix):
        path = near.with_name(name)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode))
            return path
    raise AssertionError  # there are always more names


def _new_names(suffix: str) -> Iterator[str]:
    while True:
        yield f".{secrets.token_hex(5)}{suffix}"


def flush(handle: int) -> None:
    """Flush an open file to disk, where the file system offers that.

    Raises:
        OSError: it can't, because it is full for example.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise


def _keep_permissions(path: Path, before: os.stat_result) -> None:
    """Give a file the mode, owner and group of another one, as far as that is allowed."""
    mode = before.st_mode & 0o777
    now = path.stat()
    if hasattr(os, "chown") and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(path, before.st_uid, before.st_gid)
        except OSError:
            with suppress(OSError):
                os.chown(path, -1, before.st_gid)
    if path.stat().st_gid != before.st_gid:
        # Another group may do no more than everybody.
        mode &= 0o707 | (mode & 0o007) << 3
    with suppress(OSError):
        path.chmod(mode)


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
    # Open for reading where that is enough: a file system with files open for writing can't be
    # remounted read-only. NFS gives an exclusive lock only to a file open for writing.
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
