"""Loads face sets: LFW, a folder of pictures, or the demo faces."""

from __future__ import annotations

import io
import json
from collections.abc import Generator
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.data.face_cache import cache_root
from model.data.face_folder import prepare_folder
from model.data.lfw import LfwMissingError, data_home_in, prepare_lfw
from model.data.lfw_download import DownloadError, download_lfw
from model.face_set import FACE_SIZE, DataError, FaceSet, Prepared
from model.io.places import expanded, shipped
from model.progress import WorkProgress

SHEET_COLUMNS = 32
MAX_SHEET_FACES = SHEET_COLUMNS * (16_383 // FACE_SIZE)
"""Faces in a row of a sheet, and in all: WebP pictures have at most 16,383 rows."""


def prepare(
    source: str | Path, *, cache_folder: Path | None = None
) -> Generator[WorkProgress | Prepared, None, None]:
    """Yield ``WorkProgress`` some ten times a second at most, and ``Prepared`` as the last item.

    ``source`` is ``"lfw"``, ``"demo"`` or a folder; a folder that holds LFW as scikit-learn lays
    it out counts as LFW. Prepared faces are kept in ``cache_folder`` and open at once the next
    time. Closing the generator stops the work; of a folder it keeps what was read for the next
    time, of LFW nothing.

    Raises:
        LfwMissingError: LFW is asked for and isn't on this machine.
        DataError: the faces can't be read, or the cache can't be written.
    """
    root = (cache_folder or cache_root()).absolute()
    try:
        if source == "demo":
            yield Prepared(demo_faces())
        elif source == "lfw":
            yield from prepare_lfw(root)
        elif home := data_home_in(expanded(source).absolute()):
            yield from prepare_lfw(root, home)
        else:
            yield from prepare_folder(Path(source), root)
    except OSError as error:
        where = f"“{error.filename}”" if error.filename else "The cache"
        raise DataError(f"{where} can't be used: {error.strerror or error}.") from error


def load_faces(source: str | Path, *, cache_folder: Path | None = None) -> FaceSet:
    """Return the faces of a source, preparing them if necessary.

    Raises:
        DataError: as ``prepare``.
    """
    *_, last = prepare(source, cache_folder=cache_folder)
    assert isinstance(last, Prepared)
    return last.faces


def demo_faces(folder: Traversable | None = None) -> FaceSet:
    """Return the demo faces, which ship with the application.

    Raises:
        DataError: they don't.
    """
    try:
        images = read_sheet(folder or shipped(""), "demo_faces")
    except (OSError, ValueError, LookupError, TypeError, ImportError) as error:
        raise DataError("The demo faces are missing from this installation.", str(error)) from error
    names = [f"Demo face {number:04d}" for number in range(1, len(images) + 1)]
    return FaceSet("Demo faces", images, names)


def write_sheet(images: NDArray[np.uint8], path: Path) -> None:
    """Write faces (N, 48, 48, 3), N from 1 to 10,912, to ``path`` and the count to its ``.json``.

    Raises:
        ValueError: another shape or number.
    """
    count = len(images)
    if images.shape[1:] != (FACE_SIZE, FACE_SIZE, 3) or not 1 <= count <= MAX_SHEET_FACES:
        raise ValueError(f"A sheet can't hold images of shape {images.shape}")
    rows = -(-count // SHEET_COLUMNS)
    tiles = np.zeros((rows * SHEET_COLUMNS, FACE_SIZE, FACE_SIZE, 3), np.uint8)
    tiles[:count] = images
    sheet = tiles.reshape(rows, SHEET_COLUMNS, FACE_SIZE, FACE_SIZE, 3).swapaxes(1, 2)
    picture = Image.fromarray(sheet.reshape(rows * FACE_SIZE, SHEET_COLUMNS * FACE_SIZE, 3))
    picture.save(path, "WEBP", lossless=True, quality=100, method=6)
    path.with_suffix(".json").write_text(json.dumps({"count": count}) + "\n", "utf-8")


def read_sheet(folder: Traversable, stem: str) -> NDArray[np.uint8]:
    """Read the faces of ``stem.webp`` in a folder or package as uint8 (N, 48, 48, 3).

    Raises:
        OSError: a file is missing or is no picture.
        ValueError: the picture and its count don't fit.
    """
    count = json.loads((folder / f"{stem}.json").read_text("utf-8"))["count"]
    with Image.open(io.BytesIO((folder / f"{stem}.webp").read_bytes())) as picture:
        sheet = np.asarray(picture.convert("RGB"))
    rows = sheet.shape[0] // FACE_SIZE
    if (
        sheet.shape != (rows * FACE_SIZE, SHEET_COLUMNS * FACE_SIZE, 3)
        or not 0 < count <= rows * SHEET_COLUMNS
    ):
        raise ValueError(f"{stem}.webp doesn't hold {count} faces")
    tiles = sheet.reshape(rows, FACE_SIZE, SHEET_COLUMNS, FACE_SIZE, 3).swapaxes(1, 2)
    return np.ascontiguousarray(tiles.reshape(-1, FACE_SIZE, FACE_SIZE, 3)[:count])


__all__ = [
    "DataError",
    "DownloadError",
    "FaceSet",
    "LfwMissingError",
    "Prepared",
    "demo_faces",
    "download_lfw",
    "load_faces",
    "prepare",
]
