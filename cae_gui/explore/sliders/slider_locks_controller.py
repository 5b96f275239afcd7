"""Joins the studio and the locks of the sliders in Explore."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

from cae_gui.explore.explore_workspace import ExploreWorkspace
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.studio import Studio

if TYPE_CHECKING:
    from model.latents.directions import Kind


class SliderLocksController(QObject):
    """Locks directions, and shows which are locked and which the locks leave no room."""

    def __init__(self, studio: Studio, view: ExploreWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._explorer = studio.explorer
        self._lists: dict[Kind, LatentSliders] = {
            "principal": view.principal,
            "attribute": view.attributes,
            "own": view.own,
        }
        for kind, sliders in self._lists.items():
            sliders.lock_toggled.connect(partial(self._on_toggled, kind))
        self._explorer.locks_changed.connect(self._show)
        self._explorer.directions_changed.connect(self._show)

    def _on_toggled(self, kind: Kind, row: int, locked: bool) -> None:
        self._explorer.set_locked(self._explorer.rows_of(kind)[row], locked)

    @Slot()
    def _show(self) -> None:
        directions, locked = self._explorer.directions, sorted(self._explorer.locked)
        if directions is None:
            return
        movable = directions.movable(locked)
        for kind, sliders in self._lists.items():
            rows = self._explorer.rows_of(kind)
            own = {index - rows.start for index in locked if index in rows}
            without_room = np.flatnonzero(~movable[rows.start : rows.stop]).tolist()
            sliders.set_locked(own)
            sliders.set_unmovable(set(without_room) - own)
