"""The map of the faces' latents: by PCA at once, by t-SNE in the background."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from cae_gui.core.latents import Latents
from cae_gui.core.times import duration

if TYPE_CHECKING:
    from model.latents.explored import Explored
    from model.latents.latent_map import PcaPlane

Floats = NDArray[np.float32]
Method = Literal["pca", "tsne"]

PACE = 6
"""Last reports that the remaining time is estimated from: later steps take longer."""


class Maps(QObject):
    """Owns the map, which is computed on ``refresh``.

    Signals:
        changed(): ``points`` or ``method`` has changed; during t-SNE about once a second.
        busy(str, int, int): text, steps done, steps in all; ``idle()`` ends it. After a failure
            the map is by PCA again.
    """

    changed = Signal()
    busy = Signal(str, int, int)
    idle = Signal()

    def __init__(self, latents: Latents, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.method: Method = "pca"
        self.explored: Explored | None = None
        """The latents of ``points``, perhaps not the newest ones."""
        self.points: Floats | None = None
        self.plane: PcaPlane | None = None
        """The projection of a map by PCA; None for one by t-SNE."""
        self._latents, self._report = latents, report
        self._wanted: Explored | None = None  # the latents of the map being computed
        self._finished: tuple[Explored, Floats] | None = None
        self._pace: deque[tuple[int, float]] = deque(maxlen=PACE)
        self.job = StreamJob(self)
        latents.changed.connect(self._on_latents)

    def choose(self, method: Method) -> None:
        """Show the map by this method; cancels one that is being computed."""
        self.method = method
        self._stop()
        self.refresh()

    def cancel(self) -> None:
        """Stop computing a map; the one by PCA is shown again."""
        if self._wanted is not None:
            self.choose("pca")

    def refresh(self) -> None:
        """Compute the map of the newest latents; called while the map is visible.

        A map under way is finished first, as snapshots may come faster than maps.
        """
        explored = self._latents.explored
        if explored is None or (explored is self.explored and self._is_of_method()):
            return
        if self.method == "pca":
            self._show(explored, explored.points, _plane(explored))
        elif self._finished is not None and self._finished[0] is explored:
            self._show(*self._finished)
        elif self._wanted is None:
            self._make(explored)
            if self.points is None:  # the first points take a while
                self._show(explored, explored.points, _plane(explored))

    def _is_of_method(self) -> bool:
        return (self.plane is not None) == (self.method == "pca")

    def _make(self, explored: Explored) -> None:
        earlier = self._finished
        same = earlier and np.array_equal(earlier[0].latents.rows, explored.latents.rows)
        self._wanted = explored
        self._pace.clear()
        self.busy.emit("Making the map", 0, 0)
        work = partial(_tsne, explored, earlier[1] if earlier and same else None)
        then, ended = self._on_produced, self._on_ended
        self.job.begin(work, then=then, failed=self._report, ended=ended)

    def _stop(self) -> None:
        if self._wanted is not None:
            self._wanted = None
            self.job.cancel()
            self.idle.emit()

    def _show(self, explored: Explored, points: Floats, plane: PcaPlane | None = None) -> None:
        self.explored, self.points, self.plane = explored, points, plane
        self.changed.emit()

    @Slot()
    def _on_latents(self) -> None:
        if self._latents.explored is None:
            self._stop()
            self.explored = self.points = self.plane = self._finished = None
            self.changed.emit()

    def _on_produced(self, mapping: Any) -> None:
        explored = self._wanted
        if explored is None:  # reported before it was cancelled
            return
        if mapping.done < mapping.total:
            self.busy.emit(self._text(mapping.done, mapping.total), mapping.done, mapping.total)
        else:
            self._finished = (explored, mapping.points)
        self._show(explored, mapping.points)

    def _text(self, done: int, total: int) -> str:
        self._pace.append((done, time.monotonic()))
        (before, then), (_, now) = self._pace[0], self._pace[-1]
        if done == before:
            return "Making the map"
        left = (now - then) / (done - before) * (total - done)
        return f"Making the map, about {duration(left)} left"

    def _on_ended(self, complete: bool) -> None:
        if self._wanted is None:
            return
        self._wanted = None
        self.idle.emit()
        if complete:
            self.changed.emit()  # newer latents may have been measured meanwhile
        else:
            self.choose("pca")


def _plane(explored: Explored) -> PcaPlane:
    from model.latents.latent_map import PcaPlane

    return PcaPlane.of(explored.latents.latents, explored.statistics, explored.points)


def _tsne(explored: Explored, earlier: Floats | None) -> Iterator[Any]:
    from model.latents.latent_map import tsne_map

    latents, statistics = explored.latents.latents, explored.statistics
    yield from tsne_map(latents, statistics, key=explored.key, earlier=earlier)
