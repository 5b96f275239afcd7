"""What a hand does with a box on a photo; all points and lengths are in pixels of the photo."""

from __future__ import annotations

import math
from dataclasses import replace

from model.photos.crop import CropBox

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""Shares of the box's width and height."""
SNAP_DEGREES = 2.0

Point = tuple[float, float]
Size = tuple[int, int]


def moved(box: CropBox, by: Point, photo: Size) -> CropBox:
    """Return the box moved, its centre kept on the photo."""
    x, y = box.centre
    return CropBox.around(x + by[0], y + by[1], box.size, box.angle).within(*photo)


def grown(box: CropBox, factor: float, photo: Size) -> CropBox:
    """Return the box with its centre kept and its size changed."""
    return CropBox.around(*box.centre, box.size * factor, box.angle).within(*photo)


def turned(box: CropBox, degrees: float, photo: Size) -> CropBox:
    """Return the box turned clockwise about its centre."""
    return replace(box, angle=box.angle + degrees).within(*photo)


def with_corner_at(box: CropBox, corner: Point, point: Point, photo: Size) -> CropBox:
    """Return the box with this corner as near to the point as a square's can be.

    The opposite corner stays where it is, unless the centre would leave the photo.
    """
    across, down = box.to_box(*point)
    sides = (across, down)
    size = box.size * max(
        share if end else 1 - share for share, end in zip(sides, corner, strict=True)
    )
    size = replace(box, size=size).within(*photo).size
    fixed = box.to_photo(1 - corner[0], 1 - corner[1])
    resized = CropBox.around(0, 0, size, box.angle)
    x, y = resized.to_photo(1 - corner[0], 1 - corner[1])
    return CropBox.around(fixed[0] - x, fixed[1] - y, size, box.angle).within(*photo)


def turned_to(box: CropBox, point: Point, *, upwards: bool, photo: Size) -> CropBox:
    """Return the box with its top or its bottom turned to the point, upright if nearly so."""
    dx, dy = point[0] - box.centre[0], point[1] - box.centre[1]
    angle = math.degrees(math.atan2(dx, -dy) if upwards else math.atan2(-dx, dy))
    return replace(box, angle=0.0 if abs(angle) < SNAP_DEGREES else angle).within(*photo)
