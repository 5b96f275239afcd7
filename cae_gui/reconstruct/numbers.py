"""How well a face is reconstructed: three numbers, each with what it means."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from cae_gui.widgets.controls import ColorRole, Label
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.painting import paint_ring
from cae_gui.widgets.tokens import LARGE, RADIUS, SMALL
from model.evaluation import Quality


class _Meaning(NamedTuple):
    name: str
    short: str
    text: str


_MSE = _Meaning(
    "MSE",
    "0 is equal",
    "Mean squared error: the mean of the squared differences of all pixels and colours,\n"
    "where black is 0 and white is 1. Smaller is better, 0 is equal: at 0.0005 and less\n"
    "one has to search for a difference, from 0.002 on the face is blurred.",
)
_PSNR = _Meaning(
    "PSNR",
    "∞ is equal",
    "Peak signal-to-noise ratio: the MSE on the scale of loudness, in decibels; 3 dB more\n"
    "are half the MSE. Larger is better, equal pictures are infinite: 33 dB and more are\n"
    "close, below 27 dB the face is blurred.",
)
_SSIM = _Meaning(
    "SSIM",
    "1 is equal",
    "Structural similarity: whether edges and contrasts agree in the neighbourhood of each\n"
    "pixel, as eyes look for them. 1 is equal: from 0.95 on details are there, below 0.85\n"
    "they are lost.",
)


_NOTHING = "–"


class Numbers(QWidget):
    """MSE, PSNR and SSIM of the face on show side by side; nothing until they are known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mse, self.psnr, self.ssim = _Number(_MSE), _Number(_PSNR), _Number(_SSIM)
        filled(QHBoxLayout(self), *self._all(), spacing=8)

    def show_quality(self, quality: Quality | None) -> None:
        """Show the numbers of a face and its reconstruction, or none."""
        if quality is None:
            for number in self._all():
                number.show_value(_NOTHING)
            return
        psnr = f"{quality.psnr:.1f} dB" if np.isfinite(quality.psnr) else "infinite"
        self.mse.show_value(f"{quality.mse:.5f}")
        self.psnr.show_value(psnr)
        self.ssim.show_value(f"{quality.ssim:.3f}")

    def set_usual(self, mse: float | None) -> None:
        """Tell what the MSE of the model in use is on its test faces, where that is known."""
        tip = "" if mse is None else f"\nThe model in use has {mse:.5f} on its test faces."
        self.mse.setToolTip(_MSE.text + tip)

    def text(self) -> str:
        """Return all that is shown, "" if nothing is."""
        return "     ".join(filter(None, (number.text() for number in self._all())))

    def _all(self) -> tuple[_Number, _Number, _Number]:
        return self.mse, self.psnr, self.ssim


class _Number(QWidget):
    """A number under its name; its meaning is shown at a hover, and when Tab leads here."""

    def __init__(self, meaning: _Meaning) -> None:
        super().__init__()
        self._meaning = meaning
        self._value = _sized(Label(_NOTHING), LARGE)
        self._value.set_tabular()
        column = QVBoxLayout(self)
        name, short = _sized(Label(meaning.name), SMALL), _sized(Label(meaning.short), SMALL)
        for label in (name, short):
            label.setForegroundRole(ColorRole.PlaceholderText)
        filled(column, name, self._value, short, margins=(8, 6, 8, 6), spacing=0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(meaning.name)
        self.setAccessibleDescription(meaning.text)
        self.setToolTip(meaning.text)

    def show_value(self, text: str) -> None:
        """Show this number."""
        self._value.setText(text)
        self.setAccessibleName(self.text() or self._meaning.name)

    def text(self) -> str:
        """Return name and number, "" without one."""
        value = self._value.text()
        return "" if value == _NOTHING else f"{self._meaning.name} {value}"

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self.toolTip(), self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(ColorRole.Base))
        card = self.rect().toRectF()
        painter.drawRoundedRect(card, RADIUS, RADIUS)
        if self.hasFocus():
            paint_ring(painter, card.adjusted(2, 2, -2, -2), self.palette(), radius=RADIUS - 2)
        painter.end()


def _sized(label: Label, size: int) -> Label:
    font = label.font()
    font.setPixelSize(size)
    label.setFont(font)
    return label
