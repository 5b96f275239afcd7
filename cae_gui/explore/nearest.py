"""The strip of the faces nearest to the edited one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from cae_gui.core.faces import Faces
from cae_gui.core.latents import FEWEST, Latents
from cae_gui.core.tasks import Task, Tasks
from cae_gui.explore.explorer import Edited, Explorer, rest_timer
from cae_gui.explore.exploring import Exploring
from cae_gui.explore.face_strip import FaceStrip, StripFace
from cae_gui.widgets.face_view import FaceView

if TYPE_CHECKING:
    from model.latents.explored import Explored

Floats = NDArray[np.float32]

COUNT = 8


class _Question(NamedTuple):
    """A request for the measured faces nearest to an edited one."""

    explored: Explored
    edited: Edited


class NearestFaces(FaceStrip):
    """Shows the faces nearest to the edited one, computed once that is painted and rests."""

    def __init__(
        self,
        tasks: Tasks,
        faces: Faces,
        latents: Latents,
        explorer: Explorer,
        exploring: Exploring,
        face: FaceView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, named=True)
        self._tasks, self._faces, self._latents = tasks, faces, latents
        self._explorer, self._exploring = explorer, exploring
        self._points: list[int] = []
        self._cosines: list[float] = []
        self._asked: _Question | None = None
        self._rest = rest_timer(self, self._on_rest)
        self.setAccessibleName("Nearest faces")
        self.set_tip(self._tip)
        self.chosen.connect(self._on_chosen)
        face.painted.connect(self._wait)
        self.looked_at.connect(self._wait)
        explorer.face_changed.connect(self._on_face)
        latents.changed.connect(self._on_latents)
        latents.measuring.connect(self._on_measuring)
        faces.changed.connect(self._show_reason)
        self._show_reason()

    def _forget(self) -> None:
        self._asked = None
        self._tasks.drop(Task.NEAREST)

    def _show_found(self, found: tuple[Sequence[int], Sequence[float]]) -> None:
        points, cosines = found
        faces, explored = self._latents.faces, self._latents.explored
        self._points, self._cosines = list(points), list(cosines)
        if faces is None or explored is None:
            self.set_faces(())
            return
        rows = [int(explored.latents.rows[point]) for point in points]
        self.set_faces(
            [StripFace((id(faces), row), faces.names[row], faces.images[row]) for row in rows]
        )

    def _tip(self, index: int) -> str:
        return f"{self.face(index).name}\nCosine {self._cosines[index]:.2f}"

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        self._exploring.load_measured(self._points[index])

    @Slot()
    def _wait(self) -> None:
        self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        explored, edited = self._latents.explored, self._explorer.face
        if explored is None or edited is None or not self.isVisible():
            return
        if self._asked != (explored, edited):
            self._asked = _Question(explored, edited)
            work = partial(_nearest, explored, edited.latent)
            self._tasks.run(work, Task.NEAREST, then=self._show_found)

    @Slot()
    def _on_face(self) -> None:
        # The next snapshot of a model under training changes its latent.
        self._forget()
        if self._explorer.face is None:
            self._show_found(((), ()))
        self._show_reason()

    @Slot()
    def _on_latents(self) -> None:
        if self._latents.explored is None:
            self._forget()
            self._show_found(((), ()))
        else:
            self._rest.start()
        self._show_reason()

    @Slot()
    def _show_reason(self) -> None:
        faces, is_measured = self._faces.faces, self._latents.explored is not None
        text = "Measuring the faces …"
        if faces is None:
            text = "The faces are being loaded …"
        elif self._explorer.face is None or is_measured:
            text = "The faces nearest to the edited one appear here."
        elif len(faces.images) < FEWEST:
            text = f"The nearest faces can be found among {FEWEST} faces or more."
        self.set_empty_text(text)

    @Slot(int, int)
    def _on_measuring(self, done: int, total: int) -> None:
        if self._latents.explored is None:
            self.set_empty_text(f"Measuring the faces: {done:,} of {total:,}")


def _nearest(explored: Explored, latent: Floats) -> tuple[list[int], list[float]]:
    points, cosines = explored.neighbours.nearest(latent, COUNT)
    return points.tolist(), cosines.tolist()
