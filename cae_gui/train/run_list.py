"""The list of runs with what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal, SignalInstance, Slot
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.train.run_model import RunItem, RunListModel, RunState
from cae_gui.train.run_view import RunView


class RunList(QWidget):
    """Runs, newest first; the box before each shows its curve beside those of others.

    Signals:
        open_asked(RunItem), continue_asked(RunItem), copy_asked(RunItem): with one run.
        export_asked(object), delete_asked(object): with some runs, a list of RunItem.
        follow_asked(), unfollow_asked(): a run folder anywhere.
        compared(object): the runs to compare by their colours, a list of RunItem or None.
        refused(): as many runs are compared as there are colours.
    """

    open_asked = Signal(object)
    continue_asked = Signal(object)
    copy_asked = Signal(object)
    export_asked = Signal(object)
    delete_asked = Signal(object)
    follow_asked = Signal()
    unfollow_asked = Signal()
    compared = Signal(object)
    refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = RunListModel(self)
        self.view = RunView()
        self.view.setModel(self.model)
        self.open = _button("&Open", "Show its curves and faces, and use its best model")
        self.go_on = _button("&Continue", "Train on, exactly where the run was stopped")
        self.copy = _button("Cop&y settings", "Put its settings into the form for a new training")
        self.export = _button("E&xport …", "Save epochs as a table (CSV) or the curves as a figure")
        self.delete = _button("De&lete …", "Delete the run with all that is in it (Del)")
        self.follow = _button("", "")
        self._is_idle, self._is_following = True, False
        self._arrange()
        self._connect()
        self.set_following(False)
        self._offer()

    def _arrange(self) -> None:
        buttons = QGridLayout()
        buttons.setSpacing(8)
        for place, button in enumerate((self.open, self.go_on, self.copy)):
            buttons.addWidget(button, 0, 2 * place, 1, 2)
        for place, button in enumerate((self.export, self.delete)):
            buttons.addWidget(button, 1, 3 * place, 1, 3)
        buttons.addWidget(self.follow, 2, 0, 1, 6)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 8, 0, 0)
        stack.setSpacing(8)
        stack.addWidget(self.view, 1)
        stack.addLayout(buttons)

    def _connect(self) -> None:
        self.open.clicked.connect(self._open)
        self.go_on.clicked.connect(self._go_on)
        self.copy.clicked.connect(self._copy)
        self.export.clicked.connect(self._export)
        self.delete.clicked.connect(self._delete)
        self.follow.clicked.connect(self._follow)
        self.view.opened.connect(self._open)
        self.view.delete_pressed.connect(self._delete)
        self.view.context_asked.connect(self._show_menu)
        self.view.selectionModel().selectionChanged.connect(self._offer)
        self.model.dataChanged.connect(self._offer)
        self.model.modelReset.connect(self._offer)
        self.model.compared.connect(self._on_compared)
        self.model.refused.connect(self.refused)

    def set_items(self, items: Sequence[RunItem]) -> None:
        """Show these runs, newest first."""
        self.model.set_items(items)

    def set_shown(self, folder: Path | None) -> None:
        """Mark the run whose curves are on show."""
        self.model.set_shown(folder)

    def set_idle(self, idle: bool) -> None:
        """Allow continuing a run, or not while a training is under way."""
        self._is_idle = idle
        self._offer()

    def set_following(self, following: bool) -> None:
        """Offer to follow a folder, or to end that."""
        self._is_following = following
        self.follow.setText("Stop follo&wing" if following else "Follo&w a folder …")
        self.follow.setToolTip(
            "The folder isn't read any more; what was read stays on show"
            if following
            else "Watch a run that another program or a cluster writes, as it grows"
        )

    def selected(self) -> list[RunItem]:
        """Return the selected runs, newest first."""
        rows = sorted(index.row() for index in self.view.selectedIndexes())
        return [self.model.item(row) for row in rows]

    def select(self, folder: Path) -> None:
        """Select one run and bring it into view."""
        for row in range(self.model.rowCount()):
            if self.model.item(row).folder == folder:
                index = self.model.index(row)
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.view.selectionModel().setCurrentIndex(index, flags)

    @Slot()
    def _offer(self) -> None:
        """Enable what can be done with the selected runs."""
        selected = self.selected()
        single = selected[0] if len(selected) == 1 else None
        self.open.setEnabled(single is not None)
        self.copy.setEnabled(single is not None)
        stopped = single is not None and single.state is RunState.STOPPED
        self.go_on.setEnabled(stopped and self._is_idle)
        self.export.setEnabled(bool(selected))
        self.delete.setEnabled(bool(selected))

    def _emit_one(self, signal: SignalInstance) -> None:
        selected = self.selected()
        if len(selected) == 1:
            signal.emit(selected[0])

    def _emit_all(self, signal: SignalInstance) -> None:
        if selected := self.selected():
            signal.emit(selected)

    @Slot()
    def _open(self) -> None:
        self._emit_one(self.open_asked)

    @Slot()
    def _go_on(self) -> None:
        self._emit_one(self.continue_asked)

    @Slot()
    def _copy(self) -> None:
        self._emit_one(self.copy_asked)

    @Slot()
    def _export(self) -> None:
        self._emit_all(self.export_asked)

    @Slot()
    def _delete(self) -> None:
        self._emit_all(self.delete_asked)

    @Slot()
    def _follow(self) -> None:
        (self.unfollow_asked if self._is_following else self.follow_asked).emit()

    @Slot()
    def _on_compared(self) -> None:
        self.compared.emit(self.model.comparison())

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        for button in (self.open, self.go_on, self.copy, self.export, self.delete):
            if button is self.export:
                menu.addSeparator()
            menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
