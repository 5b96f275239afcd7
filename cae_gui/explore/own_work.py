"""What the threads of the own directions do: reading, writing and measuring them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from model.documents.session_file import SUFFIX, load_session
from model.io.tensor_file import TensorFileError
from model.latents.custom_directions import (
    DirectionFaces,
    custom_direction,
    damaged_path,
    load_directions,
    merge_directions,
)
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.latent_statistics import LatentStatistics
    from model.latents.directions import Direction
    from model.latents.face_latents import FaceLatents

Items = tuple[DirectionFaces, ...]


class Read(NamedTuple):
    """Directions that were found, and the file they are from."""

    source: Path
    items: Items


class Measured(NamedTuple):
    """What a model makes of the directions' faces, and why some of them can't be used."""

    latents: FaceLatents
    directions: tuple[Direction, ...]
    unusable: tuple[str, ...]


def load(file: Path, present: Items, source: Path | None) -> Read | None:
    """Read the model's own file; else return those in use, or else those of last time.

    Raises:
        RuntimeError: the file is damaged.
        OSError: it can't be opened.
    """
    found = file if file.exists() else source
    if present and not file.exists():
        return Read(source or file, present)
    if found is None:
        return None
    try:
        return Read(found, tuple(load_directions(found)))
    except TensorFileError as error:
        kept = damaged_path(found).name
        raise RuntimeError(
            f"{error} Your directions in it can't be used. "
            f"Once you make others, it is kept as “{kept}”."
        ) from error


def save(file: Path, items: Items, known: Collection[str]) -> list[DirectionFaces]:
    """Write directions and return all that the file holds now.

    Raises:
        RuntimeError: the file can't be written.
        ValueError: they hold too many faces.
    """
    try:
        return merge_directions(file, items, known)
    except OSError as error:
        raise RuntimeError(
            f"Your directions couldn't be written to “{file}” ({error.strerror}). "
            "They stay in this window; save a session to keep them."
        ) from error


def bring(path: Path) -> Sequence[DirectionFaces]:
    """Read the directions of another model's file, or of a session.

    Raises:
        TensorFileError: it is damaged, or a file of another kind.
        OSError: it can't be opened.
    """
    return load_session(path).own if path.suffix.lower() == SUFFIX else load_directions(path)


def measure(
    latents: FaceLatents, items: Items, statistics: LatentStatistics
) -> Iterator[WorkProgress | Measured]:
    """Encode the faces of all directions and yield what comes of them last."""
    directions, unusable = [], []
    for item in items:
        yield from latents.encode(item.with_it)
        yield from latents.encode(item.without)
        sides = latents.of(item.with_it), latents.of(item.without)
        try:
            directions.append(custom_direction(item.name, *sides, statistics))
        except ValueError as error:
            unusable.append(f"“{item.name}” means nothing to this model: {error}.")
    yield Measured(latents, tuple(directions), tuple(unusable))
