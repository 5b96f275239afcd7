"""The model in use: opening, saving, measuring it, and asking it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.jobs import LatestJob, Question, StreamJob
from cae_gui.core.problems import Problem
from cae_gui.core.quick_import import quick_import
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.data.datasets import FaceSet
    from model.latents.directions import Direction
    from model.latents.typicality import Density

CHANNELS = (
    *("explore", "morph", "face", "wells", "start", "film", "strip", "rebase", "draft"),
    *("cards", "apply", "ends"),
    *("analogy", "analogy faces", "analogy means", "corners", "grid"),
    *("comparison", "history"),
)
"""Who asks the model for something, the most urgent first."""


class Models(QObject):
    """Owns the model in use; torch is imported by its threads, never by the GUI thread.

    Signals:
        changed(): another model is in use.
        described(): the latent space of the model in use was measured.
        attributes_found(): the attribute directions and the density of the model in use are
            known; often none.
        answered(str, object, object): channel, tag and reply of a question to this very model.
        saved(Path): the model was written.
        busy(str, int, int): what is done, how far, of how much (0: unknown); ``idle()`` ends it.
        problem(Problem): something failed; the model in use stays.
    """

    changed = Signal()
    described = Signal()
    attributes_found = Signal()
    answered = Signal(str, object, object)
    saved = Signal(object)
    busy = Signal(str, int, int)
    idle = Signal()
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model: FaceModel | None = None
        self.attributes: tuple[Direction, ...] | None = None
        """The attribute directions of the model; None until they have been looked for."""
        self.density: Density | None = None
        """How the faces lie that the shipped model was trained on; None for any other model."""
        self.title = ""
        self.path: Path | None = None
        self.snapshot_of: Path | None = None
        """The run under way that the model in use is a snapshot of."""
        self._number = 0
        self._is_last_resort = False
        self._described_number = 0
        self._inference = LatestJob(CHANNELS, self)
        self._inference.answered.connect(self._on_answer)
        self._inference.failed.connect(self._on_failure)
        self._files = LatestJob(("open", "save", "attributes"), self)
        self._files.answered.connect(self._on_file)
        self._files.failed.connect(self._on_failure)
        self._describing = StreamJob(self)
        self._describing.produced.connect(self._on_described)
        self._describing.failed.connect(self.problem)
        self._describing.ended.connect(self._on_describing_ended)
        self._inference.start()
        self._files.start()

    def open_shipped(self) -> None:
        """Load the model that ships with the application."""
        self._is_last_resort = True
        self._files.ask(Question("open", _load_shipped, ("Shipped model", None)))

    def open(self, path: Path, title: str = "") -> None:
        """Load a model file; on failure the model in use stays, or the shipped one is loaded."""
        self._is_last_resort = False
        self._files.ask(Question("open", partial(_load, path), (title or path.name, path)))

    def save(self, path: Path) -> None:
        """Write the model in use."""
        if self.model is not None:
            work = partial(_save, path, self.model)
            self._files.ask(Question("save", work, (self._number, path)))

    def adopt(
        self,
        model: FaceModel,
        title: str,
        path: Path | None = None,
        *,
        snapshot_of: Path | None = None,
    ) -> None:
        """Put a model to use; answers for an earlier one no longer arrive.

        ``snapshot_of`` is the run under way that it is a snapshot of.
        """
        self._describing.cancel()
        self.snapshot_of = snapshot_of
        self.model, self.title, self.path = model, title, path
        self.attributes = self.density = None
        self._number += 1
        self.changed.emit()

    def ask(self, channel: str, what: str, *arguments: Any, tag: Any = None) -> None:
        """Call ``model.inference.<what>(model, *arguments)`` in the background."""
        if self.model is not None:
            work = partial(_infer, what, self.model, *arguments)
            self._inference.ask(Question(channel, work, (self._number, tag)))

    def find_attributes(self) -> None:
        """Look for attribute directions and a density that belong to the model in use."""
        if self.model is not None:
            work = partial(_attributes, self.model)
            self._files.ask(Question("attributes", work, self._number))

    def describe(self, faces: FaceSet) -> None:
        """Measure the latent space on a data set unless that is done or under way.

        With the faces that a run learned from, the result is kept in the run.
        """
        if self.model is not None and self.model.statistics is None:
            self._described_number = self._number
            self._describing.begin(partial(_describe, self.model, faces, self.path))

    def cancel(self) -> None:
        """Stop measuring the latent space; the model stays without its directions."""
        self._describing.cancel()

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, for the one who closes the application."""
        return [self._inference, self._files, self._describing]

    @Slot(str, object, object)
    def _on_answer(self, channel: str, tag: tuple[int, Any], reply: Any) -> None:
        number, own_tag = tag
        if number == self._number:
            self.answered.emit(channel, own_tag, reply)

    @Slot(str, object, object)
    def _on_file(self, channel: str, tag: Any, reply: Any) -> None:
        if channel == "save":
            number, path = tag
            if number == self._number:
                self.title, self.path = path.name, path
            self.saved.emit(path)
        elif channel == "attributes":
            self._on_attributes(tag, *reply)
        else:
            title, path = tag
            self.adopt(reply, title, path)

    def _on_attributes(
        self, number: int, attributes: tuple[Direction, ...], density: Density | None
    ) -> None:
        if number == self._number:
            self.attributes, self.density = attributes, density
            self.attributes_found.emit()

    @Slot(str, object)
    def _on_failure(self, channel: str, problem: Problem) -> None:
        self.problem.emit(problem)
        if channel == "open" and self.model is None and not self._is_last_resort:
            self.open_shipped()

    @Slot(object)
    def _on_described(self, event: Any) -> None:
        if self._described_number != self._number:
            return
        if isinstance(event, WorkProgress):
            self.busy.emit(event.text, event.done, event.total)
        else:
            self.model = event
            self.described.emit()

    @Slot(bool)
    def _on_describing_ended(self, _complete: bool) -> None:
        self.idle.emit()


def _load_shipped() -> FaceModel:
    with quick_import():
        from model.checkpoint import pretrained_model
        from model.device import use_threads

    use_threads(1)  # many small steps, which a busy machine makes several times slower on a pool
    return pretrained_model()


def _load(path: Path) -> FaceModel:
    with quick_import():
        from model.checkpoint import load_face_model
        from model.device import use_threads

    use_threads(1)
    return load_face_model(path)


def _attributes(model: FaceModel) -> tuple[tuple[Direction, ...], Density | None]:
    from model.latents.shipped_directions import shipped_density, shipped_directions

    return shipped_directions(model), shipped_density(model)


def _save(path: Path, model: FaceModel) -> None:
    from model.checkpoint import save_model

    save_model(path, model)


def _infer(what: str, model: FaceModel, *arguments: Any) -> Any:
    from model import inference
    from model.device import use_threads
    from model.system.foreground import foreground

    use_threads(1)
    with foreground.work():
        return getattr(inference, what)(model, *arguments)


def _describe(model: FaceModel, faces: FaceSet, path: Path | None) -> Iterator[Any]:
    from model.latents.latent_set import describe
    from model.runs.run_statistics import keep_statistics

    for event in describe(model, faces):
        yield event
        if path is not None and not isinstance(event, WorkProgress):
            keep_statistics(path, event, faces)
