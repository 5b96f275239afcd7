"""Lists of faces: a Qt model that makes thumbnails only as they are seen, and their view."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    QStringListModel,
    Qt,
    Slot,
)
from PySide6.QtGui import QImage, QPainter, QRegion, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cae_gui.widgets.controls import as_tip
from cae_gui.widgets.face_mime import MOST_DRAGGED, start_faces_drag
from cae_gui.widgets.images import Pixels, fitted, to_qimage
from cae_gui.widgets.item_list import ItemList
from cae_gui.widgets.painting import on_pixel, paint_picture, paint_ring
from model.face_set import FACE_SHAPE

THUMBNAIL_ROUNDING = 1 / 16  # radius of the corners, as a share of the side
_CACHED = 512  # thumbnails: some 10 MB at most on a HiDPI screen
_GAP = 8
_SMALLEST = 64
_CELL = _SMALLEST + _GAP
_MOST_APART = 100  # more items that became selected or not are painted with all in view
_STEP = 8  # thumbnails grow in steps, for which most are still cached while resizing
_Index = QModelIndex | QPersistentModelIndex
_NO_IMAGES = np.zeros((0, *FACE_SHAPE), np.uint8)


class FaceListModel(QStringListModel):
    """Items are the rows of a data set whose names match the filter, in their own order.

    The names in view live in Qt's own model: laying out 12,547 items asks for the number of rows
    once an item, which alone took 25 ms in Python.
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._images: NDArray[np.uint8] = _NO_IMAGES
        self._names: Sequence[str] = ()
        self._folded: list[str] = []
        self._filter = ""
        self._within: NDArray[np.int64] | None = None
        self._rows: NDArray[np.int64] = np.arange(0)
        self._thumbnails: OrderedDict[tuple[int, int], QImage] = OrderedDict()

    def set_faces(self, images: NDArray[np.uint8], names: Sequence[str]) -> None:
        """Show uint8 (N, 48, 48, 3) `images` and their N `names`, all that the filter keeps.

        Raises:
            ValueError: not as many names as images.
        """
        if len(images) != len(names):
            raise ValueError(f"{len(images)} images, but {len(names)} names")
        self._images, self._names = images, names
        self._folded, self._within = [], None
        self._thumbnails.clear()
        self._show(self._matching())

    def update_face(self, images: NDArray[np.uint8], row: int) -> None:
        """Take other `images` of the same shape, of which only that in `row` differs.

        Raises:
            ValueError: another number of images.
        """
        if len(images) != len(self._names):
            raise ValueError(f"{len(images)} images, but {len(self._names)} names")
        self._images = images
        for key in [key for key in self._thumbnails if key[0] == row]:
            del self._thumbnails[key]
        index = self.index_of(row)
        self.dataChanged.emit(index, index)

    def set_filter(self, text: str) -> bool:
        """Keep the names that hold every word of `text`; return whether that changes the list."""
        self._filter = _fold(text)
        return self._show_matching()

    def set_within(self, rows: NDArray[np.int64] | None) -> bool:
        """Keep these rows (K,), ascending, or all; return whether that changes the list."""
        self._within = rows
        return self._show_matching()

    def rows_of(self, selection: QItemSelection) -> NDArray[np.int64]:
        """Return the data set's rows of the selected items, in no order."""
        parts = [self._rows[part.top() : part.bottom() + 1] for part in selection.toList()]
        return np.concatenate(parts) if parts else np.arange(0)

    def total(self) -> int:
        """Return the number of faces, filtered or not."""
        return len(self._names)

    def row_at(self, index: _Index) -> int:
        """Return the data set's row of an item."""
        return int(self._rows[index.row()])

    def index_of(self, row: int) -> QModelIndex:
        """Return the item of the data set's `row`; invalid where it is filtered out or unknown."""
        position = int(np.searchsorted(self._rows, row))
        if position < len(self._rows) and self._rows[position] == row:
            return self.index(position)
        return QModelIndex()

    def face(self, row: int) -> tuple[str, Pixels]:
        """Return name and pixels of the data set's `row`."""
        return self._names[row], np.asarray(self._images[row])

    def thumbnail(self, row: int, side: int) -> QImage:
        """Return the data set's `row` as an image of `side` device pixels, its corners rounded."""
        key = (row, side)
        if key not in self._thumbnails:
            self._thumbnails[key] = _rounded(fitted(np.asarray(self._images[row]), side, side))
            if len(self._thumbnails) > _CACHED:
                self._thumbnails.popitem(last=False)
        self._thumbnails.move_to_end(key)
        return self._thumbnails[key]

    def _show_matching(self) -> bool:
        rows = self._matching()
        if np.array_equal(rows, self._rows):
            return False
        self._show(rows)
        return True

    def _show(self, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        names = self._names
        self.setStringList(names if len(rows) == len(names) else [names[row] for row in rows])

    def _matching(self) -> NDArray[np.int64]:
        words, within = self._filter.split(), self._within
        if not words:
            return np.arange(len(self._names)) if within is None else within
        if not self._folded:
            self._folded = [_fold(name) for name in self._names]
        first, *others = words
        among = range(len(self._folded)) if within is None else within.tolist()
        rows = [row for row in among if first in self._folded[row]]
        for word in others:
            rows = [row for row in rows if word in self._folded[row]]
        return np.array(rows, np.int64)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DecorationRole and index.isValid():
            return to_qimage(np.asarray(self._images[self.row_at(index)]))
        if role == Qt.ItemDataRole.ToolTipRole and index.isValid():
            return as_tip(str(super().data(index, Qt.ItemDataRole.DisplayRole)))
        named = role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        return super().data(index, Qt.ItemDataRole.DisplayRole if named else role)


class FaceDelegate(QStyledItemDelegate):
    """Paints a thumbnail with rounded corners; a ring marks a selected one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = _SMALLEST
        self._cell = QSize(_CELL, _CELL)

    def set_sizes(self, side: int, cell: QSize) -> None:
        """Set the side of a thumbnail and the room around its middle."""
        self._side, self._cell = side, cell

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        model = index.model()
        assert isinstance(model, FaceListModel)
        ratio = painter.deviceTransform().m11()
        left = (self._cell.width() - self._side) // 2
        corner = on_pixel(painter, QPointF(option.rect.topLeft() + QPoint(left, _GAP // 2)))
        thumbnail = model.thumbnail(model.row_at(index), round(self._side * ratio))
        outline = QRectF(corner, thumbnail.size().toSizeF() / ratio)
        painter.save()
        painter.drawImage(outline, thumbnail)
        radius = self._side * THUMBNAIL_ROUNDING
        if option.state & QStyle.StateFlag.State_Selected:
            paint_ring(painter, outline, option.palette, radius=radius)
        elif option.state & QStyle.StateFlag.State_HasFocus:
            paint_ring(painter, outline, option.palette, gap=-1.0, radius=radius)
        painter.restore()

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._cell


class FaceListView(ItemList):
    """Thumbnails in as many columns as fit.

    What is typed goes to ``search``; Enter there leads back.
    """

    def __init__(self, parent: QWidget | None = None, *, search: QLineEdit | None = None) -> None:
        super().__init__(parent=parent)
        self._search = search
        if search is not None:
            search.returnPressed.connect(self._enter)
        # Wrapped list mode looks as icon mode does, without a place of its own for each item.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        # A bar that came and went would lay out everything twice.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(_CELL // 2)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDragEnabled(True)
        self._delegate = FaceDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName("Faces")

    @Slot()
    def _enter(self) -> None:
        if self.model().rowCount():
            self.setFocus(Qt.FocusReason.TabFocusReason)
            if not self.selectionModel().hasSelection():
                self.setCurrentIndex(self.model().index(0, 0))

    def _fit_columns(self) -> None:
        width = self.viewport().width() - 1  # what ends exactly at the edge, Qt puts on a new line
        room = width // max(1, width // _CELL)
        side = max(_SMALLEST, (room - _GAP) // _STEP * _STEP)
        cell = QSize(room, side + _GAP)
        self._delegate.set_sizes(side, cell)
        self.setGridSize(cell)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _CELL, 2 * _CELL)

    def sizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(3 * _CELL + bar + 2 * self.frameWidth(), 6 * _CELL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns()
        super().resizeEvent(event)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        # Qt asks for the place of each item, in view or not: 0.2 s for 12,547 faces.
        if sum(part.height() for part in selection.toList()) > _MOST_APART:
            return QRegion(self.viewport().rect())
        return super().visualRegionForSelection(selection)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        model, index = self.model(), self.currentIndex()
        if isinstance(model, FaceListModel) and index.isValid():
            rows = [model.row_at(index), *sorted(map(model.row_at, self.selectedIndexes()))]
            chosen = list(dict.fromkeys(rows))[:MOST_DRAGGED]  # the one under the pointer first
            start_faces_drag(self, [model.face(row) for row in chosen])

    def keyboardSearch(self, search: str) -> None:
        # Qt's own search asks the model about every item, in Python.
        if self._search is not None:
            self._search.setFocus(Qt.FocusReason.OtherFocusReason)
            self._search.setText(search)


def _rounded(image: QImage) -> QImage:
    """Round the corners once, so that scrolling only has to blend."""
    result = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    paint_picture(painter, image, QPointF(0, 0), image.width() * THUMBNAIL_ROUNDING)
    painter.end()
    return result


def _fold(text: str) -> str:
    """Make "José_López" findable as "jose lopez"."""
    text = text.replace("_", " ").casefold()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
