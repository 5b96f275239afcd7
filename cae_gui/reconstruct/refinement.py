"""Refining the selected face: its latent is fitted to its very picture, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from cae_gui.core.models import Models, Pixels, RefinedFace, refine_face
from cae_gui.core.selection import Selected, Selection
from cae_gui.core.undo import Step

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.latents.typicality import Density

STEPS = 20
"""A second or less; after them little is left to gain."""


class Refinement(QObject):
    """Refines the selected face in the background and has the result kept, until it is undone.

    What is reached when it is stopped, or another face is selected, is kept as well. Refining the
    selected face is a step on ``undo_stack``, which is cleared when another face is selected.

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
        undo_stack: QUndoStack,
        report: Report,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._selection, self._report = models, selection, report
        self._undo_stack = undo_stack
        self._seen: Selected | None = None
        self._face: Selected | None = None
        """The one that is being refined."""
        self._before: RefinedFace | None = None
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
        self._before = self._reached = self._models.refined(face.pixels)
        work = partial(_refine, model, face.pixels, self._models.pull, self._reached)
        self.job.begin(work, then=self._on_step, failed=self._report, ended=self._on_ended)
        self.changed.emit()

    def stop(self) -> None:
        """Take no further step."""
        self.job.cancel()

    def undo(self) -> None:
        """Take the selected face as the encoder gives it; a step that can be undone, too."""
        face, reached = self._selection.face, self.reached
        if face is not None and reached is not None and reached.steps and not self.is_running:
            self._push("Drop the refinement", face, reached, reached.undone(), is_made=False)

    def words(self) -> str:
        """Say what refinement brought the selected face, and what it cost, in lines; "" without."""
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
        return "\n".join(parts)

    def _push(
        self, text: str, face: Selected, before: RefinedFace, after: RefinedFace, *, is_made: bool
    ) -> None:
        apply = partial(self._put, face.pixels)
        self._undo_stack.push(_RefinementStep(text, apply, before, after, is_made=is_made))

    def _put(self, pixels: Pixels, reached: RefinedFace) -> None:
        """Keep this of a face, in the place of what a refinement under way reaches."""
        self._face = None
        self.job.cancel()
        self._keep(pixels, reached)

    def _keep(self, pixels: Pixels, reached: RefinedFace) -> None:
        self._models.keep_refined(pixels, reached)
        face = self._selection.face
        if face is not None and np.array_equal(face.pixels, pixels):
            # In a new selection: to whoever edits it, its latent is another one.
            self._selection.show(replace(face))

    def _moved(self, reached: RefinedFace) -> str:
        statistics = self._models.model.statistics if self._models.model else None
        if statistics is None:
            return ""
        away = float(np.linalg.norm(reached.encoded - statistics.mean))
        share = float(np.linalg.norm(reached.latent - reached.encoded)) / max(away, 1e-12)
        return f"Moved by {100 * share:.0f} % of its way from the mean"

    def _on_step(self, event: tuple[Any, RefinedFace]) -> None:
        if self._face is None:
            return
        reconstruction, self._reached = event
        if self._face is self._selection.face:
            self.stepped.emit(reconstruction)
            self.changed.emit()

    def _on_ended(self, _complete: bool) -> None:
        face, before, reached = self._face, self._before, self._reached
        self._face = self._before = self._reached = None
        if face is not None and reached is not None and reached.steps:
            if face is self._selection.face:
                before = before or reached.undone()
                self._push("Refine the face", face, before, reached, is_made=True)
            self._keep(face.pixels, reached)
        self.changed.emit()

    @Slot()
    def _on_model(self) -> None:
        self._face = self._before = self._reached = None  # its latent belongs to another model
        self.job.cancel()
        stack = self._undo_stack
        if any(isinstance(stack.command(at), _RefinementStep) for at in range(stack.count())):
            stack.clear()
        self.changed.emit()

    @Slot()
    def _on_selected(self) -> None:
        face = self._selection.face
        if self._face is not None and self._face is not face:
            self.job.cancel()
        if not _are_same(self._seen, face):
            self._undo_stack.clear()
        self._seen = face
        self.changed.emit()

    @Slot()
    def _on_reconstructed(self) -> None:
        self.changed.emit()  # a photo may have been refined at once


class _RefinementStep(Step[RefinedFace]):
    """A step that only the model can undo that it was made with."""


def _are_same(one: Selected | None, other: Selected | None) -> bool:
    """Return whether both are the same face, or the same photo with its box elsewhere."""
    if one is None or other is None:
        return one is other
    if one.photo_key or other.photo_key:
        return one.photo_key == other.photo_key
    return np.array_equal(one.pixels, other.pixels)


def _gain(reached: RefinedFace) -> str:
    steps = "1 step" if reached.steps == 1 else f"{reached.steps} steps"
    less = round(100 * (1 - reached.mse / max(reached.mse_encoded, 1e-12)))
    told = f"{less} % closer" if less > 0 else "no closer"
    return f"Refined in {steps}: {told}\nMSE {reached.mse_encoded:.5f} → {reached.mse:.5f}"


def _typicality(before: int, after: int) -> str:
    if before == after:
        return f"As typical as before: {after} % are as unusual"
    word = "Less" if after < before else "More"
    return f"{word} typical: {before} → {after} % are as unusual"


def _refine(
    model: FaceModel, pixels: Pixels, pull: Density | None, before: RefinedFace | None
) -> Iterator[Any]:
    from model.device import use_threads
    from model.system.threads import foreground

    use_threads(1)
    with foreground.work():
        yield from refine_face(model, pixels, None, STEPS, pull, before)
