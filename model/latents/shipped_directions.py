"""The shipped model's attribute directions and its density of latents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.io.places import shipped
from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction
from model.latents.typicality import Density

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

FORMAT = "cae-studio-directions-1"
NAME = "directions.safetensors"
_MAX_BYTES = 4 << 20


def shipped_directions(model: FaceModel) -> tuple[Direction, ...]:
    """Return the attribute directions of this very model; none for any other.

    They are vectors in one network's latent space and mean nothing in another's.
    """
    return _shipped(model)[0]


def shipped_density(model: FaceModel) -> Density | None:
    """Return how the faces lie that this very model was trained on; None for any other."""
    return _shipped(model)[1]


def _shipped(model: FaceModel) -> tuple[tuple[Direction, ...], Density | None]:
    from model.latents.latent_set import model_digest

    path = shipped(NAME)
    try:
        digest, directions = read_directions(path)
        if digest != model_digest(model):
            return (), None
        return directions, _read_density(path, model.statistics)
    except (TensorFileError, OSError):
        return (), None


def write_directions(
    path: Path, directions: Sequence[Direction], digest: str, density: Density | None = None
) -> None:
    """Write attribute directions, a density, and the digest of the model that they belong to.

    Raises:
        OSError: the file can't be written.
    """
    tensors: dict[str, NDArray[Any]] = {
        "vectors": np.array([item.vector for item in directions], np.float32),
        "sigma": np.array([item.sigma for item in directions], np.float64),
        "auc": np.array([item.auc for item in directions], np.float64),
    }
    if density is not None:
        # Its axes are the principal directions, which lie in the model's file.
        tensors |= {"density.sigma": density.sigma, "density.distances": density.distances}
    names = [item.name for item in directions]
    about = {"model": digest, "names": names, "method": directions[0].method}
    write_tensors(path, FORMAT, tensors, about)


def _read_density(path: Path, statistics: LatentStatistics | None) -> Density | None:
    file = read_tensors(path, FORMAT, _MAX_BYTES)
    if statistics is None or "density.sigma" not in file.tensors:
        return None
    sigma = file.array("density.sigma", np.float32, len(statistics.sigma))
    distances = file.array("density.distances", np.float32, None)
    axes = (statistics.mean, statistics.directions, sigma, statistics.sigma)
    return Density(*axes, distances)


def read_directions(path: Path) -> tuple[str, tuple[Direction, ...]]:
    """Read what ``write_directions`` wrote: the model's digest and the directions.

    Raises:
        TensorFileError: damaged, or a file of another kind.
        OSError: it can't be opened.
    """
    file = read_tensors(path, FORMAT, _MAX_BYTES)
    names = file.about.get("names")
    if not isinstance(names, list):
        raise TensorFileError(path, "has a damaged description.")
    vectors = file.array("vectors", np.float32, len(names), None)
    numbers = zip(
        file.array("sigma", np.float64, len(names)),
        file.array("auc", np.float64, len(names)),
        strict=True,
    )
    method = str(file.about.get("method", ""))
    try:
        directions = tuple(
            Direction(str(name), "attribute", vector, float(sigma), float(auc), method)
            for name, vector, (sigma, auc) in zip(names, vectors, numbers, strict=True)
        )
    except ValueError as error:
        raise TensorFileError(path, f"is damaged ({error}).") from error
    return str(file.about.get("model", "")), directions
