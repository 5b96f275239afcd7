"""A small padlock to press."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

SIDE = 24
_TIP = "Lock: other sliders keep this as it is (L)"


class LockButton(QAbstractButton):
    """A checkable padlock, shut and in the accent color while it is checked.

    It is out of the Tab order: a list has one in every row, and L presses it there.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(_TIP)

    def _paint_hover(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Midlight))
        painter.drawRoundedRect(QRectF(self.rect()), 4.0, 4.0)

    def _paint_padlock(self, painter: QPainter) -> None:
        shut = self.isChecked()
        role = QPalette.ColorRole.Highlight if shut else QPalette.ColorRole.PlaceholderText
        color = self.palette().color(role)
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(color if shut else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(7, 11, 10, 7.5), 1.5, 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_shackle(shut))

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            self._paint_hover(painter)
        self._paint_padlock(painter)
        painter.end()


def _shackle(shut: bool) -> QPainterPath:
    """The bow of the padlock; an open one is lifted out of the body at its right end."""
    lift = 0.0 if shut else 2.0
    path = QPainterPath(QPointF(9, 11))
    path.lineTo(9, 8.5 - lift)
    path.arcTo(QRectF(9, 5.5 - lift, 6, 6), 180, -180)
    path.lineTo(15, 10.5 if shut else 8.5 - lift)
    return path
