"""The morph through two faces or more: what it goes through, with undo and redo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.morph.mix import Mix, MorphFace
from model.morph.key_frames import KeyFrame, Path

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_STEPS = 500
_STRIP = 8
_LONGEST_STRIP = 13
_REVERSED = {"slow start": "slow end", "slow end": "slow start"}


@dataclass(frozen=True, slots=True)
class Segment:
    """The way from a face to the next one; ``ease`` is one of ``model.morph.key_frames.EASES``."""

    seconds: float = 2.0
    ease: str = "smooth"
    spherical: bool = False


@dataclass(frozen=True, slots=True)
class MorphState:
    """Faces and as many segments; the last one leads back to the first face, in a loop.

    ``back`` goes the same way back; ``speed`` divides all times.
    """

    faces: tuple[MorphFace, ...] = ()
    segments: tuple[Segment, ...] = ()
    loop: bool = False
    back: bool = True
    speed: float = 1.0

    @property
    def times(self) -> list[float]:
        """The seconds at which each face is met, back and forth and speed not counted.

        The last one is the whole way: in a loop, the first face again.
        """
        return [0.0, *accumulate(each.seconds for each in self.way)] if self.faces else []

    @property
    def way(self) -> tuple[Segment, ...]:
        """The segments that are gone along."""
        return self.segments if self.loop else self.segments[:-1]

    def inserted(self, index: int, face: MorphFace) -> MorphState:
        """Return it with a face more; the way to it is like the one before."""
        faces, segments = list(self.faces), list(self.segments)
        index = min(index, len(faces))
        faces.insert(index, face)
        place = max(0, min(index, len(segments) - 1))
        segments.insert(place, segments[max(0, place - 1)] if segments else Segment())
        return self._with(faces, segments)

    def replaced(self, index: int, face: MorphFace) -> MorphState:
        """Return it with another face there."""
        faces = list(self.faces)
        faces[index] = face
        return self._with(faces, self.segments)

    def removed(self, index: int) -> MorphState:
        """Return it without that face and the way from it."""
        faces, segments = list(self.faces), list(self.segments)
        del faces[index], segments[max(0, min(index, len(segments) - 2))]
        return self._with(faces, segments)

    def moved(self, index: int, target: int) -> MorphState:
        """Return it with a face at another place; the times stay where they are."""
        faces = list(self.faces)
        faces.insert(target, faces.pop(index))
        return self._with(faces, self.segments)

    def reversed(self) -> MorphState:
        """Return it from the last face to the first."""
        segments = (*self.segments[:-1][::-1], *self.segments[-1:])
        turned = (replace(each, ease=_REVERSED.get(each.ease, each.ease)) for each in segments)
        return self._with(self.faces[::-1], turned)

    def with_segment(self, index: int, **changes: Any) -> MorphState:
        """Return it with another ``seconds``, ``ease`` or ``spherical`` of a segment."""
        segments = list(self.segments)
        segments[index] = replace(segments[index], **changes)
        return self._with(self.faces, segments)

    def _with(self, faces: Iterable[MorphFace], segments: Iterable[Segment]) -> MorphState:
        return replace(self, faces=tuple(faces), segments=tuple(segments))


class Morpher(Mix[MorphState]):
    """Holds the key frames and gives the latents on the way; every edit can be undone.

    Signals as a ``Mix``; ``changed()`` also where a decoded face has got its pixels.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        self.undo_stack = QUndoStack()
        super().__init__(MorphState(), self.undo_stack, parent)
        self.undo_stack.setParent(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)
        self._decoded: WeakKeyDictionary[MorphFace, Pixels] = WeakKeyDictionary()

    @property
    def path(self) -> Path | None:
        """The way through the latents of the model in use, at a speed of 1.

        None while there are fewer than two faces, or one of them has no latent yet.
        """
        faces = self.state.faces
        if len(faces) < 2 or any(face not in self._latents for face in faces):
            return None
        frames = (
            KeyFrame(self._latents[face], face.name, each.seconds, each.ease, each.spherical)
            for face, each in zip(faces, self.state.segments, strict=True)
        )
        return Path(tuple(frames), self.state.loop, self.state.back)

    def fill(self, faces: Iterable[MorphFace]) -> None:
        """Put faces at the end; that is no step to undo."""
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

    @Slot()
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

    @Slot(bool)
    def set_loop(self, loop: bool) -> None:
        """Go from the last face on to the first, or not; then not there and back."""
        self._push("Loop", replace(self.state, loop=loop, back=self.state.back and not loop))

    @Slot(bool)
    def set_back(self, back: bool) -> None:
        """Go the same way back, or not; then not in a loop."""
        loop = self.state.loop and not back
        self._push("There and back", replace(self.state, loop=loop, back=back))

    def set_speed(self, speed: float) -> None:
        """Go so many times as fast as the segments' times say."""
        self._push("Change the speed", replace(self.state, speed=speed))

    def apply_to(self, face: MorphFace, latent: Floats) -> None:
        """Begin at another face with its latent (L,), and make the same changes to it."""
        path = self.path
        if path is None:
            return
        self._latents[face] = latent
        frames = path.moved_to(latent).frames[1:]
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
        """Take over a path of another model, through faces uint8 (K, 48, 48, 3) to encode again."""
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

    def at(self, seconds: float) -> Floats | None:
        """Return the latent (L,) after so many seconds at a speed of 1, or None without a path."""
        path = self.path
        return None if path is None else np.asarray(path.at(np.array([seconds]))[0])

    def film(self, frames_per_second: float) -> Floats | None:
        """Return the latents (T, L) of the film as it is played, or None without a path."""
        path = self.path
        return None if path is None else path.film(frames_per_second / self.state.speed)

    def strip(self) -> Floats | None:
        """Return latents (T, L) of a film strip, or None without a path.

        Segments of the same length have a face at each end.
        """
        segments = max(1, len(self.state.way))
        return self.stills(min(_LONGEST_STRIP, segments * -(-_STRIP // segments) + 1))

    def stills(self, count: int) -> Floats | None:
        """Return evenly spaced latents (count, L) of the way there, or None without a path."""
        path = self.path
        return None if path is None else path.at(np.linspace(0, path.ends[-1], count))

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


def _photos(path: Path, photos: Pixels) -> tuple[MorphFace, ...]:
    pairs = zip(path.frames, photos, strict=True)
    return tuple(MorphFace(frame.name, photo) for frame, photo in pairs)
