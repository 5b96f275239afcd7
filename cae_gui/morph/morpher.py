"""The morph through two faces or more, with undo and redo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.morph.mix import Mix
from cae_gui.morph.morph_state import MorphFace, MorphState, Segment
from model.morph.key_frames import KeyFrame, Path

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_STEPS = 500
_STRIP = 8
_LONGEST_STRIP = 13


class Morpher(Mix[MorphState]):
    """Holds the key frames and gives the latents on the way; every edit can be undone.

    Signals, besides those of a ``Mix``:
        changed(): also where a decoded face has got its pixels.
        path_changed(): the latents on the way are others; ``path`` is None while they are missing.
    """

    path_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        self.undo_stack = QUndoStack()
        super().__init__(MorphState(), self.undo_stack, parent)
        self.undo_stack.setParent(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)
        self.path: Path | None = None
        """The way through the latents of the model in use, at a speed of 1."""
        self._decoded: WeakKeyDictionary[MorphFace, Pixels] = WeakKeyDictionary()
        self.latents_changed.connect(self._find_path)

    def fill(self, faces: Iterable[MorphFace]) -> None:
        """Put faces at the end, which is no step to undo: nobody asked for them."""
        state = self.state
        for face in faces:
            state = state.inserted(len(state.faces), face)
        self._set(state)

    def made(self, name: str, latent: Floats) -> MorphFace:
        """Return a face that is to be decoded from a latent (L,) of the model in use."""
        face = MorphFace(name)
        self._latents[face] = latent
        return face

    def put(self, index: int, face: MorphFace) -> None:
        """Replace a face, or add one beyond the last."""
        if index < len(self.state.faces):
            self._push("Replace key frame", self.state.replaced(index, face))
        else:
            self.insert(index, face)

    def insert(self, index: int, face: MorphFace) -> None:
        """Put a face between others."""
        self._push("Add key frame", self.state.inserted(index, face))

    def remove(self, index: int) -> None:
        """Take a face out; two are left at least."""
        if len(self.state.faces) > 2:
            self._push("Remove key frame", self.state.removed(index))

    def move(self, index: int, target: int) -> None:
        """Put a face at another place of the row."""
        if 0 <= target < len(self.state.faces):
            self._push("Move key frame", self.state.moved(index, target))

    def reverse(self) -> None:
        """Go from the last face to the first."""
        text = "Swap A and B" if len(self.state.faces) == 2 else "Reverse the path"
        self._push(text, self.state.reversed())

    def set_seconds(self, index: int, seconds: float) -> None:
        """Change how long a segment takes; one after the other is one step."""
        state = self.state.with_segment(index, seconds=seconds)
        self._push("Change the time", state, merge_id=index)

    def set_ease(self, index: int, ease: str) -> None:
        """Change how a segment starts and ends, as named in ``model.morph.key_frames.EASES``."""
        self._push("Change the ease", self.state.with_segment(index, ease=ease))

    def set_spherical(self, index: int, spherical: bool) -> None:
        """Go along the great arc on a segment rather than the straight line."""
        text = "Great arc" if spherical else "Straight line"
        self._push(text, self.state.with_segment(index, spherical=spherical))

    def set_loop(self, loop: bool) -> None:
        """Go from the last face on to the first, or not; then not there and back."""
        self._push("Loop", replace(self.state, loop=loop, back=self.state.back and not loop))

    def set_back(self, back: bool) -> None:
        """Go the same way back, or not; then not in a loop."""
        loop = self.state.loop and not back
        self._push("There and back", replace(self.state, loop=loop, back=back))

    def set_speed(self, speed: float) -> None:
        """Go so many times as fast as the segments' times say."""
        self._push("Change the speed", replace(self.state, speed=speed))

    def apply_to(self, face: MorphFace, latent: Floats) -> None:
        """Begin at another face with its latent (L,), and make the same changes to it."""
        if self.path is None:
            return
        self._latents[face] = latent
        frames = self.path.moved_to(latent).frames[1:]
        others = [
            self.made(f"{face.name}, step {number}", frame.latent)
            for number, frame in enumerate(frames, 2)
        ]
        self._push(f"Path of {face.name}", replace(self.state, faces=(face, *others)))

    def set_path(self, path: Path, photos: Pixels | None = None) -> None:
        """Take over a path through latents of the model in use, as a session file holds it.

        Without photos uint8 (K, 48, 48, 3) of its faces, they are decoded.
        """
        if photos is None:
            faces = tuple(self.made(frame.name, frame.latent) for frame in path.frames)
        else:
            faces = _photos(path, photos)
            latents = (frame.latent for frame in path.frames)
            self._latents.update(zip(faces, latents, strict=True))
        self._open(path, faces)

    def set_photos(self, path: Path, photos: Pixels) -> None:
        """Take over a path of another model, through faces uint8 (K, 48, 48, 3) to encode anew."""
        self._open(path, _photos(path, photos))

    def _open(self, path: Path, faces: tuple[MorphFace, ...]) -> None:
        segments = tuple(
            Segment(frame.seconds, frame.ease, frame.spherical) for frame in path.frames
        )
        self._push("Open a path", MorphState(faces, segments, path.loop, path.back))

    def pixels(self, face: MorphFace) -> Pixels | None:
        """Return what a face looks like, or None until it has been decoded."""
        return self._decoded.get(face) if face.photo is None else face.photo

    def to_encode(self) -> list[MorphFace]:
        """Return the faces that have pixels and wait for ``set_latents``."""
        return [
            face
            for face in self.state.faces
            if face not in self._latents and self.pixels(face) is not None
        ]

    def to_decode(self) -> list[MorphFace]:
        """Return the faces that were made from latents and wait for ``set_pixels``."""
        return [face for face in self.state.faces if self.pixels(face) is None]

    def images(self, faces: Sequence[MorphFace]) -> Pixels:
        """Return uint8 (N, 48, 48, 3) of faces that have pixels."""
        return np.stack([image for face in faces if (image := self.pixels(face)) is not None])

    def latents(self, faces: Sequence[MorphFace]) -> Floats:
        """Return the latents (N, L) of faces that have them."""
        return self._latents_of(faces)

    def set_pixels(self, faces: Sequence[MorphFace], images: Pixels) -> None:
        """Take the decoded uint8 (N, 48, 48, 3) of faces."""
        self._decoded.update(zip(faces, images, strict=True))
        self.changed.emit()

    def forget_latents(self) -> None:
        """Keep the faces; their latents belong to another model."""
        lost = [face for face in self._latents if self.pixels(face) is None]
        if lost:  # before they were decoded: nothing is left of them
            self.undo_stack.clear()
            for face in set(lost) & set(self.state.faces):
                self.state = self.state.removed(self.state.faces.index(face))
        super().forget_latents()
        if lost:
            self.changed.emit()

    def at(self, seconds: float) -> Floats:
        """Return the latent (L,) after so many seconds at a speed of 1; needs ``path``."""
        assert self.path is not None
        return np.asarray(self.path.at(np.array([seconds]))[0])

    def film(self, frames_per_second: float) -> Floats:
        """Return the latents (T, L) of the film as it is played; needs ``path``."""
        assert self.path is not None
        return self.path.film(frames_per_second / self.state.speed)

    def strip(self) -> Floats:
        """Return latents (T, L) of a film strip; needs ``path``.

        Segments of the same length have a face at each end.
        """
        segments = len(self.state.way)
        return self.stills(min(_LONGEST_STRIP, segments * -(-_STRIP // segments) + 1))

    def stills(self, count: int) -> Floats:
        """Return evenly spaced latents (count, L) of the way there; needs ``path``."""
        assert self.path is not None
        return self.path.at(np.linspace(0, self.path.ends[-1], count))

    def about(self) -> dict[str, Any]:
        """Return what made the film, to be kept in its file as JSON."""
        state = self.state
        return {
            "faces": [face.name for face in state.faces],
            "seconds": [each.seconds for each in state.way],
            "eases": [each.ease for each in state.way],
            "spherical": [each.spherical for each in state.way],
            "loop": state.loop,
            "there and back": state.back,
            "speed": state.speed,
        }

    @Slot()
    def _find_path(self) -> None:
        faces = self.state.faces
        complete = len(faces) > 1 and all(face in self._latents for face in faces)
        self.path = self._through(faces) if complete else None
        self.path_changed.emit()

    def _through(self, faces: Sequence[MorphFace]) -> Path:
        frames = (
            KeyFrame(self._latents[face], face.name, each.seconds, each.ease, each.spherical)
            for face, each in zip(faces, self.state.segments, strict=True)
        )
        return Path(tuple(frames), self.state.loop, self.state.back)


def _photos(path: Path, photos: Pixels) -> tuple[MorphFace, ...]:
    pairs = zip(path.frames, photos, strict=True)
    return tuple(MorphFace(frame.name, photo) for frame, photo in pairs)
