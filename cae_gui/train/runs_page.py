"""The page of the runs on disk: opening, continuing, comparing, deleting and following them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import compress
from pathlib import Path

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.core.models import Models
from cae_gui.core.times import duration, run_began, run_title
from cae_gui.train.labels_dialog import LabelsDialog
from cae_gui.train.plan_dialog import PlanDialog
from cae_gui.train.run_filter import RunSearch
from cae_gui.train.run_list import RunItem, RunListModel, RunState, RunView
from cae_gui.train.run_table import RunTable, TableRun
from cae_gui.train.runs import ListedRun, OpenedRun, Runs
from cae_gui.train.shown_run import ShownRun
from cae_gui.train.training import Place, RunOpened, State, Stopped, Training, TrainingEvent
from cae_gui.widgets import dialogs
from cae_gui.widgets.controls import button, menu_action
from cae_gui.widgets.empty_state import EmptyState, OrEmpty
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import Action, MessageBar
from model.config import TrainPlan
from model.events import EpochDone
from model.plots.curves import OTHER_COLORS, mse_text
from model.runs.command import UNKNOWN_FACES, settings_again, source_of, train_command
from model.runs.epoch_rows import best_row
from model.runs.following import Followed
from model.runs.labels import RunLabels, labels
from model.runs.runs import EpochRow, Run
from model.runs.sweep import sweep_tags
from model.training.steering import SetEpochs

_EMPTY = (
    "No run yet. Each training appears here: to be continued, compared, exported, or taken as a "
    "pattern for the next one."
)
CONTINUE, NOT_NOW = "Continue it", "Not now"
PATIENCE_S = 10.0
"""How long a followed folder may give no answer before a message says so."""


@dataclass(slots=True)
class _Watch:
    """The state of the followed folder; times are monotonic seconds."""

    began: float
    last: Followed | None = None
    written: float | None = None
    has_complained: bool = False


class RunsPage(QWidget):
    """Lists the runs, newest first or in groups; the check box of each compares its curve.

    A run that is selected is put on show, but not in the place of one that grows there.
    At the start of the application it offers to continue the newest interrupted run.

    Signals:
        continue_asked(Path): continue the run in this folder.
        longer_asked(Path, int): continue it with so many epochs in all.
        settings_asked(TrainConfig, str): show these settings in the form, as a step of this text.
        export_asked(list): export these runs: (name, folder).
        follow_asked(): ask for a folder and call ``follow_run``.
        sweep_asked(str): compare all runs with this tag.
    """

    continue_asked = Signal(object)
    longer_asked = Signal(object, int)
    settings_asked = Signal(object, str)
    export_asked = Signal(object)
    follow_asked = Signal()
    sweep_asked = Signal(str)

    def __init__(
        self,
        runs: Runs,
        training: Training,
        models: Models,
        shown: ShownRun,
        messages: MessageBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._runs, self._training, self._models = runs, training, models
        self._shown, self._messages = shown, messages
        self._watch = _Watch(0.0)
        self._has_offered = False
        self._newest: Path | None = None
        self._items: Sequence[RunItem] = ()
        self.model = RunListModel(self)
        self.view = RunView()
        self.view.setModel(self.model)
        self.empty = EmptyState("train", _EMPTY, "Set up a training")
        self._pages = OrEmpty(self.view, self.empty)
        self._pages.show_empty(True)
        self.search = RunSearch()
        self.open = button("&Open", self._open, "Show its curves and faces, and use its best model")
        tip = "Train on, exactly where the run was stopped"
        self.go_on = button("&Continue", self._go_on, tip)
        self.more = QPushButton("More")
        self.more.setToolTip("What else can be done with runs")
        self.more.setMenu(self._make_menu())
        commands = (self.label, self.copy, self.copy_command, self.export, self.delete)
        self.table = RunTable(commands, self)
        row = filled(QHBoxLayout(), self.open, self.go_on, self.more)
        margins = (0, 12, 0, 0)
        items = self.search, self._pages, row
        filled(QVBoxLayout(self), *items, margins=margins, room=self._pages)
        self._connect()
        self._on_changed()
        self._offer()

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        tip = "Give it a name, which takes the place of its time in all lists (F2)"
        self.rename = menu_action(menu, "&Rename …", self._rename, tip)
        tip = "What it is called, what is worth knowing, and words to find it by"
        self.label = menu_action(menu, "&Name, notes and tags …", self._ask_labels, tip)
        menu.addSeparator()
        tip = "Put its settings into the form for a new training"
        self.copy = menu_action(menu, "Cop&y settings", self._copy, tip)
        tip = "Copy the command line that trains the same (Ctrl+Shift+C)"
        self.copy_command = menu_action(menu, "Copy as co&mmand", self._copy_command, tip)
        tip = "Give the run more epochs, also when it has finished"
        self.longer = menu_action(menu, "&Train longer …", self._ask_longer, tip)
        menu.addSeparator()
        tip = "Draw their curves, each in a colour of its own (Space)"
        self.compare = menu_action(menu, "Com&pare curves", self._compare_selected, tip)
        tip = "Save epochs as a table (CSV) or the curves as a figure"
        self.export = menu_action(menu, "E&xport …", self._export, tip)
        tip = "The curves and the best errors of all runs with its tag in one picture"
        self.sweep = menu_action(menu, "Compare the &sweep …", self._compare_sweep, tip)
        tip = "Delete the run with all that is in it (Del)"
        self.delete = menu_action(menu, "De&lete …", self._delete, tip)
        menu.addSeparator()
        tip = "All runs of the list, to be sorted by what is known of them (Ctrl+T)"
        menu_action(menu, "&Table of runs …", self.show_table, tip)
        self.follow = menu_action(menu, "", self._begin_or_end_following, "")
        return menu

    def _connect(self) -> None:
        self.view.entered_on.connect(self._open)
        self.view.delete_asked.connect(self._delete)
        self.view.context_asked.connect(self._show_menu)
        self.view.selectionModel().selectionChanged.connect(self._offer)
        self.view.picked.connect(self._show_picked)
        self.view.compare_asked.connect(self._compare_selected)
        self.search.changed.connect(self._arrange)
        later = Qt.ConnectionType.QueuedConnection
        self.model.layoutChanged.connect(self._keep_in_view, later)
        self.model.compared.connect(self._compare)
        self.model.named.connect(self._on_named)
        table = self.table
        table.model.named.connect(self._on_named)
        table.selected.connect(self._on_table)
        table.opened.connect(self._open)
        table.delete_asked.connect(self._delete)
        table.compare_asked.connect(self._compare_selected)
        self.model.refused.connect(self._on_refused)
        self._runs.listed.connect(self._on_listed)
        self._runs.changed.connect(self._on_changed)
        self._training.reported.connect(self._on_event)
        self._training.state_changed.connect(self._on_state)
        self._models.replaced.connect(self._list)

    def take_focus(self) -> None:
        """Give the focus to the list, or to what is in its place while it is empty."""
        shown = self.view if self.model.rowCount() else self.empty.button
        shown.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_items(self, items: Sequence[RunItem]) -> None:
        """Show these runs, newest first."""
        self._items = items
        self._pages.show_empty(not items)
        self._arrange()

    def selected(self) -> list[RunItem]:
        """Return the selected runs in the order of the list."""
        rows = sorted(index.row() for index in self.view.selectedIndexes())
        return [self.model.item(row) for row in rows]

    def select(self, folder: Path) -> None:
        """Select only the run in this folder and scroll to it."""
        for row in range(self.model.rowCount()):
            if self.model.item(row).folder == folder:
                index = self.model.index(row)
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.view.selectionModel().setCurrentIndex(index, flags)

    def follow_run(self, folder: Path) -> None:
        """Watch a run folder, read only; the training of this window is shown without that."""
        if self._is_own(folder):
            self.show_curves(folder)
            return
        self._watch = _Watch(time.monotonic())
        self._shown.status.setText(f"Opening “{folder.name}” …")
        self._runs.follow(folder, then=self._on_followed)

    def show_curves(self, folder: Path) -> None:
        """Show the curves and faces of a run; the model in use stays."""
        self._runs.open(folder, then=self._show_run)

    def _is_own(self, folder: Path) -> bool:
        """Return whether this window trains a run."""
        return self._training.is_active and folder == self._training.folder

    def _single(self) -> RunItem | None:
        selected = self.selected()
        return selected[0] if len(selected) == 1 else None

    @Slot()
    def _arrange(self) -> None:
        """Put the runs in their groups, and hide those that aren't asked for."""
        grouping = self.search.grouping
        items = grouping.ordered(self._items)
        shown = [self.search.filter.matches(item) for item in items]
        captions = grouping.captions(list(compress(items, shown)))
        self.view.setUniformItemSizes(not captions)
        self.model.set_items(items, captions)
        for row, is_shown in enumerate(shown):
            if self.view.isRowHidden(row) is is_shown:
                self.view.setRowHidden(row, not is_shown)
        self.search.set_items(items, sum(shown))
        self._offer()
        if self.table.isVisible():
            self._fill_table()

    @Slot()
    def _keep_in_view(self) -> None:
        self.view.scrollTo(self.view.currentIndex())

    @Slot()
    def show_table(self) -> None:
        """Open the window with the runs of the list as a table."""
        self._runs.refresh()
        self._fill_table()
        self.table.show()
        self.table.activateWindow()

    def _fill_table(self) -> None:
        listed = {each.run.folder: each for each in self._runs.items}
        rows = range(self.model.rowCount())
        items = [self.model.item(row) for row in rows if not self.view.isRowHidden(row)]
        runs = [TableRun(item, listed[item.folder]) for item in items if item.folder in listed]
        self.table.set_rows(runs, [item.folder for item in self.selected()])

    @Slot(object)
    def _on_table(self, folders: Sequence[Path]) -> None:
        """Select the runs that are selected in the table."""
        chosen, wanted = QItemSelection(), set(folders)
        for row in range(self.model.rowCount()):
            if self.model.item(row).folder in wanted:
                chosen.select(self.model.index(row), self.model.index(row))
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.view.selectionModel().select(chosen, flags)
        self._show_picked()

    @Slot()
    def _offer(self) -> None:
        """Enable the actions that apply to the selected runs."""
        single, some = self._single(), bool(self.selected())
        for of_one in (self.open, self.rename, self.label, self.copy):
            of_one.setEnabled(single is not None)
        self.copy_command.setEnabled(some)
        self.compare.setEnabled(some)
        stopped = single is not None and single.state is RunState.STOPPED
        self.go_on.setEnabled(stopped and not self._training.is_active)
        is_free = single is not None and single.state is not RunState.RUNNING
        self.longer.setEnabled(is_free and not self._training.is_active)
        self.export.setEnabled(some)
        self.sweep.setEnabled(bool(self._sweep()))
        self.delete.setEnabled(some)

    @Slot(QModelIndex, QPoint)
    def _show_menu(self, _index: QModelIndex, place: QPoint) -> None:
        menu = QMenu(self)
        for offer in (self.open, self.go_on):
            menu.addAction(offer.text(), offer.click).setEnabled(offer.isEnabled())
        menu.addSeparator()
        menu.addActions([self.rename, self.label])
        menu.addSeparator()
        menu.addActions([self.copy, self.copy_command, self.longer])
        menu.addActions([self.compare, self.sweep, self.export, self.delete])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    # The list

    @Slot()
    def _on_listed(self) -> None:
        self._list()
        if self._newest is not None and self._runs.find(self._newest) is not None:
            self.select(self._newest)
            self._newest = None
        if any(self.model.comparison()):
            self._compare()
        if not self._has_offered:  # only runs interrupted before the start are offered
            self._has_offered = True
            self._offer_cut_off(datetime.now().astimezone())

    @Slot()
    def _list(self) -> None:
        now = datetime.now().astimezone()
        began = [run_began(listed.run, now) for listed in self._runs.items]
        count = Counter(began)
        self.set_items(
            [
                self._item(listed, text if count[text] == 1 else _with_seconds(text, listed.run))
                for listed, text in zip(self._runs.items, began, strict=True)
            ]
        )

    def _item(self, listed: ListedRun, began: str) -> RunItem:
        run, summary = listed
        state = RunState.FINISHED if summary.is_finished else RunState.STOPPED
        return RunItem(
            folder=run.folder,
            title=run.labels.name or began,
            faces=run.faces,
            epochs_done=summary.epochs_done,
            epochs_planned=summary.epochs_planned,
            best_mse=summary.best_mse,
            state=RunState.RUNNING if self._is_own(run.folder) or summary.is_running else state,
            in_use=run.folder == self._models.run,
            began=began if run.labels.name else "",
            config=run.config,
            labels=run.labels,
        )

    def _offer_cut_off(self, now: datetime) -> None:
        """Offer the newest run whose process died; the others stay in the list."""
        cut_off = [listed for listed in self._runs.items if _can_go_on(listed)]
        if cut_off:
            run, summary = cut_off[0]
            self._messages.show_message(
                f"The training on “{run.faces}” ({run_title(run, now)}) was cut off after "
                f"{summary.epochs_done} of {summary.epochs_planned} epochs. What was saved is "
                "there; continue it?",
                kind="offer",
                actions=(
                    Action(CONTINUE, partial(self.continue_asked.emit, run.folder)),
                    Action(NOT_NOW),
                ),
            )
        for listed in cut_off:
            self._runs.forget_cut_off(listed.run.folder)

    @Slot(object)
    def _on_event(self, event: TrainingEvent) -> None:
        match event:
            case RunOpened():
                self._newest = event.folder
                self._runs.stop_following()
                self._runs.refresh()
            case Stopped():
                self.select(event.folder)
            case EpochDone() if self._training.folder is not None:
                self._runs.update(self._training.folder)

    @Slot(object)
    def _on_state(self, state: State) -> None:
        if state is State.IDLE and self._training.folder is not None:
            self._runs.end(self._training.folder)
        else:
            self._runs.refresh()
        self._offer()

    # Actions on the selected runs

    @Slot()
    def _show_picked(self) -> None:
        """Put the selected run on show, unless one that is trained or followed is there."""
        item = self._single()
        grows = self._training.is_active or self._runs.following is not None
        if item is not None and not grows and item.folder != self._runs.shown:
            self.show_curves(item.folder)

    def _sweep(self) -> str:
        """Return the first tag of the selected run that another run has, too, or ""."""
        item = self._single()
        shared = sweep_tags(listed.run for listed in self._runs.items)
        return next((tag for tag in item.labels.tags if tag in shared), "") if item else ""

    @Slot()
    def _compare_sweep(self) -> None:
        self.sweep_asked.emit(self._sweep())

    @Slot()
    def _rename(self) -> None:
        if self._single():
            self.view.edit(self.view.selectedIndexes()[0])

    @Slot(object, str)
    def _on_named(self, folder: Path, name: str) -> None:
        listed = self._runs.find(folder)
        if listed is not None:
            _, notes, tags = listed.run.labels
            self._runs.set_labels(folder, labels(name, notes, tags), "Rename the run")

    @Slot()
    def _ask_labels(self) -> None:
        item = self._single()
        if item is not None:
            dialog = LabelsDialog(item.folder, item.began or item.title, item.labels, self)
            dialog.chosen.connect(self._on_labels)
            dialog.open()

    @Slot(object, object)
    def _on_labels(self, folder: Path, labels: RunLabels) -> None:
        self._runs.set_labels(folder, labels, "Name, notes and tags")

    @Slot()
    def _compare_selected(self) -> None:
        """Check the boxes of all selected runs, or take the marks away where all have one."""
        role, state = Qt.ItemDataRole.CheckStateRole, Qt.CheckState
        indexes = [
            index
            for index in sorted(self.view.selectedIndexes(), key=QModelIndex.row)
            if not self.model.is_shown(index.row())
        ]
        unchecked = [index for index in indexes if self.model.color(index.row()) is None]
        for index in unchecked or indexes:
            wanted = state.Checked if unchecked else state.Unchecked
            if not self.model.setData(index, wanted, role):
                break  # there are no more colours

    @Slot()
    def _copy_command(self) -> None:
        """Copy the command lines that train as the selected runs did, one below the other."""
        found = (self._runs.find(item.folder) for item in self.selected())
        runs = [listed for listed in found if listed is not None]
        if not runs:
            return
        unknown = next((run.faces for run, _ in runs if source_of(run) is None), "")
        commands = [train_command(settings_again(*each), source_of(each.run)) for each in runs]
        self.copy_text(commands, unknown)

    def copy_text(self, commands: Sequence[str], unknown: str = "") -> None:
        """Copy command lines, and say so; ``unknown`` is a data set whose folder isn't known."""
        QGuiApplication.clipboard().setText("\n".join(commands))
        missing = f" Put the folder of “{unknown}” in place of {UNKNOWN_FACES}." if unknown else ""
        what = "The command was" if len(commands) == 1 else f"{len(commands)} commands were"
        self._messages.show_message(f"{what} copied, to be pasted into a terminal.{missing}")

    @Slot()
    def _open(self) -> None:
        item = self._single()
        if item is None:
            return
        if item.state is RunState.RUNNING and not self._is_own(item.folder):
            self.follow_run(item.folder)
        else:
            self._runs.stop_following()
            self._runs.open(item.folder, then=self._show_opened)

    def _show_run(self, opened: OpenedRun) -> None:
        run = opened.run
        self._shown.begin(run.folder, run.faces, run.config, opened.rows, opened.plan)
        self._shown.set_originals(opened.originals)
        self._shown.status.setText(_about(run, opened.rows, opened.plan))
        if not self._training.is_active:
            self._shown.show_done()

    def _show_opened(self, opened: OpenedRun) -> None:
        self._show_run(opened)
        run = opened.run
        if self._is_own(run.folder):
            return  # its newest model comes by “Follow the training”
        if opened.has_model:
            self._models.open(run.best)
        else:
            self._messages.show_message(
                "This run has no model yet: its first epoch wasn't finished."
            )

    @Slot()
    def _go_on(self) -> None:
        if item := self._single():
            self.continue_asked.emit(item.folder)

    @Slot()
    def _ask_longer(self) -> None:
        if item := self._single():
            self._runs.open(item.folder, then=self._ask_epochs)

    def _ask_epochs(self, opened: OpenedRun) -> None:
        if self._training.is_active:
            return
        done = opened.rows[-1].epoch if opened.rows else 0
        place = Place(opened.run.config, opened.plan, done, 1)
        dialog = PlanDialog(place, self.window(), only_longer=True)
        dialog.chosen.connect(partial(self._train_longer, opened.run.folder))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _train_longer(self, folder: Path, wish: SetEpochs) -> None:
        self.longer_asked.emit(folder, wish.epochs)

    @Slot()
    def _copy(self) -> None:
        item = self._single()
        listed = self._runs.find(item.folder) if item else None
        if item is not None and listed is not None:
            self.settings_asked.emit(listed.run.config, f"Settings of “{item.title}”")

    @Slot()
    def _export(self) -> None:
        if selected := self.selected():
            # Not by the title, which may be “Today, 14:05”.
            names = ((item.labels.name or item.folder.name, item.folder) for item in selected)
            self.export_asked.emit(list(names))

    @Slot()
    def _delete(self) -> None:
        """Delete runs after a question; one on show is removed from the plot."""
        items = self.selected()
        running = [item for item in items if item.state is RunState.RUNNING]
        if running:
            self._messages.show_message(
                f"“{running[0].title}” is being trained and can't be deleted. "
                "Stop that training first."
            )
        elif items and dialogs.ask_delete(self, [item.sentence for item in items]):
            folders = [item.folder for item in items]
            if self._runs.shown in folders:
                self._shown.clear()
                self._shown.status.setText("")
            self._runs.delete(folders)

    @Slot()
    def _compare(self) -> None:
        compared = self.model.comparison()
        self._shown.compare([(item.title, item.folder) if item else None for item in compared])

    @Slot()
    def _on_refused(self) -> None:
        self._messages.show_message(
            f"{len(OTHER_COLORS)} runs are compared already. Take one away to see another."
        )

    # Following a run of another process

    @Slot()
    def _begin_or_end_following(self) -> None:
        folder = self._runs.following
        if folder is None:
            self.follow_asked.emit()
        else:
            self._runs.stop_following()
            self._shown.status.setText(f"“{folder.name}” isn't followed any more.")

    @Slot()
    def _on_changed(self) -> None:
        """Mark the run on show, and update the button that starts or stops following."""
        self.model.set_shown(self._runs.shown)
        if not self._training.is_active:
            self._shown.show_done()
        following = self._runs.following is not None
        self.follow.setText("Stop follo&wing" if following else "Follo&w a folder …")
        self.follow.setToolTip(
            "The folder isn't read any more; what was read stays on show"
            if following
            else "Watch a run that another program or a cluster writes, as it grows"
        )

    def _on_followed(self, followed: Followed | None) -> None:
        folder, watch = self._runs.following, self._watch
        if folder is None:
            return
        if followed is not None:
            if watch.last is not None and watch.last.rows != followed.rows:
                watch.written = time.monotonic()
            self._show_followed(folder, followed, is_first=watch.last is None)
            watch.last = followed
        if watch.last is not None:
            self._shown.status.setText(_following_text(folder, watch.last, watch.written))
        elif not watch.has_complained and time.monotonic() - watch.began > PATIENCE_S:
            watch.has_complained = True
            self._messages.show_message(
                f"“{folder}” hasn't answered yet. If it lies on a share that can't be reached, "
                "connect it again or follow another folder."
            )

    def _show_followed(self, folder: Path, followed: Followed, *, is_first: bool) -> None:
        if is_first:
            begun = folder, followed.faces, followed.config, followed.rows, followed.plan
            self._shown.begin(*begun)
        else:
            self._shown.set_rows(followed.rows)
            if self._watch.last is not None and self._watch.last.plan != followed.plan:
                self._shown.set_plan(followed.plan)
        self._shown.set_originals(followed.originals)
        if not self._training.is_active:
            self._shown.show_done()
        if followed.preview is not None:
            self._shown.add_preview(followed.preview_epoch, followed.preview)


def _can_go_on(listed: ListedRun) -> bool:
    return listed.summary.was_cut_off and not listed.summary.is_finished


def _with_seconds(title: str, run: Run) -> str:
    return f"{title}:{run.started.astimezone():%S}" if run.started else title


def _about(run: Run, rows: Sequence[EpochRow], plan: TrainPlan) -> str:
    name = run_title(run, datetime.now().astimezone())
    best = best_row(rows)
    result = f"best {mse_text(best.test_mse)} in epoch {best.epoch}" if best else "no epoch yet"
    done = rows[-1].epoch if rows else 0
    return f"{name}  ·  {done} of {plan.epochs} epochs  ·  {result}"


def _following_text(folder: Path, followed: Followed, written: float | None) -> str:
    """Return a sentence on a followed run; it was last ``written`` at (monotonic seconds)."""
    done = followed.rows[-1].epoch if followed.rows else 0
    text = f"Following “{folder.name}”, epoch {done} of {followed.plan.epochs}"
    if followed.is_finished:
        return f"{text}, finished."
    if not followed.is_running:
        return f"{text}, nobody trains it now."
    if written is None:
        return f"{text}."
    return f"{text}, written {duration(time.monotonic() - written)} ago."
