"""Explore: sliders over the latent space, and the edited face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from cae_gui.core.faces import Faces
from cae_gui.core.latents import Latents
from cae_gui.core.models import Lane, Models
from cae_gui.core.tasks import Tasks
from cae_gui.explore.custom_directions import CustomDirections
from cae_gui.explore.directions_page import DirectionsPage
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.history import History
from cae_gui.explore.map.map_page import MapPage
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.nearest import NearestFaces
from cae_gui.explore.slider_lists import SliderLists
from cae_gui.explore.snapshots import SnapshotsPage
from cae_gui.explore.state_pictures import StatePictures
from cae_gui.explore.typicality import TypicalityGauge
from cae_gui.widgets.controls import Label, button
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.fields import CountBox, Slider, Tabs
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import MessageBar

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_PERCENT = 200


class ExplorePage(QWidget):
    """The edited face beside its original; lists of sliders; history, snapshots and map.

    ``selected_faces(most)`` returns at most ``most`` of the faces selected in the gallery.
    """

    def __init__(
        self,
        models: Models,
        tasks: Tasks,
        faces: Faces,
        latents: Latents,
        explorer: Explorer,
        exploring: Exploring,
        own: CustomDirections,
        maps: Maps,
        messages: MessageBar,
        selected_faces: Callable[[int], Sequence[Face]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._explorer, self._exploring = explorer, exploring
        self._stamp = 0
        # Connected before other listeners, so that the picture is requested first.
        explorer.face_changed.connect(self._on_face)
        explorer.latent_changed.connect(self._on_latent)
        self.face = _face("Edited", "Choose a face at the left.")
        self.original = _face("Original")
        self.start = _face("Reconstruction")
        self.typicality = TypicalityGauge(models, faces, latents, explorer, self.face)
        self._sliders = SliderLists(models, explorer, self.face, self)
        self.principal, self.attributes = self._sliders.principal, self._sliders.attributes
        self.own, self.raw = self._sliders.own, self._sliders.raw
        self.own_page = DirectionsPage(models, explorer, own, self.own, messages, selected_faces)
        self.map = MapPage(latents, maps, faces, explorer, exploring, tasks)
        pictures = StatePictures(models, explorer, self.face, self)
        self.history = History(explorer, pictures)
        self.snapshots = SnapshotsPage(models, tasks, explorer, pictures)
        self.nearest = NearestFaces(tasks, faces, latents, explorer, exploring, self.face)
        self.tabs, self.strip = self._make_tabs(), self._make_strip()
        self._make_controls()
        self._arrange()
        self._connect()
        self._show_strength(1.0)
        self._on_face()

    def _make_tabs(self) -> Tabs:
        tabs = Tabs(documentMode=True)  # no pane: dark mode would tint it
        for page, title, tip in (
            (
                self.principal,
                "&Principal",
                "The directions in which the training faces vary most, in sigma from the mean",
            ),
            (
                self.attributes,
                "&Attributes",
                "What can be seen in a face, such as a smile or glasses, in sigma from the mean",
            ),
            (
                self.own_page,
                "&Yours",
                "Directions of your own: faces with something, and faces without it",
            ),
            (self.raw, "Ra&w", "Every number of the latent, within the range of the faces"),
            (self.map, "Map", "All faces in two dimensions, to load and to travel among"),
        ):
            tabs.setTabToolTip(tabs.addTab(page, title), tip)
        return tabs

    def _make_strip(self) -> Tabs:
        strip = Tabs(documentMode=True)
        for page, title, tip in (
            (self.history, "Hist&ory", "The face after each step; a click goes back or on to it"),
            (self.snapshots, "Snapshots", "Faces that you keep, to show, compare and export them"),
            (self.nearest, "Nearest", "The nearest faces in the whole latent space"),
        ):
            strip.setTabToolTip(strip.addTab(page, title), tip)
        return strip

    def _make_controls(self) -> None:
        explorer, keys = self._explorer, QKeySequence.StandardKey
        stack = explorer.undo_stack
        self.undo = button("Undo", stack.undo, f"Take the last change back ({_text(keys.Undo)})")
        self.redo = button("Redo", stack.redo, f"Make the change again ({_text(keys.Redo)})")
        self.reset = button("R&eset", explorer.reset, "Back to the reconstruction")
        tip = "A random face, like the training faces (Ctrl+R)"
        self.random = button("Ra&ndom", explorer.randomize, tip)
        tip = "A small step to a random side (Ctrl+Shift+R)"
        self.step = button("St&ep", explorer.step_randomly, tip)
        self.save = QPushButton("&Save picture …")
        self.save.setToolTip("Save the edited face")
        self.temperature = CountBox()
        self.temperature.setRange(0, MOST_PERCENT)
        self.temperature.setSingleStep(10)
        self.temperature.setSuffix(" %")
        self.temperature.setAccessibleName("Temperature of random faces")
        self.temperature.setToolTip(
            "How far random faces are from the typical face: 0 % is that face, 100 % like the "
            "training faces"
        )
        self.temperature.setValue(round(100 * explorer.temperature))
        self.strength = Slider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, MOST_PERCENT)
        self.strength.setPageStep(10)
        self.strength.setAccessibleName("Strength of the whole edit")
        self.strength.setToolTip("How much of the whole edit to show: 0 % the face as it started")
        self.percent = Label()
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("200 %"))

    def _arrange(self) -> None:
        small = QVBoxLayout()
        small.addWidget(self.original, 1)
        small.addWidget(self.start, 1)
        small.addStretch(1)
        faces = QHBoxLayout()
        faces.setSpacing(16)
        faces.addWidget(self.face, 3)
        faces.addLayout(small, 1)
        strength = Label("Stren&gth", buddy=self.strength)
        controls = self.undo, self.redo, self.reset, strength, self.strength, self.percent
        steps = filled(QHBoxLayout(), *controls, room=self.strength)
        temperature = Label("Te&mperature", buddy=self.temperature)
        last = filled(QHBoxLayout(), self.random, self.step, temperature, self.temperature)
        last.addStretch(1)
        last.addWidget(self.save)
        left, rows = QWidget(), (faces, self.typicality, steps, last)
        filled(QVBoxLayout(left), *rows, margins=(16, 16, 8, 8), room=faces)
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([520, 400])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 16, 8)
        outer.addWidget(self.splitter, 1)
        outer.addWidget(self.strip)

    def _connect(self) -> None:
        explorer, stack = self._explorer, self._explorer.undo_stack
        stack.canUndoChanged.connect(self.undo.setEnabled)
        stack.canRedoChanged.connect(self.redo.setEnabled)
        self.undo.setEnabled(stack.canUndo())
        self.redo.setEnabled(stack.canRedo())
        self.temperature.valueChanged.connect(self._on_temperature)
        self.strength.sliderPressed.connect(explorer.begin_edit)
        self.strength.valueChanged.connect(self._on_strength)
        self.strength.sliderReleased.connect(explorer.end_edit)

    @Slot()
    def keep_snapshot(self) -> None:
        """Take a snapshot of the face, and show the tab of snapshots."""
        if self._explorer.face is not None:
            if self.isVisible():
                self.strip.setCurrentWidget(self.snapshots)
            self.snapshots.keep_face()

    def save_picture(self, path: Path) -> None:
        """Write the edited face as PNG, enlarged four times."""
        model, latent = self._models.model, self._explorer.latent
        if model is not None and latent is not None:
            self._tasks.export(partial(_save_picture, model, latent[None], path), path)

    @Slot()
    def _on_face(self) -> None:
        face = self._explorer.face
        for widget in (self.random, self.step, self.reset, self.save):
            widget.setEnabled(face is not None)
        self.temperature.setEnabled(face is not None)
        self.strength.setEnabled(face is not None)
        self.original.set_face_name(face.name if face else "")
        self.original.set_image(face.pixels if face else None)
        if face is None:
            self.face.set_image(None)
            self.start.set_image(None)
        else:
            start, then = face.start[None], self._show_start
            self._models.decode(start, then=then, lane=Lane.START, interim=True)
        self._sliders.show_face()
        self._on_latent()

    @Slot()
    def _on_latent(self) -> None:
        face = self._explorer.face
        if face is not None:
            # The picture is requested first, and computed while the sliders are set.
            self._stamp += 1
            then = partial(self._show_face, self._stamp)
            self._models.decode(face.latent[None], then=then, lane=Lane.EXPLORE, interim=True)
            self._show_strength(face.strength)
        self._sliders.show_latent()

    def _show_face(self, stamp: int, faces: Pixels) -> None:
        self.face.set_image(faces[0], stamp)

    def _show_start(self, faces: Pixels) -> None:
        self.start.set_image(faces[0])

    def _show_strength(self, strength: float) -> None:
        percent = round(100 * strength)
        if not self.strength.isSliderDown():
            with QSignalBlocker(self.strength):
                self.strength.setValue(percent)
        text = f"{percent} %"
        if text != self.percent.text():
            self.percent.setText(text)

    @Slot(int)
    def _on_temperature(self, percent: int) -> None:
        self._explorer.temperature = percent / 100

    @Slot(int)
    def _on_strength(self, percent: int) -> None:
        is_single_step = not self.strength.isSliderDown()
        if is_single_step:
            self._explorer.begin_edit()
        self._explorer.set_strength(percent / 100)
        if is_single_step:
            self._explorer.end_edit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._sliders.set_seen(self.isVisible())
        self._exploring.look(True)
        self.typicality.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._sliders.set_seen(self.isVisible())
        self._exploring.look(False)


def _face(caption: str, placeholder: str = "") -> FaceView:
    view = FaceView()
    view.set_placeholder(placeholder)
    view.set_caption(caption)
    return view


def _text(standard: QKeySequence.StandardKey) -> str:
    return QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)


def _save_picture(model: FaceModel, latents: Floats, path: Path) -> None:
    from model.inference import decode
    from model.morph.film import FilmSettings, write_film

    for _ in write_film(decode(model, latents), path, FilmSettings("PNG strip")):
        pass
