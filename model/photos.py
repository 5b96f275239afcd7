"""The person's own photos: faces that are still there at the next start."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model.face_set import FACE_SHAPE, FaceSet
from model.files import replacing, write_bytes
from model.places import data_folder

TITLE = "My photos"


def photos_folder() -> Path:
    """Return the folder of the person's own photos."""
    return data_folder() / "photos"


@dataclass(frozen=True, slots=True, eq=False)
class _Photo:
    file: str
    name: str
    pixels: NDArray[np.uint8]


class PhotoShelf:
    """Faces in a folder, one PNG file each, and an index that keeps their order.

    Files that can't be read are left out; files that the index doesn't know come last, so that
    a lost index or a second window loses no photo.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or photos_folder()
        self._photos = _stored(self._folder)

    def __len__(self) -> int:
        return len(self._photos)

    def add(self, face: NDArray[np.uint8], name: str) -> int:
        """Keep a face, uint8 (48, 48, 3), and return its row; that of the same pixels if there.

        Raises:
            ValueError: another shape or type.
            OSError: the folder can't be written.
        """
        if face.shape != FACE_SHAPE or face.dtype != np.uint8:
            raise ValueError(f"A face can't be {face.dtype} {face.shape}")
        file = _file_name(face)
        for row, photo in enumerate(self._photos):
            if photo.file == file:
                return row
        # Names of files may hold what can't be written as text.
        name = name.encode("utf-8", "replace").decode("utf-8")
        photo = _Photo(file, name, np.array(face, order="C"))
        self._save([*self._photos, photo], photo)
        return len(self._photos) - 1

    def remove(self, row: int) -> None:
        """Forget the face in this row; the later ones move up.

        Raises:
            IndexError: there is no such row.
            OSError: the folder can't be written.
        """
        if not 0 <= row < len(self._photos):
            raise IndexError(f"There is no photo {row}")
        gone = self._photos[row]
        (self._folder / gone.file).unlink(missing_ok=True)
        self._save([*self._photos[:row], *self._photos[row + 1 :]])

    def faces(self) -> FaceSet:
        """Return all faces; there may be none."""
        images = np.zeros((len(self._photos), *FACE_SHAPE), np.uint8)
        for row, photo in enumerate(self._photos):
            images[row] = photo.pixels
        return FaceSet(TITLE, images, [photo.name for photo in self._photos])

    def _save(self, photos: list[_Photo], new: _Photo | None = None) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if new is not None:
            _write_photo(self._folder / new.file, new)
        entries = [{"file": photo.file, "name": photo.name} for photo in photos]
        index = json.dumps({"version": 1, "photos": entries})
        write_bytes(self._folder / "index.json", index.encode())
        self._photos = photos


def _file_name(face: NDArray[np.uint8]) -> str:
    return hashlib.blake2b(face.tobytes(), digest_size=8).hexdigest() + ".png"


def _stored(folder: Path) -> list[_Photo]:
    indexed = _indexed(folder / "index.json")
    others = sorted(path.name for path in folder.glob("[!.]*.png") if path.name not in indexed)
    found = [_read_photo(folder / file, indexed.get(file)) for file in (*indexed, *others)]
    return list({photo.file: photo for photo in found if photo is not None}.values())


def _indexed(path: Path) -> dict[str, str]:
    try:
        entries = json.loads(path.read_text("utf-8"))["photos"]
        names = {str(entry["file"]): str(entry["name"]) for entry in entries}
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return {file: name for file, name in names.items() if Path(file).name == file}


def _read_photo(path: Path, name: str | None) -> _Photo | None:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.array(image.convert("RGB")) if image.size == FACE_SHAPE[:2] else None
            name = name or str(image.info.get("Title") or "Photo")
    # Whatever a damaged file makes the decoder raise, the other photos matter more.
    except Exception:
        return None
    # The name of a file stands for its pixels; a file that was changed is another photo.
    if pixels is None or _file_name(pixels) != path.name:
        return None
    return _Photo(path.name, name, pixels)


def _write_photo(path: Path, photo: _Photo) -> None:
    info = PngInfo()
    info.add_itxt("Title", photo.name)
    with replacing(path) as draft:
        Image.fromarray(photo.pixels).save(draft, "PNG", pnginfo=info)
