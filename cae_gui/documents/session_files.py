"""Session files: what a person has made, to keep, to share and to go on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.errors import Report
from cae_gui.core.jobs import LatestJob
from cae_gui.explore.explorer import Edited, Explorer, Face, Snapshot
from cae_gui.morph.mix import AnalogyState, CornersState, MorphFace
from model.documents.session_file import (
    MAX_TEXT,
    ExploreSession,
    SavedAnalogy,
    SavedFace,
    SavedFaces,
    SavedGrid,
    SavedHistory,
    load_session,
    save_session,
)
from model.documents.unsaved import last_session, unsaved_folder
from model.face_set import FACE_SHAPE
from model.io.tensor_file import TensorFileError

if TYPE_CHECKING:
    from cae_gui.core.models import Models
    from cae_gui.core.selection import Selection
    from cae_gui.explore.custom_directions import CustomDirections
    from cae_gui.explore.exploring import Exploring
    from cae_gui.morph.mix import Analogy, Corners
    from cae_gui.morph.morpher import Morpher
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]

SHIPPED = "Shipped model"
MOST_NEIGHBOURS = 8
"""Models beside a session file that are tried: each takes a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was read from a file.

    ``fits`` tells whether the model in use is the one that it was made with. Where it isn't,
    ``home`` is the file of that model, if it was found, or ``SHIPPED``.
    """

    path: Path
    session: ExploreSession
    fits: bool
    home: Path | str | None = None

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        if self.path.parent == unsaved_folder():
            return "Your unsaved work"
        return "The last session" if self.path == last_session() else f"“{self.path.name}”"


class SessionFiles(QObject):
    """Writes and reads session files, and puts their content to use.

    Signals:
        saved(Path): a session was written.
        opened(Opened): a session was read; ``use`` it.
    """

    saved = Signal(object)
    opened = Signal(object)

    def __init__(
        self,
        models: Models,
        explorer: Explorer,
        exploring: Exploring,
        own: CustomDirections,
        morpher: Morpher,
        corners: Corners,
        analogy: Analogy,
        selection: Selection,
        report: Report,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer, self._exploring = models, explorer, exploring
        self._own, self._morpher, self._selection = own, morpher, selection
        self._corners, self._analogy = corners, analogy
        self._report = report
        self._waiting: Callable[[FaceModel], Opened] | None = None
        self.job = LatestJob(parent=self)
        models.replaced.connect(self._on_model)
        self.job.start()

    def content(self) -> ExploreSession:
        """Return what is there to be saved; its model's digest is still to come."""
        explorer, morph = self._explorer, self._morpher.state
        corners, analogy = self._corners, self._analogy
        places = [(face,) if face else () for face in corners.state.corners]
        return ExploreSession(
            model="",
            title=self._models.title[:MAX_TEXT],
            faces=() if explorer.face is None else (_saved(explorer.face.name, explorer.face),),
            snapshots=tuple(_saved(item.name, item.edited) for item in explorer.snapshots),
            own=self._own.of_faces,
            path=self._morpher.path,
            key_faces=self._key_faces(),
            speed=morph.speed,
            even=morph.even,
            history=self._history(),
            grid=SavedGrid(
                _saved_faces(places, corners.known_latents()),
                corners.state.count,
                corners.state.arc,
            ),
            analogy=SavedAnalogy(
                _saved_faces(analogy.state.sides, analogy.known_latents()), analogy.state.strength
            ),
        )

    def save(self, path: Path) -> None:
        """Write all that there is."""
        model = self._models.model
        if model is not None:
            work = partial(write_session, path, self.content(), model)
            then = partial(self._on_saved, path)
            self.job.ask(work, lane=("save", path), then=then, failed=self._report)

    def open(self, path: Path, candidates: Sequence[Path] = ()) -> None:
        """Read a session; ``candidates`` and files beside it are models that may be its own.

        Before there is a model, it waits for one.
        """
        self._read(partial(open_session, path, candidates))

    def open_with_next(self, opened: Opened) -> None:
        """Take a session up again once another model is in use."""
        self._waiting = partial(compare, opened.path, opened.session, ())

    def _read(self, read: Callable[[FaceModel], Opened]) -> None:
        model = self._models.model
        self._waiting = read if model is None else None
        if model is not None:
            work, then = partial(read, model), self.opened.emit
            self.job.ask(work, lane="open", then=then, failed=self._report, interim=True)

    def use(self, opened: Opened) -> None:
        """Put the content to use; with another model, what can be encoded by it."""
        content, text = opened.session, f"Open {opened.name}"
        snapshots = [Snapshot(item.name, _edited(item)) for item in content.snapshots]
        if opened.fits:
            self._explorer.add_snapshots(snapshots, text)
        self._own.add(content.own, text)
        # Last: a step after it would drop those of the history that can be redone.
        if opened.fits and (history := content.history) is not None:
            self._exploring.go_on_with_history(_states(history), history.present, text)
        elif opened.fits:
            for face in content.faces[:1]:
                self._exploring.go_on_with(_edited(face), text)
        else:
            for face in content.faces[:1]:
                self._selection.select(face.name, face.pixels)
        self._use_morph(content, opened.fits, text)

    def _use_morph(self, content: ExploreSession, fits: bool, text: str) -> None:
        playing: Any = {"speed": content.speed, "even": content.even}
        if content.path is not None and fits:
            self._morpher.set_path(content.path, content.key_faces, **playing)
        elif content.path is not None and content.key_faces is not None:
            self._morpher.set_photos(content.path, content.key_faces, **playing)
        if (grid := content.grid) is not None:
            corners = tuple(next(iter(place), None) for place in _places(grid.corners))
            state = CornersState(corners, grid.side, grid.arc)
            self._corners.open(state, grid.corners.latents if fits else None, text)
        if (analogy := content.analogy) is not None:
            sums = AnalogyState(_places(analogy.sides), analogy.strength)
            self._analogy.open(sums, analogy.sides.latents if fits else None, text)

    def _history(self) -> SavedHistory | None:
        explorer, present = self._explorer, self._explorer.state_index()
        if present is None:
            return None
        states = [
            (text[:MAX_TEXT], _saved(state.name, state)) for text, state in explorer.history()
        ]
        return SavedHistory(tuple(states), present)

    def _key_faces(self) -> Any:
        morpher = self._morpher
        pixels = [morpher.pixels(face) for face in morpher.state.faces]
        known = [item for item in pixels if item is not None]
        return np.stack(known) if morpher.path is not None and len(known) == len(pixels) else None

    @Slot()
    def _on_model(self) -> None:
        if self._waiting is not None:
            self._read(self._waiting)

    def _on_saved(self, path: Path, _reply: object) -> None:
        self.saved.emit(path)


