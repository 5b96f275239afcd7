"""The film strip of a path, which is the slider over its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from cae_gui.widgets.fields import Slider
from cae_gui.widgets.images import fitted
from cae_gui.widgets.painting import paint_picture
from cae_gui.widgets.tokens import DARK, FILM, RADIUS, SMALL, WELL

Pixels = NDArray[np.uint8]

LARGEST, SMALLEST = 64, 44
"""Sides of a key frame on the strip, in px."""
EDGE = 4
"""From a key frame's picture to the edge of its widget, which has room for a ring, in px."""
_BAND_TOP = 4
_LABEL = 20  # the height of the names under the band
_LEAST_GAP = 12  # between key frames, so that the way between them is seen
_PERFORATION = 6  # by which frames are lower than key frames, above and below
_MOST_FRAMES = 48
_HEAD = 13  # the width of the playhead
_NAME_GAP, _LEAST_NAME = 6, 56
_HINT = (
    "Drag along the film strip. Arrow keys: small steps, Page keys: large ones, with Ctrl: "
    "from face to face."
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things are, in px: the marks' middles, and the cells of frames between them."""

    side: int
    middles: tuple[float, ...]
    cells: tuple[QRectF, ...]


class PathSlider(Slider):
    """Seconds from the beginning, in steps of a millisecond, over the faces at these times.

    It is at the top left of its parent, which has the playhead, over all that lies on the strip.

    ``sliderPressed`` and ``actionTriggered`` are emitted for the user's input only, also on marks.

    Signals:
        moved(float): the user or ``go_to`` moved it to this time in seconds.
        laid_out(): marks and frames have other places.
    """

    moved = Signal(float)
    laid_out = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        # Time goes from left to right in every language.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._times: list[float] = []
        self._letters: list[str] = []
        self._names: list[str] = []
        self._frames: list[QImage] = []
        self._frame_times = np.empty(0)
        self._pixels: list[Pixels] = []
        font = self.font()
        font.setPixelSize(SMALL)
        self.setFont(font)
        self._layout = self._measured()
        self._head = _Playhead(parent or self)
        self.setAccessibleName("Place on the path")
        self.setToolTip(_HINT)
        self.valueChanged.connect(self._on_value)
        self._place_all()

    def set_marks(
        self, times: Sequence[float], letters: Sequence[str], names: Sequence[str] = ()
    ) -> None:
        """Set marks at times in seconds, ascending from 0; emits no ``moved``.

        Under each of them are its letter and its name.
        """
        self._times, self._letters = list(times), list(letters)
        self._names = [*names, *[""] * (len(letters) - len(names))]
        last = round(1000 * self._times[-1]) if self._times else 0
        with QSignalBlocker(self):
            self.setRange(0, last)
            self.setSingleStep(max(1, last // 100))
            self.setPageStep(max(1, last // 10))
        self._lay_out()

    def set_frames(self, images: Pixels, times: Sequence[float] = ()) -> None:
        """Show faces uint8 (K, 48, 48, 3) at their times; without any, evenly spaced."""
        self._pixels = list(images)
        if len(times) != len(images):
            times = [float(time) for time in np.linspace(0, self._seconds(), len(images))]
        self._frame_times = np.array(times)
        self._frames = []
        self.update()

    def count(self) -> int:
        """Return the number of frames on the strip."""
        return len(self._pixels)

    def frame_times(self) -> list[float]:
        """Return the times in seconds of the frames that there is room for."""
        return [self.time_at(cell.center().x()) for cell in self._layout.cells]

    def seconds(self) -> float:
        """Return the time in seconds."""
        return self.value() / 1000

    def go_to(self, seconds: float) -> None:
        """Move to a time in seconds, as the user would."""
        self.setValue(round(seconds * 1000))

    def mark_x(self, index: int) -> int:
        """Return the x of the middle of a mark, in this widget's coordinates."""
        return round(self._layout.middles[index])

    def mark_rect(self, index: int) -> QRect:
        """Return where the widget of a key frame lies, in this widget's coordinates."""
        side = self._layout.side + 2 * EDGE
        x, y = self._layout.middles[index], self._band().center().y()
        return QRect(round(x - side / 2), round(y - side / 2), side, side)

    def x_at(self, seconds: float) -> float:
        """Return the x of a time in seconds."""
        return float(np.interp(seconds, self._times, self._layout.middles[: len(self._times)]))

    def time_at(self, x: float) -> float:
        """Return the time in seconds at an x."""
        return float(np.interp(x, self._layout.middles[: len(self._times)], self._times))

    def raise_head(self) -> None:
        """Put the playhead over all widgets on the strip."""
        self._head.raise_()

    def _seconds(self) -> float:
        return self._times[-1] if self._times else 0.0

    def _band(self) -> QRectF:
        return QRectF(0, _BAND_TOP, self.width(), self.height() - _BAND_TOP - _LABEL)

    def _places(self) -> int:
        return max(2, len(self._times), len(self._letters))

    def _side(self) -> int:
        """Return the side of key frames: as large as fits between all of them."""
        count, room = self._places(), self.width() - 2 * EDGE
        fits = (room - (count - 1) * _LEAST_GAP) // count
        high = int(self._band().height()) - 2 * EDGE
        return max(min(fits, high, LARGEST), min(SMALLEST, high), 1)

    def _measured(self) -> _Layout:
        """Share the width among the segments, by their time but with room for each."""
        side = self._side()
        edge = EDGE + side / 2
        whole = max(self.width() - 2 * edge, 1.0)
        times = self._times if len(self._times) == self._places() else range(self._places())
        widths = _shared(whole, np.diff(times), side + _LEAST_GAP)
        middles = tuple(edge + x for x in (0.0, *np.cumsum(widths).tolist()))
        cells: list[QRectF] = []
        if len(self._times) >= 2:
            frame = side - 2 * _PERFORATION
            top = self._band().center().y() - frame / 2
            most = _MOST_FRAMES // len(widths)
            for start, end in pairwise(middles):
                left, room = start + side / 2 + 2, end - start - side - 4
                count = min(max(1, -int(-room // frame)), most)
                width = room / max(count, 1)
                cells += [
                    QRectF(left + number * width, top, width, frame) for number in range(count)
                ]
            if self._letters[-1] == self._letters[0]:  # a loop ends where it began
                ghost = QRectF(0, 0, side, side)
                ghost.moveCenter(QPointF(middles[-1], self._band().center().y()))
                cells.append(ghost)
        return _Layout(side, middles, tuple(cells))

    def _lay_out(self) -> None:
        count = self._places()
        self.setMinimumWidth(count * SMALLEST + (count - 1) * _LEAST_GAP + 2 * EDGE)
        before, self._layout = self._layout, self._measured()
        self._place_all()
        if self._layout != before:
            self.laid_out.emit()

    def _place_all(self) -> None:
        self._head.setFixedSize(_HEAD, int(self._band().bottom()) + 2)
        self._head.setVisible(len(self._times) >= 2)
        self._place_head()
        self.update()

    def _place_head(self) -> None:
        if self._times:
            self._head.move(round(self.x_at(self.seconds())) - _HEAD // 2, 0)

    def _step_mark(self, direction: int) -> None:
        places = [round(1000 * time) for time in self._times]
        places = [place for place in places if (place - self.value()) * direction > 0]
        if places:
            self.setSliderPosition(min(places, key=lambda place: abs(place - self.value())))

    @Slot(int)
    def _on_value(self, _value: int) -> None:
        self.setAccessibleDescription(f"{self.seconds():.1f} s")
        self.moved.emit(self.seconds())

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        # Qt would paint the whole strip for each step of the playhead, which is a widget.
        if change is QAbstractSlider.SliderChange.SliderValueChange:
            self._place_head()
        else:
            super().sliderChange(change)

    def sizeHint(self) -> QSize:
        return QSize(480, FILM)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * SMALLEST + _LEAST_GAP + 2 * EDGE, SMALLEST + 2 * EDGE + _LABEL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band = self._band()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(WELL))
        painter.drawRoundedRect(band, RADIUS, RADIUS)
        if self._pixels:
            self._paint_frames(painter, QRectF(event.rect()))
        if event.rect().bottom() >= band.bottom():
            self._paint_names(painter, int(band.bottom()) + 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2.0))
            painter.drawRoundedRect(band.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()

    def _paint_frames(self, painter: QPainter, part: QRectF) -> None:
        """Paint in each cell the frame that is nearest in time, cut at its sides."""
        ratio = self.devicePixelRatioF()
        side = self._layout.side
        if not self._frames or self._frames[0].width() != int(side * ratio):
            pixels = int(side * ratio)
            self._frames = [fitted(each, pixels, pixels) for each in self._pixels]
        times = self._frame_times
        for cell in self._layout.cells:
            if not cell.intersects(part):
                continue
            picture = self._frames[int(np.abs(times - self.time_at(cell.center().x())).argmin())]
            if cell.width() == side:  # the first face again, at the end of a loop
                painter.setOpacity(0.6)
                paint_picture(painter, picture, cell.topLeft(), RADIUS)
                painter.setOpacity(1.0)
                continue
            size = picture.width()
            share = min(1.0, cell.width() / cell.height())
            painter.drawImage(cell, picture, QRectF((1 - share) / 2 * size, 0, share * size, size))

    def _paint_names(self, painter: QPainter, top: int) -> None:
        """Paint letters and names under their marks."""
        plain, bold = painter.font(), painter.font()
        bold.setWeight(bold.Weight.DemiBold)
        metrics, letters = QFontMetrics(plain), QFontMetrics(bold)
        heads = [letters.horizontalAdvance(letter) + _NAME_GAP for letter in self._letters]
        wide = [
            head + metrics.horizontalAdvance(name)
            for head, name in zip(heads, self._names, strict=True)
        ]
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        labels = zip(self._letters, self._names, heads, self._name_places(wide), strict=True)
        for letter, name, head, (left, width) in labels:
            painter.setFont(bold)
            painter.drawText(QPointF(left, top + metrics.ascent()), letter)
            painter.setFont(plain)
            if width - head < min(_LEAST_NAME, metrics.horizontalAdvance(name)):
                continue
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(width - head))
            painter.drawText(QPointF(left + head, top + metrics.ascent()), text)

    def _name_places(self, wide: Sequence[float]) -> list[tuple[float, float]]:
        """Return left edges and widths of names, which give way to each other before they are cut.

        Only where they would be too far from their marks, each has what is nearest to its own.
        """
        middles, whole = self._layout.middles, float(self.width())
        lefts, free = [], 0.0
        for middle, width in zip(middles, wide, strict=False):
            lefts.append(max(min(middle - width / 2, whole - width), free))
            free = lefts[-1] + width + _NAME_GAP
        free = whole
        for index in reversed(range(len(lefts))):
            lefts[index] = min(lefts[index], free - wide[index])
            free = lefts[index] - _NAME_GAP
        far = [abs(x - middles[i] + wide[i] / 2) > wide[i] / 2 for i, x in enumerate(lefts)]
        if not any(far) and (not lefts or lefts[0] >= 0):
            return list(zip(lefts, wide, strict=True))
        edges = [0.0, *((a + b) / 2 for a, b in pairwise(middles)), whole]
        cut = [min(w, b - a - _NAME_GAP) for w, (a, b) in zip(wide, pairwise(edges), strict=False)]
        starts = (min(max(m - w / 2, 0), whole - w) for m, w in zip(middles, cut, strict=False))
        return list(zip(starts, cut, strict=True))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or len(self._times) < 2:
            return
        place = event.position()
        if place.y() > self._band().bottom():
            ways = [abs(x - place.x()) for x in self._layout.middles]
            self.setSliderPosition(round(1000 * self._times[ways.index(min(ways))]))
            return
        self.setSliderDown(True)
        self._drag_to(place.x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def _drag_to(self, x: float) -> None:
        self.setSliderPosition(round(1000 * self.time_at(x)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in steps:
            self._step_mark(steps[event.key()])
        else:
            super().keyPressEvent(event)


class _Playhead(QWidget):
    """Shows the place on the strip, over faces and frames."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, bottom = self.width() / 2, float(self.height())
        shape = QPainterPath()
        knob = ((1, 1), (self.width() - 1, 1), (self.width() - 1, 7), (middle, 13), (1, 7), (1, 1))
        shape.addPolygon(QPolygonF([QPointF(x, y) for x, y in knob]))
        line = QPainterPath()
        line.addRect(QRectF(middle - 1, 8, 2, bottom - 9))
        painter.setPen(QPen(QColor(DARK[QPalette.ColorRole.Shadow]), 1.5))
        painter.setBrush(QColor(DARK[QPalette.ColorRole.Highlight]))
        painter.drawPath(shape.united(line))
        painter.end()


def _shared(whole: float, seconds: NDArray[np.float64], least: float) -> list[float]:
    """Share a width by seconds, with a least width for each; evenly where even that has no room."""
    count = len(seconds)
    if count * least >= whole or not seconds.sum():
        return [whole / count] * count
    widths = np.zeros(count)
    wide = np.ones(count, bool)
    while True:
        room = whole - least * (~wide).sum()
        widths[wide] = room * seconds[wide] / seconds[wide].sum()
        narrow = wide & (widths < least)
        if not narrow.any():
            return [float(width) for width in widths]
        wide &= ~narrow
        widths[narrow] = least
