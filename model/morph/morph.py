"""Paths between latents, and the films made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.io.files import replacing

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


def save_gif(
    frames: Frames, path: Path, *, seconds: float, scale: int = 4, comment: str = ""
) -> None:
    """Write frames (T, H, W, 3) as an endless GIF that runs ``seconds`` once through.

    GIF counts time in hundredths of a second and players slow anything under two of them.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    images = [_enlarged(frame, scale) for frame in frames]
    duration = max(20, round(seconds * 100 / len(images)) * 10)
    with replacing(path) as temporary:
        images[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=images[1:],
            duration=duration,
            loop=0,
            comment=comment.encode(),
        )


def save_strip(frames: Frames, path: Path, *, scale: int = 4) -> None:
    """Write frames (T, H, W, 3) side by side as one PNG.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    strip = _enlarged(np.concatenate(list(frames), axis=1), scale)
    with replacing(path) as temporary:
        strip.save(temporary, format="PNG")


def _enlarged(frame: Frames, scale: int) -> Image.Image:
    image = Image.fromarray(frame)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.BICUBIC)
