"""Custom directions, defined by faces with an attribute and faces without it, and their file.

They are saved with these faces, so that the direction can be computed again for another model.
Presets lie in the same file.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.face_set import FACE_SHAPE
from model.io.files import beside, only_one, readable
from model.io.places import data_folder
from model.io.tensor_file import TensorFile, TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction, spread_along
from model.latents.presets import Parts, Preset

FORMAT, FORMAT_WITH_PRESETS = "cae-studio-own-directions-1", "cae-studio-own-directions-2"
"""Version 0.2 reads the first one only, in which files without presets are still written."""
METHOD = "difference of means"
MIN_MEASURED = 5
"""Fewer faces on a side say nothing about how well they are separated."""

MAX_DIRECTIONS = 200
"""Most directions and presets in a file, together."""
MAX_LATENT = 4096
MAX_FACES = 2000
SUFFIX = ".directions"
_MAX_BYTES = 256 << 20
_MAX_NAME = 200
_MAX_PARTS = 20
_FOLDS = 5
_PATIENCE_S = 2.0  # another window holds the lock for as long as writing takes

Floats = NDArray[np.float32]
Images = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class DirectionFaces:
    """The faces that a direction is made of: uint8 (N, 48, 48, 3) each, ``without`` maybe none."""

    name: str
    with_it: Images = field(repr=False)
    without: Images = field(repr=False)

    def is_same(self, other: object) -> bool:
        """Return whether another one has the same faces; names may differ."""
        if not isinstance(other, DirectionFaces):
            return False
        pairs = (self.with_it, other.with_it), (self.without, other.without)
        return all(np.array_equal(*pair) for pair in pairs)


Own = DirectionFaces | Preset


def custom_direction(
    name: str, with_it: Floats, without: Floats, statistics: LatentStatistics
) -> Direction:
    """Compute a direction from latents (N, L) with an attribute and (M, L) without it.

    It is the difference of the means. Without faces of the second kind the training faces' mean
    is used. Shrinking the means (shrunken centroids, Tibshirani et al.,
    2002) came no closer to the direction of all LFW from 3, 10 or 30 faces a side.

    Raises:
        ValueError: no face has it, or both kinds have the same latents.
    """
    if not len(with_it):
        raise ValueError("at least one face must have it")
    opposite = without.mean(axis=0) if len(without) else statistics.mean
    step = with_it.mean(axis=0) - opposite
    length = float(np.linalg.norm(step))
    if length < 1e-6:
        raise ValueError("the faces on both sides are the same")
    vector = np.asarray(step / length, np.float32)
    auc = cross_validated_auc(with_it, without, statistics)
    return Direction(name, "own", vector, spread_along(statistics, vector), auc, METHOD)


def cross_validated_auc(
    with_it: Floats, without: Floats, statistics: LatentStatistics
) -> float | None:
    """Return the AUC on faces left out of the fit, in five parts; None with too few faces.

    Measured along the discriminant of Fisher (1936) with the training latents' covariance, which
    separates better than the difference of the means.
    """
    if min(len(with_it), len(without)) < MIN_MEASURED:
        return None
    random = np.random.default_rng(0)
    sides = [random.permutation(len(side)) % _FOLDS for side in (with_it, without)]
    with_it, without = (_whitened(side, statistics) for side in (with_it, without))
    aucs = []
    for fold in range(_FOLDS):
        taken = [part != fold for part in sides]
        weights = with_it[taken[0]].mean(axis=0) - without[taken[1]].mean(axis=0)
        first = with_it[~taken[0]] @ weights
        second = without[~taken[1]] @ weights
        above = (first[:, None] > second).mean() + 0.5 * (first[:, None] == second).mean()
        aucs.append(float(above))
    return float(np.mean(aucs))


def custom_directions_file(model_path: Path | None) -> Path:
    """Return where custom directions lie: beside the model's file, or in the data folder."""
    if model_path is None:
        return data_folder() / f"shipped{SUFFIX}"
    return beside(model_path, model_path.stem + SUFFIX)


def fresh_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name[: _MAX_NAME - 5]} {number}"
    return found


def brought(present: Sequence[Own], others: Iterable[Own]) -> list[Own]:
    """Return those of the others that aren't among the present ones, under names of their own.

    No more than there is room for.
    """
    found: list[Own] = []
    for item in others:
        known = [*present, *found]
        if len(known) < MAX_DIRECTIONS and not any(map(item.is_same, known)):
            found.append(replace(item, name=fresh_name(item.name, [each.name for each in known])))
    return found


