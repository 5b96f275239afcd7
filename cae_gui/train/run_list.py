"""The list of runs: its items, which of them are compared, and how they are painted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cae_gui.widgets.controls import as_tip
from cae_gui.widgets.item_list import ItemList
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.painting import ColorRole
from model.config import TrainConfig
from model.plots.curves import OTHER_COLORS, mse_text
from model.runs.labels import MAX_NAME, RunLabels
from model.runs.wording import settings_text, summary

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_MARGIN, _GAP, _BOX, _LINE_GAP = 8, 8, 16, 4
_DOT = 8
_IN_USE = "In use"
_CAPTION = Qt.ItemDataRole.UserRole


class RunState(Enum):
    """The state of a run; the value is its text in the list."""

    RUNNING = "Running"
    FINISHED = "Finished"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class RunItem:
    """One run as the list shows it; ``title`` is its name, or says when it began.

    ``in_use`` tells that the model in use is one of this run; ``began`` says when it began where
    the title doesn't.
    """

    folder: Path
    title: str
    faces: str
    epochs_done: int
    epochs_planned: int
    best_mse: float | None
    state: RunState
    in_use: bool = False
    began: str = ""
    config: TrainConfig | None = None
    labels: RunLabels = field(default_factory=RunLabels)

    @property
    def settings(self) -> str:
        """How the settings differ from a preset: “Fast, but 20 epochs”."""
        return "" if self.config is None else summary(self.config)

    @property
    def details(self) -> str:
        """When it began, if the title doesn't say, and its settings."""
        return " · ".join(filter(None, (self.began, self.settings)))

    @property
    def numbers(self) -> str:
        """Epochs and best test MSE: “12 of 60 epochs · best 0.00126”."""
        done = f"{self.epochs_done:,} of {counted(self.epochs_planned, 'epoch')}"
        return done if self.best_mse is None else f"{done} · best {mse_text(self.best_mse)}"

    @property
    def sentence(self) -> str:
        """All of its texts but the notes, for assistive technology and for questions."""
        used = " Its model is in use." if self.in_use else ""
        details = f" {self.details}." if self.details else ""
        tags = f" Tags: {', '.join(self.labels.tags)}." if self.labels.tags else ""
        told = f"{self.title}: {self.faces}, {self.numbers}. {self.state.value}."
        return f"{told}{details}{tags}{used}"

    @property
    def told(self) -> str:
        """All of its texts in small letters, to search in."""
        return f"{self.sentence} {self.labels.notes}".casefold()

    @property
    def values(self) -> list[tuple[str, str]]:
        """Each setting and its value in small letters: “learning rate” and “0.02”."""
        texts = {} if self.config is None else settings_text(self.config)
        return [(title.casefold(), value.casefold()) for title, value in texts.items()]

    @property
    def tip(self) -> str:
        """All of its texts, each on a line."""
        tags = f"Tags: {', '.join(self.labels.tags)}" if self.labels.tags else ""
        used = "Its model is in use." if self.in_use else ""
        lines = (
            f"{self.title}: {self.faces}",
            f"{self.numbers}. {self.state.value}.",
            self.began and f"Began: {self.began}",
            self.settings and f"Settings: {self.settings}",
            tags,
            used,
            self.labels.notes,
        )
        return "\n".join(filter(None, lines))


