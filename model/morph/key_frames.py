"""Paths between two faces and through several, grids between four, and sums of faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.morph.pace import EvenPace

Floats = NDArray[np.float32]
Frames = NDArray[np.uint8]
Times = NDArray[np.float64]


def linear(start: Floats, end: Floats, share: Floats) -> Floats:
    """Return latents (T, L) on the straight line; ``share`` (T,) runs from 0 (start) to 1."""
    weight = share.astype(np.float32)[:, None]
    return start * (1 - weight) + end * weight


def spherical(start: Floats, end: Floats, share: Floats) -> Floats:
    """Return latents (T, L) on the great arc about the origin; lengths change evenly.

    Falls back on the straight line where the arc isn't defined: equal or opposite directions.
    Source: Shoemake, "Animating rotation with quaternion curves", 1985.
    """
    # In single precision the arc cosine can't tell opposite directions from nearly opposite ones.
    ends = start.astype(np.float64), end.astype(np.float64)
    lengths = np.linalg.norm(ends[0]), np.linalg.norm(ends[1])
    if min(lengths) == 0:
        return linear(start, end, share)
    first, second = ends[0] / lengths[0], ends[1] / lengths[1]
    angle = np.arccos(np.clip(first @ second, -1, 1))
    if np.sin(angle) < 1e-4:
        return linear(start, end, share)
    weight = share.astype(np.float32)[:, None]
    arc = (np.sin((1 - weight) * angle) * first + np.sin(weight * angle) * second) / np.sin(angle)
    path = arc * (lengths[0] * (1 - weight) + lengths[1] * weight)
    return np.asarray(path, np.float32)


def there_and_back(frames: Frames) -> Frames:
    """Return the frames (T, H, W, 3) followed by the same in reverse, ends not repeated."""
    return np.concatenate([frames, frames[-2:0:-1]])


def _smooth(share: Floats) -> Floats:
    return np.asarray(share * share * (3 - 2 * share))


EASES: Mapping[str, Callable[[Floats], Floats]] = {
    "even": lambda share: share,
    "smooth": _smooth,
    "slow start": lambda share: share * share,
    "slow end": lambda share: share * (2 - share),
}
"""Easing on one segment of a path: from the share of its time to that of its length, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyFrame:
    """A latent (L,) on a path, and the way from it to the next one.

    ``seconds`` is above 0; ``ease`` is one of ``EASES``.
    """

    latent: Floats
    name: str = ""
    seconds: float = 1.0
    ease: str = "smooth"
    spherical: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """Two key frames or more; a loop goes from the last back to the first.

    ``back`` goes the same way back, so that the film ends where it began. With a ``pace``, which
    is measured of this path, the whole of it takes the same time, but its pictures change evenly:
    neither the eases nor the seconds of single segments count.

    Raises:
        ValueError: fewer than two key frames, an unknown ease, a segment without time, or the pace
            of a path with more or fewer segments.
    """

    frames: tuple[KeyFrame, ...]
    loop: bool = False
    back: bool = False
    pace: EvenPace | None = None

    def __post_init__(self) -> None:
        if len(self.frames) < 2:
            raise ValueError("a path needs at least two key frames")
        for frame in self.frames:
            if frame.ease not in EASES or not 0 < frame.seconds < np.inf:
                raise ValueError(f"“{frame.name}” has a wrong ease or time")
        if self.pace is not None and self.pace.segments != self.segments:
            raise ValueError("the pace is that of another path")

    @property
    def segments(self) -> int:
        """The number of segments, which a loop has one more of."""
        return len(self.frames) - (not self.loop)

    @property
    def ends(self) -> Times:
        """The seconds (S,) at which each segment ends, back and forth not counted."""
        seconds: Times = np.cumsum([frame.seconds for frame in self.frames[: self.segments]])
        if self.pace is None:
            return seconds
        shares = self.pace.shares_at(np.arange(1.0, self.segments + 1))
        return shares * float(seconds[-1])

    @property
    def seconds(self) -> float:
        """How long the whole path takes."""
        return float(self.ends[-1]) * (2 if self.back else 1)

    def at(self, seconds: Times) -> Floats:
        """Return the latents (T, L) at times (T,); beyond the end a loop starts again."""
        ends = self.ends
        whole = ends[-1]
        if self.back:
            times = whole - np.abs(whole - np.mod(seconds, 2 * whole))
        else:
            times = np.mod(seconds, whole) if self.loop else np.clip(seconds, 0, whole)
        if self.pace is not None:
            return self.along(self.pace.places_at(times / whole))
        segment = np.minimum(np.searchsorted(ends, times, side="right"), len(ends) - 1)
        lengths = np.diff(ends, prepend=0.0)
        share = (times - (ends - lengths)[segment]) / lengths[segment]
        for number in sorted(set(segment.tolist())):
            here, ease = segment == number, EASES[self.frames[number].ease]
            share[here] = ease(np.asarray(share[here], np.float32))
        return self._between(segment, share)

    def along(self, places: Times) -> Floats:
        """Return the latents (T, L) at places (T,): 0.5 is half way from the first to the second.

        Places run from 0 to ``segments``; times and eases don't count.
        """
        segment = np.clip(np.floor(places).astype(int), 0, self.segments - 1)
        return self._between(segment, np.clip(places - segment, 0, 1))

    def is_same_way(self, other: Path) -> bool:
        """Return whether another path leads through the same latents, at whatever times."""
        pairs = list(zip(self.frames, other.frames, strict=False))
        return (len(self.frames), self.loop) == (len(other.frames), other.loop) and all(
            one.spherical == two.spherical and np.array_equal(one.latent, two.latent)
            for one, two in pairs
        )

    def film(self, frames_per_second: float) -> Floats:
        """Return evenly spaced latents (T, L), T >= 2.

        A loop that starts again where it ended doesn't show that face twice.
        """
        endless = self.loop or self.back
        count = max(2, round(self.seconds * frames_per_second) + (not endless))
        return self.at(np.linspace(0, self.seconds, count, endpoint=not endless))

    def moved_to(self, latent: Floats) -> Path:
        """Return the same path beginning at another face (L,): the same changes, one by one."""
        offset = latent - self.frames[0].latent
        frames = tuple(
            KeyFrame(frame.latent + offset, frame.name, frame.seconds, frame.ease, frame.spherical)
            for frame in self.frames
        )
        return replace(self, frames=frames, pace=None)

    def _between(self, segment: NDArray[np.int_], share: Times) -> Floats:
        """Return the latents (T, L) at shares (T,) of the segments (T,)."""
        latents = np.empty((len(share), len(self.frames[0].latent)), np.float32)
        for number in sorted(set(segment.tolist())):  # np.unique imports numpy.ma, for 40 ms
            here = segment == number
            first, second = self.frames[number], self.frames[(number + 1) % len(self.frames)]
            walk = spherical if first.spherical else linear
            part = np.asarray(share[here], np.float32)
            latents[here] = walk(first.latent, second.latent, part)
        return latents


def grid(corners: Sequence[Floats], rows: int, columns: int, *, arc: bool = False) -> Floats:
    """Return latents (rows, columns, L) between four corners (L,).

    The corners are top left, top right, bottom left, bottom right; ``arc`` goes along great arcs
    down the sides and then across, instead of straight.
    """
    walk = spherical if arc else linear
    down, across = (np.linspace(0, 1, count, dtype=np.float32) for count in (rows, columns))
    left, right = walk(corners[0], corners[2], down), walk(corners[1], corners[3], down)
    return np.stack([walk(*ends, across) for ends in zip(left, right, strict=True)])


def analogy(a: Floats, b: Floats, c: Floats, strength: float = 1.0) -> Floats:
    """Return A - B + C (L,): what A has and B lacks, added to C, so strongly.

    Source: Mikolov et al., "Linguistic regularities in continuous space word representations",
    2013; of faces: Radford et al., "Unsupervised representation learning with DCGANs", 2016.
    """
    return np.asarray(c + np.float32(strength) * (a - b), np.float32)
