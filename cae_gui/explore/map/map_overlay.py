"""A map with what lies over its ground: a face's place and way, a card, the scale of colors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cae_gui.explore.map.map_canvas import Floats, MapCanvas
from cae_gui.explore.map.map_painting import (
    CARD_SIDE,
    paint_card,
    paint_marker,
    paint_path,
    paint_pointed,
    paint_scale,
)
from cae_gui.widgets.images import Pixels, fitted
from cae_gui.widgets.painting import paint_empty_text


class MapOverlay(MapCanvas):
    """Shows points, the present face among them with the way it came, and the point pointed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name: Callable[[int], str] | None = None
        self._picture: Callable[[int], Pixels] | None = None
        self._here: tuple[float, float] | None = None
        self._path = np.zeros((0, 2), np.float32)
        self._pointed: int | None = None
        self._pointer = QPointF()
        self._is_hot = False
        self._card: tuple[int, QImage] | None = None
        self._empty_text = ""
        self.setAccessibleName("Map of the faces")
        self._describe()

    def set_faces(
        self, name: Callable[[int], str] | None, picture: Callable[[int], Pixels] | None
    ) -> None:
        """Take name and face, uint8 (48, 48, 3), of a point from here, by the point's index."""
        self._name, self._picture, self._card = name, picture, None
        self.set_pictures(picture)

    def set_here(self, place: tuple[float, float] | None) -> None:
        """Mark where on the map the present face is."""
        self._here = place
        self.update()

    def set_path(self, points: Floats) -> None:
        """Show the places (M, 2) of the map that led to the present one, the oldest first."""
        self._path = points
        self.update()

    def set_empty_text(self, text: str) -> None:
        """Say why there is no map, and what to do."""
        self._empty_text = text
        self._describe()
        self.update()

    def here(self) -> QPointF | None:
        """Return where on the widget the present face is marked."""
        return None if self._here is None else self.place_of(*self._here)

    def place_of(self, x: float, y: float) -> QPointF | None:
        """Return where on the widget a place of the map lies; None where no map is shown."""
        if self._view is None:
            return None
        return QPointF(*self._view.to_widget(np.array([x, y])).tolist())

    def _redo(self) -> None:
        super()._redo()
        self._pointed = None  # what lies under the pointer is another one now
        self._describe()

    def _describe(self) -> None:
        if self._points is None:
            self.setAccessibleDescription(self._empty_text)
            return
        pointed = "" if self._pointed is None or not self._name else self._name(self._pointed)
        count, inside = len(self._points), self.in_view()
        parts = [
            f"{count:,} faces, {inside:,} in view",
            f"pointing at {pointed}" if pointed else "",
        ]
        self.setAccessibleDescription("; ".join(part for part in parts if part))

    def _point_to(self, point: int | None) -> None:
        if point != self._pointed:
            self._pointed = point
            self._describe()
        self.update()

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
