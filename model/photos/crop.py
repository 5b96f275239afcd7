"""Boxes on a photo, perhaps rotated, and the 48x48 faces that they cut out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.face_set import FACE_SIZE

_MAX_RATIO = 8
"""A box is first reduced to fewer pixels than this many times a face's, and one time more."""


@dataclass(frozen=True, slots=True)
class CropBox:
    """A square on a photo, in pixels of the photo as ``open_photo`` returns it.

    ``left`` and ``top`` are those of the upright square and may lie outside the photo. ``angle``
    turns it about its centre, clockwise, in degrees.
    """

    left: float
    top: float
    size: float
    angle: float = 0.0

    @classmethod
    def around(cls, x: float, y: float, size: float, angle: float = 0.0) -> Self:
        """Return the box with this centre."""
        return cls(x - size / 2, y - size / 2, size, angle)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box, about which it is turned."""
        return self.left + self.size / 2, self.top + self.size / 2

    def to_photo(self, across: float, down: float) -> tuple[float, float]:
        """Return the point of the photo at these shares of the box's width and height."""
        turn = math.radians(self.angle)
        dx, dy = (across - 0.5) * self.size, (down - 0.5) * self.size
        x, y = self.centre
        cos, sin = math.cos(turn), math.sin(turn)
        return x + dx * cos - dy * sin, y + dx * sin + dy * cos

    def to_box(self, x: float, y: float) -> tuple[float, float]:
        """Return the shares of the box's width and height at a point of the photo."""
        turn = math.radians(self.angle)
        dx, dy = x - self.centre[0], y - self.centre[1]
        cos, sin = math.cos(turn), math.sin(turn)
        return (dx * cos + dy * sin) / self.size + 0.5, (dy * cos - dx * sin) / self.size + 0.5

    def within(self, width: int, height: int) -> Self:
        """Return the nearest box that is allowed on a photo of this size.

        Its centre lies on the photo, its angle in [-180, 180), and its size between a 50th of the
        photo's longer side (and 8 pixels) and that side: a face at the edge may stick out.
        """
        longest = max(width, height, 8)
        size = min(max(self.size, longest / 50, 8.0), float(longest))
        x, y = self.centre
        turn = (self.angle + 180) % 360 - 180
        return self.around(
            min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height)), size, turn
        )

    def is_near(self, other: CropBox) -> bool:
        """Whether both are boxes of one face: their centres are less than half a box apart."""
        return math.dist(self.centre, other.centre) < max(self.size, other.size) / 2

    def bounds(self, margin: float = 0.0) -> tuple[float, float, float]:
        """Return left, top and size of the upright square around the turned one."""
        turn = math.radians(self.angle)
        grow = self.size * (abs(math.cos(turn)) + abs(math.sin(turn)) - 1) if self.angle else 0.0
        grow += 2 * margin
        return self.left - grow / 2, self.top - grow / 2, self.size + grow


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


def free_faces(found: Sequence[CropBox], boxes: Iterable[CropBox]) -> list[int]:
    """Return the numbers of the faces found that none of the boxes is on."""
    taken = tuple(boxes)
    return [number for number, face in enumerate(found) if not any(map(face.is_near, taken))]


def centre_square(image: Image.Image) -> CropBox:
    """Return the largest square in the middle of the image."""
    size = min(image.size)
    return CropBox((image.width - size) // 2, (image.height - size) // 2, size)


def crop_face(image: Image.Image, box: CropBox, side: int = FACE_SIZE) -> NDArray[np.uint8]:
    """Cut the box out of an RGB image and shrink it, antialiased, to uint8 (side, side, 3).

    Where the box sticks out, the edge of the photo is continued. The filter is the one that
    scikit-learn shrinks LFW with, so that ``CropBox(78, 94, 96)`` on an LFW photo gives exactly
    the face of the data set. A turned box is first turned upright, bicubic and not below its own
    resolution, and then shrunk by the same filter.

    Raises:
        ValueError: the box doesn't touch the image, is smaller than a pixel, or over 64 times the
        longer side.
    """
    _check(image, box)
    # Shrinking first bounds the memory of a continued edge, however far the box sticks out.
    factor = max(1, int(box.size) // (_MAX_RATIO * FACE_SIZE))
    if box.angle:
        cut, x, y = _cut(image, box.bounds(margin=factor), factor)
        return _turned(cut, CropBox.around(x, y, box.size / factor, box.angle), side)
    cut, x, y = _cut(image, box.bounds(), factor)
    half = box.size / factor / 2
    # max() and min() take off what rounding may have added.
    corner = min(x + half, cut.width), min(y + half, cut.height)
    return _resized(cut, (max(0.0, x - half), max(0.0, y - half), *corner), side)


def _check(image: Image.Image, box: CropBox) -> None:
    if all(map(math.isfinite, (box.left, box.top, box.size, box.angle))):
        left, top, size = box.bounds()
        right, bottom = left + size, top + size
        touches = left < image.width and top < image.height and right > 0 and bottom > 0
        if touches and 1 <= box.size <= 64 * max(image.size):
            return
    raise ValueError(f"{box} doesn't lie on a photo of {image.width}x{image.height} pixels")


def _cut(
    image: Image.Image, bounds: tuple[float, float, float], factor: int
) -> tuple[Image.Image, float, float]:
    """Return the part within the bounds, shrunk by the factor, and where its box has its centre."""
    left, top, size = bounds
    x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
    x1 = min(image.width, math.ceil(left + size))
    y1 = min(image.height, math.ceil(top + size))
    cut = image.crop((x0, y0, x1, y1)).reduce(factor)
    x, y, size = (left - x0) / factor, (top - y0) / factor, size / factor
    pixels, x, y = _continued(np.asarray(cut), x, y, size)
    return Image.fromarray(pixels), x + size / 2, y + size / 2


def _turned(image: Image.Image, box: CropBox, side: int) -> NDArray[np.uint8]:
    """Turn the box upright into as many pixels as it has or more, and shrink that."""
    fine = side * max(2, math.ceil(box.size / side))
    (x0, y0), (x1, y1), (x2, y2) = (box.to_photo(*corner) for corner in ((0, 0), (1, 0), (0, 1)))
    affine = ((x1 - x0) / fine, (x2 - x0) / fine, x0, (y1 - y0) / fine, (y2 - y0) / fine, y0)
    bicubic = Image.Resampling.BICUBIC
    upright = image.transform((fine, fine), Image.Transform.AFFINE, affine, bicubic)
    return _resized(upright, (0, 0, fine, fine), side)


def _resized(
    image: Image.Image, exact: tuple[float, float, float, float], side: int
) -> NDArray[np.uint8]:
    return np.array(image.resize((side, side), Image.Resampling.BICUBIC, exact))


def _continued(
    pixels: NDArray[np.uint8], x: float, y: float, size: float
) -> tuple[NDArray[np.uint8], float, float]:
    """Repeat the edge pixels so far that the box at (x, y) fits; return its new corner too."""
    height, width = pixels.shape[:2]
    left, top = max(0, math.ceil(-x)), max(0, math.ceil(-y))
    right, bottom = max(0, math.ceil(x + size - width)), max(0, math.ceil(y + size - height))
    if not (left or top or right or bottom):
        return pixels, x, y
    padded = np.pad(pixels, ((top, bottom), (left, right), (0, 0)), mode="edge")
    return padded, x + left, y + top


def _box(numbers: Iterable[Any]) -> CropBox:
    values = [float(number) for number in numbers]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"a box can't be {values}")
    return CropBox(*values)


def _numbers(box: CropBox) -> list[float]:
    return [box.left, box.top, box.size, box.angle]
