"""Short work in the background that isn't inference, and the writing of files."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from cae_gui.core.errors import Problem, Report
from cae_gui.core.jobs import LatestJob

T = TypeVar("T")


class Task(Enum):
    """What is asked of the one thread, the most urgent first."""

    SCHEDULE = auto()
    PLOT = auto()
    DIFFERENCE = auto()
    NEAREST = auto()
    LOCAL = auto()
    FACE_ERROR = auto()
    ERROR_FACES = auto()
    MAP_PLACES = auto()
    MAP_VALUES = auto()
    MAP_SELECTION = auto()
    CURVES = auto()
    COMPARISON = auto()
    SWEEP = auto()
    LAYERS = auto()
    DEVICE = auto()
    SCRIPT = auto()
    VERSIONS = auto()
    ABOUT = auto()
    FIRST_PLOT = auto()


class Tasks(QObject):
    """Runs the newest work of each kind in one thread.

    Signals:
        exported(Path): a file was written.
    """

    exported = Signal(object)

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.job = LatestJob(Task, self)
        self.job.start()

    def run(
        self,
        work: Callable[[], T],
        task: Task,
        *,
        then: Callable[[T], object] | None = None,
        failed: Callable[[], object] | None = None,
        interim: bool = False,
    ) -> None:
        """Do work in the background; its result goes to ``then``, unless newer work is asked for.

        With ``interim`` that of work under way comes nevertheless. A failure is a problem, and
        ``failed`` is called.
        """
        told = partial(self._on_failed, failed)
        self.job.ask(work, lane=task, then=then, failed=told, interim=interim)

    def drop(self, task: Task) -> None:
        """Forget work that was asked for; nothing of it arrives any more."""
        self.job.cancel(task)

    def export(self, write: Callable[[], object], path: Path) -> None:
        """Write a file in the background; several wait for each other."""
        then = partial(self._on_exported, path)
        self.job.ask(write, lane=path, then=then, failed=self._report, interim=True)

    def _on_exported(self, path: Path, _result: object) -> None:
        self.exported.emit(path)

    def _on_failed(self, failed: Callable[[], object] | None, problem: Problem) -> None:
        self._report(problem)
        if failed is not None:
            failed()
