"""A set of faces, what its preparation reports, and how it fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FACE_SHAPE = (48, 48, 3)


class DataError(Exception):
    """Faces that can't be had; the message is a plain sentence, ``details`` are for an expert."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Faces with names: ``images`` uint8 (N, 48, 48, 3), read-only, and N ``names``.

    Names may repeat; without any the faces are numbered.

    Raises:
        ValueError: another shape or type, or another number of names.
    """

    title: str
    images: NDArray[np.uint8]
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.images.shape != (count, *FACE_SHAPE) or self.images.dtype != np.uint8:
            raise ValueError(f"Faces can't be {self.images.dtype} {self.images.shape}")
        if self.names and len(self.names) != count:
            raise ValueError(f"{len(self.names)} names don't fit {count} faces")
        images = self.images.view()
        images.flags.writeable = False
        object.__setattr__(self, "images", images)
        numbered = (f"Face {number:04d}" for number in range(1, count + 1))
        object.__setattr__(self, "names", tuple(self.names or numbered))

    def split(
        self, test_percent: float = 20, seed: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows to train on and those to test on, each sorted; the same for a seed.

        Raises:
            DataError: there are fewer than two faces.
        """
        _, tests = self.parts(test_percent)
        count = len(self.images)
        order = np.random.RandomState(seed).permutation(count)
        is_test = np.zeros(count, np.bool_)
        is_test[order[:tests]] = True
        return np.flatnonzero(~is_test), np.flatnonzero(is_test)

    def parts(self, test_percent: float = 20) -> tuple[int, int]:
        """Return how many faces ``split`` gives to training and to the test.

        Raises:
            DataError: there are fewer than two faces.
        """
        count = len(self.images)
        if count < 2:
            raise DataError(
                f"“{self.title}” has too few faces ({count}): at least one is needed to train on "
                "and one to test on."
            )
        tests = max(1, round(count * test_percent / 100))
        return count - tests, tests


@dataclass(frozen=True, slots=True)
class Preparing:
    """What a preparation does now: ``done`` of ``total``; a ``total`` of 0 is not known yet."""

    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """The faces are ready; ``skipped`` says in a sentence each which pictures were left out."""

    faces: FaceSet
    skipped: tuple[str, ...] = ()


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
