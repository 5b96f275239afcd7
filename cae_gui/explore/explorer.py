"""The state of Explore: the edited face, its snapshots, directions, locks and limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtGui import QUndoStack

from cae_gui.core.undo import Step
from model.latent_statistics import LatentStatistics
from model.latents.directions import (
    MIN_FREE,
    Direction,
    Directions,
    principal_directions,
    project_out,
)

if TYPE_CHECKING:
    from model.latents.directions import Kind
    from model.latents.typicality import Density

T = TypeVar("T")
Floats = NDArray[np.float32]

MOST_STEPS = 500
"""Most steps that can be undone; each takes about 10 kB."""
TEMPERATURE = 0.7
"""Default scale of random faces: at 1 they are as unusual as the training faces, but some have
artefacts. Source: the truncation trick of Karras et al., "A style-based generator architecture for
generative adversarial networks", 2019."""
SMALL_STEP = 0.2
"""Weight of a new random face in a small random step."""
LEAST_TYPICAL = 0.01
"""The soft limit: edits below this typicality are moved back towards the mean."""
_ANEW = 1  # merges steps
REST_MS = 150
"""How long the face rests before small pictures and nearest faces are computed."""


@dataclass(eq=False)
class Face:
    """A face uint8 (48, 48, 3) and its latent (L,) by the model in use."""

    name: str
    pixels: NDArray[np.uint8]
    start: Floats


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Edited:
    """A face, its offset (L,) in the latent space, and the offset's strength; immutable."""

    face: Face
    offset: Floats
    strength: float = 1.0

    @property
    def name(self) -> str:
        """The name of the face."""
        return self.face.name

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The photo uint8 (48, 48, 3)."""
        return self.face.pixels

    @property
    def start(self) -> Floats:
        """The latent (L,) of the unedited face."""
        return self.face.start

    @property
    def latent(self) -> Floats:
        """The edited latent (L,)."""
        return np.asarray(self.face.start + np.float32(self.strength) * self.offset, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An edited face under a name."""

    name: str
    edited: Edited


_Placed = tuple[int, Snapshot]
_Swap = tuple[Sequence[_Placed], Sequence[_Placed]]
"""The snapshots to remove and those to insert, with their indexes."""


