"""The format of a face, sets of faces, and the error of faces that can't be loaded."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FACE_SIZE = 48
"""Pixels of a face's side, which the network fixes."""
FACE_SHAPE = (FACE_SIZE, FACE_SIZE, 3)
"""Height, width and channels (RGB, uint8) of a face."""


class DataError(Exception):
    """Faces can't be loaded; the message is a plain sentence, ``details`` are for an expert."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Faces with names: ``images`` uint8 (N, 48, 48, 3), read-only, and N ``names``.

    Names may repeat; without any the faces are numbered. ``order`` holds each row once, in the
    order in which they are split into training and test faces; without it, that of the rows.

    Raises:
        ValueError: another shape or type, another number of names, or not each row once.
    """

    title: str
    images: NDArray[np.uint8]
    names: Sequence[str] = ()
    order: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.images.shape != (count, *FACE_SHAPE) or self.images.dtype != np.uint8:
            raise ValueError(f"Faces can't be {self.images.dtype} {self.images.shape}")
        if self.names and len(self.names) != count:
            raise ValueError(f"{len(self.names)} names don't fit {count} faces")
        if self.order is not None and not np.array_equal(np.sort(self.order), np.arange(count)):
            raise ValueError("The order doesn't hold each row once")
        images = self.images.view()
        images.flags.writeable = False
        object.__setattr__(self, "images", images)
        numbered = (f"Face {number:04d}" for number in range(1, count + 1))
        object.__setattr__(self, "names", tuple(self.names or numbered))

    def split(
        self, test_percent: float = 20, seed: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows to train on and those to test on, each in ``order``; fixed by the seed.

        Raises:
            DataError: there are fewer than two faces.
        """
        _, tests = self.parts(test_percent)
        count = len(self.images)
        chance = np.random.RandomState(seed).permutation(count)
        is_test = np.zeros(count, np.bool_)
        is_test[chance[:tests]] = True
        rows = np.arange(count) if self.order is None else self.order
        return rows[~is_test], rows[is_test]

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
class Prepared:
    """The faces are ready; ``skipped`` says in a sentence each which pictures were left out."""

    faces: FaceSet
    skipped: tuple[str, ...] = ()


def take(images: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return a copy of some rows of images (N, 48, 48, 3), which may lie in a memory map.

    The pages of a map that were read count as memory of this process. On Linux they are released
    after the copy and stay in the system's cache; mapping them again takes 0.2 ms for 64 images at
    random, a thousandth of a training step on a CPU.
    """
    chosen = images[rows]
    pages = _map_of(images)
    if sys.platform == "linux" and pages is not None:
        pages.madvise(mmap.MADV_DONTNEED)
    return chosen


def _map_of(images: NDArray[np.uint8]) -> mmap.mmap | None:
    """Return the map in which images lie, if it is one that can't be written to."""
    if not isinstance(images, np.memmap) or images.mode != "r":
        return None
    base: object = images
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
