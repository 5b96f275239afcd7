"""Everything the window works on, wired together; knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.jobs import LatestJob, Question, stop_and_wait
from cae_gui.problems import Problem
from cae_gui.session.explorer import Explorer
from cae_gui.session.faces import Faces
from cae_gui.session.models import Models
from cae_gui.session.morpher import Morpher
from cae_gui.session.own_photo import OwnPhoto
from cae_gui.session.runs import Runs
from cae_gui.session.training import State, Training
from cae_gui.session.typical import Typical
from model.directions import Directions
from model.events import Finished, Snapshot

TASKS = ("plot", "difference", "compare", "layers", "device", "versions")
"""Channels of the work that isn't inference, the most urgent first."""


class Selected(NamedTuple):
    """The face that all workspaces show."""

    name: str
    pixels: NDArray[np.uint8]


class Session(QObject):
    """Owns the model, the faces, the training, the runs and the selected face.

    Signals:
        selected(): another face is selected.
        reconstructed(Reconstruction): the model's answer for the selected face.
        task_done(str, object, object): channel, tag and result of a task; ``task_failed(str)``
            its channel.
        exported(Path): a file was written.
        problem(Problem): anything that failed in the background.
    """

    selected = Signal()
    reconstructed = Signal(object)
    task_done = Signal(str, object, object)
    task_failed = Signal(str)
    exported = Signal(object)
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models = Models(self)
        self.faces = Faces(self)
        self.photo = OwnPhoto(self.faces.shelf, self)
        self.training = Training(self)
        self.runs = Runs(self)
        self.explorer = Explorer(self)
        self.morpher = Morpher(self)
        self.typical = Typical(self)
        self.face: Selected | None = None
        self._passing: Selected | None = None  # cut out while a box is on its way
        self.follows_training = False
        self._tasks = LatestJob(TASKS, self)
        self._tasks.start()
        self._connect()

    def _connect(self) -> None:
        parts = (self.models, self.faces, self.photo, self.training, self.runs, self.typical)
        for part in parts:
            part.problem.connect(self.problem)
        self._tasks.answered.connect(self._on_task)
        self._tasks.failed.connect(self._on_task_failed)
        self.models.changed.connect(self._on_model)
        self.models.described.connect(self._on_described)
        self.models.attributes_found.connect(self._on_attributes)
        self.models.answered.connect(self._on_answer)
        self.faces.changed.connect(self._on_faces)
        self.photo.cropped.connect(self._on_cropped)
        self.photo.kept.connect(self._on_kept)
        self.training.state_changed.connect(self._on_training)
        self.training.snapshot.connect(self._on_snapshot)
        self.training.finished.connect(self._on_finished)
        self.training.stopped.connect(self._on_stopped)

    def select(self, name: str, pixels: NDArray[np.uint8], *, photo_row: int | None = None) -> None:
        """Select a face uint8 (48, 48, 3); its reconstruction follows.

        ``photo_row`` is its row among the person's own photos, where it is one.
        """
        if photo_row is None:
            self.photo.close()
        else:
            self.photo.show(photo_row)
        self._select(Selected(name, np.array(pixels)))

    def measure_typicality(self) -> None:
        """Find out what is typical of the faces, for the model in use; not under training."""
        model, faces = self.models.model, self.faces.faces
        if model is not None and faces is not None and not self.training.is_active:
            self.typical.measure(model, faces)

    def run_task(self, channel: str, work: Callable[[], Any], tag: Any = None) -> None:
        """Do work in the background; a newer one of the same channel replaces a waiting one."""
        self._tasks.ask(Question(channel, work, tag))

    def export(self, write: Callable[[], object], path: Path) -> None:
        """Write a file in the background; several wait for each other."""
        self._tasks.ask(Question(f"export to {path}", write, path))

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
                self.photo.job,
                self.training.job,
                *self.runs.jobs(),
                self.typical.job,
                self._tasks,
            ]
        )
        self.photo.keep_all()

    def _select(self, face: Selected) -> None:
        self.face = face
        self.selected.emit()
        self._ask_reconstruction()

    def _ask_reconstruction(self) -> None:
        if self.face is not None:
            self.models.ask("face", "reconstruct", self.face.pixels[None], tag=self.face)

    def _describe(self) -> None:
        faces = self.faces.faces
        if faces is not None and len(faces.images) >= 3:
            self.models.describe(faces)

    @Slot()
    def _on_model(self) -> None:
        model = self.models.model
        self.explorer.clear()
        self.explorer.use_statistics(model.statistics if model else None)
        self.explorer.use_attributes(None)
        self.models.find_attributes()
        self.typical.forget()
        self.morpher.forget_latents()
        self._ask_reconstruction()
        if not (self.training.is_active and self.follows_training):
            self._describe()

    @Slot()
    def _on_described(self) -> None:
        model = self.models.model
        self.explorer.use_statistics(model.statistics if model else None)

    @Slot()
    def _on_attributes(self) -> None:
        items, statistics = self.models.attributes, self.explorer.statistics
        found = Directions(items, statistics.mean) if items and statistics else None
        self.explorer.use_attributes(found)

    @Slot()
    def _on_faces(self) -> None:
        if self.faces.faces is not None and not len(self.faces.faces.images):
            self.photo.close()
        if not self.training.is_active:
            self._describe()

    @Slot(str, object, object)
    def _on_answer(self, channel: str, tag: Any, reply: Any) -> None:
        if channel == "face" and self.face is not None and tag is self.face:
            # Each place on its way would be a step to undo.
            if self.face is not self._passing:
                self.explorer.load(self.face.name, self.face.pixels, reply.latents[0])
            self.reconstructed.emit(reply)

    @Slot(object)
    def _on_cropped(self, pixels: NDArray[np.uint8]) -> None:
        if self.face is not None:
            self._passing = Selected(self.face.name, pixels)
            self._select(self._passing)

    @Slot(object, int)
    def _on_kept(self, pixels: NDArray[np.uint8], row: int) -> None:
        self.faces.refresh_photo(row)
        if self.face is not None and self.photo.rests_in(row):
            self._select(Selected(self.face.name, pixels))

    @Slot(object)
    def _on_training(self, state: State) -> None:
        # While it ran, its snapshots and other faces were left unmeasured.
        if state is State.IDLE:
            self._describe()

    @Slot(object)
    def _on_snapshot(self, event: Snapshot) -> None:
        if self.follows_training:
            self.models.adopt(event.model, f"In training, epoch {event.model.epoch}")

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

    @Slot(str, object, object)
    def _on_task(self, channel: str, tag: Any, result: Any) -> None:
        if channel in TASKS:
            self.task_done.emit(channel, tag, result)
        else:
            self.exported.emit(tag)

    @Slot(str, object)
    def _on_task_failed(self, channel: str, problem: Problem) -> None:
        self.problem.emit(problem)
        self.task_failed.emit(channel)
