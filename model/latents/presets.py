"""Presets: whole edits under a name, to be applied to any face of the same model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction, Directions, spread_along

MOST_PARTS = 4
"""Most directions that an edit is described by."""
_REST = 0.1  # of an edit's length may stay undescribed
_LEAST_SIGMAS = 0.1

Floats = NDArray[np.float32]
Parts = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """An edit: the offset (L,) of a face's latent from where it started, in one model's space.

    ``model`` is the digest of that model; ``parts`` says for people what the edit consists of:
    names of directions, and how far it goes along each, in sigma.

    Raises:
        ValueError: the offset is no edit: of no length, or not finite.
    """

    name: str
    offset: Floats
    model: str
    parts: Parts = ()

    def __post_init__(self) -> None:
        length = float(np.linalg.norm(self.offset))
        if self.offset.ndim != 1 or not 1e-6 < length < np.inf:
            raise ValueError(f"“{self.name}” changes nothing")

    def is_same(self, other: object) -> bool:
        """Return whether another one is the same edit for the same model; names may differ."""
        return (
            isinstance(other, Preset)
            and self.model == other.model
            and np.array_equal(self.offset, other.offset)
        )

    @property
    def text(self) -> str:
        """What it consists of, as "Smiling +1.2 σ, Youth −2.0 σ"; "" where that isn't known."""
        parts = (f"{name} {sigmas:+.1f} σ" for name, sigmas in self.parts)
        return ", ".join(parts).replace("-", "\N{MINUS SIGN}")


def preset_direction(preset: Preset, statistics: LatentStatistics) -> Direction:
    """Return the direction of a preset; its ``whole`` is the length of the edit in sigma.

    Raises:
        ValueError: it is of another latent size.
    """
    if preset.offset.shape != statistics.mean.shape:
        raise ValueError("it belongs to a latent space of another size")
    length = float(np.linalg.norm(preset.offset))
    vector = np.asarray(preset.offset / length, np.float32)
    # Along some dimensions of an ELU code no face differs from another.
    sigma = max(spread_along(statistics, vector), length / 100)
    return Direction(preset.name, "own", vector, sigma, None, preset.text, length / sigma)


def parts_of(offset: Floats, directions: Directions) -> Parts:
    """Return the directions that make up most of an offset (L,), and how far along each, in sigma.

    An edit along one or two directions is described by these, though principal directions alone
    could describe it, too.
    """
    rest = _REST * float(np.linalg.norm(offset))
    chosen, steps = pursue(offset, directions.matrix, MOST_PARTS, rest)
    sigmas = steps / directions.sigma[chosen]
    parts = [(directions[index].name, float(s)) for index, s in zip(chosen, sigmas, strict=True)]
    kept = [part for part in parts if abs(part[1]) >= _LEAST_SIGMAS]
    return tuple(sorted(kept, key=lambda part: -abs(part[1])))


def pursue(
    offset: Floats, matrix: Floats, most: int, rest: float
) -> tuple[list[int], NDArray[np.float64]]:
    """Return rows of unit vectors (K, L) and the weights with which their sum is nearest an offset.

    There are at most ``most``, and no more than leave a ``rest`` of that length. Source: orthogonal
    matching pursuit (Pati et al., 1993).
    """
    chosen: list[int] = []
    left = np.asarray(offset, np.float64)
    steps: NDArray[np.float64] = np.zeros(0)
    while len(chosen) < most and np.linalg.norm(left) > rest:
        chosen.append(int(np.abs(matrix @ left).argmax()))
        basis = matrix[chosen].T.astype(np.float64)
        steps = np.asarray(np.linalg.lstsq(basis, offset)[0], np.float64)
        left = offset - steps @ matrix[chosen]
    return chosen, steps
