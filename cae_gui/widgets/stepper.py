"""“1 of 3” between two arrows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget


class Stepper(QWidget):
    """Steps through a few things; hidden while there is only one.

    Signals:
        stepped(int): -1 or +1.
    """

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._back = self._arrow(Qt.ArrowType.LeftArrow, "Newer message")
        self._place = QLabel()
        self._on = self._arrow(Qt.ArrowType.RightArrow, "Older message")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        for widget in (self._back, self._place, self._on):
            line.addWidget(widget)
        self._back.clicked.connect(self._step_back)
        self._on.clicked.connect(self._step_on)

    def show_place(self, index: int, count: int) -> None:
        """Show `index` (from 0) as "1 of count"."""
        self._place.setText(f"{index + 1} of {count}")
        self._back.setEnabled(index > 0)
        self._on.setEnabled(index + 1 < count)
        self.setVisible(count > 1)

    def _arrow(self, direction: Qt.ArrowType, hint: str) -> QToolButton:
        button = QToolButton(self)
        button.setArrowType(direction)
        button.setAutoRaise(True)
        button.setToolTip(hint)
        button.setAccessibleName(hint)
        return button

    @Slot()
    def _step_back(self) -> None:
        self.stepped.emit(-1)

    @Slot()
    def _step_on(self) -> None:
        self.stepped.emit(1)
