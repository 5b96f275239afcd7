"""Garbage collection that keeps no window waiting."""

from __future__ import annotations

import gc
import sys
from typing import Any

MANY_MODULES = 100
"""As many are worth freezing: fewer are looked through in some milliseconds."""


class ShortCollections:
    """Keeps what was imported out of all collections.

    Matplotlib, sympy (for torch's optimizers) and their like are a quarter of a million objects,
    none of them garbage. Looking through them held every thread for 0.15 s, several times a minute
    while somebody trained. They come whenever something first needs them, so each full collection
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
