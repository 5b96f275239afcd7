"""What the processor must be able to do, asked before a library is loaded that needs it."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

_NEEDED = {"sse4_2": "SSE4.2", "ssse3": "SSSE3", "popcnt": "POPCNT"}
"""Without these Qt, NumPy and PyTorch end in an illegal instruction: x86-64-v2."""
_FAST = {"avx2": "AVX2", "fma": "FMA"}


def why_not() -> str:
    """Return the sentence that this processor is too old, or "".

    Only Linux on x86-64 tells what it can do in a file; elsewhere nothing is said.
    """
    lacks = _lacking(_NEEDED)
    return lacks and (
        f"CAE Studio can't run on this processor: it has no {lacks}, which Qt, NumPy and PyTorch "
        "need."
    )


def why_slow() -> str:
    """Return the sentence that this processor computes slowly, or ""."""
    lacks = _lacking(_FAST)
    return lacks and (
        f"This processor has no {lacks}: everything works, but PyTorch computes several times "
        "slower."
    )


def _lacking(wanted: dict[str, str]) -> str:
    flags = _flags()
    return " and no ".join(name for flag, name in wanted.items() if flags and flag not in flags)


def _flags() -> set[str]:
    if platform.machine() == "x86_64":
        with suppress(OSError, StopIteration):
            lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
            line = next(line for line in lines if line.startswith("flags"))
            return set(line.partition(":")[2].split())
    return set()
