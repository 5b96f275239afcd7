"""The runs as a Qt list model: what is known of each, and which are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from model.plots.curves import OTHER_COLORS, mse_text

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class RunState(Enum):
    """Where a run is; the value is the word for it."""

    RUNNING = "Running"
    FINISHED = "Finished"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class RunItem:
    """One run as the list shows it; ``title`` says when it began."""

    folder: Path
    title: str
    faces: str
    epochs_done: int
    epochs_planned: int
    best_mse: float | None
    state: RunState

    @property
    def numbers(self) -> str:
        """How far it is and how good: “12 of 60 epochs · best 0.00126”."""
        done = f"{self.epochs_done} of {self.epochs_planned} epochs"
        return done if self.best_mse is None else f"{done} · best {mse_text(self.best_mse)}"

    @property
    def sentence(self) -> str:
        """All of it, for a tooltip and for assistive technology."""
        return f"{self.title}: {self.faces}, {self.numbers}. {self.state.value}."


class RunListModel(QAbstractListModel):
    """Rows are runs, newest first; checking one takes the lowest free colour of the comparison.

    Signals:
        compared(): other runs are compared, or in other colours.
        refused(): there is no colour left for another run.
    """

    compared = Signal()
    refused = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[RunItem] = []
        self._slots: dict[Path, int] = {}
        self._shown: Path | None = None

    def set_items(self, items: Sequence[RunItem]) -> None:
        """Show these runs; those that were there keep their selection, place and colour."""
        wanted = {item.folder for item in items}
        for row in reversed(range(len(self._items))):
            if self._items[row].folder not in wanted:
                self._remove(row)
        kept = [item.folder for item in self._items]
        known = frozenset(kept)
        if kept != [item.folder for item in items if item.folder in known]:
            self.beginResetModel()
            self._items = list(items)
            self.endResetModel()
        else:
            for row, item in enumerate(items):
                self._put(row, item)
        if gone := self._slots.keys() - wanted:
            self._slots = {folder: at for folder, at in self._slots.items() if folder not in gone}
            self.compared.emit()

    def set_shown(self, folder: Path | None) -> None:
        """Mark the run whose curves are on show; it isn't compared with itself."""
        if folder == self._shown:
            return
        self._shown = folder
        if folder in self._slots:
            del self._slots[folder]
            self.compared.emit()
        self._update_all()

    def item(self, row: int) -> RunItem:
        """Return the run of a row."""
        return self._items[row]

    def is_shown(self, row: int) -> bool:
        """Return whether this run's curves are on show."""
        return self._items[row].folder == self._shown

    def color(self, row: int) -> str | None:
        """Return the colour "#rrggbb" of a run that is compared."""
        slot = self._slots.get(self._items[row].folder)
        return None if slot is None else OTHER_COLORS[slot]

    def comparison(self) -> list[RunItem | None]:
        """Return the compared runs by their colours; None where a colour is free."""
        items = {item.folder: item for item in self._items}
        by_slot = {slot: items[folder] for folder, slot in self._slots.items()}
        return [by_slot.get(slot) for slot in range(max(by_slot, default=-1) + 1)]

    def _remove(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._items[row]
        self.endRemoveRows()

    def _put(self, row: int, item: RunItem) -> None:
        if row < len(self._items) and self._items[row].folder == item.folder:
            if self._items[row] != item:
                self._items[row] = item
                self.dataChanged.emit(self.index(row), self.index(row))
        else:
            self.beginInsertRows(QModelIndex(), row, row)
            self._items.insert(row, item)
            self.endInsertRows()

    def _update_all(self) -> None:
        if self._items:
            self.dataChanged.emit(self.index(0), self.index(len(self._items) - 1))

    def _take_color(self, folder: Path) -> bool:
        free = (at for at in range(len(OTHER_COLORS)) if at not in self._slots.values())
        slot = next(free, None)
        if slot is None:
            self.refused.emit()
            return False
        self._slots[folder] = slot
        return True

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == _Role.CheckStateRole:
            checked = item.folder in self._slots or item.folder == self._shown
            return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
        if role == _Role.DisplayRole:
            return item.title
        if role in (_Role.ToolTipRole, _Role.AccessibleTextRole):
            return item.sentence
        return None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        folder = self._items[index.row()].folder
        if role != _Role.CheckStateRole or folder == self._shown:
            return False
        if Qt.CheckState(value) != Qt.CheckState.Checked:
            self._slots.pop(folder, None)
        elif folder not in self._slots and not self._take_color(folder):
            return False
        self.dataChanged.emit(index, index)
        self.compared.emit()
        return True
