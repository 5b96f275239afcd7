"""The transformation between map coordinates and the widget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MARGIN = 32
"""Margin around all points when they are fitted, in px."""

_SMALLEST, _LARGEST = 0.5, 400.0


@dataclass(frozen=True, slots=True)
class MapView:
    """Centre (map coordinates, y upwards) and scale (px per unit) of the visible part.

    ``fit`` is the scale at which all points are in view.
    """

    x: float
    y: float
    scale: float
    fit: float
    width: int
    height: int

    @classmethod
    def fitting(cls, points: Floats, width: int, height: int) -> Self:
        """Return the view that shows all points (N, 2), N >= 1."""
        low, high = points.min(axis=0), points.max(axis=0)
        x, y = ((low + high) / 2).tolist()
        span = np.maximum(high - low, 1e-6)
        room = np.maximum(np.array([width, height]) - 2 * MARGIN, 16)
        scale = float((room / span).min())
        return cls(x, y, scale, scale, width, height)

    @property
    def zoom(self) -> float:
        """The scale relative to ``fit``."""
        return self.scale / self.fit

    def to_widget(self, points: NDArray[Any]) -> Floats:
        """Return the widget coordinates, in px, of points (..., 2) of the map."""
        offset = np.array([self.width / 2, self.height / 2]) - self.scale * np.array(
            [self.x, -self.y]
        )
        return np.asarray(points * np.array([self.scale, -self.scale]) + offset, np.float32)

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """Return the map coordinates of a position in the widget, in px."""
        across, up = x - self.width / 2, self.height / 2 - y
        return self.x + across / self.scale, self.y + up / self.scale

    def zoomed(self, factor: float, x: float, y: float) -> Self:
        """Return the view enlarged by a factor about the position (x, y), in px."""
        zoom = min(max(self.zoom * factor, _SMALLEST), _LARGEST)
        fixed_x, fixed_y = self.to_map(x, y)
        share = self.zoom / zoom
        return replace(
            self,
            x=fixed_x + (self.x - fixed_x) * share,
            y=fixed_y + (self.y - fixed_y) * share,
            scale=self.fit * zoom,
        )

    def panned(self, dx: float, dy: float) -> Self:
        """Return the view with its content moved by (dx, dy) px."""
        return replace(self, x=self.x - dx / self.scale, y=self.y + dy / self.scale)

    def resized(self, width: int, height: int) -> Self:
        """Return the view for a widget of another size, with the same centre."""
        return replace(self, width=width, height=height)
