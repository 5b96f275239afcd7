"""The histogram of the errors of faces, of one model or of two over each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cae_gui.widgets.controls import ColorRole
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.painting import paint_ring
from cae_gui.widgets.tokens import RADIUS, SMALL
from model.evaluation import BARS, ErrorStatistics, error_bars, error_edges, error_statistics
from model.plots.curves import OTHER_COLORS, error_ticks, readable

Floats = NDArray[np.float32]

_EDGE, _TOP, _BOTTOM = 12, 16, 20
_HEIGHT = 168
_MARK = 5.0
_MOST_TICKS = 5
_ALPHA = 140
_STYLES = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine
"""Of the lines at mean, median and 95th percentile."""


def model_color(palette: QPalette, place: int) -> QColor:
    """Return the colour of the model in use (0), or of the one beside it (1)."""
    return QColor(OTHER_COLORS[0]) if place else palette.color(ColorRole.Highlight)


class Histogram(QWidget):
    """Bars over a logarithmic scale of MSE, lines at mean, median and 95th percentile, and a mark.

    Arrow keys, Home and End go through the bars that aren't empty.

    Signals:
        bar_chosen(int): the user chose this bar.
    """

    bar_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edges = error_edges([])
        """The edges (BARS + 1,) of the bars, on the scale of MSE."""
        self._counts: list[NDArray[np.int64]] = []
        self._statistics: list[ErrorStatistics] = []
        self._mark: float | None = None
        self._current: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Histogram of the errors")
        self._describe()

    def set_errors(self, *mse: Floats) -> None:
        """Show the MSE (K,) of the faces by one model or by two, K >= 1; none shows nothing."""
        self.edges = error_edges(mse)
        bars = [error_bars(part, self.edges) for part in mse]
        self._counts = [np.bincount(part, minlength=BARS) for part in bars]
        self._statistics = [error_statistics(part) for part in mse]
        self._describe()
        self.update()

    def set_mark(self, mse: float | None) -> None:
        """Mark where the selected face lies."""
        self._mark = mse
        self.update()

    def set_current(self, bar: int | None) -> None:
        """Mark the bar whose faces are on show, or none."""
        self._current = bar
        self._describe()
        self.update()

    def current(self) -> int | None:
        """Return the marked bar."""
        return self._current

    def bar_rect(self, bar: int) -> QRect:
        """Return where a bar may reach, in this widget's coordinates."""
        return self._span(bar, self._plot().height()).toAlignedRect()

    def words(self, bar: int) -> str:
        """Say how many faces lie in a bar, and between which MSE it is."""
        between = f"MSE {readable(self.edges[bar])} to {readable(self.edges[bar + 1])}"
        if len(self._counts) == 1:
            return f"{between}: {counted(int(self._counts[0][bar]), 'face')}"
        named = zip("AB", self._counts, strict=False)
        told = (f"{name} {counted(int(count[bar]), 'face')}" for name, count in named)
        return f"{between}: {', '.join(told)}"

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_EDGE, _TOP, -_EDGE, -_BOTTOM)

    def _span(self, bar: int, height: float) -> QRectF:
        plot = self._plot()
        width = plot.width() / BARS
        return QRectF(plot.left() + bar * width, plot.bottom() - height, width, height)

    def _x_of(self, mse: float) -> float:
        plot, (low, high) = self._plot(), np.log(self.edges[[0, -1]])
        share = (np.log(max(mse, self.edges[0])) - low) / (high - low)
        return float(plot.left() + plot.width() * min(share, 1.0))

    def _is_filled(self, bar: int) -> bool:
        return any(count[bar] for count in self._counts)

    def _bar_at(self, x: float) -> int | None:
        plot = self._plot()
        bar = int((x - plot.left()) // (plot.width() / BARS))
        return bar if 0 <= bar < BARS and self._is_filled(bar) else None

    def _choose(self, bar: int) -> None:
        self.set_current(bar)
        self.bar_chosen.emit(bar)

    def _describe(self) -> None:
        has_current = self._current is not None and bool(self._counts)
        text = self.words(self._current) if has_current and self._current is not None else ""
        self.setAccessibleDescription(text or "No bar is chosen.")

    def sizeHint(self) -> QSize:
        return QSize(288, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(ColorRole.Base))
        card = QRectF(self.rect())
        painter.drawRoundedRect(card, RADIUS, RADIUS)
        if self._counts:
            self._paint_bars(painter)
            self._paint_axis(painter)
            self._paint_mark(painter)
        if self.hasFocus():
            inside = card.adjusted(2, 2, -2, -2)
            paint_ring(painter, inside, self.palette(), radius=RADIUS - 2)
        painter.end()

    def _paint_bars(self, painter: QPainter) -> None:
        highest = max(int(count.max()) for count in self._counts)
        room = self._plot().height()
        for place, count in enumerate(self._counts):
            color = model_color(self.palette(), place)
            color.setAlpha(_ALPHA)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            for bar in np.flatnonzero(count):
                # One face is seen beside a thousand.
                height = max(room * int(count[bar]) / highest, 2.0)
                painter.drawRect(self._span(int(bar), height).adjusted(0.5, 0, -0.5, 0))
        if self._current is not None and self._is_filled(self._current):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(ColorRole.Text), 1.0))
            painter.drawRect(self._span(self._current, room))
        for place, found in enumerate(self._statistics):
            values = found.mean, found.median, found.percentile_95
            for value, style in zip(values, _STYLES, strict=True):
                if np.isfinite(value):
                    pen = QPen(model_color(self.palette(), place), 1.5, style)
                    self._paint_line(painter, value, pen)

    def _paint_line(self, painter: QPainter, mse: float, pen: QPen) -> None:
        plot, x = self._plot(), self._x_of(mse)
        painter.setPen(pen)
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))

    def _paint_axis(self, painter: QPainter) -> None:
        plot, font = self._plot(), painter.font()
        painter.setPen(QPen(self.palette().color(ColorRole.PlaceholderText), 1.0))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        for tick in error_ticks(self.edges, _MOST_TICKS):
            text, x = readable(tick, 2), self._x_of(tick)
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(x - width / 2, 4.0), self.width() - width - 4.0)
            painter.drawText(QPointF(left, self.height() - 6.0), text)

    def _paint_mark(self, painter: QPainter) -> None:
        if self._mark is None:
            return
        x, top, color = self._x_of(self._mark), self._plot().top(), self.palette().text().color()
        self._paint_line(painter, self._mark, QPen(color, 1.0))
        corners = QPointF(x - _MARK, top - 2 * _MARK), QPointF(x + _MARK, top - 2 * _MARK)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([*corners, QPointF(x, top)]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        bar = self._bar_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and bar is not None:
            self._choose(bar)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        filled = [bar for bar in range(BARS) if self._is_filled(bar)]
        at = -1 if self._current is None else self._current
        targets = {
            Qt.Key.Key_Left: [bar for bar in filled if bar < at][-1:],
            Qt.Key.Key_Right: [bar for bar in filled if bar > at][:1],
            Qt.Key.Key_Home: filled[:1],
            Qt.Key.Key_End: filled[-1:],
        }
        key = Qt.Key(event.key())
        if key not in targets:
            super().keyPressEvent(event)
        for bar in targets.get(key, ()):
            self._choose(bar)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            bar = self._bar_at(event.pos().x()) if self._counts else None
            text = _TIP if bar is None else self.words(bar)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


_TIP = (
    "How many faces have which error; the triangle is the selected face.\n"
    "A click on a bar, or the arrow keys, show its faces below."
)
