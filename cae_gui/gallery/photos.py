"""The person's own photos: added, removed and put back in the background."""

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
"""Of more photos the first one is shown while the others are read."""


class Several(NamedTuple):
    """Photos that show several people: their keys, their names, and how many faces in all."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    faces: int


class _Read(NamedTuple):
    """One photo is in the library, or ``problem`` (a sentence or more) says why not."""

    name: str
    key: str = ""
    faces: int = 0
    notes: tuple[str, ...] = ()
    problem: str | Problem = ""
    is_new_face: bool = False
    """Of a photo that was there already."""


class OwnPhotos(QObject):
    """Owns the library of the person's own photos; its threads do all the writing.

    Signals:
        busy(str, int, int): what is done, how far, of how much; ``idle()`` ends it.
        added(str): photos were added; the key of the newest, or of the first of many.
        changed(str): faces were removed or put back, or added behind the one on show; the key of
            one to show, or "" where that one may stay.
        removed(Removed): these photos are gone; ``restore`` puts them back.
        several(Several): among the photos that were added are some with more faces than one.
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
        self.shelf = PhotoLibrary()
        self._results: list[_Read] = []
        self._has_many = self._shows_first = False
        self._queue: list[tuple[Picture, str]] = []
        self._groups: list[str] = []
        self._reading = StreamJob(self)
        self._unwritten: list[Callable[[], object]] = []
        self._writing = LatestJob(parent=self)
        self._writing.start()

    def add(self, pictures: Sequence[tuple[Picture, str]]) -> None:
        """Read photos and add their faces to the library; each comes with its name."""
        if self._reading.is_busy:
            self._queue.extend(pictures)
        else:
            self._read(partial(_add, self.shelf, tuple(pictures)))

    def add_all_faces(self, keys: Sequence[str]) -> None:
        """Give each face that was found in these photos, and isn't there yet, an entry."""
        if self._reading.is_busy:
            self._groups.extend(keys)
        else:
            self._read(partial(_add_all_faces, self.shelf, tuple(keys)))

    def cancel(self) -> None:
        """Read no more photos; those that were read stay."""
        self._queue.clear()
        self._groups.clear()
        self._reading.cancel()

    def remove(self, keys: Sequence[str], *, for_good: bool = False) -> None:
        """Remove faces; ``for_good`` spares the memory that putting them back needs."""
        work = partial(self.shelf.remove, tuple(keys), for_good=for_good)
        self._write(work, self._on_removed)

    def restore(self, removed: Removed) -> None:
        """Put photos back that were removed."""
        self._write(partial(self.shelf.restore, removed), self._on_faces_added)

    def add_face(self, key: str, placement: Placement) -> None:
        """Give another face of a photo, whose box is here now, an entry."""
        self._write(partial(_add_face, self.shelf, key, placement), self._on_faces_added)

    def jobs(self) -> list[StreamJob | LatestJob]:
        """Return all threads, to be ended when the application closes."""
        return [self._reading, self._writing]

    def finish(self) -> None:
        """Write what the ended threads left undone."""
        for work in self._unwritten:
            # The window is closed and can't tell of an error.
            with suppress(OSError, ValueError):
                work()
        self._unwritten.clear()

    def _read(self, work: Callable[[], Iterator[WorkProgress | _Read]]) -> None:
        then, ended = self._on_photo, self._on_photos_read
        self._reading.begin(work, then=then, failed=self._report, ended=ended)

    def _write(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        self._unwritten.append(work)
        # Each in a lane of its own: a newer one replaces none that waits.
        written, failed = partial(self._on_written, work, then), partial(self._on_failure, work)
        self._writing.ask(work, lane=work, then=written, failed=failed)

    def _on_written(self, work: Callable[[], object], then: Callable[[T], None], reply: T) -> None:
        self._strike(work)
        then(reply)

    def _on_failure(self, work: Callable[[], object], problem: Problem) -> None:
        self._strike(work)
        self._report(problem)
        self.changed.emit("")

    def _strike(self, work: Callable[[], object]) -> None:
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
    shelf: PhotoLibrary, pictures: Sequence[tuple[Picture, str]]
) -> Iterator[WorkProgress | _Read]:
    for number, (picture, name) in enumerate(pictures):
        yield WorkProgress(f"Reading “{name}”", number, len(pictures))
        yield _add_one(shelf, picture, name)


def _add_one(shelf: PhotoLibrary, picture: Picture, name: str) -> _Read:
    """Whatever is wrong with one photo, the others are to be read."""
    try:
        photo = read_photo(picture, name)
        key = shelf.find(photo.picture)
        if key is not None:
            return _Read(name, key, notes=(f"“{name}” is among your photos already.",))
        faces = len(photo.placement.found)
        return _Read(name, shelf.add_photo(photo), faces, photo.notes)
    except Exception as error:
        return _failed(name, error)


def _add_all_faces(shelf: PhotoLibrary, keys: Sequence[str]) -> Iterator[WorkProgress | _Read]:
    for number, key in enumerate(keys):
        yield WorkProgress("Adding faces", number, len(keys))
        try:
            yield from [_Read("", added, is_new_face=True) for added in _add_free(shelf, key)]
        except Exception as error:
            yield _failed("", error)


def _add_free(shelf: PhotoLibrary, key: str) -> list[str]:
    placement = shelf.placement(key)
    free = placement.free(shelf.others(key).values()) if placement is not None else []
    if placement is None or not free:
        return []
    faces = [placement.moved(placement.found[number], number) for number in free]
    return shelf.add_faces(key, faces)


def _failed(name: str, error: Exception) -> _Read:
    return _Read(name, problem=str(error) if isinstance(error, PhotoError) else explain(error))


def _add_face(shelf: PhotoLibrary, key: str, placement: Placement) -> list[str]:
    boxes = tuple(shelf.others(key).values())
    return shelf.add_faces(key, [placement.another(boxes, shelf.picture(key).size)])


__all__ = ["OwnPhotos", "Picture", "Several"]
