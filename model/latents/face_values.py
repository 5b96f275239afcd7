"""Where each face lies along directions, and which faces meet conditions on that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.latents.directions import Direction, Directions
from model.latents.typicality import Density

TYPICALITY = "Typicality"
"""The name of the values that tell how typical a face is, 0 to 1."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Condition:
    """The value called ``name`` lies above ``value``, or below it."""

    name: str
    above: bool
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceValues:
    """Values (K, N) of N faces, by ``names``: sigma from the mean face, and the typicality."""

    names: tuple[str, ...]
    values: Floats

    @classmethod
    def measure(
        cls, latents: Floats, directions: Sequence[Direction], mean: Floats, density: Density
    ) -> Self:
        """Measure latents (N, L) along directions from ``mean`` (L,); the typicality comes first.

        Of directions with the same name the last one counts.
        """
        by_name = {direction.name: direction for direction in directions}
        along = Directions(tuple(by_name.values()), mean).coordinates(latents)
        typicality = density.typicality(latents)
        # By rows, as one name at a time is compared: along columns it takes numpy far longer.
        values = np.ascontiguousarray(np.vstack([typicality, along.T]), np.float32)
        return cls((TYPICALITY, *by_name), values)

    def of(self, name: str) -> Floats | None:
        """Return the values (N,) of this name, or None without any."""
        return self.values[self.names.index(name)] if name in self.names else None

    def matching(self, conditions: Iterable[Condition]) -> Mask:
        """Return which faces (N,) meet all conditions; those without values exclude no face."""
        found = np.ones(self.values.shape[1], np.bool_)
        for condition in conditions:
            values = self.of(condition.name)
            if values is not None:
                found &= values > condition.value if condition.above else values < condition.value
        return found


def bands(values: Floats, edges: Sequence[float]) -> NDArray[np.uint8]:
    """Return the band (N,) of each value: 0 below the first edge, K from the last of K edges on.

    Edges rise, and there are at most 255.
    """
    return np.asarray(np.digitize(values, edges), np.uint8)
