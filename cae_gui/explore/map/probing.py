"""What lies between the faces of the map: decoded faces for places where there is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.explore.map.latent_map import LOOK_STEP, LatentMap
from cae_gui.explore.map.map_painting import (
    CARD_SIDE,
    SIDE,
    paint_card,
    paint_cross,
    paint_pointed,
    rounded,
)
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.map.strokes import Mode
from cae_gui.widgets.images import fitted
from cae_gui.widgets.painting import on_pixel

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Cell = tuple[int, int]

BETWEEN = "Between the faces"
AT_ONCE = 5
"""Faces decoded in one request of a grid, which a slider's picture may have to wait for."""
_FAR, _NEAR = 2, 1  # faces to each side of the one in the middle: where there is room, or not
_ROOMY = 6 * LOOK_STEP


class Probing(QObject):
    """Decodes the faces that the map has room for at places without one.

    These are means of the nearest faces there; on a map by PCA moved along its plane to the place
    itself.
    """

    def __init__(self, models: Models, maps: Maps, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models, self._maps = models, maps

    def latents(self, places: Floats) -> Floats | None:
        """Return the latents (M, L) of places (M, 2) in map coordinates; None without a map.

        A place takes 0.4 ms among 12,547 faces.
        """
        from model.latents.latent_map import latent_at

        explored, points, plane = self._maps.explored, self._maps.points, self._maps.plane
        if explored is None or points is None:
            return None
        known = explored.latents.latents
        found = np.stack([latent_at(place, points, known) for place in places])
        if plane is None:
            return found
        return np.stack([plane.moved(*each) for each in zip(found, places, strict=True)])

    def ask(self, places: Floats, then: Callable[[Pixels], object]) -> None:
        """Decode faces (M, 48, 48, 3) for places (M, 2); newer places come first."""
        latents = self.latents(places)
        if latents is not None:
            self._models.decode(latents, then=then, lane=Lane.PROBE, interim=True)

    def drop(self) -> None:
        """Forget what was asked."""
        self._models.drop(Lane.PROBE)

    def face_at(self, place: Floats, then: Callable[[Floats, Pixels], object]) -> None:
        """Decode the one face of a place (2,), whatever is asked meanwhile.

        ``then`` is given its latent (L,) and its pixels uint8 (48, 48, 3).
        """
        latents = self.latents(place[None])
        if latents is not None:
            told = partial(_first_of, then, latents[0])
            self._models.decode(latents, then=told, lane=self)


def _first_of(then: Callable[[Floats, Pixels], object], latent: Floats, faces: Pixels) -> None:
    then(latent, faces[0])


class Lens(QWidget):
    """Lies over the map and shows what is decoded for the place under the pointer.

    That is a face on a card, or while looking around a grid of faces, each in its own place. The
    grid stays where it is while the pointer moves within a face, so that few are decoded anew.

    Signals:
        seen(): faces were decoded and are about to be painted.
    """

    seen = Signal()

    def __init__(self, over: LatentMap, probing: Probing) -> None:
        super().__init__(over)
        self._map, self._probing = over, probing
        self._place: QPointF | None = None
        self._card: tuple[QPointF, QImage] | None = None
        self._cells: dict[Cell, QImage] = {}
        self._view = 0  # counts them, as answers may be for an earlier one
        # Once all moves of the mouse that wait were heard, only for the last of them.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over.over_ground.connect(self._on_ground)
        over.viewed.connect(self._on_view)

    @property
    def is_around(self) -> bool:
        """Whether the map is in the mode that shows a grid."""
        return self._map.mode is Mode.LOOK

    def shown(self) -> int:
        """Return how many decoded faces are in view."""
        if self._place is None:
            return 0
        if not self.is_around:
            return int(self._card is not None)
        return sum(cell in self._cells for cell in self._wanted(self._place))

    def is_complete(self) -> bool:
        """Return whether all faces of the grid are in view, or that of the card."""
        wanted = len(self._wanted(QPointF())) if self.is_around else 1
        return self.shown() == wanted

    def snapped(self, place: QPointF) -> QPointF:
        """Return the place that the face shown at a position is of."""
        return _middle(_cell(place)) if self.is_around else place

    @Slot(object)
    def _on_ground(self, place: QPointF | None) -> None:
        self._place = place
        if place is None:
            self._soon.stop()
            self._probing.drop()
            self._card = None
        elif not self._soon.isActive():
            self._soon.start()
        self.update()

    @Slot()
    def _on_view(self) -> None:
        self.setGeometry(self._map.rect())
        self._view += 1
        self._card = None
        self._cells.clear()
        if self._place is not None:
            self._soon.start()
        self.update()

    @Slot()
    def _ask(self) -> None:
        """Ask for the missing faces, those nearest to the pointer first."""
        if self._place is None:
            return
        if self.is_around:
            missing = [cell for cell in self._wanted(self._place) if cell not in self._cells]
            cells = missing[:AT_ONCE]
            if cells:
                then = partial(self._on_cells, self._view, cells)
                self._probing.ask(self._places([_middle(cell) for cell in cells]), then)
        elif self._card is None or self._card[0] != self._place:
            then = partial(self._on_face, self._view, self._place)
            self._probing.ask(self._places([self._place]), then)

    def _places(self, positions: list[QPointF]) -> Floats:
        found = [self._map.map_at(position) or (0.0, 0.0) for position in positions]
        return np.array(found, np.float32)

    def _wanted(self, place: QPointF) -> list[Cell]:
        """Return the cells to show around a position, those nearest to it first."""
        column, row = _cell(place)
        far = _FAR if min(self.width(), self.height()) >= _ROOMY else _NEAR
        steps = range(-far, far + 1)
        ways = sorted(((x, y) for x in steps for y in steps), key=lambda way: np.hypot(*way))
        return [(column + x, row + y) for x, y in ways]

    def _on_face(self, view: int, place: QPointF, faces: Pixels) -> None:
        if view == self._view and self._place is not None and not self.is_around:
            self._card = place, self._image(faces[0], CARD_SIDE)
            self.update()
            self.seen.emit()

    def _on_cells(self, view: int, cells: list[Cell], faces: Pixels) -> None:
        if view != self._view:
            return
        for cell, face in zip(cells, faces, strict=True):
            self._cells[cell] = rounded(self._image(face, SIDE))
        self.update()
        self.seen.emit()
        self._ask()

    def _image(self, face: Pixels, side: int) -> QImage:
        side = round(side * self.devicePixelRatioF())
        return fitted(face, side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._place is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.is_around:
            self._paint_cells(painter, self._place)
        elif self._card is not None:
            place, image = self._card
            paint_cross(painter, place, self.palette())
            paint_card(painter, image, BETWEEN, place, self.rect(), self.palette())
        painter.end()

    def _paint_cells(self, painter: QPainter, place: QPointF) -> None:
        ratio = painter.deviceTransform().m11()
        for cell in self._wanted(place):
            image = self._cells.get(cell)
            if image is not None:
                corner = on_pixel(painter, _middle(cell) - QPointF(SIDE, SIDE) / 2)
                painter.drawImage(QRectF(corner, image.size().toSizeF() / ratio), image)
        paint_pointed(painter, _middle(_cell(place)), self.palette(), is_face=True)


def _cell(place: QPointF) -> Cell:
    return int(place.x() // LOOK_STEP), int(place.y() // LOOK_STEP)


def _middle(cell: Cell) -> QPointF:
    return QPointF(cell[0] + 0.5, cell[1] + 0.5) * LOOK_STEP
