"""The small face at one end of a slider."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.images import Pixels, checked_pixels, fitted
from cae_gui.widgets.painting import paint_picture

SIDE = 32
_RADIUS = 4.0


class EndFace(QWidget):
    """Shows a face of 32 px, or an empty well until there is one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._rendered: QImage | None = None
        self.setFixedSize(SIDE, SIDE)

    def set_image(self, pixels: Pixels | None) -> None:
        """Show uint8 (48, 48, 3) `pixels`, or the empty well; scaling waits for the painting.

        The array isn't copied, and mustn't change.

        Raises:
            ValueError: `pixels` isn't uint8 (H, W, 3).
        """
        if pixels is self._pixels:
            return
        self._pixels = None if pixels is None else checked_pixels(pixels)
        self._rendered = None
        self.update()

    def _picture(self, pixels: Pixels) -> QImage:
        side = round(SIDE * self.devicePixelRatioF())
        if self._rendered is None or self._rendered.width() != side:
            self._rendered = fitted(pixels, side, side)
        return self._rendered

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._pixels is not None:
            paint_picture(painter, self._picture(self._pixels), QPointF(0, 0), _RADIUS)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        painter.end()
