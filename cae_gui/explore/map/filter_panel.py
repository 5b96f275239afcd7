"""The conditions on the map's page: what a face must have more or less of to stand out."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cae_gui.explore.map.filters import MOST_CONDITIONS, Filters, condition_on
from cae_gui.explore.tools import Tool
from cae_gui.widgets.controls import Label, button
from cae_gui.widgets.fields import ComboBox, Slider
from cae_gui.widgets.layouts import filled
from model.latents.face_values import TYPICALITY, Condition

ADD = "Ctrl+Shift+F"
"""The shortcut that adds a condition: no letter of its name is free for a mnemonic."""
_SIGMAS = 30
"""Each end of a slider over sigma, in tenths."""


class ConditionRow(QWidget):
    """One condition: a name, above or below, a slider over its value, and a button that removes it.

    Signals:
        changed(Condition): another condition was chosen.
        removed(): the condition shall go.
    """

    changed = Signal(object)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._condition = Condition("", True, 0.0)
        self.name, self.side = ComboBox(), ComboBox()
        self.side.addItems(("above", "below"))
        self.value = Slider(Qt.Orientation.Horizontal)
        self.text = Label()
        self.remove = Tool("close", "Remove the condition", "Remove this condition")
        self._label()
        first = filled(QHBoxLayout(), self.name, self.side, self.remove, room=self.name)
        second = filled(QHBoxLayout(), self.value, self.text, room=self.value)
        filled(QVBoxLayout(self), first, second, spacing=4)
        self.name.activated.connect(self._on_name)
        self.side.activated.connect(self._on_side)
        self.value.valueChanged.connect(self._on_value)
        self.remove.clicked.connect(self.removed)

    def _label(self) -> None:
        self.name.setToolTip("What the face must have")
        self.name.setAccessibleName("Attribute")
        self.name.setMaxVisibleItems(16)
        self.name.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.name.setMinimumContentsLength(8)
        self.side.setToolTip("More of it, or less")
        self.side.setAccessibleName("Above or below")
        self.value.setToolTip("Than how much: σ from the mean face, or the typicality")
        self.value.setAccessibleName("Value of the condition")
        self.text.set_tabular()
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.text.setMinimumWidth(self.fontMetrics().horizontalAdvance("+0.0 σ "))

    def show_condition(self, condition: Condition, names: tuple[str, ...]) -> None:
        """Show a condition on one of these names."""
        self._condition = condition
        if names != tuple(self.name.itemText(row) for row in range(self.name.count())):
            self.name.clear()
            self.name.addItems(names)
        self.name.setCurrentText(condition.name)
        self.side.setCurrentIndex(0 if condition.above else 1)
        of_typicality = condition.name == TYPICALITY
        with QSignalBlocker(self.value):
            self.value.setRange(*((0, 100) if of_typicality else (-_SIGMAS, _SIGMAS)))
            self.value.setPageStep(10 if of_typicality else 5)
            self.value.setValue(round(condition.value * (100 if of_typicality else 10)))
        text = value_text(condition)
        self.text.setText(text)
        self.value.setAccessibleDescription(text)

    @Slot(int)
    def _on_name(self, index: int) -> None:
        name = self.name.itemText(index)
        above, is_same_unit = self._condition.above, TYPICALITY not in (name, self._condition.name)
        value = self._condition.value if is_same_unit else condition_on(name).value
        self.changed.emit(Condition(name, above, value))

    @Slot(int)
    def _on_side(self, index: int) -> None:
        self.changed.emit(replace(self._condition, above=index == 0))

    @Slot(int)
    def _on_value(self, value: int) -> None:
        steps = 100 if self._condition.name == TYPICALITY else 10
        self.changed.emit(replace(self._condition, value=value / steps))


class FilterPanel(QWidget):
    """All conditions below each other, how many faces match, and buttons to add and to clear."""

    def __init__(self, filters: Filters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = filters
        self.rows: list[ConditionRow] = []
        self.told = Label(wordWrap=True)
        self.told.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        tip = f"Let only those faces stand out that have more, or less, of something ({ADD})"
        self.add = button("Add condition", filters.add, tip)
        self.add.setShortcut(ADD)
        self.clear = button("Clear", filters.clear, "Let all faces stand out again")
        self._column = filled(QVBoxLayout())
        buttons = filled(QHBoxLayout(), self.add, self.clear)
        buttons.addStretch(1)
        filled(QVBoxLayout(self), self._column, buttons, self.told)
        filters.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the conditions and how many faces match."""
        filters, values = self._filters, self._filters.values
        names = values.names if values is not None else ()
        while len(self.rows) > len(filters.conditions):
            row = self.rows.pop()
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(filters.conditions):
            self.rows.append(self._new_row())
            self._column.addWidget(self.rows[-1])
            # A new widget is the last that Tab comes to, but the buttons lie below it.
            self.setTabOrder(self.rows[-1].remove, self.add)
            self.setTabOrder(self.add, self.clear)
        for row, condition in zip(self.rows, filters.conditions, strict=True):
            row.show_condition(condition, names)
        self.add.setEnabled(values is not None and len(self.rows) < MOST_CONDITIONS)
        self.clear.setEnabled(filters.is_filtering)

    def tell(self, text: str) -> None:
        """Tell how many faces match; "" where nothing filters."""
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def _new_row(self) -> ConditionRow:
        row = ConditionRow()
        row.changed.connect(self._on_changed)
        row.removed.connect(self._on_removed)
        return row

    def _index_of_sender(self) -> int:
        row = self.sender()
        assert isinstance(row, ConditionRow)
        return self.rows.index(row)

    @Slot(object)
    def _on_changed(self, condition: Condition) -> None:
        self._filters.replace(self._index_of_sender(), condition)

    @Slot()
    def _on_removed(self) -> None:
        self._filters.remove(self._index_of_sender())


def value_text(condition: Condition) -> str:
    """Return the value of a condition with its unit: “+0.5 σ”, “20 %”."""
    if condition.name == TYPICALITY:
        return f"{round(100 * condition.value)} %"
    return f"{condition.value:+.1f} σ".replace("-", "−")
