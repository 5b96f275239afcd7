"""Films and pictures of faces as files: animations, strips, grids, single frames, video."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.face_set import FACE_SHAPE, FACE_SIZE
from model.io.files import followed, new_folder, replacing, write_bytes
from model.morph.animation import (
    PROGRAM,
    WRITERS,
    AnimationSettings,
    about_chunks,
    png_info,
    write_picture,
)
from model.progress import WorkProgress

Frames = NDArray[np.uint8]
Decode = Callable[[NDArray[np.float32]], Frames]

FORMATS = {
    "GIF": ".gif",
    "WebP": ".webp",
    "PNG": ".png",
    "PNG strip": ".png",
    "PNG grid": ".png",
    "PNG frames": "",
    "MP4": ".mp4",
}
"""Each format and the suffix of its file; frames are a folder. WebP and PNG are animations."""

PICTURES = ("PNG strip", "PNG grid")
"""Formats that show all faces in one picture."""

NO_ENCODER = (
    "MP4 needs imageio-ffmpeg: run “python -m pip install -c constraints.txt '.[video]'”, "
    "or choose another format."
)

SIZES = (FACE_SIZE, 96, 192, 288, 384, 480)
"""Pixels of a face's side to choose from; all but the first are enlarged by Lanczos' filter."""

_TEXT = "Exporting"

# Converted by BT.709 and said so: players take what doesn't say it for one or the other.
# Source: ITU-R, "Recommendation BT.709-6", 2015.
_HD_COLORS = (
    "-vf",
    "scale=out_color_matrix=bt709:out_range=tv:flags=lanczos+accurate_rnd+full_chroma_int,"
    "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
    *("-color_range", "tv", "-colorspace", "bt709"),
    *("-color_primaries", "bt709", "-color_trc", "bt709"),
    *("-movflags", "+faststart"),
)
_AT_ONCE = 16
_MAX_FRAMES = 3000
_MAX_PIXELS, _MAX_SIDE = 100_000_000, 32_767  # beyond them few programs show a picture


class FilmError(RuntimeError):
    """A film that can't be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class FilmSettings:
    """What a film is like. ``about`` goes into the file: model, faces, settings.

    ``size`` is the side of a face in pixels; ``columns`` is for grids.
    """

    format: str
    size: int = 192
    frames_per_second: float = 25.0
    columns: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)


