"""The map's page in the inspector: method and coloring; and the edited face's position on it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QPalette, QStandardItemModel
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from cae_gui.core.faces import DEMO, Faces
from cae_gui.core.latents import FEWEST, Latents
from cae_gui.core.models import Models
from cae_gui.core.tasks import Task, Tasks
from cae_gui.explore.explorer import Edited, Explorer, Face, rest_timer
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.map.filter_panel import FilterPanel
from cae_gui.explore.map.filters import Filters, Matching
from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.legend import Entry, Legend
from cae_gui.explore.map.map_dots import Band, Coloring
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.map.mode_tools import ModeTools
from cae_gui.explore.map.probing import Lens, Probing
from cae_gui.explore.map.selection import MapSelection
from cae_gui.explore.map.selection_panel import SelectionPanel
from cae_gui.explore.map.strokes import Mode
from cae_gui.widgets.controls import Label, SectionLabel, button
from cae_gui.widgets.empty_state import SHOW_DEMO, EmptyState
from cae_gui.widgets.fields import ComboBox
from cae_gui.widgets.inspectors import Scrolling
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted
from model.latents.directions import project_out
from model.latents.face_values import TYPICALITY, FaceValues

if TYPE_CHECKING:
    from model.latents.directions import Direction
    from model.latents.explored import Explored

Floats = NDArray[np.float32]
Place = tuple[float, float]

TOO_FEW = f"A map needs {FEWEST} faces or more."
PLAIN = "None"
NEEDS_PACKAGE = "t-SNE needs the package “openTSNE”. Install it with “pip install openTSNE”."
_KEYS = "Shift adds to the selection, Alt takes out of it. Escape leaves."
HINTS = {
    Mode.TRAVEL: "Click a face to load it, drag the marker to travel. Between the faces, the "
    "pointer shows what the decoder makes of its place.\n\n"
    "The wheel and + and - zoom, a drag and the arrow keys move the map, 0 shows all. With Shift, "
    "a drag and the arrow keys move the face; Enter loads the one nearest to it.",
    Mode.LASSO: f"Draw around faces, or click one. {_KEYS}",
    Mode.RECTANGLE: f"Draw a rectangle over faces, or click one. {_KEYS}\n\nBy keyboard: Space, "
    "the arrow keys, with Shift for its size, and Enter.",
    Mode.PATH: "Draw a line through the faces: it becomes a path of Morph. Escape leaves.",
    Mode.LOOK: "A click loads the face of a place. By keyboard: the arrow keys and Enter. Escape "
    "leaves.",
}
"""What a drag and keys do in each mode of the map."""
FOUND = "Face of the map"
"""What a face is called that was decoded for a place without one."""
LONGEST_PATH = 24
"""Most earlier positions of the edited face that are shown."""

FEWEST_ON_PATH, MOST_ON_PATH = 5, 9
"""Faces of a drawn path: most of one as long as all faces lie apart."""

_PERCENTILES = (2, 98)  # ends of the scale, which a few faces would stretch otherwise
_OF_TYPICALITY = tuple(
    Band(f"{low} to {low + 20} %", low / 100, (low + 10) / 100) for low in range(0, 100, 20)
)
_OF_SIGMA = (
    Band("below −1.5 σ", -np.inf, -2.0),
    Band("−1.5 to −0.5 σ", -1.5, -1.0),
    Band("−0.5 to +0.5 σ", -0.5, 0.0),
    Band("+0.5 to +1.5 σ", 0.5, 1.0),
    Band("above +1.5 σ", 1.5, 2.0),
)
"""The classes of the legend."""


class MapPage(QWidget):
    """The controls of ``map``, a map of the measured faces that its owner puts on the stage.

    The map is updated only while visible. A click on a face loads it. A marker and a path show the
    edited face and its earlier positions; dragging the marker edits the face. Where no face lies,
    one is decoded, and can be loaded. In other modes faces are selected.

    Signals:
        path_made(object): the latents (K, L) of faces along a path that was drawn.
    """

    path_made = Signal(object)

    def __init__(
        self,
        models: Models,
        latents: Latents,
        maps: Maps,
        faces: Faces,
        explorer: Explorer,
        exploring: Exploring,
        tasks: Tasks,
        selection: MapSelection,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._latents, self._maps, self._faces = latents, maps, faces
        self._explorer, self._exploring, self._tasks = explorer, exploring, tasks
        self._pictured: NDArray[np.int64] | None = None  # the rows of the points on the map
        self._is_by_pca = True
        self._chosen = PLAIN
        self._measured: tuple[object, object] = None, None  # what the values are of
        # By t-SNE a latent has a position only once it was computed, or was dragged there.
        self._known: WeakKeyDictionary[Edited, Place] = WeakKeyDictionary()
        self._known_of: tuple[Floats | None, Floats | None] = None, None  # points, the face's start
        self._rest = rest_timer(self, self._look)
        self.map = LatentMap()
        self._probing = Probing(models, maps, self)
        self.lens = Lens(self.map, self._probing)
        self.filters = Filters(self)
        self.legend, self.filter_panel = Legend(), FilterPanel(self.filters)
        self.method, self.coloring = ComboBox(), ComboBox()
        self.fit = button("Fit", self.map.fit, "Show all faces (0, or a double click)")
        self.modes = ModeTools(self.map)
        self.selection = SelectionPanel(self.map, maps, selection, models, exploring)
        self.too_few = EmptyState("explore", TOO_FEW, SHOW_DEMO, partial(faces.choose, DEMO))
        self.too_few.button.setToolTip("Show the demo faces that come with the program")
        self.hint = Label(wordWrap=True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._label()
        self._arrange()
        self._connect()
        self._show_map()

    def _label(self) -> None:
        self.method.setToolTip("How the latents are laid out in two dimensions")
        self.coloring.setToolTip("What the colours of the dots tell")
        self.coloring.setMaxVisibleItems(16)
        for box, letters in ((self.method, 4), (self.coloring, 5)):
            box.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(letters)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow(Label("Method", buddy=self.method), self.method)
        form.addRow(Label("Colour by", buddy=self.coloring), self.coloring)
        tools = filled(QHBoxLayout(), self.modes)
        tools.addStretch(1)
        tools.addWidget(self.fit)
        only = SectionLabel("Only faces with")
        parts = tools, form, self.legend, self.selection, only, self.filter_panel, self.hint
        contents = QWidget()
        column = filled(QVBoxLayout(contents), *parts, margins=(16, 16, 16, 8))
        for place in (4, 3, 1):
            column.insertSpacing(place, 8)
        column.addStretch(1)
        filled(QVBoxLayout(self), Scrolling(contents))
        filled(QVBoxLayout(self.map), self.too_few)

    def _connect(self) -> None:
        self.method.activated.connect(self._on_method)
        self.coloring.activated.connect(self._on_coloring)
        self.legend.chosen.connect(self._on_chosen)
        self.filters.changed.connect(self._show_matching)
        self.map.mode_changed.connect(self._show_hint)
        self.map.place_chosen.connect(self._load_place)
        self.map.path_drawn.connect(self._on_path)
        self.map.menu_asked.connect(self._on_menu)
        explorer, latents = self._explorer, self._latents
        self.map.shown.connect(self._on_shown)
        self.map.point_clicked.connect(self._exploring.load_measured)
        self.map.travel_started.connect(explorer.begin_edit)
        self.map.travelled.connect(self._on_travelled)
        self.map.travel_finished.connect(explorer.end_edit)
        latents.measuring.connect(self._on_measuring)
        self._maps.changed.connect(self._show_map)
        for changed in (latents.changed, self._faces.changed, explorer.directions_changed):
            changed.connect(self._refresh)
        for moved in (explorer.latent_changed, explorer.undo_stack.indexChanged):
            moved.connect(self._show_edited)

    @Slot(object)
    def mark(self, rows: NDArray[np.int64]) -> None:
        """Mark these rows (K,), which are selected in the gallery, if its faces are measured."""
        is_measured = self._faces.faces is self._latents.faces
        self.selection.mark(rows if is_measured else rows[:0])

    # The map

    @Slot()
    def _refresh(self) -> None:
        """Show why there is no map; while visible, update and color it."""
        self._show_reason()
        if self.map.isVisible():
            self._maps.refresh()
        self._show_colorings()

    @Slot()
    def _show_map(self) -> None:
        self._show_pictures()
        is_by_pca = self._maps.plane is not None
        if is_by_pca != self._is_by_pca:
            self._is_by_pca = is_by_pca
            self.map.fit()
        self.map.set_points(self._maps.points)
        self._show_method()
        usable = self._maps.points is not None
        for control in (self.modes, self.method, self.coloring, self.fit):
            control.setEnabled(usable)
        self._show_hint()
        self._show_reason()
        if self.map.isVisible():
            self._maps.refresh()
        self._show_edited()

    def _show_pictures(self) -> None:
        explored, faces = self._latents.explored, self._latents.faces
        if explored is None or faces is None:
            self._pictured = None
            self.map.set_faces(None, None)
        elif self._pictured is None or not np.array_equal(self._pictured, explored.latents.rows):
            self._pictured = rows = explored.latents.rows
            names, images = faces.names, faces.images
            self.map.set_faces(
                lambda point: names[rows[point]], lambda point: np.asarray(images[rows[point]])
            )

    @Slot(int, int)
    def _on_measuring(self, done: int, total: int) -> None:
        self.map.set_empty_text(f"Encoding the faces: {done:,} of {total:,}")

    def _show_reason(self) -> None:
        """Show why there is no map."""
        faces, text = self._faces.faces, "Measuring the latent space …"
        is_few = faces is not None and len(faces.images) < FEWEST
        if faces is None:
            text = "The faces are being loaded …"
        elif is_few:
            text = ""
        self.map.set_empty_text(text)
        self.too_few.setVisible(is_few and self._maps.points is None)

    @Slot()
    def _show_hint(self) -> None:
        self.hint.setText("" if self._maps.points is None else HINTS[self.map.mode])

    # The controls

    def _offer_methods(self) -> None:
        """List the methods; those that can't be chosen with the reason."""
        for key, title, why_not in (("pca", "PCA", ""), ("tsne", *_tsne())):
            self.method.addItem(title, key)
            if why_not:
                row = self.method.count() - 1
                self.method.setItemData(row, why_not, Qt.ItemDataRole.ToolTipRole)
                model = self.method.model()
                assert isinstance(model, QStandardItemModel)
                model.item(row).setEnabled(False)

    def _show_method(self) -> None:
        self.method.setCurrentIndex(self.method.findData(self._maps.method))

    @Slot(int)
    def _on_method(self, index: int) -> None:
        self._maps.choose(self.method.itemData(index))
        self._show_method()

    def _directions(self) -> list[Direction]:
        """Return what the map can be coloured and filtered by, besides the typicality."""
        explorer = self._explorer
        if explorer.directions is None:
            return []
        rows = (*explorer.rows_of("attribute"), *explorer.rows_of("own"))
        return [explorer.directions[row] for row in rows]

    def _show_colorings(self) -> None:
        names = dict.fromkeys(direction.name for direction in self._directions())
        titles, box = [PLAIN, TYPICALITY, *names], self.coloring
        if self._chosen not in titles:
            self._chosen = PLAIN
        if titles != [box.itemText(row) for row in range(box.count())]:
            box.clear()
            box.addItems(titles)
        box.setCurrentIndex(titles.index(self._chosen))
        self._measure()
        self._color()

    def _measure(self) -> None:
        """Measure all values of the faces in the background, while the map is visible."""
        explored, directions = self._latents.explored, self._explorer.directions
        if explored is None:
            self._tasks.drop(Task.MAP_VALUES)
            self._measured = None, None
            self._on_values(None)
            return
        is_new = explored is not self._measured[0] or directions is not self._measured[1]
        if is_new and self.map.isVisible():
            self._measured = explored, directions
            work = partial(_values, explored, self._directions())
            self._tasks.run(work, Task.MAP_VALUES, then=self._on_values)

    def _on_values(self, values: FaceValues | None) -> None:
        self.filters.use_values(values)
        self._color()

    @Slot(int)
    def _on_coloring(self, index: int) -> None:
        self._chosen = self.coloring.itemText(index)
        self._color()

    def _color(self) -> None:
        values = self.filters.values
        along = None if values is None else values.of(self._chosen)
        if along is None and values is not None and self._chosen != PLAIN:
            return  # still to be measured; the colours before stay until then
        coloring = None if along is None else _coloring(self._chosen, along)
        self.map.set_coloring(coloring)
        self.filters.use_coloring(coloring)

    @Slot(int, bool)
    def _on_chosen(self, band: int, adds: bool) -> None:
        self.filters.choose(band, adds=adds)

    @Slot()
    def _show_matching(self) -> None:
        """Dim the faces that don't match, and tell how many do."""
        filters, matching = self.filters, self.filters.matching()
        dims = matching is not None and filters.is_filtering
        self.map.set_dimmed(~matching.mask if matching is not None and dims else None)
        self.legend.show_entries(self._entries(matching), filters.chosen)
        text = ""
        if matching is not None and dims:
            text = f"{int(matching.mask.sum()):,} of {counted(len(matching.mask), 'face')}"
        self.filter_panel.tell(text)

    def _entries(self, matching: Matching | None) -> list[Entry]:
        coloring = self.filters.coloring
        if coloring is None or matching is None or not matching.counts:
            return []
        found = zip(coloring.bands, coloring.band_shades().tolist(), matching.counts, strict=True)
        return [Entry(band.text, shade, count) for band, shade, count in found]

    # Between the faces

    @Slot(QPointF)
    def _on_menu(self, place: QPointF) -> None:
        """Offer what can be done at a position of the map's widget."""
        menu, looks = QMenu(self.map), self.map.mode is Mode.LOOK
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        point = None if looks else self.map.point_at(place)
        if point is None:
            menu.addAction("&Load the face of this place", lambda: self._load_place(place))
        else:
            menu.addAction("&Load this face", partial(self._exploring.load_measured, point))
        other = Mode.TRAVEL if looks else Mode.LOOK
        around = menu.addAction("Look &around", partial(self.map.set_mode, other))
        around.setCheckable(True)
        around.setChecked(looks)
        menu.popup(self.map.mapToGlobal(place.toPoint()))

    @Slot(QPointF)
    def _load_place(self, position: QPointF) -> None:
        """Load the face that is decoded for a position of the map's widget."""
        place = self.map.map_at(self.lens.snapped(position))
        if place is not None:
            self._probing.face_at(np.array(place, np.float32), self._on_found)

    def _on_found(self, latent: Floats, pixels: NDArray[np.uint8]) -> None:
        found = Edited(Face(FOUND, pixels, latent), np.zeros_like(latent))
        self._exploring.go_on_with(found, f"Load {FOUND}")

    @Slot(object)
    def _on_path(self, line: Floats) -> None:
        """Turn a drawn path into latents: more of them, the longer it is on the map."""
        from model.latents.latent_map import resampled

        points = self._maps.points
        if points is None:
            return
        length = float(np.hypot(*np.diff(line, axis=0).T).sum())
        share = min(length / max(float(np.ptp(points, axis=0).max()), 1e-9), 1.0)
        count = FEWEST_ON_PATH + round(share * (MOST_ON_PATH - FEWEST_ON_PATH))
        latents = self._probing.latents(resampled(line, count))
        if latents is not None:
            self.path_made.emit(latents)

    # The edited face

    @Slot(float, float)
    def _on_travelled(self, x: float, y: float) -> None:
        face, latent = self._explorer.face, self._latent_at(np.array([x, y], np.float32))
        if face is None or latent is None:
            return
        self._explorer.go_to(self._allowed(face.latent, latent), "Travel on the map")
        if self._maps.plane is None:
            self._known[self._explorer.face or face] = (x, y)
            self.map.set_here((x, y))

    def _latent_at(self, point: Floats) -> Floats | None:
        """Return the latent (L,) for a point (2,) of the map, or None."""
        from model.latents.latent_map import latent_at

        face, points, explored = self._explorer.face, self._maps.points, self._latents.explored
        if face is None or points is None or explored is None:
            return None
        if self._maps.plane is not None:
            return self._maps.plane.moved(face.latent, point)
        return latent_at(point, points, explored.latents.latents)

    def _allowed(self, latent: Floats, wanted: Floats) -> Floats:
        """Return the wanted latent with the coordinates of locked directions kept."""
        directions, locked = self._explorer.directions, sorted(self._explorer.locked)
        if directions is None or not locked:
            return wanted
        return np.asarray(latent + project_out(wanted - latent, directions.matrix[locked]))

    @Slot()
    def _show_edited(self) -> None:
        """Place the marker, and after each step the path."""
        if not self.map.isVisible():
            return
        if self._maps.plane is not None or not self.map.is_travelling:
            self._show_here()
        if not self._explorer.is_held:
            self._show_path()

    def _show_here(self) -> None:
        face = self._explorer.face
        if face is None or self._maps.points is None:
            self.map.set_here(None)
            return
        (place,) = self._places([face])
        if place is not None:
            self.map.set_here(place)

    def _show_path(self) -> None:
        found = [place for place in self._places(self._path()) if place is not None]
        self.map.set_path(np.array(found, np.float32).reshape(-1, 2))

    def _path(self) -> list[Edited]:
        """Return the last states of the edited face, the oldest first."""
        face, last = self._explorer.face, self._explorer.state_index()
        if face is None or last is None:
            return []
        states = self._explorer.states()[: last + 1]
        others = [index for index, state in enumerate(states) if state.face is not face.face]
        return states[others[-1] + 1 if others else 0 :][-LONGEST_PATH:]

    def _places(self, states: list[Edited]) -> list[Place | None]:
        """Return the positions of states of one face; None where they are still to be computed."""
        if not states:
            return []
        plane = self._maps.plane
        if plane is not None:
            latents = np.stack([state.latent for state in states])
            return [(float(x), float(y)) for x, y in plane.project(latents)]
        # The next snapshot of a model gives the same face another latent.
        known_of = self._maps.points, states[0].start
        if any(new is not old for new, old in zip(known_of, self._known_of, strict=True)):
            self._known_of = known_of
            self._known.clear()
        found = [self._known.get(state) for state in states]
        if None in found:
            self._rest.start()
        return found

    @Slot()
    def _look(self) -> None:
        """Compute the missing positions of states from their nearest faces."""
        explored, points, face = self._latents.explored, self._maps.points, self._explorer.face
        if explored is None or points is None or face is None or self._maps.plane is not None:
            return
        states = [state for state in (face, *self._path()) if state not in self._known]
        if states:
            latents = np.stack([state.latent for state in states])
            work = partial(_places_among_faces, explored, points, latents)
            then = partial(self._on_places, self._known_of, states)
            self._tasks.run(work, Task.MAP_PLACES, then=then)

    def _on_places(self, known_of: object, states: list[Edited], places: list[Place]) -> None:
        if known_of is self._known_of:
            self._known.update(zip(states, places, strict=True))
            self._show_edited()

    @Slot()
    def _on_shown(self) -> None:
        if not self.method.count():
            self._offer_methods()
        self._refresh()
        self._show_edited()


