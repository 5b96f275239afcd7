"""A square between four others at its corners."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_GAP = 8


class CornerBoard(QWidget):
    """Lays a square as large as there is room, and four fixed widgets beside its corners."""

    def __init__(
        self, square: QWidget, corners: Sequence[QWidget], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._square, self._corners = square, tuple(corners)
        for widget in (corners[0], corners[1], square, corners[2], corners[3]):
            widget.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _beside(self) -> int:
        return 2 * (self._corners[0].width() + _GAP)

    def minimumSizeHint(self) -> QSize:
        side = max(self._square.minimumSizeHint().width(), 2 * self._corners[0].height())
        return QSize(side + self._beside(), side)

    def sizeHint(self) -> QSize:
        side = self._square.sizeHint().width()
        return QSize(side + self._beside(), side)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        side = min(self.width() - self._beside(), self.height())
        left = (self.width() - side) // 2
        top = (self.height() - side) // 2
        self._square.setGeometry(left, top, side, side)
        for place, corner in enumerate(self._corners):
            x = left + side + _GAP if place % 2 else left - _GAP - corner.width()
            y = top + side - corner.height() if place // 2 else top
            corner.move(x, y)
