"""A scrolled list of sliders in the user's hand: edits, drags across rows, locks, focus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QHideEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from cae_gui.explore.sliders.latent_slider import LatentSlider, SliderRow
from cae_gui.explore.sliders.slider_rows import ROW_HEIGHT, SliderRows
from cae_gui.explore.sliders.slider_stroke import SliderStroke


class SliderArea(SliderRows):
    """Tells what the user does to the rows; SliderRows shows them.

    Signals:
        edit_started(int), edited(int, float), edit_finished(int), reset_asked(int),
        lock_toggled(int, bool): see LatentSliders.
    """

    edit_started = Signal(int)
    edited = Signal(int, float)
    edit_finished = Signal(int)
    reset_asked = Signal(int)
    lock_toggled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None, *, locks: bool = True) -> None:
        super().__init__(parent, locks=locks)
        self._stroke: SliderStroke | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sliders")

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Replace all rows, as SliderRows does; a drag is dropped."""
        self._stroke = None
        super().set_rows(rows)

    def focus_first(self) -> None:
        """Give the first row the focus."""
        self._focus_from(0, forward=True)

    def _new_slider(self) -> LatentSlider:
        slider = super()._new_slider()
        # Out of Qt's tab order, which would be that of creation; see focusNextPrevChild.
        slider.set_tab_stop(False)
        slider.pressed.connect(self._slider_pressed)
        slider.moved.connect(self._slider_moved)
        slider.released.connect(self._slider_released)
        slider.reset_asked.connect(self._slider_reset)
        slider.lock_toggled.connect(self._slider_locked)
        return slider

    def _focus_from(self, position: int, *, forward: bool) -> bool:
        """Focus the first row from this position on that can be moved; return whether one can."""
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
        """Move the focus past all rows."""
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
        """Return where a point of the viewport lies in the whole list."""
        return point + QPointF(0, self.verticalScrollBar().value())

    def _draw(self, stroke: SliderStroke, point: QPointF) -> None:
        """Set all rows that the stroke crosses on its way to a point of the viewport."""
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
        self.reset_asked.emit(row)

    @Slot(bool)
    def _slider_locked(self, locked: bool) -> None:
        row = self._pool.row_of(self.sender())
        self._locked = self._locked | {row} if locked else self._locked - {row}
        self.lock_toggled.emit(row, locked)

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
        first = -(-top // ROW_HEIGHT)
        last = min((top + height) // ROW_HEIGHT, len(self._shown)) - 1
        backwards = event.reason() == Qt.FocusReason.BacktabFocusReason
        self._focus_from(last if backwards else first, forward=not backwards)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        position = int(self._in_list(event.position()).y() // ROW_HEIGHT)
        row = self._row_at(position)
        if row is None or not control or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._stroke = SliderStroke(row, ROW_HEIGHT)
        self.edit_started.emit(row)
        self._draw(self._stroke, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._stroke is not None:
            self._draw(self._stroke, event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._end_stroke()
