"""The runs on disk: listing, opening, deleting, and following one that is being trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from cae_gui.core.errors import Problem, Report
from cae_gui.core.jobs import LatestJob, StreamJob
from cae_gui.core.undo import Step
from model.config import TrainPlan
from model.runs.following import Followed, follow
from model.runs.labels import RunLabels, write_labels
from model.runs.runs import EpochRow, Run, RunError, RunSummary, list_runs
from model.runs.writer import forget_cut_off
from model.system.threads import poll

T = TypeVar("T")


class _Lane(Enum):
    """Kinds of requests, the most urgent first."""

    LIST = auto()
    UPDATE = auto()


class ListedRun(NamedTuple):
    """A run and its state."""

    run: Run
    summary: RunSummary


class OpenedRun(NamedTuple):
    """The content of a run folder; ``originals`` uint8 (K, 48, 48, 3) are the previewed faces."""

    run: Run
    rows: list[EpochRow]
    originals: NDArray[np.uint8] | None
    has_model: bool
    plan: TrainPlan


class PreviewRead(NamedTuple):
    """The preview after an epoch (None where it wasn't kept), and all epochs that have one.

    ``epoch`` is 0 where the run has no previews at all.
    """

    folder: Path
    epoch: int
    pixels: NDArray[np.uint8] | None
    epochs: list[int]


class Runs(QObject):
    """Reads run folders in the background, so that an unreachable network share blocks nothing.

    Labels are given as steps of ``undo_stack``.

    Signals:
        listed(): ``items`` was read again.
        changed(): ``following`` or ``shown`` has changed.
    """

    listed = Signal()
    changed = Signal()

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.items: tuple[ListedRun, ...] = ()
        self.following: Path | None = None
        self.shown: Path | None = None
        self.undo_stack = QUndoStack(self)
        self._unwritten: dict[Path, RunLabels] = {}
        self._files = LatestJob(_Lane, self)
        self._opening, self._reading, self._following = (StreamJob(self) for _ in range(3))
        self._files.start()

    def find(self, folder: Path) -> ListedRun | None:
        """Return the listed run in this folder, or None."""
        return next((item for item in self.items if item.run.folder == folder), None)

    def show(self, folder: Path | None) -> None:
        """Set the run whose curves and faces are on show; None for no run."""
        if folder != self.shown:
            self.shown = folder
            self.changed.emit()

    def refresh(self) -> None:
        """List the runs on disk again."""
        then, lane = self._on_listed, _Lane.LIST
        self._files.ask(_list, lane=lane, then=then, failed=self._report, interim=True)

    def update(self, folder: Path) -> None:
        """Read the state of one listed run again."""
        work, then, failed = partial(_listed, folder), self._on_updated, self._on_failure
        self._files.ask(work, lane=_Lane.UPDATE, then=then, failed=failed, interim=True)

    def open(self, folder: Path, *, then: Callable[[OpenedRun], object]) -> None:
        """Read a run and call ``then``, unless another one is opened meanwhile."""
        work, told = partial(_polled, partial(_open, folder)), partial(_reply, then)
        self._opening.begin(work, then=told, failed=self._report)

    def read_preview(
        self, folder: Path, epoch: int | None = None, *, then: Callable[[PreviewRead], object]
    ) -> None:
        """Read the preview after an epoch, by default the newest, and call ``then`` likewise."""
        work = partial(_polled, partial(_read_preview, folder, epoch))
        self._reading.begin(work, then=partial(_reply, then), failed=self._report)

    def delete(self, folders: Sequence[Path]) -> None:
        """Delete run folders, except those of runs that are being trained."""
        for reading in (self._opening, self._reading):
            # What was just selected may be what is deleted; nothing arrives of what is replaced.
            reading.begin(_nothing, then=_ignore, failed=self._report)
        self._change(partial(_delete, tuple(folders)))

    def set_labels(self, folder: Path, labels: RunLabels, text: str) -> None:
        """Give a listed run other labels, as an undo step with this text."""
        listed = self.find(folder)
        if listed is not None and labels != listed.run.labels:
            step = Step(text, partial(self._label, folder), listed.run.labels, labels)
            self.undo_stack.push(step)

    def end(self, folder: Path) -> None:
        """List a run as no longer trained by this window, at once; then read all runs again."""
        for lane in _Lane:  # what they read before would list it as running
            self._files.cancel(lane)
        listed = self.find(folder)
        if listed is not None:
            summary = listed.summary._replace(is_running=False)
            self._put(ListedRun(listed.run, summary))
        self.refresh()

    def forget_cut_off(self, folder: Path) -> None:
        """Don't offer again to continue this run, whose process died."""
        self._change(partial(forget_cut_off, folder))

    def follow(self, folder: Path, *, then: Callable[[Followed | None], object]) -> None:
        """Watch a run folder until ``stop_following`` or another call.

        ``then`` gets the run after each change, and None ten times a second in between.
        """
        self.following = folder
        work, told = partial(follow, folder), partial(self._on_followed, then)
        self._following.begin(work, then=told, failed=self._report, ended=self._on_ended)
        self.changed.emit()

    def stop_following(self) -> None:
        """Stop watching; what was read stays on show."""
        if self.following is not None:
            self._following.cancel()
            self._forget_following()

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, to be stopped when the application closes."""
        return [self._files, self._opening, self._reading, self._following]

    def _forget_following(self) -> None:
        self.following = None
        self.changed.emit()

    def _change(self, work: Callable[[], object]) -> None:
        # In a lane of its own, so that a second deletion doesn't replace a waiting one.
        self._files.ask(work, lane=work, then=self._on_changed, failed=self._on_failure)

    def _label(self, folder: Path, labels: RunLabels) -> None:
        """Show other labels at once, and write them."""
        listed = self.find(folder)
        if listed is None:
            return  # deleted meanwhile
        self._unwritten[folder] = labels
        self._put(listed)
        work, then = partial(write_labels, folder, labels), partial(self._on_labelled, folder)
        failed = partial(self._on_not_labelled, folder)
        self._files.ask(work, lane=("labels", folder), then=then, failed=failed)

    def _on_labelled(self, folder: Path, _result: object) -> None:
        self._unwritten.pop(folder, None)
        self.update(folder)

    def _on_not_labelled(self, folder: Path, problem: Problem) -> None:
        self._unwritten.pop(folder, None)
        self._on_failure(problem)

    def _put(self, listed: ListedRun) -> None:
        """Show another state of a listed run."""
        folder = listed.run.folder
        items = (listed if item.run.folder == folder else item for item in self.items)
        self._on_listed(tuple(items))

    def _labelled(self, listed: ListedRun) -> ListedRun:
        """Return a run with the labels that are about to be written."""
        labels = self._unwritten.get(listed.run.folder, listed.run.labels)
        return ListedRun(replace(listed.run, labels=labels), listed.summary)

    def _on_listed(self, items: tuple[ListedRun, ...]) -> None:
        self.items = tuple(map(self._labelled, items)) if self._unwritten else items
        self.listed.emit()

    def _on_updated(self, updated: ListedRun | None) -> None:
        if updated is None or self.find(updated.run.folder) is None:
            self.refresh()
            return
        self._put(updated)

    def _on_changed(self, _result: object) -> None:
        self.refresh()

    def _on_failure(self, problem: Problem) -> None:
        self._report(problem)
        self.refresh()

    def _on_followed(
        self, then: Callable[[Followed | None], object], followed: Followed | None
    ) -> None:
        if self.following is not None:  # reported before it was cancelled
            then(followed)

    def _on_ended(self, _complete: bool) -> None:
        if self.following is not None:
            self._forget_following()


def _nothing() -> Iterator[None]:
    yield from ()


def _ignore(_read: None) -> None:
    pass


def _reply(then: Callable[[T], object], read: T | None) -> None:
    if read is not None:
        then(read)


def _list() -> tuple[ListedRun, ...]:
    return tuple(ListedRun(run, run.summary()) for run in list_runs())


def _listed(folder: Path) -> ListedRun | None:
    try:
        run = Run.open(folder)
    except RunError:
        return None
    return ListedRun(run, run.summary())


def _open(folder: Path) -> OpenedRun:
    run = Run.open(folder)
    return OpenedRun(run, run.rows(), run.originals(), run.best.exists(), run.plan())


def _read_preview(folder: Path, epoch: int | None) -> PreviewRead:
    run = Run.open(folder)
    epochs = run.preview_epochs()
    wanted = epoch if epoch is not None else (epochs or [0])[-1]
    return PreviewRead(folder, wanted, run.preview(wanted), epochs)


def _delete(folders: Sequence[Path]) -> None:
    kept = [folder.name for folder in folders if not _is_deleted(folder)]
    if kept:
        names = ", ".join(f"“{name}”" for name in kept)
        raise RunError(
            f"{names} can't be deleted entirely. Stop what trains or reads there, and try again."
        )


def _is_deleted(folder: Path) -> bool:
    """Delete a run unless it is being trained; return whether it is gone."""
    listed = _listed(folder)
    if listed is not None and not listed.summary.is_running:
        listed.run.discard()
    return not folder.exists()


def _polled(read: Callable[[], T]) -> Iterator[T | None]:
    """Yield what ``read`` returns, and None while it blocks, as on an unreachable share."""
    return poll(read() for _ in range(1))
