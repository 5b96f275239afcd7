"""A scrolled list of sliders, with widgets only for the rows in view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from cae_gui.explore.sliders.latent_slider import LatentSlider, SliderRow
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.painting import paint_empty_text

ROW_HEIGHT, STRIP_HEIGHT = 40, 80
"""Of a row, without and with a strip of pictures below its track, in px."""
_TRACK_Y = 28
"""Where the middle of the track lies in its row, from the upper edge, in px."""


class SliderArea(QAbstractScrollArea):
    """Shows rows, each with a slider.

    Row numbers are indexes into the rows of ``set_rows``; positions count the rows shown. A row
    that is dragged or has the focus keeps its widget while it is scrolled out of view. With
    ``locks`` each row has a lock. A row has faces at the ends of its track or, with
    ``show_strips``, a strip of ``PICTURES`` faces below it.

    Signals:
        edit_started(int): a drag, perhaps over several rows, or a keyboard step begins.
        edited(int, float): the row's new value, in its unit; the neutral one after a reset.
        edit_finished(int): the drag or the step has ended.
        lock_toggled(int, bool): the row was locked or unlocked.
        faces_wanted(list): these rows are in view, and their faces are missing or outdated.
    """

    edit_started = Signal(int)
    edited = Signal(int, float)
    edit_finished = Signal(int)
    lock_toggled = Signal(int, bool)
    faces_wanted = Signal(list)

    def __init__(self, parent: QWidget | None = None, *, locks: bool = True) -> None:
        super().__init__(parent)
        self._has_locks = locks
        self._has_strips = False
        self._rows: Sequence[SliderRow] = ()
        self._values: NDArray[np.float64] = np.zeros(0)
        self._shown: NDArray[np.int64] = np.arange(0)
        self._locked: frozenset[int] = frozenset()
        self._unmovable: frozenset[int] = frozenset()
        self._pool = _SliderPool(self._new_slider)
        self._stroke: _Stroke | None = None
        self._in_view: list[int] = []
        self._empty_text = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sliders")

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Replace all rows; cancels a drag.

        Each starts at its neutral value, without faces. Locked and unmovable rows stay so, by
        number, until ``set_locked`` and ``set_unmovable``.
        """
        self._stroke = None
        self._pool.release(list(self._pool.bound))
        self._rows = rows
        self._values = np.array([row.neutral for row in rows], np.float64)
        self._shown = np.arange(len(rows))
        self._in_view = []
        self.verticalScrollBar().setValue(0)
        self._refresh()

    def set_values(self, values: NDArray[Any]) -> None:
        """Show ``values`` (len(rows),), in the rows' units; a row being dragged keeps its own.

        Raises:
            ValueError: there isn't one value for each row.
        """
        if values.shape != (len(self._rows),):
            raise ValueError(f"{len(self._rows)} rows, but values of shape {values.shape}")
        self._values = values = np.array(values, np.float64)
        if not self.isVisible():
            return  # showEvent does it; hidden lists would take half of the time
        for row, slider in self._pool.bound.items():
            if slider.is_held():
                values[row] = slider.value()
            else:
                slider.set_value(float(values[row]))

    def set_faces(self, row: int, faces: Pixels) -> None:
        """Show what a row's slider makes of the face, uint8 (N, 48, 48, 3), if it is in view.

        N is 2 for both ends, or with strips ``PICTURES`` at even distances.
        """
        if row not in self._pool.bound:
            return
        if self._has_strips:
            self._pool.bound[row].strip.set_faces(faces)
        else:
            self._pool.bound[row].set_ends(*faces)

    @property
    def has_strips(self) -> bool:
        """Whether each row has a strip of pictures."""
        return self._has_strips

    def show_strips(self, shown: bool) -> None:
        """Show a strip of pictures in each row, or faces at the ends of its track."""
        if shown == self._has_strips:
            return
        first = self.verticalScrollBar().value() / self._row_height
        self._has_strips = shown
        for slider in self._pool.all():
            slider.show_strip(shown)
        self._refresh()
        self.verticalScrollBar().setValue(round(first * self._row_height))
        self._in_view = []
        self._place()

    @property
    def _row_height(self) -> int:
        return STRIP_HEIGHT if self._has_strips else ROW_HEIGHT

    def set_locked(self, rows: Collection[int]) -> None:
        """Show exactly these rows as locked."""
        self._locked = frozenset(rows)
        for row, slider in self._pool.bound.items():
            slider.set_locked(row in self._locked)

    def set_unmovable(self, rows: Collection[int]) -> None:
        """Disable exactly these rows, whose values the locks determine."""
        self._unmovable = frozenset(rows)
        for row, slider in self._pool.bound.items():
            slider.set_movable(row not in self._unmovable)

    def show_only(self, rows: NDArray[np.int64], empty_text: str) -> None:
        """Show only these rows, ascending, or the text if there are none."""
        self._shown, self._empty_text = rows, empty_text
        self.setAccessibleDescription("" if len(rows) else empty_text)
        self._refresh()

    def row(self, index: int) -> SliderRow:
        """Return the row of an index."""
        return self._rows[index]

    def rows_in_view(self) -> list[int]:
        """Return the rows in view, from top to bottom; none while this is hidden."""
        return list(self._in_view) if self.isVisible() else []

    def focus_first(self) -> None:
        """Give the first row the focus."""
        self._focus_from(0, forward=True)

    def _new_slider(self) -> LatentSlider:
        slider = LatentSlider(self.viewport(), lock=self._has_locks)
        slider.show_strip(self._has_strips)
        # Qt's tab order would be that of creation; see focusNextPrevChild.
        slider.set_tab_stop(False)
        slider.track.sliderPressed.connect(self._slider_pressed)
        slider.moved.connect(self._slider_moved)
        slider.track.sliderReleased.connect(self._slider_released)
        slider.reset_asked.connect(self._slider_reset)
        slider.lock_toggled.connect(self._slider_locked)
        return slider

    def _position(self, row: int) -> int | None:
        position = int(np.searchsorted(self._shown, row))
        found = position < len(self._shown) and self._shown[position] == row
        return position if found else None

    def _refresh(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(max(self._row_height, height - self._row_height))
        bar.setRange(0, max(0, len(self._shown) * self._row_height - height))
        self._place()
        self.viewport().update()

    def _place(self) -> None:
        """Bind the rows in view to widgets and set their geometry."""
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        in_view = self._shown[
            top // self._row_height : -(-(top + height) // self._row_height)
        ].tolist()
        bound = self._pool.bound
        self._pool.release([r for r in bound if r not in in_view and not self._pinned(r)])
        for row in in_view:
            if row not in bound:
                self._bind(row)
        for row, slider in bound.items():
            y = (self._position(row) or 0) * self._row_height - top
            slider.setGeometry(0, y, self.viewport().width(), self._row_height)
            slider.show()
        self._pool.hide_spare()
        self._tell_in_view(in_view)

    def _bind(self, row: int) -> None:
        slider = self._pool.take(row)
        slider.bind(self._rows[row], float(self._values[row]))
        slider.set_locked(row in self._locked)
        slider.set_movable(row not in self._unmovable)

    def _pinned(self, row: int) -> bool:
        slider = self._pool.bound[row]
        return (slider.is_held() or slider.hasFocus()) and self._position(row) is not None

    def _tell_in_view(self, in_view: list[int]) -> None:
        if in_view != self._in_view:
            self._in_view = in_view
            if self.isVisible():
                self.faces_wanted.emit(list(in_view))

    def _row_at(self, position: int) -> int | None:
        """Return the row at a position, or None."""
        row = int(self._shown[position]) if 0 <= position < len(self._shown) else None
        return row if row in self._in_view else None

    def _show_position(self, position: int) -> None:
        bar, y = self.verticalScrollBar(), position * self._row_height
        if y < bar.value():
            bar.setValue(y)
        elif y + self._row_height > bar.value() + self.viewport().height():
            bar.setValue(y + self._row_height - self.viewport().height())

    def _focus_from(self, position: int, *, forward: bool) -> bool:
        """Focus the first movable row from a position on; return whether there is one."""
        way = range(position, len(self._shown)) if forward else range(position, -1, -1)
        free = (p for p in way if int(self._shown[p]) not in self._unmovable)
        found = next(free, None)
        if found is None:
            return False
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        self._show_position(found)
        self._pool.bound[int(self._shown[found])].setFocus(reason)
        return True

    def _focus_outside(self, forward: bool) -> bool:
        """Move the focus to the widget after, or before, this list."""
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        step = QWidget.nextInFocusChain if forward else QWidget.previousInFocusChain
        widget = step(self)
        while widget is not None and widget is not self:
            takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            usable = widget.isVisible() and widget.isEnabled() and not self.isAncestorOf(widget)
            if takes_tab and usable:
                widget.setFocus(reason)
                return True
            widget = step(widget)
        return False

    def _in_list(self, point: QPointF) -> QPointF:
        """Return a point of the viewport in the coordinates of the whole list."""
        return point + QPointF(0, self.verticalScrollBar().value())

    def _draw(self, stroke: _Stroke, point: QPointF) -> None:
        """Set the rows that a stroke crosses on its way to a point of the viewport."""
        for position, x in stroke.go_on(self._in_list(point)):
            row = self._row_at(position)
            slider = None if row is None else self._pool.bound[row]
            if row is not None and slider is not None and slider.is_movable():
                slider.set_value(slider.value_at(x))
                self._values[row] = slider.value()
                self.edited.emit(row, slider.value())

    def _end_stroke(self) -> None:
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            self.edit_finished.emit(stroke.row)

    @Slot()
    def _slider_pressed(self) -> None:
        row = self._pool.row_of(self.sender())
        position = self._position(row)
        if position is not None and not self._pool.bound[row].is_held():
            self._show_position(position)
        self.edit_started.emit(row)

    @Slot(float)
    def _slider_moved(self, value: float) -> None:
        row = self._pool.row_of(self.sender())
        self._values[row] = value
        self.edited.emit(row, value)

    @Slot()
    def _slider_released(self) -> None:
        self.edit_finished.emit(self._pool.row_of(self.sender()))

    @Slot()
    def _slider_reset(self) -> None:
        row = self._pool.row_of(self.sender())
        self._values[row] = self._rows[row].neutral
        self.edited.emit(row, self._rows[row].neutral)

    @Slot(bool)
    def _slider_locked(self, locked: bool) -> None:
        row = self._pool.row_of(self.sender())
        self._locked = self._locked | {row} if locked else self._locked - {row}
        self.lock_toggled.emit(row, locked)

    def sizeHint(self) -> QSize:
        return QSize(320, 8 * ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(272, STRIP_HEIGHT)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.set_values(self._values)
        self.faces_wanted.emit(list(self._in_view))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._refresh()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not len(self._shown):
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._end_stroke()

    def focusNextPrevChild(self, next: bool) -> bool:
        row = self._pool.focused_row()
        position = None if row is None else self._position(row)
        if position is None:
            return super().focusNextPrevChild(next)
        step = 1 if next else -1
        return self._focus_from(position + step, forward=next) or self._focus_outside(next)

    def focusInEvent(self, event: QFocusEvent) -> None:
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        first = -(-top // self._row_height)
        last = min((top + height) // self._row_height, len(self._shown)) - 1
        backwards = event.reason() == Qt.FocusReason.BacktabFocusReason
        self._focus_from(last if backwards else first, forward=not backwards)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        position = int(self._in_list(event.position()).y() // self._row_height)
        row = self._row_at(position)
        if row is None or not control or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._stroke = _Stroke(row, self._row_height)
        self.edit_started.emit(row)
        self._draw(self._stroke, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._stroke is not None:
            self._draw(self._stroke, event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._end_stroke()


class _SliderPool:
    """Reuses slider widgets for the rows in view.

    ``bound`` are the sliders by row; the caller binds and shows the one that ``take`` returns.
    """

    def __init__(self, make: Callable[[], LatentSlider]) -> None:
        self._make = make
        self.bound: dict[int, LatentSlider] = {}
        self._spare: list[LatentSlider] = []

    def take(self, row: int) -> LatentSlider:
        """Assign a slider to a row, a spare one if possible, and return it."""
        self.bound[row] = self._spare.pop() if self._spare else self._make()
        return self.bound[row]

    def release(self, rows: Iterable[int]) -> None:
        """Release the sliders of these rows; ``hide_spare`` hides unused ones."""
        for slider in [self.bound.pop(row) for row in rows]:
            if slider.is_held():
                # Else the native slider would continue its drag for the next row it shows.
                slider.blockSignals(True)
                slider.hide()
                slider.deleteLater()
            else:
                self._spare.append(slider)

    def all(self) -> list[LatentSlider]:
        """Return all sliders, with a row or without one."""
        return [*self.bound.values(), *self._spare]

    def hide_spare(self) -> None:
        """Hide the sliders without a row."""
        for slider in self._spare:
            slider.hide()

    def row_of(self, sender: object) -> int:
        """Return the row of a bound slider, or of its track."""
        return next(row for row, bound in self.bound.items() if sender in (bound, bound.track))

    def focused_row(self) -> int | None:
        """Return the row with the focus, or None."""
        return next((row for row, slider in self.bound.items() if slider.hasFocus()), None)


class _Stroke:
    """A drag across rows with Ctrl, which sets each row that it crosses, also when fast.

    Points are in coordinates of the whole list; ``row`` is the row where it began, and all are of
    one height, in px.
    """

    def __init__(self, row: int, height: int) -> None:
        self.row, self._height = row, height
        self._last: QPointF | None = None

    def go_on(self, point: QPointF) -> list[tuple[int, float]]:
        """Return the positions crossed since the last point, with the x of each crossing, in px."""
        start, self._last = self._last or point, point
        first, last = self._position(start), self._position(point)
        step = 1 if last >= first else -1
        passed = [
            (position, self._crossing(start, point, position))
            for position in range(first + step, last, step)
        ]
        return [*passed, (last, point.x())]

    def _position(self, point: QPointF) -> int:
        return int(point.y() // self._height)

    def _crossing(self, start: QPointF, end: QPointF, position: int) -> float:
        track = position * self._height + _TRACK_Y
        return start.x() + (end.x() - start.x()) * (track - start.y()) / (end.y() - start.y())
