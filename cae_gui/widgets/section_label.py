"""The title of a part of a page."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget


class SectionLabel(QLabel):
    """A text in bold."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        self.setFont(font)
