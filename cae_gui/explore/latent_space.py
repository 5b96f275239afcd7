"""Where faces can be moved: the directions of the model in use, which are locked, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from model.latent_statistics import LatentStatistics
from model.latents.directions import (
    MIN_FREE,
    Direction,
    Directions,
    principal_directions,
    project_out,
)

if TYPE_CHECKING:
    from model.latents.directions import Kind
    from model.latents.typicality import Density

Floats = NDArray[np.float32]

LEAST_TYPICAL = 0.01
"""The soft limit: a face that fewer of the training faces are as unusual as is drawn back."""


class LatentSpace(QObject):
    """Holds directions, locks and density, and computes where a move leads.

    Signals:
        directions_changed(): other directions, or other sigmas.
        locks_changed(): other directions are locked.
    """

    directions_changed = Signal()
    locks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.statistics: LatentStatistics | None = None
        self.density: Density | None = None
        self.directions: Directions | None = None
        """Principal directions by variance, then attributes, then the person's own."""
        self.limit = LEAST_TYPICAL
        """The lowest typicality that an edit may reach; 0 allows all."""
        self._principal: tuple[Direction, ...] = ()
        self._attributes: tuple[Direction, ...] = ()
        self._own: tuple[Direction, ...] = ()
        self._locked: set[tuple[Kind, str]] = set()
        self._locked_rows: frozenset[int] = frozenset()  # looked up at each step of a drag

    @property
    def locked(self) -> frozenset[int]:
        """The indexes of the locked directions."""
        return self._locked_rows

    def rows_of(self, kind: Kind) -> range:
        """Return which of ``directions`` are of a kind."""
        counts = (len(self._principal), len(self._attributes), len(self._own))
        number = ("principal", "attribute", "own").index(kind)
        first = sum(counts[:number])
        return range(first, first + counts[number]) if self.directions else range(0)

    def use_statistics(self, statistics: LatentStatistics | None) -> None:
        """Measure principal coordinates by these statistics from now on."""
        self.statistics = statistics
        self._principal = principal_directions(statistics).items if statistics else ()
        self._use()

    def use_attributes(self, attributes: Sequence[Direction]) -> None:
        """Offer these attribute directions from now on."""
        if tuple(attributes) != self._attributes:
            self._attributes = tuple(attributes)
            self._use()

    def set_own(self, own: Sequence[Direction]) -> None:
        """Offer these directions of the person's own from now on."""
        if tuple(own) != self._own:
            self._own = tuple(own)
            self._use()

    def use_density(self, density: Density | None) -> None:
        """Draw random faces from this density, and keep to it."""
        self.density = density

    def set_locked(self, direction: int, locked: bool) -> None:
        """Keep a direction's coordinate, whatever else moves, or let it go."""
        if self.directions is not None:
            item = self.directions[direction]
            change = self._locked.add if locked else self._locked.discard
            change((item.kind, item.name))
            self._find_locked()
            self.locks_changed.emit()

    def moved_along(self, latent: Floats, direction: int, sigmas: float) -> Floats:
        """Return the latent (L,) with a coordinate in sigma set; locked directions stay."""
        if self.directions is None:
            return latent
        return self.directions.moved(latent, {direction: sigmas}, tuple(self.locked))

    def with_number(self, latent: Floats, dimension: int, value: float) -> Floats:
        """Return the latent (L,) with one raw number set; locked directions stay."""
        step = np.zeros_like(latent)
        step[dimension] = value - latent[dimension]
        locked = sorted(self.locked)
        if self.directions is not None and locked:
            unit = np.zeros_like(latent)
            unit[dimension] = 1
            free = project_out(unit, self.directions.matrix[locked])
            room = float(free[dimension])  # the squared length of what is left
            step = free * (step[dimension] / room) if room > MIN_FREE**2 else np.zeros_like(step)
        return latent + step

    def limited(self, latent: Floats, start: Floats) -> Floats:
        """Return an edit (L,) of ``start`` drawn back to the soft limit, where there is one."""
        if self.density is None or not self.limit:
            return latent
        return self.density.limited(latent, start, self.limit)

    def _use(self) -> None:
        items = (*self._principal, *self._attributes, *self._own)
        self.directions = Directions(items, self.statistics.mean) if self.statistics else None
        self._find_locked()
        self.directions_changed.emit()

    def _find_locked(self) -> None:
        names = enumerate((item.kind, item.name) for item in self.directions or ())
        self._locked_rows = frozenset(index for index, name in names if name in self._locked)
