"""Joins the session and the Morph workspace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.session.session import Session
from cae_gui.workspaces.morph import MorphWorkspace

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]

FRAMES_PER_S = 25


class MorphController(QObject):
    """Keeps the two wells filled, decodes the way between them, exports it."""

    def __init__(self, session: Session, view: MorphWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._view, self._morpher = session, view, session.morpher
        self._stamp = 0
        session.faces.changed.connect(self._on_faces)
        session.models.changed.connect(self._encode)
        session.models.answered.connect(self._on_answer)
        self._morpher.wells_changed.connect(self._on_wells)
        self._morpher.path_changed.connect(self._on_path)
        view.well_chosen.connect(self._on_well_chosen)
        view.face_dropped.connect(self._morpher.set_well)
        view.swap_asked.connect(self._morpher.swap)
        view.spherical_changed.connect(self._morpher.set_spherical)
        view.share_changed.connect(self._on_share)

    def save_gif(self, path: Path) -> None:
        """Write the morph there and back as an endless GIF."""
        model, seconds = self._session.models.model, self._view.seconds.value()
        if model is not None and self._morpher.is_ready:
            latents = self._morpher.film(round(seconds * FRAMES_PER_S))
            self._session.export(partial(_save_gif, model, latents, path, seconds), path)

    def save_strip(self, path: Path) -> None:
        """Write the film strip as one PNG."""
        model = self._session.models.model
        if model is not None and self._morpher.is_ready:
            self._session.export(partial(_save_strip, model, self._morpher.film(), path), path)

    def put(self, index: int) -> None:
        """Put the selected face into well 0 (A) or 1 (B)."""
        if self._session.face is not None:
            self._morpher.set_well(index, *self._session.face)

    @Slot()
    def _on_faces(self) -> None:
        """Fill empty wells, so that the first morph needs no choosing."""
        faces = self._session.faces.faces
        if faces is None or len(faces.images) < 2:
            return
        for index, row in enumerate((0, len(faces.images) // 2)):
            if self._morpher.wells[index] is None:
                self._morpher.set_well(index, faces.names[row], np.array(faces.images[row]))

    @Slot()
    def _on_wells(self) -> None:
        for index, well in enumerate(self._morpher.wells):
            if well is not None:
                self._view.set_well(index, well.name, well.pixels)
        if not self._morpher.is_ready:
            self._encode()

    @Slot()
    def _encode(self) -> None:
        images = self._morpher.pixels()
        if images is not None:
            self._session.models.ask("wells", "encode", images, tag=images)

    @Slot()
    def _on_path(self) -> None:
        self._view.set_ready(self._morpher.is_ready)
        if self._morpher.is_ready:
            self._on_share(self._view.share)
            self._session.models.ask("film", "decode", self._morpher.film())

    @Slot(int)
    def _on_well_chosen(self, index: int) -> None:
        self.put(index)

    @Slot(float)
    def _on_share(self, share: float) -> None:
        if self._morpher.is_ready:
            self._stamp += 1
            latents = self._morpher.latents(np.array([share], np.float32))
            self._session.models.ask("morph", "decode", latents, tag=self._stamp)

    @Slot(str, object, object)
    def _on_answer(self, channel: str, tag: Any, reply: NDArray[Any]) -> None:
        if channel == "wells":
            # A well may have changed while its old face was being encoded; then another
            # answer is on its way.
            present = self._morpher.pixels()
            if present is not None and np.array_equal(tag, present):
                self._morpher.set_latents(reply)
        elif channel == "morph":
            self._view.set_image(reply[0], tag)
        elif channel == "film":
            self._view.set_film(reply)


def _save_gif(model: FaceModel, latents: Floats, path: Path, seconds: float) -> None:
    from model import inference, morph

    frames = morph.there_and_back(inference.decode(model, latents))
    morph.save_gif(frames, path, seconds=2 * seconds)


def _save_strip(model: FaceModel, latents: Floats, path: Path) -> None:
    from model import inference, morph

    morph.save_strip(inference.decode(model, latents), path)
