"""The legend of the map's colours: its classes, how many faces each has, and which stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFont,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from cae_gui.explore.map.map_dots import scale_table
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted

MOST_CLASSES = 5
_HEIGHT, _SWATCH, _PAD = 24, 12.0, 8.0
_ADDS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
_TIP = "Show only these faces; Shift adds to those that are shown"
_Role = QPalette.ColorRole


class Entry(NamedTuple):
    """A class of the legend: its text, its color in the scale (0 to 255), and its faces."""

    text: str
    shade: int
    faces: int


class Legend(QWidget):
    """A row for each class, the highest values at the top; a click or Space chooses one.

    Signals:
        chosen(int, bool): a class, and whether it is added (Shift or Ctrl).
    """

    chosen = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Made at once, so that Tab comes to them where they lie.
        self.rows = [LegendRow() for _ in range(MOST_CLASSES)][::-1]
        """The rows by class: the lowest values first, unlike on the screen."""
        for row in self.rows:
            row.clicked.connect(self._on_clicked)
        filled(QVBoxLayout(self), *self.rows[::-1], spacing=0)

    def show_entries(self, entries: Sequence[Entry], chosen: frozenset[int]) -> None:
        """Show the classes, the lowest values first, and which of them stand out; none hides it."""
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(entries))
            if number < len(entries):
                is_chosen = number in chosen
                row.show_entry(entries[number], is_chosen, pale=bool(chosen) and not is_chosen)
        self.setVisible(bool(entries))

    @Slot()
    def _on_clicked(self) -> None:
        row = self.sender()
        assert isinstance(row, LegendRow)
        adds = bool(QGuiApplication.keyboardModifiers() & _ADDS)
        self.chosen.emit(self.rows.index(row), adds)


class LegendRow(QAbstractButton):
    """A colour, what it stands for, and the number of faces; painted in one, as rows are many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = Entry("", 0, 0)
        self._is_pale = self._is_under_mouse = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(_TIP)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)

    def show_entry(self, entry: Entry, chosen: bool, *, pale: bool) -> None:
        """Show a class; ``pale`` while others are chosen."""
        self._entry, self._is_pale = entry, pale
        self.setChecked(chosen)
        self.setAccessibleName(f"{entry.text}: {counted(entry.faces, 'face')}")
        self.update()

    def nextCheckState(self) -> None:
        """Leave it to the owner, who hears of the click."""

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        texts = sum(metrics.horizontalAdvance(text) for text in (self._entry.text, self._number()))
        return QSize(round(texts + _SWATCH + 4 * _PAD), max(_HEIGHT, metrics.height() + 6))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        is_lit = self.isChecked() or self._is_under_mouse
        painter.setBrush(palette.color(_Role.Midlight) if is_lit else Qt.BrushStyle.NoBrush)
        ring = QPen(palette.color(_Role.Highlight), 1.5)
        painter.setPen(ring if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(ground, 4, 4)
        color = QColor(*scale_table(palette)[self._entry.shade].tolist())
        color.setAlphaF(0.35 if self._is_pale else 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(
            QPointF(_PAD + _SWATCH / 2, self.height() / 2), _SWATCH / 2, _SWATCH / 2
        )
        painter.setPen(palette.color(_Role.PlaceholderText if self._is_pale else _Role.WindowText))
        middle = Qt.AlignmentFlag.AlignVCenter
        texts = ground.adjusted(_SWATCH + 2 * _PAD, 0, -_PAD, 0)
        painter.drawText(texts, int(middle | Qt.AlignmentFlag.AlignLeft), self._entry.text)
        painter.drawText(texts, int(middle | Qt.AlignmentFlag.AlignRight), self._number())
        painter.end()

    def _number(self) -> str:
        return f"{self._entry.faces:,}"

    def enterEvent(self, event: QEnterEvent) -> None:
        self._is_under_mouse = True
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._is_under_mouse = False
        super().leaveEvent(event)
