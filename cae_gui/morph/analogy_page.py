"""The analogy tab of Morph: the latent A - B + C of three means of faces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.core.selection import Selection
from cae_gui.morph.face_well import FaceWell
from cae_gui.morph.film_export import FilmOffer
from cae_gui.morph.mix import Analogy, MorphFace
from cae_gui.morph.morpher import Morpher
from cae_gui.widgets.controls import Label, PrimaryButton, SectionLabel, button
from cae_gui.widgets.empty_state import EmptyState, OrEmpty
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.fields import Slider
from cae_gui.widgets.inspectors import fill_inspector
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import MessageBar
from cae_gui.widgets.well import Well

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Side = tuple[MorphFace, ...]

EXPLANATION = "What A has and B lacks, added to C."
_HINT = (
    "Drop a face here, or several at once, or click to take the selected one. "
    "Of several faces the mean counts."
)
_PLACEHOLDERS = ("Faces that have it", "Faces without", "A face to get it")
_NAME = "A − B + C"
_MOST_PERCENT = 200
_EMPTY = (
    "An analogy adds to the face in C what the faces in A have and those in B lack. Drop faces on "
    "all three."
)
_AT_ONCE = 16
_WELL_WIDTH = 104


class AnalogyPage(QWidget):
    """The result over the wells A, B and C; ``inspector`` has a slider for the strength.

    It encodes and decodes only while visible. ``offer`` exports the result.

    Signals:
        edit_asked(object, str): edit a latent (L,) of this name in Explore.
        script_asked(): copy the script of the analogy.
    """

    edit_asked = Signal(object, str)
    script_asked = Signal()

    def __init__(
        self,
        analogy: Analogy,
        morpher: Morpher,
        models: Models,
        selection: Selection,
        messages: MessageBar,
        offer: Callable[[FilmOffer], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._analogy, self._morpher, self._models = analogy, morpher, models
        self._selection, self._messages, self._offer = selection, messages, offer
        self._shown: tuple[Side, ...] = ()
        self._pictures: dict[Side, Pixels] = {}
        self._stamp = 0
        self._about_example = ""
        self.wells = tuple(FaceWell(index, _HINT, selection, analogy.put) for index in range(3))
        for well, text in zip(self.wells, _PLACEHOLDERS, strict=True):
            well.set_placeholder(text)
        self.result = FaceView()
        self.result.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.result.set_caption(_NAME)
        self.result.set_placeholder("Reading the faces …")
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _MOST_PERCENT)
        self.slider.setValue(100)
        self.slider.setPageStep(25)
        self.slider.setAccessibleName("Strength")
        self.percent = Label("100 %")
        tip = "Put the result at the end of the path"
        self.key_frame = button("Add as &key frame", self._on_key_frame, tip)
        tip = "Go on with the result in Explore"
        self.edit = button("Edit &in Explore", self._on_edit, tip)
        self.save = PrimaryButton("Save pict&ure …")
        self.save.clicked.connect(self._on_save)
        self.note = Label()
        menu = self.result.menu()
        menu.addAction("Save pict&ure …", self._on_save)
        menu.addAction("Edit &in Explore", self._on_edit)
        menu.addAction("Copy as P&ython\tCtrl+Alt+C", self.script_asked.emit)
        self._arrange()
        self._connect()
        self._on_changed()
        self._work()

    def _arrange(self) -> None:
        empty = EmptyState("morph", _EMPTY, "Add the selected face", self._add_selected)
        self.stage = OrEmpty(self.result, empty)
        rows, margins = (self.stage, self._sum()), (8, 8, 8, 8)
        well = Well(filled(QVBoxLayout(), *rows, margins=margins, room=self.stage))
        filled(QVBoxLayout(self), well)
        explanation = Label(EXPLANATION)
        for label in (explanation, self.note):
            label.setWordWrap(True)
        title, result = SectionLabel(_NAME), SectionLabel("Result")
        above = title, explanation, self.note
        below = result, self._strength(), self.key_frame, self.edit
        self.inspector = fill_inspector(QWidget(), self.save, *above, *below)

    def _sum(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        for well, sign in zip(self.wells, ("", "−", "+"), strict=True):
            if sign:
                line.addWidget(_sign(sign), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(well.with_label(_WELL_WIDTH))
        line.addStretch(1)
        return line

    def _strength(self) -> QHBoxLayout:
        self.percent.set_tabular()
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance("000 % "))
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        title = Label("Stre&ngth", buddy=self.slider)
        return filled(QHBoxLayout(), title, self.slider, self.percent, room=self.slider)

    def _connect(self) -> None:
        analogy = self._analogy
        analogy.changed.connect(self._on_changed)
        analogy.latents_changed.connect(self._work)
        self._models.attributes_found.connect(self._work)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderPressed.connect(analogy.begin_drag)
        self.slider.sliderReleased.connect(analogy.end_drag)

    @Slot()
    def _on_changed(self) -> None:
        state = self._analogy.state
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(100 * state.strength))
        self._show_percent()
        if state.sides != self._shown:
            self._shown = state.sides
            self._show_sides()
            is_example = bool(state.faces) and state.sides == self._analogy.example
            self.note.setText(self._about_example if is_example else _HINT)

    def _show_sides(self) -> None:
        """Show the face of each well, or the mean of its faces once that is decoded."""
        for well, side in zip(self.wells, self._shown, strict=True):
            well.set_names(tuple(face.name for face in side))
            well.set_image(self._pictures.get(side, side[0].photo if side else None))

    @Slot()
    def _work(self) -> None:
        """While visible, request the missing latents and pictures."""
        sides, result = self._analogy.state.sides, self._analogy.result()
        # Means whose latents were dropped, with their model or faces, lose their picture.
        known = (side for side in sides if self._analogy.mean(side) is not None)
        self._pictures = {side: self._pictures[side] for side in known if side in self._pictures}
        empty = not all(sides)
        self.stage.show_empty(empty and not self._analogy.has_candidates)
        for widget in (self.slider, self.key_frame, self.edit, self.save):
            widget.setEnabled(result is not None)
        if empty:
            self._show_result(None)
        if self.isVisible():
            self._encode()
            if self._analogy.can_show_example and self._models.attributes is not None:
                self._show_example()
                return
            self._decode_means()
            if result is not None:
                self._stamp += 1
                then = partial(self._on_result, self._stamp)
                self._models.decode(result[None], then=then, lane=Lane.ANALOGY, interim=True)

    @Slot()
    def _add_selected(self) -> None:
        """Put the selected face into the first well that is empty."""
        if self._selection.face is not None:
            empty = self._analogy.state.sides.index(())
            self._analogy.put(empty, [MorphFace.of(self._selection.face)])

    def _encode(self) -> None:
        """Encode a few faces at a time, so that more urgent requests aren't delayed."""
        if faces := self._analogy.to_encode()[:_AT_ONCE]:
            images = np.stack([face.photo for face in faces if face.photo is not None])
            then = partial(self._analogy.set_latents, faces)
            self._models.encode(images, then=then, lane=Lane.ANALOGY_FACES)

    def _show_example(self) -> None:
        direction = next(iter(self._models.attributes or ()), None)
        is_along = direction is not None and self._analogy.has_many_candidates
        self._about_example = _example(direction.name if direction and is_along else "")
        self._analogy.show_example(direction.vector if direction else None)

    def _decode_means(self) -> None:
        several = [side for side in self._shown if len(side) > 1 and side not in self._pictures]
        means = [(side, self._analogy.mean(side)) for side in several]
        known = {side: mean for side, mean in means if mean is not None}
        if known:
            latents = np.stack(list(known.values()))
            then, lane = partial(self._on_means, list(known)), Lane.ANALOGY_MEANS
            self._models.decode(latents, then=then, lane=lane, interim=True)

    def _on_means(self, sides: list[Side], faces: Pixels) -> None:
        self._pictures.update(zip(sides, faces, strict=True))
        self._show_sides()

    def _on_result(self, stamp: int, faces: Pixels) -> None:
        if self._analogy.result() is not None:
            self._show_result(faces[0], stamp)

    def _show_result(self, pixels: Pixels | None, stamp: int = 0) -> None:
        self.result.set_face_name(_NAME if pixels is not None else "")
        self.result.set_image(pixels, stamp)

    def _show_percent(self) -> None:
        self.percent.setText(f"{self.slider.value()} %")

    @Slot(int)
    def _on_slider(self, percent: int) -> None:
        self._show_percent()
        self._analogy.set_strength(percent / 100)

    @Slot()
    def _on_key_frame(self) -> None:
        result, morpher = self._analogy.result(), self._morpher
        if result is not None:
            morpher.insert(len(morpher.state.faces), morpher.made(_NAME, result))
            self._messages.show_message(
                "The result was added at the end of the path, in the tab “Path”."
            )

    @Slot()
    def _on_edit(self) -> None:
        result = self._analogy.result()
        if result is not None:
            self.edit_asked.emit(result, _NAME)

    @Slot()
    def _on_save(self) -> None:
        about, formats = self._analogy.about(), ("PNG strip",)
        self._offer(FilmOffer("Save the result", self._single, formats, about, "analogy", fixed=1))

    def _single(self, _frames_per_second: float) -> Floats | None:
        result = self._analogy.result()
        return None if result is None else result[None]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._work()


def _example(name: str) -> str:
    chosen = "A, B and C are faces of those on show."
    if name:
        chosen = f"“{name}” fits the faces of A and doesn't fit those of B, nor C."
    return f"This is an example: {chosen} Put others in their place."


def _sign(text: str) -> QLabel:
    sign = Label(text)
    font = QFont(sign.font())
    font.setPixelSize(32)
    sign.setFont(font)
    sign.setFixedHeight(_WELL_WIDTH)
    return sign
