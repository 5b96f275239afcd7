"""GIF, WebP and PNG written in parts: any number of frames, pictures of any size.

Pillow encodes the single frames of GIF and WebP. Its own writers of animations keep all frames
until the end, 2 GB of 3,000 at 480 px, and can't be stopped on the way.

PNG is written here, in the memory of a few rows: Pillow takes a whole picture, 300 MB of 100
megapixels. Each row is stored as its difference from the one above, which suits enlarged faces: a
grid of 49 takes 5.5 MB in 2.2 s, against 6.8 MB in 4.5 s by Pillow.
Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model.face_set import FACE_SIZE

PROGRAM = "CAE Studio"
Pixels = NDArray[np.uint8]

_GIF_MIN, _GIF_MAX = 2, 0xFFFF  # hundredths of a second; players slow shorter ones
_GIF_FACES = 64  # of which the colors are chosen
_GIF_DITHER = 6  # levels from the lowest to the highest of the pattern

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"

_PNG_UP = 2  # the filter's number
_PNG_LEVEL = 6
_PNG_ROWS = 64


@dataclass(frozen=True, slots=True)
class AnimationSettings:
    """``count`` frames of (``side``, ``side``) px; ``about`` says what made them, as JSON.

    ``faces`` uint8 (T, H, W, 3) are the frames before they were enlarged: of them, the colors of a
    GIF are chosen.
    """

    count: int
    side: int
    frames_per_second: float
    about: str
    faces: Pixels = field(repr=False, compare=False)

    def durations(self, per_second: int) -> list[int]:
        """Return how long each frame lasts in units of time, so that the whole takes its time."""
        ends = np.arange(self.count + 1) * per_second / self.frames_per_second
        return [int(step) for step in np.diff(np.round(ends))]


def write_gif(
    file: BinaryIO, frames: Iterable[Image.Image], settings: AnimationSettings
) -> Iterator[None]:
    """Write a looping GIF with 256 colors; yield after each frame.

    All frames have the same colors and the same pattern of dithering, so that pixels that don't
    change in the film don't change in the GIF. With a palette for each frame, pixels that hardly
    change jumped; with error diffusion, each change runs on through the rest of its frame. Sources:
    CompuServe, "Graphics Interchange Format, version 89a", 1990; B. E. Bayer, "An optimum method
    for two-level rendition of continuous-tone pictures", 1973.
    """
    palette = _gif_palette(settings.faces)
    nearest, pattern = _gif_nearest(palette), _gif_pattern(settings.side)
    side = struct.pack("<HH", settings.side, settings.side)
    file.write(b"GIF89a" + side + b"\xf7\x00\x00" + palette.tobytes())
    file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
    file.write(b"!\xfe" + _gif_blocks(settings.about.encode()))
    for frame, duration in zip(frames, settings.durations(100), strict=True):
        shown = min(max(duration, _GIF_MIN), _GIF_MAX)
        file.write(struct.pack("<4sHBB", b"!\xf9\x04\x00", shown, 0, 0))
        file.write(_gif_image(frame, palette, nearest, pattern))
        yield
    file.write(b";")


def write_webp(
    file: BinaryIO, frames: Iterable[Image.Image], settings: AnimationSettings
) -> Iterator[None]:
    """Write a looping lossy WebP with ``about`` as XMP; yield after each frame.

    Source: https://developers.google.com/speed/webp/docs/riff_container.
    """
    side = _three(settings.side - 1) * 2
    file.write(b"RIFF\0\0\0\0WEBP")
    file.write(_riff(b"VP8X", b"\x06\0\0\0" + side))  # an animation, and XMP
    file.write(_riff(b"ANIM", bytes(6)))  # without an end
    for frame, duration in zip(frames, settings.durations(1000), strict=True):
        place = bytes(6) + side + _three(duration) + b"\x02"  # replaces what was there
        file.write(_riff(b"ANMF", place + _encoded(frame, "WEBP", quality=90, method=4)[12:]))
        yield
    file.write(_riff(b"XMP ", _xmp(settings.about)))
    size = file.tell() - 8
    file.seek(4)
    file.write(struct.pack("<I", size))


def write_png(
    file: BinaryIO, frames: Iterable[Image.Image], settings: AnimationSettings
) -> Iterator[None]:
    """Write a looping PNG animation; yield after each frame.

    Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
    """
    side, numbers = settings.side, count()
    file.write(_png_head(side, side) + about_chunks(settings.about))
    file.write(_png_chunk(b"acTL", struct.pack(">II", settings.count, 0)))
    for index, (frame, duration) in enumerate(zip(frames, settings.durations(1000), strict=True)):
        control = struct.pack(">IIIIIHHBB", next(numbers), side, side, 0, 0, duration, 1000, 0, 0)
        data = _png_data(np.asarray(frame))
        file.write(_png_chunk(b"fcTL", control))
        if index == 0:
            file.write(_png_chunk(b"IDAT", data))
        else:
            file.write(_png_chunk(b"fdAT", struct.pack(">I", next(numbers)) + data))
        yield
    file.write(_PNG_END)


def png_info(about: str) -> PngInfo:
    """Return what made a PNG, for Pillow to write into it."""
    info = PngInfo()
    info.add_itxt("Software", PROGRAM)
    info.add_itxt("Description", about)
    return info


def about_chunks(about: str) -> bytes:
    """Return the same as the chunks of a file that is written in parts."""
    return b"".join(_png_chunk(name, content) for name, content, _ in png_info(about).chunks)


Write = Callable[[BinaryIO, Iterable[Image.Image], AnimationSettings], Iterator[None]]

WRITERS: Mapping[str, Write] = {"GIF": write_gif, "WebP": write_webp, "PNG": write_png}


def _encoded(frame: Image.Image, format: str, **how: Any) -> bytes:
    buffer = BytesIO()
    frame.save(buffer, format, **how)
    return buffer.getvalue()


def _gif_palette(faces: Pixels) -> Pixels:
    """Return the 256 colors (256, 3) that suit all faces (T, H, W, 3)."""
    few = np.linspace(0, len(faces) - 1, min(len(faces), _GIF_FACES)).astype(int)
    step = max(1, faces.shape[1] // FACE_SIZE)
    sample = faces[few, ::step, ::step]
    # Enlarging goes beyond the colors of a face here and there; the nearest will do.
    image = Image.fromarray(sample.reshape(-1, sample.shape[2], 3)).quantize(256, kmeans=1)
    colors = np.asarray(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    return np.pad(colors, ((0, 256 - len(colors)), (0, 0)), mode="edge")


def _gif_nearest(palette: Pixels) -> Pixels:
    """Return the nearest color of the palette to every fourth level of each channel, flat."""
    levels = np.arange(64, dtype=np.float32) * 4 + 1.5
    greens, blues = (grid.ravel() for grid in np.meshgrid(levels, levels, indexing="ij"))
    colors = palette.astype(np.float32)
    squares = (colors**2).sum(axis=1)
    nearest = np.empty((64, 64 * 64), np.uint8)
    for index, red in enumerate(levels):  # a part at a time: all distances would take 268 MB
        points = np.stack([np.full_like(greens, red), greens, blues], axis=1)
        nearest[index] = (squares - 2 * points @ colors.T).argmin(axis=1)
    return nearest.ravel()


def _gif_pattern(side: int) -> NDArray[np.int16]:
    """Return what is added to the pixels of every frame, (side, side, 1): Bayer's 8 x 8 pattern."""
    order = np.zeros((1, 1))
    for _ in range(3):
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    tile = np.round((order / 63 - 0.5) * _GIF_DITHER).astype(np.int16)
    times = -(-side // 8)
    return np.tile(tile, (times, times))[:side, :side, None]


def _gif_image(
    frame: Image.Image, palette: Pixels, nearest: Pixels, pattern: NDArray[np.int16]
) -> bytes:
    """Return the image of a GIF, in colors of the whole file."""
    pixels = np.clip(np.asarray(frame) + pattern, 0, 255) >> 2
    places = (pixels[..., 0].astype(np.int32) << 12) | (pixels[..., 1] << 6) | pixels[..., 2]
    colors = Image.frombytes("P", frame.size, nearest[places].tobytes())
    colors.putpalette(palette.tobytes())
    content = _encoded(colors, "GIF", interlace=0, optimize=False)
    image = content.index(b",", 13 + palette.size)
    return content[image : image + 9] + b"\0" + content[image + 10 : -1]


def _gif_blocks(content: bytes) -> bytes:
    parts = (content[start : start + 255] for start in range(0, len(content), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _riff(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def _xmp(about: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about=""><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(about)}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def write_picture(
    file: BinaryIO, bands: Iterable[Pixels], size: tuple[int, int], texts: bytes = b""
) -> Iterator[int]:
    """Write bands of rows uint8 (H, W, 3), ``size`` (width, height) in all.

    Yields how many rows are written, every 64 rows at least.
    """
    file.write(_png_head(*size) + texts)
    packer = _packer()
    above, done = np.zeros((size[0], 3), np.uint8), 0
    for band in bands:
        for start in range(0, len(band), _PNG_ROWS):
            rows = band[start : start + _PNG_ROWS]
            file.write(_png_chunk(b"IDAT", packer.compress(_filtered(rows, above))))
            above, done = rows[-1], done + len(rows)
            yield done
    file.write(_png_chunk(b"IDAT", packer.flush()) + _PNG_END)


def _png_data(pixels: Pixels) -> bytes:
    """Return pixels uint8 (H, W, 3) as they are stored in IDAT and fdAT."""
    packer = _packer()
    return packer.compress(_filtered(pixels, np.zeros_like(pixels[0]))) + packer.flush()


def _png_head(width: int, height: int) -> bytes:
    """Return the beginning of an RGB file."""
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(
        b"IHDR", struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    )


def _png_chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of the file."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _packer() -> zlib._Compress:
    return zlib.compressobj(_PNG_LEVEL, strategy=zlib.Z_FILTERED)


def _filtered(rows: Pixels, above: Pixels) -> bytes:
    count, width, channels = rows.shape
    lines = np.empty((count, 1 + width * channels), np.uint8)
    lines[:, 0] = _PNG_UP
    before = np.concatenate([above[None], rows[:-1]])
    lines[:, 1:] = (rows - before).reshape(count, width * channels)
    return lines.tobytes()
