"""What mouse and keys do with a box on a photo; points and lengths are in pixels of the photo."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import Qt

from model.photos.crop import CropBox

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""Shares of the box's width and height."""
SNAP_DEGREES = 2.0

Point = tuple[float, float]
Size = tuple[int, int]

_Key = Qt.Key
_MOVES = {
    _Key.Key_Left: (-1, 0),
    _Key.Key_Right: (1, 0),
    _Key.Key_Up: (0, -1),
    _Key.Key_Down: (0, 1),
}
# With Shift some of these keys are other characters.
_GROWS = {_Key.Key_Plus: 1, _Key.Key_Equal: 1, _Key.Key_Minus: -1, _Key.Key_Underscore: -1}
_CONTROL_GROWS = {_Key.Key_Right: 1, _Key.Key_Up: 1, _Key.Key_Left: -1, _Key.Key_Down: -1}
_TURNS = {
    _Key.Key_BracketLeft: -1,
    _Key.Key_BraceLeft: -1,
    _Key.Key_BracketRight: 1,
    _Key.Key_BraceRight: 1,
}


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


def after_key(
    box: CropBox, key: int, modifiers: Qt.KeyboardModifier, photo: Size
) -> CropBox | None:
    """Return the box after a key: a percent of it or a degree further, ten with Shift.

    None for keys that don't change a box.
    """
    steps = 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    grows = _CONTROL_GROWS if control else _GROWS
    if key in grows:
        return grown(box, (1 + steps / 100) ** grows[_Key(key)], photo)
    if key in _MOVES and not control:
        dx, dy = _MOVES[_Key(key)]
        step = box.size * steps / 100
        return moved(box, (dx * step, dy * step), photo)
    if key in _TURNS and not control:
        return turned(box, _TURNS[_Key(key)] * steps, photo)
    return None
