"""Painting over the map's dots: thumbnails, path and marker, card, color scale."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPalette, QPen, QPolygonF

from cae_gui.explore.map.map_dots import Coloring
from cae_gui.widgets.images import Pixels, fitted
from cae_gui.widgets.painting import paint_picture, paint_ring
from model.face_set import FACE_SIZE

MARKER_RADIUS = 7.0
CARD_SIDE = 96
SIDE = FACE_SIZE
"""Logical pixels of a thumbnail: as many as a face has."""
GAP = 4

_Role = QPalette.ColorRole
_PAD, _AWAY = 8, 16
_WIDEST_NAME = 160
_BAR_WIDTH, _BAR_HEIGHT = 160, 8
_CACHED = 1024  # thumbnails: about 10 MB, 40 MB on a HiDPI screen
_NEW = 24  # thumbnails made in one call: 0.1 ms each
_RADIUS = 4.0


def spaced(places: NDArray[Any], first: Sequence[int], apart: float) -> list[int]:
    """Return indices of ``places`` (N, 2) whose squares of side ``apart`` px don't overlap.

    Those in ``first`` are preferred, so that visible thumbnails stay.
    """
    free = np.ones(len(places), np.bool_)
    chosen: list[int] = []
    for index in [*first, *range(len(places))]:
        if free[index]:
            chosen.append(index)
            free &= np.abs(places - places[index]).max(axis=1) >= apart
    return chosen


def one_a_cell(places: NDArray[Any], side: float) -> NDArray[np.int64]:
    """Return indices of ``places`` (N, 2), one for each square of a grid that has any.

    From thousands of places they are those that are worth comparing with each other.
    """
    columns, rows = np.floor(places / side).astype(np.int64).T
    _, first = np.unique(columns * 65_536 + rows, return_index=True)
    return np.asarray(np.sort(first), np.int64)


class ThumbnailCache:
    """Caches thumbnails by point, and makes a limited number in each call."""

    def __init__(self, picture: Callable[[int], Pixels]) -> None:
        self._picture = picture
        self._images: OrderedDict[tuple[int, int], QImage] = OrderedDict()

    def ready(self, points: Sequence[int], side: int) -> tuple[list[tuple[int, QImage]], bool]:
        """Return points with thumbnails of ``side`` device px, and whether that is all of them.

        Each call makes some of those that are missing.
        """
        missing = [point for point in points if (point, side) not in self._images]
        for point in missing[:_NEW]:
            self._images[point, side] = rounded(fitted(self._picture(point), side, side))
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


def paint_path(painter: QPainter, places: NDArray[np.float32], palette: QPalette) -> None:
    """Paint the path through positions (M, 2) in px, the oldest first and faintest."""
    accent = palette.color(_Role.Highlight)
    points = [QPointF(x, y) for x, y in places.tolist()]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((_clear(palette.color(_Role.Base), 200), 4.0), (accent, 1.5)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPolyline(QPolygonF(points))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(accent)
    for point in points:
        painter.drawEllipse(point, 2.5, 2.5)


def paint_stroke(
    painter: QPainter, places: NDArray[np.float32], palette: QPalette, *, is_closed: bool
) -> None:
    """Paint a line through positions (M, 2) in px as it is drawn, or the area inside it."""
    accent = palette.color(_Role.Highlight)
    line = QPolygonF([QPointF(x, y) for x, y in places.tolist()])
    if is_closed:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_clear(palette.color(_Role.Highlight), 40))
        painter.drawPolygon(line, Qt.FillRule.OddEvenFill)
    draw = painter.drawPolygon if is_closed else painter.drawPolyline
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((_clear(palette.color(_Role.Base), 200), 4.0), (accent, 1.5)):
        ends, joints = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, ends, joints))
        draw(line)


def paint_word(
    painter: QPainter, text: str, place: QPointF, room: QRect, palette: QPalette
) -> None:
    """Paint a few words beside ``place`` and within ``room``, as a tooltip."""
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 2 * _PAD, metrics.height() + _PAD
    box = QRectF(place.x() + _AWAY, place.y() + _AWAY, width, height)
    box.moveLeft(min(max(box.left(), 0.0), room.width() - width))
    box.moveTop(min(max(box.top(), 0.0), room.height() - height))
    painter.setPen(QPen(palette.color(_Role.Mid), 1.0))
    painter.setBrush(palette.color(_Role.ToolTipBase))
    painter.drawRoundedRect(box, _RADIUS, _RADIUS)
    painter.setPen(palette.color(_Role.ToolTipText))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def paint_marker(painter: QPainter, place: QPointF, palette: QPalette, *, hot: bool) -> None:
    """Paint the marker of the edited face; ``hot`` while under the mouse or dragged."""
    radius = MARKER_RADIUS + (2.0 if hot else 0.0)
    painter.setPen(QPen(palette.color(_Role.Base), 2.0))
    painter.setBrush(palette.color(_Role.Highlight))
    painter.drawEllipse(place, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.color(_Role.Base))
    painter.drawEllipse(place, 2.5, 2.5)


def paint_pointed(painter: QPainter, place: QPointF, palette: QPalette, *, is_face: bool) -> None:
    """Paint a ring around the dot or face under the pointer."""
    if is_face:
        half = SIDE / 2
        square = QRectF(place.x() - half, place.y() - half, SIDE, SIDE)
        paint_ring(painter, square, palette, gap=0.0, radius=4.0)
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((palette.color(_Role.Base), 4.0), (palette.color(_Role.Text), 2.0)):
        painter.setPen(QPen(color, width))
        painter.drawEllipse(place, 6.0, 6.0)


def paint_cross(painter: QPainter, place: QPointF, palette: QPalette) -> None:
    """Paint a small cross at the place that a decoded face is of."""
    for color, width in ((palette.color(_Role.Base), 4.0), (palette.color(_Role.Text), 1.5)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for way in (QPointF(5, 0), QPointF(0, 5)):
            painter.drawLine(place - way, place + way)


def paint_card(
    painter: QPainter, image: QImage, name: str, place: QPointF, room: QRect, palette: QPalette
) -> None:
    """Paint a card, a face over its name, beside ``place`` and within ``room``."""
    metrics = painter.fontMetrics()
    # One more, as the advance is rounded: a name that fits isn't elided.
    wide = min(max(metrics.horizontalAdvance(name) + 1, CARD_SIDE), _WIDEST_NAME)
    width, height = wide + 2 * _PAD, CARD_SIDE + 3 * _PAD + metrics.height()
    card = QRectF(place.x() + _AWAY, place.y() + _AWAY, width, height)
    if card.right() > room.right():
        card.moveRight(place.x() - _AWAY)
    if card.bottom() > room.bottom():
        card.moveBottom(max(place.y() - _AWAY, room.top() + height))
    painter.setPen(QPen(palette.color(_Role.Mid), 1.0))
    painter.setBrush(palette.color(_Role.ToolTipBase))
    painter.drawRoundedRect(card, _PAD, _PAD)
    corner = card.topLeft() + QPointF((width - CARD_SIDE) / 2, _PAD)
    paint_picture(painter, image, corner, 4.0)
    line = card.adjusted(_PAD, 2 * _PAD + CARD_SIDE, -_PAD, -_PAD)
    painter.setPen(palette.color(_Role.ToolTipText))
    text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, wide)
    painter.drawText(line, int(Qt.AlignmentFlag.AlignCenter), text)


def paint_scale(
    painter: QPainter,
    coloring: Coloring,
    table: NDArray[np.uint8],
    room: QRect,
    palette: QPalette,
) -> None:
    """Paint the color scale and its ends into the lower left corner of ``room``."""
    metrics = painter.fontMetrics()
    height = 2 * metrics.height() + _BAR_HEIGHT + 2 * _PAD + 8
    box = QRect(_PAD, room.bottom() + 1 - _PAD - height, _BAR_WIDTH + 2 * _PAD, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_clear(palette.color(_Role.Base), 224))
    painter.drawRoundedRect(box, _PAD, _PAD)
    inner = box.adjusted(_PAD, _PAD, -_PAD, -_PAD)
    bar = QRect(inner.left(), inner.top() + metrics.height() + 4, _BAR_WIDTH, _BAR_HEIGHT)
    _paint_bar(painter, bar, table)
    painter.setPen(palette.color(_Role.Text))
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    painter.drawText(inner, int(left | Qt.AlignmentFlag.AlignTop), _elided(metrics, coloring.title))
    painter.drawText(inner, int(left | Qt.AlignmentFlag.AlignBottom), coloring.low_text)
    painter.drawText(inner, int(right | Qt.AlignmentFlag.AlignBottom), coloring.high_text)


def _paint_bar(painter: QPainter, bar: QRect, table: NDArray[np.uint8]) -> None:
    colors = np.ascontiguousarray(table[None])
    image = QImage(colors.data, len(table), 1, 3 * len(table), QImage.Format.Format_RGB888)
    painter.drawImage(bar, image)


def _elided(metrics: QFontMetrics, text: str) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, _BAR_WIDTH)


def _clear(color: QColor, alpha: int) -> QColor:
    color.setAlpha(alpha)
    return color


def rounded(image: QImage) -> QImage:
    """Return the image with rounded corners."""
    result = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    paint_picture(painter, image, QPointF(0, 0), _RADIUS * image.width() / SIDE)
    painter.end()
    return result
