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
    """A data set was loaded from this source; own photos have ``keys``."""

    source: str
    faces: FaceSet
    skipped: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class LfwMissing(NamedTuple):
    """LFW isn't on this machine; ``problem`` says why it couldn't be downloaded."""

    problem: Problem | None = None


class Faces(QObject):
    """Owns the data set on show; own photos come from the library.

    Signals:
        changed(): another data set is on show.
        busy(str, int, int): text, steps done, steps in all (0: unknown); ``idle()`` ends it.
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
        """The library's keys of the faces on show, if they are own photos; else empty."""
        self.is_again = False
        """Whether they were loaded as at the last start, and not because a person chose them."""
        self._library, self._report = library, report
        self._is_last_resort = False
        self._loading = StreamJob(self)

    @property
    def is_loading(self) -> bool:
        """Whether a data set is being loaded."""
        return self._loading.is_busy

    def choose(self, source: str, *, again: bool = False) -> None:
        """Load a data set: ``DEMO``, ``LFW``, ``PHOTOS`` or the path of a folder.

        If that fails, is cancelled or LFW is missing, the present data set stays; if there is none,
        the demo faces are loaded. ``again``: it was chosen before, and nobody asks for it now.
        """
        self.is_again = again
        self._is_last_resort = source == DEMO
        self._begin(partial(_load, source, self._library))

    def download_lfw(self) -> None:
        """Download LFW to scikit-learn's data folder, then load it."""
        self._begin(partial(_download, self._library))

    def cancel(self) -> None:
        """Stop loading; the data set on show stays."""
        self._loading.cancel()

    def refresh_photo(self, key: str, pixels: NDArray[np.uint8]) -> None:
        """Replace the face of a photo on show by uint8 (48, 48, 3) ``pixels``."""
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
