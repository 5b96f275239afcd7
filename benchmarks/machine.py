"""Which machine measures, for the JSON line of every benchmark."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path

INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")
"""What decides how fast PyTorch computes, widest first; flags as Linux names them."""


def machine() -> dict[str, str | int]:
    """Return ``processor`` (a name, and its widest instructions) and ``cpus`` (usable cores).

    The name also tells where the environment holds the libraries to fewer instructions. The engine
    isn't imported: it would set variables for the processes that ``startup.py`` measures.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": ", ".join([_name(), *_instructions()]), "cpus": usable or 1}


def _name() -> str:
    if found := _cpuinfo().get("model name"):
        return found
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        with suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=10
            ).stdout.strip()
    return platform.processor() or platform.machine() or "unknown"


def _instructions() -> list[str]:
    flags = _cpuinfo().get("flags", "").split()
    found = [name for name in INSTRUCTIONS if name in flags][:1]
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("ATEN_CPU_CAPABILITY")
    return [*found, f"held to {limit}"] if limit else found


def _cpuinfo() -> dict[str, str]:
    """Return the facts of the first core on Linux; none elsewhere."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}
