"""What a slider shows at seven of its values, as small faces to click and to drag along."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from cae_gui.widgets.images import Pixels, checked_pixels, fitted
from cae_gui.widgets.painting import paint_picture, paint_ring

PICTURES = 7
"""Pictures of a strip, at even distances from the lowest value to the highest."""
SIDE = 36
"""Of a picture, in px."""
_RADIUS = 4.0


class PictureStrip(QWidget):
    """Pictures from the lowest value at the left to the highest; one may be marked.

    A share is a place among the values: 0 is the lowest, 1 the highest. The middles of the first
    and of the last picture are 0 and 1.

    Signals:
        pressed(float): the share of a picture that was pressed.
        dragged(float): the share where the mouse is, once it moves on with the button down.
        released(): the button was released.
    """

    pressed = Signal(float)
    dragged = Signal(float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faces: list[Pixels] = []
        self._rendered: list[QImage] = []
        self._marked: int | None = None
        self._pressed_at: QPointF | None = None
        self._is_dragging = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_faces(self, faces: Pixels | None) -> None:
        """Show faces uint8 (``PICTURES``, 48, 48, 3), or empty wells.

        They aren't copied, and mustn't change.

        Raises:
            ValueError: they are of another kind, or another number.
        """
        if faces is not None and len(faces) != PICTURES:
            raise ValueError(f"{len(faces)} pictures instead of {PICTURES}")
        if faces is None and not self._faces:
            return
        self._faces = [] if faces is None else [checked_pixels(face) for face in faces]
        self._rendered = []
        self.update()

    def has_faces(self) -> bool:
        """Return whether there are pictures instead of empty wells."""
        return bool(self._faces)

    def mark(self, share: float) -> None:
        """Mark the picture nearest to a share; none where that is beyond the ends."""
        number = round(share * (PICTURES - 1))
        marked = number if 0 <= number < PICTURES else None
        if marked != self._marked:
            self._marked = marked
            self.update()

    def place(self, number: int) -> QRectF:
        """Return where a picture is."""
        x = number * (self.width() - SIDE) / (PICTURES - 1)
        return QRectF(x, 0, SIDE, SIDE)

    def _share_at(self, x: float) -> float:
        return min(max((x - SIDE / 2) / max(self.width() - SIDE, 1), 0.0), 1.0)

    def _pictures(self) -> list[QImage]:
        side = round(SIDE * self.devicePixelRatioF())
        if self._faces and (not self._rendered or self._rendered[0].width() != side):
            self._rendered = [fitted(face, side, side) for face in self._faces]
        return self._rendered

    def sizeHint(self) -> QSize:
        return QSize(PICTURES * (SIDE + 2), SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, pictures = QPainter(self), self._pictures()
        if not self.isEnabled():
            painter.setOpacity(0.4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(PICTURES):
            place = self.place(number)
            if pictures:
                paint_picture(painter, pictures[number], place.topLeft(), _RADIUS)
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.palette().color(QPalette.ColorRole.Midlight))
                painter.drawRoundedRect(place, _RADIUS, _RADIUS)
            if number == self._marked:
                paint_ring(painter, place, self.palette(), gap=-3.0, radius=_RADIUS)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()  # with Ctrl the list drags over several rows
            return
        self._pressed_at, self._is_dragging = event.position(), False
        number = round(self._share_at(event.position().x()) * (PICTURES - 1))
        self.pressed.emit(number / (PICTURES - 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            event.ignore()
            return
        way = (event.position() - self._pressed_at).manhattanLength()
        self._is_dragging |= way >= QApplication.startDragDistance()
        if self._is_dragging:
            self.dragged.emit(self._share_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            event.ignore()
            return
        self._pressed_at = None
        self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # two clicks; elsewhere in the row it would reset the slider
