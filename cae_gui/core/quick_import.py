"""Importing large packages after PySide6."""

from __future__ import annotations

import builtins
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_without_qt = builtins.__import__


@contextmanager
def quick_import() -> Iterator[None]:
    """Import without PySide6's hook and without garbage collection: torch in two thirds the time.

    PySide6 replaces Python's import to watch for ``from __feature__ import``, which this
    application doesn't use; and the collector, called again and again by the thousands of new
    objects, finds nothing. Both are as before afterwards, but for what was imported: it is frozen,
    as looking through all of it in a later collection stopped the window for 0.4 s. Where all was
    imported already nothing is: what is frozen is never collected.
    """
    hooked, collects, modules = builtins.__import__, gc.isenabled(), len(sys.modules)
    builtins.__import__ = _without_qt
    gc.disable()
    try:
        yield
    finally:
        builtins.__import__ = hooked
        if len(sys.modules) > modules:
            gc.freeze()
        if collects:
            gc.enable()
