"""Progress reports of long work other than training, and their rate."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """What is being done: ``done`` of ``total``; a ``total`` of 0 is not known yet."""

    text: str
    done: int = 0
    total: int = 0


class Pace:
    """Says when the next report is due: at once, then some ten times a second at most."""

    def __init__(self, seconds: float = 0.1) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Return whether it is time to report; if so, the next time is ``seconds`` away."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
