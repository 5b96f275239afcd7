"""The person's own photos: pictures, boxes and faces that are still there at the next start."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model.crop import crop_face
from model.face_set import FACE_SHAPE, FaceSet
from model.faces import open_photo
from model.files import check_ordinary, read_bytes, readable, replacing, write_bytes
from model.photo import PICTURE_SIDE, Photo, Placement, picture_digest
from model.places import data_folder

TITLE = "My photos"
_PICTURES = "pictures"
_LOSSLESS_PIXELS = 1_000_000
"""Larger pictures are kept as JPEG, which takes a tenth of the room."""
_MAX_INDEX_BYTES = 10_000_000
_MAX_FACE_BYTES = 1_000_000
_MAX_NAME = 1000


def photos_folder() -> Path:
    """Return the folder of the person's own photos."""
    return data_folder() / "photos"


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A face; ``picture`` names the file it was cut out of, "" where only the face is kept."""

    file: str
    name: str
    pixels: NDArray[np.uint8]
    picture: str = ""
    placement: Placement | None = None


class PhotoShelf:
    """Faces in a folder, one PNG file each, and an index that keeps their order.

    Beside each face lies the picture that it was cut out of; the box is in the face's own file.
    Files that can't be read are left out; files that the index doesn't know come last, so that
    a lost index or a second window loses no photo. May be used by several threads, and by several
    processes: what another one did is seen at the next start, or when a photo is added; where two
    move the same box the last one counts.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or photos_folder()
        self._lock = threading.RLock()
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
        return self._add(_Entry(_file_name(face), name, np.array(face, order="C")))

    def find(self, picture: Image.Image) -> int | None:
        """Return the row of the photo with the same pixels, if it is there."""
        digest = picture_digest(picture)
        return next(
            (
                row
                for row, photo in enumerate(self._photos)
                # Another window may have removed it.
                if Path(photo.picture).stem == digest and (self._folder / photo.file).exists()
            ),
            None,
        )

    def add_photo(self, photo: Photo) -> int:
        """Keep a photo with its box, and return its row; that of the same picture if there.

        Raises:
            OSError: the folder can't be written.
        """
        face, picture = photo.face(), self._write_picture(photo.picture)
        file = _file_name(face, picture)
        with self._lock:
            self._adopt()
            row = self.row_of(picture)
            if row is None:
                return self._add(_Entry(file, photo.name, face, picture, photo.placement))
            self._restore(row)
            return row

    def key(self, row: int) -> str:
        """Return what names the photo in this row also when rows have moved; "" without picture."""
        return self._photos[row].picture

    def row_of(self, key: str) -> int | None:
        """Return the row of the photo with this key, if it is still there."""
        return next((row for row, photo in enumerate(self._photos) if photo.picture == key), None)

    def placement(self, key: str) -> Placement | None:
        """Return where the box of a photo is, if it is still there."""
        row = self.row_of(key)
        return None if row is None else self._photos[row].placement

    def picture(self, key: str) -> Image.Image:
        """Open the picture of a photo.

        Raises:
            PhotoError: it is gone or damaged.
        """
        return open_photo(self._folder / _PICTURES / key, shorter_side=PICTURE_SIDE)

    def place(self, key: str, placement: Placement, picture: Image.Image) -> int | None:
        """Keep another box on a photo; return the row, or None if it was removed meanwhile.

        Raises:
            ValueError: the box isn't on the picture.
            OSError: the folder can't be written.
        """
        face = crop_face(picture, placement.box)
        with self._lock:
            row = self.row_of(key)
            if row is None or not (self._folder / _PICTURES / key).exists():
                return None
            old, photos = self._photos[row], list(self._photos)
            file = _file_name(face, key)
            photos[row] = replace(old, file=file, pixels=face, placement=placement)
            self._save(photos, photos[row])
            rivals = [photo.file for photo in self._unknown() if photo.picture == key]
            for name in {old.file, *rivals} - {file}:
                (self._folder / name).unlink(missing_ok=True)
            return row

    def remove(self, row: int) -> None:
        """Forget the face in this row and its picture; the later ones move up.

        Raises:
            IndexError: there is no such row.
            OSError: the folder can't be written.
        """
        with self._lock:
            if not 0 <= row < len(self._photos):
                raise IndexError(f"There is no photo {row}")
            gone = self._photos[row]
            (self._folder / gone.file).unlink(missing_ok=True)
            self._save([*self._photos[:row], *self._photos[row + 1 :]])
            elsewhere = {photo.picture for photo in self._unknown()}
            is_used = gone.picture in elsewhere or self.row_of(gone.picture) is not None
            if gone.picture and not is_used:
                (self._folder / _PICTURES / gone.picture).unlink(missing_ok=True)

    def faces(self) -> FaceSet:
        """Return all faces; there may be none."""
        photos = self._photos
        images = np.zeros((len(photos), *FACE_SHAPE), np.uint8)
        for row, photo in enumerate(photos):
            images[row] = photo.pixels
        return FaceSet(TITLE, images, [photo.name for photo in photos])

    def _unknown(self) -> list[_Entry]:
        """Return the photos on disk that another window has put there."""
        known = {photo.file for photo in self._photos}
        paths = sorted(path for path in self._folder.glob("[!.]*.png") if path.name not in known)
        found = (_read_photo(path, None) for path in paths)
        return [photo for photo in found if photo is not None]

    def _adopt(self) -> None:
        """Put the photos of another window behind the own ones, whose rows stay."""
        own = {photo.picture for photo in self._photos if photo.picture}
        new = [photo for photo in self._unknown() if photo.picture not in own]
        self._photos = [*self._photos, *new]

    def _restore(self, row: int) -> None:
        """Write a photo again that another window has removed."""
        if not (self._folder / self._photos[row].file).exists():
            self._save(self._photos, self._photos[row])

    def _add(self, entry: _Entry) -> int:
        with self._lock:
            for row, photo in enumerate(self._photos):
                if photo.file == entry.file:
                    self._restore(row)
                    return row
            # Names of files may hold what can't be written as text.
            entry = replace(entry, name=readable(entry.name))
            self._save([*self._photos, entry], entry)
            return len(self._photos) - 1

    def _write_picture(self, picture: Image.Image) -> str:
        small = picture.width * picture.height <= _LOSSLESS_PIXELS
        folder = self._folder / _PICTURES
        path = folder / (picture_digest(picture) + (".png" if small else ".jpg"))
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as draft:
                picture.save(draft, quality=95, subsampling=0)
        return path.name

    def _save(self, photos: list[_Entry], new: _Entry | None = None) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if new is not None:
            _write_face(self._folder / new.file, new)
        entries = [{"file": photo.file, "name": photo.name} for photo in photos]
        index = json.dumps({"version": 1, "photos": entries})
        write_bytes(self._folder / "index.json", index.encode())
        self._photos = photos


