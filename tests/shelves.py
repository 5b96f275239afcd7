"""What tests ask of, and lay into, a folder of own photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.face_set import FaceSet
from model.photos.photo_files import Entry, file_name, stored, write_entry, write_index
from model.photos.photos import PhotoLibrary


def keys_of(shelf: PhotoLibrary) -> tuple[str, ...]:
    """Return the keys of all faces, by rows."""
    return shelf.keyed_faces()[1]


def faces_of(shelf: PhotoLibrary) -> FaceSet:
    """Return all faces, by rows."""
    return shelf.keyed_faces()[0]


def write_bare_face(folder: Path, face: NDArray[np.uint8], name: str) -> str:
    """Write a face without a picture, as earlier versions did, and return its key."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = Entry(file_name(face), name, face)
    entries = [*stored(folder), entry]
    write_entry(folder, entry)
    write_index(folder, entries)
    return entry.key
