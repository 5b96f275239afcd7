"""Paths between latents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Frames = NDArray[np.uint8]


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
