"""The library of the user's photos on disk: pictures, boxes and faces."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.face_set import FACE_SHAPE, FaceSet
from model.io.files import read_bytes, readable, replacing, write_bytes
from model.io.places import data_folder
from model.photos.crop import CropBox, Placement, centre_square, crop_face
from model.photos.faces import WHOLE_BELOW, Source, faces_in, open_photo
from model.photos.photo_files import (
    Entry,
    file_name,
    read_entry,
    stored,
    write_entry,
    write_index,
)

TITLE = "My photos"
PICTURE_SIDE = 960
"""Pictures are stored reduced, with at least this shorter side, in pixels."""
_PICTURES = "pictures"
_LOSSLESS_PIXELS = 1_000_000
"""Larger pictures are stored as JPEG, which takes a tenth of the space."""
_MAX_PICTURE_BYTES = 200_000_000


def photos_folder() -> Path:
    """Return the folder of the photo library."""
    return data_folder() / "photos"


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An upright RGB picture with name and box; ``notes`` are sentences about its reading."""

    name: str
    picture: Image.Image
    placement: Placement
    notes: tuple[str, ...] = ()

    def face(self) -> NDArray[np.uint8]:
        """Return the face in the box, uint8 (48, 48, 3)."""
        return crop_face(self.picture, self.placement.box)


