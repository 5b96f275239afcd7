"""The one button of a page that it is there for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QPushButton, QWidget

ColorRole = QPalette.ColorRole

RADIUS = 4.0
_PADDING = QSize(24, 14)
_LIGHTER, _DARKER = 106, 112
"""Per cent of the ground's brightness under the mouse and while it is pressed."""


class PrimaryButton(QPushButton):
    """Filled with the accent colour, in bold.

    It paints itself: a style sheet for it makes Qt polish every widget of the application anew
    when the colours change, which takes 0.3 s.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._is_under_mouse = False
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        self.setFont(font)

    def sizeHint(self) -> QSize:
        """The text with room around it."""
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text())
        return text + _PADDING

    def minimumSizeHint(self) -> QSize:
        """Its text is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint ground, ring of the focus and text."""
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = palette.color(ColorRole.Highlight if self.isEnabled() else ColorRole.Midlight)
        if self.isDown():
            ground = ground.darker(_DARKER)
        elif self._is_under_mouse and self.isEnabled():
            ground = ground.lighter(_LIGHTER)
        painter.setBrush(ground)
        ring = QPen(palette.color(ColorRole.WindowText), 2.0)
        painter.setPen(ring if self.hasFocus() else Qt.PenStyle.NoPen)
        inset = 1.0 if self.hasFocus() else 0.0
        rect = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        role = ColorRole.HighlightedText if self.isEnabled() else ColorRole.PlaceholderText
        painter.setPen(palette.color(role))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextShowMnemonic
        painter.drawText(self.rect(), int(flags), self.text())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that a click would press it."""
        self._is_under_mouse = True
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Show that it wouldn't any more."""
        self._is_under_mouse = False
        super().leaveEvent(event)
