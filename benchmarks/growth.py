"""What a process holds that it should give back: memory, threads, open files, Qt's objects."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import threading
from collections import Counter
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from benchmarks.memory import rss_mb


def held() -> dict[str, float]:
    """Return what is held now, after collecting the garbage.

    On Linux, freed memory that the C library keeps is given back first: the pieces between those in
    use add up to a quarter of all, more or less each time. ``modules`` are those of Python that
    were imported: a large package is much memory that isn't grown again.
    """
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    windows = QApplication.topLevelWidgets()
    return {
        "rss_mb": round(rss_mb(), 1),
        "modules": len(sys.modules),
        "threads": threads(),
        "files": open_files(),
        "windows": len(windows),
        "qobjects": sum(len(window.findChildren(QObject)) for window in windows),
    }


def kinds() -> Counter[str]:
    """Return how many of Qt's objects of each class there are."""
    found: Counter[str] = Counter()
    for window in QApplication.topLevelWidgets():
        found.update(item.metaObject().className() for item in window.findChildren(QObject))
    return found


def threads() -> int:
    """Return the number of threads, on Linux those of libraries too."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()


def open_files() -> int:
    """Return the number of open files and sockets; 0 where the system doesn't list them."""
    files = Path("/proc/self/fd")
    return len(list(files.iterdir())) if files.exists() else 0


def growth(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return how much more is held."""
    return {kind: round(after[kind] - before[kind], 1) for kind in before}
