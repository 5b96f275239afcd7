"""The path tab of Morph: key frames, slider, film strip and playback."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.core.selection import Selection
from cae_gui.morph.film_export import FilmOffer
from cae_gui.morph.key_frames import KeyFrames, letter_of
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.path_slider import GROOVE_HEIGHT, PathSlider
from cae_gui.morph.playback import Playback
from cae_gui.widgets.controls import ElidedLabel, button
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.layouts import filled
from model.face_set import FACE_SHAPE
from model.morph.film import FORMATS

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_LEAST = 104  # px: keeps the film strip smaller than the face
_FRAME = 80
NO_FACES = np.empty((0, *FACE_SHAPE), np.uint8)


class PathPage(QWidget):
    """Key frames, the face at the slider's time, a film strip and playback.

    It encodes the key frames and decodes the path. ``offer`` exports the film.
    """

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
        self.frames = KeyFrames(morpher, selection)
        self.face = FaceView()
        self.face.set_placeholder("The morph appears here.")
        self.face.set_face_name("Morph")
        self.face.setMinimumHeight(_LEAST)
        self.slider = PathSlider()
        self.time = ElidedLabel()
        self.time.set_tabular()
        self.film = FilmStrip(largest=_FRAME)
        # Also while it shows many small frames.
        self.film.setFixedHeight(self.film.sizeHint().height())
        self.film.set_placeholder("The faces on the way appear here.")
        self.playback = Playback(morpher)
        self.reverse = button("S&wap", morpher.reverse)
        self.more = QPushButton("M&ore")
        self.more.setToolTip("What else can be done with the path")
        tip = "Save the film, its strip or its frames"
        self.export = button("E&xport …", self._on_export, tip)
        self._arrange()
        self._fill_menu()
        self._connect()
        self._set_ready(False)
        self._on_changed()
        self._on_latents()

    def _arrange(self) -> None:
        widest = self.time.fontMetrics().horizontalAdvance("000.0 of 000.0 s")
        self.time.setFixedSize(widest, GROOVE_HEIGHT)
        way = filled(QHBoxLayout(), self.slider, self.time, room=self.slider)
        way.setAlignment(self.time, Qt.AlignmentFlag.AlignTop)
        controls = filled(QHBoxLayout(), self.playback, self.reverse, self.more)
        controls.addStretch(1)
        controls.addWidget(self.export)
        column, rows = QVBoxLayout(self), (self.frames, self.face, way, self.film)
        filled(column, *rows, margins=(16, 16, 16, 16), room=self.face)
        column.addSpacing(8)
        column.addLayout(controls)

    def _fill_menu(self) -> None:
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        menu.addAction("Add the &selected face", self._add_selected)
        menu.addAction("Add the &edited face from Explore", self._add_edited)
        menu.addSeparator()
        apply = menu.addAction("&Apply the path to the selected face", self.apply_to_selected)
        apply.setToolTip("Begin at the selected face and make the same changes to it")
        self.more.setMenu(menu)

    def _connect(self) -> None:
        morpher = self._morpher
        morpher.changed.connect(self._on_changed)
        morpher.latents_changed.connect(self._on_latents)
        self.slider.moved.connect(self._on_slider)
        self.slider.sliderPressed.connect(self.playback.stop)
        self.slider.actionTriggered.connect(self.playback.stop)
        self.film.frame_clicked.connect(self._on_frame)
        self.playback.player.moved.connect(self.slider.go_to)

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
        state = self._morpher.state
        count, times = len(state.faces), state.times
        self.slider.set_marks(times, [letter_of(index % count) for index in range(len(times))])
        self.playback.set_place(self.slider.seconds())  # a shorter path may have moved it
        self.reverse.setText("S&wap" if count <= 2 else "Rever&se")
        tip = "Exchange A and B" if count <= 2 else "From the last face to the first"
        self.reverse.setToolTip(tip)
        self._show_time()
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
        strip = self._morpher.strip()
        if strip is not None:  # the strip on show stays while faces are being encoded
            self._set_ready(True)
            self._decode_here()
            self._models.decode(strip, then=self._show_film, lane=Lane.FILM, interim=True)

    def _set_ready(self, ready: bool) -> None:
        """Enable playing and saving."""
        for widget in (self.slider, self.playback.play, self.reverse, self.more, self.export):
            widget.setEnabled(ready)
        if not ready:
            self.playback.stop()
            self.face.set_image(None)
            self.film.set_frames(NO_FACES)

    def _decode_here(self) -> None:
        """Decode the face at the slider's time."""
        latent = self._morpher.at(self.slider.seconds())
        if latent is not None:
            self._stamp += 1
            then = partial(self._show_face, self._stamp)
            self._models.decode(latent[None], then=then, lane=Lane.MORPH, interim=True)

    def _show_face(self, stamp: int, faces: Pixels) -> None:
        self.face.set_image(faces[0], stamp)

    def _show_film(self, frames: Pixels) -> None:
        self.film.set_frames(frames)
        self._mark_frame()

    def _mark_frame(self) -> None:
        last = self.film.count() - 1
        whole = self.slider.maximum()
        if last >= 0 and whole:
            self.film.set_current(round(self.slider.value() / whole * last))

    def _show_time(self) -> None:
        self.time.setText(f"{self.slider.seconds():.1f} of {self.slider.maximum() / 1000:.1f} s")

    @Slot(float)
    def _on_slider(self, seconds: float) -> None:
        self.playback.set_place(seconds)
        self._mark_frame()
        self._show_time()
        self._decode_here()

    @Slot(int)
    def _on_frame(self, index: int) -> None:
        self.playback.stop()
        last = max(1, self.film.count() - 1)
        self.slider.setValue(round(index / last * self.slider.maximum()))

    @Slot()
    def _on_export(self) -> None:
        morpher, formats, title = self._morpher, tuple(FORMATS), "Export the morph"
        about, stills = morpher.about(), morpher.stills
        self._offer(FilmOffer(title, morpher.film, formats, about, "morph", stills_of=stills))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.playback.toggle()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.playback.stop()
        super().hideEvent(event)
