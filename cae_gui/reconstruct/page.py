"""Reconstruct: a face, what the network makes of it, and where the two differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cae_gui.core.faces import DEMO, Faces
from cae_gui.core.models import Models
from cae_gui.core.selection import Selected, Selection
from cae_gui.core.tasks import Task, Tasks
from cae_gui.reconstruct.errors_page import ErrorsPage, Kind
from cae_gui.reconstruct.face_errors import Errors, Shown
from cae_gui.reconstruct.heat_map_view import HeatMapView
from cae_gui.reconstruct.inspector import MOST_GAIN, STOP, Inspector
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.reconstruct.refinement import Refinement
from cae_gui.reconstruct.stage import FaceStage
from cae_gui.reconstruct.strip_panel import StripPanel
from cae_gui.reconstruct.wipe_view import WipeView
from cae_gui.widgets.empty_state import SHOW_DEMO, EmptyState, OrEmpty
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.well import Well
from cae_gui.widgets.workspace import Workspace
from model.evaluation import Quality, quality

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.inference import Reconstruction

Pixels = NDArray[np.uint8]

NONE = "Drop photos anywhere in the window, paste them, or choose other faces at the left."


class ReconstructPage(Workspace):
    """Original, reconstruction and difference large, and a strip of faces below.

    Beside them ``own``, a photo of the user, while one is selected. ``pick`` is called with
    the row, in the data set on show, of a strip face that was clicked. ``errors`` are measured
    while they are in view: in the inspector, or by the faces in the strip.

    Signals:
        morph_asked(Selected): use the selected face in a morph.
        save_asked(object): save one picture; what writes it takes the path of a PNG.
    """

    morph_asked = Signal(object)
    save_asked = Signal(object)

    def __init__(
        self,
        models: Models,
        tasks: Tasks,
        selection: Selection,
        faces: Faces,
        own: PhotoPanel,
        pick: Callable[[int], object],
        refinement: Refinement,
        errors: Errors,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._selection, self._faces = selection, faces
        self._refinement, self._errors = refinement, errors
        self._shown: Reconstruction | None = None
        self._compared: _Compared | None = None
        self.own = own
        self.photo = own.photo
        self.original, self.reconstruction = FaceView(), FaceView()
        self.wipe = WipeView(("Original", "Reconstruction"))
        self.difference = HeatMapView()
        views = self.original, self.reconstruction, self.wipe
        self.stage = FaceStage(own, *views, self.difference)
        self.errors = ErrorsPage(errors)
        self.inspector = Inspector(own.buttons, self.errors)
        self.below = StripPanel(models, tasks, faces, errors, self.errors, pick)
        self.numbers = self.inspector.numbers
        self.refine = self.inspector.refine
        self.undo_refinement = self.inspector.undo_refinement
        self.stays_typical, self.at_once = self.inspector.stays_typical, self.inspector.at_once
        self.gain = self.inspector.gain
        self.export_face = self.inspector.export_face
        self.export_strip = self.inspector.export_strip
        self.strip, self.strip_title = self.below.strip, self.below.title
        self.other_faces = self.below.other_faces
        for part in (own, own.buttons):
            part.hide()
        for view in views:
            self._offer(view, with_morph=True)
        self._offer(self.difference, with_morph=False)
        self.empty = EmptyState("reconstruct", NONE, SHOW_DEMO, partial(faces.choose, DEMO))
        self._content = OrEmpty(self.stage, self.empty)
        self.arrange(Well(filled(QVBoxLayout(), self._content)), self.inspector, self.below)
        self._label()
        self._connect()

    def save_face(self, path: Path) -> None:
        """Write original, reconstruction and difference as PNG, SVG or PDF by the suffix."""
        if self._shown is not None and self._compared is not None:
            pair = self._shown.originals[0], self._shown.images[0]
            _, _, gain, numbers = self._compared
            self._tasks.export(partial(_save_face, *pair, numbers, 1 / gain, path), path)

    def save_errors(self, path: Path) -> None:
        """Write the error of each face as a table (CSV), or their histogram as a figure."""
        if (shown := self._errors.shown()) is not None:
            self._tasks.export(partial(_save_errors, shown, path), path)

    def _offer(self, view: FaceView, *, with_morph: bool) -> None:
        """Give a picture its context menu, and the focus for its keys."""
        view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = view.menu()
        menu.addAction("&Save picture …", partial(self._save, view))
        if with_morph:
            menu.addAction("Put into &Morph", self._ask_morph)

    def _label(self) -> None:
        self.original.set_placeholder("Choose a face at the left, or drop a photo.")
        self.reconstruction.set_placeholder("Loading the model …")
        self.wipe.set_placeholder("Loading the model …")
        self.difference.set_placeholder("")
        self.original.set_caption("Original")
        self.reconstruction.set_caption("Reconstruction")
        self.difference.set_caption("Difference")
        self.stays_typical.setChecked(self._models.stays_typical)
        self.at_once.setChecked(self._selection.refines_photos)
        self._show_refinement()
        self.export_face.setEnabled(False)
        self.export_strip.setEnabled(False)

    def _connect(self) -> None:
        self._selection.changed.connect(self._on_selected)
        self._selection.reconstructed.connect(self._on_reconstructed)
        self._models.replaced.connect(self._on_model)
        self._faces.changed.connect(self._show_empty)
        self.own.shown.connect(self.stage.lay_out)
        self.below.changed.connect(self._on_strip)
        inspector = self.inspector
        inspector.tabs.currentChanged.connect(self._on_tab)
        self.errors.histogram.bar_chosen.connect(self._on_bar)
        inspector.wipe.toggled.connect(self.stage.wipe)
        inspector.difference.toggled.connect(self._on_difference)
        inspector.brightness.changed.connect(self._compare)

        refinement = self._refinement
        refinement.stepped.connect(self._on_reconstructed)
        refinement.changed.connect(self._show_refinement)
        self.refine.clicked.connect(self._on_refine)
        self.undo_refinement.clicked.connect(refinement.undo)
        self.stays_typical.toggled.connect(self._on_stays_typical)
        self.at_once.toggled.connect(self._on_at_once)

    @Slot()
    def _show_refinement(self) -> None:
        """Show what can be done and what it brought."""
        refinement, reached = self._refinement, self._refinement.reached
        is_refined = reached is not None and reached.steps > 0
        if refinement.is_running:
            text, tip = STOP, "Keep the face as it is now"
        elif is_refined:
            text, tip = "Refi&ne further", "Fit the face to its picture in more steps (Ctrl+E)"
        else:
            text = "Refi&ne"
            tip = "Fit the face to its very picture, closer than the encoder does (Ctrl+E)"
        self.refine.setText(text)
        self.refine.setToolTip(tip)
        self.refine.setEnabled(self._selection.face is not None and self._models.model is not None)
        self.undo_refinement.setEnabled(is_refined and not refinement.is_running)
        self.stays_typical.setEnabled(self._models.density is not None)
        self.inspector.show_words(refinement.words())

    @Slot()
    def _on_refine(self) -> None:
        if self._refinement.is_running:
            self._refinement.stop()
        else:
            self._refinement.start()

    @Slot(bool)
    def _on_stays_typical(self, wanted: bool) -> None:
        self._models.stays_typical = wanted

    @Slot(bool)
    def _on_at_once(self, wanted: bool) -> None:
        self._selection.refine_photos(wanted)

    @Slot()
    def _on_selected(self) -> None:
        face = self._selection.face
        name = "" if face is None else face.name
        self.inspector.name.setText(name)
        self.original.set_face_name(name)
        self.original.set_image(None if face is None else face.pixels)
        if face is None:
            self._show_nothing()
        self._mark_face()

    def _show_nothing(self) -> None:
        """Take away what was shown of a face."""
        self._shown = self._compared = None
        self._tasks.drop(Task.DIFFERENCE)
        for view in (self.reconstruction, self.wipe, self.difference):
            view.set_image(None)
        self.numbers.show_quality(None)
        self.export_face.setEnabled(False)
        self._show_empty()

    @Slot()
    def _show_empty(self) -> None:
        faces = self._faces.faces
        is_empty = faces is not None and not len(faces.images)
        self._content.show_empty(is_empty and self._selection.face is None)

    @Slot()
    def _on_model(self) -> None:
        model = self._models.model
        self.numbers.set_usual(None if model is None else model.test_mse)
        self._mark_face()

    @Slot(object)
    def _on_reconstructed(self, reply: Reconstruction) -> None:
        self._shown, self._compared = reply, None
        self.reconstruction.set_image(reply.images[0])
        self.wipe.set_pair(reply.originals[0], reply.images[0])
        self._compare()

    @Slot()
    def _compare(self) -> None:
        """Have the numbers and the difference made, with the gain that is wanted."""
        if self._shown is not None:
            pair, gain = (self._shown.originals[0], self._shown.images[0]), self._gain()
            self._tasks.run(partial(_compare, *pair, gain), Task.DIFFERENCE, then=self._on_compared)

    def _gain(self) -> float | None:
        return self.inspector.brightness.wanted()

    def _on_compared(self, compared: _Compared) -> None:
        self._compared = compared
        self.difference.set_image(compared.heat_map)
        self.difference.set_scale(compared.colors, 1 / compared.gain)
        self.difference.set_caption(f"Difference, {compared.gain:.3g}×")
        self.inspector.brightness.show_gain(compared.gain)
        self.numbers.show_quality(compared.quality)
        self.export_face.setEnabled(True)

    @Slot(bool)
    def _on_difference(self, shown: bool) -> None:
        self.stage.show_difference(shown)
        self.inspector.brightness.setEnabled(shown)

    def _save(self, view: FaceView) -> None:
        if (pixels := view.pixels()) is not None:
            self.save_asked.emit(partial(self._write, pixels))

    def _write(self, pixels: Pixels, path: Path) -> None:
        self._tasks.export(partial(_save_picture, pixels, path), path)

    @Slot()
    def _ask_morph(self) -> None:
        face = self._selection.face
        if face is not None:
            self.morph_asked.emit(Selected(face.name, face.pixels))

    @Slot()
    def _on_strip(self) -> None:
        self.export_strip.setEnabled(self.below.has_faces)
        self._look()

    @Slot()
    def _on_tab(self) -> None:
        """Show the worst faces beside the histogram, unless others were chosen before."""
        if self.inspector.tabs.currentWidget() is self.errors and self.below.kind is Kind.TESTED:
            self.below.choose(Kind.WORST)
        self._look()
        self._mark_face()

    @Slot()
    def _on_bar(self) -> None:
        self.below.choose(Kind.BAR)

    def _look(self) -> None:
        """Have errors measured while they are in view."""
        is_in_view = self.inspector.tabs.currentWidget() is self.errors
        is_in_view = is_in_view or self.below.kind is not Kind.TESTED
        self._errors.look(is_in_view and self.isVisible())

    def _mark_face(self) -> None:
        """Have the histogram in view tell where the selected face lies."""
        face, model = self._selection.face, self._models.model
        if face is None or model is None:
            self._tasks.drop(Task.FACE_ERROR)
            self.errors.show_face(None)
        elif self.errors.isVisible():
            work = partial(_error_of, face.pixels, model)
            self._tasks.run(work, Task.FACE_ERROR, then=self.errors.show_face)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()
        self._mark_face()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look()


class _Compared(NamedTuple):
    """A heat map uint8 (48, 48, 3), its colours uint8 (256, 3), its gain, and the numbers."""

    heat_map: Pixels
    colors: Pixels
    gain: float
    quality: Quality


def _compare(original: Pixels, reconstruction: Pixels, gain: float | None) -> _Compared:
    """Compare two faces; without a gain the largest difference is the brightest colour."""
    from model.plots.figures import difference, difference_colors, difference_image

    if gain is None:
        largest = float(difference(original, reconstruction).max())
        gain = 1 / min(max(largest, 1 / MOST_GAIN), 1.0)
    picture, _ = difference_image(original, reconstruction, 1 / gain)
    return _Compared(picture, difference_colors(), gain, quality(original, reconstruction))


def _error_of(pixels: Pixels, model: FaceModel) -> float:
    """Return the MSE of a face by the encoder's latent, as those of all faces are measured."""
    from model.device import use_threads
    from model.evaluation import face_errors

    use_threads(1)
    (found,) = face_errors(model, pixels[None], np.zeros(1, np.int64))
    return float(found.mse[0])


def _save_face(
    original: Pixels, reconstruction: Pixels, quality: Quality, scale: float, path: Path
) -> None:
    from model.plots.figures import reconstruction_figure

    reconstruction_figure(original, reconstruction, quality, path, scale)


def _save_errors(shown: Shown, path: Path) -> None:
    from model.evaluation import write_errors
    from model.plots.figures import errors_figure

    titles = [part.title for part in shown.models]
    if path.suffix.lower() == ".csv":
        names = ["mse"] if len(titles) == 1 else [f"mse of {title}" for title in titles]
        write_errors(path, shown.faces, shown.rows, list(zip(names, shown.mse, strict=True)))
    else:
        errors_figure(list(zip(titles, shown.mse, strict=True)), path)


def _save_picture(pixels: Pixels, path: Path) -> None:
    from model.morph.film import FilmSettings, write_film

    for _ in write_film(pixels[None], path, FilmSettings("PNG strip")):
        pass
