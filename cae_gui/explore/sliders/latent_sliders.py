"""Hundreds of sliders of the latent, the first few of them at first, with a search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cae_gui.explore.sliders.latent_slider import SliderRow
from cae_gui.explore.sliders.scope_switch import ScopeSwitch
from cae_gui.explore.sliders.slider_area import SliderArea
from cae_gui.widgets.images import Pixels

TOP = 12
"""Rows shown at first; a longer list has a switch that shows all."""


class LatentSliders(QWidget):
    """A searchable list of sliders; a row is an index into what `set_rows` was given.

    The first ``TOP`` rows are shown until the user asks for all; a search looks through all.
    ``locks`` gives each row a lock.

    Signals:
        edit_started(int): a drag, perhaps over several rows, or a keyboard step begins.
        edited(int, float): the row has this value now, in its unit.
        edit_finished(int): the drag or the step is over.
        reset_asked(int): the row was reset and shows its neutral value.
        lock_toggled(int, bool): the row was locked or unlocked.
        ends_wanted(list): these rows are in view now and have no faces at their ends, or old ones.
    """

    edit_started = Signal(int)
    edited = Signal(int, float)
    edit_finished = Signal(int)
    reset_asked = Signal(int)
    lock_toggled = Signal(int, bool)
    ends_wanted = Signal(list)

    def __init__(self, parent: QWidget | None = None, *, locks: bool = True) -> None:
        super().__init__(parent)
        self._rows: list[SliderRow] = []
        self._disabled_text: str | None = None
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search sliders")
        self._search.setAccessibleName("Search sliders by name")
        self._search.setClearButtonEnabled(True)
        self._search.setAcceptDrops(False)  # a dropped picture is for the window
        self._scope = ScopeSwitch(TOP)
        self._area = SliderArea(locks=locks)
        self._arrange()
        self._connect()
        self._filter()

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Replace all rows, the most important first; a drag is dropped.

        Each starts at its neutral value, without faces at its ends; ``set_locked`` and
        ``set_unmovable`` are to follow where another row has that number now.
        """
        self._rows = list(rows)
        self._scope.set_count(len(self._rows))
        self._area.set_rows(self._rows)
        self._filter()

    def set_values(self, values: NDArray[Any]) -> None:
        """Show (len(rows),) `values`, in the rows' units; the row in the user's hand keeps its own.

        Raises:
            ValueError: not one value a row.
        """
        if values.shape != (len(self._rows),):
            raise ValueError(f"{len(self._rows)} rows, but values of shape {values.shape}")
        self._area.set_values(np.array(values, np.float64))

    def set_ends(self, row: int, low: Pixels, high: Pixels) -> None:
        """Show the faces uint8 (48, 48, 3) at both ends of a row, where it is in view."""
        self._area.set_ends(row, low, high)

    def set_locked(self, rows: Collection[int]) -> None:
        """Show these rows as locked, and no others."""
        self._area.set_locked(rows)

    def set_unmovable(self, rows: Collection[int]) -> None:
        """Disable these rows, and no others: the locks leave them no room."""
        self._area.set_unmovable(rows)

    def row(self, index: int) -> SliderRow:
        """Return what a row changes."""
        return self._rows[index]

    def rows_in_view(self) -> list[int]:
        """Return the rows that can be seen, from top to bottom; none while this is hidden."""
        return self._area.rows_in_view()

    def set_enabled_text(self, text: str | None) -> None:
        """Show this text instead of the sliders (what is missing), or the sliders again."""
        self._disabled_text = text
        self._filter()

    def focus_search(self) -> None:
        """Put the cursor into the search field, its text selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self._search)
        column.addWidget(self._scope)
        column.addWidget(self._area, 1)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._filter)
        self._scope.changed.connect(self._filter)
        self._search.returnPressed.connect(self._area.focus_first)
        self._area.edit_started.connect(self.edit_started)
        self._area.edited.connect(self.edited)
        self._area.edit_finished.connect(self.edit_finished)
        self._area.reset_asked.connect(self.reset_asked)
        self._area.lock_toggled.connect(self.lock_toggled)
        self._area.ends_wanted.connect(self.ends_wanted)

    @Slot()
    def _filter(self) -> None:
        offered, words = self._disabled_text is None, self._search.text().casefold().split()
        self._search.setEnabled(offered and bool(self._rows))
        self._scope.setVisible(offered and len(self._rows) > TOP)
        self._scope.setEnabled(not words)
        if self._disabled_text is not None:
            self._area.show_only(np.arange(0), self._disabled_text)
        else:
            text = f"No slider is named “{self._search.text().strip()}”." if self._rows else ""
            self._area.show_only(self._found(words), text)

    def _found(self, words: list[str]) -> NDArray[np.int64]:
        """The rows with all of these words, or without any the first few or all."""
        if not words and not self._scope.shows_all():
            return np.arange(min(TOP, len(self._rows)))
        names = enumerate(f" {row.name}".casefold() for row in self._rows)
        # A word is found where it begins one, so that "49" isn't also 149 and 249.
        found = [row for row, name in names if all(f" {word}" in name for word in words)]
        return np.array(found, np.int64)
