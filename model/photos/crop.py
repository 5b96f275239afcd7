"""Boxes on a photo, perhaps rotated, and the faces of 48 x 48 pixels cut out by them."""

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
"""A box is first reduced to less than this number, plus one, times a face's side."""


@dataclass(frozen=True, slots=True)
class CropBox:
    """A square on a photo, in pixels of the photo as ``open_photo`` returns it.

    ``left`` and ``top`` are those of the unrotated square and may be outside the photo. ``angle``
    rotates it about its centre, clockwise, in degrees.
    """

    left: float
    top: float
    size: float
    angle: float = 0.0

    @classmethod
    def around(cls, x: float, y: float, size: float, angle: float = 0.0) -> Self:
        """Return the box with this centre, size and angle."""
        return cls(x - size / 2, y - size / 2, size, angle)

    @property
    def centre(self) -> tuple[float, float]:
        """The centre of the box, about which it is rotated."""
        return self.left + self.size / 2, self.top + self.size / 2

    def to_photo(self, across: float, down: float) -> tuple[float, float]:
        """Return the point of the photo at relative coordinates of the box (0 to 1 inside)."""
        turn = math.radians(self.angle)
        dx, dy = (across - 0.5) * self.size, (down - 0.5) * self.size
        x, y = self.centre
        cos, sin = math.cos(turn), math.sin(turn)
        return x + dx * cos - dy * sin, y + dx * sin + dy * cos

    def to_box(self, x: float, y: float) -> tuple[float, float]:
        """Return the relative coordinates (0 to 1 inside) of a point of the photo."""
        turn = math.radians(self.angle)
        dx, dy = x - self.centre[0], y - self.centre[1]
        cos, sin = math.cos(turn), math.sin(turn)
        return (dx * cos + dy * sin) / self.size + 0.5, (dy * cos - dx * sin) / self.size + 0.5

    def within(self, width: int, height: int) -> Self:
        """Return the nearest valid box on a photo of this size.

        Its centre is on the photo, its angle in [-180, 180), and its size between the larger of 8
        pixels and 1/50 of the photo's longer side, and that side. It may extend beyond the photo.
        """
        longest = max(width, height, 8)
        size = min(max(self.size, longest / 50, 8.0), float(longest))
        x, y = self.centre
        turn = (self.angle + 180) % 360 - 180
        return self.around(
            min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height)), size, turn
        )

    def is_near(self, other: CropBox) -> bool:
        """Whether both are boxes of the same face: their centres are less than half a box apart."""
        return math.dist(self.centre, other.centre) < max(self.size, other.size) / 2

    def bounds(self, margin: float = 0.0) -> tuple[float, float, float]:
        """Return left, top and size of the unrotated square around the rotated one."""
        turn = math.radians(self.angle)
        grow = self.size * (abs(math.cos(turn)) + abs(math.sin(turn)) - 1) if self.angle else 0.0
        grow += 2 * margin
        return self.left - grow / 2, self.top - grow / 2, self.size + grow


@dataclass(frozen=True, slots=True)
class Placement:
    """The box on a photo, the boxes of all faces ``found``, and the index of the ``chosen`` one.

    If none was found, ``found`` is empty and ``chosen`` is -1.
    """

    box: CropBox
    found: tuple[CropBox, ...] = ()
    chosen: int = -1

    def moved(self, box: CropBox, chosen: int | None = None) -> Placement:
        """Return it with another box, and perhaps another chosen face."""
        return replace(self, box=box, chosen=self.chosen if chosen is None else chosen)

    def free(self, boxes: Iterable[CropBox]) -> list[int]:
        """Return the indexes of found faces that neither its box nor one of ``boxes`` covers."""
        return free_faces(self.found, (self.box, *boxes))

    def another(self, boxes: Sequence[CropBox], size: tuple[int, int]) -> Placement:
        """Return a placement for another face of a photo of ``size`` with other ``boxes``.

        It is on the first free face, or else beside the present box.
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
        """Return a JSON value for ``from_json``."""
        found = [_numbers(box) for box in self.found]
        return {"box": _numbers(self.box), "found": found, "chosen": self.chosen}

    @classmethod
    def from_json(cls, value: Any) -> Placement:
        """Build from a result of ``as_json``.

        Raises:
            LookupError, TypeError, ValueError: the value is invalid.
        """
        found = tuple(_box(numbers) for numbers in value["found"])
        chosen = int(value["chosen"])
        if not -1 <= chosen < len(found):
            raise ValueError(f"There is no face {chosen}")
        return cls(_box(value["box"]), found, chosen)


def free_faces(found: Sequence[CropBox], boxes: Iterable[CropBox]) -> list[int]:
    """Return the indexes of found faces that none of ``boxes`` covers."""
    taken = tuple(boxes)
    return [number for number, face in enumerate(found) if not any(map(face.is_near, taken))]


def centre_square(image: Image.Image) -> CropBox:
    """Return the largest centred square of the image."""
    size = min(image.size)
    return CropBox((image.width - size) // 2, (image.height - size) // 2, size)


def crop_face(image: Image.Image, box: CropBox, side: int = FACE_SIZE) -> NDArray[np.uint8]:
    """Crop the box from an RGB image and resize it, antialiased, to uint8 (side, side, 3).

    Beyond the photo its edge pixels are repeated. The filter is that of scikit-learn's LFW, so that
    ``CropBox(78, 94, 96)`` on an LFW photo gives exactly the face of the data set. A rotated box is
    first resampled upright, bicubic and at its own resolution or more, then resized by the same
    filter.

    Raises:
        ValueError: the box doesn't touch the image, is smaller than a pixel, or larger than 64
            times the longer side.
    """
    _check(image, box)
    # Reducing first limits the memory for repeated edges of boxes beyond the photo.
    factor = max(1, int(box.size) // (_MAX_RATIO * FACE_SIZE))
    if box.angle:
        cut, x, y = _cut(image, box.bounds(margin=factor), factor)
        return _turned(cut, CropBox.around(x, y, box.size / factor, box.angle), side)
    cut, x, y = _cut(image, box.bounds(), factor)
    half = box.size / factor / 2
    # max() and min() remove rounding errors.
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
    """Return the part within the bounds, reduced by the factor, and its box's centre in it."""
    left, top, size = bounds
    x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
    x1 = min(image.width, math.ceil(left + size))
    y1 = min(image.height, math.ceil(top + size))
    cut = image.crop((x0, y0, x1, y1)).reduce(factor)
    x, y, size = (left - x0) / factor, (top - y0) / factor, size / factor
    pixels, x, y = _continued(np.asarray(cut), x, y, size)
    return Image.fromarray(pixels), x + size / 2, y + size / 2


def _turned(image: Image.Image, box: CropBox, side: int) -> NDArray[np.uint8]:
    """Resample the box upright, at its own resolution or more, and resize it."""
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
    """Pad with edge pixels until the box at (x, y) fits; return its new corner too."""
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
