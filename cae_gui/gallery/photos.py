"""The user's own photos: added, removed and restored in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Problem, Report, explain
from cae_gui.core.jobs import LatestJob, StreamJob
from model.photos.crop import Placement
from model.photos.faces import PhotoError
from model.photos.photos import PhotoLibrary, Removed, read_photo
from model.progress import WorkProgress

T = TypeVar("T")

Picture = Path | bytes | NDArray[np.uint8]
"""A photo to add: a file, its bytes, or pixels uint8 (H, W, 3) as pasted."""
MANY = 10
"""Above this number of photos the first is shown while the others are still being read."""


class Several(NamedTuple):
    """Photos with several faces: their keys, their names, and the number of all their faces."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    faces: int


class _Read(NamedTuple):
    """The result of reading one photo: its key, or a ``problem`` in sentences."""

    name: str
    key: str = ""
    faces: int = 0
    notes: tuple[str, ...] = ()
    problem: str | Problem = ""
    is_new_face: bool = False
    """Whether a further face was added of a photo that the library has already."""


class OwnPhotos(QObject):
    """Owns the library of the user's own photos, and writes to it in background threads.

    Signals:
        busy(str, int, int): text, steps done, steps in all; ``idle()`` ends it.
        added(str): photos were added; the key of the newest, or of the first of many.
        changed(str): faces were added, removed or restored; the key of the face to show, or "" to
            keep the one on show.
        removed(Removed): photos were removed; ``restore`` takes them.
        several(Several): some of the added photos have several faces.
        noted(object): sentences (tuple of str) about photos that were added.
        skipped(object): sentences (tuple of str) about files that were left out.
    """

    busy = Signal(str, int, int)
    idle = Signal()
    added = Signal(str)
    changed = Signal(str)
    removed = Signal(object)
    several = Signal(object)
    noted = Signal(object)
    skipped = Signal(object)

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.library = PhotoLibrary()
        self._results: list[_Read] = []
        self._has_many = self._shows_first = False
        self._queue: list[tuple[Picture, str]] = []
        self._groups: list[str] = []
        self._reading = StreamJob(self)
        self._unwritten: list[Callable[[], object]] = []
        self._writing = LatestJob(parent=self)
        self._writing.start()

    def add(self, pictures: Sequence[tuple[Picture, str]]) -> None:
        """Read (picture, name) pairs and add their most prominent faces to the library."""
        if self._reading.is_busy:
            self._queue.extend(pictures)
        else:
            self._read(partial(_add, self.library, tuple(pictures)))

    def add_all_faces(self, keys: Sequence[str]) -> None:
        """Add all faces found in these photos that the library doesn't have yet."""
        if self._reading.is_busy:
            self._groups.extend(keys)
        else:
            self._read(partial(_add_all_faces, self.library, tuple(keys)))

    def cancel(self) -> None:
        """Stop reading photos; those already read stay in the library."""
        self._queue.clear()
        self._groups.clear()
        self._reading.cancel()

    def remove(self, keys: Sequence[str], *, for_good: bool = False) -> None:
        """Remove faces; with ``for_good`` they take no memory and can't be restored."""
        work = partial(self.library.remove, tuple(keys), for_good=for_good)
        self._write(work, self._on_removed)

    def restore(self, removed: Removed) -> None:
        """Restore removed photos."""
        self._write(partial(self.library.restore, removed), self._on_faces_added)

    def add_face(self, key: str, placement: Placement) -> None:
        """Add another face of the photo with this key, whose box is now at ``placement``."""
        self._write(partial(_add_face, self.library, key, placement), self._on_faces_added)

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, to be stopped when the application closes."""
        return [self._reading, self._writing]

    def finish(self) -> None:
        """Do the writes that were still waiting when the threads ended."""
        for work in self._unwritten:
            # The window is closed and can't show an error.
            with suppress(OSError, ValueError):
                work()
        self._unwritten.clear()

    def _read(self, work: Callable[[], Iterator[WorkProgress | _Read]]) -> None:
        then, ended = self._on_photo, self._on_photos_read
        self._reading.begin(work, then=then, failed=self._report, ended=ended)

    def _write(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        self._unwritten.append(work)
        # Each in a lane of its own, so that a newer write replaces none that waits.
        written, failed = partial(self._on_written, work, then), partial(self._on_failure, work)
        self._writing.ask(work, lane=work, then=written, failed=failed)

    def _on_written(self, work: Callable[[], object], then: Callable[[T], None], reply: T) -> None:
        self._forget_write(work)
        then(reply)

    def _on_failure(self, work: Callable[[], object], problem: Problem) -> None:
        self._forget_write(work)
        self._report(problem)
        self.changed.emit("")

    def _forget_write(self, work: Callable[[], object]) -> None:
        if work in self._unwritten:  # unless ``finish`` has done it
            self._unwritten.remove(work)

    def _on_removed(self, removed: Removed) -> None:
        self.changed.emit("")
        if removed.count:
            self.removed.emit(removed)

    def _on_faces_added(self, keys: Sequence[str]) -> None:
        self.changed.emit(keys[0] if keys else "")

    def _on_photo(self, event: WorkProgress | _Read) -> None:
        if isinstance(event, WorkProgress):
            self._has_many = event.total > MANY
            self.busy.emit(event.text, event.done, event.total)
        elif isinstance(event.problem, Problem):
            self._report(event.problem)
        else:
            self._results.append(event)
            if self._has_many and event.key and not (event.is_new_face or self._shows_first):
                self._shows_first = True
                self.added.emit(event.key)

    def _on_photos_read(self, _complete: bool) -> None:
        self.idle.emit()
        results, self._results = self._results, []
        self._tell(results)
        if self._queue:
            queue, self._queue = self._queue, []
            self.add(queue)
        elif self._groups:
            groups, self._groups = self._groups, []
            self.add_all_faces(groups)

    def _tell(self, results: Sequence[_Read]) -> None:
        read = [result for result in results if result.key]
        shows_first, self._shows_first = self._shows_first, False
        if shows_first or any(result.is_new_face for result in read):
            self.changed.emit("")
        elif read:
            self.added.emit(read[-1].key)
        groups = [result for result in read if result.faces > 1]
        if groups:
            keys, names = (tuple(one.key for one in groups), tuple(one.name for one in groups))
            self.several.emit(Several(keys, names, sum(one.faces for one in groups)))
        notes = tuple(note for result in read for note in result.notes)
        if notes:
            self.noted.emit(notes)
        refused = tuple(str(result.problem) for result in results if result.problem)
        if refused:
            self.skipped.emit(refused)


def _add(
    library: PhotoLibrary, pictures: Sequence[tuple[Picture, str]]
) -> Iterator[WorkProgress | _Read]:
    for number, (picture, name) in enumerate(pictures):
        yield WorkProgress(f"Reading “{name}”", number, len(pictures))
        yield _add_one(library, picture, name)


def _add_one(library: PhotoLibrary, picture: Picture, name: str) -> _Read:
    """Read one photo; its errors are returned, so that the others are still read."""
    try:
        photo = read_photo(picture, name)
        key = library.find(photo.picture)
        if key is not None:
            return _Read(name, key, notes=(f"“{name}” is among your photos already.",))
        faces = len(photo.placement.found)
        return _Read(name, library.add_photo(photo), faces, photo.notes)
    except Exception as error:
        return _failed(name, error)


def _add_all_faces(library: PhotoLibrary, keys: Sequence[str]) -> Iterator[WorkProgress | _Read]:
    for number, key in enumerate(keys):
        yield WorkProgress("Adding faces", number, len(keys))
        try:
            yield from [_Read("", added, is_new_face=True) for added in _add_free(library, key)]
        except Exception as error:
            yield _failed("", error)


def _add_free(library: PhotoLibrary, key: str) -> list[str]:
    placement = library.placement(key)
    free = placement.free(library.others(key).values()) if placement is not None else []
    if placement is None or not free:
        return []
    faces = [placement.moved(placement.found[number], number) for number in free]
    return library.add_faces(key, faces)


def _failed(name: str, error: Exception) -> _Read:
    return _Read(name, problem=str(error) if isinstance(error, PhotoError) else explain(error))


def _add_face(library: PhotoLibrary, key: str, placement: Placement) -> list[str]:
    boxes = tuple(library.others(key).values())
    return library.add_faces(key, [placement.another(boxes, library.picture(key).size)])


__all__ = ["OwnPhotos", "Picture", "Several"]
