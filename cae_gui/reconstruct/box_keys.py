"""What keys do with a box on a photo."""

from __future__ import annotations

from PySide6.QtCore import Qt

from cae_gui.reconstruct.box_edits import Size, grown, moved, turned
from model.photos.crop import CropBox

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
