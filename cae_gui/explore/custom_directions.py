"""Custom directions, which the user defines by faces, and presets, for the model in use."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.errors import Problem, Report, explain
from cae_gui.core.jobs import LatestJob, StreamJob
from cae_gui.core.models import Models
from cae_gui.explore.explorer import Explorer, KeptStep
from model.documents.session_file import SUFFIX, load_session
from model.io.tensor_file import TensorFileError
from model.latents.custom_directions import (
    DirectionFaces,
    Own,
    brought,
    custom_direction,
    custom_directions_file,
    damaged_path,
    load_directions,
    merge_directions,
)
from model.latents.directions import Directions
from model.latents.latent_set import FaceLatents, model_digest
from model.latents.presets import Preset, parts_of, preset_direction
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.latent_statistics import LatentStatistics
    from model.latents.directions import Direction

Floats = NDArray[np.float32]
Items = tuple[Own, ...]
Change = tuple[Own | None, Own | None]
"""A direction or preset before and after; None where there is none."""

DRAFT_STEPS = (-2, -1, 0, 1, 2)
"""Coordinates at which the preview of a new direction is decoded, in sigma."""


class Draft(NamedTuple):
    """A new direction's AUC on held-out faces, and latents (5, L) of a face at ``DRAFT_STEPS``.

    ``reason`` says why there is no direction; ``auc`` (0 to 1) is None with too few faces.
    """

    latents: Floats
    auc: float | None = None
    reason: str = ""


class CustomDirections(QObject):
    """Keeps the directions in a file beside the model's, and gives them to the explorer.

    A model without such a file takes over the directions in use, or else those of the last start,
    and encodes their faces. Its own file is written at the first change. Every change can be
    undone on the explorer's stack. Presets hold for one model only: another one doesn't take them
    over, and leaves them out of what is imported.

    Signals:
        changed(): ``items`` has changed, or was encoded.
        brought(Path, int, int): this number of directions and presets was imported from a file;
            this number of presets was not, as they belong to another model.
        drafted(Draft): the answer to the last ``ask_draft``.
    """

    changed = Signal()
    brought = Signal(object, int, int)
    drafted = Signal(object)

    def __init__(
        self, models: Models, explorer: Explorer, report: Report, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer, self._report = models, explorer, report
        self.items: Items = ()
        """Directions, and behind them presets."""
        self.digest = ""
        """That of the model in use; "" until it is known."""
        self.unusable: tuple[str, ...] = ()
        """Sentences about directions that can't be computed for the model in use."""
        self.source: Path | None = None
        """The file of the directions in use; set it before the first model is loaded."""
        self.is_ready = False
        """Whether the directions of the model in use were read; before, none can be added."""
        self.is_measured = False
        """Whether the explorer has them all."""
        self._latents: FaceLatents | None = None
        self._file: Path | None = None
        self._known: Collection[str] = ()
        self._is_unsaved = False
        self._later: list[tuple[Sequence[Own], str]] = []
        self._statistics: LatentStatistics | None = None
        self._files = LatestJob(parent=self)  # in order of requests: a load must follow a save
        self._measuring, self._drafting = StreamJob(self), StreamJob(self)
        models.replaced.connect(self._on_model)
        models.saved.connect(self._on_model_saved)
        explorer.directions_changed.connect(self._on_statistics)
        self._files.start()

    @property
    def names(self) -> list[str]:
        """The names of all directions and presets."""
        return [item.name for item in self.items]

    @property
    def of_faces(self) -> tuple[DirectionFaces, ...]:
        """The directions, without presets."""
        return _of_faces(self.items)

    def preset(self, name: str) -> Preset | None:
        """Return the present edit as a preset; None without an edit, or a measured model."""
        face, directions = self._explorer.face, self._explorer.directions
        if face is None or directions is None or not self.digest:
            return None
        offset = face.latent - face.start
        if not offset.any():
            return None
        return Preset(name, offset, self.digest, parts_of(offset, directions))

    @property
    def latents(self) -> FaceLatents | None:
        """The cached latents of faces by the model in use; None without a model."""
        model, known = self._models.model, self._latents
        if model is not None and (known is None or known.model.network is not model.network):
            self._latents = FaceLatents(model)
        return self._latents

    @property
    def statistics(self) -> LatentStatistics | None:
        """The latent statistics of the model in use; None until they are measured."""
        statistics, latents = self._explorer.statistics, self.latents
        if statistics is None or latents is None:
            return None
        fits = len(statistics.mean) == latents.model.network.latent_dim
        return statistics if fits else None  # the explorer may still have another model's

    def put(self, item: Own, instead_of: Own | None = None) -> None:
        """Add a direction or a preset, or replace ``instead_of``."""
        verb = "Make" if instead_of is None else "Change"
        self._change(f"{verb} “{item.name}”", [(instead_of, item)])

    def remove(self, item: Own) -> None:
        """Remove a direction or a preset."""
        self._change(f"Remove “{item.name}”", [(item, None)])

    def add(self, items: Sequence[Own], text: str) -> int:
        """Add directions that aren't there yet, under unique names; return how many.

        They are added once the model's own directions were read.
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
        work, then = partial(_read_other, path, self._models.model), partial(self._on_brought, path)
        self._files.ask(work, lane=("bring", path), then=then, failed=self._report)

    def ask_draft(self, faces: DirectionFaces) -> bool:
        """Compute a preview of a direction of these faces; drops an earlier request.

        Returns False, and gives no answer, while the model in use has no statistics.
        """
        latents, statistics = self.latents, self.statistics
        if latents is None or statistics is None:
            return False
        start = statistics.mean if self._explorer.face is None else self._explorer.face.start
        if start.shape != statistics.mean.shape:
            start = statistics.mean  # the face's latent is still another model's
        work = partial(_draft, faces, latents, statistics, start)
        self._drafting.begin(work, then=self._on_drafted, failed=self._report)
        return True

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, to be stopped when the application closes."""
        return [self._files, self._measuring, self._drafting]

    def keep_all(self) -> None:
        """Write unsaved changes, once the threads have ended."""
        if self._is_unsaved and self._file is not None:
            try:
                _write(self._file, self.items, self._known)
            except (RuntimeError, ValueError) as error:
                explain(error)  # logs it; the window is closed

    def _change(self, text: str, changes: Sequence[Change]) -> None:
        self._explorer.end_edit()
        back = [(after, before) for before, after in reversed(changes)]
        self._explorer.undo_stack.push(KeptStep(self._explorer, text, self._swap, back, changes))

    def _swap(self, changes: Sequence[Change]) -> None:
        items = list(self.items)
        for before, after in changes:
            place = items.index(before) if before in items else len(items)
            items[place : place + (before in items)] = [after] if after is not None else []
        self.items = tuple(sorted(items, key=_is_preset))
        self.is_measured = False
        self._save()
        self._measure()
        self.changed.emit()

    def _save(self) -> None:
        if self._file is not None:
            self._is_unsaved = True
            self._known = {*self._known, *self.names}  # in the file once this request is done
            work = partial(_write, self._file, self.items, self._known)
            # Only the newest answer counts: the file has changed since earlier ones.
            lane, then = ("save", self._file), partial(self._on_saved, self._file, len(self.items))
            self._files.ask(work, lane=lane, then=then, failed=self._report)

    def _measure(self) -> None:
        statistics = self._statistics = self.statistics
        if self.is_ready and self.latents is not None and statistics is not None:
            work = partial(_measure, self.latents, self.items, statistics)
            self._measuring.begin(work, then=self._on_measured, failed=self._report)

    @Slot()
    def _on_model(self) -> None:
        model, path = self._models.model, self._models.path
        if model is None:
            return
        self._measuring.cancel()
        self.is_measured, self.digest = False, ""
        if self._models.snapshot_of is not None and self.is_ready:
            self._measure()  # a snapshot of a training has no file: it uses the present directions
            return
        self.is_ready = False
        self._file = custom_directions_file(path)
        work = partial(_read, self._file, self.items, self.source)
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

    def _on_brought(self, path: Path, read: _Read) -> None:
        count = self.add(read.items, f"Bring directions from “{path.name}”")
        self.brought.emit(path, count, read.left_out)

    def _on_loaded(self, file: Path, found: _Found | None) -> None:
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

    def _on_saved(self, file: Path, own: int, kept: Sequence[Own]) -> None:
        if file != self._file:
            return
        self.source, self._known = file, [item.name for item in kept]
        self._is_unsaved = False
        if others := tuple(kept[own:]):  # another window added them
            self.items += others
            self._measure()
            self.changed.emit()

    def _on_not_loaded(self, problem: Problem) -> None:
        self.items, self._known, self.is_ready = (), (), True
        self.changed.emit()
        self._report(problem)

    def _on_measured(self, event: Any) -> None:
        if (
            isinstance(event, WorkProgress)
            or event.latents is not self.latents
            or not self.is_ready
        ):
            return
        self.unusable, self.is_measured, self.digest = event.unusable, True, event.digest
        self._explorer.set_own(event.directions)
        self.changed.emit()

    def _on_drafted(self, event: Any) -> None:
        if isinstance(event, Draft):
            self.drafted.emit(event)


