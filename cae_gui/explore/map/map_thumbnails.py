"""Which points of a map show their faces, and those faces as small pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from cae_gui.widgets.images import Pixels, fitted
from cae_gui.widgets.painting import paint_picture
from model.face_set import FACE_SIZE

SIDE = FACE_SIZE
"""Logical pixels of a thumbnail: as many as a face has."""
GAP = 4

_CACHED = 1024  # some 10 MB; four times that on a HiDPI screen
_NEW = 24  # made in one go: scaling takes a tenth of a millisecond each
_RADIUS = 4.0


def spaced(places: NDArray[Any], first: Sequence[int], apart: float) -> list[int]:
    """Return which of (N, 2) places can have squares of a side of ``apart`` px without overlap.

    Those in ``first`` have their turn before the others, so that what is seen stays while it can.
    """
    free = np.ones(len(places), np.bool_)
    chosen: list[int] = []
    for index in [*first, *range(len(places))]:
        if free[index]:
            chosen.append(index)
            free &= np.abs(places - places[index]).max(axis=1) >= apart
    return chosen


class ThumbnailCache:
    """Keeps the pictures of points, some of which are made at a time."""

    def __init__(self, picture: Callable[[int], Pixels]) -> None:
        self._picture = picture
        self._images: OrderedDict[tuple[int, int], QImage] = OrderedDict()

    def ready(self, points: Sequence[int], side: int) -> tuple[list[tuple[int, QImage]], bool]:
        """Return points with their pictures of ``side`` device px, and whether that is all.

        A few of those that are missing have been made; ask again for more.
        """
        missing = [point for point in points if (point, side) not in self._images]
        for point in missing[:_NEW]:
            self._images[point, side] = _rounded(fitted(self._picture(point), side, side))
        found = []
        for point in points:
            if (point, side) in self._images:
                self._images.move_to_end((point, side))
                found.append((point, self._images[point, side]))
        while len(self._images) > _CACHED:
            self._images.popitem(last=False)
        return found, len(missing) <= _NEW


def paint_frame(painter: QPainter, outline: QRectF, rgb: NDArray[np.uint8]) -> None:
    """Paint a frame in the color of the dot that a thumbnail hides."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(*rgb.tolist()), 2.0))
    painter.drawRoundedRect(outline, _RADIUS, _RADIUS)


def _rounded(image: QImage) -> QImage:
    """Round the corners once, so that painting only has to blend."""
    result = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    paint_picture(painter, image, QPointF(0, 0), _RADIUS * image.width() / SIDE)
    painter.end()
    return result
