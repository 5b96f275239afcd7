"""The page of the queue: what waits, in its order, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cae_gui.train.queue import Queue, Result
from cae_gui.widgets.controls import Label, as_tip, button, menu_action
from cae_gui.widgets.empty_state import EmptyState, OrEmpty
from cae_gui.widgets.item_list import ItemList
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import Action, MessageBar
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.painting import ColorRole
from model.plots.curves import mse_text
from model.runs.queue import QueueEntry
from model.runs.wording import summary

BEGIN, NEXT, UNDO = "Begin with the queue", "Start the next one", "Undo"
USE, USE_BEST, COMPARE = "Use it", "Use the best", "Compare the sweep"
_EMPTY = (
    "Nothing waits. Trainings that you add to the queue are trained one after the other, each on "
    "the faces that it was set up with."
)
_LOOK_MS = 2000
"""How often the queue on disk is looked at while the page is visible: others change it, too."""
_MARGIN, _GAP, _LINE_GAP = 8, 8, 4
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class QueuePage(QWidget):
    """Lists the trainings that wait, the next one first.

    Signals:
        edit_asked(QueueEntry): change the settings of a training that waits.
        sweep_asked(): put trainings of several values into the queue.
        compare_asked(str): compare the runs with this tag, or "" for any.
        use_asked(Path): use the model in this file.
    """

    edit_asked = Signal(object)
    sweep_asked = Signal()
    compare_asked = Signal(str)
    use_asked = Signal(object)

    def __init__(self, queue: Queue, messages: MessageBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue, self._messages = queue, messages
        self.model = QueueModel(self)
        self.view = QueueView()
        self.view.setModel(self.model)
        self.empty = EmptyState("train", _EMPTY, "Set up a training")
        self._pages = OrEmpty(self.view, self.empty)
        self.turn = button("", self._turn)
        self.change = button("&Change", self._change, "Show its settings in the form (Enter)")
        self.more = QPushButton("More")
        self.more.setToolTip("What else can be done with what waits")
        self.more.setMenu(self._make_menu())
        row = filled(QHBoxLayout(), self.turn, self.change, self.more)
        margins = (0, 12, 0, 0)
        filled(QVBoxLayout(self), self._pages, row, margins=margins, room=self._pages)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(queue.refresh)
        self._connect()
        self._show_queue()

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        up, down = partial(self._move, -1), partial(self._move, 1)
        self.up = menu_action(menu, "Move &up", up, "Train it earlier (Alt+Up)")
        self.down = menu_action(menu, "Move &down", down, "Train it later (Alt+Down)")
        tip = "Train what failed once more"
        self.again = menu_action(menu, "&Try again", self._try_again, tip)
        tip = "Take it out of the queue (Del); its run stays"
        self.remove = menu_action(menu, "&Remove", self._remove, tip)
        menu.addSeparator()
        tip = "Trainings for several values of a setting, or of two"
        self.sweep = menu_action(menu, "&Sweep …", self.sweep_asked.emit, tip)
        tip = "The curves and the best errors of a sweep in one picture"
        self.compare = menu_action(menu, "&Compare a sweep …", self._compare, tip)
        return menu

    def _connect(self) -> None:
        view, queue = self.view, self._queue
        view.entered_on.connect(self._change)
        view.doubleClicked.connect(self._change)
        view.delete_asked.connect(self._remove)
        view.move_asked.connect(self._move)
        view.context_asked.connect(self._show_menu)
        view.selectionModel().selectionChanged.connect(self._offer)
        self.model.ordered.connect(queue.order)
        queue.changed.connect(self._show_queue)
        queue.finished.connect(self._on_finished)
        queue.worked_off.connect(self._on_worked_off)
        queue.held.connect(self._on_held)

    def take_focus(self) -> None:
        """Give the focus to the list, or to what is in its place while it is empty."""
        shown = self.view if self.model.rowCount() else self.empty.button
        shown.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def selected(self) -> list[QueueEntry]:
        """Return the selected trainings, the next one first."""
        rows = sorted(index.row() for index in self.view.selectedIndexes())
        return [self.model.entry(row) for row in rows]

    def tell_added(self, count: int) -> None:
        """Say that trainings were added, and when they begin."""
        text = f"{counted(count, 'training')} added to the queue."
        if self._queue.is_on:
            self._messages.show_message(f"{text} The queue goes on after the training under way.")
        else:
            begin = Action(BEGIN, self._queue.start)
            self._messages.show_message(text, actions=[begin], is_passing=True)

    @Slot()
    def _show_queue(self) -> None:
        """Show what waits; what is selected stays so."""
        chosen = {entry.key for entry in self.selected()}
        current = self.view.currentIndex().row()
        at = self.model.entry(current).key if current >= 0 else ""
        if self.model.set_entries(self._queue.entries):
            self._select(chosen, at)
        self._pages.show_empty(not self._queue.entries)
        is_on = self._queue.is_on
        self.turn.setText("&Hold" if is_on else "&Begin")
        self.turn.setToolTip(
            "Begin no other training; the one under way goes on"
            if is_on
            else "Train what waits, one after the other"
        )
        self._offer()

    def _select(self, keys: set[str], current: str) -> None:
        selection, rows = QItemSelection(), range(self.model.rowCount())
        flags = QItemSelectionModel.SelectionFlag
        for index in map(self.model.index, rows):
            key = self.model.entry(index.row()).key
            if key == current:
                self.view.selectionModel().setCurrentIndex(index, flags.NoUpdate)
            if key in keys:
                selection.select(index, index)
        self.view.selectionModel().select(selection, flags.ClearAndSelect)

    @Slot()
    def _offer(self) -> None:
        """Enable the actions that apply to the selected trainings."""
        chosen = self.selected()
        free = [entry for entry in chosen if not entry.is_training]
        self.turn.setEnabled(self._queue.is_on or self._queue.waiting > 0)
        self.change.setEnabled(len(free) == len(chosen) == 1)
        self.remove.setEnabled(bool(free))
        self.again.setEnabled(any(entry.problem for entry in chosen))
        for move in (self.up, self.down):
            move.setEnabled(bool(chosen) and self.model.rowCount() > 1)

    @Slot(QModelIndex, QPoint)
    def _show_menu(self, _index: QModelIndex, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(self.change.text(), self._change).setEnabled(self.change.isEnabled())
        menu.addActions(self.more.menu().actions())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    @Slot()
    def _turn(self) -> None:
        if self._queue.is_on:
            self._queue.pause()
        else:
            self._queue.start()

    @Slot()
    def _change(self) -> None:
        match self.selected():
            case [entry] if not entry.is_training:
                self.edit_asked.emit(entry)

    @Slot(int)
    def _move(self, step: int) -> None:
        self._queue.move({entry.key for entry in self.selected()}, step)

    @Slot()
    def _try_again(self) -> None:
        self._queue.try_again({entry.key for entry in self.selected()})

    @Slot()
    def _compare(self) -> None:
        tags = [tag for entry in self.selected() for tag in entry.labels.tags]
        self.compare_asked.emit(tags[0] if tags else "")

    @Slot()
    def _remove(self) -> None:
        before = self._queue.entries
        removed = [entry for entry in self.selected() if not entry.is_training]
        if not removed:
            return
        row = self.view.selectedIndexes()[0].row()
        self._queue.remove({entry.key for entry in removed})
        if count := self.model.rowCount():
            self.view.setCurrentIndex(self.model.index(min(row, count - 1)))
        else:
            self.take_focus()
        what = f"“{removed[0].title}”" if len(removed) == 1 else f"{len(removed)} trainings"
        text = f"{what} {'was' if len(removed) == 1 else 'were'} removed from the queue."
        undo = Action(UNDO, partial(self._queue.put_back, removed, before))
        self._messages.show_message(text, actions=[undo], is_passing=True)

    @Slot(object)
    def _on_finished(self, result: Result) -> None:
        mse = mse_text(result.best_mse)
        text = f"“{result.title}” of the queue is trained: best test MSE {mse}."
        use = Action(USE, partial(self.use_asked.emit, result.model))
        self._messages.show_message(text, actions=[use], is_passing=True)

    @Slot(object)
    def _on_worked_off(self, results: Sequence[Result]) -> None:
        failed = sum(bool(entry.problem) for entry in self._queue.entries)
        rest = f" {counted(failed, 'training')} failed; the queue says why." if failed else ""
        if not results:
            if rest:
                self._messages.show_message(f"The queue is done.{rest}")
            return
        best = min(results, key=lambda result: result.best_mse)
        is_one, mse = len(results) == 1, mse_text(best.best_mse)
        what = f"{counted(len(results), 'training')} of the queue {'is' if is_one else 'are'} done."
        actions = [Action(USE if is_one else USE_BEST, partial(self.use_asked.emit, best.model))]
        if tag := _common_tag(results):
            actions.append(Action(COMPARE, partial(self.compare_asked.emit, tag)))
        text = f"{what} Best test MSE {mse}, by “{best.title}”.{rest}"
        self._messages.show_message(text, kind="offer", actions=actions)

    @Slot(int)
    def _on_held(self, waiting: int) -> None:
        text = f"The queue waits: {counted(waiting, 'training')} to go."
        self._messages.show_message(text, actions=[Action(NEXT, self._queue.start)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._queue.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()


class QueueModel(QAbstractListModel):
    """Rows are the trainings of the queue, the next one first.

    Signals:
        ordered(list): rows were dragged; the keys in their new order.
    """

    ordered = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[QueueEntry] = []

    def set_entries(self, entries: Sequence[QueueEntry]) -> bool:
        """Show these trainings; return whether other ones or another order."""
        keys = [entry.key for entry in self._entries]
        is_new = keys != [entry.key for entry in entries]
        if is_new:
            self.beginResetModel()
        self._entries = list(entries)
        if is_new:
            self.endResetModel()
        elif self._entries:
            self.dataChanged.emit(self.index(0), self.index(len(self._entries) - 1))
        return is_new

    def entry(self, row: int) -> QueueEntry:
        """Return the training of a row."""
        return self._entries[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == _Role.DisplayRole:
            return entry.title
        if role == _Role.ToolTipRole:
            return as_tip(sentence(entry))
        if role == _Role.AccessibleTextRole:
            return f"{index.row() + 1}: {sentence(entry)}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled  # between rows, not on one
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def moveRows(self, source: _Index, row: int, count: int, target: _Index, to: int) -> bool:
        """Move rows as a drag does; ``to`` is the row that they come before."""
        if not self.beginMoveRows(source, row, row + count - 1, target, to):
            return False
        moved = self._entries[row : row + count]
        del self._entries[row : row + count]
        at = to - count if to > row else to
        self._entries[at:at] = moved
        self.endMoveRows()
        self.ordered.emit([entry.key for entry in self._entries])
        return True


class QueueView(ItemList):
    """Lists what waits; rows are dragged, or moved by Alt and the arrow keys.

    Signals:
        move_asked(int): move the selected rows up (-1) or down (1).
    """

    move_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setItemDelegate(_EntryDelegate(self))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self.setAccessibleName("Queue")
        self.setAccessibleDescription(
            "Enter shows the settings of a training, Alt with an arrow key moves it, Delete "
            "removes it."
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 72)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.move_asked.emit(step)
        else:
            super().keyPressEvent(event)


class _EntryDelegate(QStyledItemDelegate):
    """Paints a training in two lines: its name and state, its faces and settings."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(240, 2 * option.fontMetrics.height() + _LINE_GAP + 2 * _MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, QueueModel)
        entry, palette = model.entry(index.row()), option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_ground(painter, option)
        line = option.rect.adjusted(_MARGIN, _MARGIN, -_MARGIN, 0)
        line.setHeight(option.fontMetrics.height())
        state, plain = state_of(entry), painter.font()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        role = ColorRole.Highlight if entry.is_training else ColorRole.PlaceholderText
        painter.setPen(palette.color(ColorRole.BrightText if entry.problem else role))
        painter.drawText(line, int(right), state)
        room = line.width() - painter.fontMetrics().horizontalAdvance(state) - _GAP
        bold = QFont(plain)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(palette.color(ColorRole.Text))
        _paint_elided(painter, QRect(line.left(), line.top(), room, line.height()), entry.title)
        painter.setFont(plain)
        painter.setPen(palette.color(ColorRole.PlaceholderText))
        _paint_elided(painter, line.translated(0, line.height() + _LINE_GAP), _details(entry))
        painter.restore()


