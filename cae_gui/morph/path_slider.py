"""A slider over the time of a path, with a mark at each key frame."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QStyle, QStyleOptionSlider, QWidget

from cae_gui.widgets.fields import Slider

GROOVE_HEIGHT = 24
_TICK = 4
_HINT = "Arrow keys: small steps, Page keys: large ones, with Ctrl: from face to face."


class PathSlider(Slider):
    """Seconds from the beginning, in steps of a millisecond.

    ``sliderPressed`` and ``actionTriggered`` are emitted for the user's input only, also on marks.

    Signals:
        moved(float): the user or ``go_to`` moved it to this time in seconds.
    """

    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        # Time goes from left to right in every language, as in the film strip.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._marks: list[tuple[int, str]] = []
        self.setAccessibleName("Place on the path")
        self.setToolTip(_HINT)
        self.valueChanged.connect(self._on_value)

    def set_marks(self, times: Sequence[float], names: Sequence[str]) -> None:
        """Set marks at times in seconds, ascending from 0, with labels; emits no signal."""
        self._marks = [(round(time * 1000), name) for time, name in zip(times, names, strict=True)]
        last = self._marks[-1][0] if self._marks else 0
        with QSignalBlocker(self):
            self.setRange(0, last)
            self.setSingleStep(max(1, last // 100))
            self.setPageStep(max(1, last // 10))
        self.update()

    def seconds(self) -> float:
        """Return the time in seconds."""
        return self.value() / 1000

    def go_to(self, seconds: float) -> None:
        """Move to a time in seconds, as the user would."""
        self.setValue(round(seconds * 1000))

    def mark_x(self, index: int) -> int:
        """Return the x of a mark, in this widget's coordinates."""
        groove, handle = self._groove(), self._handle()
        span = groove.width() - handle
        place = self._marks[index][0]
        position = QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), place, span)
        return groove.x() + handle // 2 + position

    def _groove(self) -> QRect:
        return self._part(QStyle.SubControl.SC_SliderGroove)

    def _handle(self) -> int:
        return self._part(QStyle.SubControl.SC_SliderHandle).width()

    def _part(self, part: QStyle.SubControl) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control = QStyle.ComplexControl.CC_Slider
        return self.style().subControlRect(control, option, part, self)

    def _label_height(self) -> int:
        return self.fontMetrics().height() + _TICK

    def _step_mark(self, direction: int) -> None:
        places = [place for place, _ in self._marks if (place - self.value()) * direction > 0]
        if places:
            self.setSliderPosition(min(places, key=lambda place: abs(place - self.value())))

    @Slot(int)
    def _on_value(self, _value: int) -> None:
        self.setAccessibleDescription(f"{self.seconds():.1f} s")
        self.moved.emit(self.seconds())

    def initStyleOption(self, option: QStyleOptionSlider) -> None:
        super().initStyleOption(option)
        option.rect.setHeight(GROOVE_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(240, GROOVE_HEIGHT + self._label_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(96, GROOVE_HEIGHT + self._label_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        free = -1
        for index, (_, name) in enumerate(self._marks):
            x, width = self.mark_x(index), painter.fontMetrics().horizontalAdvance(name)
            painter.drawLine(x, GROOVE_HEIGHT - 2, x, GROOVE_HEIGHT - 2 + _TICK)
            if x - width // 2 > free:
                label = QRect(
                    x - width // 2 - 1, GROOVE_HEIGHT + _TICK - 2, width + 2, self.height()
                )
                painter.drawText(label, int(Qt.AlignmentFlag.AlignTop), name)
                free = x + width // 2 + 4
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if (
            point.y() < GROOVE_HEIGHT
            or not self._marks
            or event.button() != Qt.MouseButton.LeftButton
        ):
            super().mousePressEvent(event)
            return
        ways = [abs(self.mark_x(index) - point.x()) for index in range(len(self._marks))]
        self.setSliderPosition(self._marks[ways.index(min(ways))][0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in steps:
            self._step_mark(steps[event.key()])
        else:
            super().keyPressEvent(event)
