"""Writes films and pictures in the background."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from model.morph.film import FilmSettings, export_film
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]


class Filming(QObject):
    """Decodes latents and writes them as a film, in a background thread.

    Signals:
        busy(str, int, int): text, frames done, frames in all; ``idle()`` ends it.
        finished(Path): the file was written; a cancelled or failed export leaves none.
    """

    busy = Signal(str, int, int)
    idle = Signal()
    finished = Signal(object)

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.path: Path | None = None
        """The file of the export under way, or None."""
        self._done = 0
        self.job = StreamJob(self)

    def begin(self, model: FaceModel, latents: Floats, path: Path, settings: FilmSettings) -> None:
        """Export latents (T, L) of this model; only while no other export is under way."""
        assert self.path is None
        self.path, self._done = path, 0
        self._tell(0, len(latents))
        work, then = partial(_export, model, latents, path, settings), self._on_produced
        self.job.begin(work, then=then, failed=self._report, ended=self._on_ended)

    def cancel(self) -> None:
        """Stop the export under way; an older file is kept."""
        self.job.cancel()

    def _tell(self, done: int, total: int) -> None:
        assert self.path is not None
        self.busy.emit(f"Exporting “{self.path.name}”", done, total)

    def _on_produced(self, step: WorkProgress) -> None:
        if step.done * 100 // step.total > self._done * 100 // step.total:
            self._done = step.done
            self._tell(step.done, step.total)

    def _on_ended(self, complete: bool) -> None:
        path, self.path = self.path, None
        self.idle.emit()
        if complete:
            self.finished.emit(path)


def _export(
    model: FaceModel, latents: Floats, path: Path, settings: FilmSettings
) -> Iterator[WorkProgress]:
    from model.inference import decode

    yield from export_film(latents, partial(decode, model), path, settings)
