"""Joins the session and the message bar: problems, offers, progress."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.problems import Problem
from cae_gui.session.faces import DEMO
from cae_gui.session.session import Session
from cae_gui.widgets.message_bar import MessageBar

MISSING = "Labeled Faces in the Wild isn't on this machine."
DOWNLOAD, TRY_AGAIN = "Download 233 MB", "Try again"
OPEN_FOLDER, USE_DEMO = "Choose folder …", "Use demo faces"


class MessagesController(QObject):
    """Says what failed and what is under way, and does what the person answers.

    Signals:
        folder_wanted(): a folder of faces is to be asked for.
    """

    folder_wanted = Signal()

    def __init__(self, session: Session, view: MessageBar, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        session.problem.connect(self._on_problem)
        session.faces.lfw_missing.connect(self._on_lfw_missing)
        session.faces.skipped.connect(self._on_skipped)
        session.faces.noted.connect(self._on_noted)
        for part in (session.models, session.faces):
            part.busy.connect(view.show_progress)
            part.idle.connect(view.clear_progress)
            view.cancel_asked.connect(part.cancel)
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

    @Slot(str)
    def _on_action(self, action: str) -> None:
        if action in (DOWNLOAD, TRY_AGAIN):
            self._session.faces.download_lfw()
        elif action == OPEN_FOLDER:
            self.folder_wanted.emit()
        elif action == USE_DEMO:
            self._session.faces.choose(DEMO)
