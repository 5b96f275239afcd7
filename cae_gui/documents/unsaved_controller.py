"""Offers back the work that was in a window when it died."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar

RESTORE, LATER, DISCARD = "Restore", "Not now", "Discard it"


class UnsavedController(QObject):
    """Asks about one window's work after the other, the newest first.

    What the person doesn't want now is offered again at the next start.

    Signals:
        restore_asked(Path): this session file is to be opened.
    """

    restore_asked = Signal(object)

    def __init__(self, studio: Studio, messages: MessageBar, parent: QObject) -> None:
        super().__init__(parent)
        self._unsaved, self._messages = studio.unsaved, messages
        self._unsaved.found.connect(self._offer)
        self._unsaved.put_aside.connect(self._on_put_aside)
        studio.session_files.saved.connect(self._unsaved.set_saved)
        messages.action_chosen.connect(self._on_action)

    @Slot(object, bool)
    def take(self, path: Path, complete: bool) -> None:
        """Take a session as restored, if it was one that was offered."""
        for orphan in list(self._unsaved.orphans):
            if orphan.path == path and complete:
                self._unsaved.set_restored(orphan)

    @Slot()
    def _offer(self) -> None:
        orphan = next(iter(self._unsaved.orphans), None)
        if orphan is None:
            return
        changed = datetime.fromtimestamp(orphan.changed).astimezone()
        self._messages.show_message(
            "CAE Studio was cut off with unsaved work in Explore and Morph "
            f"({_when(changed)}). Restore it?",
            kind="offer",
            actions=(RESTORE, LATER, DISCARD),
            tag=orphan,
        )

    @Slot(str)
    def _on_put_aside(self, title: str) -> None:
        self._messages.show_message(
            f"What you made in Explore with “{title}” was put aside: "
            "File → Open the last session brings it back."
        )

    @Slot(str, object)
    def _on_action(self, action: str, orphan: Any) -> None:
        if action == RESTORE:
            self.restore_asked.emit(orphan.path)
        elif action == DISCARD:
            self._unsaved.discard(orphan)
            self._offer()


def _when(time: datetime) -> str:
    today = datetime.now().astimezone().date() == time.date()
    return f"{time:%H:%M}" if today else f"{time:%Y-%m-%d, %H:%M}"
