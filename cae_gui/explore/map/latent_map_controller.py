"""Joins the studio and the map of the faces in Explore: what it shows, and picking from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.core.latents import FEWEST
from cae_gui.core.tasks import Task
from cae_gui.explore.map.map_colors import Coloring
from cae_gui.explore.map.map_panel import MapPanel
from cae_gui.explore.map.maps import Method
from cae_gui.studio import Studio
from cae_gui.widgets.images import Pixels

if TYPE_CHECKING:
    from model.latents.directions import Direction
    from model.latents.explored import Explored

PLAIN, TYPICALITY = "None", "Typicality"
NEEDS_PACKAGE = "t-SNE needs the package “openTSNE”. Install it with “pip install openTSNE”."

_PERCENTILES = (2, 98)  # beyond them the scale ends: a few faces would take most of it


class LatentMapController(QObject):
    """Shows the map while somebody looks at it, and keeps it up to date."""

    def __init__(self, studio: Studio, view: MapPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view = studio, view
        self._latents, self._maps = studio.latents, studio.maps
        self._pictured: NDArray[np.int64] | None = None  # the rows whose faces the view has
        self._is_by_pca = True
        self._chosen = PLAIN
        self._connect()
        self._show_map()

    def _connect(self) -> None:
        studio, view = self._studio, self._view
        view.shown.connect(self._on_shown)
        view.method_chosen.connect(self._on_method)
        view.coloring_chosen.connect(self._on_coloring)
        view.map.point_clicked.connect(self._on_clicked)
        self._latents.changed.connect(self._on_latents)
        self._latents.measuring.connect(self._on_measuring)
        self._maps.changed.connect(self._show_map)
        studio.faces.changed.connect(self._say_why)
        studio.explorer.directions_changed.connect(self._show_colorings)

    @Slot()
    def _on_shown(self) -> None:
        if not self._view.method.count():
            self._view.set_methods([("pca", "PCA", ""), ("tsne", *_tsne())])
        self._on_latents()
        self._show_colorings()

    @Slot()
    def _on_latents(self) -> None:
        self._say_why()
        if self._view.isVisible():
            self._maps.refresh()
            self._color()

    @Slot()
    def _show_map(self) -> None:
        maps, view = self._maps, self._view
        self._show_pictures()
        is_by_pca = maps.plane is not None
        if is_by_pca != self._is_by_pca:
            self._is_by_pca = is_by_pca
            view.map.fit()
        view.map.set_points(maps.points)
        view.set_method(maps.method)
        view.set_usable(maps.points is not None)
        self._say_why()
        if view.isVisible():
            maps.refresh()

    def _show_pictures(self) -> None:
        explored, faces = self._latents.explored, self._latents.faces
        if explored is None or faces is None:
            self._pictured = None
            self._view.map.set_faces(None, None)
            return
        rows = explored.latents.rows
        if self._pictured is None or not np.array_equal(self._pictured, rows):
            self._pictured = rows
            self._view.map.set_faces(self._name, self._picture)

    def _name(self, point: int) -> str:
        explored, faces = self._latents.explored, self._latents.faces
        return faces.names[explored.latents.rows[point]] if explored and faces else ""

    def _picture(self, point: int) -> Pixels:
        explored, faces = self._latents.explored, self._latents.faces
        assert explored is not None
        assert faces is not None
        return np.asarray(faces.images[explored.latents.rows[point]])

    @Slot(str)
    def _on_method(self, method: Method) -> None:
        self._maps.choose(method)
        self._view.set_method(self._maps.method)

    @Slot(int)
    def _on_clicked(self, point: int) -> None:
        self._studio.exploring.load_measured(point)

    def _choices(self) -> dict[str, Callable[[Explored], Coloring] | None]:
        """Return what gives the points their colors, by the titles."""
        choices: dict[str, Callable[[Explored], Coloring] | None]
        choices = {PLAIN: None, TYPICALITY: _typicality}
        explorer = self._studio.explorer
        if explorer.directions is not None:
            for row in (*explorer.rows_of("attribute"), *explorer.rows_of("own")):
                direction = explorer.directions[row]
                choices[direction.name] = partial(_along, direction)
        return choices

    @Slot()
    def _show_colorings(self) -> None:
        titles = list(self._choices())
        if self._chosen not in titles:
            self._chosen = PLAIN
        self._view.set_colorings(titles, titles.index(self._chosen))
        self._color()

    @Slot(int)
    def _on_coloring(self, index: int) -> None:
        self._chosen = list(self._choices())[index]
        self._color()

    def _color(self) -> None:
        explored, work = self._latents.explored, self._choices()[self._chosen]
        self._studio.tasks.drop(Task.MAP_COLORS)
        if explored is None or work is None:
            self._view.map.set_coloring(None)
        elif self._view.isVisible():
            show = self._view.map.set_coloring
            self._studio.tasks.run(partial(work, explored), Task.MAP_COLORS, then=show)

    @Slot(int, int)
    def _on_measuring(self, done: int, total: int) -> None:
        self._view.map.set_empty_text(f"Encoding the faces: {done:,} of {total:,}")

    @Slot()
    def _say_why(self) -> None:
        """Say why there is no map."""
        faces = self._studio.faces.faces
        if faces is None or not len(faces.images):
            text = "Choose faces at the left to see them on a map."
        elif len(faces.images) < FEWEST:
            text = f"A map can be made of {FEWEST} faces or more."
        else:
            text = "Measuring the latent space …"
        self._view.map.set_empty_text(text)


def _tsne() -> tuple[str, str]:
    from model.latents.latent_map import has_tsne

    return ("t-SNE", "") if has_tsne() else ("t-SNE (not installed)", NEEDS_PACKAGE)


def _typicality(explored: Explored) -> Coloring:
    values = explored.density.typicality(explored.latents.latents)
    return Coloring(TYPICALITY, values, 0.0, 1.0, "0 %", "100 %")


def _along(direction: Direction, explored: Explored) -> Coloring:
    """Color by the coordinate along a direction, in sigma from the mean face."""
    offset = explored.latents.latents - explored.statistics.mean
    values = np.asarray(offset @ direction.vector / np.float32(direction.sigma), np.float32)
    low, high = (float(value) for value in np.percentile(values, _PERCENTILES))
    texts = (f"{end:+.1f} σ".replace("-", "−") for end in (low, high))
    return Coloring(direction.name, values, low, high, *texts)
