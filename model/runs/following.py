"""Watching a run that another process trains, on this machine or on a cluster.

The folder may be shared or synchronised: files come late, in any order and half written. What
can't be read yet is looked at again the next time.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.config import TrainConfig, TrainPlan
from model.runs.epoch_rows import EpochRow
from model.runs.plan_file import read_plan
from model.runs.runs import Run, RunError
from model.runs.writer import HeartbeatMonitor
from model.system.threads import poll


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """All that is known of a run at one moment.

    ``originals`` and ``preview`` are uint8 (K, 48, 48, 3), the same faces before and after the
    network of ``preview_epoch``; None and 0 where none was seen yet. A run that is neither running
    nor finished was stopped, or nothing has been heard of its writer for a minute.
    """

    config: TrainConfig
    faces: str
    plan: TrainPlan
    rows: tuple[EpochRow, ...] = ()
    originals: NDArray[np.uint8] | None = field(default=None, repr=False)
    preview: NDArray[np.uint8] | None = field(default=None, repr=False)
    preview_epoch: int = 0
    is_running: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether all planned epochs are measured."""
        return bool(self.rows) and self.rows[-1].epoch >= self.plan.epochs


def follow(folder: Path, *, poll_s: float = 0.5) -> Generator[Followed | None, None, None]:
    """Yield what is in a run's folder at once, and again after each change, until closed.

    Yields None ten times a second meanwhile, so that the caller can stop. A finished run may go
    on: it is still watched.

    Raises:
        RunError: the folder holds no run, or it is gone.
    """
    return poll(_looks(folder, poll_s), ahead=1)


def _looks(folder: Path, poll_s: float) -> Iterator[Followed | None]:
    """Look every ``poll_s`` seconds; None where nothing has changed."""
    run = Run.open(folder)
    monitor = HeartbeatMonitor(folder)
    seen: Followed | None = None
    while True:
        found = _look(run, monitor, seen or Followed(run.config, run.faces, run.plan()))
        yield found if seen is None or _differ(found, seen) else None
        seen = found
        time.sleep(poll_s)
        if not folder.is_dir():
            raise RunError(f"“{folder}” is gone: it was deleted, moved, or can't be reached.")


def _look(run: Run, monitor: HeartbeatMonitor, before: Followed) -> Followed:
    originals = before.originals if before.originals is not None else run.originals()
    preview, epoch = _newest_preview(run, before)
    try:
        rows = tuple(run.rows())
    except RunError:  # being replaced just now
        rows = before.rows
    return replace(
        before,
        plan=read_plan(run.folder) or before.plan,
        rows=rows,
        originals=originals,
        preview=preview,
        preview_epoch=epoch,
        is_running=monitor.is_running(),
    )


def _newest_preview(run: Run, before: Followed) -> tuple[NDArray[np.uint8] | None, int]:
    """Return the newest preview that is complete, and its epoch."""
    for epoch in reversed(run.preview_epochs()[-2:]):  # the very last may be half written
        if epoch == before.preview_epoch:
            break
        preview = run.preview(epoch)
        if preview is not None:
            return preview, epoch
    return before.preview, before.preview_epoch


def _differ(one: Followed, other: Followed) -> bool:
    return (
        one.rows != other.rows
        or one.plan != other.plan
        or one.originals is not other.originals
        or one.preview is not other.preview
        or one.is_running is not other.is_running
    )
