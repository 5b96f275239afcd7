"""MP4 by imageio-ffmpeg, an optional extra."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image


def encode(
    path: Path, frames: Iterable[Image.Image], side: int, frames_per_second: float, comment: str
) -> Iterator[None]:
    """Write a video of (``side``, ``side``) px, which is even; yield after each frame.

    Raises:
        OSError, RuntimeError: the encoder isn't there or failed; what was written is no film.
    """
    from imageio_ffmpeg import write_frames

    writer = write_frames(
        os.fspath(path),
        (side, side),
        fps=frames_per_second,
        macro_block_size=2,
        quality=None,
        output_params=["-crf", "16", "-metadata", f"comment={comment}", "-f", "mp4"],
    )
    writer.send(None)
    count = 0
    try:
        for frame in frames:
            writer.send(np.asarray(frame, order="C"))
            count += 1
            yield
    finally:
        writer.close()
    # A full disk, for one, ends the encoder without a word.
    if _count(path) != count:
        raise RuntimeError("frames are missing; is there room on the disk?")


def _count(path: Path) -> int:
    from imageio_ffmpeg import count_frames_and_secs

    try:
        return int(count_frames_and_secs(path)[0])
    except RuntimeError:  # it is no film
        return 0
