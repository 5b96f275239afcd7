"""Joins the studio and the faces at the ends of Explore's sliders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Slot

from cae_gui.core.models import Lane
from cae_gui.explore.explore_workspace import ExploreWorkspace
from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.studio import Studio

if TYPE_CHECKING:
    from model.latents.directions import Kind

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

REST_MS = 150
"""The values have rested so long before the ends are computed."""
ROWS = 2
"""Rows in one decode: a slider's picture may have to wait for one that is under way, 4 ms."""


class _Ends(NamedTuple):
    """What is to be seen at the ends of a row, which may be replaced by another."""

    row: SliderRow
    low: Pixels
    high: Pixels


class SliderEndsController(QObject):
    """Shows where each slider in view would lead, once the face is painted and all rests."""

    def __init__(self, studio: Studio, view: ExploreWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._explorer = studio, studio.explorer
        self._kinds: dict[LatentSliders, Kind | None] = {
            view.principal: "principal",
            view.attributes: "attribute",
            view.own: "own",
            view.raw: None,
        }
        self._known: dict[tuple[LatentSliders, int], _Ends] = {}
        self._is_asking = False
        self._is_painted = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self._explorer.face_changed.connect(self._on_latent)
        self._explorer.latent_changed.connect(self._on_latent)
        self._explorer.directions_changed.connect(self._on_other_ends)
        self._explorer.locks_changed.connect(self._on_other_ends)
        view.typicality.limit_changed.connect(self._on_other_ends)
        view.face.painted.connect(self._on_painted)
        for sliders in self._kinds:
            sliders.ends_wanted.connect(self._on_wanted)

    @Slot()
    def _on_latent(self) -> None:
        self._forget()
        self._is_painted = False

    @Slot()
    def _on_other_ends(self) -> None:
        self._forget()
        self._rest.start()

    @Slot()
    def _on_painted(self) -> None:
        self._is_painted = True
        self._rest.start()

    @Slot()
    def _on_wanted(self) -> None:
        for sliders in self._kinds:
            for row in sliders.rows_in_view():
                ends = self._ends_of(sliders, row)
                if ends is not None:
                    sliders.set_ends(row, ends.low, ends.high)
        self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        if self._explorer.is_held:
            self._rest.start()
        elif self._is_painted and not self._is_asking:
            self._ask()

    def _forget(self) -> None:
        self._known.clear()
        self._is_asking = False
        self._studio.models.drop(Lane.ENDS)

    def _ends_of(self, sliders: LatentSliders, row: int) -> _Ends | None:
        ends = self._known.get((sliders, row))
        return ends if ends is not None and ends.row is sliders.row(row) else None

    def _ask(self) -> None:
        """Have the ends of the next few rows decoded, where there are rows without any."""
        for sliders, kind in self._kinds.items():
            in_view = sliders.rows_in_view()
            rows = [row for row in in_view if self._ends_of(sliders, row) is None][:ROWS]
            latents = [end for row in rows for end in self._latents(sliders, kind, row)]
            if latents:
                self._is_asking = True
                then = partial(self._on_ends, sliders, rows)
                self._studio.models.decode(np.array(latents), then=then, lane=Lane.ENDS)
                return

    def _latents(self, sliders: LatentSliders, kind: Kind | None, row: int) -> list[Floats]:
        """The latents at both ends of a slider; none without a face."""
        limits = sliders.row(row).minimum, sliders.row(row).maximum
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
            self._known[sliders, row] = _Ends(sliders.row(row), low, high)
            sliders.set_ends(row, low, high)
        self._on_rest()
