"""What the window says about faces and photos, and what it offers to do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Slot

from cae_gui.core.errors import Problem
from cae_gui.core.faces import DEMO, Faces
from cae_gui.gallery.photos import OwnPhotos, Several
from cae_gui.settings import Settings
from cae_gui.widgets.message_bar import Action, MessageBar
from model.photos.photos import Removed

MISSING = "Labeled Faces in the Wild isn't on this machine."
DOWNLOAD, TRY_AGAIN = "Download 233 MB", "Try again"
OPEN_FOLDER, USE_DEMO = "Choose folder …", "Use demo faces"
ADD_OTHERS, PUT_BACK = "Add the others", "Put back"


class Messages(QObject):
    """Says what was noticed; ``open_folder`` asks for a folder of faces."""

    def __init__(
        self,
        bar: MessageBar,
        faces: Faces,
        photos: OwnPhotos,
        settings: Settings,
        open_folder: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bar, self._faces, self._photos = bar, faces, photos
        self._settings, self._open_folder = settings, open_folder
        faces.lfw_missing.connect(self._on_lfw_missing)
        faces.skipped.connect(self._on_left_out)
        photos.skipped.connect(self._on_skipped)
        photos.noted.connect(self._on_noted)
        photos.several.connect(self._on_several)
        photos.removed.connect(self._on_removed)

    @Slot(object)
    def _on_lfw_missing(self, problem: Problem | None) -> None:
        text, details = problem or (MISSING, "")
        actions = (
            Action(TRY_AGAIN if problem else DOWNLOAD, self._faces.download_lfw),
            Action(OPEN_FOLDER, self._open_folder),
            Action(USE_DEMO, self._use_demo),
        )
        self._bar.show_message(text, kind="offer", details=details, actions=actions)

    @Slot(object)
    def _on_left_out(self, sentences: Sequence[str]) -> None:
        """Say what the faces lack; of those of the last start only what wasn't said before."""
        told = hashlib.blake2b("\n".join(sentences).encode(), digest_size=16).hexdigest()
        if not self._faces.is_again or told != self._settings.left_out:
            self._on_skipped(sentences)
        self._settings.left_out = told

    @Slot(object)
    def _on_skipped(self, sentences: Sequence[str]) -> None:
        if len(sentences) == 1:
            self._bar.show_message(sentences[0], kind="error")
        else:
            text = f"{len(sentences)} files were left out. The first: {sentences[0]}"
            self._bar.show_message(text, kind="error", details="\n".join(sentences))

    @Slot(object)
    def _on_noted(self, sentences: Sequence[str]) -> None:
        if len(sentences) == 1:
            self._bar.show_message(sentences[0])
        else:
            text = f"{len(sentences)} notes about your photos. The first: {sentences[0]}"
            self._bar.show_message(text, details="\n".join(sentences))

    @Slot(object)
    def _on_several(self, photos: Several) -> None:
        if len(photos.keys) == 1:
            text = f"“{photos.names[0]}” shows {photos.faces} faces; the most prominent was added."
        else:
            text = f"{len(photos.keys)} photos show several faces; of each, one was added."
        add = Action(ADD_OTHERS, partial(self._photos.add_all_faces, photos.keys))
        self._bar.show_message(text, kind="offer", actions=[add])

    @Slot(object)
    def _on_removed(self, removed: Removed) -> None:
        names = removed.names
        text = f"“{names[0]}” was" if len(names) == 1 else f"{removed.count} photos were"
        put_back = Action(PUT_BACK, partial(self._photos.restore, removed))
        self._bar.show_message(f"{text} removed.", actions=[put_back] if names else [])

    def _use_demo(self) -> None:
        self._faces.choose(DEMO)
