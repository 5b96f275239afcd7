"""Joins the studio and the message bar: problems and offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.faces import DEMO
from cae_gui.core.problems import Problem
from cae_gui.gallery.photos import Several
from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar
from model.photos.photos import Removed

MISSING = "Labeled Faces in the Wild isn't on this machine."
DOWNLOAD, TRY_AGAIN = "Download 233 MB", "Try again"
OPEN_FOLDER, USE_DEMO = "Choose folder …", "Use demo faces"
ADD_OTHERS, PUT_BACK = "Add the others", "Put back"


class MessagesController(QObject):
    """Says what failed or was noticed, and does what the person answers.

    Signals:
        folder_wanted(): a folder of faces is to be asked for.
    """

    folder_wanted = Signal()

    def __init__(self, studio: Studio, view: MessageBar, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view = studio, view
        studio.problem.connect(self._on_problem)
        studio.faces.lfw_missing.connect(self._on_lfw_missing)
        studio.faces.skipped.connect(self._on_skipped)
        studio.photos.skipped.connect(self._on_skipped)
        studio.photos.noted.connect(self._on_noted)
        studio.photos.several.connect(self._on_several)
        studio.photos.removed.connect(self._on_removed)
        view.action_chosen.connect(self._on_action)

    @Slot(object)
    def _on_problem(self, problem: Problem) -> None:
        self._view.show_message(problem.text, kind="error", details=problem.details)

    @Slot(object)
    def _on_lfw_missing(self, problem: Problem | None) -> None:
        text, details = problem or (MISSING, "")
        download = TRY_AGAIN if problem else DOWNLOAD
        actions = (download, OPEN_FOLDER, USE_DEMO)
        self._view.show_message(text, kind="offer", details=details, actions=actions)

    @Slot(object)
    def _on_skipped(self, sentences: Sequence[str]) -> None:
        if len(sentences) == 1:
            self._view.show_message(sentences[0], kind="error")
        else:
            text = f"{len(sentences)} files were left out. The first: {sentences[0]}"
            self._view.show_message(text, kind="error", details="\n".join(sentences))

    @Slot(object)
    def _on_noted(self, sentences: Sequence[str]) -> None:
        if len(sentences) == 1:
            self._view.show_message(sentences[0])
        else:
            text = f"{len(sentences)} notes about your photos. The first: {sentences[0]}"
            self._view.show_message(text, details="\n".join(sentences))

    @Slot(object)
    def _on_several(self, photos: Several) -> None:
        if len(photos.keys) == 1:
            text = f"“{photos.names[0]}” shows {photos.faces} faces; the most prominent was added."
        else:
            text = f"{len(photos.keys)} photos show several faces; of each, one was added."
        self._view.show_message(text, kind="offer", actions=(ADD_OTHERS,), tag=photos.keys)

    @Slot(object)
    def _on_removed(self, removed: Removed) -> None:
        names = removed.names
        text = f"“{names[0]}” was" if len(names) == 1 else f"{removed.count} photos were"
        actions = (PUT_BACK,) if names else ()
        self._view.show_message(f"{text} removed.", actions=actions, tag=removed)

    @Slot(str, object)
    def _on_action(self, action: str, tag: Any) -> None:
        if action in (DOWNLOAD, TRY_AGAIN):
            self._studio.faces.download_lfw()
        elif action == OPEN_FOLDER:
            self.folder_wanted.emit()
        elif action == USE_DEMO:
            self._studio.faces.choose(DEMO)
        elif action == ADD_OTHERS:
            self._studio.photos.add_all_faces(tag)
        elif action == PUT_BACK:
            self._studio.photos.restore(tag)
