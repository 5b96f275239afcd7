"""A folder of pictures as faces."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from array import array
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.data.face_cache import BLOCK, KEYS, VERSION, CacheEntry, FaceWriter, KeptFaces, digest
from model.data.picture_readers import PictureReaders
from model.face_set import DataError, Prepared
from model.io.files import readable
from model.io.places import expanded
from model.photos.faces import READING, PhotoError, picture_suffixes
from model.progress import Pace, WorkProgress

Rows = NDArray[np.int64]

_NUMBER = re.compile(r"([0-9]+)")


def prepare_folder(folder: Path, root: Path) -> Generator[WorkProgress | Prepared, None, None]:
    """Yield progress, and as the last item the faces of all pictures below the folder, by name.

    A picture in a subfolder is named after the subfolder, as in LFW, others after their file. Names
    with numbers come in the order of the numbers; the split into training and test faces goes by
    code points. Linked folders and files count, each once. Hidden files and folders, and
    thumbnails, bins and forks that disks and desktops keep, are left out; unreadable pictures are
    skipped and reported.

    Many pictures are read by several processes. What was read before the generator is closed, or
    before this process is killed, is kept and needn't be read again, nor need the unchanged
    pictures of a folder that changed. Memory holds names and numbers of the pictures, some 150
    bytes each, and no more than a few hundred faces.

    Raises:
        DataError: the folder can't be opened or holds no readable picture.
    """
    folder = expanded(folder).absolute()
    if not folder.is_dir():
        raise DataError(f"“{folder.name or folder}” isn't a folder that can be opened.")
    pictures = PictureList(folder)
    yield from pictures.fill(100 * VERSION + READING)
    if not len(pictures):
        raise DataError(f"“{folder.name}” has no pictures in it.", "\n".join(pictures.unopened))
    fingerprint: dict[str, str | int] = {
        "folder": os.fsencode(folder).hex(),
        "files": len(pictures),
        "state": pictures.state(),
        "order": "natural",
    }
    entry = CacheEntry(root, f"folder-{digest(str(folder))}", fingerprint)
    prepared = entry.load()
    if prepared is None:
        prepared = yield from _Build(entry, pictures).run()
    yield prepared


class _Build:
    """The preparation of a folder: what is kept of earlier ones, what has to be read, and both."""

    def __init__(self, entry: CacheEntry, pictures: PictureList) -> None:
        self._entry = entry
        self._pictures = pictures
        self._kept = KeptFaces(entry.parts)
        self._skipped: dict[int, str] = {}
        self._lock = threading.Lock()
        self._done = self._latest = 0

    def run(self) -> Generator[WorkProgress, None, Prepared]:
        damaged = self._entry.is_damaged()
        text = "The prepared faces were damaged. Preparing them again" if damaged else "Reading"
        try:
            yield from self._look_for_kept()
            missing = np.flatnonzero(~self._kept.has(self._pictures.keys))
            yield from self._read(missing, text)
            return (yield from self._put_together())
        except FileNotFoundError:
            # Another process that prepared the same pictures was faster and tidied up.
            prepared = self._entry.load()
            if prepared is None:
                raise
            self._kept.discard()
            return prepared

    def _look_for_kept(self) -> Iterator[WorkProgress]:
        pace = Pace()
        pace.due()  # says nothing unless it takes a while
        for _ in self._kept.open(self._pictures.keys, self._entry.earlier()):
            if pace.due():
                yield WorkProgress("Looking for faces that were prepared before")

    def _read(self, missing: Rows, text: str) -> Iterator[WorkProgress]:
        total, pace = len(self._pictures), Pace()
        self._done = total - len(missing)
        with PictureReaders(len(missing)) as readers:
            # A few pictures are shared out evenly.
            size = max(1, min(BLOCK, len(missing) // (8 * readers.workers)))
            chunks = (missing[start : start + size] for start in range(0, len(missing), size))
            for _ in readers.each(chunks, lambda rows: self._read_chunk(readers, rows)):
                if pace.due():
                    name = Path(self._pictures.names[self._latest]).name
                    yield WorkProgress(f"{text} “{readable(name)}”", self._done, total)

    def _read_chunk(self, readers: PictureReaders, rows: Rows) -> None:
        """Read pictures and keep their faces; runs in a thread of the readers."""
        good, faces = [], []
        paths = [self._pictures.path(row) for row in rows]
        # The reading ends early when all is to end; what came until then is kept.
        for row, face in zip(rows.tolist(), readers.read(paths), strict=False):
            if isinstance(face, PhotoError):
                self._skipped[row] = readable(str(face))
            else:
                good.append(row)
                faces.append(face)
            with self._lock:
                self._done, self._latest = self._done + 1, row
        if good:
            self._kept.keep(self._pictures.keys[good], np.stack(faces))

    def _put_together(self) -> Generator[WorkProgress, None, Prepared]:
        pictures, pace = self._pictures, Pace()
        rows = np.flatnonzero(self._kept.has(pictures.keys))
        skipped = [*pictures.unopened, *(self._skipped[row] for row in sorted(self._skipped))]
        title = readable(pictures.folder.name or str(pictures.folder))
        if not len(rows):
            raise DataError(f"No picture in “{title}” can be read.", "\n".join(skipped))
        keys = pictures.keys[rows]
        with self._entry.building() as draft:
            with FaceWriter(draft / "images.npy") as writer:
                for done in self._kept.write(keys, writer):
                    if pace.due():
                        yield WorkProgress("Putting the faces together", done, len(rows))
            np.save(draft / KEYS, keys)
            names = [_face_name(pictures.names[row]) for row in rows]
            prepared = self._entry.commit(draft, title, names, skipped, pictures.plain_order(rows))
        self._kept.discard()
        return prepared


def _face_name(name: str) -> str:
    """Name a face after its file or, where there is one, its subfolder."""
    folder, file = os.path.split(name)
    if folder:
        return readable(os.path.basename(folder).replace("_", " "))  # noqa: PTH119
    return readable(os.path.splitext(file)[0])  # noqa: PTH122


class PictureList:
    """The pictures below a folder by name, those of a folder before those of its subfolders.

    ``names`` are their paths from the folder, with numbers in them in the order of the numbers;
    ``keys`` holds a number each that changes with its name, size and time of change; ``unopened``
    tells in a sentence each which subfolders can't be opened or were left out. Linked folders and
    files count, each once. What is hidden, or kept by a disk or a desktop for itself, does not.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []
        self.keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self.unopened: list[str] = []
        self._is_plain = True

    def __len__(self) -> int:
        return len(self.names)

    def path(self, row: int) -> str:
        """Return the path of a picture; a million of them needn't be kept."""
        return os.path.join(self.folder, self.names[row])  # noqa: PTH118 (a tenth of the time)

    def state(self) -> str:
        """Return a digest that changes when any picture does, comes or goes."""
        return hashlib.blake2b(self.keys.tobytes(), digest_size=16).hexdigest()

    def fill(self, version: int) -> Generator[WorkProgress, None, None]:
        """Look for the pictures; the keys are others for another ``version`` of reading them."""
        pace, keys = Pace(), array("Q")
        for name in self._found():
            if pace.due():
                yield WorkProgress("Looking for pictures", len(keys))
            if name is not None:
                self.names.append(name)
                keys.append(_key_of(version, name, self.path(len(keys))))
        self.keys = np.array(keys, np.uint64)

    def _found(self) -> Iterator[str | None]:
        """Yield the names in order, and None after each folder, empty ones too."""
        suffixes, tree = picture_suffixes(), _Tree(self.folder, self.unopened.append)
        waiting = [_Folder("", tree.root, is_linked=False)]
        while waiting:
            folder = waiting.pop()
            files, folders = tree.look_into(folder, suffixes)
            ordered, below = sorted(files, key=natural), sorted(folders, key=_natural_folder)
            if ordered != sorted(files) or below != sorted(folders):
                self._is_plain = False
            for name in ordered:
                # Not by pathlib, which would take longer than all the rest.
                yield os.path.join(folder.name, name)  # noqa: PTH118
            waiting += reversed(below)
            yield None

    def plain_order(self, rows: Rows) -> Rows | None:
        """Return in which order some rows come by the code points of their names; None if in this.

        It is the order of ``os.walk`` with sorted names.
        """
        if self._is_plain:
            return None
        keys = [_plain_key(self.names[row]) for row in rows]
        return np.array(sorted(range(len(rows)), key=keys.__getitem__), np.int64)


