"""The faces of a strip as a Qt list model; those that stay keep their place when others come."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage

from cae_gui.widgets.images import Pixels, fitted

_CACHED = 256
"""Pictures that are kept scaled: 9 MB at most on a HiDPI screen."""

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


@dataclass(frozen=True, slots=True, eq=False)
class StripFace:
    """One face of a strip.

    ``key`` is what it stands for: a face with an equal key is the same one as before. ``pixels``
    are uint8 (48, 48, 3), or None while they are being made; ``pale`` paints it as if far off.
    """

    key: object
    name: str = ""
    pixels: Pixels | None = None
    pale: bool = False

    def looks_like(self, other: StripFace) -> bool:
        """Return whether both are painted alike."""
        alike = self.name == other.name and self.pale == other.pale
        return alike and self.pixels is other.pixels


class FaceStripModel(QAbstractListModel):
    """Rows are faces from left to right, of which one may be marked.

    Signals:
        renamed(int, str): the person typed another name for a row; the face keeps its own.
    """

    renamed = Signal(int, str)

    def __init__(self, parent: QObject | None = None, *, editable: bool = False) -> None:
        super().__init__(parent)
        self._editable = editable
        self._faces: list[StripFace] = []
        self._mark: int | None = None
        self._make_tip: Callable[[int], str] | None = None
        self._scaled: OrderedDict[tuple[int, int], tuple[Pixels, QImage]] = OrderedDict()

    def set_faces(self, faces: Sequence[StripFace]) -> None:
        """Show these faces; only what differs is taken out, put in, or painted anew."""
        keys = [face.key for face in faces]
        old = [face.key for face in self._faces]
        if keys and keys[0] in old:  # the oldest ones may have gone
            self._remove(0, old.index(keys[0]))
        same = self._same(keys)
        self._remove(same, len(self._faces))
        self._take(faces[:same])
        self._append(faces[same:])

    def set_mark(self, row: int | None) -> None:
        """Mark one row, or none."""
        before, self._mark = self._mark, row
        for changed in {before, row} - {None}:
            assert changed is not None
            if changed < len(self._faces):
                self.dataChanged.emit(self.index(changed), self.index(changed))

    def set_tip(self, make: Callable[[int], str]) -> None:
        """Have the text about a row made when somebody asks for it."""
        self._make_tip = make

    def face(self, row: int) -> StripFace:
        """Return the face of a row."""
        return self._faces[row]

    def mark(self) -> int | None:
        """Return the marked row."""
        return self._mark

    def picture(self, row: int, side: int) -> QImage | None:
        """Return the face of a row with so many device pixels a side, or None without one."""
        pixels = self._faces[row].pixels
        if pixels is None:
            return None
        key = (id(pixels), side)  # the pixels are kept beside it: no other array takes their id
        if key not in self._scaled:
            self._scaled[key] = (pixels, fitted(pixels, side, side))
            if len(self._scaled) > _CACHED:
                self._scaled.popitem(last=False)
        self._scaled.move_to_end(key)
        return self._scaled[key][1]

    def _same(self, keys: Sequence[object]) -> int:
        """Return how many rows at the start stay."""
        pairs = enumerate(zip(self._faces, keys, strict=False))
        limit = min(len(self._faces), len(keys))
        return next((row for row, (face, key) in pairs if face.key != key), limit)

    def _remove(self, first: int, end: int) -> None:
        if first < end:
            self.beginRemoveRows(QModelIndex(), first, end - 1)
            del self._faces[first:end]
            self.endRemoveRows()

    def _take(self, faces: Sequence[StripFace]) -> None:
        pairs = enumerate(zip(self._faces, faces, strict=False))
        changed = [row for row, (old, new) in pairs if not old.looks_like(new)]
        self._faces[: len(faces)] = faces
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def _append(self, faces: Sequence[StripFace]) -> None:
        if faces:
            first = len(self._faces)
            self.beginInsertRows(QModelIndex(), first, first + len(faces) - 1)
            self._faces.extend(faces)
            self.endInsertRows()

    def _text(self, row: int) -> str:
        return self._make_tip(row) if self._make_tip is not None else self._faces[row].name

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(self._faces)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled
        return flags | Qt.ItemFlag.ItemIsEditable if self._editable else flags

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = index.row()
        if role in (_Role.DisplayRole, _Role.EditRole):
            return self._faces[row].name
        if role == _Role.ToolTipRole:
            return self._text(row)
        if role == _Role.AccessibleTextRole:
            text = self._text(row).replace("\n", ", ")
            return f"{text}, shown" if row == self._mark else text
        return None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        name = str(value).strip()
        if role == _Role.EditRole and name and name != self._faces[index.row()].name:
            self.renamed.emit(index.row(), name)
        return False  # the one who hears of it sets the faces anew
