"""The path tab of Morph: through faces in a row, by hand, as a strip and as a film."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.morph.key_frames import FrameItem, KeyFrames, letter_of
from cae_gui.morph.path_slider import GROOVE_HEIGHT, PathSlider
from cae_gui.morph.playback import Playback
from cae_gui.widgets.controls import ElidedLabel
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.film_strip import FilmStrip
from model.face_set import FACE_SHAPE

Pixels = NDArray[np.uint8]

_LEAST = 104  # the film strip isn't to be larger than the face
_FRAME = 80
NO_FACES = np.empty((0, *FACE_SHAPE), np.uint8)


class MorphPathView(QWidget):
    """Key frames, the face at the slider's place, a film strip and playback.

    Signals:
        time_changed(float): the place on the path to show, in seconds on the way there.
        edited_wanted(int): put Explore's edited face there; beyond the last: add it.
        apply_asked(): make the path's changes to the selected face.
        reverse_asked(), export_asked().
    """

    time_changed = Signal(float)
    edited_wanted = Signal(int)
    apply_asked = Signal()
    reverse_asked = Signal()
    export_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frames = KeyFrames()
        self.face = FaceView()
        self.face.set_placeholder("The morph appears here.")
        self.face.set_face_name("Morph")
        self.face.setMinimumHeight(_LEAST)
        self.slider = PathSlider()
        self.time = ElidedLabel()
        self.time.set_tabular()
        self.film = FilmStrip(largest=_FRAME)
        self.film.setFixedHeight(self.film.sizeHint().height())  # also with many small frames
        self.film.set_placeholder("The faces on the way appear here.")
        self.playback = Playback()
        self.reverse = QPushButton("S&wap")
        self.more = QPushButton("M&ore")
        self.more.setToolTip("What else can be done with the path")
        self.export = QPushButton("E&xport …")
        self.export.setToolTip("Save the film, its strip or its frames")
        self._arrange()
        self._fill_menu()
        self._connect()
        self.set_path((), (), loop=False, back=True, speed=1.0)
        self.set_ready(False)

    def _arrange(self) -> None:
        widest = self.time.fontMetrics().horizontalAdvance("000.0 of 000.0 s")
        self.time.setFixedSize(widest, GROOVE_HEIGHT)
        way = QHBoxLayout()
        way.setSpacing(8)
        way.addWidget(self.slider, 1)
        way.addWidget(self.time, 0, Qt.AlignmentFlag.AlignTop)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        for widget in (self.playback, self.reverse, self.more):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.frames)
        column.addWidget(self.face, 1)
        column.addLayout(way)
        column.addWidget(self.film)
        column.addSpacing(8)
        column.addLayout(controls)

    def _fill_menu(self) -> None:
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        menu.addAction("Add the &selected face", self._add_selected)
        menu.addAction("Add the &edited face from Explore", self._add_edited)
        menu.addSeparator()
        apply = menu.addAction("&Apply the path to the selected face", self.apply_asked.emit)
        apply.setToolTip("Begin at the selected face and make the same changes to it")
        self.more.setMenu(menu)

    def _connect(self) -> None:
        self.slider.moved.connect(self._on_slider)
        self.slider.taken.connect(self.playback.stop)
        self.film.frame_clicked.connect(self._on_frame)
        self.frames.menu_asked.connect(self._on_menu)
        self.playback.moved.connect(self.slider.go_to)
        self.reverse.clicked.connect(self.reverse_asked)
        self.export.clicked.connect(self.export_asked)

    @property
    def seconds(self) -> float:
        """The place on the path on show, in seconds on the way there."""
        return self.slider.seconds()

    def set_path(
        self,
        items: Sequence[FrameItem],
        times: Sequence[float],
        *,
        loop: bool,
        back: bool,
        speed: float,
    ) -> None:
        """Show the key frames; ``times`` are when each is met, in a loop the first one again."""
        self.frames.set_frames(items, loop=loop)
        names = [letter_of(index % len(items)) for index in range(len(times))]
        self.slider.set_marks(times, names)
        whole = times[-1] if times else 0.0
        self.playback.set_path(whole, loop=loop, back=back, speed=speed)
        self.playback.set_place(self.seconds)  # a shorter path may have moved it
        self.reverse.setText("S&wap" if len(items) <= 2 else "Rever&se")
        tip = "Exchange A and B" if len(items) <= 2 else "From the last face to the first"
        self.reverse.setToolTip(tip)
        self._show_time()

    def set_ready(self, ready: bool) -> None:
        """Allow playing and saving once there are two faces."""
        for widget in (self.slider, self.playback.play, self.reverse, self.more, self.export):
            widget.setEnabled(ready)
        if not ready:
            self.playback.stop()
            self.face.set_image(None)
            self.film.set_frames(NO_FACES)

    def set_image(self, pixels: Pixels, stamp: int = 0) -> None:
        """Show the face at the slider's place."""
        self.face.set_image(pixels, stamp)

    def set_film(self, frames: Pixels) -> None:
        """Show faces (T, 48, 48, 3) at even times of the way there."""
        self.film.set_frames(frames)
        self._mark_frame()

    def _mark_frame(self) -> None:
        last = self.film.count() - 1
        whole = self.slider.maximum()
        if last >= 0 and whole:
            self.film.set_current(round(self.slider.value() / whole * last))

    def _show_time(self) -> None:
        self.time.setText(f"{self.seconds:.1f} of {self.slider.maximum() / 1000:.1f} s")

    def _add_selected(self) -> None:
        self.frames.taken.emit(self.frames.count())

    def _add_edited(self) -> None:
        self.edited_wanted.emit(self.frames.count())

    @Slot(float)
    def _on_slider(self, seconds: float) -> None:
        self.playback.set_place(seconds)
        self._mark_frame()
        self._show_time()
        self.time_changed.emit(seconds)

    @Slot(int)
    def _on_frame(self, index: int) -> None:
        self.playback.stop()
        last = max(1, self.film.count() - 1)
        self.slider.setValue(round(index / last * self.slider.maximum()))

    @Slot(int, QPoint)
    def _on_menu(self, index: int, place: QPoint) -> None:
        frames, menu = self.frames, QMenu(self)
        is_there = index < frames.count()
        verb = "Use" if is_there else "Add"
        menu.addAction(f"{verb} the &selected face", partial(frames.taken.emit, index))
        edited = f"{verb} the &edited face from Explore"
        menu.addAction(edited, partial(self.edited_wanted.emit, index))
        if is_there:
            menu.addSeparator()
            left, right = partial(frames.shift, index, -1), partial(frames.shift, index, 1)
            menu.addAction("Move &left", left).setEnabled(index > 0)
            menu.addAction("Move &right", right).setEnabled(index + 1 < frames.count())
            remove = menu.addAction("Re&move", partial(frames.remove, index))
            remove.setEnabled(frames.count() > 2)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.playback.toggle()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.playback.stop()
        super().hideEvent(event)
