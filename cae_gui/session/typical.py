"""What is typical of the faces, for the model in use."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.jobs import StreamJob
from model.events import Describing

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.face_set import FaceSet
    from model.typicality import Density

FEWEST = 50
"""Of fewer faces nobody can say what is typical."""


class Typical(QObject):
    """Owns the density of the faces' latents, and measures it in the background.

    Signals:
        changed(): the density is known now, or no longer.
        measuring(int, int): so many faces of so many are encoded.
        problem(Problem): it couldn't be measured.
    """

    changed = Signal()
    measuring = Signal(int, int)
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.density: Density | None = None
        self.faces: FaceSet | None = None
        """The faces that the density is, or is about to be, measured on."""
        self.job = StreamJob(self)
        self.job.produced.connect(self._on_produced)
        self.job.failed.connect(self.problem)
        self.job.ended.connect(self._on_ended)

    def measure(self, model: FaceModel, faces: FaceSet) -> None:
        """Measure anew for these faces; too few of them leave what is known."""
        if model.statistics is None or faces is self.faces or len(faces.images) < FEWEST:
            return
        self.faces, self.density = faces, None
        self.changed.emit()
        self.job.begin(partial(_measure, model, faces))

    def forget(self) -> None:
        """Drop the density: another model is in use."""
        self.job.cancel()
        self.faces = self.density = None
        self.changed.emit()

    @Slot(object)
    def _on_produced(self, event: Any) -> None:
        if self.faces is None:  # reported before it was cancelled
            return
        if isinstance(event, Describing):
            self.measuring.emit(event.done, event.total)
        else:
            self.density = event
            self.changed.emit()

    @Slot(bool)
    def _on_ended(self, complete: bool) -> None:
        if not complete:
            self.faces = None  # so that another look at Explore tries again
            self.changed.emit()


def _measure(model: FaceModel, faces: FaceSet) -> Iterator[Any]:
    from model.latent_set import LatentSet, encode_set
    from model.typicality import Density

    assert model.statistics is not None
    for event in encode_set(model, faces):
        if isinstance(event, LatentSet):
            yield Density.fit(event, model.statistics)
        else:
            yield event
