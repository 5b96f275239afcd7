"""The state of a morph along two key frames or more, with undo and redo."""

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
from model.morph.pace import EvenPace

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_STEPS = 500
_REVERSED = {"slow start": "slow end", "slow end": "slow start"}


@dataclass(frozen=True, slots=True)
class Segment:
    """The part from a key frame to the next; ``ease`` is in ``model.morph.key_frames.EASES``."""

    seconds: float = 2.0
    ease: str = "smooth"
    spherical: bool = False


@dataclass(frozen=True, slots=True)
class MorphState:
    """Key frames and as many segments; the last one, back to the first face, is for loops.

    With ``back`` the path is played forwards and backwards; ``speed`` divides all times. With
    ``even`` the pictures of the whole path change evenly, and eases don't count.
    """

    faces: tuple[MorphFace, ...] = ()
    segments: tuple[Segment, ...] = ()
    loop: bool = False
    back: bool = True
    speed: float = 1.0
    even: bool = False

    @property
    def times(self) -> list[float]:
        """The times of the key frames in seconds, by the segments alone, as ``Morpher.times``."""
        return [0.0, *accumulate(each.seconds for each in self.way)] if self.faces else []

    @property
    def way(self) -> tuple[Segment, ...]:
        """The segments in use: without a loop, all but the last."""
        return self.segments if self.loop else self.segments[:-1]

    def inserted(self, index: int, face: MorphFace) -> MorphState:
        """Return it with a face inserted; its segment is a copy of the one before."""
        faces, segments = list(self.faces), list(self.segments)
        index = min(index, len(faces))
        faces.insert(index, face)
        place = max(0, min(index, len(segments) - 1))
        segments.insert(place, segments[max(0, place - 1)] if segments else Segment())
        return self._with(faces, segments)

    def replaced(self, index: int, face: MorphFace) -> MorphState:
        """Return it with the face at an index replaced."""
        faces = list(self.faces)
        faces[index] = face
        return self._with(faces, self.segments)

    def removed(self, index: int) -> MorphState:
        """Return it without a face and its segment."""
        faces, segments = list(self.faces), list(self.segments)
        del faces[index], segments[max(0, min(index, len(segments) - 2))]
        return self._with(faces, segments)

    def moved(self, index: int, target: int) -> MorphState:
        """Return it with a face moved to ``target``; segments keep their order."""
        faces = list(self.faces)
        faces.insert(target, faces.pop(index))
        return self._with(faces, self.segments)

    def reversed(self) -> MorphState:
        """Return it in reverse order."""
        segments = (*self.segments[:-1][::-1], *self.segments[-1:])
        turned = (replace(each, ease=_REVERSED.get(each.ease, each.ease)) for each in segments)
        return self._with(self.faces[::-1], turned)

    def with_segment(self, index: int, **changes: Any) -> MorphState:
        """Return it with ``seconds``, ``ease`` or ``spherical`` of a segment changed."""
        segments = list(self.segments)
        segments[index] = replace(segments[index], **changes)
        return self._with(self.faces, segments)

    def _with(self, faces: Iterable[MorphFace], segments: Iterable[Segment]) -> MorphState:
        return replace(self, faces=tuple(faces), segments=tuple(segments))