class RunListModel(QAbstractListModel):
    """Rows are runs; a checked run gets the first free colour of the comparison.

    The first run of a group has a caption, which is painted above it.

    Signals:
        compared(): the compared runs or their colours have changed.
        refused(): no colour is left for another run.
        named(Path, str): a name was typed for the run in this folder; "" for none.
    """

    compared = Signal()
    refused = Signal()
    named = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[RunItem] = []
        self._slots: dict[Path, int] = {}
        self._shown: Path | None = None
        self._captions: Mapping[Path, str] = {}

    def set_items(self, items: Sequence[RunItem], captions: Mapping[Path, str]) -> None:
        """Show these runs; those listed before keep selection, check mark and colour.

        ``captions`` are texts above runs, by their folders.
        """
        wanted = {item.folder for item in items}
        for row in reversed(range(len(self._items))):
            if self._items[row].folder not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._items[row]
                self.endRemoveRows()
        order = {item.folder: at for at, item in enumerate(items)}
        places = [order[item.folder] for item in self._items]
        if places != sorted(places) or captions != self._captions:
            self._arrange(order, captions)
        for row, item in enumerate(items):
            self._put(row, item)
        if gone := self._slots.keys() - wanted:
            self._slots = {folder: at for folder, at in self._slots.items() if folder not in gone}
            self.compared.emit()

    def set_shown(self, folder: Path | None) -> None:
        """Mark the run whose curves are on show, which isn't compared; None for no run."""
        if folder == self._shown:
            return
        self._shown = folder
        if folder in self._slots:
            del self._slots[folder]
            self.compared.emit()
        if self._items:
            self.dataChanged.emit(self.index(0), self.index(len(self._items) - 1))

    def item(self, row: int) -> RunItem:
        """Return the run of a row."""
        return self._items[row]

    def is_shown(self, row: int) -> bool:
        """Return whether this run's curves are on show."""
        return self._items[row].folder == self._shown

    def color(self, row: int) -> str | None:
        """Return the colour "#rrggbb" of a compared run, or None."""
        slot = self._slots.get(self._items[row].folder)
        return None if slot is None else OTHER_COLORS[slot]

    def comparison(self) -> list[RunItem | None]:
        """Return the compared runs by their colours; None where a colour is free."""
        items = {item.folder: item for item in self._items}
        by_slot = {slot: items[folder] for folder, slot in self._slots.items()}
        return [by_slot.get(slot) for slot in range(max(by_slot, default=-1) + 1)]

    def _arrange(self, order: Mapping[Path, int], captions: Mapping[Path, str]) -> None:
        """Sort the runs; selection and current row stay with them."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        folders = [self._items[index.row()].folder for index in before]
        self._items.sort(key=lambda item: order[item.folder])
        self._captions = captions
        rows = {item.folder: row for row, item in enumerate(self._items)}
        self.changePersistentIndexList(before, [self.index(rows[folder]) for folder in folders])
        self.layoutChanged.emit()

    def _put(self, row: int, item: RunItem) -> None:
        if row < len(self._items) and self._items[row].folder == item.folder:
            if self._items[row] != item:
                self._items[row] = item
                self.dataChanged.emit(self.index(row), self.index(row))
        else:
            self.beginInsertRows(QModelIndex(), row, row)
            self._items.insert(row, item)
            self.endInsertRows()

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
        offered = Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        return super().flags(index) | offered

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == _Role.CheckStateRole:
            checked = item.folder in self._slots or item.folder == self._shown
            return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
        if role == _Role.DisplayRole:
            return item.title
        if role == _Role.EditRole:
            return item.labels.name
        if role == _Role.ToolTipRole:
            return as_tip(item.tip)
        caption = self._captions.get(item.folder, "")
        if role == _Role.AccessibleTextRole:
            return f"{caption}. {item.sentence}" if caption else item.sentence
        return caption if role == _CAPTION else None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        folder = self._items[index.row()].folder
        if role == _Role.EditRole:
            self.named.emit(folder, str(value))
            return True
        if role != _Role.CheckStateRole or folder == self._shown:
            return False
        if Qt.CheckState(value) != Qt.CheckState.Checked:
            self._slots.pop(folder, None)
        elif folder not in self._slots and not self._take_color(folder):
            return False
        self.dataChanged.emit(index, index)
        self.compared.emit()
        return True


class NameDelegate(QStyledItemDelegate):
    """Edits the name of a run."""

    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, index: _Index
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAcceptDrops(False)  # a dropped picture is for the window
        editor.setMaxLength(MAX_NAME)
        editor.setPlaceholderText(index.data(_Role.DisplayRole))
        editor.setAccessibleName("Name of the run")
        editor.setText(index.data(_Role.EditRole))
        editor.selectAll()
        return editor

    def setEditorData(self, _editor: QWidget, _index: _Index) -> None:
        """Keep what is being typed: a run in training changes with every epoch."""


class RunDelegate(NameDelegate):
    """Paints a run in three lines, with a check box that compares its curve.

    The caption of its group is above that.
    """

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        area = _below_caption(option.rect, index, option.fontMetrics)
        line = _first_line(area, option.fontMetrics.height())
        editor.setGeometry(line.adjusted(-4, -5, 0, 5))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, RunListModel)
        item, palette = model.item(index.row()), option.palette
        area = _below_caption(option.rect, index, option.fontMetrics)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if area != option.rect:
            _paint_caption(painter, option.rect, index.data(_CAPTION), palette)
        _paint_ground(painter, area, option)
        shown = palette.color(ColorRole.Highlight) if model.is_shown(index.row()) else None
        color = model.color(index.row())
        _paint_box(painter, box_rect(area), shown or (QColor(color) if color else None), palette)
        _paint_texts(painter, area, item, palette)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        line = option.fontMetrics.height()
        height = 3 * line + 2 * _LINE_GAP + 2 * _MARGIN
        return QSize(240, height + _caption_height(index, option.fontMetrics))

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """Toggle the comparison on a click on the box or the space key."""
        area = _below_caption(option.rect, index, option.fontMetrics)
        clicked = (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and box_rect(area)
            .adjusted(-_GAP, -_GAP, _GAP, _GAP)
            .contains(event.position().toPoint())
        )
        typed = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space
        if not (clicked or typed):
            return False
        role, state = Qt.ItemDataRole.CheckStateRole, Qt.CheckState
        checked = Qt.CheckState(index.data(role)) == state.Checked
        return model.setData(index, state.Unchecked if checked else state.Checked, role)


class RunView(ItemList):
    """Lists the runs; a double click opens one, as Enter does, and F2 edits the name.

    Signals:
        picked(): the person went to a run, by mouse or key; not for its check box.
        compare_asked(): by the space key, where several runs are selected.
    """

    picked = Signal()
    compare_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setItemDelegate(RunDelegate(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setAccessibleName("Runs")
        self.setAccessibleDescription(
            "Enter opens a run, Space compares its curve, F2 renames it, Delete deletes it."
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 72)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the run at a point; a caption is none."""
        index = super().indexAt(point)
        area = _below_caption(self.visualRect(index), index, self.fontMetrics())
        return index if area.contains(point) else QModelIndex()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() != Qt.FocusReason.MouseFocusReason
        if by_key and not self.selectedIndexes() and self.model().rowCount():
            # So that Enter opens a run.
            rows = (row for row in range(self.model().rowCount()) if not self.isRowHidden(row))
            first = self.model().index(next(rows, 0), 0)
            now = self.currentIndex()
            is_seen = now.isValid() and not self.isRowHidden(now.row())
            self.setCurrentIndex(now if is_seen else first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.selectedIndexes()
        if event.key() == Qt.Key.Key_Space and len(before) > 1:
            self.compare_asked.emit()
            return
        super().keyPressEvent(event)
        if self.selectedIndexes() != before:
            self.picked.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        point = event.position().toPoint()
        index = self.indexAt(point)
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and index.isValid() and not _is_beside_texts(self.visualRect(index), point):
            self.picked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        point = event.position().toPoint()
        index = self.indexAt(point)
        if index.isValid() and not _is_beside_texts(self.visualRect(index), point):
            self.entered_on.emit(index)


def _caption_height(index: _Index, metrics: QFontMetrics) -> int:
    return _MARGIN + metrics.height() + _LINE_GAP if index.data(_CAPTION) else 0


def _below_caption(row: QRect, index: _Index, metrics: QFontMetrics) -> QRect:
    """Return the part of a row that is its run's."""
    return row.adjusted(0, _caption_height(index, metrics), 0, 0)


def box_rect(row: QRect) -> QRect:
    """Return the rectangle of the check box in a row without a caption."""
    return QRect(row.left() + _MARGIN, row.top() + (row.height() - _BOX) // 2, _BOX, _BOX)


def _is_beside_texts(row: QRect, point: QPoint) -> bool:
    """Return whether a click is for the check box: two quick ones there open no run."""
    return point.x() < box_rect(row).right() + _GAP


def _paint_caption(painter: QPainter, row: QRect, caption: str, palette: QPalette) -> None:
    plain = painter.font()
    bold = QFont(plain)
    bold.setWeight(QFont.Weight.DemiBold)
    painter.setFont(bold)
    painter.setPen(palette.color(ColorRole.PlaceholderText))
    line = QRect(row.left() + _MARGIN, row.top() + _MARGIN, row.width() - 2 * _MARGIN, 0)
    line.setHeight(painter.fontMetrics().height())
    # The number of runs stands at the end.
    _paint_elided(painter, line, caption, Qt.TextElideMode.ElideMiddle)
    painter.setFont(plain)


def _paint_ground(painter: QPainter, row: QRect, option: QStyleOptionViewItem) -> None:
    """Tint a selected row lightly, so that the colours of the curves stay distinct."""
    accent = QColor(option.palette.color(ColorRole.Highlight))
    area = QRectF(row).adjusted(2, 1, -2, -1)
    painter.setPen(Qt.PenStyle.NoPen)
    if option.state & QStyle.StateFlag.State_Selected:
        accent.setAlphaF(0.2)
        painter.setBrush(accent)
        painter.drawRoundedRect(area, 4, 4)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        accent.setAlphaF(0.07)
        painter.setBrush(accent)
        painter.drawRoundedRect(area, 4, 4)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(option.palette.color(ColorRole.Highlight), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _paint_box(painter: QPainter, box: QRect, color: QColor | None, palette: QPalette) -> None:
    """Paint an empty check box, or a checked one in the colour of the curve."""
    area = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5)
    edge = QColor(palette.color(ColorRole.PlaceholderText))
    edge.setAlphaF(0.6)
    painter.setPen(QPen(color or edge, 1))
    painter.setBrush(color or palette.color(ColorRole.Base))
    painter.drawRoundedRect(area, 3, 3)
    if color is not None:
        painter.setPen(QPen(palette.color(ColorRole.Base), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        corner = QPointF(box.topLeft())
        points = (QPointF(4, 8.5), QPointF(7, 11.5), QPointF(12, 5))
        painter.drawPolyline(QPolygonF([corner + point for point in points]))


def _paint_texts(painter: QPainter, row: QRect, item: RunItem, palette: QPalette) -> None:
    line = _first_line(row, painter.fontMetrics().height())
    muted = palette.color(ColorRole.PlaceholderText)
    room = _paint_state(painter, line, item.state, palette)
    bold = QFont(painter.font())
    bold.setWeight(QFont.Weight.DemiBold)
    plain = painter.font()
    painter.setFont(bold)
    painter.setPen(palette.color(ColorRole.Text))
    # With the painter's own measures: others are smaller by fractions, and cut the text off.
    width = min(painter.fontMetrics().horizontalAdvance(item.title) + 1, room)
    _paint_elided(painter, QRect(line.left(), line.top(), width, line.height()), item.title)
    painter.setFont(plain)
    painter.setPen(muted)
    faces = QRect(line.left() + width + _GAP, line.top(), room - width - _GAP, line.height())
    _paint_elided(painter, faces, item.faces)
    below = line.translated(0, line.height() + _LINE_GAP)
    if item.in_use:
        painter.setPen(palette.color(ColorRole.Highlight))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), _IN_USE)
        painter.setPen(muted)
        below.setRight(below.right() - painter.fontMetrics().horizontalAdvance(_IN_USE) - _GAP)
    _paint_elided(painter, below, item.numbers)
    last = line.translated(0, 2 * (line.height() + _LINE_GAP))
    if item.labels.tags:
        tags = painter.fontMetrics().elidedText(
            ", ".join(item.labels.tags), Qt.TextElideMode.ElideRight, last.width() // 2
        )
        painter.drawText(last, int(Qt.AlignmentFlag.AlignRight), tags)
        last.setRight(last.right() - painter.fontMetrics().horizontalAdvance(tags) - _GAP)
    _paint_elided(painter, last, item.details)


def _first_line(row: QRect, height: int) -> QRect:
    """Return the place of the title in a row, right of its check box."""
    left = box_rect(row).right() + 1 + _GAP
    return QRect(left, row.top() + _MARGIN, row.right() - _MARGIN - left, height)


def _paint_state(painter: QPainter, line: QRect, state: RunState, palette: QPalette) -> int:
    """Paint dot and text at the right end of a line; return the width left of them, in px."""
    width = painter.fontMetrics().horizontalAdvance(state.value)
    running = state is RunState.RUNNING
    color = palette.color(ColorRole.Highlight if running else ColorRole.PlaceholderText)
    painter.setPen(color)
    painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), state.value)
    dot = QRectF(line.right() + 1 - width - _DOT - 4, line.center().y() - _DOT / 2 + 1, _DOT, _DOT)
    painter.setPen(QPen(color, 1.5))
    filled = state is not RunState.STOPPED
    painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(dot.adjusted(1, 1, -1, -1))
    return int(dot.left()) - _GAP - line.left()


def _paint_elided(
    painter: QPainter,
    area: QRect,
    text: str,
    where: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    elided = painter.fontMetrics().elidedText(text, where, area.width())
    painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), elided)
