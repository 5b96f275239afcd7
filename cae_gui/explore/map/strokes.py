"""What the mouse does on the map, and the points inside what it draws."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Place = tuple[float, float]


class Mode(Enum):
    """What a drag of the left button does."""

    TRAVEL = auto()
    """Pans the map, or moves the marker of the edited face."""
    LASSO = auto()
    RECTANGLE = auto()
    PATH = auto()
    """Draws a line, for ``path_drawn``."""
    LOOK = auto()
    """Pans the map; a click is for a place, not for a point."""

    @property
    def draws(self) -> bool:
        """Whether a drag draws."""
        return self in (Mode.LASSO, Mode.RECTANGLE, Mode.PATH)


class Change(Enum):
    """What becomes of the selected faces once others are found."""

    REPLACE = auto()
    ADD = auto()
    REMOVE = auto()

    def of(self, selected: Rows, found: Rows) -> Rows:
        """Return what is selected afterwards, of two ascending lists without doubles."""
        if self is Change.REPLACE:
            return found
        if self is Change.ADD:
            return np.union1d(selected, found)
        return np.setdiff1d(selected, found, assume_unique=True)


class Stroke:
    """A line that is being drawn, in map coordinates; a rectangle has two opposite corners."""

    def __init__(self, mode: Mode, change: Change, start: Place) -> None:
        self.mode, self.change = mode, change
        self._places = [start]
        # Only the latest edge of a lasso and the one that closes it are counted at each move.
        self._counted_of: Floats | None = None
        self._counted, self._edges = np.zeros(0, np.bool_), 0

    @property
    def is_area(self) -> bool:
        """Whether it has points inside."""
        return self.mode in (Mode.LASSO, Mode.RECTANGLE)

    @property
    def start(self) -> Place:
        """Where it began; of a rectangle one corner."""
        return self._places[0]

    @property
    def end(self) -> Place:
        """Where it is now; of a rectangle the other corner."""
        return self._places[-1]

    def go_to(self, place: Place) -> None:
        """Draw on to a place; a rectangle's second corner moves there."""
        if self.mode is Mode.RECTANGLE:
            self._places[1:] = []
        self._places.append(place)

    def outline(self) -> Floats:
        """Return the vertices (M, 2), M >= 1, of a rectangle its four corners."""
        if self.mode is not Mode.RECTANGLE:
            return np.array(self._places, np.float32)
        (left, top), (right, bottom) = self.start, self.end
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)

    def inside(self, points: Floats) -> Mask:
        """Return which points (N, 2) are inside, by the even-odd rule; none of a path."""
        if self.mode is Mode.RECTANGLE:
            low, high = np.sort([self.start, self.end], axis=0)
            x, y = points.T  # by columns: reducing pairs takes numpy ten times as long
            across = (x >= low[0]) & (x <= high[0])
            return np.asarray(across & (y >= low[1]) & (y <= high[1]))
        if self.mode is not Mode.LASSO:
            return np.zeros(len(points), np.bool_)
        if points is not self._counted_of:
            self._counted_of = points
            self._counted, self._edges = np.zeros(len(points), np.bool_), 0
        for start, end in zip(
            self._places[self._edges :], self._places[self._edges + 1 :], strict=False
        ):
            _count(self._counted, points, start, end)
            self._edges += 1
        closed = self._counted.copy()
        _count(closed, points, self.end, self.start)
        return closed


def _count(odd: Mask, points: Floats, start: Place, end: Place) -> None:
    """Turn those of ``odd`` (N,) round whose ray to the right crosses the edge."""
    (x, y), (end_x, end_y) = start, end
    levels = points[:, 1]
    crossed = np.flatnonzero((levels > y) != (levels > end_y))
    share = (levels[crossed].astype(np.float64) - y) / (end_y - y if end_y != y else 1.0)
    odd[crossed] ^= points[crossed, 0] < x + share * (end_x - x)
