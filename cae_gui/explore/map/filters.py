"""Which faces of the map stand out: by the classes of its legend, and by conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.explore.map.map_dots import Coloring
from model.latents.face_values import TYPICALITY, Condition

if TYPE_CHECKING:
    from model.latents.face_values import FaceValues

Mask = NDArray[np.bool_]

MOST_CONDITIONS = 8
_FIRST_SIGMA, _FIRST_SHARE = 0.5, 0.2
"""Values of a new condition: in sigma, and of the typicality."""


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Which faces (N,) stand out, and of those that meet the conditions, how many in each band."""

    mask: Mask
    counts: tuple[int, ...]


class Filters(QObject):
    """Holds conditions and chosen bands: who meets all conditions, in one of the bands, stands out.

    It is a view of the map, as a zoom is, and no edit: ``clear`` ends it, not undo.

    Signals:
        changed(): other faces stand out, or the conditions are others.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.conditions: tuple[Condition, ...] = ()
        self.chosen: frozenset[int] = frozenset()
        """The bands of the coloring that stand out; without any, all do."""
        self.values: FaceValues | None = None
        self.coloring: Coloring | None = None
        self._bands = np.zeros(0, np.uint8)

    @property
    def is_filtering(self) -> bool:
        """Whether there are conditions or chosen bands."""
        return bool(self.conditions or self.chosen)

    def use_values(self, values: FaceValues | None) -> None:
        """Take the values of the faces; conditions without values are dropped."""
        self.values = values
        if values is not None:
            self.conditions = tuple(each for each in self.conditions if each.name in values.names)
        self.changed.emit()

    def use_coloring(self, coloring: Coloring | None) -> None:
        """Take the coloring whose bands are those of the legend."""
        before = self.coloring
        if coloring is None or before is None or coloring.title != before.title:
            self.chosen = frozenset()
        self.coloring = coloring
        self._bands = np.zeros(0, np.uint8) if coloring is None else coloring.band_numbers()
        self.changed.emit()

    def choose(self, band: int, *, adds: bool = False) -> None:
        """Let only this band stand out, or all where it did alone; ``adds`` adds or removes it."""
        only = frozenset({band})
        if adds:
            self.chosen ^= only
        else:
            self.chosen = frozenset() if self.chosen == only else only
        self.changed.emit()

    def add(self) -> None:
        """Add a condition on what colors the map, or else on the first direction."""
        if self.values is None or len(self.conditions) >= MOST_CONDITIONS:
            return
        names = self.values.names
        name = self.coloring.title if self.coloring is not None else names[min(1, len(names) - 1)]
        self.conditions += (condition_on(name),)
        self.changed.emit()

    def replace(self, index: int, condition: Condition) -> None:
        """Put another condition into the place of one."""
        if self.conditions[index] != condition:
            before, after = self.conditions[:index], self.conditions[index + 1 :]
            self.conditions = (*before, condition, *after)
            self.changed.emit()

    def remove(self, index: int) -> None:
        """Remove a condition."""
        self.conditions = (*self.conditions[:index], *self.conditions[index + 1 :])
        self.changed.emit()

    @Slot()
    def clear(self) -> None:
        """Let all faces stand out."""
        self.conditions, self.chosen = (), frozenset()
        self.changed.emit()

    def matching(self) -> Matching | None:
        """Return which faces stand out; None until their values are known."""
        if self.values is None:
            return None
        met = self.values.matching(self.conditions)
        if self.coloring is None or len(self._bands) != len(met):
            return Matching(met, ())
        counts = np.bincount(self._bands[met], minlength=len(self.coloring.bands))
        if self.chosen:
            stands_out = np.zeros(len(self.coloring.bands), np.bool_)
            stands_out[list(self.chosen)] = True
            met &= stands_out[self._bands]
        return Matching(met, tuple(counts.tolist()))


def condition_on(name: str, *, above: bool = True) -> Condition:
    """Return a condition to begin with on the values of a name."""
    return Condition(name, above, _FIRST_SHARE if name == TYPICALITY else _FIRST_SIGMA)
