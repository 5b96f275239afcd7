"""Named directions in the latent space, and moving faces along several of them with some locked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.latent_statistics import LatentStatistics

Floats = NDArray[np.float32]
Kind = Literal["principal", "attribute", "own"]

MIN_FREE = 0.4
"""A direction of which less than this is left after projection is locked too."""


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A unit vector (L,) in the latent space with a name.

    ``sigma`` is the standard deviation of the training latents along it. ``auc`` tells how well
    faces with and without the attribute are told apart, on faces that weren't used to find it;
    None where it isn't known. ``method`` describes how the direction was found. ``whole`` is the
    length of a preset in sigma, of the edit that it stands for; None for a direction as such.

    Raises:
        ValueError: the vector isn't of unit length, or sigma isn't above zero.
    """

    name: str
    kind: Kind
    vector: Floats
    sigma: float
    auc: float | None = None
    method: str = ""
    whole: float | None = None

    def __post_init__(self) -> None:
        length = float(np.linalg.norm(self.vector))
        if self.vector.ndim != 1 or not abs(length - 1) < 1e-3:
            raise ValueError(f"“{self.name}” isn't a unit vector: its length is {length:g}")
        if not 0 < self.sigma < np.inf:
            raise ValueError(f"“{self.name}” has a sigma of {self.sigma:g}")


@dataclass(frozen=True)
class Directions:
    """Directions that are moved together; coordinates are in sigma from ``mean`` (L,).

    Raises:
        ValueError: a direction is of another latent size.
    """

    items: tuple[Direction, ...]
    mean: Floats

    def __post_init__(self) -> None:
        for item in self.items:
            if item.vector.shape != self.mean.shape:
                raise ValueError(f"“{item.name}” belongs to a latent space of another size")

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Direction]:
        return iter(self.items)

    def __getitem__(self, index: int) -> Direction:
        return self.items[index]

    @cached_property
    def matrix(self) -> Floats:
        """The vectors as rows (K, L)."""
        rows = [item.vector for item in self.items]
        return np.array(rows, np.float32).reshape(len(rows), len(self.mean))

    @cached_property
    def sigma(self) -> Floats:
        """The standard deviation (K,) along each direction."""
        return np.array([item.sigma for item in self.items], np.float32)

    def coordinates(self, latents: Floats) -> Floats:
        """Return where latents (..., L) lie along each direction (..., K), in sigma."""
        return np.asarray((latents - self.mean) @ self.matrix.T / self.sigma, np.float32)

    def moved(
        self, latent: Floats, targets: Mapping[int, float], locked: Sequence[int] = ()
    ) -> Floats:
        """Return the latent (L,) with the coordinates of ``targets`` set, by the shortest way.

        The coordinates of ``locked`` directions stay as they are. A target that the locks leave
        hardly any room for stays too; targets that contradict each other are met as far as
        possible (least squares).
        """
        chosen = [index for index in targets if index not in locked]
        if not chosen:
            return latent
        free = project_out(self.matrix[chosen], self.matrix[list(locked)])
        movable = np.linalg.norm(free, axis=1) > MIN_FREE
        # Only of these: all coordinates of a slider's every step would cost as much as its picture.
        along = self.matrix[chosen] @ (latent - self.mean)
        wanted = (np.array([targets[index] for index in chosen]) * self.sigma[chosen] - along)[
            movable
        ]
        # Steps lie in the span of the free rows, where a row and its direction agree.
        step, *_ = np.linalg.lstsq(free[movable].astype(np.float64), wanted, rcond=1e-4)
        return np.asarray(latent + step, np.float32)

    def index_of(self, name: str) -> int:
        """Return the index of the first direction of this name.

        Raises:
            KeyError: there is none.
        """
        for index, item in enumerate(self.items):
            if item.name == name:
                return index
        raise KeyError(name)

    def placed(self, latent: Floats, targets: Mapping[str, float]) -> Floats:
        """Return the latent (L,) with these coordinates in sigma, by name; as ``moved``.

        Raises:
            KeyError: there is no direction of a name.
        """
        return self.moved(latent, {self.index_of(name): to for name, to in targets.items()})

    def movable(self, locked: Sequence[int]) -> NDArray[np.bool_]:
        """Tell for each direction (K,) whether the locked ones leave it room; they have none."""
        free = project_out(self.matrix, self.matrix[list(locked)])
        room = np.linalg.norm(free, axis=1) > MIN_FREE
        room[list(locked)] = False
        return np.asarray(room, np.bool_)


def principal_directions(statistics: LatentStatistics) -> Directions:
    """Return the principal directions by variance, each with the share that it explains."""
    items = _by_variance("Direction", statistics.directions, statistics.sigma)
    return Directions(items, statistics.mean)


def local_directions(near: Floats, origin: Floats) -> Directions:
    """Return the principal directions of latents (k, L), k >= 2, that lie near ``origin`` (L,).

    Coordinates count from ``origin``, in standard deviations of these latents around their mean.
    Each direction points where its largest entry is positive; those without spread are left out.
    Source: local principal component analysis (Kambhatla and Leen, "Dimension reduction by local
    principal component analysis", 1997).

    Raises:
        ValueError: all latents are equal.
    """
    # Not by scikit-learn: importing it takes 2 s, and this is waited for.
    centred = near - near.mean(axis=0, dtype=np.float64)
    _, spread, rows = np.linalg.svd(centred, full_matrices=False)
    kept = np.flatnonzero(spread > max(spread[0], 1e-6) * 1e-4)[: len(near) - 1]
    if not len(kept):
        raise ValueError(
            "There are no directions here: the nearest faces all have the same latent."
        )
    rows = rows[kept]
    largest = np.abs(rows).argmax(axis=1)
    rows *= np.sign(rows[np.arange(len(rows)), largest])[:, None]
    sigma = (spread[kept] / np.sqrt(len(near) - 1)).astype(np.float32)
    return Directions(_by_variance("Local", rows.astype(np.float32), sigma), origin)


def _by_variance(word: str, vectors: Floats, sigma: Floats) -> tuple[Direction, ...]:
    shares = sigma.astype(np.float64) ** 2
    shares /= shares.sum()
    return tuple(
        Direction(
            f"{word} {number}", "principal", vector, float(spread), None, f"{share:.1%} of all"
        )
        for number, (vector, spread, share) in enumerate(
            zip(vectors, sigma, shares, strict=True), 1
        )
    )


def spread_along(statistics: LatentStatistics, vector: Floats) -> float:
    """Return the standard deviation of the training latents along a unit vector (L,)."""
    return float(np.linalg.norm((statistics.directions @ vector) * statistics.sigma))


def project_out(vectors: Floats, locked: Floats) -> Floats:
    """Return vectors (L,) or (K, L) without what lies in the span of the locked rows (M, L).

    Locked rows may depend on each other.
    """
    if not len(locked):
        return vectors
    _, strengths, rows = np.linalg.svd(locked.astype(np.float64), full_matrices=False)
    basis = rows[strengths > max(strengths[0], 1e-30) * 1e-5]
    return np.asarray(vectors - (vectors @ basis.T) @ basis, np.float32)
