"""Memory of this process, and of another with all below it."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self


def rss_mb() -> float:
    """Return the resident memory in MiB: now on Linux, the highest so far elsewhere."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


class TreePeak:
    """The most memory that a process and all below it held, watched in a thread (Linux).

    ``mb`` adds up the peak of each, which the system keeps exactly. Its two kinds are sampled:
    ``anon_mb`` is what they made themselves, ``file_mb`` pages of files that are mapped, programs
    and libraries among them, which the system takes back when it needs to; pages that processes
    share count once for each.
    """

    def __init__(self, pid: int, every_s: float = 0.2) -> None:
        self.anon_mb = self.file_mb = 0.0
        self._peaks: dict[int, float] = {}
        self._pid, self._every_s = pid, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @property
    def mb(self) -> float:
        """The peaks of all processes together."""
        return sum(self._peaks.values())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._every_s):
            found = {pid: _memory_mb(pid) for pid in _tree(self._pid)}
            self._peaks |= {pid: memory["VmHWM"] for pid, memory in found.items() if memory}
            anon, file = (
                sum(memory.get(kind, 0.0) for memory in found.values())
                for kind in ("RssAnon", "RssFile")
            )
            self.anon_mb, self.file_mb = max(self.anon_mb, anon), max(self.file_mb, file)


def _tree(pid: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:  # grows under way
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _memory_mb(pid: int) -> dict[str, float]:
    """Return the kinds of memory of a process, none if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    kinds = ("VmHWM", "RssAnon", "RssFile")
    facts = (line.replace(":", "").split() for line in lines if line.startswith(kinds))
    return {name: int(kilobytes) / 1024 for name, kilobytes, _ in facts}
