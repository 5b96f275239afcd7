"""The latents in two dimensions: by PCA at once, by t-SNE in a process of its own.

t-SNE: van der Maaten and Hinton, "Visualizing data using t-SNE", 2008, as openTSNE computes it
(Policar, Strazar and Zupan, 2024). It shows the map while it forms and can begin with an older
one; scikit-learn's neither, and takes many times as long.
"""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.latents.latent_set import latents_folder, tidy
from model.system.child import killed_at_end, message_of, start_module
from model.system.threads import poll

COMPONENTS = 50
"""Dimensions that t-SNE is given, as its authors advise: the rest is mostly noise."""

_FITTED = 256  # latents to find a plane's turn by, which two would do but for rounding
_NEAREST = 8

FORMAT = "cae-studio-map-1"
_MAX_BYTES = 16 << 20

Floats = NDArray[np.float32]


class MapError(RuntimeError):
    """The map couldn't be made; the message is a plain sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A map that forms: points (N, 2) so far, and ``done`` of ``total`` steps."""

    points: Floats
    done: int
    total: int


def has_tsne() -> bool:
    """Tell whether t-SNE is installed; it isn't on every platform."""
    return importlib.util.find_spec("openTSNE") is not None


def pca_map(latents: Floats, statistics: LatentStatistics) -> Floats:
    """Return points (N, 2): the first two principal coordinates, in sigma."""
    along = (latents - statistics.mean) @ statistics.directions[:2].T / statistics.sigma[:2]
    if along.shape[1] < 2:
        along = np.pad(along, ((0, 0), (0, 1)))
    return np.asarray(along, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PcaPlane:
    """The plane of a map by PCA, which may have been turned (2, 2) and shifted (2,) onto another.

    Unlike on a map by t-SNE, every latent has a place on it, and can move to any other.
    """

    statistics: LatentStatistics
    turn: Floats
    shift: Floats

    @classmethod
    def of(cls, latents: Floats, statistics: LatentStatistics, points: Floats) -> Self:
        """Return the plane of a map (N, 2) of latents (N, L)."""
        some = slice(None, None, max(1, len(latents) // _FITTED))
        plain = pca_map(latents[some], statistics)
        turn = rotation(plain, points[some])
        return cls(statistics, turn, points[some].mean(axis=0) - plain.mean(axis=0) @ turn)

    def project(self, latents: Floats) -> Floats:
        """Return the places (N, 2) of latents (N, L)."""
        return np.asarray(pca_map(latents, self.statistics) @ self.turn + self.shift, np.float32)

    def moved(self, latent: Floats, point: Floats) -> Floats:
        """Return the latent (L,) with its two principal coordinates those of a place (2,)."""
        axes, sigma = self.statistics.directions[:2], self.statistics.sigma[:2]
        wanted = ((point - self.shift) @ self.turn.T)[: len(sigma)]
        change = wanted - axes @ (latent - self.statistics.mean) / sigma
        return np.asarray(latent + (change * sigma) @ axes, np.float32)


def tsne_map(
    latents: Floats,
    statistics: LatentStatistics,
    *,
    key: str = "",
    earlier: Floats | None = None,
    folder: Path | None = None,
) -> Iterator[Mapping]:
    """Yield the forming map some times a second at most; the last is complete.

    ``key`` names what is mapped (the digests of model and faces); a map of it that was made
    before comes at once. ``earlier`` (N, 2) is a map of the same faces to begin with, so that
    faces stay about where they were. Closing the iterator ends the process.

    Raises:
        MapError: the process failed.
    """
    path = (folder or latents_folder()) / f"{key}.map.safetensors"
    points = _kept(path, len(latents)) if key else None
    if points is not None:
        yield Mapping(points if earlier is None else aligned_map(points, earlier), 1, 1)
        return
    last = None
    for last in _run(latents, statistics, earlier):
        yield last
    if key and last is not None:
        _keep(path, last.points)


def place(latent: Floats, latents: Floats, points: Floats, nearest: NDArray[np.int64]) -> Floats:
    """Return where a latent (L,) belongs on a map (2,): among its nearest faces.

    The closer a face, the more it counts.
    """
    apart = np.linalg.norm(latents[nearest] - latent, axis=1) + 1e-6
    weights = (apart.min() / apart) ** 4  # on a face itself, nothing else counts
    return np.asarray(weights @ points[nearest] / weights.sum(), np.float32)


def latent_at(point: Floats, points: Floats, latents: Floats, count: int = _NEAREST) -> Floats:
    """Return a latent (L,) for any place (2,) of a map: a mean of those nearest to it there.

    On a point it is that point's latent; it changes without a jump as the place moves. Source of
    the weights: Franke and Nielson, "Smooth interpolation of large sets of scattered data", 1980.
    """
    apart = np.hypot(*(points - point).T)
    count = min(count, len(apart) - 1)
    nearest = np.argpartition(apart, count)[: count + 1]
    near = np.maximum(apart[nearest], 1e-6)
    reach = near.max() * 1.001  # so that not all weights are 0 where all are equally far
    weights = ((reach - near) / (reach * near)) ** 2
    return np.asarray(weights @ latents[nearest] / weights.sum(), np.float32)


def resampled(line: Floats, count: int) -> Floats:
    """Return ``count`` places (count, 2), evenly spaced along a line (M, 2), with both ends.

    A line without length gives the same place each time.
    """
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps, dtype=np.float64)])
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, line[:, axis]) for axis in (0, 1)], 1).astype(
        np.float32
    )


