"""The model in use: opening, saving, measuring it, and asking it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Problem, Report
from cae_gui.core.jobs import LatestJob, StreamJob
from cae_gui.core.startup import quick_import
from cae_gui.core.times import RUN_MODELS, model_name
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.data.datasets import FaceSet
    from model.inference import Reconstruction
    from model.latents.directions import Direction
    from model.latents.typicality import Density

T = TypeVar("T")
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

PULL = 0.0001
"""Weight of the pull towards typical faces. In three steps the shipped model's MSE falls to 0.00057
instead of 0.00056, and 44 % of real faces are as unusual instead of 26 %; unrefined 49 %."""


class Lane(Enum):
    """What the model is asked for, the most urgent first."""

    EXPLORE = auto()
    MORPH = auto()
    FACE = auto()
    KEY_FRAMES = auto()
    START = auto()
    PROBE = auto()
    MAP_SELECTION = auto()
    FILM = auto()
    STRIP = auto()
    REBASE = auto()
    DRAFT = auto()
    KEY_FRAME_PICTURES = auto()
    APPLY = auto()
    ENDS = auto()
    ANALOGY = auto()
    ANALOGY_FACES = auto()
    ANALOGY_MEANS = auto()
    CORNERS = auto()
    GRID = auto()
    COMPARISON = auto()
    STATES = auto()


@dataclass(frozen=True, slots=True, eq=False)
class RefinedFace:
    """What refinement reached for a face: the latent (L,) of the encoder, and the one fitted to it.

    The MSE are those of the pictures as they are shown, on the [0, 1] scale. With no ``steps`` both
    are the encoder's.
    """

    encoded: Floats
    latent: Floats
    mse_encoded: float
    mse: float
    steps: int

    def undone(self) -> RefinedFace:
        """Return the face as the encoder gives it."""
        return RefinedFace(self.encoded, self.encoded, self.mse_encoded, self.mse_encoded, 0)


class _FileLane(Enum):
    """What is read and written, the most urgent first."""

    OPEN = auto()
    SAVE = auto()
    ATTRIBUTES = auto()


class Models(QObject):
    """Owns the model in use; torch is imported by its threads, never by the GUI thread.

    Signals:
        replacing(bool): another model is about to be used instead of the one in use; True if it
            is a later state of it (``goes_on``). What belongs to the present one is still there.
        replaced(FaceModel | None, FaceModel, bool): the model before, the one in use now, and
            whether this is a later state of that.
        described(): the latent space of the model in use was measured.
        attributes_found(): the attribute directions and the density of the model in use are
            known; often none.
        face_refined(object, object): a face uint8 (48, 48, 3) has this latent (L,) from now on.
        saved(Path): the model was written.
        renamed(): the run of the model in use was given another name.
        busy(str, int, int): what is done, how far, of how much (0: unknown); ``idle()`` ends it.
    """

    replacing = Signal(bool)
    replaced = Signal(object, object, bool)
    described = Signal()
    attributes_found = Signal()
    face_refined = Signal(object, object)
    saved = Signal(object)
    renamed = Signal()
    busy = Signal(str, int, int)
    idle = Signal()

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.model: FaceModel | None = None
        self.attributes: tuple[Direction, ...] | None = None
        """The attribute directions of the model; None until they have been looked for."""
        self.density: Density | None = None
        """How the faces lie that the shipped model was trained on; None for any other model."""
        self.stays_typical = True
        """Whether refinement is pulled towards typical faces, where it is known what these are."""
        self.title = ""
        self.path: Path | None = None
        self.snapshot_of: Path | None = None
        """The run under way that the model in use is a snapshot of."""
        self._refined: dict[bytes, RefinedFace] = {}
        self._number = 0
        self._is_last_resort = False
        self._inference = LatestJob(Lane, self)
        self._files = LatestJob(_FileLane, self)
        self._describing = StreamJob(self)
        self._inference.start()
        self._files.start()

    def open_shipped(self) -> None:
        """Load the model that ships with the application."""
        self._is_last_resort = True
        self._open(_load_shipped, None)

    def open(self, path: Path, title: str = "") -> None:
        """Load a model file; on failure the model in use stays, or the shipped one is loaded.

        Without a title it is called by its run, or else by its file.
        """
        self._is_last_resort = False
        self._open(partial(_load, path, title), path)

    def save(self, path: Path) -> None:
        """Write the model in use."""
        if self.model is not None:
            work = partial(_save, path, self.model)
            lane, then = _FileLane.SAVE, partial(self._on_saved, self._number, path)
            self._files.ask(work, lane=lane, then=then, failed=self._report, interim=True)

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
        run = snapshot_of or (path and path.parent)
        goes_on, old = run is not None and run == self.snapshot_of, self.model
        self.replacing.emit(goes_on)
        self._describing.cancel()
        self._inference.cancel_all()
        self._files.cancel(_FileLane.ATTRIBUTES)
        self.snapshot_of = snapshot_of
        self.model, self.title, self.path = model, title, path
        self.attributes = self.density = None
        self._refined = {}
        self._number += 1
        self.replaced.emit(old, model, goes_on)

    def rename(self, title: str) -> None:
        """Call the model in use by another title."""
        if title != self.title:
            self.title = title
            self.renamed.emit()

    def decode(
        self,
        latents: Floats,
        *,
        then: Callable[[Pixels], object],
        lane: Hashable,
        interim: bool = False,
    ) -> None:
        """Decode latents (N, L) in the background; faces uint8 (N, 48, 48, 3) go to ``then``.

        Nothing is called where there is no model, after a newer question of the lane (see
        ``LatestJob.ask`` for ``interim``), or once another model is in use. A failure is a problem.
        """
        self._ask(partial(_decode, latents), then, lane, interim)

    def encode(self, images: Pixels, *, then: Callable[[Floats], object], lane: Hashable) -> None:
        """Encode faces uint8 (N, 48, 48, 3) in the background; latents (N, L) go to ``then``.

        Refined faces have the latents that were kept of them, see ``keep_refined``. What is under
        way arrives although more is asked for in its lane: it may be other faces.
        """
        self._ask(partial(_encode, images, self._refined.copy()), then, lane, interim=True)

    def reconstruct(
        self,
        images: Pixels,
        *,
        then: Callable[[Reconstruction], object],
        lane: Hashable,
        refine: int = 0,
    ) -> None:
        """Encode and decode faces uint8 (N, 48, 48, 3), as ``encode`` and ``decode`` do.

        Those that aren't refined yet are so in ``refine`` steps first, and kept.
        """
        work = partial(_reconstruct, images, self._refined.copy(), refine, self.pull)
        self._ask(work, partial(self._on_reconstructed, then), lane)

    def keep_refined(self, pixels: Pixels, refined: RefinedFace) -> None:
        """Have a face uint8 (48, 48, 3) encoded so wherever it enters; another model forgets it."""
        self._refined[_key(pixels)] = refined
        self.face_refined.emit(pixels, refined.latent)

    def refined(self, pixels: Pixels) -> RefinedFace | None:
        """Return what was kept of a face uint8 (48, 48, 3), if it was refined with this model."""
        return self._refined.get(_key(pixels)) if self._refined else None

    @property
    def pull(self) -> Density | None:
        """What refinement is pulled towards: the density, where there is one and that is wanted."""
        return self.density if self.stays_typical else None

    @property
    def run(self) -> Path | None:
        """The folder of the run that the model in use comes from, if it comes from one."""
        is_of_run = self.path is not None and self.path.name in RUN_MODELS
        return self.path.parent if self.path and is_of_run else self.snapshot_of

    def drop(self, lane: Lane) -> None:
        """Forget what was asked in a lane; nothing of it arrives any more."""
        self._inference.cancel(lane)

    def find_attributes(self) -> None:
        """Look for attribute directions and a density that belong to the model in use."""
        if self.model is not None:
            work, then = partial(_attributes, self.model), self._on_attributes
            self._files.ask(work, lane=_FileLane.ATTRIBUTES, then=then, failed=self._report)

    def describe(self, faces: FaceSet) -> None:
        """Measure the latent space on a data set unless that is done or under way.

        With the faces that a run learned from, the result is kept in the run.
        """
        if self.model is not None and self.model.statistics is None:
            work = partial(_describe, self.model, faces, self.path)
            then, ended = partial(self._on_described, self._number), self._on_describing_ended
            self._describing.begin(work, then=then, failed=self._report, ended=ended)

    def cancel(self) -> None:
        """Stop measuring the latent space; the model stays without its directions."""
        self._describing.cancel()

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, to be stopped when the application closes."""
        return [self._inference, self._files, self._describing]

    def _ask(
        self,
        work: Callable[[FaceModel], T],
        then: Callable[[T], object],
        lane: Hashable,
        interim: bool = False,
    ) -> None:
        if self.model is not None:
            work_here, failed = partial(_infer, work, self.model), self._report
            self._inference.ask(work_here, lane=lane, then=then, failed=failed, interim=interim)

    def _open(self, load: Callable[[], tuple[FaceModel, str]], path: Path | None) -> None:
        then, failed = partial(self._on_opened, path), self._on_not_opened
        self._files.ask(load, lane=_FileLane.OPEN, then=then, failed=failed, interim=True)

    def _on_opened(self, path: Path | None, opened: tuple[FaceModel, str]) -> None:
        self.adopt(*opened, path)

    def _on_not_opened(self, problem: Problem) -> None:
        self._report(problem)
        if self.model is None and not self._is_last_resort:
            self.open_shipped()

    def _on_reconstructed(
        self,
        then: Callable[[Reconstruction], object],
        reply: tuple[Reconstruction, dict[bytes, RefinedFace]],
    ) -> None:
        reconstruction, new = reply
        self._refined |= new
        for image in reconstruction.originals if new else ():
            if (refined := new.get(_key(image))) is not None:
                self.face_refined.emit(image, refined.latent)
        then(reconstruction)

    def _on_saved(self, number: int, path: Path, _reply: object) -> None:
        if number == self._number:
            self.title, self.path = path.name, path
        self.saved.emit(path)

    def _on_attributes(self, found: tuple[tuple[Direction, ...], Density | None]) -> None:
        self.attributes, self.density = found
        self.attributes_found.emit()

    def _on_described(self, number: int, event: Any) -> None:
        if number != self._number:
            return
        if isinstance(event, WorkProgress):
            self.busy.emit(event.text, event.done, event.total)
        else:
            self.model = event
            self.described.emit()

    def _on_describing_ended(self, _complete: bool) -> None:
        self.idle.emit()


