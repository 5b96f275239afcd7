"""Joins the session and the Explore workspace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.session.session import Session
from cae_gui.widgets.latent_slider import SliderRow
from cae_gui.workspaces.explore import ExploreWorkspace

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.directions import Direction

Floats = NDArray[np.float32]

SIGMAS = 4.0
"""Reach of a principal or attribute slider to either side of the mean face, in sigma."""
NO_ATTRIBUTES = (
    "There are no attribute directions for this model. "
    "They come with the shipped model: File → Use the shipped model."
)
RAW_RANGE = (-1.0, 4.0)
"""Reach of a raw slider where no faces were measured; ELU ends at -1."""


class ExploreController(QObject):
    """Turns slider moves into latents, and latents into the picture on the screen."""

    def __init__(self, session: Session, view: ExploreWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._view, self._explorer = session, view, session.explorer
        self._stamp = 0
        self._connect()
        self._on_face()

    def _connect(self) -> None:
        explorer, view = self._explorer, self._view
        explorer.face_changed.connect(self._on_face)
        explorer.latent_changed.connect(self._on_latent)
        self._session.models.described.connect(self._on_face)
        self._session.models.attributes_found.connect(self._on_attributes)
        self._session.models.answered.connect(self._on_answer)
        for sliders in (view.principal, view.attributes, view.raw):
            sliders.edit_started.connect(self._on_edit_started)
            sliders.edit_finished.connect(self._on_edit_finished)
        view.principal.edited.connect(explorer.set_coordinate)
        view.principal.reset_asked.connect(explorer.reset_coordinate)
        view.attributes.edited.connect(explorer.set_attribute)
        view.attributes.reset_asked.connect(explorer.reset_attribute)
        view.raw.edited.connect(explorer.set_dimension)
        view.raw.reset_asked.connect(explorer.reset_dimension)
        view.reset_asked.connect(explorer.reset)
        view.random_asked.connect(explorer.randomize)
        stack = explorer.undo_stack
        view.undo_asked.connect(stack.undo)
        view.redo_asked.connect(stack.redo)
        stack.canUndoChanged.connect(view.set_can_undo)
        stack.canRedoChanged.connect(view.set_can_redo)
        view.set_can_undo(stack.canUndo())
        view.set_can_redo(stack.canRedo())

    def save_picture(self, path: Path) -> None:
        """Write the edited face, enlarged four times, as PNG."""
        model, latent = self._session.models.model, self._explorer.latent
        if model is not None and latent is not None:
            self._session.export(partial(_save_picture, model, latent[None], path), path)

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
            self._session.models.ask("start", "decode", face.start[None])
        self._set_principal()
        self._set_attributes()
        self._set_raw()
        self._on_latent()

    def _set_principal(self) -> None:
        face, statistics = self._explorer.face, self._explorer.statistics
        if face is None or statistics is None:
            why = (
                "Choose a face first."
                if face is None
                else "The latent space hasn't been measured yet."
            )
            self._view.set_principal([], why)
            return
        start = statistics.coordinates(face.start)
        shares = statistics.explained
        rows = [
            _sigma_row(
                f"PC {number}",
                float(neutral),
                f"Principal direction {number}: explains {share:.1%} of the faces' variance",
            )
            for number, (neutral, share) in enumerate(zip(start, shares, strict=True), start=1)
        ]
        self._view.set_principal(rows, None)

    @Slot()
    def _on_attributes(self) -> None:
        self._set_attributes()
        if self._explorer.face is not None:
            self._view.attributes.set_values(self._explorer.attribute_coordinates())

    def _set_attributes(self) -> None:
        face, directions = self._explorer.face, self._explorer.attributes
        if self._session.models.attributes is not None and directions is None:
            self._view.set_attributes([], NO_ATTRIBUTES)
        elif face is None or directions is None:
            why = "Choose a face first." if face is None else "Loading the attribute directions …"
            self._view.set_attributes([], why)
        else:
            start = directions.coordinates(face.start)
            named = zip(directions, start, strict=True)
            rows = [_sigma_row(item.name, float(neutral), _detail(item)) for item, neutral in named]
            self._view.set_attributes(rows, None)

    def _set_raw(self) -> None:
        face, statistics = self._explorer.face, self._explorer.statistics
        if face is None:
            self._view.set_raw([], "Choose a face first.")
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
        self._session.models.ask("explore", "decode", latent[None], tag=self._stamp)
        if self._explorer.statistics is not None:
            self._view.principal.set_values(self._explorer.coordinates())
        self._view.attributes.set_values(self._explorer.attribute_coordinates())
        self._view.raw.set_values(latent)

    @Slot(str, object, object)
    def _on_answer(self, channel: str, tag: Any, reply: NDArray[np.uint8]) -> None:
        if channel == "explore":
            self._view.set_image(reply[0], tag)
        elif channel == "start":
            self._view.set_start(reply[0])


def _sigma_row(name: str, neutral: float, detail: str) -> SliderRow:
    """Return the row of a slider whose reach has room to either side of the face's own place."""
    low, high = min(-SIGMAS, neutral - 1), max(SIGMAS, neutral + 1)
    return SliderRow(name, low, high, neutral, "σ", detail)


def _detail(direction: Direction) -> str:
    if direction.auc is None:
        return ""
    return f"Tells faces with and without it apart with an AUC of {direction.auc:.2f}"


def _save_picture(model: FaceModel, latents: Floats, path: Path) -> None:
    from model.inference import decode
    from model.morph import save_strip

    save_strip(decode(model, latents), path)
