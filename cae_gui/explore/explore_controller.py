"""Joins the studio and the Explore workspace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.core.models import Lane
from cae_gui.explore.explore_workspace import ExploreWorkspace
from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.studio import Studio

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.latents.directions import Direction, Kind

Floats = NDArray[np.float32]

SIGMAS = 4.0
"""Reach of a slider to either side of the mean face, in sigma."""
NO_FACE = "Choose a face first."
NOT_MEASURED = "The latent space hasn't been measured yet."
NO_ATTRIBUTES = (
    "There are no attribute directions for this model. "
    "They come with the shipped model: File → Use the shipped model."
)
NO_OWN = "You have no directions yet. “New direction …” makes one of faces with and without it."
RAW_RANGE = (-1.0, 4.0)
"""Reach of a raw slider where no faces were measured; ELU ends at -1."""


class ExploreController(QObject):
    """Turns slider moves into latents, and latents into the picture on the screen."""

    def __init__(self, studio: Studio, view: ExploreWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view, self._explorer = studio, view, studio.explorer
        self._lists: dict[Kind, LatentSliders] = {
            "principal": view.principal,
            "attribute": view.attributes,
            "own": view.own,
        }
        self._stamp = 0
        self._rows_are_old = False
        self._connect()
        view.set_temperature(self._explorer.temperature)
        self._on_face()

    def _connect(self) -> None:
        explorer, view = self._explorer, self._view
        explorer.face_changed.connect(self._on_face)
        explorer.latent_changed.connect(self._on_latent)
        explorer.directions_changed.connect(self._on_directions)
        self._studio.models.attributes_found.connect(self._on_directions)
        view.shown.connect(self._on_shown)
        for kind, sliders in self._lists.items():
            sliders.edited.connect(partial(self._on_edited, kind))
            sliders.reset_asked.connect(partial(self._on_reset, kind))
        for sliders in (*self._lists.values(), view.raw):
            sliders.edit_started.connect(self._on_edit_started)
            sliders.edit_finished.connect(self._on_edit_finished)
        view.raw.edited.connect(explorer.set_dimension)
        view.raw.reset_asked.connect(explorer.reset_dimension)
        view.reset_asked.connect(explorer.reset)
        view.random_asked.connect(explorer.randomize)
        view.step_asked.connect(explorer.step_randomly)
        view.temperature_changed.connect(self._on_temperature)
        view.strength_pressed.connect(explorer.begin_edit)
        view.strength_changed.connect(explorer.set_strength)
        view.strength_released.connect(explorer.end_edit)
        stack = explorer.undo_stack
        view.undo_asked.connect(stack.undo)
        view.redo_asked.connect(stack.redo)
        stack.canUndoChanged.connect(view.set_can_undo)
        stack.canRedoChanged.connect(view.set_can_redo)
        view.set_can_undo(stack.canUndo())
        view.set_can_redo(stack.canRedo())

    def save_picture(self, path: Path) -> None:
        """Write the edited face, enlarged four times, as PNG."""
        model, latent = self._studio.models.model, self._explorer.latent
        if model is not None and latent is not None:
            self._studio.tasks.export(partial(_save_picture, model, latent[None], path), path)

    def _on_edited(self, kind: Kind, row: int, sigmas: float) -> None:
        self._explorer.move(self._explorer.rows_of(kind)[row], sigmas)

    def _on_reset(self, kind: Kind, row: int) -> None:
        self._explorer.reset_direction(self._explorer.rows_of(kind)[row])

    @Slot(float)
    def _on_temperature(self, temperature: float) -> None:
        self._explorer.temperature = temperature

    @Slot(int)
    def _on_edit_started(self, _row: int) -> None:
        self._explorer.begin_edit()

    @Slot(int)
    def _on_edit_finished(self, _row: int) -> None:
        self._explorer.end_edit()

    @Slot()
    def _on_face(self) -> None:
        face = self._explorer.face
        self._view.set_editable(face is not None)
        self._view.set_face(face.name if face else "", face.pixels if face else None)
        if face is None:
            self._view.set_image(None)
            self._view.set_start(None)
        else:
            start, then = face.start[None], self._show_start
            self._studio.models.decode(start, then=then, lane=Lane.START, interim=True)
        self._set_rows()
        self._on_latent()

    @Slot()
    def _on_directions(self) -> None:
        self._set_rows()
        self._show_values()

    @Slot()
    def _on_shown(self) -> None:
        if self._rows_are_old:
            self._on_directions()

    def _set_rows(self) -> None:
        """Describe all sliders, once somebody sees them: a thousand rows are 10 ms a face."""
        self._rows_are_old = not self._view.isVisible()
        if self._rows_are_old:
            return
        directions, face = self._explorer.directions, self._explorer.face
        start = np.empty(0, np.float32)
        if directions is not None and face is not None:
            start = directions.coordinates(face.start)
        self._view.set_principal(self._rows("principal", start), self._why_not())
        searched = self._studio.models.attributes is not None
        none = NO_ATTRIBUTES if searched else "Loading the attribute directions …"
        self._view.set_attributes(self._rows("attribute", start), self._why_not("attribute", none))
        self._view.set_own(self._rows("own", start), self._why_not("own", NO_OWN))
        self._set_raw()

    def _why_not(self, kind: Kind = "principal", none: str = "") -> str | None:
        if self._explorer.face is None:
            return NO_FACE
        if self._explorer.directions is None:
            return NOT_MEASURED
        return None if self._explorer.rows_of(kind) else none

    def _rows(self, kind: Kind, start: Floats) -> list[SliderRow]:
        directions = self._explorer.directions
        if directions is None or not len(start):
            return []
        rows: Sequence[int] = self._explorer.rows_of(kind)
        return [_sigma_row(directions[row], float(start[row])) for row in rows]

    def _set_raw(self) -> None:
        face, statistics = self._explorer.face, self._explorer.statistics
        if face is None:
            self._view.set_raw([], NO_FACE)
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
        self._view.set_raw(rows, None)

    @Slot()
    def _on_latent(self) -> None:
        latent = self._explorer.latent
        if latent is None:
            return
        # The picture is asked for first: the sliders are set while it is being computed.
        self._stamp += 1
        then = partial(self._show_face, self._stamp)
        self._studio.models.decode(latent[None], then=then, lane=Lane.EXPLORE, interim=True)
        self._show_values()

    def _show_values(self) -> None:
        face = self._explorer.face
        if face is None or self._rows_are_old:
            return
        coordinates = self._explorer.coordinates()
        if len(coordinates):
            for kind, sliders in self._lists.items():
                rows = self._explorer.rows_of(kind)
                sliders.set_values(coordinates[rows.start : rows.stop])
        self._view.raw.set_values(face.latent)
        self._view.set_strength(face.strength)

    def _show_face(self, stamp: int, faces: NDArray[np.uint8]) -> None:
        self._view.set_image(faces[0], stamp)

    def _show_start(self, faces: NDArray[np.uint8]) -> None:
        self._view.set_start(faces[0])


def _sigma_row(item: Direction, neutral: float) -> SliderRow:
    """Return the row of a slider whose reach has room to either side of the face's own place."""
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


def _save_picture(model: FaceModel, latents: Floats, path: Path) -> None:
    from model.inference import decode
    from model.morph.film import FilmSettings, write_film

    for _ in write_film(decode(model, latents), path, FilmSettings("PNG strip")):
        pass