class Explorer(QObject):
    """Holds the edited face, the snapshots, and the directions, locks and density of its edits.

    Every change of the face and of the snapshots can be undone. Changes between ``begin_edit`` and
    ``end_edit`` (a drag of a slider) are one step.

    Signals:
        face_changed(): another face is being edited.
        latent_changed(): the latent of the face has changed; also after ``face_changed``.
        snapshots_changed(): a snapshot was added, renamed or removed.
        directions_changed(): the directions or their sigmas have changed.
        local_changed(): ``local`` has changed.
        locks_changed(): other directions are locked.
        limit_changed(): the soft limit has changed.
    """

    face_changed = Signal()
    latent_changed = Signal()
    snapshots_changed = Signal()
    directions_changed = Signal()
    local_changed = Signal()
    locks_changed = Signal()
    limit_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.face: Edited | None = None
        self.snapshots: tuple[Snapshot, ...] = ()
        self.statistics: LatentStatistics | None = None
        self.density: Density | None = None
        self.directions: Directions | None = None
        """Principal directions by variance, then attributes, then custom directions."""
        self.local: Directions | None = None
        """Principal directions of the faces nearest to where the face lay; none is locked."""
        self.temperature = TEMPERATURE
        """Scale of random faces: their distance to the mean, relative to the training faces'."""
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_STEPS)
        self.undo_stack.indexChanged.connect(self._forget_states)  # before any who shows them
        self._walked: list[tuple[int, Edited]] | None = None  # kept: hundreds take milliseconds
        self._limit = LEAST_TYPICAL
        self._principal: tuple[Direction, ...] = ()
        self._attributes: tuple[Direction, ...] = ()
        self._own: tuple[Direction, ...] = ()
        self._locked: set[tuple[Kind, str]] = set()
        self._locked_rows: frozenset[int] = frozenset()  # kept: it is read at each step of a drag
        self._before_drag: Edited | None = None
        self.is_jumping = False
        """Whether ``go_to_state`` is undoing or redoing steps, for the face only."""
        self._random = np.random.default_rng()

    @property
    def latent(self) -> Floats | None:
        """The edited latent (L,), or None without a face."""
        return None if self.face is None else self.face.latent

    @property
    def is_held(self) -> bool:
        """Whether a drag is under way."""
        return self._before_drag is not None

    @property
    def locked(self) -> frozenset[int]:
        """The indexes of the locked directions."""
        return self._locked_rows

    @property
    def limit(self) -> float:
        """The lowest typicality of an edit, 0 to 1; 0 is no limit."""
        return self._limit

    @limit.setter
    def limit(self, limit: float) -> None:
        self._limit = limit
        self.limit_changed.emit()

    def rows_of(self, kind: Kind) -> range:
        """Return the indexes in ``directions`` of one kind."""
        counts = (len(self._principal), len(self._attributes), len(self._own))
        number = ("principal", "attribute", "own").index(kind)
        first = sum(counts[:number])
        return range(first, first + counts[number]) if self.directions else range(0)

    def use_statistics(self, statistics: LatentStatistics | None) -> None:
        """Set the statistics that define principal directions and sigmas."""
        self.statistics = statistics
        self._principal = principal_directions(statistics).items if statistics else ()
        self._use()

    def use_attributes(self, attributes: Sequence[Direction]) -> None:
        """Set the attribute directions."""
        if tuple(attributes) != self._attributes:
            self._attributes = tuple(attributes)
            self._use()

    def set_own(self, own: Sequence[Direction]) -> None:
        """Set the custom directions."""
        if tuple(own) != self._own:
            self._own = tuple(own)
            self._use()

    def use_local(self, local: Directions | None) -> None:
        """Set the directions of the nearest faces; they aren't among ``directions``."""
        if local is not self.local:
            self.local = local
            self.local_changed.emit()

    def use_density(self, density: Density | None) -> None:
        """Set the density that random faces are drawn from, and that defines typicality."""
        self.density = density

    def set_locked(self, direction: int, locked: bool) -> None:
        """Lock or unlock a direction: edits keep the coordinates of locked ones."""
        if self.directions is not None:
            item = self.directions[direction]
            change = self._locked.add if locked else self._locked.discard
            change((item.kind, item.name))
            self._find_locked()
            self.locks_changed.emit()

    def clear(self) -> None:
        """Remove the face, the snapshots and all steps, as for another model."""
        self.face = self._before_drag = None
        self.snapshots = ()
        self.undo_stack.clear()
        self.face_changed.emit()
        self.latent_changed.emit()
        self.snapshots_changed.emit()

    def load(self, name: str, pixels: NDArray[np.uint8], latent: Floats) -> None:
        """Start editing a face uint8 (48, 48, 3) with its latent (L,), as one step."""
        self.end_edit()
        loaded = Edited(Face(name, pixels, latent), np.zeros_like(latent))
        if self.face is None:
            self._set(loaded)
        else:
            self._push(f"Load {name}", loaded)

    def load_anew(self, name: str, pixels: NDArray[np.uint8], latent: Floats, text: str) -> None:
        """Go on with the edit on the face as it is cut out or encoded now.

        Several in a row with the same text are one step.
        """
        self.end_edit()
        if self.face is not None:
            anew = replace(self.face, face=Face(name, pixels, latent))
            self.undo_stack.push(Step(text, self._go_to, self.face, anew, merge_id=_ANEW))

    def restore(self, edited: Edited, text: str) -> None:
        """Return to an earlier edit, such as a snapshot's, as one step."""
        self.end_edit()
        if self.face is None:
            self._set(edited)
        elif edited is not self.face:
            self._push(text, edited)

    def faces(self) -> list[Face]:
        """Return the faces of all steps and snapshots, each once."""
        states = [*self.states(), *(snapshot.edited for snapshot in self.snapshots)]
        states += [each for _, step in self._steps() for each in (step.before, step.after) if each]
        return list({id(state.face): state.face for state in states}.values())

    def rebase(self, faces: Sequence[Face], starts: Floats) -> None:
        """Replace the latents of ``faces()`` by those of the model's next snapshot (N, L).

        Edits keep their offsets.
        """
        for face, start in zip(faces, starts, strict=True):
            face.start = start
        if self.face is not None:
            self.face_changed.emit()
            self.latent_changed.emit()

    def coordinates(self) -> Floats:
        """Return the coordinates (K,) along all directions in sigma; empty without a face."""
        if self.face is None or self.directions is None:
            return np.empty(0, np.float32)
        return self.directions.coordinates(self.face.latent)

    def move(self, direction: int, sigmas: float) -> None:
        """Move the face along one direction to a coordinate in sigma, but not along locked ones."""
        latent = self.moved(direction, sigmas)
        if latent is not None and self.directions is not None:
            self._go(self.directions[direction].name, latent)

    def moved(self, direction: int, sigmas: float) -> Floats | None:
        """Return the latent (L,) to which ``move`` would lead; None without a face."""
        if self.face is None or self.directions is None:
            return None
        goal = {direction: sigmas}
        moved = self.directions.moved(self.face.latent, goal, tuple(self._locked_rows))
        return self._limited(moved, self.face)

    def move_locally(self, direction: int, sigmas: float) -> None:
        """Move the face along one of ``local``, but not along locked directions."""
        latent = self.moved_locally(direction, sigmas)
        if latent is not None and self.local is not None:
            self._go(self.local[direction].name, latent)

    def moved_locally(self, direction: int, sigmas: float) -> Floats | None:
        """Return the latent (L,) to which ``move_locally`` would lead; None without a face."""
        if self.face is None or self.local is None:
            return None
        locked = [self.directions[row] for row in self._locked_rows] if self.directions else []
        along = Directions((self.local[direction], *locked), self.local.mean)
        moved = along.moved(self.face.latent, {0: sigmas}, range(1, len(along)))
        return self._limited(moved, self.face)

    def set_dimension(self, dimension: int, value: float) -> None:
        """Set one dimension of the latent; coordinates of locked directions stay."""
        latent = self.with_dimension(dimension, value)
        if latent is not None:
            self._go(f"Latent {dimension + 1}", latent)

    def with_dimension(self, dimension: int, value: float) -> Floats | None:
        """Return the latent (L,) to which ``set_dimension`` would lead; None without a face."""
        if self.face is None:
            return None
        latent, locked = self.face.latent, sorted(self._locked_rows)
        step = np.zeros_like(latent)
        step[dimension] = value - latent[dimension]
        if self.directions is not None and locked:
            unit = np.zeros_like(latent)
            unit[dimension] = 1
            free = project_out(unit, self.directions.matrix[locked])
            room = float(free[dimension])  # squared length of the part outside locked directions
            step = free * (step[dimension] / room) if room > MIN_FREE**2 else np.zeros_like(step)
        return self._limited(latent + step, self.face)

    def go_to(self, latent: Floats, text: str) -> None:
        """Move the face to a latent (L,), within the soft limit: one step, or part of a drag."""
        if self.face is not None:
            self._go(text, self._limited(latent, self.face))

    def set_strength(self, strength: float) -> None:
        """Scale the edit: 0 is the unedited face, 1 the whole edit, 2 twice as much."""
        if self.face is not None and strength != self.face.strength:
            self._change("Strength", replace(self.face, strength=strength))

    def reset(self) -> None:
        """Reset the latent to that of the unedited face."""
        if self.face is not None and self.face.offset.any():
            self._change("Reset", replace(self.face, offset=self.face.offset * 0, strength=1.0))

    def randomize(self) -> None:
        """Move to a random face, drawn from the density at ``temperature``."""
        source = self.density or self.statistics
        if self.face is not None and source is not None:
            self._go("Random face", source.sample(self._random, self.temperature))

    def step_randomly(self) -> None:
        """Move a small step in a random direction."""
        if self.face is not None and self.density is not None:
            latent = self.density.nearby(self.face.latent, self._random, SMALL_STEP)
            self._go("Random step", latent)

    def make_more_typical(self) -> None:
        """Move to the nearest latent a tenth closer to the mean, by the density's distance."""
        if self.face is not None and self.density is not None:
            self._go("More typical", self.density.more_typical(self.face.latent))

    def typicality(self) -> float | None:
        """Return the share of faces at least as unusual, 0 to 1; None without a density."""
        if self.face is None or self.density is None:
            return None
        return float(self.density.typicality(self.face.latent))

    def take_snapshot(self, name: str) -> None:
        """Add a snapshot of the edited face."""
        if self.face is not None:
            self._keep(f"Take “{name}”", (*self.snapshots, Snapshot(name, self.face)))

    def add_snapshots(self, snapshots: Sequence[Snapshot], text: str) -> None:
        """Add snapshots from elsewhere, as one step with this text."""
        if snapshots:
            self._keep(text, (*self.snapshots, *snapshots))

    def rename_snapshot(self, index: int, name: str) -> None:
        """Rename a snapshot."""
        renamed = replace(self.snapshots[index], name=name)
        others = self.snapshots[:index], self.snapshots[index + 1 :]
        self._keep(f"Rename “{name}”", (*others[0], renamed, *others[1]))

    def remove_snapshots(self, indexes: Sequence[int]) -> None:
        """Remove snapshots, as one step."""
        kept = [item for index, item in enumerate(self.snapshots) if index not in indexes]
        if len(kept) < len(self.snapshots):
            self._keep("Remove snapshots", tuple(kept))

    def show_snapshot(self, index: int) -> None:
        """Return to the edit of a snapshot."""
        snapshot = self.snapshots[index]
        self.restore(snapshot.edited, f"Show “{snapshot.name}”")

    def states(self) -> list[Edited]:
        """Return the edits before the first step and after each that changed the face.

        ``state_index`` is the index of the present one.
        """
        return [state for _, state in self._numbered_states()]

    def state_index(self) -> int | None:
        """Return the index of the present one of ``states``; None without a face."""
        present = self.undo_stack.index()
        states = self._numbered_states()
        found = bisect_right(states, present, key=itemgetter(0)) - 1
        return found if found >= 0 else None

    def state_text(self, index: int) -> str:
        """Return the text of the step to one of ``states``; "" for the first one."""
        return self._text_of(self._numbered_states()[index][0])

    def history(self) -> list[tuple[str, Edited]]:
        """Return ``states``, each with its ``state_text``."""
        return [(self._text_of(number), state) for number, state in self._numbered_states()]

    def restore_history(
        self, history: Sequence[tuple[str, Edited]], present: int, text: str
    ) -> None:
        """Go on with the states of a session, the first by a step with this text.

        The steps made so far stay before it. ``present`` is the index of the state in use. Of more
        states than can be undone, the last ones are taken, or those around the present one.
        """
        self.end_edit()
        before = self.face
        first = max(0, min(present - MOST_STEPS // 2, len(history) - MOST_STEPS - 1))
        history, present = history[first : first + MOST_STEPS + 1], present - first
        texts, states = [text, *(each for each, _ in history[1:])], [each for _, each in history]
        steps = [
            Step(each, self._go_to, *pair, is_made=True)
            for each, pair in zip(texts, pairwise([before, *states]), strict=True)
        ]
        if before is None:
            del steps[0]
        later = len(states) - 1 - present
        self.is_jumping = True
        with QSignalBlocker(self.undo_stack):  # who shows the steps shows them once, at last
            for step in steps if later else steps[:-1]:
                self.undo_stack.push(step)
        self.face = states[-1]
        if later:
            self.undo_stack.setIndex(self.undo_stack.count() - later)
        elif steps:
            self.undo_stack.push(steps[-1])
        self.is_jumping = False
        after, self.face = self.face, before
        self._set(after)

    def go_to_state(self, index: int) -> None:
        """Undo or redo steps up to one of ``states``; snapshots and custom directions stay."""
        self.end_edit()
        before = self.face
        self.is_jumping = True
        self.undo_stack.setIndex(self._numbered_states()[index][0])
        self.is_jumping = False
        after, self.face = self.face, before
        self._set(after)

    def begin_edit(self) -> None:
        """Merge all changes until ``end_edit`` into one step."""
        self._before_drag = self.face

    @Slot()
    def end_edit(self) -> None:
        """Push the step since ``begin_edit``."""
        before, self._before_drag = self._before_drag, None
        if before is not None and self.face is not None and before is not self.face:
            after = self.face
            self.face = before  # pushing the step applies it
            self._push("Drag", after)

    def _limited(self, latent: Floats, edited: Edited) -> Floats:
        """Return the latent (L,) of an edit, moved back to the soft limit where it exceeds it."""
        if self.density is None or not self._limit:
            return latent
        return self.density.limited(latent, edited.start, self._limit)

    def _go(self, text: str, latent: Floats) -> None:
        if self.face is not None and not np.array_equal(latent, self.face.latent):
            self._change(text, Edited(self.face.face, latent - self.face.start))

    def _change(self, text: str, moved: Edited) -> None:
        if self._before_drag is not None:
            self._set(moved)
        else:
            self._push(text, moved)

    def _push(self, text: str, after: Edited) -> None:
        self.undo_stack.push(Step(text, self._go_to, self.face, after))

    def _keep(self, text: str, snapshots: tuple[Snapshot, ...]) -> None:
        self.end_edit()
        before, after = set(self.snapshots), set(snapshots)
        gone = [placed for placed in enumerate(self.snapshots) if placed[1] not in after]
        come = [placed for placed in enumerate(snapshots) if placed[1] not in before]
        step = KeptStep(self, text, self._swap_snapshots, (come, gone), (gone, come))
        self.undo_stack.push(step)

    def _steps(self) -> Iterator[tuple[int, Step[Edited | None]]]:
        """Yield the steps that changed the face, each with the stack's index after it."""
        for number in range(1, self.undo_stack.count() + 1):
            step = self.undo_stack.command(number - 1)
            if isinstance(step, Step) and not isinstance(step, KeptStep):
                yield number, step

    def _text_of(self, number: int) -> str:
        """Return the text of the step after which the stack's index is ``number``."""
        return self.undo_stack.text(number - 1).replace("&&", "&") if number else ""

    def _numbered_states(self) -> list[tuple[int, Edited]]:
        """Return each state with the stack's index at which it is the present one."""
        if self._walked is None:
            states: list[tuple[int, Edited]] = []
            for number, step in self._steps():
                if not states and step.before is not None:
                    states.append((0, step.before))
                if step.after is not None:
                    states.append((number, step.after))
            self._walked = states
        if not self._walked and self.face is not None:
            return [(0, self.face)]
        return self._walked

    @Slot()
    def _forget_states(self) -> None:
        self._walked = None

    def _go_to(self, face: Edited | None) -> None:
        # An undo during a drag ends it, as the stack is no longer at its start.
        self._before_drag = None
        if self.is_jumping:
            self.face = face
        else:
            self._set(face)

    def _swap_snapshots(self, swap: _Swap) -> None:
        gone, come = swap
        taken = {item for _, item in gone}
        kept = [item for item in self.snapshots if item not in taken]
        for place, item in come:
            kept.insert(place, item)
        self.snapshots = tuple(kept)
        self.snapshots_changed.emit()

    def _set(self, face: Edited | None) -> None:
        other = face is None or self.face is None or face.face is not self.face.face
        self.face = face
        if other:
            self.face_changed.emit()
        self.latent_changed.emit()

    def _use(self) -> None:
        items = (*self._principal, *self._attributes, *self._own)
        self.directions = Directions(items, self.statistics.mean) if self.statistics else None
        self._find_locked()
        self.directions_changed.emit()

    def _find_locked(self) -> None:
        names = enumerate((item.kind, item.name) for item in self.directions or ())
        self._locked_rows = frozenset(index for index, name in names if name in self._locked)


def rest_timer(parent: QObject, act: Callable[[], object]) -> QTimer:
    """Return a timer that calls ``act`` ``REST_MS`` after its last start."""
    timer = QTimer(parent, singleShot=True, interval=REST_MS)
    timer.timeout.connect(act)
    return timer


class KeptStep(Step[T]):
    """A change of snapshots or of custom directions, on the explorer's stack.

    ``go_to_state`` leaves it as it is, so that going back to an earlier face loses no snapshot or
    direction. For that, ``after`` and ``before`` are changes rather than whole values: the change
    to make, and its inverse.
    """

    def __init__(
        self, explorer: Explorer, text: str, apply: Callable[[T], object], before: T, after: T
    ) -> None:
        super().__init__(text, apply, before, after)
        self._explorer = explorer
        self._is_done = False

    def redo(self) -> None:
        if not self._is_done and not self._explorer.is_jumping:
            self._is_done = True
            super().redo()

    def undo(self) -> None:
        if self._is_done and not self._explorer.is_jumping:
            self._is_done = False
            super().undo()
