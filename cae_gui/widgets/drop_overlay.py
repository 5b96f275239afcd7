"""Lies over the window while something is dragged over it, and says what dropping it would do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QFont, QIcon, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.icons import icon
from cae_gui.widgets.tokens import RADIUS

_MARGIN, _ICON, _GAP = 16, 48, 16
_TEXT_PX = 22
_VEIL = 0.92


class DropOverlay(QWidget):
    """Covers a widget; hidden until there is something to tell."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self._text, self._icon = "", QIcon()
        self._color = QPalette.ColorRole.Highlight
        covered.installEventFilter(self)
        self.hide()

    def tell(self, text: str, is_refused: bool = False) -> None:
        """Say what would happen, or why nothing would."""
        self._text = text
        self._icon = icon("error" if is_refused else "drop")
        self._color = QPalette.ColorRole.BrightText if is_refused else QPalette.ColorRole.Highlight
        self.setAccessibleName(text)
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()
        self.update()

    def text(self) -> str:
        """Return what it says, or "" while it is hidden."""
        return "" if self.isHidden() else self._text

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = palette.color(QPalette.ColorRole.Window)
        veil.setAlphaF(_VEIL)
        painter.fillRect(self.rect(), veil)
        frame = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        pen = QPen(palette.color(self._color), 2.0)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(frame, 2 * RADIUS, 2 * RADIUS)
        font = QFont(self.font())
        font.setPixelSize(_TEXT_PX)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        room = frame.adjusted(_MARGIN, _ICON + _GAP, -_MARGIN, 0)
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        text = painter.boundingRect(room, flags, self._text)
        painter.drawText(room, flags, self._text)
        place = QRect(0, 0, _ICON, _ICON)
        place.moveCenter(self.rect().center())
        place.moveBottom(text.top() - _GAP)
        self._icon.paint(painter, place)
        painter.end()
