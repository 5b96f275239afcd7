"""Joins the edited face and the map: where it is, the way it came, and where it is led."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Slot

from cae_gui.core.tasks import Task
from cae_gui.explore.explorer import Edited
from cae_gui.explore.map.map_panel import MapPanel
from cae_gui.studio import Studio
from model.latents.directions import project_out

if TYPE_CHECKING:
    from model.latents.explored import Explored

Floats = NDArray[np.float32]
Place = tuple[float, float]

LONGEST_PATH = 24
"""Places of the last edits that are shown."""
REST_MS = 150
"""A face that has rested so long is looked for on a map by t-SNE: among its nearest faces."""


class MapTravelController(QObject):
    """Marks the edited face on the map, and moves it where the marker is dragged."""

    def __init__(self, studio: Studio, view: MapPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view, self._map = studio, view, view.map
        self._explorer, self._latents, self._maps = studio.explorer, studio.latents, studio.maps
        self._is_travelling = False
        # A map by t-SNE has a place for a latent only where somebody looked for it, or led it.
        self._known: WeakKeyDictionary[Edited, Place] = WeakKeyDictionary()
        self._known_on: Floats | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._look)
        self._explorer.latent_changed.connect(self._on_latent)
        self._explorer.face_changed.connect(self._on_face)
        self._explorer.undo_stack.indexChanged.connect(self._show_path)
        self._maps.changed.connect(self._show)
        view.shown.connect(self._show)
        self._map.travel_started.connect(self._on_started)
        self._map.travelled.connect(self._on_travelled)
        self._map.travel_finished.connect(self._on_finished)

    @Slot()
    def _on_started(self) -> None:
        self._is_travelling = True
        self._explorer.begin_edit()

    @Slot(float, float)
    def _on_travelled(self, x: float, y: float) -> None:
        face, latent = self._explorer.face, self._latent_at(np.array([x, y], np.float32))
        if face is None or latent is None:
            return
        self._explorer.go_to(self._allowed(face.latent, latent), "Travel on the map")
        if self._maps.plane is None:
            self._known[self._explorer.face or face] = (x, y)
            self._map.set_here((x, y))

    @Slot()
    def _on_finished(self) -> None:
        self._is_travelling = False
        self._explorer.end_edit()
        self._show()

    def _latent_at(self, point: Floats) -> Floats | None:
        from model.latents.latent_map import latent_at

        face, points, explored = self._explorer.face, self._maps.points, self._latents.explored
        if face is None or points is None or explored is None:
            return None
        if self._maps.plane is not None:
            return self._maps.plane.moved(face.latent, point)
        return latent_at(point, points, explored.latents.latents)

    def _allowed(self, latent: Floats, wanted: Floats) -> Floats:
        """Return the latent that is wanted, but for what locked directions hold."""
        directions, locked = self._explorer.directions, sorted(self._explorer.locked)
        if directions is None or not locked:
            return wanted
        return np.asarray(latent + project_out(wanted - latent, directions.matrix[locked]))

    @Slot()
    def _on_face(self) -> None:
        self._known.clear()  # the next snapshot encodes the same faces anew
        self._show()

    @Slot()
    def _on_latent(self) -> None:
        if self._view.isVisible() and not (self._is_travelling and self._maps.plane is None):
            self._show_here()

    @Slot()
    def _show(self) -> None:
        if self._view.isVisible():
            self._show_here()
            self._show_path()

    def _show_here(self) -> None:
        face = self._explorer.face
        if face is None or self._maps.points is None:
            self._map.set_here(None)
            return
        (place,) = self._places([face])
        if place is not None:
            self._map.set_here(place)

    @Slot()
    def _show_path(self) -> None:
        if self._view.isVisible():
            found = [place for place in self._places(self._path()) if place is not None]
            self._map.set_path(np.array(found, np.float32).reshape(-1, 2))

    def _path(self) -> list[Edited]:
        """Return the last states of the present face, the oldest first."""
        face, last = self._explorer.face, self._explorer.state_index()
        if face is None or last is None:
            return []
        states = self._explorer.states()[: last + 1]
        others = [index for index, state in enumerate(states) if state.face is not face.face]
        return states[others[-1] + 1 if others else 0 :][-LONGEST_PATH:]

    def _places(self, states: list[Edited]) -> list[Place | None]:
        """Return where states are on the map; what isn't known yet is looked for after a rest."""
        plane = self._maps.plane
        if plane is not None and states:
            latents = np.stack([state.latent for state in states])
            return [(float(x), float(y)) for x, y in plane.project(latents)]
        if self._known_on is not self._maps.points:
            self._known_on = self._maps.points
            self._known.clear()
        found = [self._known.get(state) for state in states]
        if None in found:
            self._rest.start()
        return found

    @Slot()
    def _look(self) -> None:
        """Look for the places of all states that have none yet, in the background."""
        explored, points, face = self._latents.explored, self._maps.points, self._explorer.face
        if explored is None or points is None or face is None or self._maps.plane is not None:
            return
        states = [state for state in (face, *self._path()) if state not in self._known]
        if states:
            latents = np.stack([state.latent for state in states])
            work = partial(_places_among_faces, explored, points, latents)
            then = partial(self._on_places, points, states)
            self._studio.tasks.run(work, Task.MAP_PLACES, then=then)

    def _on_places(self, points: Floats, states: list[Edited], places: list[Place]) -> None:
        if points is not self._maps.points:
            return
        self._known.update(zip(states, places, strict=True))
        if not self._is_travelling:
            self._show()


def _places_among_faces(explored: Explored, points: Floats, latents: Floats) -> list[Place]:
    from model.latents.latent_map import place

    places = []
    for latent in latents:
        nearest, _ = explored.neighbours.nearest(latent)
        x, y = place(latent, explored.latents.latents, points, nearest)
        places.append((float(x), float(y)))
    return places
