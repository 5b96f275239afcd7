"""Drawing of the map's dots, and their color scale for dark and light palettes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPalette

from cae_gui.widgets.tokens import is_dark
from model.latents.face_values import bands

Table = NDArray[np.uint8]

_VIRIDIS = (
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 "
    "84d44b addc30 d8e219 fde725"
)
"""Seventeen even steps of matplotlib's viridis (van der Walt and Smith, 2015, CC0)."""
_ON_DARK, _ON_LIGHT = (0.25, 1.0), (0.0, 0.85)
"""The part of the scale with enough contrast to the background."""
_DIM, _PALED = 0.22, 0.4
"""How much of its color a dimmed dot has, and one that isn't selected; the rest is that of the
background."""


@dataclass(frozen=True, slots=True)
class Band:
    """A class of the legend: values from ``start`` up to the next band's, shown as ``middle``."""

    text: str
    start: float
    middle: float


@dataclass(frozen=True, slots=True, eq=False)
class Coloring:
    """Values (N,) of the points, and those at the ends of the color scale.

    ``bands`` are the classes of its legend, the lowest first, or none.
    """

    title: str
    values: NDArray[np.float32]
    low: float
    high: float
    low_text: str
    high_text: str
    bands: tuple[Band, ...] = ()

    def shades(self) -> NDArray[np.uint8]:
        """Return the values as indices of the scale (N,), from 0 (low) to 255 (high), clipped."""
        return self._shades_of(self.values)

    def band_shades(self) -> NDArray[np.uint8]:
        """Return the index of the scale (K,) that stands for each band."""
        return self._shades_of(np.array([band.middle for band in self.bands], np.float32))

    def band_numbers(self) -> NDArray[np.uint8]:
        """Return the band (N,) that each value lies in."""
        return bands(self.values, [band.start for band in self.bands[1:]])

    def _shades_of(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        share = (values - self.low) / max(self.high - self.low, 1e-9)
        return np.asarray((share.clip(0, 1) * 255).round(), np.uint8)


def scale_table(palette: QPalette) -> Table:
    """Return the scale's colors (256, 3) from low to high, for the palette's background."""
    return _scale(is_dark(palette))


@cache
def _scale(on_dark: bool) -> Table:
    # Kept, as each frame needs it some times: it takes as long as a third of all dots.
    steps = np.array([list(bytes.fromhex(name)) for name in _VIRIDIS.split()], np.float64)
    first, last = _ON_DARK if on_dark else _ON_LIGHT
    wanted = np.linspace(first, last, 256) * (len(steps) - 1)
    channels = [np.interp(wanted, np.arange(len(steps)), channel) for channel in steps.T]
    table = np.asarray(np.stack(channels, axis=1).round(), np.uint8)
    table.flags.writeable = False
    return table


def plain_table(palette: QPalette) -> NDArray[np.uint8]:
    """Return a table (256, 3) of a single color, for points without values."""
    text, ground = (
        _rgb(palette.color(role)) for role in (QPalette.ColorRole.Text, QPalette.ColorRole.Base)
    )
    return np.asarray(np.tile((0.55 * text + 0.45 * ground).round(), (256, 1)), np.uint8)


def dimmed_table(palette: QPalette) -> Table:
    """Return a table (256, 3) of the single faint color of dots that don't stand out."""
    ground, plain = _rgb(palette.color(QPalette.ColorRole.Base)), plain_table(palette)
    return np.asarray((_DIM * plain + (1 - _DIM) * ground).round(), np.uint8)


def accent_table(palette: QPalette) -> Table:
    """Return a table (256, 3) of the accent color alone, for selected or marked points."""
    return np.tile(_rgb(palette.color(QPalette.ColorRole.Highlight)), (256, 1)).astype(np.uint8)


def paled(table: Table, palette: QPalette) -> Table:
    """Return a table's colors (256, 3) nearer to the background, for points not selected."""
    ground = _rgb(palette.color(QPalette.ColorRole.Base))
    return np.asarray((_PALED * table + (1 - _PALED) * ground).round(), np.uint8)


def dots_image(
    places: NDArray[Any],
    shades: NDArray[np.uint8],
    table: Table,
    radius: float,
    width: int,
    height: int,
    dimmed: tuple[NDArray[np.bool_], Table] | None = None,
) -> QImage:
    """Return dots on a transparent background; all sizes are in device pixels.

    By numpy, some thirty times faster than by QPainter for thousands of dots. ``places`` (N, 2)
    are the centres, rounded to whole pixels; ``shades`` (N,) are indices of colors in ``table``
    (256, 3). Where dots overlap, a pixel belongs to the nearer centre. ``dimmed`` tells which dots
    (N,) lie below all others, and their table. The image has a margin on all sides; its ``offset``
    says where to paint it.
    """
    offsets = _disc(radius)
    reach = max(max(abs(dx), abs(dy)) for dx, dy, _ in offsets)
    seen = inside(places, width, height, reach)
    line = width + 4 * reach
    image = QImage(line, height + 4 * reach, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    image.setOffset(QPoint(-2 * reach, -2 * reach))
    flat = np.frombuffer(image.bits(), np.uint32)
    layers = [(seen, table)]
    if dimmed is not None:
        layers = [(seen & dimmed[0], dimmed[1]), (seen & ~dimmed[0], table)]
    for shown, colors_of in layers:
        columns, rows = np.floor(places[shown]).astype(np.int64).T + 2 * reach
        middles, of_these = rows * line + columns, shades[shown]
        painted, colors = -1.0, np.zeros(0, np.uint32)
        for dx, dy, cover in offsets:
            if cover != painted:
                painted, colors = cover, _premultiplied(colors_of, cover)[of_these]
            flat[middles + (dy * line + dx)] = colors
    return image


def inside(places: NDArray[Any], width: int, height: int, margin: float) -> NDArray[np.bool_]:
    """Return which places (N, 2) lie in a rectangle enlarged by a margin on all sides."""
    x, y = places.T  # by columns: reducing pairs takes numpy ten times as long
    across = (x >= -margin) & (x < width + margin)
    return np.asarray(across & (y >= -margin) & (y < height + margin))


@lru_cache(maxsize=32)
def _disc(radius: float) -> tuple[tuple[int, int, float], ...]:
    """Return the pixels (dx, dy, coverage) of a disc, from the edge inwards."""
    reach = int(np.ceil(radius))
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    away = np.hypot(dx, dy)
    cover = (radius + 0.5 - away).clip(0, 1).round(2)
    order = np.argsort(-away, axis=None, kind="stable")
    found = zip(dx.flat[order].tolist(), dy.flat[order].tolist(), cover.flat[order], strict=True)
    return tuple((x, y, float(share)) for x, y, share in found if share)


def _premultiplied(table: Table, cover: float) -> NDArray[np.uint32]:
    red, green, blue = (table.astype(np.float32) * cover).round().astype(np.uint32).T
    alpha = np.full_like(red, round(255 * cover))
    return np.asarray((alpha << 24) | (red << 16) | (green << 8) | blue, np.uint32)


def _rgb(color: QColor) -> NDArray[np.float64]:
    return np.array([color.red(), color.green(), color.blue()], np.float64)
