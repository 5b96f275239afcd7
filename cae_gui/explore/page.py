"""Explore: the edited face on a stage, and sliders over the latent space beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget, QWidgetAction

from cae_gui.core.faces import DEMO, Faces
from cae_gui.core.latents import Latents
from cae_gui.core.models import Lane, Models
from cae_gui.core.tasks import Tasks
from cae_gui.explore.custom_directions import CustomDirections
from cae_gui.explore.direction_builder import MOST_FACES, WITH
from cae_gui.explore.directions_page import DirectionsPage
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.face_stage import NO_FACES, FaceStage
from cae_gui.explore.history import History
from cae_gui.explore.local_directions import LocalDirections
from cae_gui.explore.map.map_page import MapPage
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.map.selection import MapSelection
from cae_gui.explore.nearest import NearestFaces
from cae_gui.explore.principal_page import PrincipalPage
from cae_gui.explore.slider_lists import SliderLists
from cae_gui.explore.snapshots import SnapshotsPage
from cae_gui.explore.state_pictures import StatePictures
from cae_gui.explore.tools import SideTabs, Tool, ToolRow
from cae_gui.explore.typicality import TypicalityGauge
from cae_gui.widgets.controls import Label, in_menu
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.fields import CountBox, Slider, Tabs
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import MessageBar
from cae_gui.widgets.workspace import Workspace
from model.latents.custom_directions import save_directions

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_PERCENT = 200
HOLD, HOLD_START = ("\\",), ("Shift+\\", "|", "Shift+|")
"""The keys that show the original, or the reconstruction of it, while they are held."""
LOADING = "The faces are being loaded …"
NO_FACE = "Choose a face at the left."


class ExplorePage(Workspace):
    """The edited face, its tools, lists of sliders, map, history and snapshots.

    ``selected_faces(most)`` returns at most ``most`` of the faces selected in the gallery.
    ``refine`` refines the selected face; without it, that isn't offered.

    Signals:
        morph_asked(): put the edited face into the morph.
        script_asked(str): copy the script of the edited face, or of a direction of this name.
    """

    morph_asked = Signal()
    script_asked = Signal(str)

    def __init__(
        self,
        models: Models,
        tasks: Tasks,
        faces: Faces,
        latents: Latents,
        explorer: Explorer,
        exploring: Exploring,
        own: CustomDirections,
        local: LocalDirections,
        maps: Maps,
        selection: MapSelection,
        messages: MessageBar,
        selected_faces: Callable[[int], Sequence[Face]],
        refine: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks, self._faces = models, tasks, faces
        self._explorer, self._exploring, self._refine = explorer, exploring, refine
        self._selection, self._messages = selection, messages
        self._own = own
        self._stamp = 0
        self._held_by: QObject | None = None  # the window that tells when the key is released
        self._falls_back = False  # to the principal directions, without attributes
        # Connected before other listeners, so that the picture is requested first.
        explorer.face_changed.connect(self._on_face)
        explorer.latent_changed.connect(self._on_latent)
        self.stage = FaceStage(partial(faces.choose, DEMO))
        self.face, self.original, self.start = (
            self.stage.face,
            self.stage.original,
            self.stage.start,
        )
        self.typicality = TypicalityGauge(models, faces, latents, explorer, self.face)
        self._sliders = SliderLists(models, explorer, local, self.face, self)
        self.strips = self._sliders.strips
        self.principal, self.attributes = self._sliders.principal, self._sliders.attributes
        self.own, self.raw = self._sliders.own, self._sliders.raw
        self.local = self._sliders.local
        self.principal_page = PrincipalPage(local, self.principal, self.local)
        self.own_page = DirectionsPage(models, explorer, own, self.own, messages, selected_faces)
        exploring.are_examples_chosen = self.own_page.builder.isVisible
        map_of = models, latents, maps, faces, explorer, exploring, tasks, selection
        self.map = MapPage(*map_of)
        pictures = StatePictures(models, explorer, self.face, self)
        self.history = History(explorer, pictures)
        self.snapshots = SnapshotsPage(models, tasks, explorer, pictures)
        self.nearest = NearestFaces(tasks, faces, latents, explorer, exploring, self.face)
        self._make_tools()
        self._make_menus()
        self._make_strength()
        self.tabs, self.strip = self._make_tabs(), self._make_strip()
        self.arrange(self._make_stage(), self._make_inspector(), self.strip)
        self._connect()
        self._show_strength(1.0)
        self._on_face()

    def _make_tabs(self) -> Tabs:
        tabs = Tabs(documentMode=True)  # no pane: dark mode would tint it
        for page, title, tip in (
            (
                self.attributes,
                "&Attributes",
                "What can be seen in a face, such as a smile or glasses, in sigma from the mean",
            ),
            (
                self.principal_page,
                "&Principal",
                "The directions in which the training faces vary most, or the nearest ones do",
            ),
            (
                self.own_page,
                "&Yours",
                "Directions of your own, of faces with something and without it, and presets",
            ),
            (self.raw, "Ra&w", "Every number of the latent, within the range of the faces"),
            (self.map, "Map", "All faces in two dimensions, to load and to travel among"),
        ):
            tabs.setTabToolTip(tabs.addTab(page, title), tip)
        return tabs

    def _make_strip(self) -> SideTabs:
        strip = SideTabs()
        for page, title, tip in (
            (self.history, "History", "The face after each step; a click goes back or on to it"),
            (self.snapshots, "Snapshots", "Faces that you keep, to show, compare and export them"),
            (self.nearest, "Nearest", "The nearest faces in the whole latent space"),
        ):
            strip.add_tab(page, title, tip)
        return strip

    def _make_tools(self) -> None:
        explorer, keys = self._explorer, QKeySequence.StandardKey
        stack = explorer.undo_stack
        tip = "The original, as long as this or the key \\ is held; with Shift its reconstruction"
        self.show_original = Tool("original", "&Original", tip)
        tip = f"Take the last change back ({_text(keys.Undo)})"
        self.undo = Tool("undo", "&Undo", tip, stack.undo)
        tip = f"Make the change again ({_text(keys.Redo)})"
        self.redo = Tool("redo", "Redo", tip, stack.redo)
        self.reset = Tool("reset", "Reset", "Back to the reconstruction (Ctrl+0)", explorer.reset)
        tip = "A random face, like the training faces (Ctrl+R); the arrow sets its temperature"
        self.random = Tool("random", "Ra&ndom", tip, explorer.randomize)
        tip = "A small step to a random side (Ctrl+Shift+R)"
        self.step = Tool("step", "&Step", tip, explorer.step_randomly)
        self.save = Tool("export", "Save picture …", "Save the edited face")
        self.more = Tool("more", "More", "What else can be done with the face")
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

    def _make_menus(self) -> None:
        self.random.open_with(self._make_temperature(), split=True)
        self.menu = self.face.menu()
        self.menu.addAction("&Save picture …", self.save.click)
        self.menu.addAction("&Keep a snapshot\tCtrl+D", self.keep_snapshot)
        self.menu.addAction("Keep the edit as a &preset …", self._on_keep_preset)
        self.menu.addSeparator()
        self.menu.addAction("Put into &Morph", self.morph_asked.emit)
        self.menu.addAction("Into a &direction …", self._on_into_direction)
        self.menu.addSeparator()
        self.menu.addAction("Copy as P&ython\tCtrl+Alt+C", partial(self.script_asked.emit, ""))
        self.of_directions = self.menu.addMenu("Copy a direction as Pyt&hon")
        self._refining: QAction | None = None
        if self._refine is not None:
            self.menu.addSeparator()
            self._refining = self.menu.addAction("&Refine\tCtrl+E", self._refine)
            self._refining.setToolTip("Fit the unedited face closer to its picture")
        self.menu.aboutToShow.connect(self._offer)
        self.more.open_with(self.menu)

    def _make_temperature(self) -> QMenu:
        menu, holder = QMenu(self.random), QWidget()
        label = Label("Temperature", buddy=self.temperature)
        filled(QHBoxLayout(holder), label, self.temperature, margins=(16, 8, 16, 8), spacing=16)
        action = QWidgetAction(menu)
        action.setDefaultWidget(holder)
        menu.addAction(action)
        menu.aboutToShow.connect(self.temperature.setFocus)
        return menu

    def _make_strength(self) -> None:
        self.strength = Slider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, MOST_PERCENT)
        self.strength.setPageStep(10)
        self.strength.setAccessibleName("Strength of the whole edit")
        self.strength.setToolTip("How much of the whole edit to show: 0 % the face as it started")
        self.percent = Label()
        self.percent.set_tabular()
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("200 %"))

    def _make_stage(self) -> QWidget:
        faces = QHBoxLayout()
        faces.setSpacing(0)
        faces.addWidget(self.map.map, 3)
        faces.addWidget(self.stage, 2)
        self.map.map.hide()
        walk = self.show_original, None, self.undo, self.redo, self.reset, None
        important = self.show_original, self.random, self.step, self.undo, self.reset, self.redo
        tools = *walk, self.random, self.step, None, self.save, self.more
        row = ToolRow(tools, (*important, self.save))
        stage = QWidget()
        filled(QVBoxLayout(stage), faces, row, spacing=0, room=faces)
        return stage

    def _make_inspector(self) -> QWidget:
        inspector = QWidget()
        label = Label("Stren&gth", buddy=self.strength)
        strength = filled(QHBoxLayout(), label, self.strength, self.percent, room=self.strength)
        above = filled(QVBoxLayout(), strength, self.typicality, margins=(16, 8, 16, 8), spacing=8)
        filled(QVBoxLayout(inspector), above, self.tabs, spacing=0, room=self.tabs)
        return inspector

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
        self.show_original.pressed.connect(self._on_original_pressed)
        self.show_original.released.connect(self._let_go)
        for keys, view in ((HOLD, self.original), (HOLD_START, self.start)):
            shortcut = QShortcut(self)
            shortcut.setKeys([QKeySequence(key) for key in keys])
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(partial(self._on_original_key, view))
        self.map.selection.direction_asked.connect(self._on_direction_asked)
        self.tabs.currentChanged.connect(self._on_tab)
        self._models.attributes_found.connect(self._on_attributes)
        self._faces.changed.connect(self._say_why_not)

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

    def save_directions(self, path: Path) -> None:
        """Write all custom directions and presets to a file."""
        self._tasks.export(partial(save_directions, path, self._own.items), path)

    @Slot()
    def _offer(self) -> None:
        """Enable the menu's entries that apply."""
        if self._refining is not None:
            self._refining.setEnabled(self._exploring.is_unedited())
        self.of_directions.clear()
        for item in self._own.of_faces:
            copy = partial(self.script_asked.emit, item.name)
            self.of_directions.addAction(in_menu(item.name), copy)
        self.of_directions.setEnabled(not self.of_directions.isEmpty())

    @Slot()
    def _on_into_direction(self) -> None:
        face, pixels = self._explorer.face, self.face.pixels()
        if face is not None and pixels is not None:
            self._to_direction(WITH, [(face.name, pixels)])

    @Slot(int)
    def _on_direction_asked(self, side: int) -> None:
        chosen = self._selection.chosen
        self._to_direction(side, chosen.some(MOST_FACES))
        if len(chosen) > MOST_FACES:
            text = f"{MOST_FACES} of the {len(chosen):,} faces were taken, evenly spread."
            self._messages.show_message(f"{text} More would hardly change the direction.")

    def _to_direction(self, side: int, faces: Sequence[Face]) -> None:
        """Put faces on a side of a direction of the user's own, and show it."""
        self.show_inspector(True)
        self.tabs.setCurrentWidget(self.own_page)
        self.own_page.begin_with(side, faces)

    @Slot()
    def _on_keep_preset(self) -> None:
        self.show_inspector(True)
        self.tabs.setCurrentWidget(self.own_page)
        self.own_page.keep_edit()

    # The original

    @Slot()
    def _on_original_pressed(self) -> None:
        shift = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.stage.hold(self.start if shift else self.original)

    def _on_original_key(self, view: FaceView) -> None:
        if self._explorer.face is not None and self._held_by is None:
            self.stage.hold(view)
            # Only until then: it sees each event of the window.
            self._held_by = self.window().windowHandle()
            self._held_by.installEventFilter(self)

    @Slot()
    def _let_go(self) -> None:
        self.stage.hold(None)
        if self._held_by is not None:
            self._held_by.removeEventFilter(self)
            self._held_by = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and isinstance(event, QKeyEvent):
            if event.isAutoRepeat():
                return True
            self._let_go()
        elif kind in (QEvent.Type.FocusOut, QEvent.Type.Hide, QEvent.Type.Close):
            self._let_go()
        return super().eventFilter(watched, event)

    @Slot()
    def _on_face(self) -> None:
        face = self._explorer.face
        tools = self.show_original, self.random, self.step, self.reset, self.save, self.more
        for widget in (*tools, self.temperature, self.strength):
            widget.setEnabled(face is not None)
        name = face.name if face else ""
        for view in (self.original, self.start):
            view.set_face_name(name)
        self.original.set_image(face.pixels if face else None)
        if face is None:
            self._let_go()
            self.face.set_image(None)
            self.face.set_caption("")
            self.start.set_image(None)
        else:
            start, then = face.start[None], self._show_start
            self._models.decode(start, then=then, lane=Lane.START, interim=True)
        self._say_why_not()
        self._sliders.show_face()
        self._on_latent()

    @Slot()
    def _on_latent(self) -> None:
        face = self._explorer.face
        if face is not None:
            # The picture is requested first, and computed while the sliders are set.
            self._stamp += 1
            # A random face isn't this person's.
            caption = f"{face.name}, edited" if face.offset.any() else face.name
            then = partial(self._show_face, self._stamp, caption)
            self._models.decode(face.latent[None], then=then, lane=Lane.EXPLORE, interim=True)
            self._show_strength(face.strength)
        self._sliders.show_latent()

    def _show_face(self, stamp: int, caption: str, faces: Pixels) -> None:
        self.face.set_image(faces[0], stamp)
        self.face.set_caption(caption)

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

    @Slot()
    def _say_why_not(self) -> None:
        """Say what to do while no face is being edited."""
        faces = self._faces.faces
        text = LOADING if faces is None else NO_FACE if len(faces.images) else NO_FACES
        self.face.set_placeholder(text)
        self.stage.empty.setVisible(self._explorer.face is None and text is NO_FACES)
        self._sliders.say_without_face(text)

    @Slot()
    def _on_tab(self) -> None:
        self.map.map.setVisible(self.tabs.currentWidget() is self.map)

    @Slot()
    def _on_attributes(self) -> None:
        """Open the principal directions for a model without attributes, until there are some."""
        if self._models.attributes is None:
            return
        has, shown = bool(self._models.attributes), self.tabs.currentWidget()
        if not has and not self._falls_back and shown is self.attributes:
            self.tabs.setCurrentWidget(self.principal_page)
        elif has and self._falls_back and shown is self.principal_page:
            self.tabs.setCurrentWidget(self.attributes)
        self._falls_back = not has

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
        self._let_go()


def _text(standard: QKeySequence.StandardKey) -> str:
    return QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)


def _save_picture(model: FaceModel, latents: Floats, path: Path) -> None:
    from model.inference import decode
    from model.morph.film import FilmSettings, write_film

    for _ in write_film(decode(model, latents), path, FilmSettings("PNG strip")):
        pass
