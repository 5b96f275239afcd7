"""The dark well of Reconstruct: a photo, if any, and the pictures of its face as large as fit."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from cae_gui.reconstruct.heat_map_view import HeatMapView
from cae_gui.reconstruct.wipe_view import WipeView
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.well import Well

_EDGE = _GAP = 8
_MOST_FOR_PHOTO, _LEAST_FOR_PHOTO = 0.4, 0.36
"""Shares of the width."""
_LEAST_BESIDE_PAIR, _LEAST_BESIDE_WIPE = 0.7, 0.4
"""The least side of the difference, in shares of that of the larger pictures."""
_ROW_IS_BETTER = 0.95
"""One row is preferred to two unless its pictures are smaller than this share of theirs."""


class FaceStage(Well):
    """Shows original, reconstruction and difference, or the first two as a wipe.

    ``photo`` is beside them while it isn't hidden; ``lay_out`` is to be called when that changes.
    """

    def __init__(
        self,
        photo: QWidget,
        original: FaceView,
        reconstruction: FaceView,
        wipe: WipeView,
        difference: HeatMapView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent=parent)
        self._photo, self._pair, self._wipe, self._difference = (
            photo,
            (original, reconstruction),
            wipe,
            difference,
        )
        for view in (photo, original, reconstruction, wipe, difference):
            view.setParent(self)
        self._is_wiped, self._shows_difference = False, True
        wipe.hide()

    def wipe(self, wiped: bool) -> None:
        """Show original and reconstruction as one picture, or side by side."""
        self._is_wiped = wiped
        self._wipe.setVisible(wiped)
        for view in self._pair:
            view.setHidden(wiped)
        self.lay_out()

    def show_difference(self, shown: bool) -> None:
        """Show the difference, or leave its room to the others."""
        self._shows_difference = shown
        self._difference.setVisible(shown)
        self.lay_out()

    def lay_out(self) -> None:
        """Put everything where it is largest."""
        room = self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        mains: tuple[FaceView, ...] = (self._wipe,) if self._is_wiped else self._pair
        wanted = _Wanted(
            len(mains),
            _LEAST_BESIDE_WIPE if self._is_wiped else _LEAST_BESIDE_PAIR,
            mains[0].size_around(0),
            self._difference.size_around(0) if self._shows_difference else None,
        )
        if not self._photo.isHidden():
            width = self._photo_width(room.size(), wanted)
            self._photo.setGeometry(QRect(room.topLeft(), QSize(width, room.height())))
            room.setLeft(room.left() + width + _GAP)
        views = (*mains, self._difference) if self._shows_difference else mains
        for view, place in zip(views, _arranged(room, wanted), strict=True):
            view.setGeometry(place)

    def _photo_width(self, room: QSize, wanted: _Wanted) -> int:
        """Return the width that the photo gets: what the pictures leave, within limits."""
        across, _ = _largest(QSize(10 * room.width(), room.height()), wanted, in_rows=True)
        needed = wanted.mains * (across + wanted.around.width() + _GAP)
        share = min(room.width() - needed, round(_MOST_FOR_PHOTO * room.width()))
        return max(share, round(_LEAST_FOR_PHOTO * room.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(360, 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.lay_out()


class _Wanted(NamedTuple):
    """What is to be shown: so many equal main pictures, and a difference.

    ``around`` and ``around_difference`` (None without one) are the sizes that their widgets have
    beyond the picture; the side of the difference is at least ``least`` of that of a main one.
    """

    mains: int
    least: float
    around: QSize
    around_difference: QSize | None


def _largest(room: QSize, wanted: _Wanted, *, in_rows: bool) -> tuple[int, int]:
    """Return the sides of main pictures and difference, in one row or with the latter below."""
    count, least, around, other = wanted
    width = room.width() - count * around.width() - (count - 1) * _GAP
    height = room.height() - around.height()
    if other is None:
        return max(1, min(width // count, height)), 0
    if in_rows:
        height -= other.height() + _GAP
        beside = room.width() - other.width()
        side = min(width / count, height / (1 + least), beside / least)
        rest = min(height - side, beside)
    else:
        width -= other.width() + _GAP
        side = min(width / (count + least), height)
        rest = width - count * side
    return max(1, int(side)), max(1, int(min(side, rest)))


def _arranged(room: QRect, wanted: _Wanted) -> list[QRect]:
    """Return the places of the main widgets and of the difference, centred in the room."""
    row = _largest(room.size(), wanted, in_rows=False)
    rows = _largest(room.size(), wanted, in_rows=True)
    other = wanted.around_difference
    in_rows = other is not None and row[0] < _ROW_IS_BETTER * rows[0]
    side, small = rows if in_rows else row
    main = wanted.around + QSize(side, side)
    last = QSize() if other is None else other + QSize(small, small)
    lines = [[main] * wanted.mains]
    if other is not None:
        lines = [*lines, [last]] if in_rows else [[*lines[0], last]]
    height = sum(max(size.height() for size in line) for line in lines) + _GAP * (len(lines) - 1)
    top, places = room.top() + (room.height() - height) // 2, []
    for line in lines:
        width = sum(size.width() for size in line) + _GAP * (len(line) - 1)
        left, high = room.left() + (room.width() - width) // 2, max(s.height() for s in line)
        for size in line:
            places.append(
                QRect(left, top + (high - size.height()) // 2, size.width(), size.height())
            )
            left += size.width() + _GAP
        top += high + _GAP
    return places