def _tsne() -> tuple[str, str]:
    """Return the title of t-SNE, and why it can't be chosen, or ""."""
    from model.latents.latent_map import has_tsne

    return ("t-SNE", "") if has_tsne() else ("t-SNE (not installed)", NEEDS_PACKAGE)


def _values(explored: Explored, directions: list[Direction]) -> FaceValues:
    latents, mean = explored.latents.latents, explored.statistics.mean
    return FaceValues.measure(latents, directions, mean, explored.density)


def _coloring(name: str, values: Floats) -> Coloring:
    """Color by the typicality, or by the coordinate along a direction."""
    if name == TYPICALITY:
        return Coloring(name, values, 0.0, 1.0, "0 %", "100 %", _OF_TYPICALITY)
    low, high = (float(value) for value in np.percentile(values, _PERCENTILES))
    low_text, high_text = (f"{end:+.1f} σ".replace("-", "−") for end in (low, high))
    return Coloring(name, values, low, high, low_text, high_text, _OF_SIGMA)


def _places_among_faces(explored: Explored, points: Floats, latents: Floats) -> list[Place]:
    from model.latents.latent_map import place

    places = []
    for latent in latents:
        nearest, _ = explored.neighbours.nearest(latent)
        x, y = place(latent, explored.latents.latents, points, nearest)
        places.append((float(x), float(y)))
    return places