def _load_shipped() -> tuple[FaceModel, str]:
    with quick_import():
        from model.checkpoint import pretrained_model
        from model.device import use_threads

    use_threads(1)  # many small steps, which a busy machine makes several times slower on a pool
    return pretrained_model(), "Shipped model"


def _load(path: Path, title: str) -> tuple[FaceModel, str]:
    with quick_import():
        from model.checkpoint import load_face_model
        from model.device import use_threads

    use_threads(1)
    return load_face_model(path), title or model_name(path, datetime.now())


def _attributes(model: FaceModel) -> tuple[tuple[Direction, ...], Density | None]:
    from model.latents.shipped_directions import shipped_density, shipped_directions

    return shipped_directions(model), shipped_density(model)


def _save(path: Path, model: FaceModel) -> None:
    from model.checkpoint import save_model

    save_model(path, model)


def _infer(work: Callable[[FaceModel], T], model: FaceModel) -> T:
    from model.device import use_threads
    from model.system.threads import foreground

    use_threads(1)
    with foreground.work():
        return work(model)


def _decode(latents: Floats, model: FaceModel) -> Pixels:
    from model.inference import decode

    return decode(model, latents)


def _encode(images: Pixels, refined: Mapping[bytes, RefinedFace], model: FaceModel) -> Floats:
    from model.inference import encode

    latents = encode(model, images)
    for row, image in enumerate(images if refined else ()):
        if found := refined.get(_key(image)):
            latents[row] = found.latent
    return latents


