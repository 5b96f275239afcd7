"""One slider of the latent: a name, a native slider and the value."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

_STEPS = 2000
_FINE = _STEPS // 100
_COARSE = _STEPS // 10
_NAME_WIDTH = 64
_NOISE = 0.05  # of a step: moving one of 500 directions changes the others by rounding errors
_RESET_HINT = "Double-click or Delete: reset. Arrow keys: fine steps, with Shift coarse ones."


@dataclass(frozen=True, slots=True)
class SliderRow:
    """What one slider changes: limits and neutral value in `unit`, and a sentence about it."""

    name: str
    minimum: float = -3.0
    maximum: float = 3.0
    neutral: float = 0.0
    unit: str = "σ"
    detail: str = ""

    def text_of(self, value: float) -> str:
        """Return the value with its sign and unit, as "+1.25 σ"; coarser for a wide range."""
        span = self.maximum - self.minimum
        decimals = 2 if span <= 20 else 1 if span <= 200 else 0
        number = f"{value:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")
        return f"{number} {self.unit}".rstrip()


class LatentSlider(QWidget):
    """Edits one float between the limits of its row; a value beyond them is shown all the same.

    Signals:
        pressed(), moved(float), released(): an edit; a keyboard step emits all three.
        reset_asked(): the user reset it; the neutral value is already shown.
    """

    pressed = Signal()
    moved = Signal(float)
    released = Signal()
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = SliderRow("")
        self._value = 0.0
        self._name = _Text(Qt.AlignmentFlag.AlignLeft, self)
        self._track = _Track(self)
        self._figure = _Text(Qt.AlignmentFlag.AlignRight, self)
        self._arrange()
        self.setFocusProxy(self._track)
        self._track.valueChanged.connect(self._track_moved)
        self._track.sliderPressed.connect(self.pressed)
        self._track.sliderReleased.connect(self.released)
        self._track.reset_asked.connect(self._reset)
        self.bind(self._row, 0.0)

    def bind(self, row: SliderRow, value: float) -> None:
        """Become the slider of `row`, at `value`."""
        self._row = row
        self._name.set_text(row.name)
        self._track.setAccessibleName(row.name)
        self.setToolTip("\n".join(part for part in (row.name, row.detail, _RESET_HINT) if part))
        self._show(value)

    def set_name_width(self, width: int) -> None:
        """Give the name so many pixels at the most, for all tracks of a list to begin alike."""
        self._name.setMaximumWidth(max(_NAME_WIDTH, width))

    def row(self) -> SliderRow:
        """Return what this slider changes."""
        return self._row

    def value(self) -> float:
        """Return the value, in the row's unit."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show `value`; costs nothing where it is shown already, but for rounding noise."""
        span = self._row.maximum - self._row.minimum
        if abs(value - self._value) * _STEPS > _NOISE * span:
            self._show(value)

    def text(self) -> str:
        """Return the value as it is shown."""
        return self._figure.text()

    def set_tab_stop(self, stop: bool) -> None:
        """Let Tab stop here, which is the default, or only a click or a call."""
        policy = Qt.FocusPolicy
        self._track.setFocusPolicy(policy.StrongFocus if stop else policy.ClickFocus)

    def is_held(self) -> bool:
        """Return whether the user holds the handle."""
        return self._track.isSliderDown()

    def _arrange(self) -> None:
        self._name.setMinimumWidth(_NAME_WIDTH)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._figure.set_tabular()
        self._figure.setFixedWidth(self._figure.fontMetrics().horizontalAdvance("+000.00 σ"))
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 8, 0)
        line.setSpacing(8)
        line.addWidget(self._name, 1)
        line.addWidget(self._track, 1)
        line.addWidget(self._figure)

    def _show(self, value: float) -> None:
        self._value = value
        span = self._row.maximum - self._row.minimum
        with QSignalBlocker(self._track):
            self._track.setValue(round((value - self._row.minimum) / span * _STEPS) if span else 0)
        self._figure.set_text(self._row.text_of(value))

    @Slot(int)
    def _track_moved(self, step: int) -> None:
        span = self._row.maximum - self._row.minimum
        self._value = self._row.minimum + step * span / _STEPS
        self._figure.set_text(self._row.text_of(self._value))
        single_step = not self._track.isSliderDown()
        if single_step:
            self.pressed.emit()
        self.moved.emit(self._value)
        if single_step:
            self.released.emit()

    @Slot()
    def _reset(self) -> None:
        self._show(self._row.neutral)
        self.reset_asked.emit()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self._reset()


class _Track(QSlider):
    """A native slider that leaves the wheel and the page keys to the list it is in."""

    reset_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, _STEPS)
        self.setSingleStep(_FINE)
        self.setPageStep(_COARSE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset_asked.emit()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and key in _COARSE_ACTIONS:
            self.triggerAction(_COARSE_ACTIONS[key])
        else:
            super().keyPressEvent(event)


_COARSE_ACTIONS = {
    int(Qt.Key.Key_Left): QSlider.SliderAction.SliderPageStepSub,
    int(Qt.Key.Key_Down): QSlider.SliderAction.SliderPageStepSub,
    int(Qt.Key.Key_Right): QSlider.SliderAction.SliderPageStepAdd,
    int(Qt.Key.Key_Up): QSlider.SliderAction.SliderPageStepAdd,
}


class _Text(QWidget):
    """One elided line; unlike QLabel it doesn't ask for a new layout with each text."""

    def __init__(self, alignment: Qt.AlignmentFlag, parent: QWidget) -> None:
        super().__init__(parent)
        self._alignment = alignment | Qt.AlignmentFlag.AlignVCenter
        self._text = ""

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.update()

    def set_tabular(self) -> None:
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)

    def sizeHint(self) -> QSize:
        return QSize(64, self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.rect(), int(self._alignment), text)
        painter.end()
