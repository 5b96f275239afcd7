"""Joins the studio's four corners and the grid of the Morph workspace."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.models import Lane
from cae_gui.morph.filming_controller import FilmingController
from cae_gui.morph.morph_grid_view import MorphGridView
from cae_gui.morph.morph_state import MorphFace
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import Face

Floats = NDArray[np.float32]


class MorphGridController(QObject):
    """Keeps four faces at the corners; encodes and decodes while somebody looks.

    Signals:
        edit_asked(object, str): a latent (L,) to be edited, and what it is.
    """

    edit_asked = Signal(object, str)

    def __init__(
        self, studio: Studio, view: MorphGridView, filming: FilmingController, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._view, self._corners = studio, view, studio.corners
        self._filming = filming
        self._grid: Floats | None = None
        self._connect()
        self._on_changed()

    def _connect(self) -> None:
        studio, view, corners = self._studio, self._view, self._corners
        studio.faces.changed.connect(self._on_faces)
        corners.changed.connect(self._on_changed)
        corners.latents_changed.connect(self._work)
        view.shown.connect(self._work)
        view.well_taken.connect(self._on_taken)
        view.faces_put.connect(self._on_put)
        view.looked_at.connect(self._on_looked_at)
        view.count_changed.connect(corners.set_count)
        view.arc_changed.connect(corners.set_arc)
        view.edit_asked.connect(self._on_edit_asked)
        view.export_asked.connect(self._on_export_asked)

    @Slot()
    def _on_faces(self) -> None:
        """Have four faces there, so that the first grid needs no choosing."""
        faces = self._studio.faces.faces
        if faces is not None and len(faces.images) >= 4:
            rows = [number * len(faces.images) // 4 for number in range(4)]
            self._corners.fill(
                [MorphFace(faces.names[row], np.array(faces.images[row])) for row in rows]
            )

    @Slot()
    def _on_changed(self) -> None:
        state = self._corners.state
        for index, face in enumerate(state.corners):
            self._view.set_corner(index, face.name if face else "", face.photo if face else None)
        self._view.set_settings(state.count, arc=state.arc)
        self._on_looked_at(*self._view.grid.looked())

    @Slot()
    def _work(self) -> None:
        """Have encoded and decoded what isn't yet; nobody waits for what isn't in view."""
        self._grid = self._corners.grid()
        self._studio.models.drop(Lane.GRID)
        self._view.set_ready(self._grid is not None)
        if not self._view.isVisible():
            return
        faces = self._corners.to_encode()
        if faces:
            images = np.stack([face.photo for face in faces if face.photo is not None])
            then = partial(self._corners.set_latents, faces)
            self._studio.models.encode(images, then=then, lane=Lane.CORNERS)
        elif self._grid is not None:
            self._decode(self._grid, 0)

    def _decode(self, grid: Floats, row: int) -> None:
        # Row by row, so that what is more urgent comes between.
        if row < len(grid):
            then = partial(self._on_row, grid, row)
            self._studio.models.decode(grid[row], then=then, lane=Lane.GRID)

    def _on_row(self, grid: Floats, row: int, faces: NDArray[np.uint8]) -> None:
        self._view.grid.set_row(row, faces)
        if row == self._view.grid.looked()[0]:
            self._on_looked_at(*self._view.grid.looked())
        self._decode(grid, row + 1)

    @Slot(int, int)
    def _on_looked_at(self, row: int, column: int) -> None:
        shares = self._corners.shares(row, column)
        pixels = self._view.grid.face(row, column)
        self._view.set_looked_at(pixels, _name(row, column), shares)

    @Slot(int)
    def _on_taken(self, index: int) -> None:
        if self._studio.selection.face is not None:
            self._corners.put(index, MorphFace.of(self._studio.selection.face))

    @Slot(int, object)
    def _on_put(self, index: int, faces: list[Face]) -> None:
        self._corners.put(index, MorphFace(*faces[0]))

    @Slot()
    def _on_edit_asked(self) -> None:
        if self._grid is not None:
            row, column = self._view.grid.marked()
            self.edit_asked.emit(self._grid[row, column], _name(row, column))

    @Slot()
    def _on_export_asked(self) -> None:
        side, about = self._corners.state.count, self._corners.about()
        formats, title = ("PNG grid", "PNG frames"), "Export the grid"
        self._filming.offer(title, self._rows, formats, about, "grid", fixed=side**2, columns=side)

    def _rows(self, _frames_per_second: float) -> Floats | None:
        grid = self._corners.grid()
        return None if grid is None else grid.reshape(-1, grid.shape[-1])


def _name(row: int, column: int) -> str:
    return f"Grid, row {row + 1}, column {column + 1}"
