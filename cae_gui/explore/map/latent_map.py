"""The widget of the map: zoom and pan, choosing a point, dragging the edited face's marker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from cae_gui.explore.map.map_dots import (
    Coloring,
    Table,
    dots_image,
    inside,
    plain_table,
    scale_table,
)
from cae_gui.explore.map.map_painting import (
    CARD_SIDE,
    GAP,
    MARKER_RADIUS,
    SIDE,
    ThumbnailCache,
    one_a_cell,
    paint_card,
    paint_frame,
    paint_marker,
    paint_path,
    paint_pointed,
    paint_scale,
    spaced,
)
from cae_gui.explore.map.map_view import MapView
from cae_gui.widgets.images import Pixels, fitted
from cae_gui.widgets.painting import on_pixel, paint_empty_text

Floats = NDArray[np.float32]

MOST_WITH_FACES = 500
"""With at most this number of points in view, a face is shown wherever there is room.

Among more, faces keep ``AMONG_MANY`` px from each other, for the dots to be seen between them.
"""
AMONG_MANY = 32

_MOVE_MS = 400
_REACH = 12.0  # px: largest distance at which a dot is pointed at
_STEP = 48  # px that an arrow key pans
_TRAVEL_STEP = 8  # px that it moves the marker, with Shift
_KEY_ZOOM = 1.25
_WHEEL_ZOOM = 1.0015  # per 1/8 degree of the wheel: a notch zooms by a fifth
_ARROWS = {
    int(Qt.Key.Key_Left): (-1, 0),
    int(Qt.Key.Key_Right): (1, 0),
    int(Qt.Key.Key_Up): (0, -1),
    int(Qt.Key.Key_Down): (0, 1),
}
_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class LatentMap(QWidget):
    """Shows points, the marker of the edited face, and its path.

    Wheel, + and - zoom; a drag and the arrow keys pan; 0 or a double click shows all. A drag of
    the marker, a drag with Shift anywhere, and the arrow keys with Shift move the edited face.

    Signals:
        point_clicked(int): a point was chosen, by mouse or Enter; its index.
        travel_started(), travelled(float, float), travel_finished(): the edited face is moved to a
            point in map coordinates; started and finished enclose one drag or key press.
        shown(): the map came into view.
    """

    shown = Signal()
    point_clicked = Signal(int)
    travel_started = Signal()
    travelled = Signal(float, float)
    travel_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: Floats | None = None  # as painted, also during their animation
        self._begin = self._end = np.zeros((0, 2), np.float32)
        self._places = np.zeros((0, 2), np.float32)
        self._view: MapView | None = None
        self._shows_all = True
        self._coloring: Coloring | None = None
        self._shades = np.zeros(0, np.uint8)
        self._dots: QImage | None = None
        self._dots_ratio = 1.0
        self._name: Callable[[int], str] | None = None
        self._picture: Callable[[int], Pixels] | None = None
        self._thumbnails: ThumbnailCache | None = None
        self._with_faces: list[int] = []
        self._here: tuple[float, float] | None = None
        self._path = np.zeros((0, 2), np.float32)
        self._pointed: int | None = None
        self._pointer = QPointF()
        self._is_hot = False
        self._card: tuple[int, QImage] | None = None
        self._empty_text = ""
        self._press_at: QPointF | None = None
        self._pressed_on: int | None = None
        self._is_panning = False
        self.is_travelling = False
        self._moving = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=_MOVE_MS)
        self._moving.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._moving.valueChanged.connect(self._on_moving)
        self._more_faces = QTimer(self, singleShot=True, interval=0)
        self._more_faces.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the faces")
        self._describe()

    def set_points(self, points: Floats | None) -> None:
        """Show points (N, 2); None or N = 0 shows none.

        If N stays the same and the map is visible, the points are animated to the new positions.
        """
        self._moving.stop()
        if points is None or not len(points):
            self._points = self._view = None
        elif self._points is None or len(points) != len(self._points):
            self._shows_all, self._with_faces = True, []
            self._points = points
        elif self.isVisible():
            self._begin, self._end = self._points, points
            self._moving.start()
        else:
            self._points = points
        self._redo()

    def set_faces(
        self, name: Callable[[int], str] | None, picture: Callable[[int], Pixels] | None
    ) -> None:
        """Set functions from a point's index to its name and its face uint8 (48, 48, 3)."""
        self._name, self._picture, self._card = name, picture, None
        self._thumbnails = ThumbnailCache(picture) if picture else None
        self.update()

    def set_coloring(self, coloring: Coloring | None) -> None:
        """Color the points by values; None paints all in one color."""
        self._coloring = coloring
        self._shades = np.zeros(0, np.uint8) if coloring is None else coloring.shades()
        self._redo()

    def set_here(self, place: tuple[float, float] | None) -> None:
        """Place the marker of the edited face, in map coordinates; None hides it."""
        self._here = place
        self.update()

    def set_path(self, points: Floats) -> None:
        """Show the earlier positions (M, 2) of the edited face, the oldest first."""
        self._path = points
        self.update()

    def set_empty_text(self, text: str) -> None:
        """Set the text shown without points."""
        self._empty_text = text
        self._describe()
        self.update()

    @Slot()
    def fit(self) -> None:
        """Show all points, also after a resize, until the user zooms or pans."""
        self._shows_all = True
        self._redo()

    def here(self) -> QPointF | None:
        """Return the position of the marker in the widget, or None without one."""
        return None if self._here is None else self.place_of(*self._here)

    def place_of(self, x: float, y: float) -> QPointF | None:
        """Return the position in the widget of map coordinates; None without points."""
        if self._view is None:
            return None
        return QPointF(*self._view.to_widget(np.array([x, y])).tolist())

    def _look(self, view: MapView) -> None:
        """Show another part of the map."""
        self._view, self._shows_all = view, False
        self._redo()

    def _redo(self) -> None:
        """Compute all points' positions in the widget again."""
        self._dots = None
        points = self._points
        if points is not None and (self._shows_all or self._view is None):
            self._view = MapView.fitting(points, self.width(), self.height())
        if points is not None and self._view is not None:
            self._places = self._view.to_widget(points)
        self._pointed = None  # another point lies under the pointer now
        self._describe()
        self.update()

    def _describe(self) -> None:
        if self._points is None:
            self.setAccessibleDescription(self._empty_text)
            return
        pointed = "" if self._pointed is None or not self._name else self._name(self._pointed)
        count, in_view = len(self._points), int(self._inside(0).sum())
        parts = [
            f"{count:,} faces, {in_view:,} in view",
            f"pointing at {pointed}" if pointed else "",
        ]
        self.setAccessibleDescription("; ".join(part for part in parts if part))

    def _inside(self, margin: float) -> NDArray[np.bool_]:
        return inside(self._places, self.width(), self.height(), margin)

    def _point_at(self, place: QPointF) -> int | None:
        """Return the point whose face or dot lies at a position in the widget, or None."""
        if self._points is None:
            return None
        at = np.array([place.x(), place.y()])
        for point in self._with_faces:
            if np.abs(self._places[point] - at).max() <= SIDE / 2:
                return point
        nearest = self._nearest_to(place)
        return nearest if np.hypot(*(self._places[nearest] - at)) <= _REACH else None

    def _nearest_to(self, place: QPointF) -> int:
        apart = self._places - np.array([place.x(), place.y()])
        return int(np.hypot(*apart.T).argmin())

    def _is_on_marker(self, place: QPointF) -> bool:
        here = self.here()
        return here is not None and _distance(here, place) <= MARKER_RADIUS + 4

    def _hover(self, place: QPointF) -> None:
        self._pointer = place
        self._is_hot = self._is_on_marker(place)
        self._point_to(None if self._is_hot else self._point_at(place))
        over_face = self._is_hot or self._pointed is not None
        shape = Qt.CursorShape.PointingHandCursor if over_face else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def _point_to(self, point: int | None) -> None:
        if point != self._pointed:
            self._pointed = point
            self._describe()
        self.update()

    def _zoom(self, factor: float, place: QPointF) -> None:
        if self._view is not None:
            self._look(self._view.zoomed(factor, place.x(), place.y()))

    def _pan(self, dx: float, dy: float) -> None:
        if self._view is not None:
            self._look(self._view.panned(dx, dy))

    def _on_arrow(self, dx: int, dy: int, *, travel: bool) -> None:
        here = self.here()
        if travel and here is not None:
            self._travel_to(here + QPointF(dx, dy) * _TRAVEL_STEP)
        elif not travel:
            self._pan(-dx * _STEP, -dy * _STEP)

    def _pick(self) -> None:
        """Choose the point under the pointer, else the one nearest to the marker."""
        here = self.here()
        if self._pointed is not None:
            self.point_clicked.emit(self._pointed)
        elif here is not None and self._points is not None:
            self.point_clicked.emit(self._nearest_to(here))

    def _begin_drag(self, place: QPointF) -> None:
        if self._is_hot:
            self._travel_to(place)
        else:
            self._is_panning = True
            self._point_to(None)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _travel_to(self, place: QPointF) -> None:
        if self._view is None:
            return
        if not self.is_travelling:
            self.is_travelling = self._is_hot = True
            self._point_to(None)
            self.travel_started.emit()
        self.travelled.emit(*self._view.to_map(place.x(), place.y()))

    def _end_travel(self) -> None:
        if self.is_travelling:
            self.is_travelling = False
            self.travel_finished.emit()
            self.update()

    def _paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if self._points is None or self._view is None:
            return
        ratio = painter.deviceTransform().m11()
        if self._dots is None or ratio != self._dots_ratio:
            self._dots, self._dots_ratio = self._make_dots(ratio), ratio
            self._choose_faces()
        corner = QPointF(self._dots.offset()) / ratio
        painter.drawImage(QRectF(corner, self._dots.size().toSizeF() / ratio), self._dots)
        self._paint_faces(painter, round(SIDE * ratio))

    def _make_dots(self, ratio: float) -> QImage:
        shades = self._shades if self._is_colored() else np.zeros(len(self._places), np.uint8)
        # Rounded to quarters, so that cached discs serve many zoom steps.
        radius = max(round(self._radius() * ratio * 4), 4) / 4
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        return dots_image(self._places * ratio, shades, self._table(), radius, width, height)

    def _is_colored(self) -> bool:
        """Whether each point has a value; the coloring may still be that of earlier points."""
        return self._coloring is not None and len(self._shades) == len(self._places)

    def _table(self) -> Table:
        return (scale_table if self._is_colored() else plain_table)(self.palette())

    def _radius(self) -> float:
        assert self._view is not None
        alone = min(max(1.5 * (12_000 / len(self._places)) ** 0.25, 1.5), 3.5)
        return float(min(alone * max(self._view.zoom, 1.0) ** 0.35, 5.0))

    def _choose_faces(self) -> None:
        near = np.flatnonzero(self._inside(SIDE / 2))
        if self._thumbnails is None:
            self._with_faces = []
            return
        kept, apart = np.intersect1d(self._with_faces, near).astype(np.int64), SIDE + GAP
        if len(near) > MOST_WITH_FACES:
            apart = SIDE + AMONG_MANY
            near = np.union1d(near[one_a_cell(self._places[near], apart)], kept)
        first = np.searchsorted(near, kept).tolist()
        self._with_faces = near[spaced(self._places[near], first, apart)].tolist()

    def _paint_faces(self, painter: QPainter, side: int) -> None:
        if not self._with_faces or self._thumbnails is None:
            return
        ratio = painter.deviceTransform().m11()
        table = self._table()
        found, complete = self._thumbnails.ready(self._with_faces, side)
        for point, image in found:
            x, y = self._places[point].tolist()
            corner = on_pixel(painter, QPointF(x - SIDE / 2, y - SIDE / 2))
            outline = QRectF(corner, image.size().toSizeF() / ratio)
            painter.drawImage(outline, image)
            if self._is_colored():
                paint_frame(painter, outline, table[self._shades[point]])
        if not complete:
            self._more_faces.start()

    def _paint_overlay(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        if len(self._path) and self._view is not None:
            end = self._path[-1:] if self._here is None else np.array([self._here])
            paint_path(painter, self._view.to_widget(np.vstack([self._path, end])), palette)
        here = self.here()
        if here is not None:
            paint_marker(painter, here, palette, hot=self._is_hot)
        if self._coloring is not None and self._is_colored():
            paint_scale(painter, self._coloring, self._table(), self.rect(), palette)
        if self._pointed is not None:
            self._paint_pointed(painter, self._pointed)

    def _paint_pointed(self, painter: QPainter, point: int) -> None:
        place = QPointF(*self._places[point].tolist())
        paint_pointed(painter, place, self.palette(), is_face=point in self._with_faces)
        if self._picture is None or self._name is None:
            return
        side = round(CARD_SIDE * painter.deviceTransform().m11())
        if self._card is None or self._card[0] != point or self._card[1].width() != side:
            self._card = (point, fitted(self._picture(point), side, side))
        image, name = self._card[1], self._name(point)
        paint_card(painter, image, name, self._pointer, self.rect(), self.palette())

    @Slot(object)
    def _on_moving(self, share: float) -> None:
        self._points = self._begin + np.float32(share) * (self._end - self._begin)
        self._redo()

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_ground(painter)
        if self._points is None:
            paint_empty_text(painter, self, self.rect(), self._empty_text)
        else:
            self._paint_overlay(painter)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._view is not None:
            self._view = self._view.resized(self.width(), self.height())
        self._redo()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._redo()

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
        elif self.is_travelling:
            self._travel_to(place)
        elif self._is_panning:
            self._pan(place.x() - self._press_at.x(), place.y() - self._press_at.y())
            self._press_at = place
        elif _distance(place, self._press_at) >= QApplication.startDragDistance():
            self._begin_drag(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._press_at is not None and not (self._is_panning or self.is_travelling)
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

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat() and self._press_at is None:
            self._end_travel()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._press_at is None:
            self._end_travel()
        super().focusOutEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        self._press_at, self._is_panning = None, False
        self._end_travel()
        super().hideEvent(event)


def _distance(one: QPointF, two: QPointF) -> float:
    return (one - two).manhattanLength()
