"""Keeps unsaved work in a recovery file, for the start after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cae_gui.core.errors import Problem, Report, explain
from cae_gui.core.jobs import LatestJob
from cae_gui.documents.session_files import SessionFiles, write_session
from model.documents.unsaved import Claim, UnsavedFile, claim_orphans, last_session

if TYPE_CHECKING:
    from cae_gui.core.models import Models
    from cae_gui.explore.explorer import Explorer
    from cae_gui.morph.morpher import Morpher
    from model.checkpoint import FaceModel
    from model.documents.session_file import ExploreSession

WRITTEN_AFTER_MS = 20_000


class Unsaved(QObject):
    """Writes the work in Explore and Morph to a recovery file, 20 s after a change.

    When the window closes, or another model is used, in whose latent space edits and snapshots are
    meaningless, the work is written as the last session and the recovery file removed. Custom
    directions aren't part of it, as they are saved beside their model. A failure to write is
    reported once.

    Signals:
        found(): ``orphans`` was filled with the work of crashed windows.
        put_aside(str): the work with the model of this title was written as the last session.
    """

    found = Signal()
    put_aside = Signal(str)

    def __init__(
        self,
        files: SessionFiles,
        models: Models,
        explorer: Explorer,
        morpher: Morpher,
        report: Report,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._files, self._report = files, report
        self._models, self._explorer, self._morpher = models, explorer, morpher
        self.orphans: list[Claim] = []
        self._file = UnsavedFile()  # used in the job's thread until it has ended
        self._is_restored = False
        self._is_reported = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WRITTEN_AFTER_MS)
        self._timer.timeout.connect(self.write_now)
        self.job = LatestJob(parent=self)
        files.saved.connect(self.set_saved)
        models.replacing.connect(self._on_model)
        explorer.latent_changed.connect(self._on_change)
        explorer.snapshots_changed.connect(self._on_change)
        morpher.undo_stack.indexChanged.connect(self._on_change)  # of grid and analogy, too
        self.job.start()

    def look(self) -> None:
        """Look for recovery files of crashed windows."""
        self.job.ask(claim_orphans, lane="look", then=self._on_orphans, failed=self._on_failure)

    def has_work(self) -> bool:
        """Return whether there is unsaved work."""
        is_changed = self._is_explored() or not self._morpher.undo_stack.isClean()
        return is_changed or self._is_restored

    def _is_explored(self) -> bool:
        explorer = self._explorer
        is_edited = explorer.face is not None and bool(explorer.face.offset.any())
        is_new = self._is_restored or not explorer.undo_stack.isClean()
        return is_new and (is_edited or bool(explorer.snapshots))

    @Slot()
    def write_now(self) -> None:
        """Write the recovery file in the background now."""
        model = self._models.model
        work: Callable[[], object] = self._file.drop
        if model is not None and self.has_work():
            work = partial(_write, self._file, self._content(), model)
        self.job.ask(work, lane="write", failed=self._on_failure)

    @Slot()
    def set_saved(self) -> None:
        """Note that the user has saved the work to a file."""
        self._is_restored = False
        self._explorer.undo_stack.setClean()
        self._morpher.undo_stack.setClean()
        self.write_now()

    def set_restored(self, path: Path) -> None:
        """Note that unsaved work was opened: a crashed window's, or the last session."""
        if path == last_session():
            self._is_restored = True
        model = self._models.model
        orphan = next((item for item in self.orphans if item.path == path), None)
        if model is not None and orphan is not None:
            self._is_restored = True
            self.orphans.remove(orphan)
            work = partial(_take, self._file, self._content(), model, orphan)
            self.job.ask(work, lane=("take", path), failed=self._on_failure)

    def discard(self, orphan: Claim) -> None:
        """Delete the recovery file of a crashed window."""
        self.orphans.remove(orphan)
        orphan.drop()

    def close(self) -> None:
        """Write the work as the last session, once the threads have ended."""
        self._timer.stop()
        model = self._models.model
        if model is not None and self.has_work():
            try:
                write_session(last_session(), self._content(), model)
            except OSError as error:
                explain(error)  # logs it; the window is closed
        for orphan in self.orphans:
            orphan.release()
        self.orphans = []
        self._file.drop()

    def _content(self) -> ExploreSession:
        return replace(self._files.content(), own=())

    @Slot(bool)
    def _on_model(self, goes_on: bool) -> None:
        model, title = self._models.model, self._models.title
        if model is not None and self._is_explored() and not goes_on:
            work = partial(write_session, last_session(), self._content(), model)
            lane, then = ("put aside", title), partial(self._on_put_aside, title)
            self.job.ask(work, lane=lane, then=then, failed=self._on_failure)
        self._is_restored = False

    @Slot()
    def _on_change(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_orphans(self, orphans: list[Claim]) -> None:
        self.orphans = orphans
        if orphans:
            self.found.emit()

    def _on_put_aside(self, title: str, _reply: object) -> None:
        self.put_aside.emit(title)

    def _on_failure(self, problem: Problem) -> None:
        if not self._is_reported:
            self._is_reported = True
            self._report(problem)


def _write(file: UnsavedFile, content: ExploreSession, model: FaceModel) -> None:
    from model.latents.latent_set import model_digest

    file.write(replace(content, model=model_digest(model)))


def _take(file: UnsavedFile, content: ExploreSession, model: FaceModel, orphan: Claim) -> None:
    _write(file, content, model)
    orphan.drop()
