"""The runs as a table in a window of its own: sorted by any column, saved as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QSignalBlocker,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.times import duration
from cae_gui.train.run_list import NameDelegate, RunItem
from cae_gui.train.runs import ListedRun
from cae_gui.widgets.controls import Label, as_tip, button, context_place
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted
from model.config import TrainConfig
from model.plots.curves import mse_text
from model.runs.wording import differing, value_text

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_SIZE = 960, 480
_ROW = 26
_WIDEST = 240
_MEASURED_ROWS = 50  # which tell how wide a column should be
_ROLES = frozenset(
    (_Role.DisplayRole, _Role.UserRole, _Role.EditRole, _Role.TextAlignmentRole, _Role.ToolTipRole)
)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TableRun(NamedTuple):
    """A run as the list shows it, and what is on disk."""

    item: RunItem
    listed: ListedRun


class Column(NamedTuple):
    """One column: ``key`` is what it is sorted by and saved as, a number or a text.

    ``key`` is None where it isn't known, which is sorted last; ``text`` tells the key.
    """

    title: str
    key: Callable[[TableRun], Any]
    text: Callable[[Any], str] = str
    unit: str = ""
    is_number: bool = False
    setting: str = ""


def _numbers(title: str, key: Callable[[TableRun], Any], **more: Any) -> Column:
    return Column(title, key, is_number=True, **more)


def _of_setting(name: str) -> Column:
    item = TrainConfig.__dataclass_fields__[name]
    setting, kind = item.metadata["setting"], type(item.default)
    return Column(
        setting.title,
        lambda row: getattr(row.listed.run.config, name),
        value_text,
        setting.unit,
        is_number=kind in (int, float),
        setting=name,
    )


COLUMNS = (
    Column("Run", lambda row: row.item.title),
    Column(
        "Started",
        lambda row: f"{row.listed.run.started:%Y-%m-%d %H:%M}" if row.listed.run.started else None,
    ),
    Column("Faces", lambda row: row.item.faces),
    Column("State", lambda row: row.item.state.value),
    _numbers("Best MSE", lambda row: row.item.best_mse, text=mse_text),
    _numbers("in epoch", lambda row: row.listed.summary.best_epoch),
    _numbers("Epochs done", lambda row: row.item.epochs_done),
    _numbers("of", lambda row: row.item.epochs_planned),
    _numbers("Time", lambda row: row.listed.summary.seconds or None, text=duration, unit="s"),
    _numbers(
        "Images/s", lambda row: row.listed.summary.images_per_s or None, text="{:,.0f}".format
    ),
    Column("Device", lambda row: row.listed.summary.device or None),
    Column("Tags", lambda row: ", ".join(row.item.labels.tags) or None),
    Column("Settings", lambda row: row.item.settings),
    *(_of_setting(item.name) for item in fields(TrainConfig) if item.name != "epochs"),
)
_NAME = 0


class RunTableModel(QAbstractTableModel):
    """Rows are runs, columns ``COLUMNS``; the name can be edited.

    Signals:
        named(Path, str): a name was typed for the run in this folder; "" for none.
    """

    named = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[TableRun, ...] = ()

    def set_rows(self, rows: Sequence[TableRun]) -> None:
        """Show these runs; the same ones in another state keep their places."""
        if [row.item.folder for row in rows] == [row.item.folder for row in self.rows]:
            before, self.rows = self.rows, tuple(rows)
            for at, pair in enumerate(zip(before, self.rows, strict=True)):
                if pair[0] != pair[1]:
                    last = self.index(at, len(COLUMNS) - 1)
                    self.dataChanged.emit(self.index(at, 0), last)
        else:
            self.beginResetModel()
            self.rows = tuple(rows)
            self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == _NAME else flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _Role.DisplayRole:
            return _padded(COLUMNS[section].title)
        if role == _Role.TextAlignmentRole:
            return _RIGHT if COLUMNS[section].is_number else _LEFT
        return None

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if role not in _ROLES:  # most of what painting asks for
            return None
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role == _Role.DisplayRole:
            key = column.key(row)
            return "" if key is None else column.text(key)
        if role == _Role.UserRole:
            return _sortable(column, column.key(row))
        if role == _Role.EditRole:
            return row.item.labels.name
        if role == _Role.TextAlignmentRole:
            return _RIGHT if column.is_number else _LEFT
        if role == _Role.ToolTipRole:
            return as_tip(row.item.tip)
        return None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        if role != _Role.EditRole:
            return False
        self.named.emit(self.rows[index.row()].item.folder, str(value))
        return True


class RunTable(QDialog):
    """A window with the runs of the list; its ``actions`` act on the runs selected here.

    Columns of settings are shown where the runs differ in them, others where something is known.

    Signals:
        selected(list): the folders of the selected runs, by the person.
        opened(): open the selected run.
        delete_asked(), compare_asked(): by key.
        save_asked(list): save these rows of texts and numbers, the titles first.
    """

    selected = Signal(object)
    opened = Signal()
    delete_asked = Signal()
    compare_asked = Signal()
    save_asked = Signal(object)

    def __init__(self, commands: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Table of runs")
        self.resize(*_SIZE)
        self.model = RunTableModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(_Role.UserRole)
        self._sorted.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = _View()
        self.view.setModel(self._sorted)
        self.view.setItemDelegate(_CellDelegate(self.view))
        self.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
        self._are_columns_fitted = False
        self.count = Label()
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.addActions(commands)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        self.open_run = button("&Open", self.opened.emit, "Show its curves, and use its best model")
        self.compare = button(
            "Com&pare", self.compare_asked.emit, "Draw the curves of the selected runs (Space)"
        )
        self.more = QPushButton("More")
        self.more.setToolTip("What else can be done with the selected runs")
        self.more.setMenu(self.menu)
        self.save = button("&Save table …", self._save, "Save the table as it is shown, as CSV")
        for one in (self.open_run, self.compare, self.more, self.save):
            one.setAutoDefault(False)
        row = filled(QHBoxLayout(), self.open_run, self.compare, self.more)
        row.addStretch(1)
        filled(row, self.count, self.save)
        items = self.view, row
        filled(QVBoxLayout(self), *items, margins=(16, 16, 16, 16), spacing=12, room=self.view)

    def _connect(self) -> None:
        view = self.view
        view.selectionModel().selectionChanged.connect(self._on_selected)
        view.doubleClicked.connect(self._on_double_click)
        view.opened.connect(self.opened)
        view.delete_asked.connect(self.delete_asked)
        view.compare_asked.connect(self.compare_asked)
        view.context_asked.connect(self.menu.popup)

    def set_rows(self, rows: Sequence[TableRun], selected: Sequence[Path]) -> None:
        """Show these runs, of which some are selected."""
        with QSignalBlocker(self.view.selectionModel()):
            self.model.set_rows(rows)
        configs = [row.listed.run.config for row in rows]
        settings = differing(configs)
        for at, column in enumerate(COLUMNS):
            is_known = any(column.key(row) is not None for row in rows)
            is_told = column.setting in settings if column.setting else is_known or at == _NAME
            self.view.setColumnHidden(at, not is_told)
        self.count.setText(counted(len(rows), "run"))
        self._select(selected)

    def folders(self) -> list[Path]:
        """Return the folders of the selected runs, from top to bottom."""
        # Asked for its rows, Qt asks for the flags of each cell.
        parts = self.view.selectionModel().selection().toList()
        rows = {row for part in parts for row in range(part.top(), part.bottom() + 1)}
        return [self._run(self._sorted.index(row, 0)).item.folder for row in sorted(rows)]

    def rows(self) -> list[list[object]]:
        """Return the titles, and what is known of the runs, in the order that is shown."""
        header = self.view.horizontalHeader()
        order = (header.logicalIndex(place) for place in range(len(COLUMNS)))
        columns = [COLUMNS[at] for at in order if not self.view.isColumnHidden(at)]
        titles: list[object] = [
            f"{column.title} ({column.unit})" if column.unit else column.title for column in columns
        ]
        runs = [self._run(self._sorted.index(at, 0)) for at in range(self._sorted.rowCount())]
        cells = ([column.key(run) for column in columns] for run in runs)
        return [titles, *([_cell(key) for key in row] for row in cells)]

    def state(self) -> QByteArray:
        """Return widths, order and sorting of the columns."""
        return self.view.horizontalHeader().saveState()

    def restore(self, state: QByteArray) -> None:
        """Return to an earlier state, unless it is of other columns."""
        header = self.view.horizontalHeader()
        before = header.saveState()
        if header.restoreState(state) and header.count() == len(COLUMNS):
            self._are_columns_fitted = True
        else:
            header.restoreState(before)

    def _run(self, index: QModelIndex) -> TableRun:
        return self.model.rows[self._sorted.mapToSource(index).row()]

    def _select(self, folders: Sequence[Path]) -> None:
        chosen, wanted = QItemSelection(), set(folders)
        for at in range(self._sorted.rowCount()):
            index = self._sorted.index(at, 0)
            if self._run(index).item.folder in wanted:
                chosen.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        with QSignalBlocker(self.view.selectionModel()):
            self.view.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
            if chosen.indexes():
                self.view.selectionModel().setCurrentIndex(chosen.indexes()[0], flags.NoUpdate)
        self.view.viewport().update()
        self._offer()

    def _offer(self) -> None:
        count = len(self.folders())
        self.open_run.setEnabled(count == 1)
        self.compare.setEnabled(count > 0)
        self.save.setEnabled(bool(self.model.rows))

    @Slot()
    def _on_selected(self) -> None:
        self._offer()
        self.selected.emit(self.folders())

    @Slot(QModelIndex)
    def _on_double_click(self, _index: QModelIndex) -> None:
        self.opened.emit()

    @Slot()
    def _save(self) -> None:
        self.save_asked.emit(self.rows())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._are_columns_fitted:
            self._are_columns_fitted = True
            self.view.resizeColumnsToContents()
            for at in range(len(COLUMNS)):
                if self.view.columnWidth(at) > _WIDEST:
                    self.view.setColumnWidth(at, _WIDEST)
        self.view.setFocus()


class _CellDelegate(NameDelegate):
    """Keeps numbers, at the right of their column, apart from the texts of the next one."""

    def displayText(self, value: Any, _locale: QLocale | QLocale.Language) -> str:
        return _padded(str(value))


class _View(QTableView):
    """A table of whole rows, with the keys of the list of runs.

    Signals:
        opened(), delete_asked(), compare_asked(): by Enter, Delete and Space.
        context_asked(QPoint): by mouse or menu key; the point is global.
    """

    opened = Signal()
    delete_asked = Signal()
    compare_asked = Signal()
    context_asked = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Table of runs")
        self.setAccessibleDescription(
            "Enter opens a run, Space compares curves, F2 renames it, Delete deletes it."
        )
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(_MEASURED_ROWS)
        header.setSectionsMovable(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.opened.emit()
            case Qt.Key.Key_Delete:
                self.delete_asked.emit()
            case Qt.Key.Key_Space:
                self.compare_asked.emit()
            case Qt.Key.Key_F2 if self.currentIndex().isValid():
                self.edit(self.currentIndex().siblingAtColumn(_NAME))
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, point = context_place(self, event)
        if index.isValid():
            self.context_asked.emit(point)


def _sortable(column: Column, key: Any) -> float | str:
    """Return the key as Qt compares it; what isn't known comes last."""
    if column.is_number:
        return float("inf") if key is None else float(key)
    return "\U0010ffff" if key is None else column.text(key)


def _padded(text: str) -> str:
    return f"\u00a0{text}\u00a0\u00a0"


def _cell(key: object) -> object:
    if isinstance(key, bool):
        return value_text(key)
    return "" if key is None else key
