"""Continues an earlier run, on the data set that it was trained on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.faces import TITLES, Faces
from cae_gui.train.estimates import refusal
from cae_gui.train.runs import Runs
from cae_gui.train.training import RunOpened, Training, TrainingEvent
from model.runs.runs import Run

_SOURCES = {title: source for source, title in TITLES.items()}


class Resuming(QObject):
    """Loads the data set of a run first where another one is on show.

    Signals:
        notice(str): why a run can't be continued, and what to do.
    """

    notice = Signal(str)

    def __init__(
        self, runs: Runs, faces: Faces, training: Training, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runs, self._faces, self._training = runs, faces, training
        self._waiting: Run | None = None
        self._epochs: int | None = None
        self._is_lfw_offered = False
        faces.changed.connect(self._on_faces)
        faces.lfw_missing.connect(self._on_lfw_missing)
        faces.idle.connect(self._on_idle)
        training.reported.connect(self._on_training)

    def resume(self, folder: Path, epochs: int | None = None) -> None:
        """Continue a run of the list exactly where it was stopped, with so many epochs in all."""
        listed = self._runs.find(folder)
        if listed is None or self._training.is_active:
            return
        if listed.summary.is_running:
            self.notice.emit("Another program trains this run. Open it to follow it.")
            return
        run, self._epochs = listed.run, epochs
        source = run.source or _SOURCES.get(run.faces, "")
        if self._are_on_show(run) and source in ("", self._faces.source):
            self._begin(run)
        elif source:
            self._waiting, self._is_lfw_offered = run, False
            self._faces.choose(source)
        else:
            self.notice.emit(
                f"This run learned from “{run.faces}”. Choose these faces at the left, then "
                "continue it."
            )

    def _are_on_show(self, run: Run) -> bool:
        faces = self._faces.faces
        return faces is not None and faces.title == run.faces

    def _begin(self, run: Run) -> None:
        faces, self._waiting = self._faces.faces, None
        if faces is None:
            return
        if refused := refusal(run.config, faces):
            self.notice.emit(f"This run can't go on. {refused}")
        else:
            self._training.resume(run.folder, faces, self._epochs)

    @Slot()
    def _on_faces(self) -> None:
        run = self._waiting
        if run is not None and self._are_on_show(run):
            self._begin(run)
        self._waiting = None

    @Slot(object)
    def _on_lfw_missing(self, _problem: object) -> None:
        self._is_lfw_offered = True  # the run goes on if the user downloads it

    @Slot()
    def _on_idle(self) -> None:
        """Give up: loading the data set failed or was cancelled."""
        run = self._waiting
        if run is None or self._is_lfw_offered:
            return
        self._waiting = None
        if self._are_on_show(run):
            self._begin(run)  # the same faces, from another source
        else:
            self.notice.emit(
                f"The run needs its faces “{run.faces}” to go on. Put them back, or choose them "
                "at the left; then continue it."
            )

    @Slot(object)
    def _on_training(self, event: TrainingEvent) -> None:
        if isinstance(event, RunOpened):
            self._waiting = None
