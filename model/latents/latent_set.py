"""The latents of faces, encoded once for a model; those of a face set are kept in the cache."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.face_set import FaceSet, take
from model.io.places import cache_folder
from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder


MAX_FACES = 20_000
FORMAT = "cae-studio-latents-1"
_MAX_BYTES = 1 << 30
_KEPT_BYTES = 512 << 20

Floats = NDArray[np.float32]

Images = NDArray[np.uint8]

_SAMPLED_FACES = 256
_CURVATURE_FACES = 4
_CURVATURE_NUMBERS = 2000
"""Numbers of all these faces' latents: each takes the time of decoding a face, and more."""
_DIGEST_BYTES = 12


@dataclass(frozen=True, slots=True, eq=False)
class LatentSet:
    """Latents (N, L) of some rows (N,) of a face set; ``held_out`` (N,) marks test faces."""

    latents: Floats
    rows: NDArray[np.int64]
    held_out: NDArray[np.bool_]

    def some_trained(self, count: int) -> Floats:
        """Return at most so many latents of training faces, evenly spread."""
        train = np.flatnonzero(~self.held_out)
        places = np.linspace(0, len(train) - 1, min(count, len(train))).astype(np.int64)
        return self.latents[train[places]]

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
    evenly spread, which give sigma to half a per cent. The decoder's curvature is measured at a few
    of them, unless it is known.

    Raises:
        DataError: fewer than two faces.
        ValueError: fewer than two training faces, or all latents are equal.
    """
    from model.inference import measure_curvature

    found: LatentSet | None = None
    for event in encode_set(model, faces):
        if isinstance(event, LatentSet):
            found = event
        else:
            yield event
    assert found is not None
    statistics, curvature = found.statistics(), model.curvature
    if curvature is None:
        count = max(1, min(_CURVATURE_FACES, _CURVATURE_NUMBERS // model.network.latent_dim))
        for step in measure_curvature(model, found.some_trained(count)):
            if isinstance(step, WorkProgress):
                yield step
            else:
                curvature = step
    yield replace(model, statistics=statistics, curvature=curvature)


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


class FaceLatents:
    """Caches the latents of faces for one model; 2 kB each."""

    def __init__(self, model: FaceModel) -> None:
        self.model = model
        self._known: dict[bytes, Floats] = {}

    def encode(self, images: Images) -> Iterator[WorkProgress]:
        """Encode those of the images uint8 (N, 48, 48, 3) that aren't known, batch by batch."""
        from model.inference import ENCODE_BATCH, encode

        keys = map(_key, images)
        new = {key: row for row, key in enumerate(keys) if key not in self._known}
        left = list(new.items())
        for start in range(0, len(left), ENCODE_BATCH):
            part = left[start : start + ENCODE_BATCH]
            latents = encode(self.model, images[[row for _, row in part]])
            self._known.update(zip((key for key, _ in part), latents, strict=True))
            yield WorkProgress("Encoding faces", start + len(part), len(left))

    def of(self, images: Images) -> Floats:
        """Return the latents (N, L) of images that have been encoded.

        Raises:
            KeyError: one of them hasn't.
        """
        latents = [self._known[_key(image)] for image in images]
        return np.array(latents, np.float32).reshape(len(images), self.model.network.latent_dim)


def _key(image: Images) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()


def model_digest(model: FaceModel) -> str:
    """Return 24 hexadecimal digits that stand for the model's weights."""
    return _network_digest(model.network)


@functools.lru_cache(maxsize=4)
def _network_digest(network: ConvAutoencoder) -> str:
    found = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for name, tensor in sorted(network.state_dict().items()):
        found.update(f"{name}{tuple(tensor.shape)}".encode())
        found.update(tensor.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def faces_digest(faces: FaceSet) -> str:
    """Return 24 hexadecimal digits that stand for a set's faces, from 256 of them."""
    found = hashlib.blake2b(str(len(faces.images)).encode(), digest_size=_DIGEST_BYTES)
    rows = np.unique(np.linspace(0, len(faces.images) - 1, _SAMPLED_FACES).astype(np.int64))
    found.update(take(faces.images, rows).tobytes())
    return found.hexdigest()