def read_photo(source: Source, name: str) -> Photo:
    """Open a picture and place a box on its most prominent face, or in the centre.

    Raises:
        PhotoError: as ``open_photo``.
    """
    picture = open_photo(source, name, shorter_side=PICTURE_SIDE)
    found = tuple(faces_in(picture))
    notes = []
    if picture.info["several"]:
        notes.append(f"“{name}” holds several pictures; the first was taken.")
    if not found and min(picture.size) >= WHOLE_BELOW:
        notes.append(f"No face was found in “{name}”. Move the box on the photo to where it is.")
    placement = Placement(
        found[0] if found else centre_square(picture), found, min(len(found), 1) - 1
    )
    return Photo(name, picture, placement, tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class Removed:
    """``count`` removed photos, with the data for ``restore`` unless removed for good."""

    _rows: tuple[int, ...]
    _entries: tuple[Entry, ...]
    _pictures: dict[str, bytes] = field(repr=False)
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the photos that can be restored."""
        return tuple(entry.name for entry in self._entries)


class PhotoLibrary:
    """Faces in a folder, one PNG file each, and an index with their order.

    The folder also contains the pictures that faces were cut out of, each once; the box is in the
    face's file. A face is identified by its key, which stays when its box moves or other photos are
    removed. Unreadable files are skipped; files that aren't in the index come last, so that a lost
    index or a second window loses no photo. Thread-safe, and usable by several processes: changes
    of another one are seen at the next start, or when a photo is added; if two move the same box,
    the last write counts. Faces are read at the first use: a thousand take 0.2 s.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or photos_folder()
        self._lock = threading.RLock()
        self._read: list[Entry] | None = None

    @property
    def _photos(self) -> list[Entry]:
        if self._read is None:
            with self._lock:
                # Another thread may have read them meanwhile.
                self._read = self._read if self._read is not None else stored(self._folder)
        return self._read

    @_photos.setter
    def _photos(self, photos: list[Entry]) -> None:
        self._read = photos

    def find(self, picture: Image.Image) -> str | None:
        """Return the key of the first face of the photo with these pixels, or None."""
        digest = picture_digest(picture)
        return next(
            (
                photo.key
                for photo in self._photos
                # Another window may have removed it.
                if Path(photo.picture).stem == digest and (self._folder / photo.file).exists()
            ),
            None,
        )

    def add_photo(self, photo: Photo) -> str:
        """Add a photo with its box, and return its key; the existing key for the same picture.

        Raises:
            OSError: the folder can't be written.
        """
        face, picture = photo.face(), self._write_picture(photo.picture)
        file = file_name(face, picture)
        with self._lock:
            self._add_unknown()
            known = next((old for old in self._photos if old.picture == picture), None)
            if known is None:
                return self._add(Entry(file, photo.name, face, picture, photo.placement))
            self._restore(known)
            return known.key

    def add_faces(self, key: str, placements: Sequence[Placement]) -> list[str]:
        """Add further faces of a photo, each with its own box, and return their keys.

        If another entry covers the same face, none is added and its key is returned.

        Raises:
            PhotoError: the photo is missing or damaged.
            ValueError: a box isn't on the picture.
            OSError: the folder can't be written.
        """
        picture = self.picture(key)
        with self._lock:
            self._add_unknown()
            return [self._add_face(key, placement, picture) for placement in placements]

    def row_of(self, key: str) -> int | None:
        """Return the row of the face with this key, or None."""
        return next((row for row, photo in enumerate(self._photos) if photo.key == key), None)

    def file(self, key: str) -> Path | None:
        """Return the file of the face with this key, or None."""
        row = self.row_of(key)
        return None if row is None else self._folder / self._photos[row].file

    def placement(self, key: str) -> Placement | None:
        """Return the placement of a face; None if it or its picture doesn't exist."""
        row = self.row_of(key)
        return None if row is None else self._photos[row].placement

    def others(self, key: str) -> dict[str, CropBox]:
        """Return the boxes, by key, of the other entries of the same photo."""
        photos, picture = self._photos, _picture_of(key)
        same = (photo for photo in photos if photo.picture == picture and photo.key != key)
        return {photo.key: photo.placement.box for photo in same if photo.placement is not None}

    def picture(self, key: str) -> Image.Image:
        """Open the picture of a photo.

        Raises:
            PhotoError: it is missing or damaged.
        """
        row = self.row_of(key)
        name = None if row is None else self._photos[row].name
        path = self._folder / _PICTURES / _picture_of(key)
        return open_photo(path, name, shorter_side=PICTURE_SIDE)

    def place(
        self, key: str, placement: Placement, picture: Image.Image
    ) -> NDArray[np.uint8] | None:
        """Store another box; return its face uint8 (48, 48, 3), or None if it was removed.

        Raises:
            ValueError: the box isn't on the picture.
            OSError: the folder can't be written.
        """
        face = crop_face(picture, placement.box)
        with self._lock:
            row = self.row_of(key)
            if row is None or not (self._folder / _PICTURES / _picture_of(key)).exists():
                return None
            old, photos = self._photos[row], list(self._photos)
            file = file_name(face, old.picture, old.mark)
            photos[row] = replace(old, file=file, pixels=face, placement=placement)
            self._save(photos, [photos[row]])
            rivals = [photo.file for photo in self._unknown() if photo.key == key]
            for name in {old.file, *rivals} - {file}:
                (self._folder / name).unlink(missing_ok=True)
            return face

    def remove(self, keys: Iterable[str], *, for_good: bool = False) -> Removed:
        """Remove faces, and pictures without faces; return the argument for ``restore``.

        With ``for_good`` they can't be restored, and take no memory.

        Raises:
            OSError: the folder can't be written.
        """
        with self._lock:
            unwanted = set(keys)
            gone = [(row, photo) for row, photo in enumerate(self._photos) if photo.key in unwanted]
            for _, photo in gone:
                (self._folder / photo.file).unlink(missing_ok=True)
            self._save([photo for photo in self._photos if photo.key not in unwanted])
            used = {photo.picture for photo in (*self._photos, *self._unknown())}
            unused = {photo.picture for _, photo in gone} - used - {""}
            pictures = {} if for_good else {name: self._picture_file(name) for name in unused}
            for name in unused:
                (self._folder / _PICTURES / name).unlink(missing_ok=True)
        if for_good:
            return Removed((), (), {}, len(gone))
        rows, entries = tuple(row for row, _ in gone), tuple(photo for _, photo in gone)
        return Removed(rows, entries, pictures, len(gone))

    def restore(self, removed: Removed) -> list[str]:
        """Restore photos at their rows, and return their keys.

        Raises:
            OSError: the folder can't be written.
        """
        folder = self._folder / _PICTURES
        with self._lock:
            for name, content in removed._pictures.items():
                if content:
                    folder.mkdir(parents=True, exist_ok=True)
                    write_bytes(folder / name, content)
            photos = list(self._photos)
            for row, entry in zip(removed._rows, removed._entries, strict=True):
                if self.row_of(entry.key) is None:
                    photos.insert(row, entry)
            self._save(photos, removed._entries)
        return [entry.key for entry in removed._entries]

    def keyed_faces(self) -> tuple[FaceSet, tuple[str, ...]]:
        """Return a consistent copy of all faces and their keys; there may be none."""
        photos = self._photos
        images = np.zeros((len(photos), *FACE_SHAPE), np.uint8)
        for row, photo in enumerate(photos):
            images[row] = photo.pixels
        faces = FaceSet(TITLE, images, [photo.name for photo in photos])
        return faces, tuple(photo.key for photo in photos)

    def _unknown(self) -> list[Entry]:
        """Return the photos on disk that another window has added."""
        known = {photo.file for photo in self._photos}
        paths = sorted(path for path in self._folder.glob("[!.]*.png") if path.name not in known)
        found = map(read_entry, paths)
        return [photo for photo in found if photo is not None]

    def _add_unknown(self) -> None:
        """Append the photos that another window has added."""
        own = {photo.key for photo in self._photos}
        new = [photo for photo in self._unknown() if photo.key not in own]
        self._photos = [*self._photos, *new]

    def _restore(self, photo: Entry) -> None:
        """Write a photo again, if another window has removed it."""
        if not (self._folder / photo.file).exists():
            self._save(self._photos, [photo])

    def _add(self, entry: Entry) -> str:
        with self._lock:
            known = next((photo for photo in self._photos if photo.file == entry.file), None)
            if known is not None:
                self._restore(known)
                return known.key
            # File names may contain characters that can't be encoded.
            entry = replace(entry, name=readable(entry.name))
            self._save([*self._photos, entry], [entry])
            return entry.key

    def _add_face(self, key: str, placement: Placement, picture: Image.Image) -> str:
        name = _picture_of(key)
        same = [photo for photo in self._photos if photo.picture == name]
        for photo in same:
            if photo.placement is not None and photo.placement.box.is_near(placement.box):
                return photo.key
        face = crop_face(picture, placement.box)
        mark = _new_mark(placement.box, {photo.mark for photo in same})
        title = _new_name([photo.name for photo in same])
        return self._add(Entry(file_name(face, name, mark), title, face, name, placement, mark))

    def _picture_file(self, name: str) -> bytes:
        # An unreadable picture is removed too, but can't be restored.
        with suppress(OSError):
            return read_bytes(self._folder / _PICTURES / name, _MAX_PICTURE_BYTES)
        return b""

    def _write_picture(self, picture: Image.Image) -> str:
        small = picture.width * picture.height <= _LOSSLESS_PIXELS
        folder = self._folder / _PICTURES
        path = folder / (picture_digest(picture) + (".png" if small else ".jpg"))
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as draft:
                picture.save(draft, quality=95, subsampling=0)
        return path.name

    def _save(self, photos: list[Entry], new: Iterable[Entry] = ()) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for photo in new:
            write_entry(self._folder, photo)
        write_index(self._folder, photos)
        self._photos = photos


def picture_digest(picture: Image.Image) -> str:
    """Return a digest of the pixels, the same for any file of this picture."""
    digest = hashlib.blake2b(f"{picture.width}x{picture.height}".encode(), digest_size=12)
    digest.update(picture.tobytes())
    return digest.hexdigest()


def _picture_of(key: str) -> str:
    return key.partition(":")[0]


def _new_mark(box: CropBox, used: set[str]) -> str:
    """Return a mark by the box, so that another window gives the same face the same mark."""
    texts = (f"{box.left} {box.top} {box.size} {number}".encode() for number in count())
    marks = (hashlib.blake2b(text, digest_size=4).hexdigest() for text in texts)
    return next(mark for mark in marks if mark not in used)


def _new_name(used: Sequence[str]) -> str:
    """Return “group.jpg (2)” for the second face of “group.jpg”."""
    name = re.sub(r" \(\d+\)$", "", used[0]) if used else "Photo"
    names = (f"{name} ({number})" for number in count(2))
    return next(name for name in names if name not in used)
