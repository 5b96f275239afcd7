"""One slider: name and value over a track, faces beside or below it, and a lock."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QWidget

from cae_gui.explore.sliders.picture_strip import PICTURES, SIDE, PictureStrip
from cae_gui.explore.sliders.slider_track import STEPS, SliderTrack
from cae_gui.widgets.controls import ElidedLabel, as_tip
from cae_gui.widgets.images import Pixels, checked_pixels, fitted
from cae_gui.widgets.painting import paint_picture

_GAP = 4
_SIDE = 32  # px of an end face
_LOCK_SIDE = 24
_TOP = 4
_RADIUS = 4.0
_NOISE = 0.05  # of a step: moving one direction changes others by rounding errors
_HINT = (
    "Double-click or Delete: reset. Arrow keys: fine steps, with Shift coarse, with Ctrl the "
    "finest.\nCtrl and drag across rows: set them all."
)
_STRIP_HINT = "A picture, or its number from 1 to 7: go there. Drag along them: move.\n"
_WIDEST, _USUAL = "\N{MINUS SIGN}000.00 σ", "\N{MINUS SIGN}0.00 σ"
_LOCKED = "It is locked. L: unlock."
_LOCK_TIP = "Lock: other sliders keep this as it is (L)"
_NO_ROOM = "The locked sliders leave this one no room: unlock one of them to move it."


@dataclass(frozen=True, slots=True)
class SliderRow:
    """What one slider changes: limits and neutral value in ``unit``, and a sentence about it.

    ``note`` is shown after the name.
    """

    name: str
    minimum: float = -3.0
    maximum: float = 3.0
    neutral: float = 0.0
    unit: str = "σ"
    detail: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """The name with the note, as "PC 1 · 12.4 %"."""
        return f"{self.name} · {self.note}" if self.note else self.name

    def text_of(self, value: float) -> str:
        """Return the value with sign and unit, as "+1.25 σ"; fewer digits for a wide range."""
        span = self.maximum - self.minimum
        decimals = 2 if span <= 20 else 1 if span <= 200 else 0
        number = f"{value:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")
        return f"{number} {self.unit}".rstrip()

    def share_of(self, value: float) -> float:
        """Return where between the limits a value lies, 0 to 1, or beyond."""
        span = self.maximum - self.minimum
        return (value - self.minimum) / span if span else 0.0

    def value_at(self, share: float) -> float:
        """Return the value at a share, 0 to 1, of the way between the limits."""
        return self.minimum + share * (self.maximum - self.minimum)

    def step_of(self, value: float) -> int:
        """Return the track's step nearest to the value, also beyond the limits."""
        return round(self.share_of(value) * STEPS)

    def value_of(self, step: int) -> float:
        """Return the value of a track's step."""
        return self.value_at(step / STEPS)


