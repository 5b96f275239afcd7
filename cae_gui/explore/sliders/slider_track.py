"""The track of a latent slider."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QStyle, QWidget

from cae_gui.widgets.fields import Slider

STEPS = 2000
_FINEST = STEPS // 1000
_FINE = STEPS // 100
_COARSE = STEPS // 10
_BAR = 4
_TICK = 12
_HANDLE = 13

Key, Modifier, ColorRole = Qt.Key, Qt.KeyboardModifier, QPalette.ColorRole
_PICTURES = (Key.Key_1, Key.Key_2, Key.Key_3, Key.Key_4, Key.Key_5, Key.Key_6, Key.Key_7)
_DIRECTIONS = {Key.Key_Left: -1, Key.Key_Down: -1, Key.Key_Right: 1, Key.Key_Up: 1}


class SliderTrack(Slider):
    """A slider that leaves wheel, page keys and Ctrl with the mouse to its list.

    It is filled from a tick at the neutral step to the handle.

    Signals:
        reset_asked(): a double click, Delete or Backspace.
        lock_asked(): L.
        picture_asked(int): 1 to 7, for the picture of this index.
    """

    reset_asked = Signal()
    lock_asked = Signal()
    picture_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # it is painted so
        self._neutral = STEPS // 2
        self._locked = False
        self.setRange(0, STEPS)
        self.setSingleStep(_FINE)
        self.setPageStep(_COARSE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_neutral(self, step: int) -> None:
        """Set the neutral step, marked by the tick."""
        self._neutral = step
        self.update()

    def set_locked(self, locked: bool) -> None:
        """Accept no changes; unlike a disabled one it keeps the focus, so that L unlocks it."""
        self._locked = locked
        self.update()

    def is_movable(self) -> bool:
        """Return whether the user can move it."""
        return self.isEnabled() and not self._locked

    def step_at(self, x: float) -> int:
        """Return the step whose handle position is nearest to ``x``, in px."""
        handle = self.handle_length()
        return QStyle.sliderValueFromPosition(
            0, STEPS, round(x - handle / 2), self.width() - handle
        )

    def handle_length(self) -> int:
        """Return the width of the handle, in px."""
        return self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)

    def _x_of(self, step: int) -> float:
        handle = self.handle_length()
        span = self.width() - handle
        return handle / 2 + QStyle.sliderPositionFromValue(0, STEPS, step, span)

    def _paint_bar(self, painter: QPainter, neutral: float, value: float) -> None:
        half, middle = self.handle_length() / 2, self.height() / 2
        quiet = self.palette().color(ColorRole.PlaceholderText)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(quiet)
        painter.drawRect(QRectF(neutral - 0.5, middle - _TICK / 2, 1, _TICK))
        quiet.setAlphaF(0.35)
        painter.setBrush(quiet)
        bar = QRectF(half, middle - _BAR / 2, self.width() - 2 * half, _BAR)
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        if self.is_movable():
            painter.setBrush(self.palette().color(ColorRole.Highlight))
            bar.setLeft(min(neutral, value))
            bar.setRight(max(neutral, value))
            painter.drawRect(bar)

    def _paint_handle(self, painter: QPainter, value: float) -> None:
        palette, focus = self.palette(), self.hasFocus()
        edge = ColorRole.Highlight if focus else ColorRole.PlaceholderText
        painter.setPen(QPen(palette.color(edge), 2.5 if focus else 1.0))
        painter.setBrush(palette.color(ColorRole.Light if self.is_movable() else ColorRole.Window))
        painter.drawEllipse(QPointF(value, self.height() / 2), _HANDLE / 2, _HANDLE / 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        neutral, value = self._x_of(self._neutral), self._x_of(self.value())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bar(painter, neutral, value)
        self._paint_handle(painter, value)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._locked or event.modifiers() & Modifier.ControlModifier:
            event.ignore()  # with Ctrl the list drags over several rows
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        if not self._locked:
            self.reset_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Key.Key_L and not event.modifiers():
            self.lock_asked.emit()
        elif self._locked or event.key() in (Key.Key_PageUp, Key.Key_PageDown):
            event.ignore()
        elif event.key() in (Key.Key_Delete, Key.Key_Backspace):
            self.reset_asked.emit()
        elif event.key() in _PICTURES and not event.modifiers() & ~Modifier.KeypadModifier:
            self.picture_asked.emit(_PICTURES.index(Key(event.key())))
        elif event.key() in _DIRECTIONS and (size := _step_size(event.modifiers())):
            self.setValue(self.value() + _DIRECTIONS[Key(event.key())] * size)
        else:
            super().keyPressEvent(event)


def _step_size(modifiers: Qt.KeyboardModifier) -> int:
    """Return the step size of arrow keys with these modifiers; 0 for Qt's own."""
    if modifiers & Modifier.ShiftModifier:
        return _COARSE
    return _FINEST if modifiers & Modifier.ControlModifier else 0
