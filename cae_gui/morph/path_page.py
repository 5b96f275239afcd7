"""The path tab of Morph: the face at a time, its film strip, the ways, and playback."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.core.selection import Selection
from cae_gui.morph.film_export import FilmOffer
from cae_gui.morph.key_frames import KeyFrames
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.path_slider import PathSlider
from cae_gui.morph.playback import Playback
from cae_gui.morph.segments import Segments
from cae_gui.widgets.controls import ElidedLabel, PrimaryButton, SectionLabel, button
from cae_gui.widgets.empty_state import EmptyState, OrEmpty
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.inspectors import fill_inspector
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.well import Well
from model.face_set import FACE_SHAPE
from model.morph.film import FORMATS

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_LEAST = 104  # px
NO_FACES = np.empty((0, *FACE_SHAPE), np.uint8)
_EMPTY = (
    "A morph goes from one face to another. Drop two faces on A and B, or choose them in the "
    "gallery."
)


class PathPage(QWidget):
    """The face at the slider's time and its playback; ``strip`` and ``inspector`` lie around it.

    It encodes the key frames and decodes the path. ``offer`` exports the film.

    Signals:
        edit_asked(object, str): edit a latent (L,) of this name in Explore.
        script_asked(): copy the script of the path.
    """

    edit_asked = Signal(object, str)
    script_asked = Signal()

    def __init__(
        self,
        morpher: Morpher,
        models: Models,
        selection: Selection,
        offer: Callable[[FilmOffer], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._morpher, self._models, self._selection = morpher, models, selection
        self._offer = offer
        self._stamp = 0
        self.face = FaceView()
        self.face.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.face.setAutoFillBackground(True)  # else its ground is painted for each frame
        self.face.set_placeholder("Reading the faces …")
        self.face.set_face_name("Morph")
        self.face.setMinimumHeight(_LEAST)
        self.playback = Playback(morpher)
        self.time = ElidedLabel()
        self.time.set_tabular()
        self.strip = self.frames = KeyFrames(morpher, selection)
        self.segments = Segments(morpher)
        self.reverse = button("&Swap", morpher.reverse)
        self.more = QPushButton("M&ore")
        self.more.setToolTip("What else can be done with the path")
        self.export = PrimaryButton("E&xport …")
        self.export.setToolTip("Save the film, its strip or its frames")
        self.export.clicked.connect(self._on_export)
        self._arrange()
        self._fill_menus()
        self._connect()
        self._set_ready(False)
        self._on_changed()
        self._on_latents()

    @property
    def slider(self) -> PathSlider:
        """Return the slider over the time of the path."""
        return self.frames.slider

    @property
    def film(self) -> PathSlider:
        """Return the film strip, which is the slider."""
        return self.frames.slider

    def _arrange(self) -> None:
        widest = self.time.fontMetrics().horizontalAdvance("000.0 of 000.0 s")
        self.time.setFixedSize(widest, self.time.sizeHint().height())
        empty = EmptyState("morph", _EMPTY, "Add the selected face", self._add_selected)
        self.stage = OrEmpty(self.face, empty)
        well = Well(filled(QVBoxLayout(), self.stage, margins=(8, 8, 8, 8)))
        play = QHBoxLayout()
        filled(play, self.playback.play, self.time, margins=(16, 8, 16, 8), spacing=16)
        play.insertSpacing(0, widest)  # so that the button is in the middle
        play.insertStretch(0, 1)
        play.addStretch(1)
        filled(QVBoxLayout(self), well, play, spacing=0, room=well)
        buttons = filled(QHBoxLayout(), self.reverse, self.more)
        parts = SectionLabel("Ways"), self.segments, SectionLabel("Playing"), self.playback
        self.inspector = fill_inspector(QWidget(), self.export, *parts, buttons)

    def _fill_menus(self) -> None:
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        menu.addAction("Add the &selected face", self._add_selected)
        menu.addAction("Add the e&dited face from Explore", self._add_edited)
        menu.addSeparator()
        apply = menu.addAction("&Apply the path to the selected face", self.apply_to_selected)
        apply.setToolTip("Begin at the selected face and make the same changes to it")
        menu.addSeparator()
        of_face = self.face.menu()
        of_face.addAction("Save pict&ure …", self._on_save)
        of_face.addAction("Edit &in Explore", self._on_edit)
        of_face.addAction("Copy as P&ython\tCtrl+Alt+C", self.script_asked.emit)
        menu.addActions(of_face.actions())
        of_face.addAction("E&xport …", self._on_export)
        self.more.setMenu(menu)

    def _connect(self) -> None:
        morpher, slider = self._morpher, self.slider
        morpher.changed.connect(self._on_changed)
        morpher.latents_changed.connect(self._on_latents)
        slider.moved.connect(self._on_slider)
        slider.sliderPressed.connect(self.playback.stop)
        slider.actionTriggered.connect(self.playback.stop)
        slider.laid_out.connect(self._show_film)
        self.playback.player.moved.connect(slider.go_to)

    @Slot()
    def apply_to_selected(self) -> None:
        """Replace the first face by the selected one, and apply the path's changes to it."""
        selected = self._selection.face
        if selected is not None:
            then = partial(self._on_encoded, MorphFace.of(selected))
            self._models.encode(selected.pixels[None], then=then, lane=Lane.APPLY)

    def _on_encoded(self, face: MorphFace, latents: Floats) -> None:
        self._morpher.apply_to(face, latents[0])

    @Slot()
    def _add_selected(self) -> None:
        self.frames.put_selected(self.frames.count())

    @Slot()
    def _add_edited(self) -> None:
        self.frames.edited_wanted.emit(self.frames.count())

    @Slot()
    def _on_changed(self) -> None:
        count = len(self._morpher.state.faces)
        self.playback.set_place(self.slider.seconds())  # a shorter path may have moved it
        self.reverse.setText("&Swap" if count <= 2 else "Rever&se")
        tip = "Exchange A and B" if count <= 2 else "From the last face to the first"
        self.reverse.setToolTip(tip)
        self._show_time()
        self.stage.show_empty(count < 2)
        if count < 2:
            self._set_ready(False)

    def _complete(self) -> None:
        """Request the missing latents and pictures."""
        models, morpher = self._models, self._morpher
        if faces := morpher.to_encode():
            then = partial(morpher.set_latents, faces)
            models.encode(morpher.images(faces), then=then, lane=Lane.KEY_FRAMES)
        if faces := morpher.to_decode():
            show, lane = partial(morpher.set_pixels, faces), Lane.KEY_FRAME_PICTURES
            models.decode(morpher.latents(faces), then=show, lane=lane, interim=True)

    @Slot()
    def _on_latents(self) -> None:
        self._complete()
        if self._morpher.path is not None:  # the film on show stays while faces are being encoded
            self._set_ready(True)
            # What is exported has the pace of this path, not of the one before.
            self.export.setEnabled(self._morpher.to_pace() is None)
            self._decode_here()
            self._show_film()

    @Slot()
    def _show_film(self) -> None:
        """Request the frames that the strip has room for."""
        times = self.slider.frame_times()
        latents = self._morpher.along(times)
        if latents is not None and times:
            then = partial(self.slider.set_frames, times=times)
            self._models.decode(latents, then=then, lane=Lane.FILM, interim=True)

    def _set_ready(self, ready: bool) -> None:
        """Enable playing and saving."""
        for widget in (self.slider, self.playback.play, self.reverse, self.more, self.export):
            widget.setEnabled(ready)
        if not ready:
            self.playback.stop()
            self.face.set_image(None)
            self.slider.set_frames(NO_FACES)

    def _decode_here(self) -> None:
        """Decode the face at the slider's time."""
        latent = self._morpher.at(self.slider.seconds())
        if latent is not None:
            self._stamp += 1
            then = partial(self._show_face, self._stamp)
            self._models.decode(latent[None], then=then, lane=Lane.MORPH, interim=True)

    def _show_face(self, stamp: int, faces: Pixels) -> None:
        self.face.set_image(faces[0], stamp)

    def _show_time(self) -> None:
        self.time.setText(f"{self.slider.seconds():.1f} of {self.slider.maximum() / 1000:.1f} s")

    @Slot(float)
    def _on_slider(self, seconds: float) -> None:
        self.playback.set_place(seconds)
        self._show_time()
        self._decode_here()

    @Slot()
    def _on_export(self) -> None:
        morpher, formats, title = self._morpher, tuple(FORMATS), "Export the morph"
        about, stills = morpher.about(), morpher.stills
        self._offer(FilmOffer(title, morpher.film, formats, about, "morph", stills_of=stills))

    def _name(self) -> str:
        return f"Morph at {self.slider.seconds():.1f} s"

    def _on_save(self) -> None:
        about, formats = {**self._morpher.about(), "at": self.slider.seconds()}, ("PNG strip",)
        single = self._here
        self._offer(FilmOffer("Save the face", single, formats, about, "morph", fixed=1))

    def _here(self, _frames_per_second: float) -> Floats | None:
        return self._morpher.along([self.slider.seconds()])

    def _on_edit(self) -> None:
        latent = self._morpher.at(self.slider.seconds())
        if latent is not None:
            self.edit_asked.emit(latent, self._name())

    def hideEvent(self, event: QHideEvent) -> None:
        self.playback.stop()
        super().hideEvent(event)