def _reconstruct(
    images: Pixels,
    refined: Mapping[bytes, RefinedFace],
    steps: int,
    density: Density | None,
    model: FaceModel,
) -> tuple[Reconstruction, dict[bytes, RefinedFace]]:
    from model.inference import Reconstruction, decode

    latents, new = _encode(images, refined, model), {}
    for row, image in enumerate(images if steps else ()):
        if (key := _key(image)) not in refined:
            *_, (_, new[key]) = refine_face(model, image, latents[row], steps, density)
            latents[row] = new[key].latent
    return Reconstruction(images, latents, decode(model, latents)), new


def refine_face(
    model: FaceModel,
    pixels: Pixels,
    encoded: Floats | None,
    steps: int,
    density: Density | None,
    before: RefinedFace | None = None,
) -> Iterator[tuple[Reconstruction, RefinedFace]]:
    """Refine a face uint8 (48, 48, 3), yielding the picture and what is reached after each step.

    It goes on from ``before``, or else from the latent (L,) that the encoder gave, or gives. With a
    ``density`` it is pulled towards typical faces.
    """
    from model.evaluation import mse_per_image
    from model.inference import Reconstruction, encode
    from model.latents.refinement import refine

    images, first, done = pixels[None], None, before.steps if before else 0
    if encoded is None:
        encoded = before.encoded if before else encode(model, images)[0]
    start = (before.latent if before else encoded)[None]
    weight = PULL if density is not None else 0.0
    for step in refine(model, images, start, steps, density=density, weight=weight):
        mse = float(mse_per_image(images, step.images)[0])
        if first is None:
            first = before.mse_encoded if before else mse
        reached = RefinedFace(encoded, step.latents[0], first, mse, done + step.step)
        yield Reconstruction(images, step.latents, step.images), reached


def _key(pixels: Pixels) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=16).digest()


def _describe(model: FaceModel, faces: FaceSet, path: Path | None) -> Iterator[Any]:
    from model.latents.latent_set import describe
    from model.runs.runs import keep_statistics

    for event in describe(model, faces):
        yield event
        if path is not None and not isinstance(event, WorkProgress):
            keep_statistics(path, event, faces)
