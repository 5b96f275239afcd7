"""What an inspector consists of: parts that scroll, over a foot that doesn't."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QVBoxLayout, QWidget

from cae_gui.widgets.controls import SectionLabel
from cae_gui.widgets.layouts import filled

FOOT = 16, 8, 16, 16
"""The margins of a foot."""
_LEAST = 96


class Scrolling(QScrollArea):
    """Scrolls up and down along with the focus; the ground is that of what is around it."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for part in (self.viewport(), content):
            part.setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, _LEAST)


def fill_inspector(
    holder: QWidget, foot: QWidget | QLayout, *parts: QWidget | QLayout, spacing: int = 8
) -> QWidget:
    """Put parts below each other into ``holder``, over a foot that stays, and return it."""
    content = QWidget()
    column = filled(QVBoxLayout(content), margins=(16, 16, 16, 8), spacing=spacing)
    for number, part in enumerate(parts):
        if number and isinstance(part, SectionLabel):
            column.addSpacing(8)
        filled(column, part, margins=(16, 16, 16, 8), spacing=spacing)
    column.addStretch(1)
    scrolling, below = Scrolling(content), filled(QVBoxLayout(), foot, margins=FOOT)
    filled(QVBoxLayout(holder), scrolling, below, spacing=0, room=scrolling)
    return holder
