"""Joins the studio and the list of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.tasks import Task
from cae_gui.core.times import run_title
from cae_gui.studio import Studio
from cae_gui.train.run_model import RunItem, RunState
from cae_gui.train.runs import ListedRun, OpenedRun
from cae_gui.train.shown_run import ShownRun
from cae_gui.train.train_workspace import TrainWorkspace
from model.plots.curves import OTHER_COLORS, mse_text
from model.runs.epoch_rows import best_row
from model.runs.runs import EpochRow, Run, RunError


class RunsController(QObject):
    """Lists the runs, opens, compares, copies and deletes them.

    Signals:
        notice(str): something the person should know.
        deletion_asked(list): these runs (RunItem) are to be deleted, once the person agrees.
        follow_asked(Path): a run that another process trains was opened.
    """

    notice = Signal(str)
    deletion_asked = Signal(object)
    follow_asked = Signal(object)

    def __init__(
        self, studio: Studio, view: TrainWorkspace, shown: ShownRun, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._runs, self._training = studio, studio.runs, studio.training
        self._view, self._list, self._shown = view, view.runs, shown
        self._compared: list[RunItem | None] = []
        self._connect()

    def _connect(self) -> None:
        runs, training, view = self._runs, self._training, self._list
        runs.listed.connect(self._on_listed)
        runs.opened.connect(self._on_opened)
        runs.shown_changed.connect(self._on_shown)
        training.run_opened.connect(self._on_run)
        training.epoch_done.connect(self._on_epoch)
        training.state_changed.connect(self._refresh)
        training.discarded.connect(self._refresh)
        self._view.runs_shown.connect(self._refresh)
        view.open_asked.connect(self._on_open)
        view.copy_asked.connect(self._on_copy)
        view.delete_asked.connect(self._on_delete)
        view.compared.connect(self._on_compared)
        view.refused.connect(self._on_refused)

    @Slot()
    def _refresh(self) -> None:
        self._runs.refresh()

    @Slot()
    def _on_listed(self) -> None:
        now = datetime.now().astimezone()
        titles = [run_title(listed.run, now) for listed in self._runs.items]
        count = Counter(titles)
        self._list.set_items(
            [
                self._item(listed, title if count[title] == 1 else _with_seconds(title, listed.run))
                for listed, title in zip(self._runs.items, titles, strict=True)
            ]
        )
        if any(self._compared):
            self._compare()

    def _item(self, listed: ListedRun, title: str) -> RunItem:
        run, summary = listed
        own = self._training.is_active and run.folder == self._training.folder
        state = RunState.FINISHED if summary.is_finished else RunState.STOPPED
        return RunItem(
            folder=run.folder,
            title=title,
            faces=run.faces,
            epochs_done=summary.epochs_done,
            epochs_planned=summary.epochs_planned,
            best_mse=summary.best_mse,
            state=RunState.RUNNING if own or summary.is_running else state,
        )

    @Slot()
    def _on_shown(self) -> None:
        self._list.set_shown(self._runs.shown)

    @Slot(object)
    def _on_run(self, _event: object) -> None:
        self._runs.stop_following()
        self._refresh()

    @Slot(object)
    def _on_epoch(self, _event: object) -> None:
        if self._training.folder is not None:
            self._runs.update(self._training.folder)

    @Slot(object)
    def _on_open(self, item: RunItem) -> None:
        is_own = self._training.is_active and item.folder == self._training.folder
        if item.state is RunState.RUNNING and not is_own:
            self.follow_asked.emit(item.folder)
        else:
            self._runs.stop_following()
            self._runs.open(item.folder)

    @Slot(object)
    def _on_opened(self, opened: OpenedRun) -> None:
        run = opened.run
        self._shown.begin(run.folder, run.faces, run.config, opened.rows)
        self._shown.set_originals(opened.originals)
        self._view.set_status(_about(run, opened.rows))
        if self._training.is_active and run.folder == self._training.folder:
            return  # its newest network is a matter of “Follow the training”
        if opened.has_model:
            self._studio.models.open(run.best, f"Run {run.folder.name}")
        else:
            self.notice.emit("This run has no model yet: its first epoch wasn't finished.")

    @Slot(object)
    def _on_copy(self, item: RunItem) -> None:
        listed = self._runs.find(item.folder)
        if listed is None:
            return
        if self._training.is_active:
            self.notice.emit("The settings are in use by the training. Copy others after its end.")
            return
        self._view.form.set_config(listed.run.config, f"Settings of “{item.title}”")
        self._view.show_settings()

    @Slot(object)
    def _on_compared(self, compared: list[RunItem | None]) -> None:
        self._compared = compared
        self._compare()

    def _compare(self) -> None:
        work, show = partial(_read_curves, tuple(self._compared)), self._view.plot.set_others
        self._studio.tasks.run(work, Task.CURVES, then=show, interim=True)

    @Slot()
    def _on_refused(self) -> None:
        self.notice.emit(
            f"{len(OTHER_COLORS)} runs are compared already. Take one away to see another."
        )

    @Slot(object)
    def _on_delete(self, items: list[RunItem]) -> None:
        running = [item for item in items if item.state is RunState.RUNNING]
        if running:
            self.notice.emit(
                f"“{running[0].title}” is being trained and can't be deleted. "
                "Stop that training first."
            )
        else:
            self.deletion_asked.emit(items)

    def delete(self, items: Sequence[RunItem]) -> None:
        """Delete runs; one on show leaves the plot."""
        folders = [item.folder for item in items]
        if self._runs.shown in folders:
            self._shown.clear()
            self._view.set_status("")
        self._runs.delete(folders)


def _with_seconds(title: str, run: Run) -> str:
    return f"{title}:{run.started:%S}" if run.started else title


def _read_curves(
    items: Sequence[RunItem | None],
) -> list[tuple[str, tuple[int, ...], tuple[float, ...]]]:
    """Return label, epochs and test MSE of runs to compare; a gap has no epochs."""
    return [(item.title, *_curve(item.folder)) if item else ("", (), ()) for item in items]


def _curve(folder: Path) -> tuple[tuple[int, ...], tuple[float, ...]]:
    try:
        rows = Run.open(folder).rows()
    except RunError:
        return (), ()  # deleted a moment ago
    return tuple(row.epoch for row in rows), tuple(row.test_mse for row in rows)


def _about(run: Run, rows: Sequence[EpochRow]) -> str:
    began = run_title(run, datetime.now().astimezone())
    best = best_row(rows)
    result = f"best {mse_text(best.test_mse)} in epoch {best.epoch}" if best else "no epoch yet"
    done = rows[-1].epoch if rows else 0
    return f"{began}  ·  {done} of {run.config.epochs} epochs  ·  {result}"
