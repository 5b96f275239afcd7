"""The grid tab of Morph: the faces between four corners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.core.selection import Selection
from cae_gui.morph.face_grid import FaceGrid
from cae_gui.morph.face_well import CornerBoard, FaceWell
from cae_gui.morph.film_export import FilmOffer
from cae_gui.morph.mix import Corners, MorphFace
from cae_gui.widgets.controls import Label, PrimaryButton, SectionLabel, button
from cae_gui.widgets.empty_state import EmptyState, OrEmpty
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.fields import ComboBox, CountBox
from cae_gui.widgets.inspectors import fill_inspector
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.well import Well

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

FEWEST, MOST = 3, 15
"""Limits of the number of faces per side."""

_HINT = "Drop a face here, or click to take the selected one."
_EMPTY = "A grid has all faces between four. Drop one on each of A, B, C and D."
_WELL_WIDTH, _CELL_WIDTH = 104, 208


class GridPage(QWidget):
    """Wells at the corners and the grid between them; ``inspector`` has one of its faces enlarged.

    It encodes and decodes only while visible. ``offer`` exports the grid.

    Signals:
        edit_asked(object, str): edit a latent (L,) of this name in Explore.
        script_asked(): copy the script of the grid.
    """

    edit_asked = Signal(object, str)
    script_asked = Signal()

    def __init__(
        self,
        corners: Corners,
        models: Models,
        selection: Selection,
        offer: Callable[[FilmOffer], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._corners, self._models, self._offer = corners, models, offer
        self._selection = selection
        self._latents: Floats | None = None
        self.wells = tuple(FaceWell(index, _HINT, selection, self._put) for index in range(4))
        self.grid = FaceGrid()
        self.grid.set_placeholder("Reading the faces …")
        self.grid.setAccessibleName("Faces between the corners")
        self.face = FaceView()
        self.face.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.face.set_placeholder("Move the mouse over the grid, or click a face in it.")
        self.shares = Label()
        tip = "Go on with the marked face in Explore (Enter)"
        self.edit = button("Edit &in Explore", self._on_edit, tip)
        self.count = CountBox()
        self.count.setRange(FEWEST, MOST)
        self.count.setAccessibleName("Faces a side")
        self.count.setToolTip("How many faces the grid has on each side")
        self.path = ComboBox()
        self.path.addItems(["Straight line", "Great arc"])
        self.path.setAccessibleName("Way")
        self.path.setToolTip("Linear or spherical interpolation of the latents")
        tip = "Save the grid as a picture, or each of its faces"
        self.export = PrimaryButton("E&xport …")
        self.export.setToolTip(tip)
        self.export.clicked.connect(self._on_export)
        menu = self.face.menu()
        menu.addAction("Save pict&ure …", self._on_save)
        menu.addAction("Edit &in Explore", self._on_edit)
        menu.addAction("E&xport …", self._on_export)
        menu.addAction("Copy as P&ython\tCtrl+Alt+C", self.script_asked.emit)
        self._arrange()
        self._connect()
        self._on_changed()
        self._work()

    def _arrange(self) -> None:
        empty = EmptyState("morph", _EMPTY, "Add the selected face", self._add_selected)
        self.stage = OrEmpty(self.grid, empty)
        board = CornerBoard(self.stage, [well.with_label(_WELL_WIDTH) for well in self.wells])
        well = Well(filled(QVBoxLayout(), board, margins=(8, 8, 8, 8)))
        filled(QVBoxLayout(self), well)
        self.face.setFixedHeight(_CELL_WIDTH)
        self.shares.set_tabular()
        self.shares.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        form = QGridLayout()
        form.setSpacing(8)
        form.setColumnStretch(1, 1)
        form.addWidget(Label("Face&s a side", buddy=self.count), 0, 0)
        form.addWidget(self.count, 0, 1)
        form.addWidget(Label("&Way", buddy=self.path), 1, 0)
        form.addWidget(self.path, 1, 1)
        parts = self.face, self.shares, self.edit, SectionLabel("Grid"), form
        self.inspector = fill_inspector(QWidget(), self.export, *parts)

    def _connect(self) -> None:
        corners = self._corners
        corners.changed.connect(self._on_changed)
        corners.latents_changed.connect(self._work)
        self.grid.looked_at.connect(self._look_at)
        self.grid.activated.connect(self._on_edit)
        self.count.valueChanged.connect(corners.set_count)
        self.path.currentIndexChanged.connect(self._on_path)

    @Slot()
    def _on_changed(self) -> None:
        state = self._corners.state
        for well, face in zip(self.wells, state.corners, strict=True):
            well.set_names((face.name,) if face else ())
            well.set_image(face.photo if face else None)
        with QSignalBlocker(self.count), QSignalBlocker(self.path):
            self.count.setValue(state.count)
            self.path.setCurrentIndex(int(state.arc))
        self.stage.show_empty(None in state.corners)
        self.grid.set_count(state.count)
        self._look_at(*self.grid.looked())

    @Slot()
    def _work(self) -> None:
        """While visible, request the missing latents and pictures."""
        self._latents = self._corners.grid()
        self._models.drop(Lane.GRID)
        # Faces on show stay while others are being decoded.
        self.edit.setEnabled(self._latents is not None)
        self.export.setEnabled(self._latents is not None)
        if not self.isVisible():
            return
        faces = self._corners.to_encode()
        if faces:
            images = np.stack([face.photo for face in faces if face.photo is not None])
            then = partial(self._corners.set_latents, faces)
            self._models.encode(images, then=then, lane=Lane.CORNERS)
        elif self._latents is not None:
            self._decode(self._latents, 0)

    def _decode(self, grid: Floats, row: int) -> None:
        # Row by row, so that more urgent requests aren't delayed.
        if row < len(grid):
            then = partial(self._on_row, grid, row)
            self._models.decode(grid[row], then=then, lane=Lane.GRID)

    def _on_row(self, grid: Floats, row: int, faces: Pixels) -> None:
        self.grid.set_row(row, faces)
        if row == self.grid.looked()[0]:
            self._look_at(*self.grid.looked())
        self._decode(grid, row + 1)

    @Slot(int, int)
    def _look_at(self, row: int, column: int) -> None:
        """Show a face enlarged, and the weights of the corners in it."""
        pixels, shares = self.grid.face(row, column), self._corners.shares(row, column)
        self.face.set_face_name(_name(row, column) if pixels is not None else "")
        self.face.set_image(pixels)
        pairs = zip(self.wells, shares, strict=True)
        text = "   ".join(f"{well.letter} {round(100 * share)} %" for well, share in pairs)
        self.shares.setText(text if pixels is not None else "")
        self.grid.setAccessibleDescription(text)

    @Slot()
    def _add_selected(self) -> None:
        """Put the selected face into the first empty corner."""
        if self._selection.face is not None:
            empty = self._corners.state.corners.index(None)
            self._corners.put(empty, MorphFace.of(self._selection.face))

    def _put(self, index: int, faces: Sequence[MorphFace]) -> None:
        self._corners.put(index, faces[0])

    @Slot(int)
    def _on_path(self, index: int) -> None:
        self._corners.set_arc(index == 1)

    @Slot()
    def _on_edit(self) -> None:
        if self._latents is not None:
            row, column = self.grid.marked()
            self.edit_asked.emit(self._latents[row, column], _name(row, column))

    @Slot()
    def _on_export(self) -> None:
        side, about = self._corners.state.count, self._corners.about()
        formats, grid = ("PNG grid", "PNG frames"), ("Export the grid", self._rows)
        self._offer(FilmOffer(*grid, formats, about, "grid", fixed=side**2, columns=side))

    @Slot()
    def _on_save(self) -> None:
        about, formats = {**self._corners.about(), "face": self.grid.marked()}, ("PNG strip",)
        self._offer(FilmOffer("Save the face", self._marked, formats, about, "face", fixed=1))

    def _marked(self, _frames_per_second: float) -> Floats | None:
        grid, (row, column) = self._corners.grid(), self.grid.marked()
        return None if grid is None else grid[row, column][None]

    def _rows(self, _frames_per_second: float) -> Floats | None:
        grid = self._corners.grid()
        return None if grid is None else grid.reshape(-1, grid.shape[-1])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._work()


def _name(row: int, column: int) -> str:
    return f"Grid, row {row + 1}, column {column + 1}"
