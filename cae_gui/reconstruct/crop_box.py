"""A photo with a box on it that says which part is the face."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cae_gui.reconstruct.box_edits import (
    CORNERS,
    Point,
    Size,
    after_key,
    moved,
    turned_to,
    with_corner_at,
)
from cae_gui.widgets.images import Pixels, checked_pixels, fitted
from cae_gui.widgets.painting import paint_picture, paint_ring
from cae_gui.widgets.tokens import RADIUS
from model.photos.crop import CropBox, free_faces

_MARGIN = 4  # room for the ring
_GAP = 4  # above the caption
_STEM = 24.0
_HANDLE = 5.0  # radius, in pixels
_REACH = _HANDLE + 5
# On a photo, not on the window: dark under light is seen on any picture, in both schemes.
_DIM = QColor(0, 0, 0, 110)
_HALO = QColor(0, 0, 0, 160)
_LINE = QColor(255, 255, 255)
_FAINT = QColor(255, 255, 255, 190)
_TIP = (
    "Drag the box to move it, a corner to resize it, the handle beside it to turn it.\n"
    "Click a dashed box to choose another face, or the box of a face that was added to go\n"
    "to it; double-click to go back to the found one.\n"
    "Keys: arrows move, + and − or arrows with Ctrl resize, [ and ] turn, ten times as far\n"
    "with Shift; Page Up and Page Down choose a face, Home goes back."
)
_Key = Qt.Key
_CAPTION = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


class CropBoxView(QWidget):
    """Shows a photo; the box on it is moved, resized and turned by mouse and keyboard.

    Signals:
        box_changed(CropBox, int): the box while it moves, in pixels of the photo, and the number
            of the face that it started from, -1 for none.
        box_settled(bool): the box is let go, after at least one change; whether it was by keys.
        other_chosen(int): the box of this number among the others was clicked.
    """

    box_changed = Signal(object, int)
    box_settled = Signal(bool)
    other_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._rendered: tuple[Size, QImage] | None = None
        self._photo: Size = (1, 1)
        self._box = CropBox(0, 0, 1)
        self._found: tuple[CropBox, ...] = ()
        self._others: tuple[CropBox, ...] = ()
        self._chosen = -1
        self._caption = ""
        self._drag: partial[CropBox] | None = None
        self._unsettled = self._by_keys = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(_TIP)
        self.setAccessibleName("Box on the photo")
        self.setAccessibleDescription(_TIP)

    def set_photo(
        self, pixels: NDArray[Any], size: Size, found: Sequence[CropBox], caption: str
    ) -> None:
        """Show a photo of `size` (width, height) by uint8 (H, W, 3) `pixels`, perhaps reduced.

        Raises:
            ValueError: `pixels` isn't uint8 (H, W, 3).
        """
        self._pixels, self._photo = checked_pixels(pixels), size
        self._found, self._others = tuple(found), ()
        self._rendered = self._drag = None
        self._unsettled = False
        self.set_caption(caption)

    def set_caption(self, caption: str) -> None:
        """Say this under the photo."""
        self._caption = caption
        self.setAccessibleName(f"Box on the photo: {caption}")
        self.update()

    def set_others(self, boxes: Sequence[CropBox]) -> None:
        """Show the boxes of the photo's other faces, which can be clicked but not moved."""
        self._others = tuple(boxes)
        self.update()

    def set_box(self, box: CropBox, chosen: int) -> None:
        """Put the box here; `chosen` is the number of the face found that it belongs to, or -1.

        A drag under way ends.
        """
        self._drag, self._unsettled = None, False
        self._put(box, chosen)

    def box(self) -> CropBox:
        """Return the box as it is now."""
        return self._box

    def to_widget(self, x: float, y: float) -> QPointF:
        """Return where a point of the photo is on the widget."""
        rect, scale = self._photo_rect()
        return QPointF(rect.x() + x * scale, rect.y() + y * scale)

    def turn_handle(self) -> QPointF:
        """Return where the handle is that turns the box."""
        return self._stem()[1]

    def _to_photo(self, point: QPointF) -> Point:
        rect, scale = self._photo_rect()
        return (point.x() - rect.x()) / scale, (point.y() - rect.y()) / scale

    def _photo_rect(self) -> tuple[QRectF, float]:
        caption = self._caption_rect().height() + _GAP
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN - caption)
        width, height = self._photo
        scale = max(min(room.width() / width, room.height() / height), 1e-6)
        rect = QRectF(0, 0, width * scale, height * scale)
        rect.moveCenter(room.center())
        return rect, scale

    def _corners(self, box: CropBox) -> QPolygonF:
        return QPolygonF([self.to_widget(*box.to_photo(*corner)) for corner in CORNERS])

    def _stem(self) -> tuple[QPointF, QPointF]:
        """Return both ends of the stem, above the box or, where there is no room, below it."""
        middle = self.to_widget(*self._box.centre)
        top = self.to_widget(*self._box.to_photo(0.5, 0))
        bottom = self.to_widget(*self._box.to_photo(0.5, 1))
        for start in (top, bottom):
            way = start - middle
            end = start + way * (_STEM / max(math.hypot(way.x(), way.y()), 1e-6))
            if self.rect().contains(end.toPoint()):
                break
        return start, end

    def _picture(self, pixels: Pixels, rect: QRectF) -> QImage:
        """Return the photo in device pixels; made once per photo and size."""
        ratio = self.devicePixelRatioF()
        room = max(1, round(rect.width() * ratio)), max(1, round(rect.height() * ratio))
        if self._rendered is None or self._rendered[0] != room:
            self._rendered = room, fitted(pixels, *room)
        return self._rendered[1]

    def _put(self, box: CropBox, chosen: int) -> None:
        self._box, self._chosen = box, chosen
        self.update()

    def _change(self, box: CropBox, chosen: int | None = None, *, by_keys: bool = False) -> None:
        chosen = self._chosen if chosen is None else chosen
        if (box, chosen) != (self._box, self._chosen):
            self._put(box, chosen)
            self._unsettled, self._by_keys = True, by_keys
            self.box_changed.emit(box, chosen)

    def _settle(self) -> None:
        if self._unsettled:
            self._unsettled = False
            self.box_settled.emit(self._by_keys)

    def _free(self) -> list[int]:
        return free_faces(self._found, (self._box, *self._others))

    def _choose(self, number: int) -> None:
        self._change(self._found[number], number)

    def _step(self, by: int) -> None:
        """Choose the next face that is free, or the one before."""
        order = sorted(self._free(), key=lambda n: ((n - self._chosen) * by - 1) % len(self._found))
        if order:
            self._choose(order[0])

    def _go_back(self) -> None:
        """Put the box back on the face that was found, or in the middle."""
        if 0 <= self._chosen < len(self._found):
            self._choose(self._chosen)
        else:
            x, y = self._photo[0] / 2, self._photo[1] / 2
            self._change(CropBox.around(x, y, min(self._photo)).within(*self._photo))

    def _is_on_box(self, point: QPointF, box: CropBox) -> bool:
        return all(0 <= share <= 1 for share in box.to_box(*self._to_photo(point)))

    def _corner_at(self, point: QPointF) -> int | None:
        corners = self._corners(self._box)
        near = (number for number in range(4) if _is_near(corners.at(number), point))
        return next(near, None)

    def _face_at(self, point: QPointF) -> int | None:
        free = self._free()
        return next((n for n in free if self._is_on_box(point, self._found[n])), None)

    def _other_at(self, point: QPointF) -> int | None:
        others = enumerate(self._others)
        return next((n for n, box in others if self._is_on_box(point, box)), None)

    def _drag_at(self, point: QPointF) -> partial[CropBox] | None:
        """Return what turns a point of the photo into a box, as long as the button is held."""
        box, photo = self._box, self._photo
        if _is_near(self.turn_handle(), point):
            upwards = box.to_box(*self._to_photo(point))[1] < 0.5
            return partial(turned_to, box, upwards=upwards, photo=photo)
        corner = self._corner_at(point)
        if corner is not None:
            return partial(with_corner_at, box, CORNERS[corner], photo=photo)
        if self._is_on_box(point, box):
            return partial(_moved_from, box, self._to_photo(point), photo=photo)
        return None

    def _cursor_at(self, point: QPointF) -> Qt.CursorShape:
        if _is_near(self.turn_handle(), point):
            return Qt.CursorShape.PointingHandCursor
        corner = self._corner_at(point)
        if corner is not None:
            rising = corner % 2 == 1
            return Qt.CursorShape.SizeBDiagCursor if rising else Qt.CursorShape.SizeFDiagCursor
        if self._is_on_box(point, self._box):
            return Qt.CursorShape.SizeAllCursor
        other = self._face_at(point) is not None or self._other_at(point) is not None
        return Qt.CursorShape.PointingHandCursor if other else Qt.CursorShape.ArrowCursor

    def sizeHint(self) -> QSize:
        return QSize(288, 288)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 96)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._pixels is None:
            return
        painter = QPainter(self)
        rect, _ = self._photo_rect()
        shown = paint_picture(painter, self._picture(self._pixels, rect), rect.topLeft(), RADIUS)
        painter.save()
        painter.setClipRect(self.rect())
        _dim_outside(painter, shown, self._corners(self._box), RADIUS)
        for number in self._free():
            _paint_faint(painter, self._corners(self._found[number]), dashed=True)
        for box in self._others:
            _paint_faint(painter, self._corners(box), dashed=False)
        _paint_box(painter, self._corners(self._box), self._stem(), self.palette())
        painter.restore()
        self._paint_caption(painter, rect)
        if self.hasFocus():
            paint_ring(painter, shown, self.palette())
        painter.end()

    def _caption_rect(self) -> QRectF:
        """Return the room of the caption, wrapped, at the top left of the widget."""
        room = QRect(0, 0, self.width(), self.height())
        return QRectF(self.fontMetrics().boundingRect(room, _CAPTION, self._caption or " "))

    def _paint_caption(self, painter: QPainter, rect: QRectF) -> None:
        height = self._caption_rect().height()
        line = QRectF(0, rect.bottom() + _GAP + 1, self.width(), height)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(line, _CAPTION, self._caption)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pixels is None:
            return
        self._drag = self._drag_at(event.position())
        if self._drag is not None:
            return
        face, other = self._face_at(event.position()), self._other_at(event.position())
        if face is not None:
            self._choose(face)
        elif other is not None:
            self.other_chosen.emit(other)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._change(self._drag(self._to_photo(event.position())))
        elif self._pixels is not None:
            self.setCursor(self._cursor_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = None
            self._settle()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pixels is not None:
            self._drag = None
            self._go_back()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, box = event.key(), None
        if self._pixels is not None:
            box = after_key(self._box, key, event.modifiers(), self._photo)
        if box is not None:
            self._change(box, by_keys=True)
        elif key in (_Key.Key_PageUp, _Key.Key_PageDown):
            self._step(1 if key == _Key.Key_PageDown else -1)
        elif key == _Key.Key_Home:
            self._go_back()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._settle()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._settle()


def _is_near(handle: QPointF, point: QPointF) -> bool:
    return math.hypot(handle.x() - point.x(), handle.y() - point.y()) <= _REACH


def _moved_from(box: CropBox, start: Point, to: Point, *, photo: Size) -> CropBox:
    return moved(box, (to[0] - start[0], to[1] - start[1]), photo)


def _dim_outside(painter: QPainter, photo: QRectF, box: QPolygonF, radius: float) -> None:
    """Darken the photo around the box."""
    around, inside = QPainterPath(), QPainterPath()
    around.addRoundedRect(photo, radius, radius)
    inside.addPolygon(box)
    painter.fillPath(around.subtracted(inside), _DIM)


def _paint_faint(painter: QPainter, box: QPolygonF, *, dashed: bool) -> None:
    """Paint the outline of a face that could be chosen, or undashed of one that was added."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width, line in ((_HALO, 3.0, Qt.PenStyle.SolidLine), (_FAINT, 1.5, style)):
        painter.setPen(QPen(color, width, line))
        painter.drawPolygon(box)


def _paint_box(
    painter: QPainter, corners: QPolygonF, stem: tuple[QPointF, QPointF], palette: QPalette
) -> None:
    """Paint the chosen box with a handle at each corner and one on a stem, to turn it."""
    closed = QPolygonF(corners)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((_HALO, 4.0), (_LINE, 2.0)):
        painter.setPen(QPen(color, width))
        painter.drawPolygon(closed)
        painter.drawLine(*stem)
    painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
    painter.setPen(QPen(_LINE, 1.5))
    for point in _points(corners, stem[1]):
        painter.drawEllipse(point, _HANDLE, _HANDLE)


def _points(corners: QPolygonF, end: QPointF) -> Sequence[QPointF]:
    return [*(corners.at(index) for index in range(corners.count())), end]
