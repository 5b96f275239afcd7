"""The lists of sliders in Explore, kept in step with the explorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from cae_gui.core.models import Lane, Models
from cae_gui.explore.explorer import Explorer, rest_timer
from cae_gui.explore.local_directions import LocalDirections
from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.sliders.picture_strip import PICTURES
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.icons import icon

if TYPE_CHECKING:
    from model.latents.directions import Direction, Directions, Kind

    _Source = Kind | Literal["local", "raw"]

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SIGMAS = 4.0
"""Range of a slider to either side of the mean face, in sigma."""
RAW_RANGE = (-1.0, 4.0)
"""Range of a raw slider without measured faces; -1 is the minimum of ELU."""
LOCAL_SIGMAS = 3.0
"""Range of a local slider to either side of where its direction was found, in local sigma."""
MOST_PERCENT = 150.0
"""Range of a preset's slider, in per cent of the whole edit."""
ROWS_AT_ONCE = 2
"""Rows whose ends are decoded at once, a strip alone: a slider's picture may wait for them."""
MOST_KNOWN = 200
"""Rows whose faces are kept while others are in view: 10 MB with strips."""
NOT_MEASURED = "The latent space hasn't been measured yet."
NO_ATTRIBUTES = (
    "There are no attribute directions for this model. "
    "They come with the shipped model: File → Use the shipped model."
)
NO_OWN = (
    "You have no directions yet. “New direction …” makes one of faces with and without it; "
    "the bookmark keeps an edit as a preset."
)