class _Folder(NamedTuple):
    """A folder: its path from the first one, where it truly is, and whether a link led there."""

    name: str
    place: str
    is_linked: bool


class _Tree:
    """Finds what lies below a folder, through links too: every folder and linked file once.

    What is there without a link is found there, and not through a link. ``note`` is given a
    sentence about each folder that is left out and isn't found elsewhere.
    """

    def __init__(self, folder: Path, note: Callable[[str], None]) -> None:
        self.root = os.path.realpath(folder)
        self._start = folder
        self._note = note
        self._seen: set[str] = set()

    def look_into(
        self, folder: _Folder, suffixes: frozenset[str]
    ) -> tuple[list[str], list[_Folder]]:
        """Return the names of the pictures in a folder, and the folders in it, in no order."""
        files: list[str] = []
        folders: list[_Folder] = []
        try:
            entries = os.scandir(os.path.join(self._start, folder.name))  # noqa: PTH118
        except OSError:
            self._note(f"“{readable(os.path.basename(folder.place))}” can't be opened.")  # noqa: PTH119
            return files, folders
        with entries:
            for entry in entries:
                if _is_ignored(entry.name):
                    continue
                suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122
                if _is_folder(entry):
                    folders += self._below(folder, entry)
                elif suffix in suffixes:
                    if self._is_new(folder, entry):
                        files.append(entry.name)
                elif not suffix and entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110
                    self._note(f"“{readable(entry.name)}” is a link that leads nowhere.")
        return files, folders

    def _below(self, folder: _Folder, entry: os.DirEntry[str]) -> list[_Folder]:
        name = os.path.join(folder.name, entry.name)  # noqa: PTH118
        is_link = entry.is_symlink()
        place = os.path.realpath(entry.path) if is_link else os.path.join(folder.place, entry.name)  # noqa: PTH118
        if is_link and _lies_in(self.root, place):
            if place != self.root:
                self._note(
                    f"“{readable(entry.name)}” was left out: it is a link to a folder around this "
                    "one."
                )
            return []
        is_linked = is_link or folder.is_linked
        if is_linked and (self._is_found_without_links(place) or place in self._seen):
            return []
        if is_linked:
            self._seen.add(place)
        return [_Folder(name, place, is_linked)]

    def _is_new(self, folder: _Folder, entry: os.DirEntry[str]) -> bool:
        is_link = entry.is_symlink()
        if not is_link and not folder.is_linked:
            return True
        place = os.path.join(folder.place, entry.name)  # noqa: PTH118
        if is_link:
            place = os.path.realpath(entry.path)
            if not os.path.exists(place):  # noqa: PTH110
                return True  # told when it is read
            is_picture = os.path.splitext(place)[1].lower() in picture_suffixes()  # noqa: PTH122
            if is_picture and self._is_found_without_links(place):
                return False
        if place in self._seen:
            return False
        self._seen.add(place)
        return True

    def _is_found_without_links(self, place: str) -> bool:
        if not _lies_in(place, self.root):
            return False
        inside = Path(os.path.relpath(place, self.root)).parts
        return not any(map(_is_ignored, inside))


