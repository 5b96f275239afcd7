"""A slider through the epochs of a run that have preview faces."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from model.plots.curves import mse_text


class EpochSlider(QWidget):
    """One step a preview; it stays at the newest one unless the person goes back.

    Signals:
        chosen(int): the person went to this epoch.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs: tuple[int, ...] = ()
        self._losses: Mapping[int, float] = {}
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Epoch of the faces shown")
        self.slider.setToolTip("How the faces looked after an earlier epoch; End: the newest")
        self.text = QLabel()
        self._arrange()
        self.slider.valueChanged.connect(self._on_moved)
        self.set_epochs((), {})

    def set_epochs(self, epochs: Sequence[int], losses: Mapping[int, float]) -> None:
        """Offer these epochs, ascending, with their test MSE; goes along if at the newest."""
        wanted = None if self.is_at_newest() else self.epoch()
        self._epochs, self._losses = tuple(epochs), losses
        last = max(len(self._epochs) - 1, 0)
        place = last if wanted is None else min(bisect_left(self._epochs, wanted), last)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setPageStep(max(1, len(self._epochs) // 10))
            self.slider.setValue(place)
        self.slider.setEnabled(last > 0)
        self._show_text()

    def epoch(self) -> int | None:
        """Return the epoch chosen, or None where there is none."""
        return self._epochs[self.slider.value()] if self._epochs else None

    def is_at_newest(self) -> bool:
        """Return whether the newest epoch is chosen, which is so until the person goes back."""
        return self.slider.value() == self.slider.maximum()

    def _arrange(self) -> None:
        font = QFont(self.text.font())
        font.setFeature(QFont.Tag("tnum"), 1)
        self.text.setFont(font)
        widest = self.text.fontMetrics().horizontalAdvance("Epoch 10000  ·  test MSE 0.00000")
        self.text.setFixedWidth(widest)
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 0, 4, 0)
        line.setSpacing(8)
        line.addWidget(self.slider, 1)
        line.addWidget(self.text)

    def _show_text(self) -> None:
        epoch = self.epoch()
        if epoch is None:
            self.text.clear()
            return
        loss = self._losses.get(epoch)
        measured = "" if loss is None else f"  ·  test MSE {mse_text(loss)}"
        self.text.setText(f"Epoch {epoch}{measured}")
        self.slider.setAccessibleDescription(self.text.text())

    @Slot()
    def _on_moved(self) -> None:
        self._show_text()
        epoch = self.epoch()
        if epoch is not None:
            self.chosen.emit(epoch)
