"""The queue of trainings as the window works on it: changes, and one training after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.core.errors import Problem, Report
from cae_gui.core.jobs import LatestJob
from cae_gui.core.undo import Step
from cae_gui.train.training import Discarded, RunOpened, State, Stopped, Training, TrainingEvent
from cae_gui.widgets.numbers import counted
from model.config import TrainConfig
from model.events import Finished
from model.runs.queue import Claim, QueueContent, QueueEntry, TrainingQueue, with_change

Entries = tuple[QueueEntry, ...]


class Result(NamedTuple):
    """A training of the queue that came to its end; ``model`` is its best one's file."""

    title: str
    model: Path
    best_mse: float
    tags: tuple[str, ...] = ()


class Queue(QObject):
    """Trains what waits, one after the other, while ``is_on``; every change is an undo step.

    All that touches the disk is done in a thread, in the order in which it was asked for; other
    programs may change the queue as well. It never goes on by itself when the window starts.

    Signals:
        changed(): ``entries`` or ``is_on`` have changed.
        listed(): the queue was read for the first time.
        finished(Result): a training came to its end, and others wait.
        worked_off(tuple): nothing waits any more; the ``Result`` of each that was trained.
        held(int): a training was ended by hand, and so many wait.
    """

    changed = Signal()
    listed = Signal()
    finished = Signal(object)
    worked_off = Signal(object)
    held = Signal(int)

    def __init__(self, training: Training, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training, self._report = training, report
        self._store = TrainingQueue()
        self.entries: Entries = ()
        self.damaged = 0
        """How many trainings on disk can't be read."""
        self.is_on = False
        self.undo_stack = QUndoStack(self)
        self._is_held = self._is_listed = self._is_taking = False
        self.results: list[Result] = []
        """What came to its end since the queue was begun."""
        self._seen: set[str] = set()
        self._gone: set[str] = set()
        self._pending = 0
        self.job = LatestJob((), self)
        self.job.start()
        training.state_changed.connect(self._on_state)
        training.reported.connect(self._on_training)

    @property
    def waiting(self) -> int:
        """How many trainings ``start`` would train."""
        return sum(not (entry.is_training or entry.problem) for entry in self.entries)

    def refresh(self) -> None:
        """Read the queue on disk again."""
        self._ask(self._store.read, lane="read")

    def start(self) -> None:
        """Train what waits: now, or after the training under way."""
        self._is_held = False
        self._turn(True)
        self._next()

    def pause(self) -> None:
        """Begin no other training; the one under way goes on."""
        self._is_held = True
        self._turn(False)

    def add(self, entries: Sequence[QueueEntry], text: str = "Add to the queue") -> None:
        """Put trainings at the end; they begin by themselves after a training under way."""
        self._edit(text, (*self.entries, *entries))
        if self._training.is_active and not self._is_held:
            self._turn(True)

    def remove(self, keys: Collection[str]) -> None:
        """Take trainings out, but none that is under way; their runs stay."""
        kept = tuple(one for one in self.entries if one.is_training or one.key not in keys)
        if count := len(self.entries) - len(kept):
            self._edit(f"Remove {counted(count, 'training')}", kept)

    def put_back(self, removed: Sequence[QueueEntry], before: Entries) -> None:
        """Put trainings where they were in ``before``."""
        there = with_change(self.entries, [one for one in before if one not in removed], before)
        self._edit("Put back", tuple(there))

    def order(self, keys: Sequence[str], text: str = "Move in the queue") -> None:
        """Put the trainings in this order."""
        by_key = {entry.key: entry for entry in self.entries}
        self._edit(text, tuple(by_key[key] for key in keys if key in by_key))

    def move(self, keys: Collection[str], step: int) -> None:
        """Move trainings up (-1) or down (1) by one place, as far as there is one."""
        order = [entry.key for entry in self.entries]
        places = [at for at, key in enumerate(order) if key in keys]
        for at in places if step < 0 else reversed(places):
            other = at + step
            if 0 <= other < len(order) and order[other] not in keys:
                order[at], order[other] = order[other], order[at]
        self.order(order)

    def change(self, key: str, config: TrainConfig) -> None:
        """Give a training other settings; what it has begun is left as it is."""
        self._replace(key, "Change a training", config=config, run=None, problem="")

    def try_again(self, keys: Collection[str]) -> None:
        """Let trainings that failed be trained again."""
        entries = (
            replace(one, problem="") if one.key in keys and one.problem else one
            for one in self.entries
        )
        self._edit("Try again", tuple(entries))

    def _replace(self, key: str, text: str, **values: object) -> None:
        entries = (replace(one, **values) if one.key == key else one for one in self.entries)  # type: ignore[arg-type]
        self._edit(text, tuple(entries))

    # Changes, and what is on disk

    def _edit(self, text: str, after: Entries) -> None:
        before = self.entries
        if before != after:
            self.undo_stack.push(Step(text, self._apply, (after, before), (before, after)))

    def _apply(self, step: tuple[Entries, Entries]) -> None:
        """Make a change; a training that was taken meanwhile doesn't come back by undo or redo."""
        before, after = step
        kept = {entry.key for entry in before}
        there = {entry.key for entry in self.entries if not entry.is_training}
        after = tuple(
            one for one in after if one.key in kept | self._gone or one.key not in self._seen
        )
        wanted = {entry.key for entry in after}
        self._gone |= (kept - wanted) & there
        self._gone -= wanted
        self._seen |= wanted
        self.entries = tuple(with_change(self.entries, before, after))
        self.changed.emit()
        self._ask(partial(_change, self._store, before, after), lane=object())

    def _ask(self, work: Callable[[], QueueContent], lane: object) -> None:
        self._pending += 1
        then, failed = self._on_read, self._on_failed
        self.job.ask(work, lane=lane, then=then, failed=failed, interim=True)

    def _on_read(self, content: QueueContent) -> None:
        self._pending -= 1
        if self._pending > 0:
            return  # what was asked for since then isn't in it
        has_changed = self.entries != content.entries or self.damaged != content.damaged
        has_changed |= _training(self.entries) != _training(content.entries)
        self.entries, self.damaged = content
        self._seen |= {entry.key for entry in content.entries}
        if has_changed:
            self.changed.emit()
        if not self._is_listed:
            self._is_listed = True
            self.listed.emit()

    def _on_failed(self, problem: Problem) -> None:
        self._pending -= 1
        self._report(problem)
        if not self._pending:
            self.refresh()

    # One after the other

    def _turn(self, on: bool) -> None:
        if on and not self.is_on:
            self.results = []
        if on is not self.is_on:
            self.is_on = on
            self.changed.emit()

    @Slot()
    def _next(self) -> None:
        if self.is_on and not self._training.is_active and not self._is_taking:
            self._is_taking = True
            then, failed = self._on_taken, self._on_not_taken
            self._pending += 1
            self.job.ask(partial(_take, self._store), lane=object(), then=then, failed=failed)

    def _on_taken(self, taken: tuple[Claim | None, QueueContent]) -> None:
        claim, content = taken
        self._is_taking = False
        self._on_read(content)
        if claim is None:
            self._turn(False)
            self.worked_off.emit(tuple(self.results))
        elif self.is_on:
            self._training.start_queued(claim)
        else:
            claim.close()
            self.refresh()

    def _on_not_taken(self, problem: Problem) -> None:
        self._is_taking = False
        self._turn(False)
        self._on_failed(problem)

    @Slot(object)
    def _on_state(self, state: State) -> None:
        self.refresh()
        if state is State.IDLE:
            # After all that the end of a training brings.
            QTimer.singleShot(0, self, self._next)

    @Slot(object)
    def _on_training(self, event: TrainingEvent) -> None:
        entry, folder = self._training.entry, self._training.folder
        match event:
            case RunOpened():
                self.refresh()
            case Finished() if entry is not None and folder is not None:
                result = Result(
                    entry.title, folder / "best.safetensors", event.best_mse, entry.labels.tags
                )
                self.results.append(result)
                if self.is_on and self.waiting:
                    self.finished.emit(result)
            case Stopped() | Discarded():
                if entry is not None:
                    self._ask(partial(_let_go, self._store, entry, event), lane=object())
                if self.is_on:
                    self.pause()
                    # After what others say of the end: this is what asks for a decision.
                    QTimer.singleShot(0, self, self._tell_held)

    @Slot()
    def _tell_held(self) -> None:
        if self.waiting and not self.is_on:
            self.held.emit(self.waiting)


def _training(entries: Entries) -> list[bool]:
    return [entry.is_training for entry in entries]


def _change(store: TrainingQueue, before: Entries, after: Entries) -> QueueContent:
    store.change(before, after)
    return store.read()


def _take(store: TrainingQueue) -> tuple[Claim | None, QueueContent]:
    return store.take(), store.read()


def _let_go(store: TrainingQueue, entry: QueueEntry, event: Stopped | Discarded) -> QueueContent:
    """Take a training that was ended by hand out of the queue: its run is kept, or not wanted."""
    if isinstance(event, Discarded) or event.folder.exists():
        store.change([entry], [])
    return store.read()
