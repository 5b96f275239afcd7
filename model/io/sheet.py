"""Many faces in one lossless WebP picture: 48x48 tiles, 32 a row, with the count beside it."""

from __future__ import annotations

import io
import json
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.face_set import FACE_SIZE

COLUMNS = 32
MAX_FACES = COLUMNS * (16_383 // FACE_SIZE)
"""WebP pictures have at most 16,383 rows."""


def write_sheet(images: NDArray[np.uint8], path: Path) -> None:
    """Write faces (N, 48, 48, 3), N from 1 to 10,912, to ``path`` and the count to its ``.json``.

    Raises:
        ValueError: another shape or number.
    """
    count = len(images)
    if images.shape[1:] != (FACE_SIZE, FACE_SIZE, 3) or not 1 <= count <= MAX_FACES:
        raise ValueError(f"A sheet can't hold images of shape {images.shape}")
    rows = -(-count // COLUMNS)
    tiles = np.zeros((rows * COLUMNS, FACE_SIZE, FACE_SIZE, 3), np.uint8)
    tiles[:count] = images
    sheet = tiles.reshape(rows, COLUMNS, FACE_SIZE, FACE_SIZE, 3).swapaxes(1, 2)
    picture = Image.fromarray(sheet.reshape(rows * FACE_SIZE, COLUMNS * FACE_SIZE, 3))
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
    if sheet.shape != (rows * FACE_SIZE, COLUMNS * FACE_SIZE, 3) or not 0 < count <= rows * COLUMNS:
        raise ValueError(f"{stem}.webp doesn't hold {count} faces")
    tiles = sheet.reshape(rows, FACE_SIZE, COLUMNS, FACE_SIZE, 3).swapaxes(1, 2)
    return np.ascontiguousarray(tiles.reshape(-1, FACE_SIZE, FACE_SIZE, 3)[:count])
