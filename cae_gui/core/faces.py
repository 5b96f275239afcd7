"""The faces on show: demo, LFW, a folder, or the user's own photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Problem, Report, explain
from cae_gui.core.jobs import StreamJob
from model.data.datasets import (
    DownloadError,
    FaceSet,
    LfwMissingError,
    Prepared,
    download_lfw,
    prepare,
)
from model.photos.photos import PhotoLibrary
from model.progress import WorkProgress

DEMO, LFW, PHOTOS = "demo", "lfw", "photos"
TITLES = {DEMO: "Demo faces", LFW: "LFW", PHOTOS: "My photos"}


class Loaded(NamedTuple):
    """A data set is ready under this source key; own photos have ``keys``."""

    source: str
    faces: FaceSet
    skipped: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class LfwMissing(NamedTuple):
    """LFW isn't on this machine; ``problem`` says why it couldn't be downloaded."""

    problem: Problem | None = None


class Faces(QObject):
    """Owns the data set on show; own photos are those in the library.

    Signals:
        changed(): another data set is on show.
        busy(str, int, int): what is done, how far, of how much (0: unknown); ``idle()`` ends it.
        lfw_missing(Problem | None): LFW was chosen and isn't on this machine; the problem is why
            downloading it failed.
        skipped(object): sentences (tuple of str) about files that were left out.
        photo_moved(int): the face in this row of the photos on show was cut out again.
    """

    changed = Signal()
    busy = Signal(str, int, int)
    idle = Signal()
    lfw_missing = Signal(object)
    skipped = Signal(object)
    photo_moved = Signal(int)

    def __init__(
        self, library: PhotoLibrary, report: Report, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.source = ""
        self.faces: FaceSet | None = None
        self.keys: tuple[str, ...] = ()
        """What the library calls each of the faces on show, where they are own photos."""
        self._library, self._report = library, report
        self._is_last_resort = False
        self._loading = StreamJob(self)

    def choose(self, source: str) -> None:
        """Load a data set: ``DEMO``, ``LFW``, ``PHOTOS`` or the path of a folder.

        Where that fails, is cancelled or misses LFW, the one on show stays; without one, the demo
        faces are loaded.
        """
        self._is_last_resort = source == DEMO
        self._begin(partial(_load, source, self._library))

    def download_lfw(self) -> None:
        """Download LFW where scikit-learn looks for it, then show it."""
        self._begin(partial(_download, self._library))

    def cancel(self) -> None:
        """Stop what is being loaded; the data set on show stays."""
        self._loading.cancel()

    def refresh_photo(self, key: str, pixels: NDArray[np.uint8]) -> None:
        """Show the face uint8 (48, 48, 3) that was cut out again of a photo."""
        if self.faces is not None and key in self.keys:
            row, images = self.keys.index(key), self.faces.images.copy()
            images[row] = pixels
            self.faces = replace(self.faces, images=images)
            self.photo_moved.emit(row)

    def jobs(self) -> list[StreamJob]:
        """Return all threads, to be stopped when the application closes."""
        return [self._loading]

    def _begin(self, load: Callable[[], Iterator[Any]]) -> None:
        then, ended = self._on_loading, self._on_ended
        self._loading.begin(load, then=then, failed=self._report, ended=ended)

    def _on_loading(self, event: Any) -> None:
        if isinstance(event, WorkProgress):
            self.busy.emit(event.text, event.done, event.total)
        elif isinstance(event, LfwMissing):
            self.lfw_missing.emit(event.problem)
        else:
            self.source, self.faces, self.keys = event.source, event.faces, event.keys
            self.changed.emit()
            if event.skipped:
                self.skipped.emit(event.skipped)

    def _on_ended(self, _complete: bool) -> None:
        self.idle.emit()
        if self.faces is None and not self._is_last_resort:
            self.choose(DEMO)


def _load(source: str, library: PhotoLibrary) -> Iterator[Any]:
    if source == PHOTOS:
        faces, keys = library.keyed_faces()
        yield Loaded(source, faces, keys=keys)
        return
    try:
        for event in prepare(source):
            if isinstance(event, Prepared):
                yield Loaded(source, event.faces, event.skipped)
            else:
                yield event
    except LfwMissingError:
        yield LfwMissing()


def _download(library: PhotoLibrary) -> Iterator[Any]:
    try:
        yield from download_lfw()
    except DownloadError as error:
        yield LfwMissing(explain(error))
    else:
        yield from _load(LFW, library)


__all__ = ["DEMO", "LFW", "PHOTOS", "TITLES", "Faces"]
