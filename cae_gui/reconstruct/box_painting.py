"""How a box on a photo looks: its outline, its handles, and the rest of the photo dimmed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen, QPolygonF

# On a photo, not on the window: dark under light is seen on any picture, in both schemes.
_DIM = QColor(0, 0, 0, 110)
_HALO = QColor(0, 0, 0, 160)
_LINE = QColor(255, 255, 255)
_FAINT = QColor(255, 255, 255, 190)
HANDLE = 5.0
"""Radius of a handle, in pixels."""


def dim_outside(painter: QPainter, photo: QRectF, box: QPolygonF, radius: float) -> None:
    """Darken the photo around the box."""
    around, inside = QPainterPath(), QPainterPath()
    around.addRoundedRect(photo, radius, radius)
    inside.addPolygon(box)
    painter.fillPath(around.subtracted(inside), _DIM)


def paint_faint(painter: QPainter, box: QPolygonF, *, dashed: bool) -> None:
    """Paint the outline of a face that could be chosen, or undashed of one that was added."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width, line in ((_HALO, 3.0, Qt.PenStyle.SolidLine), (_FAINT, 1.5, style)):
        painter.setPen(QPen(color, width, line))
        painter.drawPolygon(box)


def paint_box(
    painter: QPainter, corners: QPolygonF, stem: tuple[QPointF, QPointF], palette: QPalette
) -> None:
    """Paint the chosen box with a handle at each corner and one on a stem, to turn it."""
    closed = QPolygonF(corners)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((_HALO, 4.0), (_LINE, 2.0)):
        painter.setPen(QPen(color, width))
        painter.drawPolygon(closed)
        painter.drawLine(*stem)
    painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
    painter.setPen(QPen(_LINE, 1.5))
    for point in _points(corners, stem[1]):
        painter.drawEllipse(point, HANDLE, HANDLE)


def _points(corners: QPolygonF, end: QPointF) -> Sequence[QPointF]:
    return [*(corners.at(index) for index in range(corners.count())), end]
