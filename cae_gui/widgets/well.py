"""The dark ground behind large faces."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLayout, QWidget

from cae_gui.widgets.theme import palette_of
from cae_gui.widgets.tokens import WELL


class Well(QWidget):
    """A dark ground in both schemes, up to its edges, behind what is laid out on it.

    Faces are judged against the same ground everywhere, and so are the words on it.
    """

    def __init__(self, layout: QLayout | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        palette = palette_of("dark")
        for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base):
            palette.setColor(role, QColor(WELL))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        if layout is not None:
            self.setLayout(layout)
