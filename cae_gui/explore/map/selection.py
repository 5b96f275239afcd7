"""Which faces are selected on the map, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.latents import Latents
from cae_gui.core.tasks import Task, Tasks
from cae_gui.explore.explorer import Explorer, KeptStep
from cae_gui.explore.map.strokes import Change, Rows
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.numbers import counted
from model.face_set import FaceSet, take

if TYPE_CHECKING:
    from model.latents.explored import Explored

Floats = NDArray[np.float32]

SAMPLED = 500
"""Faces whose typicality is computed: it takes longer than all else."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Ascending rows (K,) of a face set; none of no set."""

    faces: FaceSet | None = None
    rows: Rows = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def title(self) -> str:
        """What they are called: “214 faces of LFW”."""
        of = f" of {self.faces.title}" if self.faces is not None else ""
        return f"{counted(len(self), 'face')}{of}"

    def is_of(self, faces: FaceSet | None) -> bool:
        """Return whether the rows mean the same in that set: a face may have been cut out anew."""
        if self.faces is None or faces is None:
            return self.faces is faces
        same = self.faces.title == faces.title and self.faces.names == faces.names
        return self.faces is faces or same

    def some(self, most: int) -> list[Face]:
        """Return at most so many of them, evenly spread."""
        if self.faces is None:
            return []
        places = np.linspace(0, len(self) - 1, min(most, len(self))).astype(np.int64)
        names, images = self.faces.names, self.faces.images
        return [(names[row], np.array(images[row])) for row in self.rows[places].tolist()]

    def face_set(self) -> FaceSet:
        """Return a set of these faces alone; of thousands not on the GUI thread."""
        assert self.faces is not None
        names = [self.faces.names[row] for row in self.rows]
        return FaceSet(self.title, take(self.faces.images, self.rows), names)


class Summary(NamedTuple):
    """The mean latent (L,) of some rows, and their scatter.

    ``spread`` is their root mean square distance from their mean, in units of that of the training
    faces; ``typicality`` is the median typicality of at most ``SAMPLED`` of them, from 0 to 1.
    """

    rows: Rows
    mean: Floats
    spread: float
    typicality: float


class MapSelection(QObject):
    """Holds the selected rows of the measured faces; every change can be undone with the edits.

    They stay for another model, and go with other faces.

    Signals:
        changed(): other faces are selected.
        shown(): ``rows`` is something else; also with each move while an area is drawn.
        summarized(): ``summary`` is of other faces, or there is none any more.
    """

    changed = Signal()
    shown = Signal()
    summarized = Signal()

    def __init__(
        self, latents: Latents, explorer: Explorer, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._latents, self._explorer, self._tasks = latents, explorer, tasks
        self.chosen = Chosen()
        """What is selected, without what is being drawn."""
        self._passing: Rows | None = None
        self.summary: Summary | None = None
        """What was found of the rows last shown; it follows a little later."""
        latents.changed.connect(self._on_latents)

    @property
    def rows(self) -> Rows:
        """The rows (K,) on show, ascending: with what is being drawn."""
        return self.chosen.rows if self._passing is None else self._passing

    def sweep(self, found: Rows, change: Change) -> None:
        """Show what would be selected with the rows found so far, ascending."""
        self._passing = change.of(self.chosen.rows, found)
        self._show()

    def drop_sweep(self) -> None:
        """Show what is selected again."""
        if self._passing is not None:
            self._passing = None
            self._show()

    def take(self, found: Rows, change: Change) -> None:
        """Select by the rows found, ascending, as one step."""
        before = self.chosen
        rows = change.of(before.rows, found)
        self._passing = None
        if np.array_equal(rows, before.rows):
            self._show()
            return
        after = Chosen(self._latents.faces, rows)
        text = f"Select {counted(len(rows), 'face')}" if len(rows) else "Select no face"
        self._explorer.end_edit()
        step = KeptStep(self._explorer, text, self._set, before, after)
        self._explorer.undo_stack.push(step)

    def clear(self) -> None:
        """Select no face."""
        self.take(Chosen().rows, Change.REPLACE)

    def _set(self, chosen: Chosen) -> None:
        fits = chosen.is_of(self._latents.faces)
        self.chosen, self._passing = chosen if fits else Chosen(), None
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        explored, rows = self._latents.explored, self.rows
        self.shown.emit()
        if explored is None or not len(rows):
            self._tasks.drop(Task.MAP_SELECTION)
            self._on_summary(None)
        else:
            work = partial(_summary, explored, rows)
            then = self._on_summary
            self._tasks.run(work, Task.MAP_SELECTION, then=then, interim=True)

    def _on_summary(self, summary: Summary | None) -> None:
        if summary is not self.summary:
            self.summary = summary
            self.summarized.emit()

    @Slot()
    def _on_latents(self) -> None:
        faces = self._latents.faces
        if faces is None:  # another model will measure them
            return
        if not self.chosen.is_of(faces):
            if len(self.chosen.rows):
                self._set(Chosen())
        elif self._latents.explored is not None:
            self.chosen = Chosen(faces, self.chosen.rows)
            self._show()


def _summary(explored: Explored, rows: Rows) -> Summary:
    places = np.searchsorted(explored.latents.rows, rows)
    some = explored.latents.latents[places]
    mean = some.mean(axis=0)
    apart = some - mean
    variance = float(np.einsum("ij,ij->", apart, apart)) / len(some)
    spread = (variance / float((explored.statistics.sigma.astype(np.float64) ** 2).sum())) ** 0.5
    sampled = np.linspace(0, len(some) - 1, min(SAMPLED, len(some))).astype(np.int64)
    typicality = float(np.median(explored.density.typicality(some[sampled])))
    return Summary(rows, mean, spread, typicality)