class SliderLists(QObject):
    """Owns the five lists of sliders, and sets their rows, values, locks and faces.

    ``strips`` switches pictures below the sliders on and off; local ones always have them.
    """

    def __init__(
        self,
        models: Models,
        explorer: Explorer,
        local: LocalDirections,
        face: FaceView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer, self._found = models, explorer, local
        self.strips = QAction(icon("strips"), "Pictures under sliders", self, checkable=True)
        self.strips.setToolTip("Show below each slider what the face is at seven of its values")
        strips = self.strips
        self.principal, self.attributes = LatentSliders(strips=strips), LatentSliders(strips=strips)
        self.own, self.raw = LatentSliders(strips=strips), LatentSliders(locks=False, strips=strips)
        self.local = LatentSliders(locks=False)
        self.local.area.show_strips(True)
        self._lists: dict[Kind, LatentSliders] = {
            "principal": self.principal,
            "attribute": self.attributes,
            "own": self.own,
        }
        self._is_visible = self._are_rows_outdated = False
        self._without_face = ""
        self._start: Floats = np.zeros(0, np.float32)  # of the face, along all directions
        self._sources: dict[LatentSliders, _Source] = {self.raw: "raw", self.local: "local"}
        self._sources |= {sliders: kind for kind, sliders in self._lists.items()}
        self._faces = _SliderFaces(models, explorer, self._sources, self._moved, face, self)
        self._connect()

    def _connect(self) -> None:
        explorer = self._explorer
        for sliders, source in self._sources.items():
            area = sliders.area
            area.edit_started.connect(explorer.begin_edit)
            area.edited.connect(partial(self._on_edited, source))
            area.edit_finished.connect(explorer.end_edit)
        for kind, sliders in self._lists.items():
            sliders.area.lock_toggled.connect(partial(self._on_locked, kind))
        for changed in (explorer.local_changed, self._found.changed):
            changed.connect(self._on_local)
        for changed in (explorer.directions_changed, self._models.attributes_found):
            changed.connect(self._on_directions)
        explorer.locks_changed.connect(self._show_locks)

    def set_seen(self, seen: bool) -> None:
        """Note whether Explore is in view; rows are set only then."""
        self._is_visible = seen
        if seen and self._are_rows_outdated:
            self._on_directions()

    def say_without_face(self, text: str) -> None:
        """Set the text shown while no face is being edited."""
        self._without_face = text
        if self._explorer.face is None:
            self._set_rows()

    def show_face(self) -> None:
        """Set the rows of all sliders for another face."""
        self._faces.forget()
        self._set_rows()

    def show_latent(self) -> None:
        """Show the values of the edited face, and decode the sliders' faces again."""
        self._faces.forget()
        self._show_values()

    def _set_rows(self) -> None:
        """Set all rows, if in view: a thousand rows take 10 ms."""
        self._are_rows_outdated = not self._is_visible
        if self._are_rows_outdated:
            return
        directions, face = self._explorer.directions, self._explorer.face
        if directions is not None and face is not None:
            self._set_directions(directions, directions.coordinates(face.start))
        else:
            for sliders in self._lists.values():
                sliders.set_rows([], self._without_face if face is None else NOT_MEASURED)
        self._set_local()
        self._set_raw()

    def _set_directions(self, directions: Directions, start: Floats) -> None:
        searched = self._models.attributes is not None
        without = {
            "principal": "",
            "attribute": NO_ATTRIBUTES if searched else "Loading the attribute directions …",
            "own": NO_OWN,
        }
        self._start = start
        for kind, sliders in self._lists.items():
            numbers = self._explorer.rows_of(kind)
            rows = [_sigma_row(directions[number], float(start[number])) for number in numbers]
            sliders.set_rows(rows, None if rows else without[kind])

    def _set_local(self) -> None:
        local, face = self._explorer.local, self._explorer.face
        if local is None or face is None:
            self.local.set_rows([], self._without_face if face is None else self._found.text)
        else:
            self.local.set_rows([_local_row(item, self._found.count) for item in local])

    def _set_raw(self) -> None:
        face, statistics = self._explorer.face, self._explorer.statistics
        if face is None:
            self.raw.set_rows([], self._without_face)
            return
        size = len(face.start)
        low = statistics.low if statistics else np.full(size, RAW_RANGE[0], np.float32)
        high = statistics.high if statistics else np.full(size, RAW_RANGE[1], np.float32)
        rows = [
            SliderRow(
                f"Latent {number}",
                float(min(lowest, start)),
                float(max(highest, start, lowest + 1e-3)),
                float(start),
                "",
                f"The training faces lie between {lowest:.2f} and {highest:.2f}",
            )
            for number, (start, lowest, highest) in enumerate(
                zip(face.start, low, high, strict=True), start=1
            )
        ]
        self.raw.set_rows(rows)

    def _show_values(self) -> None:
        face = self._explorer.face
        if face is None or self._are_rows_outdated:
            return
        values, directions = self._explorer.coordinates(), self._explorer.directions
        if directions is not None:
            for number in self._explorer.rows_of("own"):
                if (whole := directions[number].whole) is not None:
                    values[number] = 100 * (values[number] - self._start[number]) / whole
            for kind, sliders in self._lists.items():
                rows = self._explorer.rows_of(kind)
                sliders.area.set_values(values[rows.start : rows.stop])
        self.raw.area.set_values(face.latent)
        self._show_local_values()

    def _show_local_values(self) -> None:
        local, latent = self._explorer.local, self._explorer.latent
        if local is not None and latent is not None:
            self.local.area.set_values(local.coordinates(latent))

    @Slot()
    def _show_locks(self) -> None:
        directions, locked = self._explorer.directions, sorted(self._explorer.locked)
        if directions is None:
            return
        movable = directions.movable(locked)
        for kind, sliders in self._lists.items():
            rows = self._explorer.rows_of(kind)
            own = {index - rows.start for index in locked if index in rows}
            without_room = np.flatnonzero(~movable[rows.start : rows.stop]).tolist()
            sliders.area.set_locked(own)
            sliders.area.set_unmovable(set(without_room) - own)

    @Slot()
    def _on_directions(self) -> None:
        self._set_rows()
        self._show_values()
        self._show_locks()

    @Slot()
    def _on_local(self) -> None:
        if not self._are_rows_outdated:
            self._set_local()
            self._show_local_values()

    def _on_edited(self, source: _Source, row: int, value: float) -> None:
        if source == "raw":
            self._explorer.set_dimension(row, value)
        elif source == "local":
            self._explorer.move_locally(row, value)
        else:
            self._explorer.move(*self._target(source, row, value))

    def _moved(self, source: _Source, row: int, value: float) -> Floats | None:
        """Return the latent (L,) to which a slider at this value leads; None without a face."""
        if source == "raw":
            return self._explorer.with_dimension(row, value)
        if source == "local":
            return self._explorer.moved_locally(row, value)
        return self._explorer.moved(*self._target(source, row, value))

    def _target(self, kind: Kind, row: int, value: float) -> tuple[int, float]:
        """Return the direction of a slider, and the coordinate in sigma that its value stands for.

        A preset's value is in per cent of its edit, from where the face started.
        """
        number, directions = self._explorer.rows_of(kind)[row], self._explorer.directions
        whole = None if directions is None else directions[number].whole
        return number, value if whole is None else self._start[number] + value / 100 * whole

    def _on_locked(self, kind: Kind, row: int, locked: bool) -> None:
        self._explorer.set_locked(self._explorer.rows_of(kind)[row], locked)


class _Shown(NamedTuple):
    """The faces of a row, valid for one ``SliderRow``: both ends, or those of a strip."""

    row: SliderRow
    faces: Pixels


class _SliderFaces(QObject):
    """Decodes what the sliders in view make of the face, once that rests.

    A slider has a face for each end or, with a strip, for ``PICTURES`` of its values.
    """

    def __init__(
        self,
        models: Models,
        explorer: Explorer,
        sources: Mapping[LatentSliders, _Source],
        moved: Callable[[_Source, int, float], Floats | None],
        face: FaceView,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer = models, explorer
        self._sources, self._moved = sources, moved
        self._known: dict[tuple[LatentSliders, int], _Shown] = {}
        self._is_asking = False
        self._is_painted = False
        self._rest = rest_timer(self, self._on_rest)
        directions = explorer.directions_changed, explorer.local_changed
        for changed in (*directions, explorer.locks_changed, explorer.limit_changed):
            changed.connect(self._on_other_ends)
        face.painted.connect(self._on_painted)
        for sliders in sources:
            sliders.area.faces_wanted.connect(self._on_wanted)

    def forget(self) -> None:
        """Drop all results and requests, as the face has changed."""
        self._drop()
        self._is_painted = False

    def _drop(self) -> None:
        self._known.clear()
        self._is_asking = False
        self._models.drop(Lane.ENDS)

    @Slot()
    def _on_other_ends(self) -> None:
        self._drop()
        self._rest.start()

    @Slot()
    def _on_painted(self) -> None:
        self._is_painted = True
        self._rest.start()

    @Slot()
    def _on_wanted(self) -> None:
        for sliders in self._sources:
            for row in sliders.area.rows_in_view():
                shown = self._shown_by(sliders, row)
                if shown is not None:
                    sliders.area.set_faces(row, shown.faces)
        self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        if self._explorer.is_held:
            self._rest.start()
        elif self._is_painted and not self._is_asking:
            self._ask()

    def _shown_by(self, sliders: LatentSliders, row: int) -> _Shown | None:
        shown, count = self._known.get((sliders, row)), _count(sliders)
        is_valid = shown is not None and shown.row is sliders.area.row(row)
        return shown if shown is not None and is_valid and len(shown.faces) == count else None

    def _ask(self) -> None:
        """Decode the faces of the next rows in view that have none."""
        for sliders, source in self._sources.items():
            in_view = sliders.area.rows_in_view()
            most = 1 if sliders.area.has_strips else ROWS_AT_ONCE
            rows = [row for row in in_view if self._shown_by(sliders, row) is None][:most]
            latents = [latent for row in rows for latent in self._latents(sliders, source, row)]
            if latents:
                self._is_asking = True
                then = partial(self._on_faces, sliders, rows)
                self._models.decode(np.array(latents), then=then, lane=Lane.ENDS)
                return

    def _latents(self, sliders: LatentSliders, source: _Source, row: int) -> list[Floats]:
        """The latents at values of a slider, the lowest first; none without a face."""
        described = sliders.area.row(row)
        shares = np.linspace(0, 1, _count(sliders))
        values = [described.value_at(float(share)) for share in shares]
        found = [self._moved(source, row, value) for value in values]
        return [latent for latent in found if latent is not None]

    def _on_faces(self, sliders: LatentSliders, rows: list[int], faces: Pixels) -> None:
        self._is_asking = False
        for old in list(self._known)[: max(0, len(self._known) - MOST_KNOWN)]:
            del self._known[old]
        for row, part in zip(rows, np.split(faces, len(rows)), strict=True):
            self._known[sliders, row] = _Shown(sliders.area.row(row), part)
            if len(part) == _count(sliders):  # else it was switched meanwhile
                sliders.area.set_faces(row, part)
        self._on_rest()


def _count(sliders: LatentSliders) -> int:
    """Return how many faces a row of the list shows."""
    return PICTURES if sliders.area.has_strips else 2


def _sigma_row(item: Direction, neutral: float) -> SliderRow:
    """Return a slider's row; in sigma its range is extended around the unedited face's value."""
    if item.whole is not None:
        return SliderRow(item.name, 0.0, MOST_PERCENT, 0.0, "%", f"A preset: {item.method}")
    low, high = min(-SIGMAS, neutral - 1), max(SIGMAS, neutral + 1)
    if item.kind == "principal":
        name, share = item.name.replace("Direction", "PC"), _percent(item)
        detail = f"{item.name} by variance: explains {share} of the faces' variance"
        return SliderRow(name, low, high, neutral, "σ", detail, share)
    return SliderRow(item.name, low, high, neutral, "σ", _detail(item))


def _local_row(item: Direction, count: int) -> SliderRow:
    share = _percent(item)
    detail = f"{item.name}: explains {share} of the variance of the {count:,} nearest faces"
    return SliderRow(item.name, -LOCAL_SIGMAS, LOCAL_SIGMAS, 0.0, "σ", detail, share)


def _percent(item: Direction) -> str:
    return item.method.split()[0].replace("%", " %")


def _detail(item: Direction) -> str:
    if item.auc is None:
        return ""
    return f"Tells faces with and without it apart with an AUC of {item.auc:.2f}"
