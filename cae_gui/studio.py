"""Everything the window works on, wired together; knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoGroup

from cae_gui.core.jobs import LatestJob, StreamJob, stop_and_wait
from cae_gui.core.latents import Latents
from cae_gui.core.models import Lane, Models
from cae_gui.core.problems import Problem
from cae_gui.documents.session_files import SessionFiles
from cae_gui.documents.unsaved import Unsaved
from cae_gui.explore.edited import Edited
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.map.maps import Maps
from cae_gui.explore.own_directions import OwnDirections
from cae_gui.gallery.faces import Faces
from cae_gui.gallery.photos import OwnPhotos
from cae_gui.morph.analogy import Analogy
from cae_gui.morph.corners import Corners
from cae_gui.morph.filming import Filming
from cae_gui.morph.morpher import Morpher
from cae_gui.reconstruct.own_photo import OwnPhoto
from cae_gui.train.runs import Runs
from cae_gui.train.training import Training
from model.events import Finished, Snapshot

if TYPE_CHECKING:
    from model.inference import Reconstruction

T = TypeVar("T")


class Task(Enum):
    """Work in the background that isn't inference, the most urgent first."""

    SCHEDULE = auto()
    PLOT = auto()
    DIFFERENCE = auto()
    NEAREST = auto()
    MAP_PLACES = auto()
    MAP_COLORS = auto()
    CURVES = auto()
    COMPARISON = auto()
    LAYERS = auto()
    DEVICE = auto()
    VERSIONS = auto()
    FIRST_PLOT = auto()


class Selected(NamedTuple):
    """The face that all workspaces show."""

    name: str
    pixels: NDArray[np.uint8]


