"""The library of the user's photos: pictures, boxes and faces, stored across restarts."""

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
"""Pictures are kept shrunk while their shorter side stays at least this long, in pixels."""
_PICTURES = "pictures"
_LOSSLESS_PIXELS = 1_000_000
"""Larger pictures are kept as JPEG, which takes a tenth of the room."""
_MAX_PICTURE_BYTES = 200_000_000


def photos_folder() -> Path:
    """Return the folder of the photo library."""
    return data_folder() / "photos"


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An upright RGB picture with its name; ``notes`` are sentences about how it was read."""

    name: str
    picture: Image.Image
    placement: Placement
    notes: tuple[str, ...] = ()

    def face(self) -> NDArray[np.uint8]:
        """Return the face in the box, uint8 (48, 48, 3)."""
        return crop_face(self.picture, self.placement.box)


def read_photo(source: Source, name: str) -> Photo:
    """Open a picture and put a box on its most prominent face, or in the middle.

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
    """``count`` photos that were removed, with what ``restore`` needs unless removed for good."""

    _rows: tuple[int, ...]
    _entries: tuple[Entry, ...]
    _pictures: dict[str, bytes] = field(repr=False)
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the photos that can be put back."""
        return tuple(entry.name for entry in self._entries)


class PhotoLibrary:
    """Faces in a folder, one PNG file each, and an index that keeps their order.

    Beside the faces lie the pictures that they were cut out of, each once, of one face or several;
    the box is in the face's own file. A face is named by its key, which stays when its box moves
    or other photos go. Files that can't be read are left out; files that aren't in the index
    come last, so that a lost index or a second window loses no photo. May be used by several
    threads, and by several processes: what another one did is seen at the next start, or when a
    photo is added; if two move the same box, the last write counts. The faces are read when they
    are first asked for: a thousand take 0.2 seconds.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or photos_folder()
        self._lock = threading.RLock()
        self._read: list[Entry] | None = None

    @property
    def _photos(self) -> list[Entry]:
        if self._read is None:
            with self._lock:
                # Another thread may have read them while this one waited.
                self._read = self._read if self._read is not None else stored(self._folder)
        return self._read

    @_photos.setter
    def _photos(self, photos: list[Entry]) -> None:
        self._read = photos

    def find(self, picture: Image.Image) -> str | None:
        """Return the key of the first face of the photo with the same pixels, if it is there."""
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
        """Keep a photo with its box, and return its key; that of the same picture if there.

        Raises:
            OSError: the folder can't be written.
        """
        face, picture = photo.face(), self._write_picture(photo.picture)
        file = file_name(face, picture)
        with self._lock:
            self._adopt()
            known = next((old for old in self._photos if old.picture == picture), None)
            if known is None:
                return self._add(Entry(file, photo.name, face, picture, photo.placement))
            self._restore(known)
            return known.key

    def add_faces(self, key: str, placements: Sequence[Placement]) -> list[str]:
        """Keep more faces of a photo, each with a box of its own, and return their keys.

        If another entry of the photo is on the same face, none is added and its key is returned.

        Raises:
            PhotoError: the photo is gone or damaged.
            ValueError: a box isn't on the picture.
            OSError: the folder can't be written.
        """
        picture = self.picture(key)
        with self._lock:
            self._adopt()
            return [self._add_face(key, placement, picture) for placement in placements]

    def row_of(self, key: str) -> int | None:
        """Return the row of the face with this key, if it is still there."""
        return next((row for row, photo in enumerate(self._photos) if photo.key == key), None)

    def placement(self, key: str) -> Placement | None:
        """Return where the box of a face is, if it is still there and its picture was kept."""
        row = self.row_of(key)
        return None if row is None else self._photos[row].placement

    def others(self, key: str) -> dict[str, CropBox]:
        """Return the keys and boxes of the other faces that were added of the same photo."""
        photos, picture = self._photos, _picture_of(key)
        same = (photo for photo in photos if photo.picture == picture and photo.key != key)
        return {photo.key: photo.placement.box for photo in same if photo.placement is not None}

    def picture(self, key: str) -> Image.Image:
        """Open the picture of a photo.

        Raises:
            PhotoError: it is gone or damaged.
        """
        row = self.row_of(key)
        name = None if row is None else self._photos[row].name
        path = self._folder / _PICTURES / _picture_of(key)
        return open_photo(path, name, shorter_side=PICTURE_SIDE)

    def place(
        self, key: str, placement: Placement, picture: Image.Image
    ) -> NDArray[np.uint8] | None:
        """Keep another box on a photo; return the face, or None if it was removed meanwhile.

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
        """Forget faces, and pictures of which none is left; return what ``restore`` takes.

        Those that are removed ``for_good`` can't be restored, and take no memory.

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
        """Put photos back where they were, and return their keys.

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
        """Return all faces and the keys of their rows, as they are at one moment; maybe none."""
        photos = self._photos
        images = np.zeros((len(photos), *FACE_SHAPE), np.uint8)
        for row, photo in enumerate(photos):
            images[row] = photo.pixels
        faces = FaceSet(TITLE, images, [photo.name for photo in photos])
        return faces, tuple(photo.key for photo in photos)

    def _unknown(self) -> list[Entry]:
        """Return the photos on disk that another window has put there."""
        known = {photo.file for photo in self._photos}
        paths = sorted(path for path in self._folder.glob("[!.]*.png") if path.name not in known)
        found = map(read_entry, paths)
        return [photo for photo in found if photo is not None]

    def _adopt(self) -> None:
        """Put the photos of another window behind the own ones, whose rows stay."""
        own = {photo.key for photo in self._photos}
        new = [photo for photo in self._unknown() if photo.key not in own]
        self._photos = [*self._photos, *new]

    def _restore(self, photo: Entry) -> None:
        """Write a photo again that another window has removed."""
        if not (self._folder / photo.file).exists():
            self._save(self._photos, [photo])

    def _add(self, entry: Entry) -> str:
        with self._lock:
            known = next((photo for photo in self._photos if photo.file == entry.file), None)
            if known is not None:
                self._restore(known)
                return known.key
            # Names of files may hold what can't be written as text.
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
        # A picture that can't be read can't be restored, but is removed as well.
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
    """Return a name for these pixels; the same picture in another file has the same."""
    digest = hashlib.blake2b(f"{picture.width}x{picture.height}".encode(), digest_size=12)
    digest.update(picture.tobytes())
    return digest.hexdigest()


def _picture_of(key: str) -> str:
    return key.partition(":")[0]


def _new_mark(box: CropBox, used: set[str]) -> str:
    """Return one that another window finds too for the same face, so that it stays one."""
    texts = (f"{box.left} {box.top} {box.size} {number}".encode() for number in count())
    marks = (hashlib.blake2b(text, digest_size=4).hexdigest() for text in texts)
    return next(mark for mark in marks if mark not in used)


def _new_name(used: Sequence[str]) -> str:
    """Return “group.jpg (2)” for the second face of “group.jpg”."""
    name = re.sub(r" \(\d+\)$", "", used[0]) if used else "Photo"
    names = (f"{name} ({number})" for number in count(2))
    return next(name for name in names if name not in used)
