"""Sessions and unsaved work in the message bar: what is opened, asked and told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.documents.session_files import SHIPPED, Opened
from cae_gui.explore.explorer import MOST_STEPS
from cae_gui.widgets.message_bar import Action

if TYPE_CHECKING:
    from cae_gui.core.models import Models
    from cae_gui.documents.session_files import SessionFiles
    from cae_gui.documents.unsaved import Unsaved
    from cae_gui.settings import Settings
    from cae_gui.widgets.message_bar import MessageBar
    from model.documents.unsaved import Claim

OPEN_ITS_MODEL, USE_SHIPPED = "Open its model …", "Use the shipped model"
USE_THIS, CANCEL = "Keep this model", "Cancel"
RESTORE, LATER, DISCARD = "Restore", "Not now", "Discard it"


class Sessions(QObject):
    """Opens sessions, asks about the model where it is another one, and says what came of it.

    It offers back the unsaved work of windows that died, one window's after the other, the newest
    first. What the user doesn't want now is offered again at the next start.

    Signals:
        model_wanted(): a model file is to be asked for and opened.
        used(): a session is on the screen.
    """

    model_wanted = Signal()
    used = Signal()

    def __init__(
        self,
        files: SessionFiles,
        unsaved: Unsaved,
        models: Models,
        messages: MessageBar,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.files = files
        self._unsaved, self._models = unsaved, models
        self._messages, self._settings = messages, settings
        files.opened.connect(self._on_opened)
        files.saved.connect(self._on_saved)
        unsaved.found.connect(self._offer_unsaved)
        unsaved.put_aside.connect(self._on_put_aside)

    def open(self, path: Path) -> None:
        """Open a session file."""
        self.files.open(path, self._settings.recent_models)

    @Slot(object)
    def _on_opened(self, opened: Opened) -> None:
        if opened.fits:
            self._use(opened)
            return
        self._messages.show_message(
            f"{opened.name} was made with another model, {_title(opened)}. With the one in "
            "use, faces and directions are encoded anew; edits and snapshots are left out.",
            kind="offer",
            actions=(
                self._its_model(opened),
                Action(USE_THIS, partial(self._use, opened)),
                Action(CANCEL),
            ),
        )

    def _its_model(self, opened: Opened) -> Action:
        text = OPEN_ITS_MODEL
        load: Callable[[], object] = self.model_wanted.emit
        if opened.home == SHIPPED:
            text, load = USE_SHIPPED, self._models.open_shipped
        elif isinstance(opened.home, Path):
            text, load = f"Open “{opened.home.name}”", partial(self._models.open, opened.home)
        return Action(text, partial(self._use_with, opened, load))

    def _use_with(self, opened: Opened, load: Callable[[], object]) -> None:
        self.files.open_with_next(opened)
        load()

    def _use(self, opened: Opened) -> None:
        self.files.use(opened)
        self._messages.show_message(_whole(opened) if opened.fits else _part(opened))
        if opened.fits:
            self._unsaved.set_restored(opened.path)
        self.used.emit()

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        self._messages.show_saved(path, f"The session was saved as “{path.name}”.")

    @Slot()
    def _offer_unsaved(self) -> None:
        orphan = next(iter(self._unsaved.orphans), None)
        if orphan is None:
            return
        changed = datetime.fromtimestamp(orphan.changed).astimezone()
        self._messages.show_message(
            "CAE Studio was cut off with unsaved work in Explore and Morph "
            f"({_when(changed)}). Restore it?",
            kind="offer",
            actions=(
                Action(RESTORE, partial(self.open, orphan.path)),
                Action(LATER),
                Action(DISCARD, partial(self._discard, orphan)),
            ),
        )

    def _discard(self, orphan: Claim) -> None:
        self._unsaved.discard(orphan)
        self._offer_unsaved()

    @Slot(str)
    def _on_put_aside(self, title: str) -> None:
        self._messages.show_message(
            f"What you made in Explore with “{title}” was put aside: "
            "File → Open the last session brings it back."
        )


def _title(opened: Opened) -> str:
    if opened.session.title == SHIPPED and opened.home != SHIPPED:
        return "the one shipped with another version"
    return f"“{opened.session.title}”" if opened.session.title else "whose name isn't known"


def _whole(opened: Opened) -> str:
    content = opened.session
    parts = [f"“{face.name}” as it was edited" for face in content.faces[:1]]
    frames = content.path.frames if content.path is not None else ()
    steps = len(content.history.states) - 1 if content.history is not None else 0
    steps = min(steps, MOST_STEPS)
    parts += _counted(steps, "step of its history", "steps of its history")
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


def _when(time: datetime) -> str:
    today = datetime.now().astimezone().date() == time.date()
    return f"{time:%H:%M}" if today else f"{time:%Y-%m-%d, %H:%M}"
