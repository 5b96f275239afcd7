"""Session files: what a person has made, to keep, to share and to go on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.errors import Report
from cae_gui.core.jobs import LatestJob
from cae_gui.explore.explorer import Edited, Explorer, Face, Snapshot
from model.documents.session_file import (
    MAX_TEXT,
    ExploreSession,
    SavedFace,
    load_session,
    save_session,
)
from model.documents.unsaved import last_session, unsaved_folder
from model.io.tensor_file import TensorFileError

if TYPE_CHECKING:
    from cae_gui.core.models import Models
    from cae_gui.core.selection import Selection
    from cae_gui.explore.custom_directions import CustomDirections
    from cae_gui.explore.exploring import Exploring
    from cae_gui.morph.morpher import Morpher
    from model.checkpoint import FaceModel

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
        selection: Selection,
        report: Report,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer, self._exploring = models, explorer, exploring
        self._own, self._morpher, self._selection = own, morpher, selection
        self._report = report
        self._waiting: Callable[[FaceModel], Opened] | None = None
        self.job = LatestJob(parent=self)
        models.replaced.connect(self._on_model)
        self.job.start()

    def content(self) -> ExploreSession:
        """Return what is there to be saved; its model's digest is still to come."""
        explorer = self._explorer
        return ExploreSession(
            model="",
            title=self._models.title[:MAX_TEXT],
            faces=() if explorer.face is None else (_saved(explorer.face.name, explorer.face),),
            snapshots=tuple(_saved(item.name, item.edited) for item in explorer.snapshots),
            own=self._own.of_faces,
            path=self._morpher.path,
            key_faces=self._key_faces(),
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
        content = opened.session
        text = f"Open {opened.name}"
        if opened.fits:
            for face in content.faces[:1]:
                self._exploring.go_on_with(_edited(face), text)
            snapshots = [Snapshot(item.name, _edited(item)) for item in content.snapshots]
            self._explorer.add_snapshots(snapshots, text)
        else:
            for face in content.faces[:1]:
                self._selection.select(face.name, face.pixels)
        self._own.add(content.own, text)
        if content.path is not None and opened.fits:
            self._morpher.set_path(content.path, content.key_faces)
        elif content.path is not None and content.key_faces is not None:
            self._morpher.set_photos(content.path, content.key_faces)

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
    return SavedFace(name[:MAX_TEXT], edited.pixels, edited.start, edited.latent)


def _edited(saved: SavedFace) -> Edited:
    return Edited(Face(saved.name, saved.pixels, saved.start), saved.latent - saved.start)


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
    latents = [item.latent for item in (*session.faces, *session.snapshots)]
    latents += [frame.latent for frame in session.path.frames] if session.path else []
    if any(len(latent) != model.network.latent_dim for latent in latents):
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
