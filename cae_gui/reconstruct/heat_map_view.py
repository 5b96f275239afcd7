"""A heat map, and beside it the scale of its colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import to_qimage
from cae_gui.widgets.painting import paint_picture

_EDGE = 4  # at both sides, as in the base class
_GAP = 8
_BAR = 10
_TEXT_GAP = 4
_ROUNDING = 3.0
_SHARES = (0.0, 0.5, 1.0)
_WIDEST = "≥ 0.0625"


class HeatMapView(FaceView):
    """Keeps room for the scale at the right of the picture; it is empty until it is set."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colors: QImage | None = None
        self._largest = 0.0

    def set_scale(self, colors: NDArray[np.uint8], largest: float) -> None:
        """Show the colours uint8 (N, 3) of the values from 0 to the largest."""
        self._colors, self._largest = to_qimage(colors[::-1, None]), largest
        more = " or more" if largest < 1 else ""
        text = f"The darkest colour is 0, the brightest {largest:.3g}{more} of full brightness."
        self.setAccessibleDescription(text)
        self.setToolTip(text)
        self.update()

    def scale_room(self) -> int:
        """Return the width of the scale with the gap before it."""
        return _GAP + _BAR + _TEXT_GAP + self.fontMetrics().horizontalAdvance(_WIDEST)

    def picture_rect(self) -> QRect:
        """Return the square as in the base class, moved or made smaller for the scale."""
        square, scale = super().picture_rect(), self.scale_room()
        missing = max(0, square.width() + scale + 2 * _EDGE - self.width())
        square.setSize(square.size() - QSize(missing, missing))
        square.moveLeft((self.width() - square.width() - scale) // 2)
        square.moveTop(square.y() + missing // 2)
        return square

    def _paint_scale(self, painter: QPainter, colors: QImage) -> None:
        square, ratio = self.picture_rect(), self.devicePixelRatioF()
        corner = QPointF(square.right() + 1 + _GAP, square.y())
        aspect, mode = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode
        room = round(_BAR * ratio), max(1, round(square.height() * ratio))
        bar = colors.scaled(*room, aspect, mode.SmoothTransformation)
        self._paint_numbers(painter, paint_picture(painter, bar, corner, _ROUNDING))

    def _paint_numbers(self, painter: QPainter, bar: QRectF) -> None:
        height = painter.fontMetrics().height()
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for share in _SHARES:
            # Those at the ends are within the bar, not half above and below it.
            top = bar.top() + (1 - share) * (bar.height() - height)
            line = QRectF(bar.right() + _TEXT_GAP, top, self.width(), height)
            painter.drawText(line, flags, self._number(share))

    def _number(self, share: float) -> str:
        """Return what a colour stands for; that at the end also for all that is larger."""
        number = f"{share * self._largest:.3g}"
        return f"≥ {number}" if share == 1 and self._largest < 1 else number

    def size_around(self, side: int) -> QSize:
        return super().size_around(side) + QSize(self.scale_room(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._colors is not None:
            painter = QPainter(self)
            self._paint_scale(painter, self._colors)
            painter.end()
