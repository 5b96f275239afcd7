"""Measures the even pace of the morph in the background."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from cae_gui.core.models import Models
from cae_gui.morph.morpher import Morpher
from model.morph.key_frames import Path
from model.morph.pace import EvenPace, measure_pace
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel


class Pacing(QObject):
    """Gives the morpher the pace that it lacks; of another path, what was begun is dropped."""

    def __init__(
        self, models: Models, morpher: Morpher, report: Report, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._morpher, self._report = models, morpher, report
        self._path: Path | None = None
        self.job = StreamJob(self)
        morpher.latents_changed.connect(self._on_latents)

    @Slot()
    def _on_latents(self) -> None:
        model, path, under_way = self._models.model, self._morpher.to_pace(), self._path
        if model is None or path is None:
            return
        if under_way is None or not path.is_same_way(under_way):
            self._path = path
            work, then = partial(_measure, model, path), partial(self._on_event, path)
            self.job.begin(work, then=then, failed=self._report, ended=self._on_ended)

    def _on_event(self, path: Path, event: WorkProgress | EvenPace) -> None:
        if isinstance(event, EvenPace):
            self._morpher.set_pace(path, event)

    def _on_ended(self, _complete: bool) -> None:
        self._path = None


def _measure(model: FaceModel, path: Path) -> Iterator[WorkProgress | EvenPace]:
    from model.device import use_threads
    from model.inference import decode_exactly

    use_threads(1)
    yield from measure_pace(path.along, partial(decode_exactly, model), segments=path.segments)
