"""A map of faces: wheel and drag move it, a click picks a face, and a face can travel over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from cae_gui.explore.map.map_overlay import MapOverlay
from cae_gui.explore.map.map_painting import MARKER_RADIUS

_STEP = 48  # px that an arrow key moves the map
_TRAVEL_STEP = 8  # px that it moves the face
_KEY_ZOOM = 1.25
_WHEEL_ZOOM = 1.0015  # a degree of the wheel is 8 of these: a notch zooms by a fifth
_ARROWS = {
    int(Qt.Key.Key_Left): (-1, 0),
    int(Qt.Key.Key_Right): (1, 0),
    int(Qt.Key.Key_Up): (0, -1),
    int(Qt.Key.Key_Down): (0, 1),
}
_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class LatentMap(MapOverlay):
    """Shows points, the present face among them, and the way it came.

    Wheel, + and - zoom; a drag and the arrow keys pan; 0 or a double click shows all. A drag of
    the present face's marker, a drag with Shift anywhere, and the arrow keys with Shift travel.

    Signals:
        point_clicked(int): a point was chosen, by mouse or Enter; its index.
        travel_started(), travelled(float, float), travel_finished(): a place of the map that the
            present face is to go to, between a beginning and an end.
    """

    point_clicked = Signal(int)
    travel_started = Signal()
    travelled = Signal(float, float)
    travel_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._press_at: QPointF | None = None
        self._pressed_on: int | None = None
        self._is_panning = self._is_travelling = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _is_on_marker(self, place: QPointF) -> bool:
        here = self.here()
        return here is not None and _way(here, place) <= MARKER_RADIUS + 4

    def _hover(self, place: QPointF) -> None:
        self._pointer = place
        self._is_hot = self._is_on_marker(place)
        self._point_to(None if self._is_hot else self._point_at(place))
        over_face = self._is_hot or self._pointed is not None
        shape = Qt.CursorShape.PointingHandCursor if over_face else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def _zoom(self, factor: float, place: QPointF) -> None:
        if self._view is not None:
            self._look(self._view.zoomed(factor, place.x(), place.y()))

    def _pan(self, dx: float, dy: float) -> None:
        if self._view is not None:
            self._look(self._view.panned(dx, dy))

    def _travel_to(self, place: QPointF) -> None:
        if self._view is None:
            return
        if not self._is_travelling:
            self._is_travelling = self._is_hot = True
            self._point_to(None)
            self.travel_started.emit()
        self.travelled.emit(*self._view.to_map(place.x(), place.y()))

    def _end_travel(self) -> None:
        if self._is_travelling:
            self._is_travelling = False
            self.travel_finished.emit()
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._points is None or event.button() not in (_LEFT, _MIDDLE):
            return
        place = event.position()
        left = event.button() == _LEFT
        self._press_at = place
        self._is_hot = left and self._is_on_marker(place)
        self._pressed_on = self._point_at(place) if left and not self._is_hot else None
        if left and event.modifiers() & _SHIFT and self._here is not None:
            self._travel_to(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._press_at is None:
            self._hover(place)
        elif self._is_travelling:
            self._travel_to(place)
        elif self._is_panning:
            self._pan(place.x() - self._press_at.x(), place.y() - self._press_at.y())
            self._press_at = place
        elif _way(place, self._press_at) >= QApplication.startDragDistance():
            self._begin_drag(place)

    def _begin_drag(self, place: QPointF) -> None:
        if self._is_hot:
            self._travel_to(place)
        else:
            self._is_panning = True
            self._point_to(None)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._press_at is not None and not (self._is_panning or self._is_travelling)
        point, self._pressed_on = self._pressed_on, None
        self._press_at, self._is_panning = None, False
        self._end_travel()
        if clicked and point is not None:
            self.point_clicked.emit(point)
        self._hover(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        on_ground = self._point_at(event.position()) is None
        if event.button() == _LEFT and on_ground and not self._is_on_marker(event.position()):
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom(_WHEEL_ZOOM ** event.angleDelta().y(), event.position())
        self._hover(event.position())
        event.accept()

    def leaveEvent(self, _event: QEvent) -> None:
        self._is_hot = False
        self._point_to(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, middle = event.key(), QPointF(self.rect().center())
        if key in _ARROWS:
            self._on_arrow(*_ARROWS[key], travel=bool(event.modifiers() & _SHIFT))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(_KEY_ZOOM, middle)
        elif key == Qt.Key.Key_Minus:
            self._zoom(1 / _KEY_ZOOM, middle)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick()
        else:
            super().keyPressEvent(event)

    def _on_arrow(self, dx: int, dy: int, *, travel: bool) -> None:
        here = self.here()
        if travel and here is not None:
            self._travel_to(here + QPointF(dx, dy) * _TRAVEL_STEP)
        elif not travel:
            self._pan(-dx * _STEP, -dy * _STEP)

    def _pick(self) -> None:
        """Choose what is pointed at, or else the face nearest to the present one's place."""
        here = self.here()
        if self._pointed is not None:
            self.point_clicked.emit(self._pointed)
        elif here is not None and self._points is not None:
            self.point_clicked.emit(self._nearest_to(here))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat() and self._press_at is None:
            self._end_travel()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._press_at is None:
            self._end_travel()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._press_at, self._is_panning = None, False
        self._end_travel()
        super().hideEvent(event)


def _way(one: QPointF, two: QPointF) -> float:
    return (one - two).manhattanLength()