def _run(
    latents: Floats, statistics: LatentStatistics, earlier: Floats | None
) -> Generator[Mapping, None, None]:
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as errors:
        given, made = Path(name) / "given.npz", Path(name) / "made.npy"
        shown = (latents - statistics.mean) @ statistics.directions[:COMPONENTS].T
        start = pca_map(latents, statistics) if earlier is None else earlier
        np.savez(given, latents=shown, start=start, fresh=np.array(earlier is None))
        # No thread: t-SNE holds Python's lock for long, and can't be stopped in a step.
        worker, files = "model.latents.tsne_worker", (str(given), str(made))
        with killed_at_end(start_module(worker, *files, errors=errors)) as process:
            finished = False
            with closing(poll(process.stdout or ())) as lines:
                for line in lines:
                    step = message_of(line)
                    if step:
                        points = np.load(made)
                        finished = step["done"] == step["total"]
                        placed = points if earlier is None else aligned_map(points, earlier)
                        yield Mapping(placed, step["done"], step["total"])
            if process.wait() or not finished:
                errors.seek(0)
                details = errors.read().decode("utf-8", "replace").strip().splitlines()
                reason = details[-1] if details else "its process ended"
                raise MapError(f"The map by t-SNE couldn't be made ({reason}). Use the one by PCA.")


def _kept(path: Path, count: int) -> Floats | None:
    try:
        points: Floats = read_tensors(path, FORMAT, _MAX_BYTES).array(
            "points", np.float32, count, 2
        )
    except (TensorFileError, OSError):
        return None
    return points


def _keep(path: Path, points: Floats) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, FORMAT, {"points": points}, {})
        tidy(path.parent)


def aligned_map(new: Floats, old: Floats) -> Floats:
    """Return points (N, 2) turned, mirrored and moved onto the old ones; distances stay.

    Source: Schoenemann, "A generalized solution of the orthogonal Procrustes problem", 1966.
    """
    centre = new.mean(axis=0)
    return np.asarray((new - centre) @ rotation(new, old) + old.mean(axis=0), np.float32)


def rotation(new: Floats, old: Floats) -> Floats:
    """Return the orthogonal matrix (2, 2) that turns points (N, 2) onto old ones, from the right.

    Both may lie anywhere; it can mirror, too.
    """
    left, _, right = np.linalg.svd((new - new.mean(axis=0)).T @ (old - old.mean(axis=0)))
    return np.asarray(left @ right, np.float32)
