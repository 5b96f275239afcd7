"""Films and pictures of faces as files: animations, strips, grids, single frames, video."""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from model.files import replacing, write_bytes
from model.morph import save_gif

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

SIZES = (48, 96, 192, 288, 384, 480)
"""Pixels of a face's side to choose from; all but the first are enlarged by Lanczos' filter."""

PROGRAM = "CAE Studio"
_AT_ONCE = 16
_MAX_FRAMES = 3000


class FilmError(RuntimeError):
    """A film that can't be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Filming:
    """How far a film is, in frames; ``path`` is given when it is finished."""

    done: int
    total: int
    path: Path | None = None


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
) -> Iterator[Filming]:
    """Decode latents (T, L) and write them; ``decode`` returns uint8 (N, 48, 48, 3) of (N, L).

    Closing the iterator leaves an older file as it was. GIF has no place for ``about`` but a
    comment, MP4 for a comment as well; WebP keeps it as XMP, PNG as text, frames as a JSON file.

    Raises:
        FilmError: an encoder is missing or failed, there are too many frames, or the folder for
            frames isn't empty.
        OSError: the file can't be written.
    """
    if not 0 < len(latents) <= _MAX_FRAMES:
        raise FilmError(f"A film has 1 to {_MAX_FRAMES:,} frames, not {len(latents):,}.")
    if settings.format == "MP4":
        _check_encoder()
    frames = np.empty((len(latents), 48, 48, 3), np.uint8)
    for start in range(0, len(latents), _AT_ONCE):
        frames[start : start + _AT_ONCE] = decode(latents[start : start + _AT_ONCE])
        yield Filming(min(start + _AT_ONCE, len(latents)) // 2, len(latents))
    yield from _WRITERS[settings.format](frames, path, settings)
    yield Filming(len(latents), len(latents), path)


def about_text(settings: FilmSettings) -> str:
    """Return what made the film, as JSON with a fixed order."""
    made = {"program": PROGRAM, "format": settings.format, "size": settings.size}
    if settings.format not in ("PNG strip", "PNG grid", "PNG frames"):
        made["frames_per_second"] = settings.frames_per_second
    return json.dumps({**made, **settings.about}, ensure_ascii=False)


def enlarged(frame: Frames, size: int) -> Image.Image:
    """Return a face (48, 48, 3) at another size, by Lanczos' filter."""
    image = Image.fromarray(frame)
    return image if size == 48 else image.resize((size, size), Image.Resampling.LANCZOS)


def _gif(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[Filming]:
    large = [np.asarray(enlarged(frame, settings.size)) for frame in frames]
    seconds = len(frames) / settings.frames_per_second
    save_gif(np.stack(large), path, seconds=seconds, scale=1, comment=about_text(settings))
    yield Filming(len(frames), len(frames))


def _animation(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[Filming]:
    first, *others = [enlarged(frame, settings.size) for frame in frames]
    shared: dict[str, Any] = {
        "save_all": True,
        "append_images": others,
        "duration": max(1, round(1000 / settings.frames_per_second)),
        "loop": 0,
    }
    with replacing(path) as draft:
        if settings.format == "WebP":
            first.save(draft, "WEBP", quality=90, method=4, xmp=_xmp(settings), **shared)
        else:
            first.save(draft, "PNG", pnginfo=_png_text(settings), **shared)
    yield Filming(len(frames), len(frames))


def _strip(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[Filming]:
    """Write one picture with all frames; a strip is a grid of one row."""
    size = settings.size
    columns = len(frames) if settings.format == "PNG strip" else _columns(settings, len(frames))
    rows = -(-len(frames) // columns)
    picture = Image.new("RGB", (columns * size, rows * size))
    for number, frame in enumerate(frames):
        place = number % columns * size, number // columns * size
        picture.paste(enlarged(frame, size), place)
    with replacing(path) as draft:
        picture.save(draft, "PNG", pnginfo=_png_text(settings))
    yield Filming(len(frames), len(frames))


def _columns(settings: FilmSettings, count: int) -> int:
    return min(settings.columns or int(np.ceil(count**0.5)), count)


def _single(frames: Frames, path: Path, settings: FilmSettings) -> Iterator[Filming]:
    """Write numbered pictures to a folder that appears when all are there."""
    if path.exists() and any(path.iterdir()):
        raise FilmError(f"“{path.name}” isn't empty. Choose another folder for the frames.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as name:
        draft = Path(name) / "frames"
        draft.mkdir()
        for number, frame in enumerate(frames, 1):
            picture = enlarged(frame, settings.size)
            picture.save(draft / f"{number:04}.png", pnginfo=_png_text(settings))
            yield Filming((len(frames) + number) // 2, len(frames))
        write_bytes(draft / "about.json", about_text(settings).encode())
        if path.exists():
            path.rmdir()
        draft.rename(path)


def _video(frames: Frames, path: Path, settings: FilmSettings) -> Generator[Filming, None, None]:
    from imageio_ffmpeg import write_frames

    size = settings.size + settings.size % 2  # H.264 halves the resolution of colors
    with replacing(path) as draft:
        writer = write_frames(
            os.fspath(draft),
            (size, size),
            fps=settings.frames_per_second,
            macro_block_size=2,
            quality=None,
            output_params=["-crf", "16", "-metadata", f"comment={about_text(settings)}"],
        )
        writer.send(None)
        try:
            for number, frame in enumerate(frames, 1):
                writer.send(np.ascontiguousarray(enlarged(frame, size)))
                yield Filming((len(frames) + number) // 2, len(frames))
        except OSError as error:
            raise FilmError(f"The video couldn't be encoded: {error}") from error
        finally:
            writer.close()


def has_encoder() -> bool:
    """Tell whether video can be written."""
    return importlib.util.find_spec("imageio_ffmpeg") is not None


def _check_encoder() -> None:
    if not has_encoder():
        raise FilmError(
            "MP4 needs imageio-ffmpeg: run “python -m pip install -c constraints.txt '.[video]'”, "
            "or choose another format."
        )


def _png_text(settings: FilmSettings) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", PROGRAM)
    info.add_itxt("Description", about_text(settings))
    return info


def _xmp(settings: FilmSettings) -> bytes:
    from xml.sax.saxutils import escape

    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about=""><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(about_text(settings))}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


_WRITERS: Mapping[str, Callable[[Frames, Path, FilmSettings], Iterator[Filming]]] = {
    "GIF": _gif,
    "WebP": _animation,
    "PNG": _animation,
    "PNG strip": _strip,
    "PNG grid": _strip,
    "PNG frames": _single,
    "MP4": _video,
}
