"""The selected photo of the person's own: its picture, and the box that can be moved on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.jobs import LatestJob, Question
from cae_gui.problems import Problem
from model.crop import CropBox, crop_face
from model.photo import Placement
from model.photos import PhotoShelf

_SHOWN_SIDE = 1024
"""Larger pictures are shown reduced: scaling 12 megapixels to the window would stall it."""


class Opened(NamedTuple):
    """A photo to show: uint8 (H, W, 3) ``pixels``, reduced from a picture of ``size``."""

    picture: Image.Image
    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    placement: Placement


class OwnPhoto(QObject):
    """Cuts out anew while the box moves, the newest box only, and keeps it when it settles.

    Signals:
        opened(Opened): the picture of another photo is there.
        closed(): no photo is selected any more.
        cropped(object): the face uint8 (48, 48, 3) in the newest box.
        kept(object, int): the face in a box that settled, and the row of its photo.
        problem(Problem): the picture can't be read, or the box can't be kept.
    """

    opened = Signal(object)
    closed = Signal()
    cropped = Signal(object)
    kept = Signal(object, int)
    problem = Signal(object)

    def __init__(self, shelf: PhotoShelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._key = ""
        self._photo: Opened | None = None
        self._placement: Placement | None = None
        self._settled: Placement | None = None
        self._unkept: dict[str, Callable[[], object]] = {}
        self.job = LatestJob(("box", "open"), self)
        self.job.answered.connect(self._on_answer)
        self.job.failed.connect(self._on_failure)
        self.job.start()

    def show(self, row: int) -> None:
        """Open the photo in this row of the shelf, where more than its face was kept."""
        key = self._shelf.key(row)
        if key and key == self._key and self._photo is not None:
            return
        self.close()
        if key:
            self._key = key
            self.job.ask(Question("open", partial(_open, self._shelf, key), key))

    def rests_in(self, row: int) -> bool:
        """Tell whether the photo on show is in this row of the shelf, its box not on its way."""
        is_here = bool(self._key) and self._shelf.row_of(self._key) == row
        return is_here and self._placement == self._settled

    def close(self) -> None:
        """Show no photo; where its box was moved it is kept."""
        if self._placement != self._settled:
            self.settle()
        was_open, self._key = bool(self._key), ""
        self._photo = self._placement = self._settled = None
        if was_open:
            self.closed.emit()

    def move(self, box: CropBox, chosen: int) -> None:
        """Cut this box out; ``chosen`` is the face that it started from, -1 for none."""
        if self._photo is not None and self._placement is not None:
            self._placement = self._placement.moved(box, chosen)
            work = partial(crop_face, self._photo.picture, box)
            self.job.ask(Question("box", work, (self._key, box)))

    def settle(self) -> None:
        """Keep the box as it is now."""
        if self._photo is None or self._placement is None:
            return
        key, placement, picture = self._key, self._placement, self._photo.picture
        self._settled = placement
        work = partial(_keep, self._shelf, key, placement, picture)
        self._unkept[key] = work
        self.job.ask(Question(f"keep {key}", work, (key, work)))

    def keep_all(self) -> None:
        """Write what the ended job left undone."""
        for work in self._unkept.values():
            # The window is closed: there is nobody to be told, and the box of before is kept.
            with suppress(OSError):
                work()
        self._unkept.clear()

    @Slot(str, object, object)
    def _on_answer(self, channel: str, tag: Any, reply: Any) -> None:
        if channel == "open":
            self._on_opened(tag, reply)
        elif channel == "box":
            key, box = tag
            if self._placement is not None and (key, box) == (self._key, self._placement.box):
                self.cropped.emit(reply)
        else:
            key, work = tag
            if self._unkept.get(key) is work:
                del self._unkept[key]
            if reply is not None:
                self.kept.emit(*reply)

    def _on_opened(self, key: str, photo: Opened | None) -> None:
        if key == self._key and photo is not None:
            self._photo = photo
            self._placement = self._settled = photo.placement
            self.opened.emit(photo)

    @Slot(str, object)
    def _on_failure(self, channel: str, problem: Problem) -> None:
        if channel.startswith("keep "):
            self._unkept.pop(channel.removeprefix("keep "), None)
        self.problem.emit(problem)


def _open(shelf: PhotoShelf, key: str) -> Opened | None:
    placement = shelf.placement(key)
    if placement is None:
        return None
    picture = shelf.picture(key)
    factor = -(-max(picture.size) // _SHOWN_SIDE)
    return Opened(picture, np.asarray(picture.reduce(factor)), picture.size, placement)


def _keep(
    shelf: PhotoShelf, key: str, placement: Placement, picture: Image.Image
) -> tuple[NDArray[np.uint8], int] | None:
    row = shelf.place(key, placement, picture)
    return None if row is None else (crop_face(picture, placement.box), row)
