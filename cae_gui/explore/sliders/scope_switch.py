"""Whether a list shows its first rows or all of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget


class ScopeSwitch(QWidget):
    """“Top 12” or “All 500”: one of the two is pressed.

    Signals:
        changed(bool): the user chose all, or the first few.
    """

    changed = Signal(bool)

    def __init__(self, few: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._few = self._button(f"Top {few}", "Show those that come first")
        self._all = self._button("All", "Show all of them")
        self._few.setChecked(True)
        group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        for button in (self._few, self._all):
            group.addButton(button)
            line.addWidget(button)
        line.addStretch(1)
        group.buttonClicked.connect(self._on_clicked)
        self._choose_tab_stop()

    def shows_all(self) -> bool:
        """Return whether all rows are chosen."""
        return self._all.isChecked()

    def set_count(self, count: int) -> None:
        """Say how many there are in all."""
        self._all.setText(f"All {count:,}")

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        return button

    def _choose_tab_stop(self) -> None:
        # Tab stops at the pressed one and the arrow keys go to the other, as in a radio group.
        for button in (self._few, self._all):
            policy = Qt.FocusPolicy.TabFocus if button.isChecked() else Qt.FocusPolicy.NoFocus
            button.setFocusPolicy(policy)

    @Slot()
    def _on_clicked(self) -> None:
        self._choose_tab_stop()
        self.changed.emit(self.shows_all())
