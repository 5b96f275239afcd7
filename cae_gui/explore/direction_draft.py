"""What a direction that is being made would do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.jobs import StreamJob
from model.latents.custom_directions import DirectionFaces, custom_direction
from model.latents.directions import Directions
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.latent_statistics import LatentStatistics
    from model.latents.face_latents import FaceLatents

Floats = NDArray[np.float32]

STEPS = (-2, -1, 0, 1, 2)
"""Where a face is shown along the direction, in sigma."""


class Draft(NamedTuple):
    """A direction's AUC on faces left out, and a face's latents (5, L) at ``STEPS`` along it.

    ``reason`` says why there is no direction; ``auc`` is None with too few faces.
    """

    latents: Floats
    auc: float | None = None
    reason: str = ""


class DirectionDraft(QObject):
    """Finds out in the background what the faces of a direction come to; the newest counts.

    Signals:
        ready(Draft): the answer for the faces given last.
        problem(Problem): something failed.
    """

    ready = Signal(object)
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = StreamJob(self)
        self.job.produced.connect(self._on_produced)
        self.job.failed.connect(self.problem)

    def ask(
        self,
        faces: DirectionFaces,
        latents: FaceLatents,
        statistics: LatentStatistics,
        shown: Floats | None,
    ) -> None:
        """Find out for a latent (L,), or the mean face; an earlier question is dropped."""
        self.job.begin(partial(_draft, faces, latents, statistics, shown))

    @Slot(object)
    def _on_produced(self, event: Any) -> None:
        if isinstance(event, Draft):
            self.ready.emit(event)


def _draft(
    faces: DirectionFaces, latents: FaceLatents, statistics: LatentStatistics, shown: Floats | None
) -> Iterator[WorkProgress | Draft]:
    yield from latents.encode(faces.with_it)
    yield from latents.encode(faces.without)
    sides = latents.of(faces.with_it), latents.of(faces.without)
    start = statistics.mean if shown is None else shown
    try:
        found = custom_direction(faces.name, *sides, statistics)
    except ValueError as error:
        yield Draft(start[None][:0], None, str(error))
        return
    along = Directions((found,), statistics.mean)
    walked = [along.moved(start, {0: sigmas}) for sigmas in STEPS]
    yield Draft(np.stack(walked), found.auc)
