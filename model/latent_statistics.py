"""Mean, range and principal directions of the latents of a model."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.system.threads import importing

Floats = NDArray[np.float32]

MATCHED = 64
"""Principal directions that are kept in their places; those behind explain next to nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class LatentStatistics:
    """Mean, spread and principal directions of the latents of many faces.

    Shapes, for L latent dimensions and K <= L principal directions: ``mean``, ``low``, ``high``
    (L,), the last two the range seen in each dimension; ``directions`` (K, L) orthonormal rows,
    ``sigma`` (K,) standard deviations along them, largest first.
    """

    mean: Floats
    low: Floats
    high: Floats
    directions: Floats
    sigma: Floats

    def __post_init__(self) -> None:
        count, size = self.directions.shape
        shapes = [getattr(self, item.name).shape for item in fields(self)]
        if shapes != [(size,), (size,), (size,), (count, size), (count,)]:
            raise ValueError(f"latent statistics don't fit together: {shapes}")
        if not 0 < count <= size:
            raise ValueError(
                f"latent statistics can't have {count} directions in {size} dimensions"
            )
        if not all(np.isfinite(getattr(self, item.name)).all() for item in fields(self)):
            raise ValueError("latent statistics contain values that are not numbers")
        if not (self.sigma > 0).all():
            raise ValueError("latent statistics contain a direction without spread")

    @classmethod
    def fit(cls, latents: Floats) -> Self:
        """Measure latents (N, L), N >= 2, by principal component analysis.

        Directions without spread are left out; each points where its largest entry is positive.

        Raises:
            ValueError: fewer than two latents, or all of them equal.
        """
        with importing:
            from sklearn.decomposition import PCA

        if len(latents) < 2:
            raise ValueError("at least two latents are needed to measure how they vary")
        # Centred, in double precision: scikit-learn subtracts the mean from the product, where
        # small spreads far from the origin would be lost to rounding.
        mean = latents.mean(axis=0, dtype=np.float64)
        with np.errstate(invalid="ignore"):  # where all are equal, nothing has a share of nothing
            found = PCA(svd_solver="covariance_eigh").fit(latents - mean)
        variance = found.explained_variance_
        kept = np.flatnonzero(variance > max(variance[0], 1e-12) * 1e-8)[: len(latents) - 1]
        if not len(kept):
            raise ValueError(
                "The model makes the same latent of all faces, so there are no directions to move "
                "along. Train it longer, or choose other faces."
            )
        return cls(
            mean.astype(np.float32),
            latents.min(axis=0),
            latents.max(axis=0),
            found.components_[kept].astype(np.float32),
            np.sqrt(variance[kept]).astype(np.float32),
        )

    @property
    def explained(self) -> Floats:
        """Share of the variance (K,) that each direction explains; sums to about 1."""
        variance = self.sigma.astype(np.float64) ** 2
        return np.asarray(variance / variance.sum(), np.float32)

    def sample(self, random: np.random.Generator, temperature: float = 1.0) -> Floats:
        """Draw one latent (L,) from the normal distribution with this mean and covariance.

        ``temperature`` scales the distance from the mean: 0 is the mean face, 1 as the data.
        """
        sigmas = random.standard_normal(len(self.sigma), dtype=np.float32) * temperature
        return np.asarray(self.mean + (sigmas * self.sigma) @ self.directions, np.float32)


def aligned_statistics(
    new: LatentStatistics,
    new_latents: Floats,
    old: LatentStatistics,
    old_latents: Floats,
    count: int = MATCHED,
) -> LatentStatistics:
    """Return the statistics with the first directions in the order and sign of the old ones.

    Both models' latents (N, L) are of the same faces. Directions belong together where they order
    the faces alike: by the absolute correlation of their coordinates, all at once (Kuhn, "The
    Hungarian method for the assignment problem", 1955). The vectors can't be compared, since the
    spaces may differ. Aligned directions needn't be sorted by variance any more.
    """
    with importing:
        from scipy.optimize import linear_sum_assignment

    count = min(count, len(new.sigma), len(old.sigma))
    correlation = _unit_scores(old, old_latents, count).T @ _unit_scores(new, new_latents, count)
    _, chosen = linear_sum_assignment(-np.abs(correlation))
    signs = np.where(correlation[np.arange(count), chosen] < 0, np.float32(-1), np.float32(1))
    order = np.concatenate([chosen, np.arange(count, len(new.sigma))])
    directions = new.directions[order]
    directions[:count] *= signs[:, None]
    return replace(new, directions=directions, sigma=new.sigma[order])


def _unit_scores(statistics: LatentStatistics, latents: Floats, count: int) -> Floats:
    scores = (latents - statistics.mean) @ statistics.directions[:count].T
    scores = scores - scores.mean(axis=0)
    return np.asarray(scores / np.maximum(np.linalg.norm(scores, axis=0), 1e-12), np.float32)
