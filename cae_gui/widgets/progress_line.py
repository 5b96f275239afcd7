"""One line about a long work: what it does, how far it is, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

_RESOLUTION = 1000  # QProgressBar counts in 32 bits; bytes of a download may not fit


class ProgressLine(QWidget):
    """A text, a bar and a Cancel button.

    Signals:
        cancel_asked(): by the button, which stays disabled until the work is shown anew.
    """

    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Stop this work")
        self._cancel.clicked.connect(self._ask_cancel)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self._text)
        line.addWidget(self._bar, 1)
        line.addWidget(self._cancel)

    def show_progress(self, text: str, done: float, total: float) -> None:
        """Show `done` of `total`, in any unit; a total of 0 says that it isn't known."""
        self._text.setText(text)
        self._bar.setAccessibleName(text)
        self._bar.setRange(0, _RESOLUTION if total > 0 else 0)
        if total > 0:
            self._bar.setValue(round(min(max(done / total, 0.0), 1.0) * _RESOLUTION))

    def allow_cancel(self) -> None:
        """Offer Cancel again, for a new work."""
        self._cancel.setEnabled(True)

    def _ask_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self.cancel_asked.emit()
