"""What a morph goes through, and what each edit of it makes of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cae_gui.core.selection import Selected

Pixels = NDArray[np.uint8]

_REVERSED = {"slow start": "slow end", "slow end": "slow start"}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MorphFace:
    """A face uint8 (48, 48, 3) on the way; ``photo`` is None where it was made from a latent."""

    name: str
    photo: Pixels | None = None

    @classmethod
    def of(cls, face: Selected) -> MorphFace:
        """Return the selected face as one to morph."""
        return cls(face.name, face.pixels)


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
