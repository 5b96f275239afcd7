"""The files of the photo library: a PNG for each face, with name and box, and an index."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model.face_set import FACE_SHAPE
from model.io.files import check_ordinary, read_bytes, readable, replacing, write_bytes
from model.photos.crop import Placement

_INDEX = "index.json"
_MAX_INDEX_BYTES = 10_000_000
_MAX_FACE_BYTES = 1_000_000
_MAX_NAME = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A face; ``picture`` is the file it was cut out of, "" if only the face is kept.

    ``mark`` distinguishes faces of one picture: "" for the first, else hexadecimal digits.
    """

    file: str
    name: str
    pixels: NDArray[np.uint8]
    picture: str = ""
    placement: Placement | None = None
    mark: str = ""

    @property
    def key(self) -> str:
        """An identifier that stays when the box, and with it ``file``, changes."""
        return f"{self.picture}:{self.mark}" if self.mark else self.picture or self.file


def file_name(face: NDArray[np.uint8], picture: str = "", mark: str = "") -> str:
    """Return the file name, which contains a digest of the content."""
    content = face.tobytes() + picture.encode() + mark.encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest() + ".png"


def stored(folder: Path) -> list[Entry]:
    """Return all readable entries in the order of the index, others last."""
    indexed = _indexed(folder / _INDEX)
    others = sorted(path.name for path in folder.glob("[!.]*.png") if path.name not in indexed)
    found = [read_entry(folder / file, indexed.get(file)) for file in (*indexed, *others)]
    return list({photo.file: photo for photo in found if photo is not None}.values())


def _indexed(path: Path) -> dict[str, str]:
    try:
        entries = json.loads(read_bytes(path, _MAX_INDEX_BYTES))["photos"]
        names = {str(entry["file"]): str(entry["name"]) for entry in entries}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {file: name for file, name in names.items() if Path(file).name == file}


def read_entry(path: Path, name: str | None = None) -> Entry | None:
    """Return a face, by default under its own name; None if the file was changed or damaged."""
    try:
        check_ordinary(path, _MAX_FACE_BYTES)
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.array(image.convert("RGB")) if image.size == FACE_SHAPE[:2] else None
            name = name or str(image.info.get("Title") or "Photo")
            picture, placement, mark = _origin(image.info.get("Origin"))
    # Decoders raise many kinds of exceptions; the other photos are still read.
    except Exception:
        return None
    # The file's name depends on its pixels: a changed file isn't this photo.
    if pixels is None or path.name not in (file_name(pixels), file_name(pixels, picture, mark)):
        return None
    return Entry(path.name, readable(name[:_MAX_NAME]), pixels, picture, placement, mark)


def _origin(text: object) -> tuple[str, Placement | None, str]:
    """Return picture, box and mark as written by ``write_entry``, else "", None and ""."""
    if not isinstance(text, str):
        return "", None, ""
    value = json.loads(text)
    picture, mark = Path(str(value["picture"])).name, str(value.get("mark", ""))
    if ":" in picture or not re.fullmatch("[0-9a-f]{0,16}", mark):
        raise ValueError(f"a photo can't be called {picture}:{mark}")
    return picture, Placement.from_json(value), mark


def write_entry(folder: Path, photo: Entry) -> None:
    """Write a face with its name, picture, box and mark."""
    info = PngInfo()
    info.add_itxt("Title", photo.name)
    if photo.placement is not None:
        origin = {"picture": photo.picture, "mark": photo.mark} | photo.placement.as_json()
        info.add_itxt("Origin", json.dumps(origin))
    with replacing(folder / photo.file) as draft:
        Image.fromarray(photo.pixels).save(draft, "PNG", pnginfo=info)


def write_index(folder: Path, photos: Iterable[Entry]) -> None:
    """Write the order of the photos."""
    entries = [{"file": photo.file, "name": photo.name} for photo in photos]
    index = json.dumps({"version": 1, "photos": entries})
    write_bytes(folder / _INDEX, index.encode())
