"""The latents of a face set, encoded once and kept in the cache."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.data.mapped import take
from model.face_set import FaceSet
from model.identity import faces_digest, model_digest
from model.io.places import cache_folder
from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

MAX_FACES = 20_000
FORMAT = "cae-studio-latents-1"
_MAX_BYTES = 1 << 30
_KEPT_BYTES = 512 << 20

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LatentSet:
    """Latents (N, L) of some rows (N,) of a face set; ``held_out`` (N,) marks test faces."""

    latents: Floats
    rows: NDArray[np.int64]
    held_out: NDArray[np.bool_]

    def statistics(self) -> LatentStatistics:
        """Measure the training faces' latents.

        Raises:
            ValueError: fewer than two of them, or all equal.
        """
        return LatentStatistics.fit(self.latents[~self.held_out])


def latents_folder() -> Path:
    """Return the folder of all kept latents."""
    return cache_folder() / "latents"


def encode_set(
    model: FaceModel, faces: FaceSet, *, folder: Path | None = None
) -> Iterator[WorkProgress | LatentSet]:
    """Encode a face set and yield its latents last; from the cache if they are there.

    Larger sets are reduced to at most 20,000 faces, evenly spread. Memory use is that of the result
    and one batch. If the cache can't be written, the faces are encoded again the next time.

    Raises:
        DataError: fewer than two faces.
    """
    rows, held_out = _chosen(faces)
    path = (folder or latents_folder()) / f"{model_digest(model)}-{faces_digest(faces)}.safetensors"
    latents = _kept(path, len(rows), model.network.latent_dim)
    if latents is None:
        latents = yield from _encoded(model, faces, rows)
        _keep(path, latents)
    yield LatentSet(latents, rows, held_out)


def describe(model: FaceModel, faces: FaceSet) -> Iterator[WorkProgress | FaceModel]:
    """Measure the latent space on a data set's training faces; yield the described model last.

    The latents are cached for Explore. Larger sets are reduced to at most ``MAX_FACES`` faces,
    evenly spread, which give sigma to half a per cent.

    Raises:
        DataError: fewer than two faces.
        ValueError: fewer than two training faces, or all latents are equal.
    """
    for event in encode_set(model, faces):
        if isinstance(event, LatentSet):
            yield replace(model, statistics=event.statistics())
        else:
            yield event


def _chosen(faces: FaceSet) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    _, test = faces.split()
    is_test = np.zeros(len(faces.images), np.bool_)
    is_test[test] = True
    rows = np.arange(len(faces.images), dtype=np.int64)[:: math.ceil(len(is_test) / MAX_FACES)]
    return rows, is_test[rows]


def _encoded(
    model: FaceModel, faces: FaceSet, rows: NDArray[np.int64]
) -> Generator[WorkProgress, None, Floats]:
    from model.device import use_threads
    from model.inference import ENCODE_BATCH, encode

    use_threads(None)
    latents = np.empty((len(rows), model.network.latent_dim), np.float32)
    for start in range(0, len(rows), ENCODE_BATCH):
        part = rows[start : start + ENCODE_BATCH]
        latents[start : start + len(part)] = encode(model, take(faces.images, part), fast=True)
        yield WorkProgress("Measuring the latent space", start + len(part), len(rows))
    return latents


def _kept(path: Path, count: int, size: int) -> Floats | None:
    try:
        file = read_tensors(path, FORMAT, _MAX_BYTES)
        latents: Floats = file.array("latents", np.float32, count, size)
        path.touch()  # the ones used last stay longest
    except (TensorFileError, OSError):
        return None
    return latents


def _keep(path: Path, latents: Floats) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, FORMAT, {"latents": latents}, {})
        tidy(path.parent)


def tidy(folder: Path) -> None:
    """Remove what was used longest ago until 512 MB are left."""
    files = [(path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("[!.]*")]
    total = 0
    for _, size, path in sorted(files, reverse=True):
        total += size
        if total > _KEPT_BYTES:
            path.unlink(missing_ok=True)