class _Found(NamedTuple):
    """Directions that were read, and their file."""

    source: Path
    items: Items


class _Read(NamedTuple):
    """What another file holds, and how many presets of other models it has besides."""

    items: Sequence[Own]
    left_out: int


class _Measured(NamedTuple):
    """The directions in a model's latent space, and why some can't be computed."""

    latents: FaceLatents
    digest: str
    directions: tuple[Direction, ...]
    unusable: tuple[str, ...]


def _read(file: Path, present: Items, source: Path | None) -> _Found | None:
    """Read the model's own file; else return the directions in use, else read ``source``.

    Raises:
        RuntimeError: the file is damaged.
        OSError: it can't be opened.
    """
    found = file if file.exists() else source
    carried = _of_faces(present)
    if carried and not file.exists():
        return _Found(source or file, carried)
    if found is None:
        return None
    try:
        items = tuple(load_directions(found))
        return _Found(found, items if found == file else _of_faces(items))
    except TensorFileError as error:
        kept = damaged_path(found).name
        raise RuntimeError(
            f"{error} Your directions in it can't be used. "
            f"Once you make others, it is kept as “{kept}”."
        ) from error


def _write(file: Path, items: Items, known: Collection[str]) -> list[Own]:
    """Write directions and return all directions now in the file.

    Raises:
        RuntimeError: the file can't be written.
        ValueError: they hold too many faces.
    """
    try:
        return merge_directions(file, items, known)
    except OSError as error:
        raise RuntimeError(
            f"Your directions couldn't be written to “{file}” ({error.strerror}). "
            "They stay in this window; save a session to keep them."
        ) from error


