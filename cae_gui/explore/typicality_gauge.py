"""How typical the face is: a sentence, a bar, a limit, and a button that makes it more so."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.controls import ElidedLabel, ProgressBar

_MOST = 0.995
"""A share that is shown as 100 %: nothing is left to do."""


class TypicalityGauge(QWidget):
    """Shows a share, or a text while there is none.

    Signals:
        more_asked(): make the face more typical.
        limit_changed(bool): keep edits within what is typical, or let them go anywhere.
    """

    more_asked = Signal()
    limit_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ElidedLabel(tips=True)
        self._bar = ProgressBar()
        self._bar.setFixedHeight(8)
        self.more = QPushButton("More t&ypical")
        self.more.setToolTip("Move the face a little towards the typical face")
        self.more.clicked.connect(self.more_asked)
        self.limit = QCheckBox("&Limit")
        self.limit.setChecked(True)
        self.limit.setToolTip("Draw edits back to where at least 1 % of the faces are as unusual")
        self.limit.toggled.connect(self.limit_changed)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        line.addLayout(column, 1)
        line.addWidget(self.limit)
        line.addWidget(self.more)
        self.set_text("")

    def text(self) -> str:
        """Return the sentence."""
        return self._text.text()

    def set_text(self, text: str) -> None:
        """Show a text instead of a share."""
        self._show(text, 0)
        self._bar.setEnabled(False)
        self.more.setEnabled(False)

    def set_share(self, faces: str, share: float) -> None:
        """Show which share, 0 to 1, of the faces of this name is at least as unusual."""
        percent = round(100 * share)
        self._show(f"Typical of {faces}: {percent} %", percent)
        self._text.setToolTip(f"{percent} % of {faces} are at least as unusual as this face.")
        self._bar.setEnabled(True)
        self.more.setEnabled(share < _MOST)

    def _show(self, text: str, percent: int) -> None:
        if text != self._text.text():
            self._text.setText(text)
            self._bar.setAccessibleName(text)
            self._bar.setValue(percent)
