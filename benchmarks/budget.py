"""Time limits for parts of a benchmark, so that it ends on a slow machine too."""

from __future__ import annotations

import time


class Budget:
    """A limit in seconds, from when it is made."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """What is left, 0 at least."""
        return max(0.0, self._end - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.left_s == 0