class Morpher(Mix[MorphState]):
    """Holds the key frames and interpolates their latents; every edit can be undone.

    Signals as ``Mix``; ``changed()`` also when pixels of a face were decoded.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        self.undo_stack = QUndoStack()
        super().__init__(MorphState(), self.undo_stack, parent)
        self.undo_stack.setParent(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)
        self._decoded: WeakKeyDictionary[MorphFace, Pixels] = WeakKeyDictionary()
        self._pace: EvenPace | None = None
        self._paced: Path | None = None

    @property
    def path(self) -> Path | None:
        """The path through the latents of the model in use, at a speed of 1.

        None with fewer than two faces, or while a latent is missing. Where an even pace is wanted
        and isn't measured yet, it has the last one that fits its number of segments.
        """
        path, pace = self._unpaced(), self._pace
        if path is None or pace is None or not self.state.even or pace.segments != path.segments:
            return path
        return replace(path, pace=pace)

    def _unpaced(self) -> Path | None:
        faces = self.state.faces
        if len(faces) < 2 or any(face not in self._latents for face in faces):
            return None
        frames = (
            KeyFrame(self._latents[face], face.name, each.seconds, each.ease, each.spherical)
            for face, each in zip(faces, self.state.segments, strict=True)
        )
        return Path(tuple(frames), self.state.loop, self.state.back)

    @property
    def times(self) -> list[float]:
        """The times of the key frames in seconds, at a speed of 1 and without the way back.

        The last one is the whole duration: in a loop, that of the first face again.
        """
        path = self.path
        if path is None or path.pace is None:
            return self.state.times
        return [0.0, *path.ends.tolist()]

    def to_pace(self) -> Path | None:
        """Return the path whose even pace is wanted and isn't measured yet."""
        path = self._unpaced() if self.state.even else None
        if path is None or (self._paced is not None and path.is_same_way(self._paced)):
            return None
        return path

    def set_pace(self, path: Path, pace: EvenPace) -> None:
        """Set the pace that was measured of a path."""
        self._paced, self._pace = path, pace
        self.changed.emit()
        self.latents_changed.emit()

    def fill(self, faces: Iterable[MorphFace]) -> None:
        """Append faces, without an undo step."""
        state = self.state
        for face in faces:
            state = state.inserted(len(state.faces), face)
        self._set(state)

    def made(self, name: str, latent: Floats) -> MorphFace:
        """Return a face for a latent (L,) of the model in use, which is still to be decoded."""
        face = MorphFace(name)
        self._latents[face] = latent
        return face

    def put(self, index: int, face: MorphFace) -> None:
        """Replace a face, or append one at the index after the last."""
        if index < len(self.state.faces):
            self._push("Replace key frame", self.state.replaced(index, face))
        else:
            self.insert(index, face)

    def insert(self, index: int, face: MorphFace) -> None:
        """Insert a face before an index."""
        self._push("Add key frame", self.state.inserted(index, face))

    def remove(self, index: int) -> None:
        """Remove a face, unless there are only two."""
        if len(self.state.faces) > 2:
            self._push("Remove key frame", self.state.removed(index))

    def move(self, index: int, target: int) -> None:
        """Move a face to the index ``target``."""
        if 0 <= target < len(self.state.faces):
            self._push("Move key frame", self.state.moved(index, target))

    @Slot()
    def reverse(self) -> None:
        """Reverse the order of faces and segments."""
        text = "Swap A and B" if len(self.state.faces) == 2 else "Reverse the path"
        self._push(text, self.state.reversed())

    def set_seconds(self, index: int, seconds: float) -> None:
        """Set a segment's duration; successive changes are one step."""
        state = self.state.with_segment(index, seconds=seconds)
        self._push("Change the time", state, merge_id=index)

    def set_ease(self, index: int, ease: str) -> None:
        """Set a segment's easing, a name in ``model.morph.key_frames.EASES``."""
        self._push("Change the ease", self.state.with_segment(index, ease=ease))

    def set_spherical(self, index: int, spherical: bool) -> None:
        """Choose spherical rather than linear interpolation of a segment."""
        text = "Great arc" if spherical else "Straight line"
        self._push(text, self.state.with_segment(index, spherical=spherical))

    @Slot(bool)
    def set_loop(self, loop: bool) -> None:
        """Set whether the path is a loop, which excludes ``back``."""
        self._push("Loop", replace(self.state, loop=loop, back=self.state.back and not loop))

    @Slot(bool)
    def set_back(self, back: bool) -> None:
        """Set whether the path is also played backwards, which excludes a loop."""
        loop = self.state.loop and not back
        self._push("There and back", replace(self.state, loop=loop, back=back))

    def set_speed(self, speed: float) -> None:
        """Set the factor by which it is played faster."""
        self._push("Change the speed", replace(self.state, speed=speed))

    @Slot(bool)
    def set_even(self, even: bool) -> None:
        """Set whether the pictures change evenly."""
        self._push("Even pace" if even else "Pace by the eases", replace(self.state, even=even))

    def apply_to(self, face: MorphFace, latent: Floats) -> None:
        """Replace the first face, with its latent (L,), and apply the path's changes to it."""
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

    def lead_through(self, latents: Floats, name: str, text: str) -> None:
        """Let the path lead through latents (K, L), K >= 2, of the model in use, as one step."""
        faces = tuple(self.made(f"{name} {number}", each) for number, each in enumerate(latents, 1))
        self._push(text, replace(self.state, faces=faces, segments=(Segment(),) * len(faces)))

    def set_path(
        self, path: Path, photos: Pixels | None = None, *, speed: float = 1.0, even: bool = False
    ) -> None:
        """Set a path through latents of the model in use, from a session file.

        ``photos`` are the faces uint8 (K, 48, 48, 3); for None they are decoded.
        """
        if photos is None:
            faces = tuple(self.made(frame.name, frame.latent) for frame in path.frames)
        else:
            faces = _photos(path, photos)
            latents = (frame.latent for frame in path.frames)
            self._latents.update(zip(faces, latents, strict=True))
        self._open(path, faces, speed, even)

    def set_photos(
        self, path: Path, photos: Pixels, *, speed: float = 1.0, even: bool = False
    ) -> None:
        """Set a path of another model by its faces uint8 (K, 48, 48, 3), to be encoded again."""
        self._open(path, _photos(path, photos), speed, even)

    def _open(self, path: Path, faces: tuple[MorphFace, ...], speed: float, even: bool) -> None:
        segments = tuple(
            Segment(frame.seconds, frame.ease, frame.spherical) for frame in path.frames
        )
        state = MorphState(faces, segments, path.loop, path.back, speed, even)
        self._push("Open a path", state)

    def pixels(self, face: MorphFace) -> Pixels | None:
        """Return the pixels uint8 (48, 48, 3) of a face, or None until they are decoded."""
        return self._decoded.get(face) if face.photo is None else face.photo

    def to_encode(self) -> list[MorphFace]:
        """Return the faces with pixels and without latents."""
        return [
            face
            for face in self.state.faces
            if face not in self._latents and self.pixels(face) is not None
        ]

    def to_decode(self) -> list[MorphFace]:
        """Return the faces with latents and without pixels."""
        return [face for face in self.state.faces if self.pixels(face) is None]

    def images(self, faces: Sequence[MorphFace]) -> Pixels:
        """Return the pixels uint8 (N, 48, 48, 3) of faces that have them."""
        return np.stack([image for face in faces if (image := self.pixels(face)) is not None])

    def latents(self, faces: Sequence[MorphFace]) -> Floats:
        """Return the latents (N, L) of faces that have them."""
        return self._latents_of(faces)

    def set_pixels(self, faces: Sequence[MorphFace], images: Pixels) -> None:
        """Set the decoded pixels uint8 (N, 48, 48, 3) of faces."""
        self._decoded.update(zip(faces, images, strict=True))
        self.changed.emit()

    def forget_latents(self) -> None:
        """Keep the faces; their latents belong to another model."""
        lost = [face for face in self._latents if self.pixels(face) is None]
        if lost:  # not decoded yet, so nothing is left of them
            self.undo_stack.clear()
            for face in set(lost) & set(self.state.faces):
                self.state = self.state.removed(self.state.faces.index(face))
        super().forget_latents()
        if lost:
            self.changed.emit()

    def at(self, seconds: float) -> Floats | None:
        """Return the latent (L,) at a time in seconds, at a speed of 1; None without a path."""
        latents = self.along([seconds])
        return None if latents is None else latents[0]

    def along(self, seconds: Sequence[float]) -> Floats | None:
        """Return the latents (T, L) at times in seconds, at a speed of 1; None without a path."""
        path = self.path
        return None if path is None else path.at(np.array(seconds, np.float64))

    def film(self, frames_per_second: float) -> Floats | None:
        """Return the latents (T, L) of the film as played; None without a path."""
        path = self.path
        return None if path is None else path.film(frames_per_second / self.state.speed)

    def stills(self, count: int) -> Floats | None:
        """Return evenly spaced latents (count, L), without the way back; None without a path."""
        path = self.path
        return None if path is None else path.at(np.linspace(0, path.ends[-1], count))

    def about(self) -> dict[str, Any]:
        """Return the path's settings, to be written into its file as JSON."""
        state = self.state
        return {
            "faces": [face.name for face in state.faces],
            "seconds": [each.seconds for each in state.way],
            "eases": [each.ease for each in state.way],
            "spherical": [each.spherical for each in state.way],
            "loop": state.loop,
            "there and back": state.back,
            "speed": state.speed,
            "even pace": state.even,
        }


def _photos(path: Path, photos: Pixels) -> tuple[MorphFace, ...]:
    pairs = zip(path.frames, photos, strict=True)
    return tuple(MorphFace(frame.name, photo) for frame, photo in pairs)
