"""Atomic writes and bounded reads of untrusted files."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
