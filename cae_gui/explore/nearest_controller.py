"""Joins the studio and the strip of the nearest faces in Explore."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cae_gui.core.latents import FEWEST
from cae_gui.core.tasks import Task
from cae_gui.explore.edited import Edited
from cae_gui.explore.face_strip import FaceStrip
from cae_gui.explore.face_strip_model import StripFace
from cae_gui.explore.measured_faces import load_measured
from cae_gui.explore.sliders.slider_ends_controller import REST_MS
from cae_gui.studio import Studio
from cae_gui.widgets.face_view import FaceView

if TYPE_CHECKING:
    from model.latents.explored import Explored

Floats = NDArray[np.float32]

COUNT = 8


class _Question(NamedTuple):
    """Which of the measured faces are the nearest to an edited one."""

    explored: Explored
    edited: Edited


class NearestController(QObject):
    """Looks for the nearest faces of the edited one, once that is painted and rests.

    Signals:
        face_picked(int): row in the gallery of a face that was clicked.
    """

    face_picked = Signal(int)

    def __init__(self, studio: Studio, strip: FaceStrip, face: FaceView, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._strip = studio, strip
        self._explorer, self._latents = studio.explorer, studio.latents
        self._points: list[int] = []
        self._cosines: list[float] = []
        self._asked: _Question | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)
        face.painted.connect(self._wait)
        strip.looked_at.connect(self._wait)
        strip.chosen.connect(self._on_chosen)
        strip.set_tip(self._tip)
        self._explorer.face_changed.connect(self._on_face)
        self._latents.changed.connect(self._on_latents)
        studio.faces.changed.connect(self._say_why)
        self._say_why()

    @Slot()
    def _wait(self) -> None:
        self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        explored, edited = self._latents.explored, self._explorer.face
        if explored is None or edited is None or not self._strip.isVisible():
            return
        if self._asked != (explored, edited):
            self._asked = _Question(explored, edited)
            work = partial(_nearest, explored, edited.latent)
            self._studio.tasks.run(work, Task.NEAREST, then=self._on_found)

    @Slot()
    def _on_face(self) -> None:
        # Its latent may be another one after the next snapshot of a model under training.
        self._forget()
        if self._explorer.face is None:
            self._show((), ())

    @Slot()
    def _on_latents(self) -> None:
        if self._latents.explored is None:
            self._forget()
            self._show((), ())
        else:
            self._rest.start()
        self._say_why()

    def _forget(self) -> None:
        self._asked = None
        self._studio.tasks.drop(Task.NEAREST)

    def _on_found(self, found: tuple[list[int], list[float]]) -> None:
        self._show(*found)

    def _show(self, points: Sequence[int], cosines: Sequence[float]) -> None:
        faces, explored = self._latents.faces, self._latents.explored
        self._points, self._cosines = list(points), list(cosines)
        if faces is None or explored is None:
            self._strip.set_faces(())
            return
        rows = [int(explored.latents.rows[point]) for point in points]
        found = [StripFace((id(faces), row), faces.names[row], faces.images[row]) for row in rows]
        self._strip.set_faces(found)

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        load_measured(self._studio, self._points[index], self.face_picked)

    def _tip(self, index: int) -> str:
        return f"{self._strip.face(index).name}\nCosine {self._cosines[index]:.2f}"

    @Slot()
    def _say_why(self) -> None:
        faces = self._studio.faces.faces
        if faces is not None and len(faces.images) < FEWEST and self._latents.explored is None:
            text = f"The nearest faces can be found among {FEWEST} faces or more."
        else:
            text = "The faces nearest to the edited one appear here."
        self._strip.set_empty_text(text)


def _nearest(explored: Explored, latent: Floats) -> tuple[list[int], list[float]]:
    points, cosines = explored.neighbours.nearest(latent, COUNT)
    return points.tolist(), cosines.tolist()
