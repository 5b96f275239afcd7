"""A photo of the user: its picture, the faces found in it, and the box that is cut out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.photos.crop import CropBox, centre_square, crop_face, free_faces
from model.photos.faces import WHOLE_BELOW, Source, faces_in, open_photo

PICTURE_SIDE = 960
"""Pictures are kept shrunk while their shorter side stays at least this long, in pixels."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The box on a photo, the boxes of the faces ``found``, and which one it started from.

    Where none was found, ``found`` is empty and ``chosen`` is -1.
    """

    box: CropBox
    found: tuple[CropBox, ...] = ()
    chosen: int = -1

    def moved(self, box: CropBox, chosen: int | None = None) -> Placement:
        """Return it with another box, and perhaps another of the faces."""
        return replace(self, box=box, chosen=self.chosen if chosen is None else chosen)

    def free(self, boxes: Iterable[CropBox]) -> list[int]:
        """Return the numbers of the faces found that neither its box nor another one is on."""
        return free_faces(self.found, (self.box, *boxes))

    def another(self, boxes: Sequence[CropBox], size: tuple[int, int]) -> Placement:
        """Return one for another face of a photo of this ``size`` with these other ``boxes``.

        It is on the first face found that is free, or else beside the box.
        """
        free = self.free(boxes)
        if free:
            return self.moved(self.found[free[0]], free[0])
        taken, box = [self.box, *boxes], self.box
        beside = [
            CropBox.around(box.centre[0] + dx * box.size, box.centre[1] + dy * box.size, box.size)
            for dx, dy in ((0.8, 0), (-0.8, 0), (0, 0.8), (0, -0.8))
        ]
        places = [place.within(*size) for place in beside]
        empty = (place for place in places if not any(map(place.is_near, taken)))
        return self.moved(next(empty, places[0]), -1)

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        found = [_numbers(box) for box in self.found]
        return {"box": _numbers(self.box), "found": found, "chosen": self.chosen}

    @classmethod
    def from_json(cls, value: Any) -> Placement:
        """Read what ``as_json`` gave.

        Raises:
            LookupError, TypeError, ValueError: it is something else.
        """
        found = tuple(_box(numbers) for numbers in value["found"])
        chosen = int(value["chosen"])
        if not -1 <= chosen < len(found):
            raise ValueError(f"There is no face {chosen}")
        return cls(_box(value["box"]), found, chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An upright RGB picture with its name; ``notes`` are sentences about how it was read."""

    name: str
    picture: Image.Image
    placement: Placement
    notes: tuple[str, ...] = ()

    def face(self) -> NDArray[np.uint8]:
        """Return the face in the box, uint8 (48, 48, 3)."""
        return crop_face(self.picture, self.placement.box)


def read_photo(source: Source, name: str) -> Photo:
    """Open a picture and put a box on its most prominent face, or in the middle.

    Raises:
        PhotoError: as ``open_photo``.
    """
    picture = open_photo(source, name, shorter_side=PICTURE_SIDE)
    found = tuple(faces_in(picture))
    notes = []
    if picture.info["several"]:
        notes.append(f"“{name}” holds several pictures; the first was taken.")
    if not found and min(picture.size) >= WHOLE_BELOW:
        notes.append(f"No face was found in “{name}”. Move the box on the photo to where it is.")
    placement = Placement(
        found[0] if found else centre_square(picture), found, min(len(found), 1) - 1
    )
    return Photo(name, picture, placement, tuple(notes))


def picture_digest(picture: Image.Image) -> str:
    """Return a name for these pixels; the same picture in another file has the same."""
    digest = hashlib.blake2b(f"{picture.width}x{picture.height}".encode(), digest_size=12)
    digest.update(picture.tobytes())
    return digest.hexdigest()


def _box(numbers: Iterable[Any]) -> CropBox:
    values = [float(number) for number in numbers]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"a box can't be {values}")
    return CropBox(*values)


def _numbers(box: CropBox) -> list[float]:
    return [box.left, box.top, box.size, box.angle]
