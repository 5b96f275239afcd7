"""Thousands of dots as one image: numpy writes them some thirty times faster than QPainter."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

Table = NDArray[np.uint8]


def dots_image(
    places: NDArray[Any],
    shades: NDArray[np.uint8],
    table: Table,
    radius: float,
    width: int,
    height: int,
) -> QImage:
    """Return dots on a transparent ground, all in device pixels.

    ``places`` (N, 2) are their middles, ``shades`` (N,) indices of their colors in ``table``
    (256, 3). They lie on whole pixels; where they overlap, a pixel is the nearer one's. The image
    has a rim on all sides; its ``offset`` says where to paint it.
    """
    offsets = _disc(radius)
    reach = max(max(abs(dx), abs(dy)) for dx, dy, _ in offsets)
    seen = inside(places, width, height, reach)
    columns, rows = np.floor(places[seen]).astype(np.int64).T + 2 * reach
    shades = shades[seen]
    line = width + 4 * reach
    image = QImage(line, height + 4 * reach, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    image.setOffset(QPoint(-2 * reach, -2 * reach))
    flat = np.frombuffer(image.bits(), np.uint32)
    middles = rows * line + columns
    painted, colors = -1.0, np.zeros(0, np.uint32)
    for dx, dy, cover in offsets:
        if cover != painted:
            painted, colors = cover, _premultiplied(table, cover)[shades]
        flat[middles + (dy * line + dx)] = colors
    return image


def inside(places: NDArray[Any], width: int, height: int, margin: float) -> NDArray[np.bool_]:
    """Return which places (N, 2) lie in a rectangle or no further than a margin around it."""
    x, y = places.T  # by columns: numpy takes ten times as long to reduce pairs
    across = (x >= -margin) & (x < width + margin)
    return np.asarray(across & (y >= -margin) & (y < height + margin))


@lru_cache(maxsize=32)
def _disc(radius: float) -> tuple[tuple[int, int, float], ...]:
    """Return the pixels (dx, dy, share that is covered) of a disc, from the edge inwards."""
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
