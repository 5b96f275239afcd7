"""Settings of glibc's malloc on Linux; does nothing on other systems.

Source: mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8
_MAX_MAPPED = 65_536  # glibc's own default
_TRIM_BYTES = 2**25
_ALL_BYTES = 2**31 - 1

_lock = threading.Lock()
_keeping = 0


def share_heap() -> None:
    """Let all threads allocate from one heap; call it before there are threads.

    glibc gives each thread a heap of its own. Their holes can't be filled by other threads'
    pictures and tensors (after minutes of use a window kept 70 MB more), and they give back and
    ask again for what is larger than 64 MB, regardless of ``kept_memory``.
    """
    _mallopt(_M_ARENA_MAX, 1)


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory for the next allocation, and give it back to the system at the end.

    By default a large tensor's memory goes back to the system with it, and each page of the next
    one is cleared and mapped again: 30,000 page faults in a training step with 256 faces, a sixth
    of its time.
    """
    global _keeping
    with _lock:
        _keeping += 1
        if _keeping == 1:
            _mallopt(_M_MMAP_MAX, 0)
            _mallopt(_M_TRIM_THRESHOLD, _ALL_BYTES)
    try:
        yield
    finally:
        with _lock:
            _keeping -= 1
            if not _keeping:
                _mallopt(_M_MMAP_MAX, _MAX_MAPPED)
                _mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
                _call("malloc_trim", 0)


def _mallopt(option: int, value: int) -> None:
    _call("mallopt", option, value)


def _call(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            getattr(ctypes.CDLL(None), function)(*arguments)
