"""The selected faces in the map's page: how many, their mean, and what can be done with them."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.explore.direction_builder import WITH, WITHOUT
from cae_gui.explore.explorer import Edited, Face
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.map.selection import Chosen, MapSelection, Summary
from cae_gui.explore.map.strokes import Change, Mask, Rows
from cae_gui.widgets.controls import ElidedLabel, Label, SectionLabel
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted

NONE_SELECTED = "No face is selected."
NEAREST = (10, 50, 250)
"""How many of the faces nearest to the marker can be selected."""
_SIDE = 96


class SelectionPanel(QWidget):
    """Joins a map and its selection, and shows the mean of the selected faces.

    Signals:
        direction_asked(int): put them on this side of a direction of one's own.
        gallery_asked(): show only them in the gallery.
        export_asked(), training_asked(): write their pictures, or train on them.
    """

    direction_asked = Signal(int)
    gallery_asked = Signal()
    export_asked = Signal()
    training_asked = Signal()

    def __init__(
        self,
        map_: LatentMap,
        maps: Maps,
        selection: MapSelection,
        models: Models,
        exploring: Exploring,
    ) -> None:
        super().__init__()
        self._map, self._maps, self._selection = map_, maps, selection
        self._models, self._exploring = models, exploring
        self._in_gallery: Rows = np.zeros(0, np.int64)
        self._average: tuple[Summary, Pixels] | None = None
        self.count = ElidedLabel(tips=True)
        self.count.set_tabular()
        self.mean = FaceView()
        self.mean.setFixedSize(self.mean.size_around(_SIDE))
        self.mean.set_face_name("Mean of the selected faces")
        self.numbers = Label(wordWrap=True)
        self._of_some = QWidget()
        self.select, self.use = QPushButton("Select"), QPushButton("Use the select&ion")
        self._fill_menus()
        self._arrange()
        self._connect()
        self._show()
        self._show_summary()

    def _fill_menus(self) -> None:
        menu, map_ = QMenu(self.select), self._map
        menu.addAction("&All in view\tCtrl+A", partial(map_.sweep_view, Change.REPLACE))
        for count in NEAREST:
            near = partial(map_.sweep_nearest, count, Change.REPLACE)
            menu.addAction(f"The {count} nearest to the marker", near)
        menu.addAction("All &others", self._invert)
        self.take_gallery = menu.addAction("Those selected in the &gallery", self._take_gallery)
        menu.addSeparator()
        menu.addAction("&None\tEscape", self._selection.clear)
        self.select.setMenu(menu)
        self.select.setToolTip("Select faces without drawing")
        menu = QMenu(self.use)
        for side, text in ((WITH, "&with it"), (WITHOUT, "with&out it")):
            menu.addAction(f"New direction: faces {text}", partial(self.direction_asked.emit, side))
        menu.addSeparator()
        self.load_mean = menu.addAction("Edit their &average", self._load_mean)
        menu.addSeparator()
        menu.addAction("Show only them in the &gallery", self.gallery_asked.emit)
        menu.addAction("&Export pictures and names …", self.export_asked.emit)
        menu.addAction("&Train on them", self.training_asked.emit)
        self.use.setMenu(menu)
        self.use.setToolTip("What can be done with the selected faces")

    def _arrange(self) -> None:
        row = filled(QHBoxLayout(self._of_some), self.mean, self.numbers, room=self.numbers)
        row.setAlignment(self.numbers, Qt.AlignmentFlag.AlignVCenter)
        buttons = filled(QHBoxLayout(), self.select, self.use)
        buttons.addStretch(1)
        title = SectionLabel("Selection")
        filled(QVBoxLayout(self), title, self.count, self._of_some, buttons)

    def _connect(self) -> None:
        map_, selection = self._map, self._selection
        map_.sweeping.connect(self._on_sweeping)
        map_.swept.connect(self._on_swept)
        map_.sweep_dropped.connect(selection.drop_sweep)
        selection.shown.connect(self._show)
        selection.summarized.connect(self._show_summary)
        self._maps.changed.connect(self._on_map)

    def mark(self, rows: Rows) -> None:
        """Mark these rows (K,) on the map, which are selected in the gallery: two or more."""
        self._in_gallery = rows
        explored = self._maps.explored
        marked = np.zeros(0, np.int64)
        if explored is not None and len(rows) > 1:
            marked = np.flatnonzero(np.isin(explored.latents.rows, rows))
        self._map.set_marked(marked)

    def _found(self, found: Mask) -> Rows:
        """Return the rows of these points."""
        explored = self._maps.explored
        return explored.latents.rows[found] if explored is not None else np.zeros(0, np.int64)

    @Slot(object, object)
    def _on_sweeping(self, found: Mask, change: Change) -> None:
        self._selection.sweep(self._found(found), change)

    @Slot(object, object)
    def _on_swept(self, found: Mask, change: Change) -> None:
        self._selection.take(self._found(found), change)

    def _invert(self) -> None:
        explored = self._maps.explored
        if explored is not None:
            others = np.isin(explored.latents.rows, self._selection.rows, invert=True)
            self._selection.take(explored.latents.rows[others], Change.REPLACE)

    def _take_gallery(self) -> None:
        explored = self._maps.explored
        if explored is not None:
            rows = np.intersect1d(explored.latents.rows, self._in_gallery)
            self._selection.take(rows, Change.REPLACE)

    def _load_mean(self) -> None:
        if self._average is None:
            return
        summary, pixels = self._average
        name = f"Average of {Chosen(self._selection.chosen.faces, summary.rows).title}"
        average = Edited(Face(name, pixels, summary.mean), np.zeros_like(summary.mean))
        self._exploring.go_on_with(average, f"Load {name}")

    @Slot()
    def _on_map(self) -> None:
        self.mark(self._in_gallery)
        self._show()

    @Slot()
    def _show(self) -> None:
        """Show which points are selected, and how many."""
        explored, rows = self._maps.explored, self._selection.rows
        selected, text = None, NONE_SELECTED
        if explored is not None and len(rows):
            selected = np.isin(explored.latents.rows, rows)
            text = f"{len(rows):,} of {counted(len(selected), 'face')}"
        self._map.set_selected(selected)
        self.count.setText(text)
        self.select.setEnabled(explored is not None)
        self.use.setEnabled(selected is not None)
        self._of_some.setVisible(selected is not None)

    @Slot()
    def _show_summary(self) -> None:
        summary = self._selection.summary
        if summary is None:
            self._models.drop(Lane.MAP_SELECTION)
            self._average = None
            self.load_mean.setEnabled(False)
            self.mean.set_image(None)
            self.numbers.setText("")
            return
        typical = round(100 * summary.typicality)
        self.numbers.setText(f"Their mean\nSpread {summary.spread:.2f}\nTypical: {typical} %")
        self.numbers.setToolTip(
            "Spread: their distance from the mean, where 1 is that of all training faces. Typical: "
            "the share of faces that are at least as unusual, for half of the selected ones."
        )
        mean, then = summary.mean[None], partial(self._show_mean, summary)
        self._models.decode(mean, then=then, lane=Lane.MAP_SELECTION, interim=True)

    def _show_mean(self, summary: Summary, faces: Pixels) -> None:
        self._average = summary, faces[0]
        self.load_mean.setEnabled(True)
        self.mean.set_image(faces[0])
