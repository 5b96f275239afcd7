"""Everything the window works on, wired together; knows no widget."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoGroup

from cae_gui.core.faces import Faces
from cae_gui.core.jobs import StreamJob, stop_and_wait
from cae_gui.core.latents import Latents
from cae_gui.core.models import Models
from cae_gui.core.selection import Selection
from cae_gui.core.tasks import Tasks
from cae_gui.core.times import RUN_MODELS, run_name
from cae_gui.documents.session_files import SessionFiles
from cae_gui.documents.unsaved import Unsaved
from cae_gui.explore.custom_directions import CustomDirections
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.local_directions import LocalDirections
from cae_gui.explore.map.face_export import FaceExport
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.map.selection import MapSelection
from cae_gui.gallery.photos import OwnPhotos
from cae_gui.morph.filming import Filming
from cae_gui.morph.mix import CANDIDATES, Analogy, Corners, spread
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.pacing import Pacing
from cae_gui.reconstruct.face_errors import Errors
from cae_gui.reconstruct.own_photo import OwnPhoto
from cae_gui.reconstruct.refinement import Refinement
from cae_gui.train.estimates import Estimates
from cae_gui.train.lines import Lines
from cae_gui.train.queue import Queue
from cae_gui.train.resuming import Resuming
from cae_gui.train.runs import Runs
from cae_gui.train.training import State, Stopped, Training, TrainingEvent
from model.events import Finished, Snapshot


class Studio(QObject):
    """Owns the state of all pages, what they share, and the ways between them.

    Signals:
        problem(Problem): something failed in the background; what was there before stays.
    """

    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        report = self.problem.emit
        self.models = Models(report, self)
        self.tasks = Tasks(report, self)
        self.selection = Selection(self.models, self)
        self.photos = OwnPhotos(report, self)
        self.faces = Faces(self.photos.library, report, self)
        self.photo = OwnPhoto(self.photos.library, report, self)
        steps = self.photo.undo_stack
        self.refinement = Refinement(self.models, self.selection, steps, report, self)
        self.errors = Errors(self.models, self.faces, report, self)
        self.training = Training(report, self)
        self.queue = Queue(self.training, report, self)
        self.runs = Runs(report, self)
        self.latents = Latents(report, self)
        self.explorer = Explorer(self)
        self.exploring = Exploring(
            self.models, self.faces, self.selection, self.explorer, self.latents, self
        )
        self.resuming = Resuming(self.runs, self.faces, self.training, self)
        self.maps = Maps(self.latents, report, self)
        self.map_selection = MapSelection(self.latents, self.explorer, self.tasks, self)
        self.face_export = FaceExport(report, self)
        self.own = CustomDirections(self.models, self.explorer, report, self)
        measured = self.tasks, self.faces, self.latents, self.explorer
        self.local = LocalDirections(*measured, self)
        self.morpher = Morpher(self)
        self.pacing = Pacing(self.models, self.morpher, report, self)
        self.corners = Corners(self.morpher.undo_stack, self)
        self.analogy = Analogy(self.morpher.undo_stack, self)
        self.filming = Filming(report, self)
        self.lines = Lines(self)
        self.estimates = Estimates(self.training, self.models, self._long_jobs(), self)
        edited = self.models, self.explorer
        self.session_files = SessionFiles(
            *edited,
            self.exploring,
            self.own,
            self.morpher,
            self.corners,
            self.analogy,
            self.selection,
            report,
            self,
        )
        self.unsaved = Unsaved(self.session_files, *edited, self.morpher, report, self)
        self.undo_group = QUndoGroup(self)
        for owner in (self.explorer, self.morpher, self.photo, self.runs):
            self.undo_group.addStack(owner.undo_stack)
        self._connect()

    def _connect(self) -> None:
        self.models.replaced.connect(self._on_model)
        self.models.face_refined.connect(self._on_refined)
        self.faces.changed.connect(self._on_faces)
        self.selection.changed.connect(self._on_selected)
        self.photo.cropped.connect(self._on_cropped)
        self.photo.kept.connect(self._on_kept)
        self.training.state_changed.connect(self._on_training)
        self.training.reported.connect(self._on_training_event)
        self.runs.listed.connect(self._on_runs)

    def _long_jobs(self) -> list[StreamJob]:
        """Return the threads that may take the processor for long, but not that of a training."""
        jobs = (*self.models.jobs(), *self.faces.jobs(), *self.photos.jobs())
        streams = [job for job in jobs if isinstance(job, StreamJob)]
        streams.append(self.errors.job)
        own = self.latents, self.maps, self.filming, self.lines, self.face_export
        return [*streams, *(state.job for state in own)]

    def shut_down(self) -> None:
        """Stop and wait for every thread; a training under way is kept."""
        self.photo.close()
        stop_and_wait(
            [
                *self.models.jobs(),
                *self.faces.jobs(),
                *self.photos.jobs(),
                self.photo.job,
                self.refinement.job,
                self.errors.job,
                self.training.job,
                self.queue.job,
                self.lines.job,
                *self.runs.jobs(),
                self.latents.job,
                self.maps.job,
                self.face_export.job,
                *self.own.jobs(),
                self.session_files.job,
                self.unsaved.job,
                self.filming.job,
                self.pacing.job,
                self.tasks.job,
            ]
        )
        self.photo.keep_all()
        self.photos.finish()
        self.own.keep_all()
        self.unsaved.close()
        for stack in self.undo_group.stacks():
            stack.clear()  # Qt clears what it deletes, and would tell those who show the steps

    @Slot()
    def _on_model(self) -> None:
        for mix in (self.morpher, self.corners, self.analogy):
            mix.forget_latents()

    @Slot()
    def _on_faces(self) -> None:
        faces = self.faces.faces
        if faces is None:
            return
        if not len(faces.images):
            self.photo.close()
        # The first morph, grid and analogy need no choosing.
        if pair := spread(faces, 2)[len(self.morpher.state.faces) :]:
            self.morpher.fill(pair)
        if corners := spread(faces, 4):
            self.corners.fill(corners)
        self.analogy.propose(spread(faces, min(len(faces.images), CANDIDATES)))

    @Slot(object, object)
    def _on_refined(self, pixels: NDArray[np.uint8], latent: NDArray[np.float32]) -> None:
        for mix in (self.morpher, self.corners, self.analogy):
            mix.renew(pixels, latent)

    @Slot()
    def _on_selected(self) -> None:
        face = self.selection.face
        self.photo.show("" if face is None else face.photo_key)

    @Slot(object)
    def _on_cropped(self, pixels: NDArray[np.uint8]) -> None:
        self._reselect(pixels, is_passing=True)

    @Slot(object, str)
    def _on_kept(self, pixels: NDArray[np.uint8], key: str) -> None:
        self.faces.refresh_photo(key, pixels)
        if self.photo.rests_on(key):
            self._reselect(pixels)

    def _reselect(self, pixels: NDArray[np.uint8], *, is_passing: bool = False) -> None:
        """Select the face of the photo on show as it is cut out now."""
        face = self.selection.face
        if face is not None:
            key = self.photo.key
            self.selection.select(face.name, pixels, photo_key=key, is_passing=is_passing)

    @Slot(object)
    def _on_training(self, state: State) -> None:
        self.exploring.set_training(state is not State.IDLE)

    @Slot(object)
    def _on_training_event(self, event: TrainingEvent) -> None:
        """Use the network that a training ends with, and each snapshot of a followed one.

        One of the queue, which may end at any time, takes no other's place unasked.
        """
        folder, is_queued = self.training.folder, self.training.entry is not None
        match event:
            case Snapshot() if self.training.is_followed:
                title = f"In training, epoch {event.model.epoch}"
                self.models.adopt(event.model, title, snapshot_of=folder)
            case Finished() if folder is not None and not is_queued:
                path = folder / "best.safetensors"
                self.models.adopt(event.model, self._name_of(folder), path)
            case Stopped() if self.models.run == event.folder:
                # One of its models was in use already; another one stays, see the page's offer.
                self.models.open(self.models.path or event.folder / "last.safetensors")

    @Slot()
    def _on_runs(self) -> None:
        """Call the model in use by the name that its run has now."""
        path = self.models.path
        if path is not None and path.name in RUN_MODELS and self.runs.find(path.parent):
            self.models.rename(self._name_of(path.parent))

    def _name_of(self, folder: Path) -> str:
        listed = self.runs.find(folder)
        return run_name(folder, datetime.now(), listed.run.labels.name if listed else "")
