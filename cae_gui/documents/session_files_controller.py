"""Joins the session files and the window: what was opened, and with which model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.documents.session_work import SHIPPED, Opened
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar

OPEN_ITS_MODEL, USE_SHIPPED = "Open its model …", "Use the shipped model"
USE_THIS, CANCEL = "Keep this model", "Cancel"


class SessionFilesController(QObject):
    """Opens sessions, asks about the model where it is another one, and says what came of it.

    Signals:
        model_wanted(): a model file is to be asked for and opened.
        used(Path, bool): a session is on the screen; whether all of it is.
    """

    model_wanted = Signal()
    used = Signal(object, bool)

    def __init__(
        self, studio: Studio, messages: MessageBar, settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._files = studio, studio.session_files
        self._messages, self._settings = messages, settings
        self._files.opened.connect(self._on_opened)
        self._files.saved.connect(self._on_saved)
        messages.action_chosen.connect(self._on_action)

    def open(self, path: Path) -> None:
        """Open a session file."""
        self._files.open(path, self._settings.recent_models)

    @Slot(object)
    def _on_opened(self, opened: Opened) -> None:
        if opened.fits:
            self._use(opened)
            return
        actions = [OPEN_ITS_MODEL, USE_THIS, CANCEL]
        if opened.home == SHIPPED:
            actions[0] = USE_SHIPPED
        elif isinstance(opened.home, Path):
            actions[0] = f"Open “{opened.home.name}”"
        self._messages.show_message(
            f"{opened.name} was made with another model, {_title(opened)}. With the one in "
            "use, faces and directions are encoded anew; edits and snapshots are left out.",
            kind="offer",
            actions=actions,
            tag=opened,
        )

    def _use(self, opened: Opened) -> None:
        self._files.use(opened)
        self._messages.show_message(_whole(opened) if opened.fits else _part(opened))
        self.used.emit(opened.path, opened.fits)

    @Slot(str, object)
    def _on_action(self, action: str, opened: Any) -> None:
        if not isinstance(opened, Opened) or action == CANCEL:
            return
        if action == USE_THIS:
            self._use(opened)
            return
        self._files.open_with_next(opened)
        if action == USE_SHIPPED:
            self._studio.models.open_shipped()
        elif isinstance(opened.home, Path):
            self._studio.models.open(opened.home)
        else:
            self.model_wanted.emit()

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        self._messages.show_message(f"The session was saved as “{path.name}”.")


def _title(opened: Opened) -> str:
    return f"“{opened.session.title}”" if opened.session.title else "whose name isn't known"


def _whole(opened: Opened) -> str:
    content = opened.session
    parts = [f"“{face.name}” as it was edited" for face in content.faces[:1]]
    frames = content.path.frames if content.path is not None else ()
    parts += _counted(len(content.snapshots), "snapshot")
    parts += _counted(len(content.own), "direction of your own", "directions of your own")
    parts += _counted(len(frames), "key frame")
    return f"{opened.name} was opened: {_list(parts) or 'it is empty'}."


def _part(opened: Opened) -> str:
    content = opened.session
    kept = [f"“{face.name}”" for face in content.faces[:1]]
    kept += _counted(len(content.own), "direction of your own", "directions of your own")
    left = ["the edit"] if content.faces else []
    left += _counted(len(content.snapshots), "snapshot")
    frames = len(content.path.frames) if content.path is not None else 0
    (left if content.key_faces is None else kept).extend(_counted(frames, "key frame"))
    text = f"{opened.name} was opened with another model."
    if kept:
        text += f" Encoded anew: {_list(kept)}."
    if left:
        text += f" Left out, since they belong to {_title(opened)}: {_list(left)}."
    return text


def _counted(count: int, one: str, many: str = "") -> list[str]:
    return [f"{count:,} {one if count == 1 else many or one + 's'}"] if count else []


def _list(parts: list[str]) -> str:
    *first, last = parts or [""]
    return f"{', '.join(first)} and {last}" if first else last
