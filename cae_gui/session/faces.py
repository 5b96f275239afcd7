"""The faces on show: demo, LFW, a folder, or the person's own photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.jobs import StreamJob
from cae_gui.problems import Problem, explain
from model.datasets import (
    DownloadError,
    FaceSet,
    LfwMissingError,
    Prepared,
    Preparing,
    download_lfw,
    prepare,
)
from model.faces import PhotoError
from model.photo import read_photo
from model.photos import PhotoShelf

DEMO, LFW, PHOTOS = "demo", "lfw", "photos"
TITLES = {DEMO: "Demo faces", LFW: "LFW", PHOTOS: "My photos"}

Picture = Path | bytes | NDArray[np.uint8]
"""A photo to add: a file, its bytes, or pixels uint8 (H, W, 3) as pasted."""


class Loaded(NamedTuple):
    """A data set is ready under this source key."""

    source: str
    faces: FaceSet
    skipped: tuple[str, ...]


class LfwMissing(NamedTuple):
    """LFW isn't on this machine; ``problem`` says why it couldn't be downloaded."""

    problem: Problem | None = None


class PhotoRead(NamedTuple):
    """One photo is in this row of the shelf, or ``problem`` (a sentence or more) says why not."""

    name: str
    row: int
    notes: tuple[str, ...] = ()
    problem: str | Problem = ""


class Reading(NamedTuple):
    """A photo is being read: its number among so many."""

    name: str
    done: int
    total: int


class Faces(QObject):
    """Owns the data set on show and the shelf of the person's own photos.

    Signals:
        changed(): another data set is on show.
        busy(str, int, int): what is done, how far, of how much (0: unknown); ``idle()`` ends it.
        lfw_missing(Problem | None): LFW was chosen and isn't on this machine; the problem is why
            downloading it failed.
        skipped(object): sentences (tuple of str) about files that were left out.
        noted(object): sentences (tuple of str) about photos that were added.
        photos_added(int): photos were added; the row of the newest.
        photo_moved(int): the face in this row of the photos on show was cut out anew.
        problem(Problem): something failed; the data set on show stays.
    """

    changed = Signal()
    busy = Signal(str, int, int)
    idle = Signal()
    lfw_missing = Signal(object)
    skipped = Signal(object)
    noted = Signal(object)
    photos_added = Signal(int)
    photo_moved = Signal(int)
    problem = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source = ""
        self.faces: FaceSet | None = None
        self.shelf = PhotoShelf()
        self._is_last_resort = False
        self._refused: list[str] = []
        self._notes: list[str] = []
        self._newest_photo = -1
        self._loading = StreamJob(self)
        self._loading.produced.connect(self._on_loading)
        self._loading.failed.connect(self.problem)
        self._loading.ended.connect(self._on_ended)
        self._reading = StreamJob(self)
        self._reading.produced.connect(self._on_photo)
        self._reading.failed.connect(self.problem)
        self._reading.ended.connect(self._on_photos_read)
        self._queue: list[tuple[Picture, str]] = []

    def choose(self, source: str) -> None:
        """Load a data set: ``DEMO``, ``LFW``, ``PHOTOS`` or the path of a folder.

        Where that fails or is cancelled the one on show stays, or the demo faces are loaded.
        """
        self._is_last_resort = source == DEMO
        self._loading.begin(partial(_load, source, self.shelf))

    def download_lfw(self) -> None:
        """Download LFW where scikit-learn looks for it, then show it."""
        self._loading.begin(partial(_download, self.shelf))

    def cancel(self) -> None:
        """Stop what is being loaded; the data set on show stays."""
        self._queue.clear()
        self._loading.cancel()
        self._reading.cancel()

    def add_photos(self, pictures: Sequence[tuple[Picture, str]]) -> None:
        """Read photos and put their faces on the shelf; each comes with its name."""
        if self._reading.is_busy:
            self._queue.extend(pictures)
        else:
            self._reading.begin(partial(_add_photos, self.shelf, tuple(pictures)))

    def remove_photo(self, row: int) -> None:
        """Take a photo off the shelf."""
        try:
            self.shelf.remove(row)
        except OSError as error:
            self.problem.emit(explain(error))
        if self.source == PHOTOS:
            self.choose(PHOTOS)

    def refresh_photo(self, row: int) -> None:
        """Show the face that was cut out anew of the photo in this row."""
        if self.source == PHOTOS:
            self.faces = self.shelf.faces()
            self.photo_moved.emit(row)

    def jobs(self) -> list[StreamJob]:
        """Return all threads, for the one who closes the application."""
        return [self._loading, self._reading]

    @Slot(object)
    def _on_loading(self, event: Any) -> None:
        if isinstance(event, Preparing):
            self.busy.emit(event.text, event.done, event.total)
        elif isinstance(event, LfwMissing):
            self.lfw_missing.emit(event.problem)
        else:
            self.source, self.faces = event.source, event.faces
            self.changed.emit()
            if event.skipped:
                self.skipped.emit(event.skipped)

    @Slot(bool)
    def _on_ended(self, complete: bool) -> None:
        self.idle.emit()
        if not complete and self.faces is None and not self._is_last_resort:
            self.choose(DEMO)

    @Slot(object)
    def _on_photo(self, event: Reading | PhotoRead) -> None:
        if isinstance(event, Reading):
            self.busy.emit(f"Reading “{event.name}”", event.done, event.total)
        elif isinstance(event.problem, Problem):
            self.problem.emit(event.problem)
        elif event.problem:
            self._refused.append(event.problem)
        else:
            self._newest_photo = event.row
            self._notes.extend(event.notes)

    @Slot(bool)
    def _on_photos_read(self, _complete: bool) -> None:
        self.idle.emit()
        newest, self._newest_photo = self._newest_photo, -1
        refused, self._refused = tuple(self._refused), []
        notes, self._notes = tuple(self._notes), []
        queue, self._queue = self._queue, []
        if newest >= 0:
            self.photos_added.emit(newest)
        if notes:
            self.noted.emit(notes)
        if refused:
            self.skipped.emit(refused)
        if queue:
            self.add_photos(queue)


def _load(source: str, shelf: PhotoShelf) -> Iterator[Any]:
    if source == PHOTOS:
        yield Loaded(source, shelf.faces(), ())
        return
    try:
        for event in prepare(source):
            if isinstance(event, Prepared):
                yield Loaded(source, event.faces, event.skipped)
            else:
                yield event
    except LfwMissingError:
        yield LfwMissing()


def _download(shelf: PhotoShelf) -> Iterator[Any]:
    try:
        yield from download_lfw()
    except DownloadError as error:
        yield LfwMissing(explain(error))
    else:
        yield from _load(LFW, shelf)


def _add_photos(
    shelf: PhotoShelf, pictures: Sequence[tuple[Picture, str]]
) -> Iterator[Reading | PhotoRead]:
    for number, (picture, name) in enumerate(pictures):
        yield Reading(name, number, len(pictures))
        yield _add_photo(shelf, picture, name)


def _add_photo(shelf: PhotoShelf, picture: Picture, name: str) -> PhotoRead:
    """Whatever is wrong with one photo, the others are to be read."""
    try:
        photo = read_photo(picture, name)
        row = shelf.find(photo.picture)
        if row is not None:
            return PhotoRead(name, row, (f"“{name}” is among your photos already.",))
        return PhotoRead(name, shelf.add_photo(photo), photo.notes)
    except PhotoError as error:
        return PhotoRead(name, -1, problem=str(error))
    except Exception as error:
        return PhotoRead(name, -1, problem=explain(error))


__all__ = ["DEMO", "LFW", "PHOTOS", "TITLES", "Faces", "Picture"]