class Session(QObject):
    """Owns the model, the faces, the training, the runs and the selected face.

    Signals:
        selected(): another face is selected.
        reconstructed(Reconstruction): the model's answer for the selected face.
        exported(Path): a file was written.
        problem(Problem): anything that failed in the background.
    """

    selected = Signal()
    reconstructed = Signal(object)
    exported = Signal(object)
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models = Models(self)
        self.photos = OwnPhotos(self)
        self.faces = Faces(self.photos.shelf, self)
        self.photo = OwnPhoto(self.photos.shelf, self)
        self.training = Training(self)
        self.runs = Runs(self)
        self.explorer = Explorer(self)
        self.morpher = Morpher(self)
        self.corners = Corners(self.morpher.undo_stack, self)
        self.analogy = Analogy(self.morpher.undo_stack, self)
        self.filming = Filming(self)
        self.latents = Latents(self)
        self.maps = Maps(self.latents, self)
        self.own = OwnDirections(self.models, self.explorer, self)
        edited = self.models, self.explorer
        self.session_files = SessionFiles(*edited, self.own, self.morpher, self)
        self.unsaved = Unsaved(self.session_files, *edited, self.morpher, self)
        learned = self.models, self.faces, self.training
        self.exploring = Exploring(*learned, self.explorer, self.latents, self)
        self.face: Selected | None = None
        self._passing: Selected | None = None  # cut out while a box is on its way
        self.follows_training = False
        self.undo_group = QUndoGroup(self)
        for stack in (self.explorer.undo_stack, self.morpher.undo_stack, self.photo.undo_stack):
            self.undo_group.addStack(stack)
        self._loaded: Selected | None = None  # the face that was given to the explorer last
        self._tasks = LatestJob(Task, self)
        self._tasks.start()
        self._connect()

    def _connect(self) -> None:
        parts = (
            *(self.models, self.faces, self.photos, self.photo),
            *(self.training, self.runs, self.latents, self.maps),
            *(self.own, self.session_files, self.unsaved),
        )
        for part in (*parts, self.filming):
            part.problem.connect(self.problem)
        self.session_files.edit_wanted.connect(self.go_on_with)
        self.session_files.face_wanted.connect(self.select)
        self.models.replaced.connect(self._on_model)
        self.faces.changed.connect(self._on_faces)
        self.photo.cropped.connect(self._on_cropped)
        self.photo.kept.connect(self._on_kept)
        self.exploring.began_anew.connect(self._on_new_space)
        self.training.snapshot.connect(self._on_snapshot)
        self.training.finished.connect(self._on_finished)
        self.training.stopped.connect(self._on_stopped)

    def select(self, name: str, pixels: NDArray[np.uint8], *, photo_key: str = "") -> None:
        """Select a face uint8 (48, 48, 3); its reconstruction follows.

        ``photo_key`` is what the shelf calls it, where it is one of the person's own photos.
        """
        self.photo.show(photo_key)
        self._select(Selected(name, np.array(pixels)))

    @Slot(object, str)
    def go_on_with(self, edited: Edited, text: str) -> None:
        """Select the face of an edit that was made before, with the edit, in one step."""
        self.photo.close()
        self.explorer.restore(edited, text)
        self.face = self._loaded = Selected(edited.name, edited.pixels)
        self.selected.emit()
        self._ask_reconstruction()

    @property
    def is_computing(self) -> bool:
        """Whether work in the background, other than a training, takes the processor for long."""
        jobs = (*self.models.jobs(), *self.faces.jobs(), *self.photos.jobs())
        own = (self.latents.job, self.maps.job, self.filming.job)
        return any(job.is_busy for job in (*jobs, *own) if isinstance(job, StreamJob))

    def run_task(
        self,
        work: Callable[[], T],
        task: Task,
        *,
        then: Callable[[T], object] | None = None,
        failed: Callable[[], object] | None = None,
        interim: bool = False,
    ) -> None:
        """Do work in the background; its result goes to ``then``, unless newer work is asked for.

        With ``interim`` that of work under way comes nevertheless. A failure is a problem, and
        ``failed`` is called.
        """
        told = partial(self._on_task_failed, failed)
        self._tasks.ask(work, lane=task, then=then, failed=told, interim=interim)

    def drop_task(self, task: Task) -> None:
        """Forget work that was asked for; nothing of it arrives any more."""
        self._tasks.cancel(task)

    def export(self, write: Callable[[], object], path: Path) -> None:
        """Write a file in the background; several wait for each other."""
        then = partial(self._on_exported, path)
        self._tasks.ask(write, lane=path, then=then, failed=self.problem.emit, interim=True)

    def follow_training(self, follow: bool) -> None:
        """Use each snapshot of the training as the model, or stay with the present one."""
        self.follows_training = follow

    def shut_down(self) -> None:
        """Stop and wait for every thread; a training under way is kept."""
        self.photo.close()
        stop_and_wait(
            [
                *self.models.jobs(),
                *self.faces.jobs(),
                *self.photos.jobs(),
                self.photo.job,
                self.training.job,
                *self.runs.jobs(),
                self.latents.job,
                self.maps.job,
                *self.own.jobs(),
                self.session_files.job,
                self.unsaved.job,
                self.filming.job,
                self._tasks,
            ]
        )
        self.photo.keep_all()
        self.photos.finish()
        self.own.keep_all()
        self.unsaved.close()
        for stack in self.undo_group.stacks():
            stack.clear()  # Qt clears what it deletes, and would tell those who show the steps

    def _select(self, face: Selected) -> None:
        self.face = face
        self.selected.emit()
        self._ask_reconstruction()

    def _ask_reconstruction(self) -> None:
        if self.face is not None:
            pixels, then = self.face.pixels[None], self._on_reconstructed
            self.models.reconstruct(pixels, then=then, lane=Lane.FACE)

    @Slot()
    def _on_model(self) -> None:
        for mix in (self.morpher, self.corners, self.analogy):
            mix.forget_latents()
        self._ask_reconstruction()

    @Slot()
    def _on_new_space(self) -> None:
        self._loaded = None

    @Slot()
    def _on_faces(self) -> None:
        if self.faces.faces is not None and not len(self.faces.faces.images):
            self.photo.close()

    def _on_reconstructed(self, reply: Reconstruction) -> None:
        face = self.face
        # Each place on its way would be a step to undo.
        if face is not None and face is not self._passing and face is not self._loaded:
            self._loaded = face
            self.explorer.load(face.name, face.pixels, reply.latents[0])
        self.reconstructed.emit(reply)

    @Slot(object)
    def _on_cropped(self, pixels: NDArray[np.uint8]) -> None:
        if self.face is not None:
            self._passing = Selected(self.face.name, pixels)
            self._select(self._passing)

    @Slot(object, str)
    def _on_kept(self, pixels: NDArray[np.uint8], key: str) -> None:
        self.faces.refresh_photo(key, pixels)
        if self.face is not None and self.photo.rests_on(key):
            self._select(Selected(self.face.name, pixels))

    @Slot(object)
    def _on_snapshot(self, event: Snapshot) -> None:
        if self.follows_training:
            title = f"In training, epoch {event.model.epoch}"
            self.models.adopt(event.model, title, snapshot_of=self.training.folder)

    @Slot(object)
    def _on_finished(self, event: Finished) -> None:
        folder = self.training.folder
        if folder is not None:
            self.models.adopt(event.model, f"Run {folder.name}", folder / "best.safetensors")

    @Slot(object)
    def _on_stopped(self, folder: Path) -> None:
        last = folder / "last.safetensors"
        if last.exists():
            self.models.open(last, f"Run {folder.name}")

    def _on_exported(self, path: Path, _result: object) -> None:
        self.exported.emit(path)

    def _on_task_failed(self, failed: Callable[[], object] | None, problem: Problem) -> None:
        self.problem.emit(problem)
        if failed is not None:
            failed()
