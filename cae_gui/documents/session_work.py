"""What the thread of the session files does: writing, reading, and finding a session's model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from model.documents.session_file import ExploreSession, load_session, save_session
from model.documents.unsaved import last_session, unsaved_folder
from model.io.tensor_file import TensorFileError

if TYPE_CHECKING:
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


def write_session(path: Path, session: ExploreSession, model: FaceModel) -> None:
    """Write a session of this model, making the folder where it is missing.

    Raises:
        OSError: it can't be written.
    """
    from model.identity import model_digest

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
    from model.identity import model_digest

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
    from model.identity import model_digest

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
    return sorted(islice(path.parent.glob("*.safetensors"), MOST_NEIGHBOURS))
