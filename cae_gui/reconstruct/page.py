"""Reconstruct: a face, what the network makes of it, and where the two differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cae_gui.core.faces import DEMO, PHOTOS, Faces
from cae_gui.core.models import Lane, Models
from cae_gui.core.selection import Selected, Selection
from cae_gui.core.tasks import Task, Tasks
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
from model.face_set import FACE_SHAPE

if TYPE_CHECKING:
    from model.inference import Reconstruction

Pixels = NDArray[np.uint8]

STRIP_FACES = 20
TESTED = "Test faces, their reconstructions below"
OWN = "Your photos, their reconstructions below"
NONE = "Drop photos anywhere in the window, paste them, or choose other faces at the left."

_NO_FACES = np.zeros((0, *FACE_SHAPE), np.uint8)


class ReconstructPage(Workspace):
    """Original, reconstruction and difference large, and a strip of test faces below.

    Beside them ``own``, a photo of the user, while one is selected. ``pick`` is called with
    the row, in the data set on show, of a strip face that was clicked.

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
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._selection, self._faces, self._pick = selection, faces, pick
        self._refinement = refinement
        self._random = np.random.default_rng(0)
        self._strip_rows: NDArray[np.int64] = np.empty(0, np.int64)
        self._in_strip: Reconstruction | None = None
        self._shown: Reconstruction | None = None
        self._compared: _Compared | None = None
        self.own = own
        self.photo = own.photo
        self.original, self.reconstruction = FaceView(), FaceView()
        self.wipe = WipeView(("Original", "Reconstruction"))
        self.difference = HeatMapView()
        views = self.original, self.reconstruction, self.wipe
        self.stage = FaceStage(own, *views, self.difference)
        self.inspector = Inspector(own.buttons)
        self.below = StripPanel()
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

    def save_strip(self, path: Path) -> None:
        """Write the two rows of faces as PNG, SVG or PDF by the suffix."""
        if self._in_strip is not None:
            work = partial(_save_strip, self._in_strip.originals, self._in_strip.images, path)
            self._tasks.export(work, path)

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
        self.strip_title.setText(TESTED)
        self.other_faces.setEnabled(False)
        self.export_face.setEnabled(False)
        self.export_strip.setEnabled(False)
        self.strip.set_placeholder("Test faces over their reconstructions appear here.")

    def _connect(self) -> None:
        self._selection.changed.connect(self._on_selected)
        self._selection.reconstructed.connect(self._on_reconstructed)
        self._models.replaced.connect(self._on_model)
        self._faces.changed.connect(self._on_faces)
        self._faces.photo_moved.connect(self._ask_strip)
        self.own.shown.connect(self.stage.lay_out)
        self.other_faces.clicked.connect(self._choose_strip)
        self.below.chosen.connect(self._on_strip_clicked)
        inspector = self.inspector
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

    def _show_nothing(self) -> None:
        """Take away what was shown of a face."""
        self._shown = self._compared = None
        self._tasks.drop(Task.DIFFERENCE)
        for view in (self.reconstruction, self.wipe, self.difference):
            view.set_image(None)
        self.numbers.show_quality(None)
        self.export_face.setEnabled(False)
        self._show_empty()

    def _show_empty(self) -> None:
        faces = self._faces.faces
        is_empty = faces is not None and not len(faces.images)
        self._content.show_empty(is_empty and self._selection.face is None)

    @Slot()
    def _on_model(self) -> None:
        model = self._models.model
        self.numbers.set_usual(None if model is None else model.test_mse)
        self._ask_strip()

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
    def _on_faces(self) -> None:
        """Show nothing of the faces before, until something of those on show is there."""
        is_own = self._faces.source == PHOTOS
        title, kind = (OWN, "Your photos") if is_own else (TESTED, "Test faces")
        self._models.drop(Lane.STRIP)
        self._show_strip(None)
        self._show_empty()
        self.strip_title.setText(title)
        self.strip.setAccessibleName(title)
        self.strip.set_placeholder(f"{kind} over their reconstructions appear here.")
        self._choose_strip()

    @Slot()
    def _choose_strip(self) -> None:
        """Pick other test faces for the strip."""
        rows = self._strip_candidates()
        has_more = len(rows) > STRIP_FACES
        self.other_faces.setEnabled(has_more)
        if has_more:
            rows = self._random.choice(rows, STRIP_FACES, replace=False)
        self._strip_rows = rows
        self._ask_strip()

    def _strip_candidates(self) -> NDArray[np.int64]:
        """Return the rows of the test faces; of own photos all, which no training has seen."""
        faces = self._faces.faces
        if faces is not None and self._faces.source == PHOTOS:
            return np.arange(len(faces.images))
        if faces is None or len(faces.images) < 2:
            return np.empty(0, np.int64)
        return faces.split()[1]

    @Slot()
    def _ask_strip(self) -> None:
        faces = self._faces.faces
        if faces is not None and len(self._strip_rows):
            images = np.array(faces.images[self._strip_rows])
            self._models.reconstruct(images, then=self._show_strip, lane=Lane.STRIP)

    def _show_strip(self, reply: Reconstruction | None) -> None:
        self._in_strip = reply
        self.export_strip.setEnabled(reply is not None)
        shown = (_NO_FACES, _NO_FACES) if reply is None else (reply.originals, reply.images)
        self.below.show_faces(*shown)

    @Slot(int)
    def _on_strip_clicked(self, index: int) -> None:
        if index < len(self._strip_rows):
            self._pick(int(self._strip_rows[index]))


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


def _save_face(
    original: Pixels, reconstruction: Pixels, quality: Quality, scale: float, path: Path
) -> None:
    from model.plots.figures import reconstruction_figure

    reconstruction_figure(original, reconstruction, quality, path, scale)


def _save_strip(originals: Pixels, reconstructions: Pixels, path: Path) -> None:
    from model.plots.figures import rows_figure

    rows_figure(originals, reconstructions, path)


def _save_picture(pixels: Pixels, path: Path) -> None:
    from model.morph.film import FilmSettings, write_film

    for _ in write_film(pixels[None], path, FilmSettings("PNG strip")):
        pass
