"""The faces of a data set as a Qt list model that makes thumbnails only when they are seen."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QStringListModel, Qt
from PySide6.QtGui import QImage, QPainter

from cae_gui.widgets.images import Pixels, fitted, to_qimage
from cae_gui.widgets.painting import paint_picture
from model.face_set import FACE_SHAPE

THUMBNAIL_ROUNDING = 1 / 16  # radius of the corners, as a share of the side
_CACHED = 512  # thumbnails: some 10 MB at most on a HiDPI screen
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
        self._rows: NDArray[np.int64] = np.arange(0)
        self._thumbnails: OrderedDict[tuple[int, int], QImage] = OrderedDict()

    def set_faces(self, images: NDArray[np.uint8], names: Sequence[str]) -> None:
        """Show uint8 (N, 48, 48, 3) `images` and their N `names`; the filter stays.

        Raises:
            ValueError: not as many names as images.
        """
        if len(images) != len(names):
            raise ValueError(f"{len(images)} images, but {len(names)} names")
        self._images, self._names = images, names
        self._folded = []
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
        rows = self._matching()
        if np.array_equal(rows, self._rows):
            return False
        self._show(rows)
        return True

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

    def _show(self, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        names = self._names
        self.setStringList(names if len(rows) == len(names) else [names[row] for row in rows])

    def _matching(self) -> NDArray[np.int64]:
        words = self._filter.split()
        if not words:
            return np.arange(len(self._names))
        if not self._folded:
            self._folded = [_fold(name) for name in self._names]
        first, *others = words
        rows = [row for row, name in enumerate(self._folded) if first in name]
        for word in others:
            rows = [row for row in rows if word in self._folded[row]]
        return np.array(rows, np.int64)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DecorationRole and index.isValid():
            return to_qimage(np.asarray(self._images[self.row_at(index)]))
        named = role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        return super().data(index, Qt.ItemDataRole.DisplayRole if named else role)


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
