"""The hair line and the numbers of one epoch, painted over a picture of curves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette, QPen

from model.plots.curves import CurveHistory, CurveImage, mse_text, readable

_Role = QPalette.ColorRole
_PAD = 8


def readout_rows(history: CurveHistory, epoch: int) -> list[tuple[str, str]]:
    """Return names and numbers of a finished epoch."""
    index = history.epochs.index(epoch)
    return [
        ("Epoch", str(epoch)),
        ("Train", mse_text(history.train_mse[index])),
        ("Test", mse_text(history.test_mse[index])),
        ("Rate", readable(history.learning_rate[index])),
    ]


def paint_readout(
    painter: QPainter, image: CurveImage, history: CurveHistory, epoch: int, palette: QPalette
) -> None:
    """Paint a hair line through both axes, the epoch's two points, and its numbers beside it.

    The painter is in logical pixels, the image's boxes in device pixels.
    """
    scale, index = image.request.scale, history.epochs.index(epoch)
    x, top = image.x_of(epoch) / scale, image.box[1] / scale
    bottom = (image.rate_box[1] + image.rate_box[3]) / scale
    painter.setPen(QPen(palette.color(_Role.PlaceholderText), 1))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    for mse, role in (
        (history.train_mse[index], _Role.PlaceholderText),
        (history.test_mse[index], _Role.Highlight),
    ):
        y = image.y_of(mse) / scale
        if top <= y <= bottom:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(role))
            painter.drawEllipse(QPointF(x, y), 3.5, 3.5)
    width = image.request.width / scale
    _paint_box(painter, readout_rows(history, epoch), QPointF(x, top), width, palette)


def _paint_box(
    painter: QPainter,
    rows: list[tuple[str, str]],
    place: QPointF,
    width: float,
    palette: QPalette,
) -> None:
    metrics = painter.fontMetrics()
    line = metrics.height() + 2
    texts = [max(metrics.horizontalAdvance(row[column]) for row in rows) for column in (0, 1)]
    box = QRectF(0, place.y() + 4, sum(texts) + 12 + 2 * _PAD, len(rows) * line + _PAD)
    right = place.x() + 12
    # On the other side of the line where it would leave the picture.
    box.moveLeft(right if right + box.width() < width else max(place.x() - 12 - box.width(), 0))
    painter.setPen(QPen(palette.color(_Role.Mid), 1))
    painter.setBrush(palette.color(_Role.Window))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(palette.color(_Role.WindowText))
    for number, (name, value) in enumerate(rows):
        cell = QRectF(box.left() + _PAD, box.top() + _PAD / 2 + number * line, 0, line)
        cell.setRight(box.right() - _PAD)
        painter.drawText(cell, Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(cell, Qt.AlignmentFlag.AlignRight, value)
