"""A drag across the rows of a list of sliders."""

from __future__ import annotations

from PySide6.QtCore import QPointF


class SliderStroke:
    """Tells which positions a drag crosses, and where; quick ones skip none.

    Points are in the coordinates of the whole list, which scrolls; ``row`` is where it began.
    """

    def __init__(self, row: int, row_height: int) -> None:
        self.row = row
        self._row_height = row_height
        self._last: QPointF | None = None

    def go_on(self, point: QPointF) -> list[tuple[int, float]]:
        """Return the positions crossed since the last point, each with the x of the crossing."""
        start, self._last = self._last or point, point
        first, last = self._position(start), self._position(point)
        step = 1 if last >= first else -1
        passed = [
            (position, self._crossing(start, point, position))
            for position in range(first + step, last, step)
        ]
        return [*passed, (last, point.x())]

    def _position(self, point: QPointF) -> int:
        return int(point.y() // self._row_height)

    def _crossing(self, start: QPointF, end: QPointF, position: int) -> float:
        middle = (position + 0.5) * self._row_height
        return start.x() + (end.x() - start.x()) * (middle - start.y()) / (end.y() - start.y())
