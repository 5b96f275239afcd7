"""The lists of sliders in Explore, kept in step with the explorer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.core.models import Lane, Models
from cae_gui.explore.explorer import Explorer, rest_timer
from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.widgets.face_view import FaceView

if TYPE_CHECKING:
    from model.latents.directions import Direction, Directions, Kind

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SIGMAS = 4.0
"""Range of a slider to either side of the mean face, in sigma."""
RAW_RANGE = (-1.0, 4.0)
"""Range of a raw slider without measured faces; -1 is the minimum of ELU."""
ROWS_AT_ONCE = 2
"""Rows whose ends are decoded at once: a slider's picture may wait 4 ms for them."""
NOT_MEASURED = "The latent space hasn't been measured yet."
NO_ATTRIBUTES = (
    "There are no attribute directions for this model. "
    "They come with the shipped model: File → Use the shipped model."
)
NO_OWN = "You have no directions yet. “New direction …” makes one of faces with and without it."


class SliderLists(QObject):
    """Owns the four lists of sliders, and sets their rows, values, locks and end faces."""

    def __init__(
        self, models: Models, explorer: Explorer, face: FaceView, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer = models, explorer
        self.principal, self.attributes = LatentSliders(), LatentSliders()
        self.own, self.raw = LatentSliders(), LatentSliders(locks=False)
        self._lists: dict[Kind, LatentSliders] = {
            "principal": self.principal,
            "attribute": self.attributes,
            "own": self.own,
        }
        self._is_visible = self._are_rows_outdated = False
        self._without_face = ""
        self._kinds: dict[LatentSliders, Kind | None] = {self.raw: None}
        self._kinds |= {sliders: kind for kind, sliders in self._lists.items()}
        self._ends = _SliderEnds(models, explorer, self._kinds, face, self)
        self._connect()

    def _connect(self) -> None:
        explorer = self._explorer
        for sliders, kind in self._kinds.items():
            area = sliders.area
            area.edit_started.connect(explorer.begin_edit)
            area.edited.connect(partial(self._on_edited, kind))
            area.edit_finished.connect(explorer.end_edit)
            area.lock_toggled.connect(partial(self._on_locked, kind))
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
        self._ends.forget()
        self._set_rows()

    def show_latent(self) -> None:
        """Show the values of the edited face, and decode the sliders' end faces again."""
        self._ends.forget()
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
        self._set_raw()

    def _set_directions(self, directions: Directions, start: Floats) -> None:
        searched = self._models.attributes is not None
        without = {
            "principal": "",
            "attribute": NO_ATTRIBUTES if searched else "Loading the attribute directions …",
            "own": NO_OWN,
        }
        for kind, sliders in self._lists.items():
            numbers = self._explorer.rows_of(kind)
            rows = [_sigma_row(directions[number], float(start[number])) for number in numbers]
            sliders.set_rows(rows, None if rows else without[kind])

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
        coordinates = self._explorer.coordinates()
        if len(coordinates):
            for kind, sliders in self._lists.items():
                rows = self._explorer.rows_of(kind)
                sliders.area.set_values(coordinates[rows.start : rows.stop])
        self.raw.area.set_values(face.latent)

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

    def _on_edited(self, kind: Kind | None, row: int, value: float) -> None:
        if kind is None:
            self._explorer.set_dimension(row, value)
        else:
            self._explorer.move(self._explorer.rows_of(kind)[row], value)

    def _on_locked(self, kind: Kind | None, row: int, locked: bool) -> None:
        if kind is not None:
            self._explorer.set_locked(self._explorer.rows_of(kind)[row], locked)


class _Ends(NamedTuple):
    """The end faces of a row, valid for one ``SliderRow``."""

    row: SliderRow
    low: Pixels
    high: Pixels


class _SliderEnds(QObject):
    """Decodes the faces at the ends of the sliders in view, once the edited face rests."""

    def __init__(
        self,
        models: Models,
        explorer: Explorer,
        kinds: Mapping[LatentSliders, Kind | None],
        face: FaceView,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer, self._kinds = models, explorer, kinds
        self._known: dict[tuple[LatentSliders, int], _Ends] = {}
        self._is_asking = False
        self._is_painted = False
        self._rest = rest_timer(self, self._on_rest)
        others = explorer.directions_changed, explorer.locks_changed, explorer.limit_changed
        for changed in others:
            changed.connect(self._on_other_ends)
        face.painted.connect(self._on_painted)
        for sliders in kinds:
            sliders.area.ends_wanted.connect(self._on_wanted)

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
        for sliders in self._kinds:
            for row in sliders.area.rows_in_view():
                ends = self._ends_of(sliders, row)
                if ends is not None:
                    sliders.area.set_ends(row, ends.low, ends.high)
        self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        if self._explorer.is_held:
            self._rest.start()
        elif self._is_painted and not self._is_asking:
            self._ask()

    def _ends_of(self, sliders: LatentSliders, row: int) -> _Ends | None:
        ends = self._known.get((sliders, row))
        return ends if ends is not None and ends.row is sliders.area.row(row) else None

    def _ask(self) -> None:
        """Decode the ends of the next rows in view that have none."""
        for sliders, kind in self._kinds.items():
            in_view = sliders.area.rows_in_view()
            rows = [row for row in in_view if self._ends_of(sliders, row) is None][:ROWS_AT_ONCE]
            latents = [end for row in rows for end in self._latents(sliders, kind, row)]
            if latents:
                self._is_asking = True
                then = partial(self._on_ends, sliders, rows)
                self._models.decode(np.array(latents), then=then, lane=Lane.ENDS)
                return

    def _latents(self, sliders: LatentSliders, kind: Kind | None, row: int) -> list[Floats]:
        """The latents at both ends of a slider; none without a face."""
        described = sliders.area.row(row)
        limits = described.minimum, described.maximum
        if kind is None:
            found = [self._explorer.with_dimension(row, value) for value in limits]
        else:
            index = self._explorer.rows_of(kind)[row]
            found = [self._explorer.moved(index, value) for value in limits]
        return [latent for latent in found if latent is not None]

    def _on_ends(self, sliders: LatentSliders, rows: list[int], faces: Pixels) -> None:
        self._is_asking = False
        for number, row in enumerate(rows):
            low, high = faces[2 * number : 2 * number + 2]
            self._known[sliders, row] = _Ends(sliders.area.row(row), low, high)
            sliders.area.set_ends(row, low, high)
        self._on_rest()


def _sigma_row(item: Direction, neutral: float) -> SliderRow:
    """Return the row of a slider whose range is extended around the unedited face's value."""
    low, high = min(-SIGMAS, neutral - 1), max(SIGMAS, neutral + 1)
    if item.kind == "principal":
        name, share = item.name.replace("Direction", "PC"), _percent(item)
        detail = f"{item.name} by variance: explains {share} of the faces' variance"
        return SliderRow(name, low, high, neutral, "σ", detail, share)
    return SliderRow(item.name, low, high, neutral, "σ", _detail(item))


def _percent(item: Direction) -> str:
    return item.method.split()[0].replace("%", " %")


def _detail(item: Direction) -> str:
    if item.auc is None:
        return ""
    return f"Tells faces with and without it apart with an AUC of {item.auc:.2f}"