def save_directions(path: Path, own: Iterable[Own]) -> None:
    """Write all custom directions and presets to one file, presets last.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
        ValueError: they hold more than can be read again.
    """
    own = list(own)
    tensors: dict[str, NDArray[Any]] = {}
    faces = [item for item in own if isinstance(item, DirectionFaces)]
    for number, item in enumerate(faces):
        tensors[f"{number}.with"], tensors[f"{number}.without"] = item.with_it, item.without
    about: dict[str, Any] = {"names": [item.name for item in faces]}
    presets = [item for item in own if isinstance(item, Preset)]
    for number, preset in enumerate(presets):
        tensors[f"{number}.offset"] = preset.offset
    if presets:
        about["presets"] = [
            {"name": each.name, "model": each.model, "parts": each.parts} for each in presets
        ]
    if sum(array.nbytes for array in tensors.values()) > _MAX_BYTES - (1 << 20):
        raise ValueError(
            f"Your directions hold more faces than a file may have ({_MAX_BYTES >> 20} MB). "
            "Take some of them out."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, FORMAT_WITH_PRESETS if presets else FORMAT, tensors, about)


def merge_directions(path: Path, own: Sequence[Own], known: Collection[str]) -> list[Own]:
    """Write directions to a file that another window may change too; return all that it holds.

    Those in the file whose names aren't among ``known`` (which it had when it was last read or
    written here) came from another window, and stay. A damaged file is kept under another name.

    Raises:
        OSError: the file can't be read or written, or is being written for too long.
        ValueError: they hold more than can be read again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with only_one(beside(path, f".{path.name}.lock")):
                kept = [*own, *brought(own, _unknown(path, known))]
                save_directions(path, kept)
                return kept
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
        time.sleep(0.02)


def load_directions(path: Path) -> list[Own]:
    """Read what ``save_directions`` wrote; nothing where there is no file.

    Raises:
        TensorFileError: the file is damaged, too large, or of another kind.
        OSError: it can't be opened.
    """
    if not path.exists():
        return []
    file = read_tensors(path, (FORMAT, FORMAT_WITH_PRESETS), _MAX_BYTES)
    names, presets = file.about.get("names"), file.about.get("presets", [])
    if not isinstance(names, list) or not isinstance(presets, list):
        raise TensorFileError(path, "has a damaged description.")
    if len(names) + len(presets) > MAX_DIRECTIONS:
        raise TensorFileError(path, "has a damaged description.")
    faces = [
        DirectionFaces(
            _name(name), _faces(file, f"{number}.with"), _faces(file, f"{number}.without")
        )
        for number, name in enumerate(names)
    ]
    return [*faces, *(_preset(file, number, item) for number, item in enumerate(presets))]


def _preset(file: TensorFile, number: int, about: Any) -> Preset:
    offset = file.array(f"{number}.offset", np.float32, None)
    if len(offset) > MAX_LATENT or not isinstance(about, dict):
        raise TensorFileError(file.path, "has a damaged description.")
    try:
        name, model = _name(about["name"]), readable(str(about["model"])[:_MAX_NAME])
        return Preset(name, offset, model, _parts(about["parts"]))
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise TensorFileError(file.path, f"is damaged ({error}).") from error


def _parts(items: Any) -> Parts:
    if not isinstance(items, list):
        raise TypeError("the parts of a preset aren't a list")
    parts = tuple((_name(name), float(sigmas)) for name, sigmas in items[:_MAX_PARTS])
    if not all(abs(sigmas) < 1e4 for _, sigmas in parts):
        raise ValueError("a part of a preset is no number")
    return parts


def _name(name: object) -> str:
    return readable(str(name)[:_MAX_NAME])


def _unknown(path: Path, known: Collection[str]) -> list[Own]:
    try:
        return [item for item in load_directions(path) if item.name not in known]
    except TensorFileError:
        path.replace(damaged_path(path))
        return []


def damaged_path(path: Path) -> Path:
    """Return where a damaged file is kept once another takes its place."""
    return beside(path, f"{path.name}.damaged")


def _faces(file: TensorFile, name: str) -> Images:
    faces: Images = file.array(name, np.uint8, None, *FACE_SHAPE)
    if len(faces) > MAX_FACES:
        raise TensorFileError(file.path, f"has more than {MAX_FACES} faces on one side.")
    return faces


def _whitened(latents: Floats, statistics: LatentStatistics) -> Floats:
    centred = latents - statistics.mean
    return np.asarray(centred @ statistics.directions.T / statistics.sigma, np.float32)
