"""Faces as a folder of pictures, which opens as a folder of the same faces."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from model.face_set import FaceSet
from model.io.files import as_file_name, beside, followed, new_folder, write_bytes
from model.progress import Pace, WorkProgress

TABLE = "names.csv"


def export_faces(faces: FaceSet, folder: Path) -> Iterator[WorkProgress]:
    """Write faces as PNG files of 48 x 48 pixels into a new folder, and their names as a table.

    A file is called by its face's name, with a number from the second one of a name on. The table
    ``names.csv`` (UTF-8) has the columns ``file`` and ``name``, in the order of the set. Closing
    the iterator leaves no folder.

    Raises:
        OSError: the folder is there already, its place can't be written, or the disk is full.
    """
    folder = followed(folder)
    draft, pace = new_folder(folder), Pace()
    try:
        files = [beside(draft / TABLE, f"{stem}.png") for stem in file_stems(faces.names)]
        for done, (file, image) in enumerate(zip(files, faces.images, strict=True)):
            if pace.due():
                yield WorkProgress("Writing the pictures", done, len(files))
            Image.fromarray(image).save(file, "PNG")
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(("file", "name"))
        writer.writerows(zip((file.name for file in files), faces.names, strict=True))
        write_bytes(draft / TABLE, text.getvalue().encode())
        if folder.exists():
            folder.rmdir()  # fails unless it is empty
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def file_stems(names: Sequence[str]) -> list[str]:
    """Return a name of a file for each, without its suffix; no two differ in case alone."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    stems = []
    for name in names:
        stem = first = as_file_name(name)
        while stem.casefold() in taken:
            number = numbers[first] = numbers.get(first, 1) + 1
            stem = f"{first} {number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return stems
