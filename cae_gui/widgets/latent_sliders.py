"""Hundreds of sliders of the latent, with a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cae_gui.widgets.latent_slider import SliderRow
from cae_gui.widgets.slider_area import SliderArea


class LatentSliders(QWidget):
    """A searchable list of sliders; a row is an index into what `set_rows` was given.

    Signals:
        edit_started(int): a drag or a keyboard step begins.
        edited(int, float): the row has this value now, in its unit.
        edit_finished(int): the drag or the step is over.
        reset_asked(int): the row was reset and shows its neutral value.
    """

    edit_started = Signal(int)
    edited = Signal(int, float)
    edit_finished = Signal(int)
    reset_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[SliderRow] = []
        self._values: NDArray[np.float64] = np.zeros(0)
        self._disabled_text: str | None = None
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search sliders")
        self._search.setAccessibleName("Search sliders by name")
        self._search.setClearButtonEnabled(True)
        self._search.setAcceptDrops(False)  # a dropped picture is for the window
        self._area = SliderArea()
        self._arrange()
        self._connect()
        self._filter()

    def set_rows(self, rows: Sequence[SliderRow]) -> None:
        """Replace all rows; each starts at its neutral value, and a drag is dropped."""
        self._rows = list(rows)
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
        column.addWidget(self._area, 1)
        self.setTabOrder(self._search, self._area)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._filter)
        self._search.returnPressed.connect(self._area.focus_first)
        self._area.edit_started.connect(self.edit_started)
        self._area.edited.connect(self.edited)
        self._area.edit_finished.connect(self.edit_finished)
        self._area.reset_asked.connect(self.reset_asked)

    @Slot()
    def _filter(self) -> None:
        self._search.setEnabled(self._disabled_text is None and bool(self._rows))
        if self._disabled_text is not None:
            self._area.show_only(np.arange(0), self._disabled_text)
            return
        words = self._search.text().casefold().split()
        names = enumerate(f" {row.name}".casefold() for row in self._rows)
        # A word is found where it begins one, so that "49" isn't also 149 and 249.
        rows = [row for row, name in names if all(f" {word}" in name for word in words)]
        text = f"No slider is named “{self._search.text().strip()}”." if self._rows else ""
        self._area.show_only(np.array(rows, np.int64), text)
