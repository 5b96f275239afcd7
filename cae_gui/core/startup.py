"""Imports and garbage collections that keep no window waiting."""

from __future__ import annotations

import builtins
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MANY_MODULES = 100
"""As many are worth freezing: fewer are looked through in some milliseconds."""

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


class ShortCollections:
    """Keeps what was imported out of all collections.

    Matplotlib, sympy (for torch's optimizers) and their like are a quarter of a million objects,
    none of them garbage. Looking through them held every thread for 0.15 s, several times a minute
    while a training ran. They come whenever something first needs them, so each full collection
    looks whether there are more, and freezes them instead. Garbage of just that moment is never
    collected; of other times it is.
    """

    def __init__(self) -> None:
        self._modules = len(sys.modules)

    def begin(self) -> None:
        """Watch the collections of this process from now on."""
        gc.callbacks.append(self._on_collection)

    def end(self) -> None:
        """Watch no more; what is frozen stays so."""
        gc.callbacks.remove(self._on_collection)

    def _on_collection(self, phase: str, details: dict[str, Any]) -> None:
        is_full = phase == "start" and details["generation"] == 2
        if is_full and len(sys.modules) - self._modules >= MANY_MODULES:
            gc.freeze()
            self._modules = len(sys.modules)
