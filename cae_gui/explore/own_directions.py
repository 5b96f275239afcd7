"""The directions that the person made of faces, for the model in use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.jobs import LatestJob, StreamJob
from cae_gui.core.models import Models
from cae_gui.core.problems import Problem, explain
from cae_gui.explore import own_work
from cae_gui.explore.direction_draft import DirectionDraft
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.kept_step import KeptStep
from cae_gui.explore.own_work import Items
from model.latents.custom_directions import DirectionFaces, brought, custom_directions_file
from model.latents.face_latents import FaceLatents
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.latent_statistics import LatentStatistics

Change = tuple[DirectionFaces | None, DirectionFaces | None]
"""A direction before and after; None where there is none."""


class OwnDirections(QObject):
    """Keeps the directions beside the model's file, and hands them to the explorer.

    A model without such a file takes over those in use, or those of last time: their faces are
    encoded anew. Its own file comes into being with the first change. Every change can be undone
    on the explorer's stack.

    Signals:
        changed(): there are others, or they have been encoded.
        brought(Path, int): so many were brought from another file.
        problem(Problem): they couldn't be read, written or used.
    """

    changed = Signal()
    brought = Signal(object, int)
    problem = Signal(object)

    def __init__(self, models: Models, explorer: Explorer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models, self._explorer = models, explorer
        self.items: Items = ()
        self.unusable: tuple[str, ...] = ()
        """Sentences about those that mean nothing to the model in use."""
        self.source: Path | None = None
        """The file that the directions in use are from; set it before the first model is there."""
        self.is_ready = False
        """Whether those of the model in use are known; before, none may be made."""
        self.is_measured = False
        """Whether the explorer has them all."""
        self._latents: FaceLatents | None = None
        self.draft = DirectionDraft(self)
        """What the direction that is being made would do."""
        self._file: Path | None = None
        self._known: Collection[str] = ()
        self._is_unsaved = False
        self._later: list[tuple[Sequence[DirectionFaces], str]] = []
        self._statistics: LatentStatistics | None = None
        self._files = LatestJob(parent=self)  # in the order of asking: a load must follow a save
        self._measuring = StreamJob(self)
        self._measuring.produced.connect(self._on_measured)
        self._measuring.failed.connect(self.problem)
        self.draft.problem.connect(self.problem)
        models.replaced.connect(self._on_model)
        models.saved.connect(self._on_model_saved)
        explorer.directions_changed.connect(self._on_statistics)
        self._files.start()

    @property
    def names(self) -> list[str]:
        """The names of all directions."""
        return [item.name for item in self.items]

    @property
    def latents(self) -> FaceLatents | None:
        """What the model in use makes of faces, as far as it was asked; None without a model."""
        model, known = self._models.model, self._latents
        if model is not None and (known is None or known.model.network is not model.network):
            self._latents = FaceLatents(model)
        return self._latents

    @property
    def statistics(self) -> LatentStatistics | None:
        """Those of the model in use; None until they are known."""
        statistics, latents = self._explorer.statistics, self.latents
        if statistics is None or latents is None:
            return None
        fits = len(statistics.mean) == latents.model.network.latent_dim
        return statistics if fits else None  # the explorer may still have those of another model

    def put(self, item: DirectionFaces, instead_of: DirectionFaces | None = None) -> None:
        """Add a direction, or put it in the place of another one."""
        verb = "Make" if instead_of is None else "Change"
        self._change(f"{verb} “{item.name}”", [(instead_of, item)])

    def remove(self, item: DirectionFaces) -> None:
        """Take a direction away."""
        self._change(f"Remove “{item.name}”", [(item, None)])

    def add(self, items: Sequence[DirectionFaces], text: str) -> int:
        """Add those that aren't there yet under names of their own; return how many.

        Before the model's own are known, they wait.
        """
        if not self.is_ready:
            self._later.append((items, text))
            return len(items)
        new = brought(self.items, items)
        if new:
            self._change(text, [(None, item) for item in new])
        return len(new)

    def bring(self, path: Path) -> None:
        """Add the directions of another model's file, or of a session."""
        work, then = partial(own_work.bring, path), partial(self._on_brought, path)
        self._files.ask(work, lane=("bring", path), then=then, failed=self.problem.emit)

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, for the one who closes the application."""
        return [self._files, self._measuring, self.draft.job]

    def keep_all(self) -> None:
        """Write what hasn't been written, once the threads have ended."""
        if self._is_unsaved and self._file is not None:
            try:
                own_work.save(self._file, self.items, self._known)
            except (RuntimeError, ValueError) as error:
                explain(error)  # logs it; nobody is there to be told

    def _change(self, text: str, changes: Sequence[Change]) -> None:
        self._explorer.end_edit()
        self._explorer.undo_stack.push(_Step(self, text, changes))

    def _swap(self, changes: Sequence[Change]) -> None:
        items = list(self.items)
        for before, after in changes:
            place = items.index(before) if before in items else len(items)
            items[place : place + (before in items)] = [after] if after is not None else []
        self.items = tuple(items)
        self.is_measured = False
        self._save()
        self._measure()
        self.changed.emit()

    def _save(self) -> None:
        if self._file is not None:
            self._is_unsaved = True
            self._known = {*self._known, *self.names}  # in the file once it is this one's turn
            work = partial(own_work.save, self._file, self.items, self._known)
            lane, then = ("save", self._file), partial(self._on_saved, self._file, self.items)
            self._files.ask(work, lane=lane, then=then, failed=self.problem.emit, interim=True)

    def _measure(self) -> None:
        statistics = self._statistics = self.statistics
        if self.is_ready and self.latents is not None and statistics is not None:
            self._measuring.begin(partial(own_work.measure, self.latents, self.items, statistics))

    @Slot()
    def _on_model(self) -> None:
        model, path = self._models.model, self._models.path
        if model is None:
            return
        self._measuring.cancel()
        self.is_measured = False
        if self._models.snapshot_of is not None and self.is_ready:
            self._measure()  # a snapshot of a training has no file; the present ones stay in use
            return
        self.is_ready = False
        self._file = custom_directions_file(path)
        work = partial(own_work.load, self._file, self.items, self.source)
        then = partial(self._on_loaded, self._file)
        self._files.ask(work, lane="load", then=then, failed=self._on_not_loaded)
        self.changed.emit()

    @Slot(object)
    def _on_model_saved(self, path: Path) -> None:
        file = custom_directions_file(path)
        if path == self._models.path and file != self._file and self.is_ready:
            self._file, self._known = file, ()
            if self.items:
                self._save()

    @Slot()
    def _on_statistics(self) -> None:
        if self.statistics is not self._statistics:
            self._measure()

    def _on_brought(self, path: Path, items: Sequence[DirectionFaces]) -> None:
        self.brought.emit(path, self.add(items, f"Bring directions from “{path.name}”"))

    def _on_loaded(self, file: Path, found: own_work.Read | None) -> None:
        if file != self._file:
            return
        self.items, self.is_ready = found.items if found else (), True
        self._known = self.names if found and found.source == file else ()
        self.source = found.source if found else None
        self._measure()
        self.changed.emit()
        later, self._later = self._later, []
        for items, text in later:
            self.add(items, text)

    def _on_saved(self, file: Path, saved: Items, kept: Sequence[DirectionFaces]) -> None:
        if file != self._file:
            return
        self.source, self._known = file, [item.name for item in kept]
        self._is_unsaved = saved is not self.items
        if len(kept) > len(saved):  # another window added some
            self.items += tuple(kept[len(saved) :])
            self._measure()
            self.changed.emit()

    def _on_not_loaded(self, problem: Problem) -> None:
        self.items, self._known, self.is_ready = (), (), True
        self.changed.emit()
        self.problem.emit(problem)

    @Slot(object)
    def _on_measured(self, event: Any) -> None:
        if (
            isinstance(event, WorkProgress)
            or event.latents is not self.latents
            or not self.is_ready
        ):
            return
        self.unusable, self.is_measured = event.unusable, True
        self._explorer.set_own(event.directions)
        self.changed.emit()


class _Step(KeptStep):
    """Directions that came, changed or went together."""

    def __init__(self, own: OwnDirections, text: str, changes: Sequence[Change]) -> None:
        super().__init__(own._explorer, text)
        self._own, self._changes = own, changes

    def apply(self) -> None:
        self._own._swap(self._changes)

    def take_back(self) -> None:
        self._own._swap([(after, before) for before, after in reversed(self._changes)])
