"""Copy as Python: what is on show, as a script that makes the same picture again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from cae_gui.core.faces import PHOTOS
from cae_gui.core.tasks import Task
from cae_gui.morph.mix import MorphFace
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar
from cae_gui.widgets.numbers import counted
from model.documents.script import (
    Origin,
    Used,
    analogy_script,
    direction_script,
    edit_script,
    grid_script,
    path_script,
)

Floats = NDArray[np.float32]

NOT_YET = "The faces are still being read. Try again in a moment."


class Scripts(QObject):
    """Writes scripts in the background, puts them on the clipboard, and says so."""

    def __init__(self, studio: Studio, settings: Settings, messages: MessageBar) -> None:
        super().__init__(studio)
        self._studio, self._settings, self._messages = studio, settings, messages

    @Slot()
    def copy_edit(self) -> None:
        """Copy the script of the edited face."""
        face = self._studio.explorer.face
        if face is None:
            self._messages.show_message(NOT_YET)
        else:
            start = Used(face.name, face.start, face.pixels)
            self._write(partial(edit_script, start=start, latent=face.latent))

    @Slot()
    def copy_path(self) -> None:
        """Copy the script of the morph's path."""
        morpher, path = self._studio.morpher, self._studio.morpher.path
        if path is None:
            self._messages.show_message(NOT_YET)
            return
        faces = morpher.state.faces
        used = _used(faces, [frame.latent for frame in path.frames])
        rate = self._settings.film.frames_per_second / morpher.state.speed
        even = morpher.state.even
        self._write(partial(path_script, faces=used, path=path, even=even, rate=rate))

    @Slot()
    def copy_grid(self) -> None:
        """Copy the script of the grid."""
        corners = self._studio.corners
        latents = corners.known_latents()
        if latents is None or None in corners.state.corners:
            self._messages.show_message(NOT_YET)
            return
        used, state = _used(corners.state.faces, list(latents)), corners.state
        self._write(partial(grid_script, corners=used, side=state.count, arc=state.arc))

    @Slot()
    def copy_analogy(self) -> None:
        """Copy the script of the analogy."""
        analogy = self._studio.analogy
        latents = analogy.known_latents()
        if latents is None or analogy.result() is None:
            self._messages.show_message(NOT_YET)
            return
        used = iter(_used(analogy.state.faces, list(latents)))
        sides = [[next(used) for _ in side] for side in analogy.state.sides]
        self._write(partial(analogy_script, sides=sides, strength=analogy.state.strength))

    @Slot(str)
    def copy_direction(self, name: str) -> None:
        """Copy the script of a direction of one's own, walked from the face in Explore."""
        face = self._studio.explorer.face
        start = None if face is None else Used(face.name, face.start, face.pixels)
        self._write(partial(direction_script, name=name, start=start))

    def _write(self, script: Callable[[Origin], str]) -> None:
        origin = self._origin()
        if origin is not None:
            self._studio.tasks.run(partial(script, origin), Task.SCRIPT, then=self._on_script)

    def _origin(self) -> Origin | None:
        studio = self._studio
        model, faces, library = studio.models.model, studio.faces, studio.photos.library
        if model is None:
            return None
        photos = tuple(map(library.file, faces.keys)) if faces.source == PHOTOS else ()
        path, own = studio.models.path, studio.own.source
        return Origin(model, path, faces.source, faces.faces, photos, own)

    def _on_script(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        lines = counted(len(text.splitlines()), "line")
        self._messages.show_message(f"Copied: {lines} of Python.")


def _used(faces: Sequence[MorphFace], latents: Sequence[Floats]) -> list[Used]:
    pairs = zip(faces, latents, strict=True)
    return [Used(face.name, latent, face.photo) for face, latent in pairs]