def export_film(
    latents: NDArray[np.float32], decode: Decode, path: Path, settings: FilmSettings
) -> Iterator[WorkProgress]:
    """Decode latents (T, L) and write them; ``decode`` returns uint8 (N, 48, 48, 3) of (N, L).

    Yields how far it is, in frames.

    Closing the iterator leaves an older file as it was. GIF has no place for ``about`` but a
    comment, MP4 for a comment as well; WebP keeps it as XMP, PNG as text, frames as a JSON file.

    Raises:
        FilmError: ``why_not`` says why, the encoder failed, or the folder for frames isn't empty.
        OSError: the file can't be written.
    """
    problem = why_not(settings, len(latents))
    if problem:
        raise FilmError(problem)
    frames = np.empty((len(latents), *FACE_SHAPE), np.uint8)
    for start in range(0, len(latents), _AT_ONCE):
        frames[start : start + _AT_ONCE] = decode(latents[start : start + _AT_ONCE])
        yield WorkProgress(_TEXT, min(start + _AT_ONCE, len(latents)) // 2, len(latents))
    yield from write_film(frames, path, settings)


def write_film(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[WorkProgress]:
    """Write faces (T, 48, 48, 3) as a film of any size; yields as the second half of the work.

    Raises:
        FilmError: the encoder failed, or the folder for frames isn't empty.
        OSError: the file can't be written; an older one of that name is kept.
    """
    yield from _STEPS[settings.format](frames, path, settings)


def why_not(settings: FilmSettings, count: int) -> str:
    """Return the sentence why ``count`` faces can't be exported like that, or ""."""
    if not 0 < count <= _MAX_FRAMES:
        return f"A film has 1 to {_MAX_FRAMES:,} frames, not {count:,}."
    if settings.format == "MP4" and not has_encoder():
        return NO_ENCODER
    width, height = extent(settings, count)
    if width * height > _MAX_PIXELS or max(width, height) > _MAX_SIDE:
        return f"{width:,} × {height:,} pixels are too many. Choose fewer or smaller faces."
    return ""


def extent(settings: FilmSettings, count: int) -> tuple[int, int]:
    """Return the width and height in pixels of what ``count`` faces become."""
    columns = _columns(settings, count)
    rows = -(-count // columns) if settings.format in PICTURES else 1
    return columns * settings.size, rows * settings.size


def about_text(settings: FilmSettings) -> str:
    """Return what made the film, as JSON with a fixed order."""
    made = {"program": PROGRAM, "format": settings.format, "size": settings.size}
    if settings.format not in (*PICTURES, "PNG frames"):
        made["frames_per_second"] = settings.frames_per_second
    return json.dumps({**made, **settings.about}, ensure_ascii=False)


def enlarged(frame: Frames, size: int) -> Image.Image:
    """Return a face (48, 48, 3) at another size, by Lanczos' filter."""
    image = Image.fromarray(frame)
    return image if size == FACE_SIZE else image.resize((size, size), Image.Resampling.LANCZOS)


def _animation(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[WorkProgress]:
    count = len(frames)
    rate, about = settings.frames_per_second, about_text(settings)
    wanted = AnimationSettings(count, settings.size, rate, about, faces=frames)
    large = (enlarged(frame, settings.size) for frame in frames)
    with replacing(path) as draft, draft.open("wb") as file:
        for number, _ in enumerate(WRITERS[settings.format](file, large, wanted), 1):
            yield WorkProgress(_TEXT, (count + number) // 2, count)


def _strip(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[WorkProgress]:
    """Write one picture with all frames; a strip is a grid of one row."""
    count, (width, height) = len(frames), extent(settings, len(frames))
    about = about_chunks(about_text(settings))
    with replacing(path) as draft, draft.open("wb") as file:
        for rows in write_picture(file, _bands(frames, settings), (width, height), about):
            yield WorkProgress(_TEXT, (count + count * rows // height) // 2, count)


def _bands(frames: Frames, settings: FilmSettings) -> Iterator[Frames]:
    """Yield the picture (H, W, 3) of one row of faces after the other."""
    size, columns = settings.size, _columns(settings, len(frames))
    for start in range(0, len(frames), columns):
        band = np.zeros((size, columns, size, 3), np.uint8)
        for place, frame in enumerate(frames[start : start + columns]):
            band[:, place] = np.asarray(enlarged(frame, size))
        yield band.reshape(size, columns * size, 3)


def _columns(settings: FilmSettings, count: int) -> int:
    if settings.format == "PNG strip":
        return count
    if settings.format == "PNG grid":
        return min(settings.columns or int(np.ceil(count**0.5)), count)
    return 1


def _single(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[WorkProgress]:
    """Write numbered pictures to a folder that appears when all are there."""
    if path.exists() and any(path.iterdir()):
        raise FilmError(f"“{path.name}” isn't empty. Choose another folder for the frames.")
    path = followed(path)
    draft = new_folder(path)
    try:
        info = png_info(about_text(settings))
        for number, frame in enumerate(frames, 1):
            image = enlarged(frame, settings.size)
            image.save(draft / f"{number:04}.png", "PNG", pnginfo=info)
            yield WorkProgress(_TEXT, (len(frames) + number) // 2, len(frames))
        write_bytes(draft / "about.json", about_text(settings).encode())
        if path.exists():
            path.rmdir()
        draft.rename(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _video(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[WorkProgress]:
    count, rate = len(frames), settings.frames_per_second
    side = settings.size + settings.size % 2  # H.264 halves the resolution of colors
    large = (enlarged(frame, side) for frame in frames)
    with replacing(path) as draft:
        try:
            for number, _ in enumerate(
                write_video(draft, large, side, rate, about_text(settings)), 1
            ):
                yield WorkProgress(_TEXT, (count + number) // 2, count)
        except (OSError, RuntimeError) as error:
            reason = str(error).partition("\n")[0].rstrip(":.")
            raise FilmError(f"The video couldn't be encoded: {reason}.") from error


def has_encoder() -> bool:
    """Tell whether video can be written."""
    return importlib.util.find_spec("imageio_ffmpeg") is not None


_STEPS: Mapping[str, Callable[[Frames, Path, FilmSettings], Iterator[WorkProgress]]] = {
    "GIF": _animation,
    "WebP": _animation,
    "PNG": _animation,
    "PNG strip": _strip,
    "PNG grid": _strip,
    "PNG frames": _single,
    "MP4": _video,
}


def write_video(
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
        output_params=[*_HD_COLORS, "-crf", "16", "-metadata", f"comment={comment}", "-f", "mp4"],
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
    # On a full disk, for example, the encoder ends without an error.
    if _count(path) != count:
        raise RuntimeError("frames are missing; is there room on the disk?")


def _count(path: Path) -> int:
    from imageio_ffmpeg import count_frames_and_secs

    try:
        return int(count_frames_and_secs(path)[0])
    except RuntimeError:  # it is no film
        return 0
