"""What several widgets paint alike: rounded pictures, rings and texts of empty states."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPalette, QPen, QTransform
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.tokens import RADIUS

ColorRole = QPalette.ColorRole


def on_pixel(painter: QPainter, point: QPointF) -> QPointF:
    """Return the nearest point that lies on a device pixel, also where a pixel is 1.5 of them."""
    to_device = painter.deviceTransform()
    device = to_device.map(point)
    dx, dy = round(device.x()) - device.x(), round(device.y()) - device.y()
    return QPointF(point.x() + dx / to_device.m11(), point.y() + dy / to_device.m22())


def paint_picture(painter: QPainter, image: QImage, top_left: QPointF, radius: float) -> QRectF:
    """Paint `image` (in device pixels) with rounded corners at `top_left`; return where it lies.

    At the corners the image becomes a brush: its rounded edge is antialiased, which a clip path
    isn't, and no pixel is resampled. All between them is copied: Qt hands a brush of more than a
    hundred lines to other threads, and waits for them where a training has the cores.
    """
    ratio = painter.deviceTransform().m11()
    corner = on_pixel(painter, top_left)
    rect = QRectF(corner, image.size().toSizeF() / ratio)
    brush = QBrush(image)
    brush.setTransform(QTransform.fromTranslate(corner.x(), corner.y()).scale(1 / ratio, 1 / ratio))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush)
    edge = math.ceil(radius * ratio)  # in device pixels
    if image.height() <= 2 * edge:
        painter.drawRoundedRect(rect, radius, radius)
        return rect
    height = edge / ratio
    painter.drawImage(
        rect.adjusted(0, height, 0, -height),
        image,
        QRectF(0, edge, image.width(), image.height() - 2 * edge),
    )
    for top in (rect.top(), rect.bottom() - height):
        painter.save()
        band = QRectF(rect.left(), top, rect.width(), height)
        painter.setClipRect(band, Qt.ClipOperation.IntersectClip)
        painter.drawRoundedRect(rect, radius, radius)
        painter.restore()
    return rect


def paint_ring(
    painter: QPainter, rect: QRectF, palette: QPalette, *, gap: float = 1.0, radius: float = RADIUS
) -> None:
    """Paint a ring of 2 px in the accent color around `rect`, `gap` px away from it."""
    grow = gap + 1.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.color(ColorRole.Highlight), 2.0))
    painter.drawRoundedRect(rect.adjusted(-grow, -grow, grow, grow), radius + grow, radius + grow)


def paint_well(painter: QPainter, rect: QRectF, palette: QPalette, *, dashed: bool) -> None:
    """Paint the empty place of a picture; a dashed edge says that something may be dropped."""
    pen = QPen(palette.color(ColorRole.PlaceholderText), 1.0)
    pen.setStyle(Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.setBrush(palette.color(ColorRole.AlternateBase))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def paint_empty_text(painter: QPainter, widget: QWidget, rect: QRect, text: str) -> None:
    """Paint `text`, wrapped, in the middle of `rect` in the color of placeholders."""
    painter.setPen(widget.palette().color(ColorRole.PlaceholderText))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(rect.adjusted(8, 8, -8, -8), int(flags), text)
