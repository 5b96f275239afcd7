"""The face being edited in the latent space, with undo and redo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from model.latent import LatentStatistics

if TYPE_CHECKING:
    from model.directions import Directions
    from model.typicality import Density

Floats = NDArray[np.float32]

MOST_STEPS = 500
"""Steps that can be undone: 10 kB each, for hours of work."""


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """A face and where its latent (L,) has been moved to from where it started."""

    name: str
    pixels: NDArray[np.uint8]
    start: Floats
    latent: Floats


class Explorer(QObject):
    """Holds the edited face; every change of it can be undone.

    Changes between ``begin_edit`` and ``end_edit`` (a drag of a slider) are one step.

    Signals:
        face_changed(): another face is being edited.
        latent_changed(): the latent of the face has moved; also after ``face_changed``.
    """

    face_changed = Signal()
    latent_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.face: Edited | None = None
        self.statistics: LatentStatistics | None = None
        self.attributes: Directions | None = None
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)
        self._before_drag: Edited | None = None
        self._random = np.random.default_rng()

    @property
    def latent(self) -> Floats | None:
        """The present latent (L,), or None where no face is loaded."""
        return None if self.face is None else self.face.latent

    def use_statistics(self, statistics: LatentStatistics | None) -> None:
        """Measure coordinates by these statistics from now on."""
        self.statistics = statistics

    def use_attributes(self, attributes: Directions | None) -> None:
        """Move along these attribute directions from now on."""
        self.attributes = attributes

    def clear(self) -> None:
        """Forget the face and all steps: their latents belong to another model."""
        self.face = self._before_drag = None
        self.undo_stack.clear()
        self.face_changed.emit()

    def load(self, name: str, pixels: NDArray[np.uint8], latent: Floats) -> None:
        """Start editing a face; undoing it brings the last one back."""
        self.end_edit()
        loaded = Edited(name, pixels, latent, latent)
        if self.face is None:
            self._set(loaded)
        else:
            self._push(f"Load {name}", loaded)

    def coordinates(self) -> Floats:
        """Return the principal coordinates (K,) in sigma; empty without a face or statistics."""
        if self.face is None or self.statistics is None:
            return np.empty(0, np.float32)
        return self.statistics.coordinates(self.face.latent)

    def set_coordinate(self, direction: int, sigmas: float) -> None:
        """Move the face along one principal direction to a coordinate in sigma."""
        if self.face is not None and self.statistics is not None:
            latent = self.statistics.moved(self.face.latent, direction, sigmas)
            self._edit(f"Direction {direction + 1}", latent)

    def attribute_coordinates(self) -> Floats:
        """Return where the face lies along each attribute (K,) in sigma; empty without any."""
        if self.face is None or self.attributes is None:
            return np.empty(0, np.float32)
        return self.attributes.coordinates(self.face.latent)

    def set_attribute(self, attribute: int, sigmas: float) -> None:
        """Move the face along one attribute direction to a coordinate in sigma."""
        if self.face is not None and self.attributes is not None:
            latent = self.attributes.moved(self.face.latent, {attribute: sigmas})
            self._edit(self.attributes[attribute].name, latent)

    def set_dimension(self, dimension: int, value: float) -> None:
        """Set one raw number of the latent."""
        if self.face is not None:
            latent = self.face.latent.copy()
            latent[dimension] = value
            self._edit(f"Latent {dimension + 1}", latent)

    def reset_coordinate(self, direction: int) -> None:
        """Bring one principal coordinate back to where the face started."""
        if self.face is not None and self.statistics is not None:
            start = self.statistics.coordinates(self.face.start)
            self.set_coordinate(direction, float(start[direction]))

    def reset_attribute(self, attribute: int) -> None:
        """Bring one attribute back to where the face started."""
        if self.face is not None and self.attributes is not None:
            start = self.attributes.coordinates(self.face.start)
            self.set_attribute(attribute, float(start[attribute]))

    def reset_dimension(self, dimension: int) -> None:
        """Bring one raw number back to where the face started."""
        if self.face is not None:
            self.set_dimension(dimension, float(self.face.start[dimension]))

    def reset(self) -> None:
        """Bring the whole latent back to where the face started."""
        if self.face is not None:
            self._edit("Reset", self.face.start)

    def randomize(self) -> None:
        """Move to a random face, drawn as the training faces are distributed."""
        if self.face is not None and self.statistics is not None:
            self._edit("Random face", self.statistics.sample(self._random))

    def make_more_typical(self, density: Density) -> None:
        """Move to the nearest face that is a tenth closer to the mean of the density."""
        if self.face is not None:
            self._edit("More typical", density.more_typical(self.face.latent))

    def begin_edit(self) -> None:
        """Take what follows as one step, until ``end_edit``."""
        self._before_drag = self.face

    @Slot()
    def end_edit(self) -> None:
        """End the step that ``begin_edit`` began."""
        before, self._before_drag = self._before_drag, None
        if before is not None and self.face is not None and before is not self.face:
            after = self.face
            self.face = before  # pushing the step applies it
            self._push("Drag", after)

    def _edit(self, text: str, latent: Floats) -> None:
        if self.face is None or np.array_equal(latent, self.face.latent):
            return
        moved = replace(self.face, latent=latent)
        if self._before_drag is not None:
            self._set(moved)
        else:
            self._push(text, moved)

    def _push(self, text: str, after: Edited) -> None:
        self.undo_stack.push(_Step(self, text, self.face, after))

    def _go_to(self, face: Edited | None) -> None:
        # An undo in the middle of a drag ends it: its start is no longer where the stack is.
        self._before_drag = None
        self._set(face)

    def _set(self, face: Edited | None) -> None:
        other = face is None or self.face is None or face.start is not self.face.start
        self.face = face
        if other:
            self.face_changed.emit()
        self.latent_changed.emit()


class _Step(QUndoCommand):
    """One change from a state to another; states are whole and never changed."""

    def __init__(self, explorer: Explorer, text: str, before: Edited | None, after: Edited) -> None:
        super().__init__(text)
        self._explorer, self._before, self._after = explorer, before, after

    def undo(self) -> None:
        self._explorer._go_to(self._before)

    def redo(self) -> None:
        self._explorer._go_to(self._after)
