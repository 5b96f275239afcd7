"""A row of faces, or several rows one over the other, over the whole width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cae_gui.widgets.controls import ColorRole, as_tip
from cae_gui.widgets.images import fitted
from cae_gui.widgets.painting import paint_empty_text, paint_picture, paint_ring
from cae_gui.widgets.tokens import SMALL

_LARGEST = 96
_SMALLEST = 24
_GAP = 4
_MARGIN = 4  # room for the ring
_RADIUS = 4.0
_CAPTION = 16


class FilmStrip(QWidget):
    """Shows K faces side by side; further rows lie under the first, as reconstructions do.

    With ``captions`` there is room for a number under each.

    Signals:
        frame_clicked(int): the user chose this frame, by mouse, arrow key or Enter.
    """

    frame_clicked = Signal(int)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        rows: int = 1,
        largest: int = _LARGEST,
        smallest: int = _SMALLEST,
        captions: bool = False,
    ) -> None:
        super().__init__(parent)
        self._caption_room = _CAPTION if captions else 0
        self._captions: Sequence[str] = ()
        self._tips: Sequence[str] = ()
        self._rows, self._largest, self._smallest = rows, largest, smallest
        self._frames: list[NDArray[np.uint8]] = []
        self._rendered: list[list[QImage]] = []
        self._current: int | None = None
        self._placeholder = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Film strip")
        self._describe()

    def set_frames(
        self,
        images: NDArray[np.uint8],
        *below: NDArray[np.uint8],
        captions: Sequence[str] = (),
        tips: Sequence[str] = (),
    ) -> None:
        """Show uint8 (K, 48, 48, 3) `images`, over as many others in each row; () shows the text.

        Captions and tips are one a frame, or none.

        Raises:
            ValueError: a row below has another number of images.
        """
        for row in below:
            if len(row) != len(images):
                raise ValueError(f"{len(images)} images over {len(row)}")
        self._frames = [images, *below]
        self._captions, self._tips = captions, tips
        self._rendered = []
        self._current = self._current if (self._current or 0) < self.count() else None
        self._describe()
        self.updateGeometry()
        self.update()

    def set_current(self, index: int | None) -> None:
        """Mark this frame, or none."""
        self._current = index if index is not None and 0 <= index < self.count() else None
        self._describe()
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Set the text shown while there are no frames, or none in the second of two rows."""
        self._placeholder = text
        self.update()

    def set_largest(self, side: int) -> None:
        """Set the most pixels that the side of a frame takes."""
        if side != self._largest:
            self._largest = side
            self.updateGeometry()
            self.update()

    def count(self) -> int:
        """Return the number of frames in a row."""
        return len(self._frames[0]) if self._frames else 0

    def current(self) -> int | None:
        """Return the marked frame."""
        return self._current

    def frame_rect(self, index: int, row: int = 0) -> QRect:
        """Return where a frame lies, in this widget's coordinates."""
        side = self._side(self.width())
        width = self.count() * (side + _GAP) - _GAP
        x = (self.width() - width) // 2 + index * (side + _GAP)
        return QRect(x, _MARGIN + row * (side + _GAP), side, side)

    def _side(self, width: int) -> int:
        count = max(1, self.count())
        side = (width - 2 * _MARGIN - (count - 1) * _GAP) // count
        return min(max(side, self._smallest), self._largest) if self.count() else self._largest

    def _height(self, side: int) -> int:
        rows = max(self._rows, len(self._frames))
        return 2 * _MARGIN + rows * (side + _GAP) - _GAP + self._caption_room

    def _describe(self) -> None:
        number = "none" if self._current is None else str(self._current + 1)
        if self._current is not None and self._current < len(self._tips):
            number += f", {self._tips[self._current]}"
        self.setAccessibleDescription(f"{self.count()} faces, marked: {number}")

    def _pictures(self) -> list[list[QImage]]:
        """The frames in device pixels; made once per content and size."""
        side = int(self._side(self.width()) * self.devicePixelRatioF())
        if not self._rendered or self._rendered[0][0].width() != side:
            self._rendered = [[fitted(image, side, side) for image in row] for row in self._frames]
        return self._rendered

    def _paint_frames(self, painter: QPainter) -> None:
        for row, pictures in enumerate(self._pictures()):
            for index, picture in enumerate(pictures):
                corner = QPointF(self.frame_rect(index, row).topLeft())
                outline = paint_picture(painter, picture, corner, _RADIUS)
                if index == self._current:
                    paint_ring(painter, outline, self.palette(), gap=0.0, radius=_RADIUS)

    def _paint_captions(self, painter: QPainter) -> None:
        font = painter.font()
        font.setPixelSize(SMALL)
        font.setFeature(QFont.Tag("tnum"), 1)
        painter.setFont(font)
        painter.setPen(self.palette().color(ColorRole.PlaceholderText))
        for index, text in enumerate(self._captions):
            above = self.frame_rect(index, len(self._frames) - 1)
            place = QRect(above.left(), above.bottom() + 1, above.width(), _CAPTION)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
            painter.drawText(place, int(flags), text)

    def _frame_at(self, x: int, y: int) -> int | None:
        for index in range(self.count()):
            if any(self.frame_rect(index, row).contains(x, y) for row in range(len(self._frames))):
                return index
        return None

    def _choose(self, index: int) -> None:
        index = min(max(index, 0), self.count() - 1)
        if self.count():
            self.set_current(index)
            self.frame_clicked.emit(index)

    def sizeHint(self) -> QSize:
        width = max(6, self.count()) * (self._largest + _GAP) - _GAP + 2 * _MARGIN
        return QSize(min(width, 640), self._height(self._side(min(width, 640))))

    def minimumSizeHint(self) -> QSize:
        count = max(1, self.count())
        width = count * (self._smallest + _GAP) - _GAP + 2 * _MARGIN
        return QSize(width, self._height(self._smallest))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._height(self._side(width))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.count():
            self._paint_frames(painter)
            self._paint_captions(painter)
            if len(self._frames) < self._rows:
                below = self.rect().adjusted(0, self.frame_rect(0).bottom(), 0, 0)
                paint_empty_text(painter, self, below, self._placeholder)
        else:
            paint_empty_text(painter, self, self.rect(), self._placeholder)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        index = self._frame_at(point.x(), point.y())
        if index is not None:
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = -1 if self._current is None else self._current
        targets = {
            int(Qt.Key.Key_Left): current - 1,
            int(Qt.Key.Key_Right): current + 1,
            int(Qt.Key.Key_Home): 0,
            int(Qt.Key.Key_End): self.count() - 1,
        }
        if self._current is not None:
            targets |= dict.fromkeys((int(Qt.Key.Key_Return), int(Qt.Key.Key_Enter)), current)
        if event.key() in targets:
            self._choose(targets[event.key()])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._tips:
            index = self._frame_at(event.pos().x(), event.pos().y())
            text = as_tip(self._tips[index]) if index is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
