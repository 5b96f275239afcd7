"""The widget of the map: zoom and pan, choosing points, dragging the edited face's marker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
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
    accent_table,
    dimmed_table,
    dots_image,
    inside,
    paled,
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
    paint_stroke,
    paint_word,
    spaced,
)
from cae_gui.explore.map.map_view import MapView
from cae_gui.explore.map.strokes import Change, Mask, Mode, Stroke
from cae_gui.widgets.images import Pixels, fitted
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.painting import on_pixel, paint_empty_text

Floats = NDArray[np.float32]

MOST_WITH_FACES = 500
"""With at most this number of points in view, a face is shown wherever there is room.

Among more, faces keep ``AMONG_MANY`` px from each other, for the dots to be seen between them.
"""
AMONG_MANY = 32

LOOK_STEP = SIDE + GAP
"""Pixels that an arrow key moves the place that is looked at: the distance of decoded faces."""

_MOVE_MS = 400
_REACH = 12.0  # px: largest distance at which a dot is pointed at
_STEP = 48  # px that an arrow key pans
_TRAVEL_STEP = 8  # px that it moves the marker, with Shift
_SHORTEST = 2.0  # px between the vertices of a line
_RECTANGLE = 0.25  # of the map's sides: a rectangle by keyboard, at first
_RECTANGLE_STEP = 16  # px that an arrow key moves it, or with Shift its corner
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
_MODES = {
    int(Qt.Key.Key_L): Mode.LASSO,
    int(Qt.Key.Key_R): Mode.RECTANGLE,
    int(Qt.Key.Key_P): Mode.PATH,
    int(Qt.Key.Key_A): Mode.LOOK,
}
_RING = 2.0  # px by which a marked dot's ring is wider
_PALE = 0.3  # opacity of a face that isn't selected
_SIGNS = {Change.REPLACE: "", Change.ADD: "+", Change.REMOVE: "−"}


class LatentMap(QWidget):
    """Shows points, the marker of the edited face, and its path.

    Wheel, + and - zoom; a drag and the arrow keys pan; 0 or a double click shows all. A drag of
    the marker, a drag with Shift anywhere, and the arrow keys with Shift move the edited face.

    In another ``mode`` (L, R, P; Escape goes back) a drag draws a lasso, a rectangle or a path.
    Areas find points: with Shift or Ctrl to be added, with Alt, or Shift and Ctrl, to be removed.
    By keyboard, Space puts a rectangle on the map, which arrow keys move and with Shift size;
    Enter takes it. While looking around (A) a click and Enter choose a place, arrow keys move it.

    Signals:
        over_ground(object): the pointer is over no face at this position in the widget, a QPointF;
            None once it no longer is. While looking around it is the place that is looked at.
        viewed(): other points or another part of the map are in view, or the size has changed.
        place_chosen(QPointF): a position in the widget was chosen while looking around.
        menu_asked(QPointF): a menu is wanted for a position in the widget, by mouse or key.
        mode_changed(Mode): a drag does something else now.
        sweeping(object, Change): the points, bool (N,), in the area that is being drawn.
        swept(object, Change): the points, bool (N,), that were drawn around or clicked on in a
            mode that draws areas, or chosen by Ctrl+A (all in view) or Escape (none).
        sweep_dropped(): an area was given up.
        path_drawn(object): a path was drawn; its vertices float32 (M, 2), M >= 2, in map
            coordinates.
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
    mode_changed = Signal(object)
    sweeping = Signal(object, object)
    swept = Signal(object, object)
    sweep_dropped = Signal()
    path_drawn = Signal(object)
    over_ground = Signal(object)
    viewed = Signal()
    place_chosen = Signal(QPointF)
    menu_asked = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: Floats | None = None  # as painted, also during their animation
        self._begin = self._end = np.zeros((0, 2), np.float32)
        self._places = np.zeros((0, 2), np.float32)
        self._view: MapView | None = None
        self._shows_all = True
        self._coloring: Coloring | None = None
        self._shades = np.zeros(0, np.uint8)
        self._dimmed: Mask | None = None
        self._selected: Mask | None = None
        self._marked = np.zeros(0, np.int64)
        self._dots: list[QImage] = []
        self._dots_ratio = 1.0
        self._name: Callable[[int], str] | None = None
        self._picture: Callable[[int], Pixels] | None = None
        self._thumbnails: ThumbnailCache | None = None
        self._with_faces: list[int] = []
        self._are_faces_chosen = False
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
        self.mode = Mode.TRAVEL
        self._change: Change | None = None  # of the press, in a mode that draws
        self._stroke: Stroke | None = None
        self._found = 0  # points inside it
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
        if points is None or self._points is None or len(points) != len(self._points):
            self._drop_stroke()
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
        self._are_faces_chosen = False
        self.update()

    def set_coloring(self, coloring: Coloring | None) -> None:
        """Color the points by values; None paints all in one color."""
        self._coloring = coloring
        self._shades = np.zeros(0, np.uint8) if coloring is None else coloring.shades()
        self._redo()

    def set_dimmed(self, dimmed: Mask | None) -> None:
        """Let some points (N,) be faint dots without a face, below all others; None dims none.

        Areas find no dimmed points.
        """
        self._dimmed, self._dots, self._are_faces_chosen = dimmed, [], False
        self.update()

    def set_selected(self, selected: Mask | None) -> None:
        """Paint the points with True in (N,) so that they stand out; None is no selection."""
        before, self._selected = self._selected, selected
        if before is not None and selected is not None and np.array_equal(before, selected):
            return  # most moves of the mouse that draws find nothing else
        self._dots = []
        self._describe()
        self.update()

    def set_marked(self, points: NDArray[np.int64]) -> None:
        """Paint rings around these points (K,)."""
        self._marked, self._dots = points, []
        self.update()

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

    def set_mode(self, mode: Mode) -> None:
        """Choose what a drag does."""
        if mode is not self.mode:
            self._drop_stroke()
            self.mode, self._is_hot = mode, False
            shapes = Qt.CursorShape
            self.setCursor(shapes.ArrowCursor if mode is Mode.TRAVEL else shapes.CrossCursor)
            self._describe()
            self.mode_changed.emit(mode)
            self.over_ground.emit(None)
            if mode is Mode.LOOK:
                self._point_to(None)
                self._look_at(self._looked_at())

    def sweep_view(self, change: Change) -> None:
        """Choose the points in view."""
        if self._points is not None:
            self.swept.emit(self._findable(self._inside(0)), change)

    def sweep_nearest(self, count: int, change: Change) -> None:
        """Choose this number of points, those nearest to the marker, or else to the middle."""
        if self._points is not None:
            place = self.here() or QPointF(self.rect().center())
            others = np.flatnonzero(self._findable(np.ones(len(self._places), np.bool_)))
            apart = self._places[others] - np.array([place.x(), place.y()])
            found = np.zeros(len(self._places), np.bool_)
            found[others[np.argsort(np.hypot(*apart.T), kind="stable")[:count]]] = True
            self.swept.emit(found, change)

    def _findable(self, found: Mask) -> Mask:
        """Return the found points without those that are dimmed."""
        dimmed = self._dimmed_points()
        return found if dimmed is None else found & ~dimmed

    def here(self) -> QPointF | None:
        """Return the position of the marker in the widget, or None without one."""
        return None if self._here is None else self.place_of(*self._here)

    def place_of(self, x: float, y: float) -> QPointF | None:
        """Return the position in the widget of map coordinates; None without points."""
        if self._view is None:
            return None
        return QPointF(*self._view.to_widget(np.array([x, y])).tolist())

    def map_at(self, place: QPointF) -> tuple[float, float] | None:
        """Return the map coordinates of a position in the widget; None without points."""
        return None if self._view is None else self._view.to_map(place.x(), place.y())

    def _look(self, view: MapView) -> None:
        """Show another part of the map."""
        self._view, self._shows_all = view, False
        self._redo()

    def _redo(self) -> None:
        """Compute all points' positions in the widget again."""
        self._dots, self._are_faces_chosen = [], False
        points = self._points
        if points is not None and (self._shows_all or self._view is None):
            self._view = MapView.fitting(points, self.width(), self.height())
        if points is not None and self._view is not None:
            self._places = self._view.to_widget(points)
        self._pointed = None  # another point lies under the pointer now
        self._describe()
        self.viewed.emit()
        self.update()

    def _describe(self) -> None:
        if self._points is None:
            self.setAccessibleDescription(self._empty_text)
            return
        pointed = "" if self._pointed is None or not self._name else self._name(self._pointed)
        count, in_view = len(self._points), int(self._inside(0).sum())
        selected = 0 if self._selected is None else np.count_nonzero(self._selected)
        parts = [
            f"{count:,} faces, {in_view:,} in view",
            f"{selected:,} selected" if selected else "",
            f"pointing at {pointed}" if pointed else "",
            "looking around" if self.mode is Mode.LOOK else "",
        ]
        self.setAccessibleDescription("; ".join(part for part in parts if part))

    def _inside(self, margin: float) -> NDArray[np.bool_]:
        return inside(self._places, self.width(), self.height(), margin)

    def point_at(self, place: QPointF) -> int | None:
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
        if self.mode is Mode.LOOK:
            self._look_at(place)
            return
        self._pointer = place
        self._is_hot = self.mode is Mode.TRAVEL and self._is_on_marker(place)
        self._point_to(None if self._is_hot else self.point_at(place))
        over_face = self._is_hot or self._pointed is not None
        shape = Qt.CursorShape.PointingHandCursor if over_face else Qt.CursorShape.ArrowCursor
        self.setCursor(shape if self.mode is Mode.TRAVEL else Qt.CursorShape.CrossCursor)
        is_ground = self.mode is Mode.TRAVEL and not over_face and self._points is not None
        self.over_ground.emit(place if is_ground else None)

    def _looked_at(self) -> QPointF:
        """Return where the pointer is, or else the middle of the map."""
        return QPointF(self.rect().center()) if self._pointer.isNull() else self._pointer

    def _look_at(self, place: QPointF) -> None:
        right, bottom = self.width() - 1.0, self.height() - 1.0
        x, y = min(max(place.x(), 0.0), right), min(max(place.y(), 0.0), bottom)
        self._pointer = QPointF(x, y)
        self.over_ground.emit(None if self._points is None else self._pointer)

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
        elif self.mode is Mode.LOOK:
            self._look_at(self._looked_at() + QPointF(dx, dy) * LOOK_STEP)
        elif not travel:
            self._pan(-dx * _STEP, -dy * _STEP)

    def _pick(self) -> None:
        """Choose what is looked at, else what is pointed at, else what is nearest to the marker."""
        here = self.here()
        if self.mode is Mode.LOOK:
            self.place_chosen.emit(self._looked_at())
        elif self._pointed is not None:
            self.point_clicked.emit(self._pointed)
        elif here is not None and self._points is not None:
            self.point_clicked.emit(self._nearest_to(here))

    def _begin_drag(self, place: QPointF) -> None:
        self.over_ground.emit(None)
        if self._change is not None and self._press_at is not None:
            self._begin_stroke(self._press_at, self._change)
            self._draw_to(place)
        elif self._is_hot:
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

    def _begin_stroke(self, place: QPointF, change: Change) -> None:
        if self._view is not None:
            start = self._view.to_map(place.x(), place.y())
            self._stroke, self._found = Stroke(self.mode, change, start), 0
            self._point_to(None)

    def _draw_to(self, place: QPointF) -> None:
        """Draw on to a position in the widget, and tell which points are inside."""
        stroke, points, view = self._stroke, self._points, self._view
        if stroke is None or points is None or view is None:
            return
        end = self.place_of(*stroke.end)
        if stroke.mode is Mode.RECTANGLE or (end and _distance(end, place) >= _SHORTEST):
            stroke.go_to(view.to_map(place.x(), place.y()))
        self._pointer = place
        self.update()
        if stroke.is_area:
            inside = self._findable(stroke.inside(points))
            self._found = int(np.count_nonzero(inside))
            self.sweeping.emit(inside, stroke.change)

    def _end_stroke(self, change: Change) -> None:
        stroke, self._stroke = self._stroke, None
        self.update()
        if stroke is None or self._points is None:
            return
        if stroke.is_area:
            self.swept.emit(self._findable(stroke.inside(self._points)), change)
        elif len(stroke.outline()) > 1:
            self.path_drawn.emit(stroke.outline())

    def _drop_stroke(self) -> None:
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            self._press_at = None
            self.update()
            if stroke.is_area:
                self.sweep_dropped.emit()

    def _sweep_one(self, point: int | None, change: Change) -> None:
        """Choose one point, or none: a click on the ground that isn't to add or remove."""
        if self._points is None or self.mode is Mode.PATH:
            return
        if point is not None or change is Change.REPLACE:
            found = np.zeros(len(self._points), np.bool_)
            found[[] if point is None else point] = True
            self.swept.emit(found, change)

    def _put_rectangle(self) -> None:
        """Begin a rectangle in the middle of the map, for the arrow keys."""
        if self._points is not None:
            middle = QPointF(self.width(), self.height()) / 2
            self._begin_stroke(middle * (1 - _RECTANGLE), Change.REPLACE)
            self._draw_to(middle * (1 + _RECTANGLE))

    def _move_rectangle(self, stroke: Stroke, way: QPointF, *, sizes: bool) -> None:
        start, end = self.place_of(*stroke.start), self.place_of(*stroke.end)
        if start is not None and end is not None:
            if not sizes:
                self._begin_stroke(start + way, stroke.change)
            self._draw_to(end + way)

    def _paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if self._points is None or self._view is None:
            return
        ratio = painter.deviceTransform().m11()
        if not self._dots or ratio != self._dots_ratio:
            self._dots, self._dots_ratio = self._make_dots(ratio), ratio
        if not self._are_faces_chosen:
            self._choose_faces()
            self._are_faces_chosen = True
        for dots in self._dots:
            corner = QPointF(dots.offset()) / ratio
            painter.drawImage(QRectF(corner, dots.size().toSizeF() / ratio), dots)
        self._paint_faces(painter, round(SIDE * ratio))

    def _make_dots(self, ratio: float) -> list[QImage]:
        """Return the dots, the lowest first: not selected, selected, rings, and what is in them."""
        shades = self._shades if self._is_colored() else np.zeros(len(self._places), np.uint8)
        # Rounded to quarters, so that cached discs serve many zoom steps.
        radius = max(round(self._radius() * ratio * 4), 4) / 4
        size = round(self.width() * ratio), round(self.height() * ratio)
        places, palette, table = self._places * ratio, self.palette(), self._table()
        accent, dimmed, selected = accent_table(palette), self._dimmed_points(), self._selection()
        rest = np.ones(len(places), np.bool_) if selected is None else ~selected
        lower = table if selected is None else paled(table, palette)
        faint = None if dimmed is None else (dimmed[rest], dimmed_table(palette))
        images = [dots_image(places[rest], shades[rest], lower, radius, *size, faint)]
        above: list[tuple[NDArray[Any], Table, float]] = []
        if selected is not None:
            above.append((selected, table if self._is_colored() else accent, radius))
        if len(marked := self._marked[self._marked < len(places)]):
            above += [(marked, accent, radius + _RING * ratio), (marked, table, radius)]
        for points, colors, wide in above:
            images.append(dots_image(places[points], shades[points], colors, wide, *size))
        return images

    def _dimmed_points(self) -> Mask | None:
        """Return which points are dimmed; those given may still be of earlier points."""
        dimmed = self._dimmed
        return dimmed if dimmed is not None and len(dimmed) == len(self._places) else None

    def _selection(self) -> Mask | None:
        """Return which points are selected; None without a selection, or while it is of others."""
        selected = self._selected
        fits = selected is not None and len(selected) == len(self._places) and selected.any()
        return selected if fits else None

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
        shown, dimmed = self._inside(SIDE / 2), self._dimmed_points()
        near = np.flatnonzero(shown if dimmed is None else shown & ~dimmed)
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
        table, selected = self._table(), self._selection()
        accent = accent_table(self.palette())[0]
        marked = set(np.intersect1d(self._with_faces, self._marked).tolist())
        found, complete = self._thumbnails.ready(self._with_faces, side)
        for point, image in found:
            x, y = self._places[point].tolist()
            corner = on_pixel(painter, QPointF(x - SIDE / 2, y - SIDE / 2))
            outline = QRectF(corner, image.size().toSizeF() / ratio)
            is_pale = selected is not None and not selected[point]
            painter.setOpacity(_PALE if is_pale else 1.0)
            painter.drawImage(outline, image)
            if point in marked or (selected is not None and selected[point]):
                painter.setOpacity(1.0)
                paint_frame(painter, outline, accent)
            elif self._is_colored():
                paint_frame(painter, outline, table[self._shades[point]])
            painter.setOpacity(1.0)
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
        if self._stroke is not None and self._view is not None:
            self._paint_stroke(painter, self._stroke, self._view)
        elif self._pointed is not None:
            self._paint_pointed(painter, self._pointed)

    def _paint_stroke(self, painter: QPainter, stroke: Stroke, view: MapView) -> None:
        places = view.to_widget(stroke.outline())
        paint_stroke(painter, places, self.palette(), is_closed=stroke.is_area)
        if stroke.is_area:
            word = _SIGNS[stroke.change] + counted(self._found, "face")
            paint_word(painter, word, self._pointer, self.rect(), self.palette())

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
        if self._press_at is not None:
            return  # another button of a drag
        self._drop_stroke()  # one by keyboard
        self._press_at = place
        draws = left and self.mode.draws
        self._change = _change(event.modifiers()) if draws else None
        if draws:
            self._pressed_on = self.point_at(place)
            return
        travels = left and self.mode is Mode.TRAVEL
        self._is_hot = travels and self._is_on_marker(place)
        self._pressed_on = self.point_at(place) if travels and not self._is_hot else None
        if left and event.modifiers() & _SHIFT and self._here is not None:
            self._travel_to(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._press_at is None:
            if self._stroke is None:
                self._hover(place)
        elif self._stroke is not None:
            self._draw_to(place)
        elif self.is_travelling:
            self._travel_to(place)
        elif self._is_panning:
            self._pan(place.x() - self._press_at.x(), place.y() - self._press_at.y())
            self._press_at = place
        elif _distance(place, self._press_at) >= QApplication.startDragDistance():
            self._begin_drag(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_drag = self._is_panning or self.is_travelling or self._stroke is not None
        clicked = self._press_at is not None and not is_drag
        point, self._pressed_on = self._pressed_on, None
        change, self._change = self._change, None
        self._press_at, self._is_panning = None, False
        self._end_travel()
        if change is not None and clicked:
            self._sweep_one(point, change)
        elif change is not None:
            self._end_stroke(change)
        elif clicked and point is not None:
            self.point_clicked.emit(point)
        elif clicked and self.mode is Mode.LOOK and event.button() == _LEFT:
            self.place_chosen.emit(event.position())
        self._hover(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._points is not None and self._press_at is None:
            by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
            self.menu_asked.emit(QPointF(event.pos()) if by_mouse else self._looked_at())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        on_ground = self.mode is Mode.TRAVEL and self.point_at(event.position()) is None
        if event.button() == _LEFT and on_ground and not self._is_on_marker(event.position()):
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom(_WHEEL_ZOOM ** event.angleDelta().y(), event.position())
        self._hover(event.position())
        event.accept()

    def leaveEvent(self, _event: QEvent) -> None:
        self._is_hot = False
        self._pointer = QPointF()
        self._point_to(None)
        self.over_ground.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, middle = event.key(), QPointF(self.rect().center())
        if self._on_selecting_key(event):
            return
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

    def _on_selecting_key(self, event: QKeyEvent) -> bool:
        """Do what a key does for drawing and selecting; False where it does nothing."""
        key, keys, stroke = event.key(), event.modifiers(), self._stroke
        by_keyboard = stroke if self._press_at is None else None
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.sweep_view(Change.REPLACE)
        elif key == Qt.Key.Key_Escape and stroke is not None:
            self._drop_stroke()
        elif key == Qt.Key.Key_Escape and self.mode is not Mode.TRAVEL:
            self.set_mode(Mode.TRAVEL)
        elif key == Qt.Key.Key_Escape and self._selection() is not None:
            self._sweep_one(None, Change.REPLACE)
        elif key in _MODES and not keys:
            self.set_mode(_MODES[key])
        elif by_keyboard is not None and key in _ARROWS:
            way = QPointF(*_ARROWS[key]) * _RECTANGLE_STEP
            self._move_rectangle(by_keyboard, way, sizes=bool(keys & _SHIFT))
        elif by_keyboard is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end_stroke(_change(keys))
        elif self.mode is Mode.RECTANGLE and key == Qt.Key.Key_Space and self._press_at is None:
            self._put_rectangle()
        else:
            return False
        return True

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat() and self._press_at is None:
            self._end_travel()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._press_at is None:
            self._end_travel()
            self._drop_stroke()
        super().focusOutEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        self._drop_stroke()
        self._press_at, self._is_panning = None, False
        self._end_travel()
        self.over_ground.emit(None)
        super().hideEvent(event)


def _change(keys: Qt.KeyboardModifier) -> Change:
    """Return what these keys make of the points that are found."""
    modifiers = Qt.KeyboardModifier
    adding = modifiers.ShiftModifier, modifiers.ControlModifier
    held = sum(bool(keys & key) for key in adding)
    if keys & modifiers.AltModifier or held == len(adding):
        return Change.REMOVE
    return Change.ADD if held else Change.REPLACE


def _distance(one: QPointF, two: QPointF) -> float:
    return (one - two).manhattanLength()
