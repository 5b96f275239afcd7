"""The error of each face: of the model in use, and of another one beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.errors import Problem, Report
from cae_gui.core.faces import PHOTOS, Faces
from cae_gui.core.jobs import StreamJob
from cae_gui.core.models import Models
from cae_gui.core.times import RUN_MODELS
from cae_gui.widgets.numbers import counted
from model.data.lfw import TITLE as LFW_TITLE
from model.face_set import FaceSet
from model.progress import Pace

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

SHIPPED_FACES = 12_547
"""Faces of LFW that the shipped model was trained and tested on; of others the split differs."""
_KEPT = 4
"""Results that are kept, also those of models and faces that were in use before."""
_PACE_S = 0.3
"""Time between two reports."""


class Other(NamedTuple):
    """A model to compare with: what it is called, and its file; None for the shipped one."""

    title: str
    path: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The errors of a model: the MSE float32 (K,) of the first K of some ``rows`` (N,) of faces.

    ``key`` stands for the weights. ``are_tests`` tells that the training left these faces out, and
    ``whose`` says what they are to the model.
    """

    title: str
    model: FaceModel
    key: str
    faces: FaceSet
    rows: Rows
    are_tests: bool
    whose: str
    mse: Floats

    @property
    def is_complete(self) -> bool:
        """Whether all faces are measured."""
        return len(self.mse) == len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The errors to show: for the same ``rows`` (K,) the MSE (K,) of one or two models."""

    models: tuple[Measured, ...]
    rows: Rows
    mse: tuple[Floats, ...]

    @property
    def faces(self) -> FaceSet:
        """The set that the rows are of."""
        return self.models[0].faces

    def words(self) -> str:
        """Say which faces these are."""
        first, title = self.models[0], f"“{self.faces.title}”"
        if len(self.models) == 2:
            about = (f"{name}: {part.whose}." for name, part in zip("AB", self.models, strict=True))
            return f"{counted(len(self.rows), 'face')} of {title}. {' '.join(about)}"
        count = len(first.rows)
        if first.are_tests:
            return f"{counted(count, 'test face')} of {title}, which its training left out."
        return f"{counted(count, 'face')}, all of {title}: {first.whose}."


class Errors(QObject):
    """Measures the faces on show in the background, batch by batch, while that is looked at.

    Where the model knows the faces on show from its training, its test faces, else all.

    Signals:
        changed(): more is measured, or something else is wanted.
        busy(str, int, int): text, faces done, faces in all; ``idle()`` ends it.
    """

    changed = Signal()
    busy = Signal(str, int, int)
    idle = Signal()

    def __init__(
        self, models: Models, faces: Faces, report: Report, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._faces, self._report = models, faces, report
        self.other: Other | None = None
        """What the model in use is compared with."""
        self.offers: Callable[[], Sequence[Other]] = tuple
        """Returns what it can be compared with."""
        self.progress = 0, 0
        """Faces done, and faces in all, of the model that is being measured."""
        self.is_stopped = False
        self._parts: list[Measured | None] = [None, None]
        self._known: tuple[Measured, ...] = ()
        self._is_looked_at = False
        self._doing: tuple[object, ...] | None = None
        self.job = StreamJob(self)
        models.replaced.connect(self._on_model)
        faces.changed.connect(self._on_faces)
        faces.photo_moved.connect(self._on_faces)

    @property
    def is_running(self) -> bool:
        """Whether faces are being measured."""
        return self.job.is_busy

    def shown(self) -> Shown | None:
        """Return what is measured so far; with two models the faces that are measured with both."""
        first, second = self._parts
        if first is None or not len(first.mse):
            return None
        if second is not None:
            rows, at, there = np.intersect1d(
                first.rows[: len(first.mse)],
                second.rows[: len(second.mse)],
                assume_unique=True,
                return_indices=True,
            )
            if len(rows):
                return Shown((first, second), rows, (first.mse[at], second.mse[there]))
        return Shown((first,), first.rows[: len(first.mse)], (first.mse,))

    def have_none_in_common(self) -> bool:
        """Return whether both models are measured, and no face is a test face of both."""
        shown = self.shown()
        are_complete = all(part is not None and part.is_complete for part in self._parts)
        return shown is not None and are_complete and len(shown.models) == 1

    def look(self, looking: bool) -> None:
        """Note whether errors are in view: only then measuring begins."""
        self._is_looked_at = looking
        self._begin()

    def compare(self, other: Other | None) -> None:
        """Measure another model, too; None: no longer."""
        self.other, self._parts[1] = other, None
        self._start_over()

    def cancel(self) -> None:
        """Measure no further; what is measured stays."""
        self.is_stopped = True
        self.job.cancel()

    def go_on(self) -> None:
        """Measure on after ``cancel``."""
        self.is_stopped = False
        self._begin()

    def _start_over(self) -> None:
        self.is_stopped, self._doing = False, None
        self.job.cancel()
        self._begin()
        self.changed.emit()

    def _begin(self) -> None:
        """Measure what is missing, unless that is under way."""
        model, faces, other = self._models.model, self._faces.faces, self.other
        if not self._is_looked_at or self.is_stopped or model is None or faces is None:
            return
        doing = model.network, faces, other
        parts = [part if part and part.faces is faces else None for part in self._parts]
        if parts[0] is not None and parts[0].model.network is not model.network:
            parts[0] = None
        wanted = parts if other else parts[:1]
        is_done = all(part is not None and part.is_complete for part in wanted)
        if is_done or doing == self._doing or not len(faces.images):
            return
        self._doing = doing
        subjects = [_Subject(self._models.title, model, None, self._models.run)]
        if other is not None:
            is_of_run = other.path is not None and other.path.name in RUN_MODELS
            run = other.path.parent if other.path and is_of_run else None
            subjects.append(_Subject(other.title, None, other.path, run))
        is_own = self._faces.source == PHOTOS
        work = partial(_measure, subjects, parts, faces, self._known, is_own=is_own)
        then, failed, ended = self._on_measured, self._on_failed, self._on_ended
        self.job.begin(work, then=then, failed=failed, ended=ended)

    def _on_measured(self, event: tuple[int, Measured]) -> None:
        place, part = event
        if self._doing is None:  # reported before it was cancelled
            return
        before = self._parts[place]
        self.progress = len(part.mse), len(part.rows)
        self.busy.emit(f"Measuring each face by {part.title}", *self.progress)
        # While a training is followed, a snapshot's errors stay until the next one's are there.
        if before is None or before.key == part.key or part.is_complete:
            self._parts[place] = part
        if part.is_complete:
            others = (found for found in self._known if not _are_alike(found, part))
            self._known = (part, *others)[:_KEPT]
        self.changed.emit()

    def _on_failed(self, problem: Problem) -> None:
        self.is_stopped = True
        if self._parts[1] is None:
            self.other = None  # it can't be read
        self._report(problem)

    def _on_ended(self, _complete: bool) -> None:
        self._doing = None
        self.idle.emit()
        self._begin()  # a later snapshot may be in use by now
        self.changed.emit()

    @Slot(object, object, bool)
    def _on_model(self, _old: object, _new: object, goes_on: bool) -> None:
        if goes_on and self.job.is_busy:
            return  # or each snapshot would keep the one before from its end
        if not goes_on:
            self._parts[0] = None
        self._start_over()

    @Slot()
    def _on_faces(self) -> None:
        self._parts = [None, None]
        self._start_over()


class _Subject(NamedTuple):
    """A model to measure: itself, or the file to read it from (None: the shipped one)."""

    title: str
    model: FaceModel | None
    path: Path | None
    run: Path | None


def _are_alike(one: Measured, other: Measured) -> bool:
    """Return whether two are of the same weights and faces."""
    same = one.key == other.key and one.faces is other.faces
    return same and one.whose == other.whose


def _measure(
    subjects: Sequence[_Subject],
    parts: Sequence[Measured | None],
    faces: FaceSet,
    known: Sequence[Measured],
    *,
    is_own: bool,
) -> Iterator[tuple[int, Measured]]:
    """Measure each model on where its part ends, yielding its place and what is measured."""
    from model.device import use_threads
    from model.evaluation import face_errors
    from model.system.threads import foreground

    use_threads(1)
    for place, (subject, part) in enumerate(zip(subjects, parts, strict=False)):
        if part is None:
            begun = _unmeasured(subject, faces, is_own=is_own)
            found = next((item for item in known if _are_alike(item, begun)), begun)
            part = replace(begun, mse=found.mse)
            yield place, part
        if part.is_complete:
            continue
        pace, before = Pace(_PACE_S), part.mse
        for step in face_errors(part.model, faces.images, part.rows[len(before) :]):
            part = replace(part, mse=np.concatenate([before, step.mse]))
            if part.is_complete or pace.due():
                yield place, part
            foreground.give_way()


def _unmeasured(subject: _Subject, faces: FaceSet, *, is_own: bool) -> Measured:
    """Read the model and choose its faces."""
    from model.checkpoint import load_face_model, pretrained_model
    from model.latents.latent_set import model_digest

    if subject.model is not None:
        model = subject.model
    else:
        model = pretrained_model() if subject.path is None else load_face_model(subject.path)
    are_tests, whose = _relation(model, faces, subject.run, is_own=is_own)
    rows = np.arange(len(faces.images))
    if are_tests and model.config is not None:
        rows = faces.split(model.config.test_percent, model.config.seed)[1]
    nothing = np.empty(0, np.float32)
    key = model_digest(model)
    return Measured(subject.title, model, key, faces, rows, are_tests, whose, nothing)


def _relation(
    model: FaceModel, faces: FaceSet, folder: Path | None, *, is_own: bool
) -> tuple[bool, str]:
    """Return whether the training left test faces of this set out, and what the set is to it."""
    from model.latents.shipped_directions import shipped_density
    from model.runs.runs import Run, RunError

    learned = ""
    if folder is not None:
        with suppress(RunError):  # it may have been deleted
            learned = Run.open(folder).faces
    elif shipped_density(model) is not None:
        learned = LFW_TITLE
        if faces.title == LFW_TITLE and len(faces.images) != SHIPPED_FACES:
            return False, "the model learned from some of them"
    if is_own:
        return False, "no training saw them"
    if not learned or model.config is None:
        return False, "whether the model learned from them isn't known"
    if learned != faces.title:
        return False, f"the model learned from “{learned}”"
    if len(faces.images) < 2:
        return False, "the model learned from them"
    return True, "test faces of its training"
