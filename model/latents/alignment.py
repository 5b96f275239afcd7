"""Aligns the directions and maps of a new snapshot with those of the previous one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.latent_statistics import LatentStatistics

Floats = NDArray[np.float32]

MATCHED = 64
"""Principal directions that are kept in their places; those behind explain next to nothing."""


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
    from scipy.optimize import linear_sum_assignment

    count = min(count, len(new.sigma), len(old.sigma))
    correlation = _unit_scores(old, old_latents, count).T @ _unit_scores(new, new_latents, count)
    _, chosen = linear_sum_assignment(-np.abs(correlation))
    signs = np.where(correlation[np.arange(count), chosen] < 0, np.float32(-1), np.float32(1))
    order = np.concatenate([chosen, np.arange(count, len(new.sigma))])
    directions = new.directions[order]
    directions[:count] *= signs[:, None]
    return replace(new, directions=directions, sigma=new.sigma[order])


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


def _unit_scores(statistics: LatentStatistics, latents: Floats, count: int) -> Floats:
    scores = (latents - statistics.mean) @ statistics.directions[:count].T
    scores = scores - scores.mean(axis=0)
    return np.asarray(scores / np.maximum(np.linalg.norm(scores, axis=0), 1e-12), np.float32)
