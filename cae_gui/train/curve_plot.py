"""The plot of a training: shows images drawn in another thread, and reads out single epochs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cae_gui.widgets.empty_state import EmptyState
from cae_gui.widgets.tokens import is_dark
from model.plots.curves import (
    CurveHistory,
    CurveImage,
    CurveRequest,
    Points,
    mse_text,
    readable,
)

if TYPE_CHECKING:
    from model.events import EpochDone
    from model.runs.runs import EpochRow

_EMPTY = "Start a training, or open a run, to see its curves."
_DRAWING = "Drawing the curves …"
_MOST_PROGRESS = 2000
_PAD = 8
_EMPTY_WIDTH, _COMPACT = 340, 300


class CurvePlot(QWidget):
    """Shows loss and learning rate over the epochs; mouse or arrow keys show one epoch's numbers.

    While there are none, ``empty`` lies over the axes of the training that could begin.

    Signals:
        render_wanted(CurveRequest): an image is to be drawn for ``show_image``; emitted while
            visible, with one request outstanding at a time.
    """

    render_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = CurveHistory()
        self._running: list[tuple[float, float]] = []
        self._rates: list[tuple[float, float]] = []
        self._planned: Points = ()
        self._total_epochs = 0
        self._is_ahead = False
        self._references: tuple[tuple[str, float], ...] = ()
        self._others: tuple[tuple[str, tuple[int, ...], tuple[float, ...]], ...] = ()
        self._log = True
        self._asked: CurveRequest | None = None
        self._stale = False
        self._is_first = True
        self._shown: CurveImage | None = None
        self._picture = QImage()
        self._epoch: int | None = None
        # Setters are called in groups; a timer of 0 ms makes one request of each group.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._ask)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 160)
        self.setAccessibleName("Training curves")
        self.setToolTip("The numbers of an epoch: point at it, or use the arrow keys")
        self.empty = EmptyState("train", _EMPTY, "Start training", parent=self)
        self._describe()

    def set_history(self, epochs: Sequence[EpochDone | EpochRow]) -> None:
        """Show the finished epochs; drops progress points before the last one's end."""
        self._history = CurveHistory(
            tuple(done.epoch for done in epochs),
            tuple(done.train_mse for done in epochs),
            tuple(done.test_mse for done in epochs),
            tuple(done.learning_rate for done in epochs),
        )
        last = self._history.epochs[-1] if epochs else 0
        self._running = [point for point in self._running if point[0] > last]
        if self._epoch not in self._history.epochs:
            self._epoch = None
        self._describe()
        self._changed()

    def add_progress(self, epoch_fraction: float, loss: float, rate: float) -> None:
        """Add a point of the epoch under way; ``epoch_fraction`` 2.5 is halfway through the third.

        When the epoch ends, its mean loss replaces these losses; the rates stay.
        """
        for points, value in ((self._running, loss), (self._rates, rate)):
            points.append((epoch_fraction, value))
            # Thinned, not truncated, so that the start of a long epoch stays.
            if len(points) > _MOST_PROGRESS:
                del points[::2]
        self._describe()
        self._changed()

    def set_total_epochs(self, epochs: int, *, ahead: bool = False) -> None:
        """Set where the epoch axis ends; from then on axes are drawn, even without an epoch.

        ``ahead`` tells that they are those of a training that hasn't been started.
        """
        self._total_epochs, self._is_ahead = max(epochs, 1), ahead
        self._describe()
        self._changed()

    def set_planned(self, planned: Points) -> None:
        """Set the learning rates of the whole schedule: (fractional epoch, rate)."""
        self._planned = planned
        self._changed()

    def set_references(self, references: Sequence[tuple[str, float]]) -> None:
        """Set the horizontal reference lines: (label, MSE)."""
        self._references = tuple(references)
        self._changed()

    def set_others(self, others: Sequence[tuple[str, Sequence[int], Sequence[float]]]) -> None:
        """Set the compared runs: (label, epochs, test MSE); one without epochs skips its colour."""
        self._others = tuple((label, tuple(epochs), tuple(mse)) for label, epochs, mse in others)
        self._describe()
        self._changed()

    def set_log(self, log: bool) -> None:
        """Choose a logarithmic or a linear loss axis."""
        self._log = log
        self._changed()

    def clear(self) -> None:
        """Remove the training, not the compared runs; an outstanding answer is ignored."""
        self._history = CurveHistory()
        self._running.clear()
        self._rates.clear()
        self._planned, self._total_epochs, self._is_ahead = (), 0, False
        self._asked = self._shown = self._epoch = None
        self._picture = QImage()
        self._describe()
        self._changed()

    @Slot(object)
    def show_image(self, image: CurveImage) -> None:
        """Show an answer, unless requested before ``clear``; ask again if data has changed."""
        if image.request is not self._asked:
            return
        self._asked = None
        self._is_first = False
        self._shown = image
        height, width, channels = image.rgba.shape
        pixels = QImage(
            image.rgba.data, width, height, width * channels, QImage.Format.Format_RGBA8888
        )
        # Copies the pixels, into the format that is painted fastest.
        self._picture = pixels.convertToFormat(QImage.Format.Format_RGB32)
        self._place_empty()
        self.update()
        if self._stale:
            self._timer.start()

    @Slot()
    def drop_request(self) -> None:
        """Stop waiting for the outstanding answer, after an error."""
        self._asked = None

    def is_empty(self) -> bool:
        """Return whether there is no curve, nor a training that will bring one."""
        others = any(epochs for _, epochs, _ in self._others)
        begun = self._total_epochs and not self._is_ahead
        return not (self._history.epochs or self._running or begun or others)

    def readout(self) -> str:
        """Return the numbers of the epoch that is read out as text, or ""."""
        if self._epoch is None:
            return ""
        return "\n".join(" ".join(row) for row in _readout_rows(self._history, self._epoch))

    def _changed(self) -> None:
        self._stale = True
        self.update()
        if self.isVisible() and self._asked is None:
            self._timer.start()

    @Slot()
    def _ask(self) -> None:
        if self._asked is not None or not self.isVisible() or not self._has_axes():
            return
        self._stale = False
        self._asked = self._request()
        self.render_wanted.emit(self._asked)

    def _has_axes(self) -> bool:
        return bool(self._total_epochs) or not self.is_empty()

    def _request(self) -> CurveRequest:
        palette, scale = self.palette(), self.devicePixelRatioF()
        return CurveRequest(
            width=max(round(self.width() * scale), 1),
            height=max(round(self.height() * scale), 1),
            scale=scale,
            dark=is_dark(palette),
            foreground=palette.color(QPalette.ColorRole.Text).name(),
            background=palette.color(QPalette.ColorRole.Base).name(),
            accent=palette.color(QPalette.ColorRole.Highlight).name(),
            log=self._log,
            history=self._history,
            running=tuple(self._running),
            rates=tuple(self._rates),
            planned=self._planned,
            total_epochs=self._total_epochs,
            others=self._others,
            references=self._references,
        )

    def _point_at(self, epoch: int | None) -> None:
        if epoch != self._epoch:
            self._epoch = epoch
            self._describe()
            self.update()

    def _nearest(self, x: float) -> int | None:
        """Return the finished epoch nearest to a position in logical pixels."""
        epochs = self._history.epochs
        if self._shown is None or not epochs:
            return None
        wanted = self._shown.epoch_at(x * self._shown.request.scale)
        index = bisect_left(epochs, wanted)
        return min(epochs[max(index - 1, 0) : index + 1], key=lambda epoch: abs(epoch - wanted))

    def _describe(self) -> None:
        empty = self.is_empty()
        self.empty.setVisible(empty)
        self.setAccessibleDescription(self.readout() or (self.empty.label.text() if empty else ""))

    def _place_empty(self) -> None:
        """Put what an empty plot says into the upper part, above most lines to beat."""
        self.empty.set_compact(self.height() < _COMPACT)
        left, room = 0.0, float(self.width())
        if self._shown is not None:  # beside the axes are the names of the lines to beat
            scale = self._shown.request.scale
            left, room = self._shown.box[0] / scale, self._shown.box[2] / scale
        width = min(_EMPTY_WIDTH, round(room) - 2 * _PAD)
        height = max(self.empty.heightForWidth(width), self.empty.sizeHint().height())
        top = max((self.height() - height) // 3, 0)
        self.empty.setGeometry(round(left + (room - width) / 2), top, width, height)

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        # Later images take about 50 ms, for which a text would flicker.
        if self._is_first and not self.is_empty():
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _DRAWING)
        elif self._shown is not None:
            # After a change of size the old image is scaled until the new one arrives.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._picture)
            if self._epoch is not None:
                _paint_readout(painter, self._shown, self._history, self._epoch, palette)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._nearest(event.position().x()))

    def leaveEvent(self, _event: QEvent) -> None:
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        epochs = self._history.epochs
        index = epochs.index(self._epoch) if self._epoch is not None else len(epochs)
        moves = {
            Qt.Key.Key_Left: index - 1,
            Qt.Key.Key_Right: index + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(epochs) - 1,
        }
        key = Qt.Key(event.key())
        if key in moves and epochs:
            self._point_at(epochs[min(max(moves[key], 0), len(epochs) - 1)])
        elif key == Qt.Key.Key_Escape and self._epoch is not None:
            self._point_at(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._point_at(None)
        super().focusOutEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale and self._asked is None:
            self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_empty()
        self._changed()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._changed()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._changed()
        elif event.type() == QEvent.Type.LayoutRequest:
            self._place_empty()  # its sentence may have another length
        return super().event(event)


def _readout_rows(history: CurveHistory, epoch: int) -> list[tuple[str, str]]:
    """Return (name, number) texts of a finished epoch."""
    index = history.epochs.index(epoch)
    return [
        ("Epoch", str(epoch)),
        ("Train", mse_text(history.train_mse[index])),
        ("Test", mse_text(history.test_mse[index])),
        ("Rate", readable(history.learning_rate[index])),
    ]


def _paint_readout(
    painter: QPainter, image: CurveImage, history: CurveHistory, epoch: int, palette: QPalette
) -> None:
    """Paint a line through both axes at the epoch, its two points, and its numbers beside them.

    The painter is in logical pixels, the image's boxes in device pixels.
    """
    scale, index = image.request.scale, history.epochs.index(epoch)
    x, top = image.x_of(epoch) / scale, image.box[1] / scale
    bottom = (image.rate_box[1] + image.rate_box[3]) / scale
    painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    for mse, role in (
        (history.train_mse[index], QPalette.ColorRole.PlaceholderText),
        (history.test_mse[index], QPalette.ColorRole.Highlight),
    ):
        y = image.y_of(mse) / scale
        if top <= y <= bottom:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(role))
            painter.drawEllipse(QPointF(x, y), 3.5, 3.5)
    width = image.request.width / scale
    _paint_box(painter, _readout_rows(history, epoch), QPointF(x, top), width, palette)


def _paint_box(
    painter: QPainter,
    rows: list[tuple[str, str]],
    place: QPointF,
    width: float,
    palette: QPalette,
) -> None:
    metrics = painter.fontMetrics()
    line = metrics.height() + 2
    texts = [max(metrics.horizontalAdvance(row[column]) for row in rows) for column in (0, 1)]
    box = QRectF(0, place.y() + 4, sum(texts) + 12 + 2 * _PAD, len(rows) * line + _PAD)
    right = place.x() + 12
    # To the left of the line where it would extend beyond the image.
    box.moveLeft(right if right + box.width() < width else max(place.x() - 12 - box.width(), 0))
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
    painter.setBrush(palette.color(QPalette.ColorRole.Window))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    for number, (name, value) in enumerate(rows):
        cell = QRectF(box.left() + _PAD, box.top() + _PAD / 2 + number * line, 0, line)
        cell.setRight(box.right() - _PAD)
        painter.drawText(cell, Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(cell, Qt.AlignmentFlag.AlignRight, value)
