"""Joins what runs in the background and the line of the status bar that shows it."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QObject, Slot

from cae_gui.studio import Studio
from cae_gui.widgets.progress_line import ProgressLine


class Work(Protocol):
    """Work that can be long; ``busy(str, int, int)`` tells text, done and total (0: unknown)."""

    busy: Any
    idle: Any

    def cancel(self) -> object:
        """Stop it; ``idle()`` follows."""


class ProgressController(QObject):
    """Shows all work that is done in the background, and cancels it."""

    def __init__(self, studio: Studio, view: ProgressLine, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self.watch("model", studio.models)
        self.watch("faces", studio.faces)
        self.watch("photos", studio.photos)

    def watch(self, key: str, work: Work) -> None:
        """Show this work, too."""
        _Watched(key, work, self._view, self)


class _Watched(QObject):
    def __init__(self, key: str, work: Work, view: ProgressLine, parent: QObject) -> None:
        super().__init__(parent)
        self._key, self._work, self._view = key, work, view
        work.busy.connect(self._on_busy)
        work.idle.connect(self._on_idle)
        view.cancel_asked.connect(self._on_cancel)

    @Slot(str, int, int)
    def _on_busy(self, text: str, done: int, total: int) -> None:
        self._view.show_progress(self._key, text, done, total)

    @Slot()
    def _on_idle(self) -> None:
        self._view.clear_progress(self._key)

    @Slot(str)
    def _on_cancel(self, key: str) -> None:
        if key == self._key:
            self._work.cancel()
