"""Refining the selected face: its latent is fitted to its very picture, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from cae_gui.core.models import Models, Pixels, RefinedFace, refine_face
from cae_gui.core.selection import Selected, Selection

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.latents.typicality import Density

STEPS = 20
"""A second or less; after them little is left to gain."""


class Refinement(QObject):
    """Refines the selected face in the background and has the result kept, until it is undone.

    What is reached when it is stopped, or another face is selected, is kept as well.

    Signals:
        stepped(Reconstruction): the face after another step.
        changed(): it began or ended, or what is kept of the selected face may be another.
    """

    stepped = Signal(object)
    changed = Signal()

    def __init__(
        self,
        models: Models,
        selection: Selection,
        report: Report,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._selection, self._report = models, selection, report
        self._face: Selected | None = None
        self._reached: RefinedFace | None = None
        self.job = StreamJob(self)
        models.replaced.connect(self._on_model)
        models.attributes_found.connect(self.changed)
        selection.changed.connect(self._on_selected)
        selection.reconstructed.connect(self._on_reconstructed)

    @property
    def is_running(self) -> bool:
        """Whether the selected face is being refined."""
        return self.job.is_busy

    @property
    def reached(self) -> RefinedFace | None:
        """What refinement has reached for the selected face, so far; None without."""
        face = self._selection.face
        if face is None:
            return None
        return self._reached if self.is_running else self._models.refined(face.pixels)

    def start(self) -> None:
        """Refine the selected face, from where an earlier refinement of it ended."""
        face, model = self._selection.face, self._models.model
        if face is None or model is None or self.is_running:
            return
        self._face = face
        self._reached = self._models.refined(face.pixels)
        work = partial(_refine, model, face.pixels, self._models.pull, self._reached)
        self.job.begin(work, then=self._on_step, failed=self._report, ended=self._on_ended)
        self.changed.emit()

    def stop(self) -> None:
        """Take no further step."""
        self.job.cancel()

    def undo(self) -> None:
        """Take the selected face as the encoder gives it."""
        face, reached = self._selection.face, self.reached
        if face is not None and reached is not None and not self.is_running:
            self._keep(face, reached.undone())

    def words(self) -> str:
        """Say what refinement brought the selected face, and what it cost; "" without."""
        reached = self.reached
        if reached is None or not reached.steps:
            return ""
        parts = [_gain(reached)]
        if moved := self._moved(reached):
            parts.append(moved)
        density = self._models.density
        if density is not None:
            pair = np.stack([reached.encoded, reached.latent])
            before, after = (round(100 * float(share)) for share in density.typicality(pair))
            parts.append(_typicality(before, after))
        return " ".join(parts)

    def _keep(self, face: Selected, reached: RefinedFace) -> None:
        self._models.keep_refined(face.pixels, reached)
        if face is self._selection.face:
            # In a new selection: to whoever edits it, its latent is another one.
            self._selection.show(replace(face))

    def _moved(self, reached: RefinedFace) -> str:
        statistics = self._models.model.statistics if self._models.model else None
        if statistics is None:
            return ""
        away = float(np.linalg.norm(reached.encoded - statistics.mean))
        share = float(np.linalg.norm(reached.latent - reached.encoded)) / max(away, 1e-12)
        return f"Moved by {100 * share:.0f} % of its way from the mean."

    def _on_step(self, event: tuple[Any, RefinedFace]) -> None:
        if self._face is None:
            return
        reconstruction, self._reached = event
        if self._face is self._selection.face:
            self.stepped.emit(reconstruction)
            self.changed.emit()

    def _on_ended(self, _complete: bool) -> None:
        face, reached = self._face, self._reached
        self._face = self._reached = None
        if face is not None and reached is not None and reached.steps:
            self._keep(face, reached)
        self.changed.emit()

    @Slot()
    def _on_model(self) -> None:
        self._face = self._reached = None  # its latent belongs to another model
        self.job.cancel()
        self.changed.emit()

    @Slot()
    def _on_selected(self) -> None:
        if self._face is not None and self._face is not self._selection.face:
            self.job.cancel()
        self.changed.emit()

    @Slot()
    def _on_reconstructed(self) -> None:
        self.changed.emit()  # a photo may have been refined at once


def _gain(reached: RefinedFace) -> str:
    steps = "1 step" if reached.steps == 1 else f"{reached.steps} steps"
    less = round(100 * (1 - reached.mse / max(reached.mse_encoded, 1e-12)))
    told = f"{less} % closer" if less > 0 else "no closer"
    return f"Refined in {steps}: {told}, MSE {reached.mse_encoded:.5f} → {reached.mse:.5f}."


def _typicality(before: int, after: int) -> str:
    if before == after:
        return f"As typical as before: {after} % of faces are as unusual."
    word = "Less" if after < before else "More"
    return f"{word} typical: {before} → {after} % of faces are as unusual."


def _refine(
    model: FaceModel, pixels: Pixels, pull: Density | None, before: RefinedFace | None
) -> Iterator[Any]:
    from model.device import use_threads
    from model.system.threads import foreground

    use_threads(1)
    with foreground.work():
        yield from refine_face(model, pixels, None, STEPS, pull, before)
