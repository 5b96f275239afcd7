"""Joins the studio's analogy and its tab in the Morph workspace."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.models import Lane
from cae_gui.morph.filming_controller import FilmingController
from cae_gui.morph.morph_analogy_view import MorphAnalogyView
from cae_gui.morph.morph_state import MorphFace
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import Face

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Side = tuple[MorphFace, ...]
Sides = tuple[Side, ...]

NAME = "A − B + C"
_AT_ONCE = 16


class MorphAnalogyController(QObject):
    """Shows A - B + C as it is being made; encodes and decodes while somebody looks.

    Signals:
        edit_asked(object, str): a latent (L,) to be edited, and what it is.
        notice(str): what was done elsewhere.
    """

    edit_asked = Signal(object, str)
    notice = Signal(str)

    def __init__(
        self, studio: Studio, view: MorphAnalogyView, filming: FilmingController, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._view, self._analogy = studio, view, studio.analogy
        self._filming = filming
        self._shown: Sides = ()
        self._pictures: dict[Side, Pixels] = {}
        self._stamp = 0
        self._connect()
        self._on_changed()
        self._work()

    def _connect(self) -> None:
        view, analogy = self._view, self._analogy
        analogy.forgotten.connect(self._on_forgotten)
        analogy.changed.connect(self._on_changed)
        analogy.latents_changed.connect(self._work)
        view.shown.connect(self._work)
        view.well_taken.connect(self._on_taken)
        view.faces_put.connect(self._on_put)
        view.strength_changed.connect(analogy.set_strength)
        view.drag_began.connect(analogy.begin_drag)
        view.drag_ended.connect(analogy.end_drag)
        view.key_frame_asked.connect(self._on_key_frame_asked)
        view.edit_asked.connect(self._on_edit_asked)
        view.save_asked.connect(self._on_save_asked)

    @Slot()
    def _on_forgotten(self) -> None:
        self._pictures.clear()

    @Slot()
    def _on_changed(self) -> None:
        state = self._analogy.state
        self._view.set_strength(state.strength)
        if state.sides != self._shown:
            self._shown = state.sides
            self._pictures = {
                side: self._pictures[side] for side in state.sides if side in self._pictures
            }
            for index in range(len(state.sides)):
                self._show_side(index)

    def _show_side(self, index: int) -> None:
        side = self._shown[index]
        pixels = self._pictures.get(side, side[0].photo if side else None)
        self._view.set_side(index, [face.name for face in side], pixels)

    @Slot()
    def _work(self) -> None:
        """Have encoded and decoded what isn't yet; nobody waits for what isn't in view."""
        sides, result = self._analogy.state.sides, self._analogy.result()
        empty = ", ".join(letter for letter, side in zip("ABC", sides, strict=True) if not side)
        why_not = f"Waiting for faces in {empty}." if empty else "Reading the faces …"
        self._view.set_ready(result is not None, why_not)
        if empty:
            self._view.set_result(None)
        if self._view.isVisible():
            self._encode()
            self._decode_means()
            if result is not None:
                self._stamp += 1
                then = partial(self._on_result, self._stamp)
                models = self._studio.models
                models.decode(result[None], then=then, lane=Lane.ANALOGY, interim=True)

    def _encode(self) -> None:
        """A few at a time, so that what is more urgent comes between."""
        if faces := self._analogy.to_encode()[:_AT_ONCE]:
            images = np.stack([face.photo for face in faces if face.photo is not None])
            then = partial(self._analogy.set_latents, faces)
            self._studio.models.encode(images, then=then, lane=Lane.ANALOGY_FACES)

    def _decode_means(self) -> None:
        several = [side for side in self._shown if len(side) > 1 and side not in self._pictures]
        means = [(side, self._analogy.mean(side)) for side in several]
        known = {side: mean for side, mean in means if mean is not None}
        if known:
            latents = np.stack(list(known.values()))
            then, lane = partial(self._on_means, list(known)), Lane.ANALOGY_MEANS
            self._studio.models.decode(latents, then=then, lane=lane, interim=True)

    def _on_means(self, sides: list[Side], faces: Pixels) -> None:
        self._pictures.update(zip(sides, faces, strict=True))
        for index in range(len(self._shown)):
            self._show_side(index)

    def _on_result(self, stamp: int, faces: Pixels) -> None:
        if self._analogy.result() is not None:
            self._view.set_result(faces[0], stamp)

    @Slot(int)
    def _on_taken(self, index: int) -> None:
        if self._studio.selection.face is not None:
            self._analogy.put(index, [MorphFace.of(self._studio.selection.face)])

    @Slot(int, object)
    def _on_put(self, index: int, faces: list[Face]) -> None:
        self._analogy.put(index, [MorphFace(*face) for face in faces])

    @Slot()
    def _on_key_frame_asked(self) -> None:
        result, morpher = self._analogy.result(), self._studio.morpher
        if result is not None:
            morpher.insert(len(morpher.state.faces), morpher.made(NAME, result))
            self.notice.emit("The result was added at the end of the path, in the tab “Path”.")

    @Slot()
    def _on_edit_asked(self) -> None:
        result = self._analogy.result()
        if result is not None:
            self.edit_asked.emit(result, NAME)

    @Slot()
    def _on_save_asked(self) -> None:
        about, formats = self._analogy.about(), ("PNG strip",)
        self._filming.offer("Save the result", self._single, formats, about, "analogy", fixed=1)

    def _single(self, _frames_per_second: float) -> Floats | None:
        result = self._analogy.result()
        return None if result is None else result[None]
