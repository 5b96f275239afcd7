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
from dataclasses import dataclass
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
_GIF_MIN, _GIF_MAX = 2, 0xFFFF  # hundredths of a second; players slow shorter ones

Pixels = NDArray[np.uint8]

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"

_PNG_UP = 2  # the filter's number
_PNG_LEVEL = 6
_PNG_ROWS = 64


@dataclass(frozen=True, slots=True)
class AnimationSettings:
    """``count`` frames of (``side``, ``side``) px; ``about`` says what made them, as JSON."""

    count: int
    side: int
    frames_per_second: float
    about: str

    def durations(self, per_second: int) -> list[int]:
        """Return how long each frame lasts in units of time, so that the whole takes its time."""
        ends = np.arange(self.count + 1) * per_second / self.frames_per_second
        return [int(step) for step in np.diff(np.round(ends))]


def write_gif(
    file: BinaryIO, frames: Iterable[Image.Image], settings: AnimationSettings
) -> Iterator[None]:
    """Write an endless GIF with 256 colors a frame; yield after each.

    Source: CompuServe, "Graphics Interchange Format, version 89a", 1990.
    """
    side = struct.pack("<HH", settings.side, settings.side)
    file.write(b"GIF89a" + side + b"\x70\x00\x00")
    file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
    file.write(b"!\xfe" + _gif_blocks(settings.about.encode()))
    for frame, duration in zip(frames, settings.durations(100), strict=True):
        shown = min(max(duration, _GIF_MIN), _GIF_MAX)
        file.write(struct.pack("<4sHBB", b"!\xf9\x04\x00", shown, 0, 0))
        file.write(_gif_image(frame))
        yield
    file.write(b";")


def write_webp(
    file: BinaryIO, frames: Iterable[Image.Image], settings: AnimationSettings
) -> Iterator[None]:
    """Write an endless lossy WebP with ``about`` as XMP; yield after each frame.

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
    """Write an endless PNG animation; yield after each frame.

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


def _gif_image(frame: Image.Image) -> bytes:
    """Return the image of a GIF of one frame, with the colors that were the whole file's."""
    # From all pixels of 480 px a palette takes six times as long.
    palette = frame.resize((FACE_SIZE, FACE_SIZE)).quantize(256)
    colors = frame.quantize(palette=palette, dither=Image.Dither.NONE)
    content = _encoded(colors, "GIF", interlace=0)
    size = content[10] & 7
    start = 13 + 3 * (2 << size)
    image = content.index(b",", start)
    place = content[image : image + 9] + bytes([0x80 | size])
    return place + content[13:start] + content[image + 10 : -1]


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
