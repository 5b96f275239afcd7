"""The colors of a map: one scale for values, in a dark and a light window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPalette

from cae_gui.widgets.theme import is_dark

_VIRIDIS = (
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 "
    "84d44b addc30 d8e219 fde725"
)
"""Seventeen even steps of matplotlib's viridis (van der Walt and Smith, 2015, CC0)."""
_ON_DARK, _ON_LIGHT = (0.25, 1.0), (0.0, 0.85)
"""The part of the scale that stands out from the ground."""


@dataclass(frozen=True, slots=True, eq=False)
class Coloring:
    """A value (N,) for each point, and what the ends of the scale, ``low`` and ``high``, mean."""

    title: str
    values: NDArray[np.float32]
    low: float
    high: float
    low_text: str
    high_text: str

    def shades(self) -> NDArray[np.uint8]:
        """Return where the values lie on the scale: 0 low, 255 high."""
        share = (self.values - self.low) / max(self.high - self.low, 1e-9)
        return np.asarray((share.clip(0, 1) * 255).round(), np.uint8)


def scale_table(palette: QPalette) -> NDArray[np.uint8]:
    """Return the scale's colors (256, 3) from low to high, for the palette's ground."""
    steps = np.array([list(bytes.fromhex(name)) for name in _VIRIDIS.split()], np.float64)
    first, last = _ON_DARK if is_dark(palette) else _ON_LIGHT
    wanted = np.linspace(first, last, 256) * (len(steps) - 1)
    channels = [np.interp(wanted, np.arange(len(steps)), channel) for channel in steps.T]
    return np.asarray(np.stack(channels, axis=1).round(), np.uint8)


def plain_table(palette: QPalette) -> NDArray[np.uint8]:
    """Return a table (256, 3) of one color, for points without values."""
    text, ground = (
        _rgb(palette.color(role)) for role in (QPalette.ColorRole.Text, QPalette.ColorRole.Base)
    )
    return np.asarray(np.tile((0.55 * text + 0.45 * ground).round(), (256, 1)), np.uint8)


def _rgb(color: QColor) -> NDArray[np.float64]:
    return np.array([color.red(), color.green(), color.blue()], np.float64)
