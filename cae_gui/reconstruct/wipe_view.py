"""Two pictures of one face in one place, parted by a line that can be dragged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import Pixels, checked_pixels, fitted
from cae_gui.widgets.painting import paint_picture
from cae_gui.widgets.tokens import RADIUS

STEP, LEAP = 0.02, 0.1
"""How far a key moves the line, in shares of the width; the second with Shift, and by pages."""

_HANDLE = 12.0  # radius, in pixels
# On a picture, not on the window: dark under light is seen on any face, in both schemes.
_HALO = QColor(0, 0, 0, 160)
_LINE = QColor(255, 255, 255)
_TIP = (
    "Drag the line, or move it by the arrow keys, ten per cent with Shift.\n"
    "Home and End show one picture alone; a double click puts the line into the middle."
)
_Key = Qt.Key
_LEAPS = {_Key.Key_PageDown: LEAP, _Key.Key_PageUp: -LEAP}
_STEPS = {
    _Key.Key_Right: STEP,
    _Key.Key_Up: STEP,
    _Key.Key_Left: -STEP,
    _Key.Key_Down: -STEP,
}


class WipeView(FaceView):
    """Shows the first picture at the left of the line, and the second at its right.

    Both are of one size; ``titles`` are written below the two.
    """

    def __init__(self, titles: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._first: Pixels | None = None
        self._first_rendered: QImage | None = None
        self._share = 0.5
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.set_caption(" | ".join(titles))
        self.set_share(0.5)

    def set_pair(self, first: NDArray[Any], second: NDArray[Any]) -> None:
        """Show two pictures uint8 (H, W, 3).

        Raises:
            ValueError: one isn't uint8 (H, W, 3), or they are of different sizes.
        """
        if first.shape != second.shape:
            raise ValueError(f"{first.shape} beside {second.shape}")
        self._first, self._first_rendered = checked_pixels(first).copy(), None
        self.set_image(second)

    def pixels(self) -> Pixels | None:
        """Return the parts of both pictures that are seen, as one uint8 (H, W, 3)."""
        if self._first is None or self._pixels is None:
            return None
        column = round(self._share * self._pixels.shape[1])
        return np.concatenate([self._first[:, :column], self._pixels[:, column:]], axis=1)

    def share(self) -> float:
        """Return the share of the width, 0 to 1, that shows the first picture."""
        return self._share

    def set_share(self, share: float) -> None:
        """Put the line at this share of the width, limited to 0 to 1."""
        self._share = min(max(share, 0.0), 1.0)
        parts = zip(self._titles, (self._share, 1 - self._share), strict=True)
        self.setAccessibleDescription(", ".join(f"{text} {part:.0%}" for text, part in parts))
        self.update()

    def _describe(self) -> None:
        super()._describe()
        self.setToolTip(f"{self._face_name}\n{_TIP}" if self._face_name else _TIP)

    def _line_at(self, square: QRect) -> float:
        return square.left() + self._share * square.width()

    def _paint(self, painter: QPainter) -> None:
        super()._paint(painter)
        square = self.picture_rect()
        if self._first is None or self._rendered is None:
            return
        if self._first_rendered is None or self._first_rendered.size() != self._rendered.size():
            size = self._rendered.size()
            self._first_rendered = fitted(self._first, size.width(), size.height())
        place = self._line_at(square)
        painter.save()
        painter.setClipRect(
            QRectF(square.left(), square.top(), place - square.left(), self.height())
        )
        paint_picture(painter, self._first_rendered, QPointF(square.topLeft()), RADIUS)
        painter.restore()
        _paint_line(painter, QRectF(square), place, self.hasFocus(), self.palette())

    def _paint_caption(self, painter: QPainter, square: QRect) -> None:
        line = QRect(square.left(), 0, square.width(), self._caption_height())
        line.moveBottom(self.rect().bottom())
        line.moveTop(square.bottom() + 1 + self._caption_height() - painter.fontMetrics().height())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
        for text, side in zip(self._titles, sides, strict=True):
            painter.drawText(line, int(side | Qt.AlignmentFlag.AlignTop), text)

    def _drag_to(self, event: QMouseEvent) -> None:
        square = self.picture_rect()
        self.set_share((event.position().x() - square.left()) / square.width())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.set_share(0.5)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = _Key(event.key())
        by_leaps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _STEPS:
            self.set_share(self._share + _STEPS[key] * (LEAP / STEP if by_leaps else 1))
        elif key in _LEAPS:
            self.set_share(self._share + _LEAPS[key])
        elif key in (_Key.Key_Home, _Key.Key_End):
            self.set_share(0.0 if key == _Key.Key_Home else 1.0)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()


def _paint_line(
    painter: QPainter, square: QRectF, place: float, has_focus: bool, palette: QPalette
) -> None:
    """Paint the line with its handle, which shows that it moves to both sides."""
    top, bottom = QPointF(place, square.top()), QPointF(place, square.bottom())
    middle = QPointF(place, square.center().y())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in ((_HALO, 4.0), (_LINE, 2.0)):
        painter.setPen(QPen(color, width))
        painter.drawLine(top, bottom)
    painter.setPen(QPen(_HALO, 1.0))
    painter.setBrush(palette.color(QPalette.ColorRole.Highlight) if has_focus else _LINE)
    painter.drawEllipse(middle, _HANDLE, _HANDLE)
    pen = QPen(QColor(20, 21, 25), 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for side in (-1, 1):
        tip = middle + QPointF(side * 7.0, 0)
        for way in (-1, 1):
            painter.drawLine(tip, tip + QPointF(-side * 3.5, way * 3.5))
