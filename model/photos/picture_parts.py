"""Parts of picture files: texts and profiles of PNG, pages of TIFF, raw camera files."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from PIL import Image

RAW = "is a camera's raw file; save it as JPEG"

_PNG = b"\x89PNG\r\n\x1a\n"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_ORIENTING = (b"Raw profile type exif\0", b"Raw profile type APP1\0", b"XML:com.adobe.xmp\0")
"""Texts that may contain the orientation."""
_MAX_TEXT = 500_000
_MAX_PROFILE = 1_000_000
"""Largest profile that is kept, in bytes; Pillow refuses more than 1 MiB."""
_MAX_CHUNKS = 100_000

_MAX_PAGES = 100
_SUBFILE, _MAKE, _SUB_IFDS, _PHOTOMETRIC, _DNG_VERSION = 254, 271, 330, 262, 50706
_SENSOR_VALUES = (32803, 34892)
_SMALLER, _MASK = 1, 4  # bits of a TIFF page's subfile type
_RAW_SUFFIXES = frozenset(
    {
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq",
        ".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw",
        ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
    }
)  # fmt: skip
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM",
               b"II\x1a\0\0\0HEAP")  # fmt: skip


def without_texts(source: Path | bytes) -> Path | bytes:
    """Return a PNG without its long texts, and without a profile that Pillow would refuse.

    Other files are returned unchanged.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        if stream.read(8) != _PNG:
            return source
        chunks = list(_chunks(stream))
        if len(chunks) >= _MAX_CHUNKS:
            return source
        unwanted = {chunk for chunk in chunks if _is_unwanted(stream, *chunk)}
        if not unwanted:
            return source
        kept = io.BytesIO()
        kept.write(_PNG)
        for chunk in chunks:
            if chunk not in unwanted:
                stream.seek(chunk[1])
                kept.write(stream.read(12 + chunk[2]))
        return kept.getvalue()


def _chunks(stream: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, offset and length of each chunk."""
    place, count = 8, 0
    while count < _MAX_CHUNKS and len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        yield kind, place, length
        place, count = place + 12 + length, count + 1
        stream.seek(place)


def _is_unwanted(stream: IO[bytes], kind: bytes, place: int, length: int) -> bool:
    if kind not in _TEXTS and kind != b"iCCP":
        return False
    stream.seek(place + 8)
    body = stream.read(min(length, _MAX_TEXT + 1))
    if kind == b"iCCP":
        return _unpacks_to_more(body.partition(b"\0")[2][1:], _MAX_PROFILE)
    if length > _MAX_TEXT or not body.startswith(_ORIENTING):
        return True
    text = body.partition(b"\0")[2]
    if kind == b"zTXt":
        return _unpacks_to_more(text[1:], _MAX_TEXT)
    if kind == b"iTXt" and text[:1] == b"\1":
        packed = text[2:].partition(b"\0")[2].partition(b"\0")[2]
        return _unpacks_to_more(packed, _MAX_TEXT)
    return False


def _unpacks_to_more(packed: bytes, most: int) -> bool:
    try:
        return len(zlib.decompressobj().decompress(packed, most + 1)) > most
    except zlib.error:
        return True


def to_main_page(image: Image.Image) -> bool:
    """Seek the largest page of a TIFF but for reduced versions; return whether it is the first."""
    if image.format != "TIFF":
        return True
    best, main = _rank(image), 0
    for number in range(1, _MAX_PAGES):
        try:
            image.seek(number)
        except EOFError:
            break
        # An unreadable page isn't the main one.
        except Exception:
            continue
        rank = _rank(image)
        if rank > best:
            best, main = rank, number
    image.seek(main)
    return main == 0


def _rank(image: Any) -> tuple[bool, int]:
    kind = _as_int(image.tag_v2.get(_SUBFILE))
    return not kind & (_SMALLER | _MASK), image.width * image.height


def _as_int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def is_raw_photo(start: bytes, name: str, image: Any = None) -> bool:
    """Return whether a file with this ``start`` and ``name`` contains raw sensor data.

    ``image`` is Pillow's image of it, mostly a small preview.
    """
    tags = getattr(image, "tag_v2", None)
    if image is not None and tags is None:
        return False
    if os.path.splitext(name)[1].lower() in _RAW_SUFFIXES:  # noqa: PTH122
        return True
    if start.startswith(_RAW_STARTS) or start[4:12] == b"ftypcrx " or start[8:10] == b"CR":
        return True
    if tags is None:
        return False
    is_preview = bool(_as_int(tags.get(_SUBFILE)) & _SMALLER)
    return (
        _DNG_VERSION in tags
        or tags.get(_PHOTOMETRIC) in _SENSOR_VALUES
        or (is_preview and _MAKE in tags and _SUB_IFDS in tags)
    )
