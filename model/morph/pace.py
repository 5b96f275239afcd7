"""Even pace: a way whose pictures change by the same amount from each frame to the next.

A straight line in the latent space, walked evenly, isn't even to the eye: the decoder changes more
in some places than in others. The pictures along the way are measured instead, and the way is
walked by the length of their path, as a curve is parametrized by arc length.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.progress import WorkProgress

Floats = NDArray[np.float32]
Times = NDArray[np.float64]
Way = Callable[[Times], Floats]
Decode = Callable[[Floats], Floats]

SAMPLES = 65
"""Pictures of a way with few segments; each segment has 17 at least."""
_LEAST = 16  # intervals of a segment
_UNEVEN = 1.1  # intervals whose speeds differ by more are halved
_ROUNDS = 3
_MOST = 4  # times as many pictures as at first
_AT_ONCE = 16
_STILL = 1e-3  # of the mean speed: the least that counts, so that no time stands still


@dataclass(frozen=True, slots=True, eq=False)
class EvenPace:
    """How far the pictures of a way have changed: ``changes`` (K,) at ``places`` (K,).

    Places run from 0 to the number of segments, changes from 0 to 1; both increase strictly.

    Raises:
        ValueError: they don't.
    """

    places: Times
    changes: Times

    def __post_init__(self) -> None:
        parts = (self.places, self.changes)
        is_rising = all(bool((np.diff(part) > 0).all()) for part in parts)
        if len(self.places) != len(self.changes) or len(self.places) < 2 or not is_rising:
            raise ValueError("a pace needs places and changes that increase")

    @property
    def segments(self) -> int:
        """The number of segments of the way."""
        return round(float(self.places[-1]))

    def places_at(self, shares: Times) -> Times:
        """Return the places (T,) where these shares (T,) of the whole change are done, 0 to 1."""
        return np.interp(shares, self.changes, self.places)

    def shares_at(self, places: Times) -> Times:
        """Return the shares (T,) of the whole change that are done at places (T,)."""
        return np.interp(places, self.places, self.changes)


def even_times(way: Way, decode: Decode, count: int, *, segments: int = 1) -> Times:
    """Return places (count,) on a way, 0 to ``segments``, between which pictures change evenly.

    ``way`` returns latents (T, L) at places (T,). ``decode`` returns their pictures (T, ...), of
    any scale, but exact: rounded to 255 steps small changes count too much.
    """
    *_, pace = measure_pace(way, decode, segments=segments)
    assert isinstance(pace, EvenPace)
    return pace.places_at(np.linspace(0, 1, count))


def measure_pace(
    way: Way, decode: Decode, *, segments: int = 1
) -> Iterator[WorkProgress | EvenPace]:
    """Decode a way at ``SAMPLES`` places or more, and yield its pace last.

    Intervals are halved where their speed differs from their neighbour's. The change from picture
    to picture is the root of the mean squared difference of their pixels.
    """
    each = max(_LEAST, -(-(SAMPLES - 1) // segments))
    places = np.linspace(0, segments, each * segments + 1)
    most = _MOST * len(places)
    pictures = yield from _pictures(way, decode, places)
    steps = picture_steps(pictures)
    for _ in range(_ROUNDS):
        new = _uneven(places, steps)[: most - len(places)]
        if not len(new):
            break
        found = yield from _pictures(way, decode, new)
        order = np.argsort(np.concatenate([places, new]), kind="stable")
        places = np.concatenate([places, new])[order]
        pictures = np.concatenate([pictures, found])[order]
        steps = picture_steps(pictures)
    yield _pace(places, steps)


def picture_steps(pictures: NDArray[np.generic]) -> Times:
    """Return by how much each picture (T, ...) differs from the one before: RMS, (T - 1,)."""
    rows = pictures.reshape(len(pictures), -1).astype(np.float32)
    squares: Times = np.square(np.diff(rows, axis=0)).mean(axis=1, dtype=np.float64)
    return np.sqrt(squares)


def _pictures(way: Way, decode: Decode, places: Times) -> Generator[WorkProgress, None, Floats]:
    """Return the pictures (T, ...) at places (T,)."""
    found = []
    for start in range(0, len(places), _AT_ONCE):
        yield WorkProgress("Measuring the pace", start, len(places))
        found.append(decode(way(places[start : start + _AT_ONCE])))
    return np.concatenate(found)


def _uneven(places: Times, steps: Times) -> Times:
    """Return the middles of intervals whose speed differs from that of one beside them.

    Across a key frame, where the way may turn, speeds aren't compared.
    """
    widths = np.diff(places)
    speeds = np.maximum(steps / widths, _STILL * steps.sum() / places[-1])
    if not speeds.all():  # nothing changes at all
        return places[:0]
    ratio = speeds[1:] / speeds[:-1]
    inner = places[1:-1]
    differs = (np.maximum(ratio, 1 / ratio) > _UNEVEN) & (inner != np.round(inner))
    chosen = np.zeros(len(steps), np.bool_)
    chosen[1:] |= differs
    chosen[:-1] |= differs
    return (places[:-1] + widths / 2)[chosen]


def _pace(places: Times, steps: Times) -> EvenPace:
    widths = np.diff(places)
    total = float(steps.sum())
    if not total:
        return EvenPace(places, places / places[-1])
    least = _STILL * total * widths / places[-1]
    changes = np.concatenate([[0.0], np.cumsum(np.maximum(steps, least))])
    return EvenPace(places, changes / changes[-1])
