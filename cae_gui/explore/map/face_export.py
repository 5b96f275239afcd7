"""Writes selected faces as pictures in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Report
from cae_gui.core.jobs import StreamJob
from cae_gui.explore.map.selection import Chosen
from model.data.face_export import export_faces
from model.progress import WorkProgress


class FaceExport(QObject):
    """Writes one selection at a time; a new one takes the place of one under way.

    Signals:
        busy(str, int, int): text, faces done, faces in all; ``idle()`` ends it.
    """

    busy = Signal(str, int, int)
    idle = Signal()

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.job = StreamJob(self)

    def begin(self, chosen: Chosen, folder: Path, then: Callable[[Path], object]) -> None:
        """Write pictures and names into a new folder, which ``then`` is given once it is there."""
        self.busy.emit(f"Writing “{folder.name}”", 0, len(chosen))
        work, ended = partial(_export, chosen, folder), partial(self._on_ended, folder, then)
        self.job.begin(work, then=self._on_progress, failed=self._report, ended=ended)

    def cancel(self) -> None:
        """Stop; nothing is left of the folder."""
        self.job.cancel()

    def _on_progress(self, step: WorkProgress) -> None:
        self.busy.emit(step.text, step.done, step.total)

    def _on_ended(self, folder: Path, then: Callable[[Path], object], complete: bool) -> None:
        self.idle.emit()
        if complete:
            then(folder)


def _export(chosen: Chosen, folder: Path) -> Iterator[WorkProgress]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    yield from export_faces(chosen.face_set(), folder)
