"""The selected photo of the user: its picture, and the box that can be moved on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from cae_gui.core.errors import Problem, Report
from cae_gui.core.jobs import LatestJob
from cae_gui.core.undo import Step
from model.photos.crop import CropBox, Placement, crop_face
from model.photos.photos import PhotoLibrary

_SHOWN_SIDE = 1024
"""Larger pictures are shown reduced: scaling 12 megapixels to the window would stall it."""
MOST_STEPS = 500
"""Steps that can be undone."""


class _Lane(Enum):
    """What is asked of the job, the most urgent first."""

    BOX = auto()
    OPEN = auto()


class Opened(NamedTuple):
    """A photo to show: uint8 (H, W, 3) ``pixels``, reduced from a picture of ``size``."""

    picture: Image.Image
    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    placement: Placement


class OwnPhoto(QObject):
    """Cuts the face out while the box moves, the newest box only, and keeps it when it settles.

    What was done to the box of the photo on show can be undone, step by step. ``undo_stack`` takes
    steps of others, too, and is cleared when another photo is shown.

    Signals:
        opened(Opened): the picture of another photo is there.
        closed(): no photo is selected any more.
        placed(CropBox, int): undo or redo has put the box here, started from the face of this
            number.
        cropped(object): the face uint8 (48, 48, 3) in the newest box.
        kept(object, str): the face in a box that settled, and the key of its photo.
    """

    opened = Signal(object)
    closed = Signal()
    placed = Signal(object, int)
    cropped = Signal(object)
    kept = Signal(object, str)

    def __init__(
        self, library: PhotoLibrary, report: Report, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)
        self.key = ""
        """What the photo library calls the photo on show; "" without one."""
        self._library, self._report = library, report
        self._photo: Opened | None = None
        self._placement: Placement | None = None
        self._settled: Placement | None = None
        self._unkept: dict[str, tuple[Placement, Callable[[], object]]] = {}
        self.job = LatestJob(_Lane, self)
        self.job.start()

    @property
    def placement(self) -> Placement | None:
        """Where the box is now, and which faces were found."""
        return self._placement

    def others(self) -> dict[str, CropBox]:
        """Return the keys and boxes of the other faces that were added of the photo on show."""
        return self._library.others(self.key) if self.key else {}

    def show(self, key: str) -> None:
        """Open the photo that the library calls so, where more than its face was kept."""
        if key and key == self.key and self._photo is not None:
            return
        if not key or self._library.placement(key) is None:
            self.close()
            return
        self._leave()
        self.key = key
        unkept, _ = self._unkept.get(key, (None, None))
        work = partial(_open, self._library, key, unkept)
        then, failed = self._on_opened, self._on_not_opened
        self.job.ask(work, lane=_Lane.OPEN, then=then, failed=failed)

    def rests_on(self, key: str) -> bool:
        """Tell whether this photo is on show, and its box not on its way."""
        return key == self.key and self._placement == self._settled

    def close(self) -> None:
        """Show no photo; where its box was moved it is kept."""
        if self.key:
            self._leave()
            self.closed.emit()

    def move(self, box: CropBox, chosen: int) -> None:
        """Cut this box out; ``chosen`` is the face that it started from, -1 for none."""
        if self._placement is not None:
            self._put(self._placement.moved(box, chosen))

    def settle(self, by_keys: bool = False) -> None:
        """Keep the box as it is now, as a step; those by keys of one kind become one step."""
        before, after = self._settled, self._placement
        if before is not None and after is not None and before != after:
            text, merge_id = _what(before, after), 1 if by_keys else -1
            self.undo_stack.push(Step(text, self._go_to, before, after, merge_id=merge_id))

    def keep_all(self) -> None:
        """Write what the ended job left undone."""
        for _, work in self._unkept.values():
            # The window is closed and can't tell of an error; the box of before is kept then.
            with suppress(OSError):
                work()
        self._unkept.clear()

    def _leave(self) -> None:
        if self._placement != self._settled:
            self.settle()
        self.key = ""
        self._photo = self._placement = self._settled = None
        for lane in _Lane:
            self.job.cancel(lane)
        self.undo_stack.clear()

    def _put(self, placement: Placement) -> None:
        if self._photo is not None:
            self._placement = placement
            work = partial(crop_face, self._photo.picture, placement.box)
            self.job.ask(work, lane=_Lane.BOX, then=self.cropped.emit, failed=self._report)

    def _go_to(self, placement: Placement) -> None:
        """Put the box where a step leads, and keep it."""
        if placement != self._placement:
            self._put(placement)
            self.placed.emit(placement.box, placement.chosen)
        self._settled = placement
        if self._photo is not None:
            work = partial(self._library.place, self.key, placement, self._photo.picture)
            self._unkept[self.key] = placement, work
            then = partial(self._on_kept, self.key, work)
            failed = partial(self._on_not_kept, self.key, work)
            self.job.ask(work, lane=self.key, then=then, failed=failed, interim=True)

    def _on_kept(self, key: str, work: object, face: NDArray[np.uint8] | None) -> None:
        self._strike(key, work)
        if face is not None:
            self.kept.emit(face, key)

    def _on_not_kept(self, key: str, work: object, problem: Problem) -> None:
        self._strike(key, work)
        self._report(problem)

    def _strike(self, key: str, work: object) -> None:
        _, newest = self._unkept.get(key, (None, None))
        if newest is work:
            del self._unkept[key]

    def _on_opened(self, photo: Opened | None) -> None:
        if photo is None:
            self.closed.emit()
            return
        self._photo = photo
        self._placement = self._settled = photo.placement
        self.opened.emit(photo)

    def _on_not_opened(self, problem: Problem) -> None:
        self.closed.emit()
        self._report(problem)


def _open(library: PhotoLibrary, key: str, unkept: Placement | None) -> Opened | None:
    """Read a photo; ``unkept`` is where its box was put, if that is still to be written."""
    kept = library.placement(key)
    if kept is None:
        return None
    picture = library.picture(key)
    factor = -(-max(picture.size) // _SHOWN_SIDE)
    return Opened(picture, np.asarray(picture.reduce(factor)), picture.size, unkept or kept)


def _what(before: Placement, after: Placement) -> str:
    if before.chosen != after.chosen:
        return "Choose another face"
    if after.chosen >= 0 and after.box == after.found[after.chosen]:
        return "Put the box back"
    if before.box.angle != after.box.angle:
        return "Turn the box"
    return "Move the box" if before.box.size == after.box.size else "Resize the box"