def _read_other(path: Path, model: FaceModel | None) -> _Read:
    """Read the directions of another model's file, or of a session; presets of this model alone.

    Raises:
        TensorFileError: it is damaged, or a file of another kind.
        OSError: it can't be opened.
    """
    if path.suffix.lower() == SUFFIX:
        return _Read(load_session(path).own, 0)
    found, digest = load_directions(path), "" if model is None else model_digest(model)
    kept = [item for item in found if not isinstance(item, Preset) or item.model == digest]
    return _Read(kept, len(found) - len(kept))


def _measure(
    latents: FaceLatents, items: Items, statistics: LatentStatistics
) -> Iterator[WorkProgress | _Measured]:
    """Encode the faces of all directions, and yield directions and presets last."""
    directions, unusable = [], []
    for item in _of_faces(items):
        sides = yield from _sides(item, latents)
        try:
            directions.append(custom_direction(item.name, *sides, statistics))
        except ValueError as error:
            unusable.append(f"“{item.name}” means nothing to this model: {error}.")
    digest, others = model_digest(latents.model), []
    for preset in (item for item in items if isinstance(item, Preset)):
        if preset.model != digest:
            others.append(f"“{preset.name}”")
            continue
        try:
            directions.append(preset_direction(preset, statistics))
        except ValueError as error:  # only a file that was tampered with has such a one
            unusable.append(f"“{preset.name}” can't be used: {error}.")
    if others:
        unusable.append(
            f"Made with another model, and of no use with this one: {', '.join(others)}. "
            "A preset holds for its own model only."
        )
    yield _Measured(latents, digest, tuple(directions), tuple(unusable))


def _is_preset(item: Own) -> bool:
    return isinstance(item, Preset)


def _of_faces(items: Iterable[Own]) -> tuple[DirectionFaces, ...]:
    return tuple(item for item in items if isinstance(item, DirectionFaces))


def _draft(
    faces: DirectionFaces, latents: FaceLatents, statistics: LatentStatistics, start: Floats
) -> Iterator[WorkProgress | Draft]:
    """Encode the faces of a direction, and last yield its ``Draft`` from a latent (L,)."""
    sides = yield from _sides(faces, latents)
    try:
        found = custom_direction(faces.name, *sides, statistics)
    except ValueError as error:
        yield Draft(start[None][:0], None, str(error))
        return
    along = Directions((found,), statistics.mean)
    walked = [along.moved(start, {0: sigmas}) for sigmas in DRAFT_STEPS]
    yield Draft(np.stack(walked), found.auc)


def _sides(
    item: DirectionFaces, latents: FaceLatents
) -> Generator[WorkProgress, None, tuple[Floats, Floats]]:
    """Encode the faces of a direction; return the latents (N, L) of both of its sides."""
    yield from latents.encode(item.with_it)
    yield from latents.encode(item.without)
    return latents.of(item.with_it), latents.of(item.without)
