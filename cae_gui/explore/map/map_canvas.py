"""The ground of a map: a dot for every face, and faces themselves where there is room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, QTimer, QVariantAnimation, Slot
from PySide6.QtGui import QImage, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cae_gui.explore.map.map_colors import Coloring, plain_table, scale_table
from cae_gui.explore.map.map_dots import Table, dots_image, inside
from cae_gui.explore.map.map_thumbnails import GAP, SIDE, ThumbnailCache, paint_frame, spaced
from cae_gui.explore.map.map_view import MapView
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.painting import on_pixel

Floats = NDArray[np.float32]

MOST_WITH_FACES = 500
"""With no more points than this in view, their faces are shown where there is room."""

_MOVE_MS = 400
_REACH = 12.0  # px from a dot in which it can be pointed at


class MapCanvas(QWidget):
    """Shows points and which part of them is in view; mouse and keys are left to others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: Floats | None = None  # as they are shown, maybe on their way
        self._begin = self._end = np.zeros((0, 2), np.float32)
        self._places = np.zeros((0, 2), np.float32)
        self._view: MapView | None = None
        self._shows_all = True
        self._coloring: Coloring | None = None
        self._shades = np.zeros(0, np.uint8)
        self._dots: QImage | None = None
        self._dots_ratio = 1.0
        self._faces: ThumbnailCache | None = None
        self._with_faces: list[int] = []
        self._moving = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=_MOVE_MS)
        self._moving.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._moving.valueChanged.connect(self._on_moving)
        self._more_faces = QTimer(self, singleShot=True, interval=0)
        self._more_faces.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_points(self, points: Floats | None) -> None:
        """Show points (N, 2); None or N = 0 shows none.

        As many as before travel to their new places, while somebody watches.
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

    def set_pictures(self, picture: Callable[[int], Pixels] | None) -> None:
        """Take the face of a point, by its index, from here: uint8 (48, 48, 3)."""
        self._faces = ThumbnailCache(picture) if picture else None
        self.update()

    def set_coloring(self, coloring: Coloring | None) -> None:
        """Color the points by a value each; None gives all the same color."""
        self._coloring = coloring
        self._shades = np.zeros(0, np.uint8) if coloring is None else coloring.shades()
        self._redo()

    @Slot()
    def fit(self) -> None:
        """Bring all points into view, and keep them there until the view is changed."""
        self._shows_all = True
        self._redo()

    def in_view(self) -> int:
        """Return how many points are in view."""
        return int(self._inside(0).sum()) if self._points is not None else 0

    def _look(self, view: MapView) -> None:
        """Show another part."""
        self._view, self._shows_all = view, False
        self._redo()

    def _redo(self) -> None:
        self._dots = None
        points = self._points
        if points is not None and (self._shows_all or self._view is None):
            self._view = MapView.fitting(points, self.width(), self.height())
        if points is not None and self._view is not None:
            self._places = self._view.to_widget(points)
        self.update()

    def _inside(self, margin: float) -> NDArray[np.bool_]:
        return inside(self._places, self.width(), self.height(), margin)

    def _point_at(self, place: QPointF) -> int | None:
        """Return the point whose face or dot lies under a place on the widget."""
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
        # To the next quarter, so that a disc is computed once for many steps of zooming.
        radius = max(round(self._radius() * ratio * 4), 4) / 4
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        return dots_image(self._places * ratio, shades, self._table(), radius, width, height)

    def _is_colored(self) -> bool:
        """Whether there is a value for each point; those of other points may still be known."""
        return self._coloring is not None and len(self._shades) == len(self._places)

    def _table(self) -> Table:
        return (scale_table if self._is_colored() else plain_table)(self.palette())

    def _radius(self) -> float:
        assert self._view is not None
        alone = min(max(1.5 * (12_000 / len(self._places)) ** 0.25, 1.5), 3.5)
        return float(min(alone * max(self._view.zoom, 1.0) ** 0.35, 5.0))

    def _choose_faces(self) -> None:
        near = np.flatnonzero(self._inside(SIDE / 2))
        if self._faces is None or len(near) > MOST_WITH_FACES:
            self._with_faces = []
            return
        kept = np.searchsorted(near, [point for point in self._with_faces if point in near])
        self._with_faces = near[spaced(self._places[near], kept.tolist(), SIDE + GAP)].tolist()

    def _paint_faces(self, painter: QPainter, side: int) -> None:
        if not self._with_faces or self._faces is None:
            return
        ratio = painter.deviceTransform().m11()
        table = self._table()
        found, complete = self._faces.ready(self._with_faces, side)
        for point, image in found:
            x, y = self._places[point].tolist()
            corner = on_pixel(painter, QPointF(x - SIDE / 2, y - SIDE / 2))
            outline = QRectF(corner, image.size().toSizeF() / ratio)
            painter.drawImage(outline, image)
            if self._is_colored():
                paint_frame(painter, outline, table[self._shades[point]])
        if not complete:
            self._more_faces.start()

    @Slot(object)
    def _on_moving(self, share: float) -> None:
        self._points = self._begin + np.float32(share) * (self._end - self._begin)
        self._redo()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._view is not None:
            self._view = self._view.resized(self.width(), self.height())
        self._redo()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._redo()
