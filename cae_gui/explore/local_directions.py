"""Finds the directions in which the faces nearest to the edited one vary, in the background."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.faces import Faces
from cae_gui.core.latents import FEWEST, Latents
from cae_gui.core.tasks import Task, Tasks
from cae_gui.explore.explorer import Explorer, rest_timer

if TYPE_CHECKING:
    from model.latents.directions import Directions

LEAST, USUAL, MOST = 50, 300, 2000
"""Nearest faces: few are noisy, many vary as all do."""
TOO_FEW = f"Local directions are found among {FEWEST} faces or more."
MEASURING = "Measuring the faces …"
ALIKE = "There are no directions here: the nearest faces are all alike."


class LocalDirections(QObject):
    """Gives the explorer the principal directions of the faces nearest to the edited one.

    They are found once the face rests, while they are wanted. They stay while the face is moved,
    so that no slider changes its meaning under the hand; another face, another count or other
    measured faces bring others, and ``find_here`` does.

    Signals:
        changed(): ``text`` has changed.
    """

    changed = Signal()

    def __init__(
        self,
        tasks: Tasks,
        faces: Faces,
        latents: Latents,
        explorer: Explorer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks, self._faces = tasks, faces
        self._latents, self._explorer = latents, explorer
        self._count = USUAL
        self._is_wanted = False
        self.text = ""
        """Why there are none yet."""
        self._rest = rest_timer(self, self._on_rest)
        explorer.face_changed.connect(self.find_here)
        latents.changed.connect(self.find_here)
        faces.changed.connect(self._say_why_not)

    @property
    def count(self) -> int:
        """How many nearest faces the directions are found among, ``LEAST`` to ``MOST``."""
        return self._count

    @count.setter
    def count(self, count: int) -> None:
        count = min(max(count, LEAST), MOST)
        if count != self._count:
            self._count = count
            self.find_here()

    def set_wanted(self, wanted: bool) -> None:
        """Note whether they are in view; only then they are found."""
        self._is_wanted = wanted
        if wanted and self._explorer.local is None:
            self._rest.start()

    @Slot()
    def find_here(self) -> None:
        """Find others where the face lies now, once it rests."""
        self._tasks.drop(Task.LOCAL)
        self._explorer.use_local(None)
        self._say_why_not()
        if self._is_wanted:
            self._rest.start()

    @Slot()
    def _say_why_not(self) -> None:
        faces = self._faces.faces
        is_measured = self._latents.explored is not None
        self._say(f"Finding the directions of the {self._count:,} nearest faces …")
        if not is_measured:
            few = faces is not None and len(faces.images) < FEWEST
            self._say(TOO_FEW if few else MEASURING)

    def _say(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.changed.emit()

    @Slot()
    def _on_rest(self) -> None:
        explored, face = self._latents.explored, self._explorer.face
        if self._explorer.is_held:
            self._rest.start()
        elif self._is_wanted and explored and face and self._explorer.local is None:
            work = partial(explored.directions_near, face.latent, self._count)
            self._tasks.run(work, Task.LOCAL, then=self._on_found, failed=self._on_failed)

    def _on_found(self, found: Directions) -> None:
        self._explorer.use_local(found)

    def _on_failed(self) -> None:
        self._say(ALIKE)
