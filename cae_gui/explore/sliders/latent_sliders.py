"""A list of hundreds of sliders, with a search and a switch between the first and all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.slider_area import SliderArea
from cae_gui.widgets.fields import SearchField
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.tokens import CONTROL

TOP = 8
"""Number of rows shown at first; a longer list has a switch that shows all."""
_ICON = QSize(20, 20)


class LatentSliders(QWidget):
    """A searchable list of sliders, which are in ``area``.

    The first ``TOP`` rows are shown until the user chooses all; a search covers all rows. With
    ``locks`` each row has a lock. ``strips`` is a switch for the list's strips of pictures, which
    gets a button; without it there is none.
    """

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        locks: bool = True,
        strips: QAction | None = None,
    ) -> None:
        super().__init__(parent)
        self._rows: list[SliderRow] = []
        self._disabled_text: str | None = None
        self._search = SearchField("Search sliders", "Search sliders by name")
        self._scope = _ScopeSwitch(TOP)
        self.area = SliderArea(locks=locks)
        line = filled(QHBoxLayout(), self._search, self._scope, spacing=4, room=self._search)
        if strips is not None:
            switch = QToolButton(autoRaise=True)
            switch.setDefaultAction(strips)
            switch.setIconSize(_ICON)
            switch.setMinimumHeight(CONTROL)
            switch.setAccessibleName(strips.text())
            line.addWidget(switch)
            strips.toggled.connect(self.area.show_strips)
        column, margins = QVBoxLayout(self), (16, 8, 8, 8)
        filled(column, line, self.area, margins=margins, room=self.area)
        self._search.textChanged.connect(self._filter)
        self._search.returnPressed.connect(self.area.focus_first)
        self._scope.changed.connect(self._filter)
        self._filter()

    def set_rows(self, rows: Sequence[SliderRow], why_none: str | None = None) -> None:
        """Replace all rows, the most important first, as ``SliderArea.set_rows`` does.

        With ``why_none`` that text is shown instead.
        """
        self._rows, self._disabled_text = list(rows), why_none
        self._scope.set_count(len(self._rows))
        self.area.set_rows(self._rows)
        self._filter()

    @Slot()
    def _filter(self) -> None:
        offered, words = self._disabled_text is None, self._search.text().casefold().split()
        self._search.setEnabled(offered and bool(self._rows))
        self._scope.setVisible(offered and len(self._rows) > TOP)
        self._scope.setEnabled(not words)
        if self._disabled_text is not None:
            self.area.show_only(np.arange(0), self._disabled_text)
        else:
            text = f"No slider is named “{self._search.text().strip()}”." if self._rows else ""
            self.area.show_only(self._found(words), text)

    def _found(self, words: list[str]) -> NDArray[np.int64]:
        """Return the rows whose names have all words; without words the first ``TOP``, or all."""
        if not words and not self._scope.shows_all():
            return np.arange(min(TOP, len(self._rows)))
        names = enumerate(f" {row.name}".casefold() for row in self._rows)
        # Words match at their beginning, so that "49" doesn't find 149.
        found = [row for row, name in names if all(f" {word}" in name for word in words)]
        return np.array(found, np.int64)


class _ScopeSwitch(QWidget):
    """Two exclusive buttons: “Top 12” and “All 500”.

    Signals:
        changed(): the other one was pressed.
    """

    changed = Signal()

    def __init__(self, few: int) -> None:
        super().__init__()
        self._few = self._button(f"Top {few}", "Show those that come first")
        self._all = self._button("All", "Show all of them")
        self._few.setChecked(True)
        group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        for button in (self._few, self._all):
            group.addButton(button)
            line.addWidget(button)
        group.buttonClicked.connect(self._on_clicked)
        self._choose_tab_stop()

    def shows_all(self) -> bool:
        """Return whether “All” is pressed."""
        return self._all.isChecked()

    def set_count(self, count: int) -> None:
        """Set the number of all rows."""
        self._all.setText(f"All {count:,}")

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        return button

    def _choose_tab_stop(self) -> None:
        # Tab goes to the pressed one and arrow keys to the other, as in a radio group.
        for button in (self._few, self._all):
            policy = Qt.FocusPolicy.TabFocus if button.isChecked() else Qt.FocusPolicy.NoFocus
            button.setFocusPolicy(policy)

    @Slot()
    def _on_clicked(self) -> None:
        self._choose_tab_stop()
        self.changed.emit()
