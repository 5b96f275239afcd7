"""What runs in the background: one line of the status bar, with Cancel."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from cae_gui.widgets.progress_bar import ProgressBar
from cae_gui.widgets.status_line import StatusLine

_RESOLUTION = 1000  # QProgressBar counts in 32 bits; bytes of a download may not fit
_TEXT_WIDTH, _BAR_WIDTH = 240, 96


@dataclass(slots=True)
class _Work:
    text: str
    done: float
    total: float
    may_be_cancelled: bool = True


class ProgressLine(QWidget):
    """Shows the work that began last, and how many others there are; hidden while there is none.

    Signals:
        cancel_asked(str): the key of the work; its button stays disabled until it begins anew.
    """

    cancel_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._works: dict[str, _Work] = {}
        self._text = StatusLine()
        self._text.setFixedWidth(_TEXT_WIDTH)
        self._more = QLabel()
        self._bar = ProgressBar()
        self._bar.setFixedSize(_BAR_WIDTH, 8)
        self._cancel = QToolButton()
        self._cancel.setText("Cancel")
        self._cancel.clicked.connect(self._ask_cancel)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for widget in (self._bar, self._text, self._more, self._cancel):
            line.addWidget(widget)
        self.hide()

    def show_progress(self, key: str, text: str, done: float, total: float) -> None:
        """Show `done` of `total`, in any unit, of the work `key`; a total of 0 isn't known."""
        work = self._works.setdefault(key, _Work(text, done, total))
        work.text, work.done, work.total = text, done, total
        self._show_newest()

    def clear_progress(self, key: str) -> None:
        """Take a work away; the one that began before it comes into view."""
        self._works.pop(key, None)
        self._show_newest()

    def text(self) -> str:
        """Return the line as it is shown, or ""."""
        if not self._works:
            return ""
        return ", ".join(filter(None, (self._text.text(), self._more.text())))

    def _show_newest(self) -> None:
        self.setVisible(bool(self._works))
        if not self._works:
            return
        work = self._works[self._shown()]
        self._text.setText(work.text)
        others = len(self._works) - 1
        self._more.setText(f"and {others} more" if others else "")
        self._more.setVisible(bool(others))
        self._bar.setAccessibleName(work.text)
        self._bar.setToolTip("\n".join(other.text for other in reversed(self._works.values())))
        self._bar.setRange(0, _RESOLUTION if work.total > 0 else 0)
        if work.total > 0:
            self._bar.setValue(round(min(max(work.done / work.total, 0.0), 1.0) * _RESOLUTION))
        self._cancel.setEnabled(work.may_be_cancelled)
        self._cancel.setToolTip(f"Stop this: {work.text}")
        self._cancel.setAccessibleName(f"Cancel: {work.text}")

    def _shown(self) -> str:
        return next(reversed(self._works))

    @Slot()
    def _ask_cancel(self) -> None:
        key = self._shown()
        self._works[key].may_be_cancelled = False
        self._cancel.setEnabled(False)
        self.cancel_asked.emit(key)
