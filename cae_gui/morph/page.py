"""Morph: paths between faces, grids and analogies, one per tab."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cae_gui.core.models import Models
from cae_gui.core.selection import Selection
from cae_gui.morph.analogy_page import AnalogyPage
from cae_gui.morph.film_export import FilmExport, Save
from cae_gui.morph.filming import Filming
from cae_gui.morph.grid_page import GridPage
from cae_gui.morph.mix import Analogy, Corners
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.path_page import PathPage
from cae_gui.settings import Settings
from cae_gui.widgets.fields import Tabs
from cae_gui.widgets.message_bar import MessageBar


class MorphPage(QWidget):
    """The tabs for paths, grids and analogies; ``save`` asks for a file and writes it."""

    def __init__(
        self,
        *,
        models: Models,
        selection: Selection,
        morpher: Morpher,
        corners: Corners,
        analogy: Analogy,
        filming: Filming,
        messages: MessageBar,
        settings: Settings,
        save: Save,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        offer = FilmExport(filming, models, settings, messages, save, self).offer
        self.path = PathPage(morpher, models, selection, offer)
        self.grid = GridPage(corners, models, selection, offer)
        self.analogy = AnalogyPage(analogy, morpher, models, selection, messages, offer)
        self.tabs = Tabs(documentMode=True)  # no pane: dark mode would tint it
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
        # An undo switches to the tab that it changes.
        show = self.tabs.setCurrentWidget
        morpher.stepped.connect(partial(show, self.path))
        corners.stepped.connect(partial(show, self.grid))
        analogy.stepped.connect(partial(show, self.analogy))