def _common_tag(results: Sequence[Result]) -> str:
    """Return a tag that all of several trainings have, or ""."""
    common = set(results[0].tags).intersection(*(result.tags for result in results))
    return min(common, default="") if len(results) > 1 else ""


def state_of(entry: QueueEntry) -> str:
    """Return the state of a training in a word."""
    if entry.is_training:
        return "Training"
    if entry.problem:
        return "Failed"
    return "Waits" if entry.run is None else "Begun"


def sentence(entry: QueueEntry) -> str:
    """Return all that is known of a training that waits."""
    settings = f" {summary(entry.config)}." if entry.labels.name else ""
    problem = f" {entry.problem}" if entry.problem else ""
    return f"{entry.title}: {entry.faces}.{settings} {state_of(entry)}.{problem}"


def _details(entry: QueueEntry) -> str:
    if entry.problem:
        return entry.problem
    return f"{entry.faces} · {summary(entry.config)}" if entry.labels.name else entry.faces


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    accent = QColor(option.palette.color(ColorRole.Highlight))
    area = QRectF(option.rect).adjusted(2, 1, -2, -1)
    states = QStyle.StateFlag
    is_selected = option.state & states.State_Selected
    if is_selected or option.state & states.State_MouseOver:
        accent.setAlphaF(0.2 if is_selected else 0.07)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(area, 4, 4)
    if option.state & states.State_HasFocus:
        painter.setPen(QPen(option.palette.color(ColorRole.Highlight), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _paint_elided(painter: QPainter, area: QRect, text: str) -> None:
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), elided)


class EditBar(QWidget):
    """Says which training of the queue the form shows, to be updated or left as it was.

    Signals:
        updated(): put the settings of the form into the queue.
    """

    updated = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry: QueueEntry | None = None
        self.label = Label(wordWrap=True)
        self.update_entry = button(
            "Update", self.updated.emit, "Give the training in the queue these settings"
        )
        self.cancel = button("Cancel", self.leave, "Leave the training in the queue as it is")
        row = filled(QHBoxLayout(), self.update_entry, self.cancel)
        filled(QVBoxLayout(self), self.label, row)
        self.hide()

    def edit(self, entry: QueueEntry) -> None:
        """Begin with a training of the queue."""
        self.entry = entry
        self.label.setText(f"Changes “{entry.title}” of the queue, on “{entry.faces}”.")
        self.show()

    @Slot()
    def leave(self) -> None:
        """Change none any more."""
        self.entry = None
        self.hide()
