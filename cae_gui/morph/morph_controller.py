"""Joins the studio and the path of the Morph workspace."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.core.models import Lane
from cae_gui.morph.key_frames import FrameItem
from cae_gui.morph.morph_path_view import MorphPathView
from cae_gui.morph.morph_state import MorphFace
from cae_gui.studio import Studio

Floats = NDArray[np.float32]


class MorphController(QObject):
    """Keeps two faces there, has them encoded, decodes the way between them, exports it."""

    def __init__(self, studio: Studio, view: MorphPathView, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view, self._morpher = studio, view, studio.morpher
        self._stamp = 0
        studio.faces.changed.connect(self._on_faces)
        self._morpher.forgotten.connect(self._complete)
        self._morpher.changed.connect(self._on_changed)
        self._morpher.path_changed.connect(self._on_path)
        self._connect_view()

    def _connect_view(self) -> None:
        view, frames, morpher = self._view, self._view.frames, self._morpher
        playback = view.playback
        frames.taken.connect(self.put)
        frames.face_put.connect(self._on_face_put)
        frames.inserted.connect(self._on_inserted)
        frames.moved.connect(morpher.move)
        frames.removed.connect(morpher.remove)
        frames.seconds_changed.connect(morpher.set_seconds)
        frames.ease_changed.connect(morpher.set_ease)
        frames.spherical_changed.connect(morpher.set_spherical)
        playback.loop_changed.connect(morpher.set_loop)
        playback.back_changed.connect(morpher.set_back)
        playback.speed_changed.connect(morpher.set_speed)
        view.reverse_asked.connect(morpher.reverse)
        view.edited_wanted.connect(self._on_edited_wanted)
        view.apply_asked.connect(self._on_apply)
        view.time_changed.connect(self._on_time)

    def film(self, frames_per_second: float) -> Floats | None:
        """Return the latents (T, L) of the film, or None while faces are being encoded."""
        morpher = self._morpher
        return None if morpher.path is None else morpher.film(frames_per_second)

    def stills(self, count: int) -> Floats | None:
        """Return latents (count, L) of the way there, or None while faces are being encoded."""
        morpher = self._morpher
        return None if morpher.path is None else morpher.stills(count)

    @Slot(int)
    def put(self, index: int) -> None:
        """Put the selected face there, or beyond the last."""
        if self._studio.selection.face is not None:
            self._morpher.put(index, MorphFace.of(self._studio.selection.face))

    @Slot()
    def _on_faces(self) -> None:
        """Have two faces there, so that the first morph needs no choosing."""
        faces = self._studio.faces.faces
        if faces is None or len(faces.images) < 2:
            return
        present = len(self._morpher.state.faces)
        rows = (0, len(faces.images) // 2)[present:]
        if rows:
            self._morpher.fill(
                MorphFace(faces.names[row], np.array(faces.images[row])) for row in rows
            )

    @Slot()
    def _on_changed(self) -> None:
        state = self._morpher.state
        items = [
            FrameItem(
                face.name, self._morpher.pixels(face), each.seconds, each.ease, each.spherical
            )
            for face, each in zip(state.faces, state.segments, strict=True)
        ]
        self._view.set_path(items, state.times, loop=state.loop, back=state.back, speed=state.speed)
        if len(items) < 2:
            self._view.set_ready(False)
        self._complete()

    @Slot()
    def _complete(self) -> None:
        """Have encoded and decoded what isn't yet."""
        models, morpher = self._studio.models, self._morpher
        if faces := morpher.to_encode():
            then = partial(morpher.set_latents, faces)
            models.encode(morpher.images(faces), then=then, lane=Lane.KEY_FRAMES)
        if faces := morpher.to_decode():
            show, lane = partial(morpher.set_pixels, faces), Lane.KEY_FRAME_PICTURES
            models.decode(morpher.latents(faces), then=show, lane=lane, interim=True)

    @Slot()
    def _on_path(self) -> None:
        # While faces are being encoded, what is on show stays.
        if self._morpher.path is not None:
            self._view.set_ready(True)
            self._on_time(self._view.seconds)
            models, strip = self._studio.models, self._morpher.strip()
            models.decode(strip, then=self._view.set_film, lane=Lane.FILM, interim=True)

    @Slot(int, str, object)
    def _on_face_put(self, index: int, name: str, pixels: NDArray[np.uint8]) -> None:
        self._morpher.put(index, MorphFace(name, pixels))

    @Slot(int, str, object)
    def _on_inserted(self, index: int, name: str, pixels: NDArray[np.uint8]) -> None:
        self._morpher.insert(index, MorphFace(name, pixels))

    @Slot(int)
    def _on_edited_wanted(self, index: int) -> None:
        edited = self._studio.explorer.face
        if edited is not None:
            face = self._morpher.made(f"{edited.name}, edited", edited.latent)
            self._morpher.put(index, face)

    @Slot()
    def _on_apply(self) -> None:
        selected = self._studio.selection.face
        if selected is not None:
            then = partial(self._on_encoded, MorphFace.of(selected))
            self._studio.models.encode(selected.pixels[None], then=then, lane=Lane.APPLY)

    def _on_encoded(self, face: MorphFace, latents: Floats) -> None:
        self._morpher.apply_to(face, latents[0])

    @Slot(float)
    def _on_time(self, seconds: float) -> None:
        if self._morpher.path is not None:
            self._stamp += 1
            latents, then = self._morpher.at(seconds)[None], partial(self._show, self._stamp)
            self._studio.models.decode(latents, then=then, lane=Lane.MORPH, interim=True)

    def _show(self, stamp: int, faces: NDArray[np.uint8]) -> None:
        self._view.set_image(faces[0], stamp)
