"""What an empty place is for: an icon, a sentence, and one button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from cae_gui.widgets.controls import Label
from cae_gui.widgets.icons import Name, icon
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.tokens import RADIUS

SHOW_DEMO = "Show the demo faces"

_ICON = 32
_VEIL = 0.92
"""Opacity of the ground, under which lines of a chart are faint."""


class EmptyState(QWidget):
    """Says in the middle of an empty place what appears there, and offers the way to it."""

    def __init__(
        self,
        name: Name,
        text: str,
        action: str,
        clicked: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.label = Label(text, wordWrap=True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton(action)
        if clicked is not None:
            self.button.clicked.connect(lambda: clicked())
        self._picture = _Icon(name)
        items = self._picture, self.label, self.button
        column = filled(QVBoxLayout(self), *items, margins=(16, 16, 16, 16))
        for item in (self._picture, self.button):
            column.setAlignment(item, Qt.AlignmentFlag.AlignHCenter)
        column.insertStretch(0, 1)
        column.addStretch(1)

    def set_text(self, text: str) -> None:
        """Set the sentence."""
        self.label.setText(text)

    def set_compact(self, compact: bool) -> None:
        """Leave the icon away where there is little height."""
        self._picture.setVisible(not compact)

    def paintEvent(self, _event: QPaintEvent) -> None:
        ground = QColor(self.palette().color(QPalette.ColorRole.Base))
        ground.setAlphaF(_VEIL)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.end()


class OrEmpty(QStackedWidget):
    """Shows what is there or, while there is nothing, what to do."""

    def __init__(self, content: QWidget, empty: EmptyState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = empty
        self.addWidget(content)
        self.addWidget(empty)

    def show_empty(self, empty: bool) -> None:
        """Show what to do, or what is there."""
        self.setCurrentIndex(int(empty))


class _Icon(QWidget):
    """An icon in the colour of the text around it."""

    def __init__(self, name: Name) -> None:
        super().__init__()
        self._icon = icon(name)
        self.setFixedSize(QSize(_ICON, _ICON))

    def paintEvent(self, _event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        picture = self._icon.pixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        # The icon is in the colour of the window's text; on a dark ground there is another.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(self.rect(), self.palette().windowText())
        painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, picture)
        painter.end()