class LatentSlider(QWidget):
    """Edits one number between the limits of its row; shows values beyond them too.

    There are faces at both ends of the track or, with ``show_strip``, a strip of them below it,
    which moves it as well.

    Signals:
        moved(float): an edit, between ``sliderPressed`` and ``sliderReleased`` of ``track``, which
            a keyboard step emits too.
        reset_asked(): the user reset it; the neutral value is already shown.
        lock_toggled(bool): the user locked or unlocked it.
    """

    moved = Signal(float)
    reset_asked = Signal()
    lock_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, lock: bool = True) -> None:
        super().__init__(parent)
        # Faces, scale and keys go from left to right in every language.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._row = SliderRow("")
        self._value = 0.0
        self._name = ElidedLabel(self)
        self._figure = ElidedLabel(self, QPalette.ColorRole.PlaceholderText)
        self._figure.set_tabular()
        self._figure.setAlignment(Qt.AlignmentFlag.AlignRight)
        measure = self._figure.fontMetrics().horizontalAdvance
        self._figure_widths = measure(_USUAL), measure(_WIDEST)
        self._low = EndFace(self)
        self.track = SliderTrack(self)
        self._high = EndFace(self)
        self.strip = PictureStrip(self)
        self.strip.hide()
        self._has_strip = False
        self._lock = LockButton(self) if lock else None
        self.setFocusProxy(self.track)
        self._connect()
        self._arrange()
        self.bind(self._row, 0.0)

    def bind(self, row: SliderRow, value: float) -> None:
        """Show another row at a value: unlocked, without faces."""
        self._row = row
        self._name.setText(row.title)
        self.track.setAccessibleName(row.name)
        self.track.set_neutral(row.step_of(row.neutral))
        if self._lock is not None:
            self._lock.setAccessibleName(f"Lock {row.name}")
        self.set_ends(None, None)
        self.strip.set_faces(None)
        self.set_locked(False)
        self.set_movable(True)
        self._show(value)

    def set_ends(self, low: Pixels | None, high: Pixels | None) -> None:
        """Show the faces uint8 (48, 48, 3) at both ends; None shows an empty well."""
        self._low.set_image(low)
        self._high.set_image(high)

    def show_strip(self, shown: bool) -> None:
        """Show pictures of several values below the track, or the faces at its ends."""
        self._has_strip = shown
        self.strip.setVisible(shown)
        for end in (self._low, self._high):
            end.setVisible(not shown)
        self._show_text()
        self._describe()
        self._arrange()

    def set_locked(self, locked: bool) -> None:
        """Show it as locked or unlocked."""
        if self._lock is not None:
            self._lock.setChecked(locked)
        self.track.set_locked(locked)
        self.strip.setEnabled(self.is_movable())
        self._describe()

    def set_movable(self, movable: bool) -> None:
        """Enable it, or disable it because locked directions determine its value."""
        for part in (self._name, self.track, self._figure):
            part.setEnabled(movable)
        self.strip.setEnabled(self.is_movable())
        self._describe()

    def row(self) -> SliderRow:
        """Return what this slider changes."""
        return self._row

    def value(self) -> float:
        """Return the value, in the row's unit."""
        return self._value

    def value_at(self, x: float) -> float:
        """Return the value, within the limits, at the horizontal position ``x``, in px."""
        return self._row.value_of(self.track.step_at(x - self.track.x()))

    def set_value(self, value: float) -> None:
        """Show a value; returns at once if it differs only by rounding noise."""
        span = self._row.maximum - self._row.minimum
        if abs(value - self._value) * STEPS > _NOISE * span:
            self._show(value)

    def text(self) -> str:
        """Return the value as shown."""
        return self._figure.text()

    def set_tab_stop(self, stop: bool) -> None:
        """Set whether Tab gives it the focus (the default), or only a click or a call."""
        policy = Qt.FocusPolicy
        self.track.setFocusPolicy(policy.StrongFocus if stop else policy.ClickFocus)

    def is_held(self) -> bool:
        """Return whether the user holds the handle."""
        return self.track.isSliderDown()

    def is_movable(self) -> bool:
        """Return whether it is neither locked nor disabled by other locks."""
        return self.track.is_movable()

    def _describe(self) -> None:
        """Set tooltips: what it is, and how to move it or why it can't be moved."""
        why_not = "" if self.is_movable() else _LOCKED if self.track.isEnabled() else _NO_ROOM
        self.track.setAccessibleDescription(why_not)
        hint = _STRIP_HINT + _HINT if self._has_strip else _HINT
        tip = (self._row.name, self._row.detail, why_not or hint)
        self.setToolTip(as_tip("\n".join(part for part in tip if part)))

    def _connect(self) -> None:
        self.track.valueChanged.connect(self._track_moved)
        self.track.reset_asked.connect(self._reset)
        self.track.picture_asked.connect(self._on_picture_asked)
        self.strip.pressed.connect(self._on_strip_pressed)
        self.strip.dragged.connect(self._on_strip_dragged)
        self.strip.released.connect(self._on_strip_released)
        if self._lock is not None:
            self._lock.clicked.connect(self._on_lock)
            self.track.lock_asked.connect(self._lock.click)

    def _arrange(self) -> None:
        # Without a layout, which would take several passes for each slider.
        if self._has_strip:
            self._arrange_with_strip()
            return
        lock = 0 if self._lock is None else self._lock.width() + _GAP
        high = self.width() - lock - _SIDE
        left, right = _SIDE + _GAP, high - _GAP
        top, line = (self.height() - _SIDE) // 2, self._name.fontMetrics().height()
        usual, widest = self._figure_widths
        # Only a rare value is so wide that it comes near the end of a long name.
        self._name.setGeometry(left + _GAP, top, right - usual - left - 3 * _GAP, line)
        self._figure.setGeometry(right - _GAP - widest, top, widest, line)
        self._low.move(0, top)
        self.track.setGeometry(left, top + line, right - left, _SIDE - line)
        self._high.move(high, top)
        if self._lock is not None:
            self._lock.move(high + _SIDE + _GAP, (self.height() - self._lock.height()) // 2)

    def _arrange_with_strip(self) -> None:
        line = self._name.fontMetrics().height()
        right = self.width() if self._lock is None else self.width() - _LOCK_SIDE - _GAP
        usual, widest = self._figure_widths
        self._name.setGeometry(0, _TOP, right - usual - 2 * _GAP, line)
        self._figure.setGeometry(right - widest, _TOP, widest, line)
        if self._lock is not None:
            self._lock.move(self.width() - _LOCK_SIDE, 0)
        # The ends of the track lie over the middles of the outermost pictures.
        inset = (SIDE - self.track.handle_length()) // 2
        top = _TOP + line
        self.track.setGeometry(inset, top, self.width() - 2 * inset, _SIDE - line)
        self.strip.setGeometry(0, _TOP + _SIDE, self.width(), SIDE)

    def _show(self, value: float) -> None:
        self._value = value
        with QSignalBlocker(self.track):
            self.track.setValue(self._row.step_of(value))
        self._show_text()

    def _show_text(self) -> None:
        self._figure.setText(self._row.text_of(self._value))
        if self._has_strip:
            self.strip.mark(self._row.share_of(self._value))

    def _go_to(self, value: float) -> None:
        self._show(value)
        self.moved.emit(value)

    @Slot(int)
    def _on_picture_asked(self, number: int) -> None:
        if self._has_strip:
            self.track.sliderPressed.emit()
            self._go_to(self._row.value_at(number / (PICTURES - 1)))
            self.track.sliderReleased.emit()

    @Slot(float)
    def _on_strip_pressed(self, share: float) -> None:
        self.track.setFocus(Qt.FocusReason.MouseFocusReason)
        self.track.setSliderDown(True)
        self._go_to(self._row.value_at(share))

    @Slot(float)
    def _on_strip_dragged(self, share: float) -> None:
        if self.is_held():  # new rows end a drag
            self._go_to(self._row.value_at(share))

    @Slot()
    def _on_strip_released(self) -> None:
        if self.is_held():
            self.track.setSliderDown(False)

    @Slot(int)
    def _track_moved(self, step: int) -> None:
        self._value = self._row.value_of(step)
        self._show_text()
        single_step = not self.track.isSliderDown()
        if single_step:
            self.track.sliderPressed.emit()
        self.moved.emit(self._value)
        if single_step:
            self.track.sliderReleased.emit()

    @Slot(bool)
    def _on_lock(self, locked: bool) -> None:
        self.set_locked(locked)
        self.lock_toggled.emit(locked)

    @Slot()
    def _reset(self) -> None:
        self._show(self._row.neutral)
        self.reset_asked.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        if self.is_movable():
            self._reset()


class EndFace(QWidget):
    """Shows a face at 32 px, or an empty well."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._rendered: QImage | None = None
        self.setFixedSize(_SIDE, _SIDE)

    def set_image(self, pixels: Pixels | None) -> None:
        """Show uint8 (48, 48, 3) ``pixels``, scaled when painted, or the empty well.

        The array isn't copied, and mustn't change.

        Raises:
            ValueError: ``pixels`` isn't uint8 (H, W, 3).
        """
        if pixels is self._pixels:
            return
        self._pixels = None if pixels is None else checked_pixels(pixels)
        self._rendered = None
        self.update()

    def _picture(self, pixels: Pixels) -> QImage:
        side = round(_SIDE * self.devicePixelRatioF())
        if self._rendered is None or self._rendered.width() != side:
            self._rendered = fitted(pixels, side, side)
        return self._rendered

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._pixels is not None:
            paint_picture(painter, self._picture(self._pixels), QPointF(0, 0), _RADIUS)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        painter.end()


class LockButton(QAbstractButton):
    """A checkable padlock, closed and in the accent color while checked.

    It isn't in the Tab order: in a list, L presses the one of the focused row.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFixedSize(_LOCK_SIDE, _LOCK_SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(_LOCK_TIP)

    def _paint_hover(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Midlight))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)

    def _paint_padlock(self, painter: QPainter) -> None:
        shut = self.isChecked()
        role = QPalette.ColorRole.Highlight if shut else QPalette.ColorRole.PlaceholderText
        color = self.palette().color(role)
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(color if shut else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(7, 11, 10, 7.5), 1.5, 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_shackle(shut))

    def sizeHint(self) -> QSize:
        return QSize(_LOCK_SIDE, _LOCK_SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            self._paint_hover(painter)
        self._paint_padlock(painter)
        painter.end()


def _shackle(shut: bool) -> QPainterPath:
    """Return the shackle of the padlock, closed or lifted out on the right."""
    lift = 0.0 if shut else 2.0
    path = QPainterPath(QPointF(9, 11))
    path.lineTo(9, 8.5 - lift)
    path.arcTo(QRectF(9, 5.5 - lift, 6, 6), 180, -180)
    path.lineTo(15, 10.5 if shut else 8.5 - lift)
    return path
