"""The status bar: faces, model, what runs in the background, and the state of the training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStatusBar, QToolButton, QWidget

from cae_gui.train.training import State
from cae_gui.widgets.controls import ElidedLabel, Label, ProgressBar, as_tip

_RESOLUTION = 1000  # QProgressBar counts in 32 bits; bytes of a download may not fit
_TEXT_WIDTH, _BAR_WIDTH = 240, 96


class Work(Protocol):
    """Work that can be long; ``busy(str, int, int)`` tells text, done and total (0: unknown)."""

    busy: Any
    idle: Any

    def cancel(self) -> object:
        """Stop it; ``idle()`` follows."""


@dataclass(slots=True)
class _Progress:
    text: str
    done: float
    total: float
    may_be_cancelled: bool = True


class ProgressLine(QWidget):
    """Shows the work that began last, and how many others there are; hidden while there is none.

    A work is cancelled once: its button stays disabled until it begins again.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running: dict[Work, _Progress] = {}
        self._text = ElidedLabel(tips=True)
        self._text.setFixedWidth(_TEXT_WIDTH)
        self._more = Label()
        self._bar = ProgressBar()
        self._bar.setFixedSize(_BAR_WIDTH, 8)
        self._cancel = QToolButton()
        self._cancel.setText("Cancel")
        self._cancel.clicked.connect(self._on_cancel)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for widget in (self._bar, self._text, self._more, self._cancel):
            line.addWidget(widget)
        self.hide()

    def watch(self, *works: Work) -> None:
        """Show each work while it is busy, and let it be cancelled."""
        for work in works:
            work.busy.connect(partial(self._on_busy, work))
            work.idle.connect(partial(self._on_idle, work))

    def text(self) -> str:
        """Return the line as it is shown, or ""."""
        if not self._running:
            return ""
        return ", ".join(filter(None, (self._text.text(), self._more.text())))

    def _on_busy(self, work: Work, text: str, done: float, total: float) -> None:
        progress = self._running.setdefault(work, _Progress(text, done, total))
        progress.text, progress.done, progress.total = text, done, total
        self._show_newest()

    def _on_idle(self, work: Work) -> None:
        self._running.pop(work, None)
        self._show_newest()

    def _show_newest(self) -> None:
        self.setVisible(bool(self._running))
        if not self._running:
            return
        newest = self._running[self._newest()]
        self._text.setText(newest.text)
        self._text.setAccessibleName(newest.text)
        others = len(self._running) - 1
        self._more.setText(f"and {others} more" if others else "")
        self._more.setVisible(bool(others))
        self._bar.setAccessibleName(newest.text)
        tip = "\n".join(other.text for other in reversed(self._running.values()))
        self._bar.setToolTip(as_tip(tip))
        self._bar.setRange(0, _RESOLUTION if newest.total > 0 else 0)
        if newest.total > 0:
            share = min(max(newest.done / newest.total, 0.0), 1.0)
            self._bar.setValue(round(share * _RESOLUTION))
        self._cancel.setEnabled(newest.may_be_cancelled)
        self._cancel.setToolTip(as_tip(f"Stop this: {newest.text}"))
        self._cancel.setAccessibleName(f"Cancel: {newest.text}")

    def _newest(self) -> Work:
        return next(reversed(self._running))

    @Slot()
    def _on_cancel(self) -> None:
        work = self._newest()
        self._running[work].may_be_cancelled = False
        self._cancel.setEnabled(False)
        work.cancel()


class Status:
    """Sets the permanent texts of a status bar."""

    def __init__(self, bar: QStatusBar) -> None:
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(8, 0, 8, 4)
        self.progress = ProgressLine()
        self._faces = Label()
        self._device, self._training = Label(), Label()
        self._faces.setAccessibleName("Faces on show")
        self._device.setAccessibleName("Device that trains")
        self._training.setAccessibleName("State of the training")
        self._dot = Label("·")  # or “Training CPU” reads as one
        self._dot.hide()
        self._faces.setContentsMargins(0, 0, 16, 0)
        bar.addWidget(self._faces, 1)
        bar.addPermanentWidget(self.progress)
        # Nothing moves when the progress comes and goes.
        bar.setMinimumHeight(self.progress.sizeHint().height() + 8)
        bar.addPermanentWidget(self._training)
        bar.addPermanentWidget(self._dot)
        bar.addPermanentWidget(self._device)
        self.set_faces("Loading faces …")

    def set_faces(self, text: str) -> None:
        """Say which faces are on show."""
        self._faces.setText(text)

    def set_device(self, name: str) -> None:
        """Say what trainings run on."""
        self._device.setText(name)
        self._show_dot()

    @Slot(object)
    def set_training(self, state: State) -> None:
        """Say what the training does."""
        texts = {
            State.PREPARING: "Preparing the training",
            State.RUNNING: "Training",
            State.PAUSED: "Training paused",
            State.STOPPING: "Stopping the training",
        }
        self._training.setText(texts.get(state, ""))
        self._show_dot()

    def _show_dot(self) -> None:
        self._dot.setVisible(bool(self._training.text() and self._device.text()))
