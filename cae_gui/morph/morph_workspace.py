"""Morph: from face to face along a path, and what else can be made of several faces."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from cae_gui.morph.morph_analogy_view import MorphAnalogyView
from cae_gui.morph.morph_grid_view import MorphGridView
from cae_gui.morph.morph_path_view import MorphPathView


class MorphWorkspace(QWidget):
    """One tab for each way to mix faces."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = MorphPathView()
        self.grid = MorphGridView()
        self.analogy = MorphAnalogyView()
        self.tabs = QTabWidget(documentMode=True)  # without a pane, which dark mode tints
        self.tabs.addTab(self.path, "&Path")
        self.tabs.setTabToolTip(0, "Through two faces or more, one after the other")
        self.tabs.addTab(self.grid, "&Grid")
        self.tabs.setTabToolTip(1, "All faces between four corners")
        self.tabs.addTab(self.analogy, "&Analogy")
        self.tabs.setTabToolTip(2, "What some faces have and others lack, added to a face")
        self.setFocusProxy(self.path.slider)  # Space plays, arrow keys move
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(self.tabs)
