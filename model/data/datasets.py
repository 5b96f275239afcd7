"""Loads face sets: LFW, a folder of pictures, or the demo faces."""

from __future__ import annotations

import importlib.resources
from collections.abc import Generator
from importlib.resources.abc import Traversable
from pathlib import Path

from model.data.face_cache import cache_root
from model.data.face_folder import prepare_folder
from model.data.lfw import LfwMissingError, data_home_in, prepare_lfw
from model.data.lfw_download import DownloadError, download_lfw
from model.face_set import DataError, FaceSet, Prepared
from model.io.sheet import read_sheet
from model.progress import WorkProgress


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
        elif home := data_home_in(Path(source).expanduser().absolute()):
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
        images = read_sheet(folder or importlib.resources.files("resources"), "demo_faces")
    except (OSError, ValueError, LookupError, TypeError, ImportError) as error:
        raise DataError("The demo faces are missing from this installation.", str(error)) from error
    names = [f"Demo face {number:04d}" for number in range(1, len(images) + 1)]
    return FaceSet("Demo faces", images, names)


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
