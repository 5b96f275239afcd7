"""How the C library divides its memory among threads."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

MOST = 2
_M_ARENA_MAX = -8


def share_heaps() -> None:
    """Let all threads allocate from two heaps; call it before there are threads.

    The C library of Linux gives each thread a heap of its own, each with holes that no other
    thread's pictures and tensors can fill: after minutes of use a window kept 70 MB more. Other
    libraries have no such setting.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, MOST)