def _file_name(face: NDArray[np.uint8], picture: str = "") -> str:
    return hashlib.blake2b(face.tobytes() + picture.encode(), digest_size=8).hexdigest() + ".png"


def _stored(folder: Path) -> list[_Entry]:
    indexed = _indexed(folder / "index.json")
    others = sorted(path.name for path in folder.glob("[!.]*.png") if path.name not in indexed)
    found = [_read_photo(folder / file, indexed.get(file)) for file in (*indexed, *others)]
    return list({photo.file: photo for photo in found if photo is not None}.values())


def _indexed(path: Path) -> dict[str, str]:
    try:
        entries = json.loads(read_bytes(path, _MAX_INDEX_BYTES))["photos"]
        names = {str(entry["file"]): str(entry["name"]) for entry in entries}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {file: name for file, name in names.items() if Path(file).name == file}


def _read_photo(path: Path, name: str | None) -> _Entry | None:
    try:
        check_ordinary(path, _MAX_FACE_BYTES)
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.array(image.convert("RGB")) if image.size == FACE_SHAPE[:2] else None
            name = name or str(image.info.get("Title") or "Photo")
            picture, placement = _origin(image.info.get("Origin"))
    # Whatever a damaged file makes the decoder raise, the other photos matter more.
    except Exception:
        return None
    # The name of a file stands for its pixels; a file that was changed is another photo.
    if pixels is None or path.name not in (_file_name(pixels), _file_name(pixels, picture)):
        return None
    return _Entry(path.name, readable(name[:_MAX_NAME]), pixels, picture, placement)


def _origin(text: object) -> tuple[str, Placement | None]:
    """Return picture and box as ``_write_face`` noted them, or "" and None."""
    if not isinstance(text, str):
        return "", None
    value = json.loads(text)
    return Path(str(value["picture"])).name, Placement.from_json(value)


def _write_face(path: Path, photo: _Entry) -> None:
    info = PngInfo()
    info.add_itxt("Title", photo.name)
    if photo.placement is not None:
        origin = {"picture": photo.picture} | photo.placement.as_json()
        info.add_itxt("Origin", json.dumps(origin))
    with replacing(path) as draft:
        Image.fromarray(photo.pixels).save(draft, "PNG", pnginfo=info)
