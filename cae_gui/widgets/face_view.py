"""One image, large: a face or a photograph."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QWidget

from cae_gui.widgets.controls import as_tip
from cae_gui.widgets.face_mime import MIME_TYPE, face_from_mime, start_face_drag
from cae_gui.widgets.images import Pixels, checked_pixels, fitted
from cae_gui.widgets.painting import paint_empty_text, paint_picture, paint_ring, paint_well
from cae_gui.widgets.tokens import RADIUS
from model.face_set import FACE_SHAPE

_MARGIN = 4  # room for the ring
_CAPTION_GAP = 4
_CLICKS = Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter
_COPIED = 192  # the least side of a copied picture: a face has 48 pixels


class FaceView(QWidget):
    """Shows one image as large as fits into a square, and a caption under it.

    Signals:
        clicked(): by mouse, or by Space or Enter where it is droppable.
        face_dropped(str, object): name and uint8 (48, 48, 3) pixels; only if droppable.
        painted(int): a new image has been painted for the first time; carries its stamp.
    """

    clicked = Signal()
    face_dropped = Signal(str, object)
    painted = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, droppable: bool = False) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._rendered: QImage | None = None
        self._unpainted: int | None = None
        self._placeholder = self._caption = self._face_name = ""
        self._press_at: QPoint | None = None
        self._drop_hover = False
        self._droppable = droppable
        self._menu: QMenu | None = None
        self.setAcceptDrops(droppable)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if droppable else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe()

    def set_image(self, pixels: NDArray[Any] | None, stamp: int = 0) -> None:
        """Show uint8 (H, W, 3) `pixels`, or the placeholder; scaling waits for the painting.

        A photograph much larger than the screen should come reduced: 12 megapixels take 60 ms.

        Raises:
            ValueError: `pixels` isn't uint8 (H, W, 3).
        """
        self._pixels = None if pixels is None else checked_pixels(pixels).copy()
        self._unpainted = None if pixels is None else stamp
        self._rendered = None
        self.update()

    def pixels(self) -> Pixels | None:
        """Return the image uint8 (H, W, 3), or None without one."""
        return self._pixels

    def set_placeholder(self, text: str) -> None:
        """Say what to do here while there is no image."""
        self._placeholder = text
        self._describe()
        self.update()

    def set_caption(self, text: str) -> None:
        """Set the small line under the image; "" takes its room away."""
        if text == self._caption:
            return  # it may be set with each picture of a slider
        self._caption = text
        self._describe()
        self.updateGeometry()
        self.update()

    def set_face_name(self, name: str) -> None:
        """Name the image; a named 48 x 48 image can be dragged to another place."""
        self._face_name = name
        self._describe()

    def menu(self) -> QMenu:
        """Return the context menu of the image, to which can be added; it copies the image."""
        if self._menu is None:
            self._menu = QMenu(self)
            self._menu.addAction("&Copy picture\tCtrl+C", self.copy)
        return self._menu

    def picture(self) -> QImage | None:
        """Return the image to copy, small ones enlarged; None where there is none."""
        pixels = self.pixels()
        if pixels is None:
            return None
        side = max(*pixels.shape[:2], _COPIED)
        return fitted(pixels, side, side)

    def copy(self) -> None:
        """Put the image on the clipboard."""
        picture = self.picture()
        if picture is not None:
            QGuiApplication.clipboard().setImage(picture)

    def picture_rect(self) -> QRect:
        """Return the square, in this widget's coordinates, into which the image is fitted."""
        room = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN - self._caption_height())
        side = max(1, min(room.width(), room.height()))
        left, top = (room.width() - side) // 2, (room.height() - side) // 2
        return QRect(room.x() + left, room.y() + top, side, side)

    def caption_rect(self) -> QRect:
        """Return where the caption is, in this widget's coordinates; empty without one."""
        below = self.picture_rect().bottom() + 1
        return QRect(0, below, self.width(), self._caption_height())

    def size_around(self, side: int) -> QSize:
        """Return the size at which the picture is a square of this side."""
        return QSize(side + 2 * _MARGIN, side + 2 * _MARGIN + self._caption_height())

    def setToolTip(self, text: str) -> None:
        super().setToolTip(as_tip(text))

    def _describe(self) -> None:
        parts = [part for part in (self._caption, self._face_name) if part]
        self.setAccessibleName(": ".join(parts) or self._placeholder or "Face")
        self.setToolTip(self._face_name)

    def _caption_height(self) -> int:
        return self.fontMetrics().height() + _CAPTION_GAP if self._caption else 0

    def _picture(self, square: QRect) -> QImage | None:
        """The image in device pixels; made once per image and size."""
        if self._pixels is None:
            return None
        side = max(1, int(square.width() * self.devicePixelRatioF()))
        if self._rendered is None or side != max(self._rendered.width(), self._rendered.height()):
            self._rendered = fitted(self._pixels, side, side)
        return self._rendered

    def _paint(self, painter: QPainter) -> None:
        square = self.picture_rect()
        outline = QRectF(square)
        picture = self._picture(square)
        if picture is None:
            paint_well(painter, outline, self.palette(), dashed=self._droppable)
            paint_empty_text(painter, self, square, self._placeholder)
        else:
            ratio = self.devicePixelRatioF()
            left = square.x() + (square.width() - picture.width() / ratio) / 2
            top = square.y() + (square.height() - picture.height() / ratio) / 2
            outline = paint_picture(painter, picture, QPointF(left, top), RADIUS)
        self._paint_caption(painter, square)
        if self._drop_hover or self.hasFocus():
            paint_ring(painter, outline, self.palette())

    def _paint_caption(self, painter: QPainter, square: QRect) -> None:
        line = QRect(0, square.bottom() + 1 + _CAPTION_GAP, self.width(), self._caption_height())
        line.moveCenter(QPoint(square.center().x(), line.center().y()))
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self._caption, Qt.TextElideMode.ElideMiddle, line.width())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), text)

    def _set_drop_hover(self, hover: bool) -> None:
        self._drop_hover = hover
        self.update()

    def sizeHint(self) -> QSize:
        return self.size_around(192)

    def minimumSizeHint(self) -> QSize:
        return self.size_around(64)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter)
        painter.end()
        if self._unpainted is not None:
            stamp, self._unpainted = self._unpainted, None
            self.painted.emit(stamp)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press_at is None or self._pixels is None or not self._face_name:
            return
        way = (event.position().toPoint() - self._press_at).manhattanLength()
        if self._pixels.shape == FACE_SHAPE and way >= QApplication.startDragDistance():
            self._press_at = None
            start_face_drag(self, self._face_name, self._pixels)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._press_at = self._press_at is not None, None
        if pressed and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the image, by the menu key in the middle of it."""
        if self._pixels is not None:
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            place = self.mapToGlobal(self.picture_rect().center())
            self.menu().popup(place if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif self._droppable and event.key() in _CLICKS:
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME_TYPE) and event.source() is not self:
            event.acceptProposedAction()
            self._set_drop_hover(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._set_drop_hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_drop_hover(False)
        face = face_from_mime(event.mimeData())
        if face is not None:
            event.acceptProposedAction()
            self.face_dropped.emit(*face)


def largest_picture(part: QWidget | None) -> QImage | None:
    """Return the image of the largest view that is in view in a part, if there is one."""
    views = part.findChildren(FaceView) if part is not None else []
    shown = [view for view in views if view.isVisible() and view.picture() is not None]
    widest = max(shown, key=lambda view: view.picture_rect().width(), default=None)
    return None if widest is None else widest.picture()