def _lies_in(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip(os.sep) + os.sep)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


_IGNORED_FOLDERS = frozenset(
    {
        # Synology, QNAP, TerraMaster, Asustor, NetApp and Buffalo
        "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@tmp", "@__thumb",
        "@sharebin", "~snapshot", "trashbox",
        # Windows, macOS, Android and file systems
        "$recycle.bin", "system volume information", "__macosx", "network trash folder",
        "temporary items", "thevolumesettingsfolder", "ipod photo cache", "lost.dir", "lost+found",
    }
)  # fmt: skip
"""Folders of file systems, desktops and archivers, in lower case. Others begin with a dot."""
_BINS = frozenset({"RECYCLER", "RECYCLED"})
_THUMBNAILS = ("SYNOPHOTO_THUMB_", "SYNOPHOTO_FILM_")


def _is_ignored(name: str) -> bool:
    """Tell whether a file or folder belongs to a file system, a desktop or an archiver.

    They are thumbnails, bins and forks of files; also whatever is hidden.
    """
    if name.startswith(".") and name not in (".", ".."):
        return True
    return name in _BINS or name.lower() in _IGNORED_FOLDERS or name.startswith(_THUMBNAILS)


def natural(name: str) -> tuple[list[str | int], str]:
    """Return a sort key of a name: numbers by their value, letters regardless of case."""
    parts: list[str | int] = list(_NUMBER.split(name.casefold()))
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def _natural_folder(folder: _Folder) -> tuple[list[str | int], str]:
    return natural(os.path.basename(folder.name))  # noqa: PTH119


def _plain_key(name: str) -> str:
    """Return a text that sorts as the name does by code points, files before folders."""
    *folders, file = name.split(os.sep)  # noqa: PTH206
    return "".join(f"\1{folder}\0" for folder in folders) + f"\0{file}"


def _key_of(version: int, name: str, path: str) -> int:
    facts = b"%d\0%s\0" % (version, os.fsencode(name))
    try:
        stat = os.stat(path)  # noqa: PTH116
        facts += b"%d %d" % (stat.st_size, stat.st_mtime_ns)
    except OSError:
        facts += b"gone"
    return int.from_bytes(hashlib.blake2b(facts, digest_size=8).digest(), "little")
