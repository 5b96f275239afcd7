"""The grid tab of Morph: the faces between four corners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cae_gui.morph.corner_board import CornerBoard
from cae_gui.morph.face_grid import FaceGrid
from cae_gui.morph.face_well import FaceWell
from cae_gui.widgets.face_view import FaceView

Pixels = NDArray[np.uint8]

FEWEST, MOST = 3, 15
"""Faces on a side of the grid."""

_HINT = "Drop a face here, or click to take the selected one."
_WELL_WIDTH, _CELL_WIDTH = 120, 192


class MorphGridView(QWidget):
    """Wells at the corners, the grid between them, and the face looked at, large.

    Signals:
        shown(): it has come into view.
        well_taken(int), faces_put(int, object): a well's, counted row by row.
        looked_at(int, int): the row and column of the face to show large.
        count_changed(int), arc_changed(bool).
        edit_asked(), export_asked(): the marked face in Explore, the grid as a picture.
    """

    shown = Signal()
    well_taken = Signal(int)
    faces_put = Signal(int, object)
    looked_at = Signal(int, int)
    count_changed = Signal(int)
    arc_changed = Signal(bool)
    edit_asked = Signal()
    export_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wells = tuple(FaceWell(index, _HINT) for index in range(4))
        self.grid = FaceGrid()
        self.grid.set_placeholder("The faces between A, B, C and D appear here.")
        self.grid.setAccessibleName("Faces between the corners")
        self.face = FaceView()
        self.face.set_placeholder("Move the mouse over the grid, or click a face in it.")
        self.shares = QLabel()
        self.edit = QPushButton("Edit &in Explore")
        self.edit.setToolTip("Go on with the marked face in Explore (Enter)")
        self.count = QSpinBox()
        self.count.setRange(FEWEST, MOST)
        self.count.setToolTip("How many faces the grid has on each side")
        self.path = QComboBox()
        self.path.addItems(["Straight line", "Great arc"])
        self.path.setToolTip("Linear or spherical interpolation of the latents")
        self.export = QPushButton("E&xport …")
        self.export.setToolTip("Save the grid as a picture, or each of its faces")
        self._arrange()
        self._connect()
        self.set_ready(False)

    def _arrange(self) -> None:
        for well in self.wells:
            well.setFixedSize(_WELL_WIDTH, _WELL_WIDTH + well.fontMetrics().height())
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(CornerBoard(self.grid, self.wells), 1)
        middle.addLayout(self._side())
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(middle, 1)
        column.addLayout(self._controls())

    def _side(self) -> QVBoxLayout:
        self.face.setFixedSize(_CELL_WIDTH, _CELL_WIDTH + self.fontMetrics().height())
        font = QFont(self.shares.font())
        font.setFeature(QFont.Tag("tnum"), 1)
        self.shares.setFont(font)
        self.shares.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addStretch(1)
        side.addWidget(self.face)
        side.addWidget(self.shares)
        side.addWidget(self.edit, 0, Qt.AlignmentFlag.AlignHCenter)
        side.addStretch(1)
        return side

    def _controls(self) -> QHBoxLayout:
        count, path = QLabel("Face&s a side"), QLabel("&Way")
        count.setBuddy(self.count)
        path.setBuddy(self.path)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        for widget in (count, self.count, path, self.path):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(self.export)
        return controls

    def _connect(self) -> None:
        for well in self.wells:
            well.taken.connect(self.well_taken)
            well.faces_put.connect(self.faces_put)
        self.grid.looked_at.connect(self.looked_at)
        self.grid.activated.connect(self._on_activated)
        self.count.valueChanged.connect(self.count_changed)
        self.path.currentIndexChanged.connect(self._on_path)
        self.edit.clicked.connect(self.edit_asked)
        self.export.clicked.connect(self.export_asked)

    def set_corner(self, index: int, name: str, pixels: Pixels | None) -> None:
        """Show a corner's face, or that it is empty."""
        self.wells[index].set_names((name,) if pixels is not None else ())
        self.wells[index].set_image(pixels)

    def set_settings(self, count: int, *, arc: bool) -> None:
        """Show how the grid is made."""
        with QSignalBlocker(self.count), QSignalBlocker(self.path):
            self.count.setValue(count)
            self.path.setCurrentIndex(int(arc))
        self.grid.set_count(count)

    def set_ready(self, ready: bool) -> None:
        """Allow what needs all faces; what is on show stays where they are on their way."""
        self.edit.setEnabled(ready)
        self.export.setEnabled(ready)

    def set_looked_at(self, pixels: Pixels | None, name: str, shares: Sequence[float]) -> None:
        """Show a face large, and how much of each corner is in it."""
        self.face.set_face_name(name if pixels is not None else "")
        self.face.set_image(pixels)
        rounded = [round(100 * share) for share in shares]
        letters = (
            f"{well.letter} {part} %" for well, part in zip(self.wells, rounded, strict=True)
        )
        text = "   ".join(letters)
        self.shares.setText(text if pixels is not None else "")
        self.grid.setAccessibleDescription(text)

    @Slot(int)
    def _on_path(self, index: int) -> None:
        self.arc_changed.emit(index == 1)

    @Slot(int, int)
    def _on_activated(self, _row: int, _column: int) -> None:
        if self.edit.isEnabled():
            self.edit_asked.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()
