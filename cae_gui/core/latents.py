"""What is known of the latent space of the model in use, from the faces in the gallery."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.face_set import FaceSet
    from model.latents.explored import Explored

FEWEST = 50
"""Fewer faces tell neither what is typical nor how a map should look."""


class _Wanted(NamedTuple):
    model: FaceModel
    faces: FaceSet


class Latents(QObject):
    """Encodes the faces in the background and measures their latents.

    Signals:
        changed(): ``explored`` is known now, or no longer.
        measuring(int, int): so many faces of so many are encoded.
    """

    changed = Signal()
    measuring = Signal(int, int)

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.explored: Explored | None = None
        self.faces: FaceSet | None = None
        """The faces that ``explored`` is of, or is about to be."""
        self._model: FaceModel | None = None
        self._next: _Wanted | None = None
        self._follows = False
        self.job = StreamJob(self)

    def measure(self, model: FaceModel, faces: FaceSet) -> None:
        """Measure this model on these faces, unless that is done or under way; not on too few.

        After ``follow``, what is known stays until the newer is there, and is what it is aligned
        to; a measurement under way is finished before the newest model's turn comes.
        """
        if len(faces.images) < FEWEST or (model is self._model and faces is self.faces):
            return
        if self._follows and faces is self.faces and self.job.is_busy:
            self._next = _Wanted(model, faces)
            return
        if not (self._follows and faces is self.faces):
            self._forget()
        self._begin(model, faces)

    def follow(self) -> None:
        """Take the next model as a later snapshot of the present one."""
        self._follows = True

    def forget(self) -> None:
        """Drop what is known: a model without relation to the last one is in use."""
        self._follows = False
        self.job.cancel()
        self._forget()

    def _forget(self) -> None:
        self._next = self._model = self.faces = None
        if self.explored is not None:
            self.explored = None
            self.changed.emit()

    def _begin(self, model: FaceModel, faces: FaceSet) -> None:
        self._model, self.faces = model, faces
        work, then = partial(_explore, model, faces, self.explored), self._on_produced
        self.job.begin(work, then=then, failed=self._report, ended=self._on_ended)

    def _on_produced(self, event: Any) -> None:
        if self.faces is None:  # reported before it was cancelled
            return
        if isinstance(event, WorkProgress):
            self.measuring.emit(event.done, event.total)
        else:
            self.explored = event
            self.changed.emit()

    def _on_ended(self, complete: bool) -> None:
        wanted, self._next = self._next, None
        if not complete:
            self._model = None  # so that another look at Explore tries again
            if self.explored is None:
                self.faces = None
            self.changed.emit()
        elif wanted is not None:
            self._begin(*wanted)


def _explore(model: FaceModel, faces: FaceSet, previous: Explored | None) -> Iterator[Any]:
    from model.latents.explored import explore

    yield from explore(model, faces, previous)