def _saved(name: str, edited: Edited) -> SavedFace:
    whole = edited.start + edited.offset
    return SavedFace(name[:MAX_TEXT], edited.pixels, edited.start, whole, edited.strength)


def _edited(saved: SavedFace, face: Face | None = None) -> Edited:
    face = face or Face(saved.name, saved.pixels, saved.start)
    return Edited(face, saved.latent - saved.start, saved.strength)


def _states(history: SavedHistory) -> list[tuple[str, Edited]]:
    """Return texts and states, of which those of one face have it in common."""
    faces: dict[int, Face] = {}
    states = []
    for text, saved in history.states:
        face = faces.setdefault(id(saved.start), Face(saved.name, saved.pixels, saved.start))
        states.append((text, _edited(saved, face)))
    return states


def _saved_faces(places: Sequence[tuple[MorphFace, ...]], latents: Floats | None) -> SavedFaces:
    faces = [face for place in places for face in place]
    photos = [face.photo for face in faces if face.photo is not None]
    pixels = np.stack(photos) if photos else np.empty((0, *FACE_SHAPE), np.uint8)
    names = tuple(face.name[:MAX_TEXT] for face in faces)
    return SavedFaces(names, pixels, tuple(map(len, places)), latents)


def _places(saved: SavedFaces) -> tuple[tuple[MorphFace, ...], ...]:
    """Return the faces of each place."""
    pairs = zip(saved.names, saved.pixels, strict=True)
    faces = iter([MorphFace(name, photo) for name, photo in pairs])
    return tuple(tuple(islice(faces, count)) for count in saved.counts)


def write_session(path: Path, session: ExploreSession, model: FaceModel) -> None:
    """Write a session of this model, making the folder where it is missing.

    Raises:
        OSError: it can't be written.
    """
    from model.latents.latent_set import model_digest

    path.parent.mkdir(parents=True, exist_ok=True)
    save_session(path, replace(session, model=model_digest(model)))


def open_session(path: Path, candidates: Sequence[Path], model: FaceModel) -> Opened:
    """Read a session; ``candidates`` and the models beside it may be its own.

    Raises:
        TensorFileError: it is damaged, or its latents don't fit the model that it names.
        OSError: it can't be opened.
    """
    return compare(path, load_session(path), [*candidates, *_beside(path)], model)


def compare(
    path: Path, session: ExploreSession, candidates: Sequence[Path], model: FaceModel
) -> Opened:
    """Find out whether a session fits a model, and else which one.

    Raises:
        TensorFileError: it names this model, but its latents are of another size.
    """
    from model.latents.latent_set import model_digest

    if session.model != model_digest(model):
        return Opened(path, session, False, _find(session.model, candidates))
    if any(latent.shape[-1] != model.network.latent_dim for latent in session.latents()):
        raise TensorFileError(path, "is damaged (its latents don't fit its model).")
    return Opened(path, session, True)


def _find(digest: str, candidates: Sequence[Path]) -> Path | str | None:
    """Return where the model of this digest is."""
    from model.checkpoint import load_face_model, pretrained_model
    from model.latents.latent_set import model_digest

    if model_digest(pretrained_model()) == digest:
        return SHIPPED
    for path in candidates:
        try:
            if model_digest(load_face_model(path)) == digest:
                return path
        except (OSError, ValueError):  # gone or damaged: it isn't the one
            continue
    return None


def _beside(path: Path) -> list[Path]:
    return sorted(islice(path.parent.glob("[!.]*.safetensors"), MOST_NEIGHBOURS))
