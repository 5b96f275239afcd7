"""The rows of a list of sliders as they are shown, with widgets only for those in view."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from cae_gui.explore.sliders.latent_slider import LatentSlider, SliderRow
from cae_gui.explore.sliders.slider_pool import SliderPool
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.painting import paint_empty_text

ROW_HEIGHT = 40


class SliderRows(QAbstractScrollArea):
    """Rows are indexes into what `set_rows` was given; positions count the rows shown.

    A row that is held or has the focus keeps its widget while it is scrolled out of view.

    Signals:
        ends_wanted(list): the rows in view are others, or are seen again.
    """

    ends_wanted = Signal(list)

    def __init__(self, parent: QWidget | None = None, *, locks: bool = True) -> None:
        super().__init__(parent)
        self._has_locks = locks
        self._rows: Sequence[SliderRow] = ()
        self._values: NDArray[np.float64] = np.zeros(0)
        self._shown: NDArray[np.int64] = np.arange(0)
        self._locked: frozenset[int] = frozenset()
        self._unmovable: frozenset[int] = frozenset()
        self._pool = SliderPool(self._new_slider)
        self._in_view: list[int] = []
        self._titles: list[str] = []
        self._name_width = 0
        self._empty_text = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT)

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Replace all rows; each starts at its neutral value, without faces at its ends.

        Which are locked and which can't be moved stays, by number, until somebody says otherwise.
        """
        self._pool.release(list(self._pool.bound))
        self._rows = rows
        self._values = np.array([row.neutral for row in rows], np.float64)
        self._shown = np.arange(len(rows))
        self._in_view = []
        titles = [row.title for row in rows]
        if titles != self._titles:  # measuring five hundred takes 3 ms, and they seldom change
            self._titles = titles
            self._name_width = max(map(self.fontMetrics().horizontalAdvance, titles), default=0)
        self.verticalScrollBar().setValue(0)
        self._refresh()

    def set_values(self, values: NDArray[np.float64]) -> None:
        """Show (len(rows),) `values`; a row in the user's hand keeps its own."""
        self._values = values
        if not self.isVisible():
            return  # shown by showEvent; the other tab's rows would take half of the time
        for row, slider in self._pool.bound.items():
            if slider.is_held():
                values[row] = slider.value()
            else:
                slider.set_value(float(values[row]))

    def set_ends(self, row: int, low: Pixels, high: Pixels) -> None:
        """Show the faces at both ends of a row, where it is in view."""
        if row in self._pool.bound:
            self._pool.bound[row].set_ends(low, high)

    def set_locked(self, rows: Collection[int]) -> None:
        """Show these rows as locked, and no others."""
        self._locked = frozenset(rows)
        for row, slider in self._pool.bound.items():
            slider.set_locked(row in self._locked)

    def set_unmovable(self, rows: Collection[int]) -> None:
        """Disable these rows, and no others: the locks leave them no room."""
        self._unmovable = frozenset(rows)
        for row, slider in self._pool.bound.items():
            slider.set_movable(row not in self._unmovable)

    def show_only(self, rows: NDArray[np.int64], empty_text: str) -> None:
        """Show these rows, ascending, or the text where there are none."""
        self._shown, self._empty_text = rows, empty_text
        self.setAccessibleDescription("" if len(rows) else empty_text)
        self._refresh()

    def rows_in_view(self) -> list[int]:
        """Return the rows that can be seen, from top to bottom; none while this is hidden."""
        return list(self._in_view) if self.isVisible() else []

    def _new_slider(self) -> LatentSlider:
        return LatentSlider(self.viewport(), lock=self._has_locks)

    def _position(self, row: int) -> int | None:
        position = int(np.searchsorted(self._shown, row))
        found = position < len(self._shown) and self._shown[position] == row
        return position if found else None

    def _refresh(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(max(ROW_HEIGHT, height - ROW_HEIGHT))
        bar.setRange(0, max(0, len(self._shown) * ROW_HEIGHT - height))
        self._place()
        self.viewport().update()

    def _place(self) -> None:
        """Bind the rows in view to widgets and move those to where they belong."""
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        in_view = self._shown[top // ROW_HEIGHT : -(-(top + height) // ROW_HEIGHT)].tolist()
        bound = self._pool.bound
        self._pool.release([r for r in bound if r not in in_view and not self._pinned(r)])
        for row in in_view:
            if row not in bound:
                self._bind(row)
        for row, slider in bound.items():
            y = (self._position(row) or 0) * ROW_HEIGHT - top
            slider.setGeometry(0, y, self.viewport().width(), ROW_HEIGHT)
            slider.show()
        self._pool.hide_spare()
        self._tell_in_view(in_view)

    def _bind(self, row: int) -> None:
        slider = self._pool.take(row)
        slider.bind(self._rows[row], float(self._values[row]))
        slider.set_name_width(self._name_width)
        slider.set_locked(row in self._locked)
        slider.set_movable(row not in self._unmovable)

    def _pinned(self, row: int) -> bool:
        slider = self._pool.bound[row]
        return (slider.is_held() or slider.hasFocus()) and self._position(row) is not None

    def _tell_in_view(self, in_view: list[int]) -> None:
        if in_view != self._in_view:
            self._in_view = in_view
            if self.isVisible():
                self.ends_wanted.emit(list(in_view))

    def _row_at(self, position: int) -> int | None:
        """The row in view at a position."""
        row = int(self._shown[position]) if 0 <= position < len(self._shown) else None
        return row if row in self._in_view else None

    def _show_position(self, position: int) -> None:
        bar, y = self.verticalScrollBar(), position * ROW_HEIGHT
        if y < bar.value():
            bar.setValue(y)
        elif y + ROW_HEIGHT > bar.value() + self.viewport().height():
            bar.setValue(y + ROW_HEIGHT - self.viewport().height())

    def sizeHint(self) -> QSize:
        return QSize(320, 8 * ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(272, 2 * ROW_HEIGHT)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.set_values(self._values)
        self.ends_wanted.emit(list(self._in_view))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._refresh()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not len(self._shown):
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()
