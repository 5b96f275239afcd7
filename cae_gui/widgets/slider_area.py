"""A scrolled list of sliders that has widgets only for the rows in view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from cae_gui.painting import paint_empty_text
from cae_gui.widgets.latent_slider import LatentSlider, SliderRow

ROW_HEIGHT = 32


class SliderArea(QAbstractScrollArea):
    """Rows are indexes into what `set_rows` was given; positions count the rows shown.

    A row that is held or has the focus keeps its widget while it is scrolled out of view.

    Signals:
        edit_started(int), edited(int, float), edit_finished(int), reset_asked(int): see
        LatentSliders.
    """

    edit_started = Signal(int)
    edited = Signal(int, float)
    edit_finished = Signal(int)
    reset_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[SliderRow] = ()
        self._values: NDArray[np.float64] = np.zeros(0)
        self._shown: NDArray[np.int64] = np.arange(0)
        self._bound: dict[int, LatentSlider] = {}
        self._spare: list[LatentSlider] = []
        self._name_width = 0
        self._empty_text = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT)
        self.setAccessibleName("Sliders")

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Replace all rows; each starts at its neutral value."""
        self._release(list(self._bound))
        self._rows = rows
        self._values = np.array([row.neutral for row in rows], np.float64)
        self._shown = np.arange(len(rows))
        width_of = self.fontMetrics().horizontalAdvance
        self._name_width = max((width_of(row.name) for row in rows), default=0)
        self.verticalScrollBar().setValue(0)
        self._refresh()

    def set_values(self, values: NDArray[np.float64]) -> None:
        """Show (len(rows),) `values`; a row in the user's hand keeps its own."""
        self._values = values
        if not self.isVisible():
            return  # shown by showEvent; the other tab's rows would take half of the time
        for row, slider in self._bound.items():
            if slider.is_held():
                values[row] = slider.value()
            else:
                slider.set_value(float(values[row]))

    def show_only(self, rows: NDArray[np.int64], empty_text: str) -> None:
        """Show these rows, ascending, or the text where there are none."""
        self._shown, self._empty_text = rows, empty_text
        self.setAccessibleDescription("" if len(rows) else empty_text)
        self._refresh()

    def focus_first(self) -> None:
        """Give the first row the focus."""
        self._focus_position(0, Qt.FocusReason.TabFocusReason)

    def _position(self, row: int) -> int | None:
        position = int(np.searchsorted(self._shown, row))
        found = position < len(self._shown) and self._shown[position] == row
        return position if found else None

    def _row_of(self, slider: object) -> int:
        return next(row for row, bound in self._bound.items() if bound is slider)

    def _focused(self) -> int | None:
        """The position of the row with the focus."""
        for row, slider in self._bound.items():
            if slider.hasFocus():
                return self._position(row)
        return None

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
        self._release([r for r in self._bound if r not in in_view and not self._pinned(r)])
        for row in in_view:
            if row not in self._bound:
                self._bound[row] = self._spare.pop() if self._spare else self._new_slider()
                self._bound[row].bind(self._rows[row], float(self._values[row]))
                self._bound[row].set_name_width(self._name_width)
        for row, slider in self._bound.items():
            y = (self._position(row) or 0) * ROW_HEIGHT - top
            slider.setGeometry(0, y, self.viewport().width(), ROW_HEIGHT)
            slider.show()
        for slider in self._spare:
            slider.hide()

    def _pinned(self, row: int) -> bool:
        slider = self._bound[row]
        return (slider.is_held() or slider.hasFocus()) and self._position(row) is not None

    def _release(self, rows: list[int]) -> None:
        for slider in [self._bound.pop(row) for row in rows]:
            if slider.is_held():
                # The native slider would go on with its drag for whatever row it showed next.
                slider.blockSignals(True)
                slider.hide()
                slider.deleteLater()
            else:
                self._spare.append(slider)

    def _new_slider(self) -> LatentSlider:
        slider = LatentSlider(self.viewport())
        # Out of Qt's tab order, which would be that of creation; see focusNextPrevChild.
        slider.set_tab_stop(False)
        slider.pressed.connect(self._slider_pressed)
        slider.moved.connect(self._slider_moved)
        slider.released.connect(self._slider_released)
        slider.reset_asked.connect(self._slider_reset)
        return slider

    def _show_position(self, position: int) -> None:
        bar, y = self.verticalScrollBar(), position * ROW_HEIGHT
        if y < bar.value():
            bar.setValue(y)
        elif y + ROW_HEIGHT > bar.value() + self.viewport().height():
            bar.setValue(y + ROW_HEIGHT - self.viewport().height())

    def _focus_position(self, position: int, reason: Qt.FocusReason) -> None:
        if 0 <= position < len(self._shown):
            self._show_position(position)
            self._bound[int(self._shown[position])].setFocus(reason)

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

    @Slot()
    def _slider_pressed(self) -> None:
        row = self._row_of(self.sender())
        position = self._position(row)
        if position is not None and not self._bound[row].is_held():
            self._show_position(position)
        self.edit_started.emit(row)

    @Slot(float)
    def _slider_moved(self, value: float) -> None:
        row = self._row_of(self.sender())
        self._values[row] = value
        self.edited.emit(row, value)

    @Slot()
    def _slider_released(self) -> None:
        self.edit_finished.emit(self._row_of(self.sender()))

    @Slot()
    def _slider_reset(self) -> None:
        row = self._row_of(self.sender())
        self._values[row] = self._rows[row].neutral
        self.reset_asked.emit(row)

    def sizeHint(self) -> QSize:
        return QSize(320, 8 * ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 2 * ROW_HEIGHT)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.set_values(self._values)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._refresh()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self._place()

    def focusNextPrevChild(self, next: bool) -> bool:
        position = self._focused()
        if position is None:
            return super().focusNextPrevChild(next)
        position += 1 if next else -1
        if not 0 <= position < len(self._shown):
            return self._focus_outside(next)
        tab, backtab = Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason
        self._focus_position(position, tab if next else backtab)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        first = -(-top // ROW_HEIGHT)
        last = min((top + height) // ROW_HEIGHT, len(self._shown)) - 1
        backwards = event.reason() == Qt.FocusReason.BacktabFocusReason
        self._focus_position(last if backwards else first, event.reason())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not len(self._shown):
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()
