"""Morph: paths between faces, grids and analogies, one per tab."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QStackedWidget, QWidget

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
from cae_gui.widgets.workspace import Workspace


class MorphPage(Workspace):
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
        self._inspectors = QStackedWidget()
        for page, text, tip in (
            (self.path, "&Path", "Through two faces or more, one after the other"),
            (self.grid, "&Grid", "All faces between four corners"),
            (self.analogy, "&Analogy", "What some faces have and others lack, added to a face"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(page, text), tip)
            self._inspectors.addWidget(page.inspector)
        self.arrange(self.tabs, self._inspectors, self.path.strip)
        self.tabs.currentChanged.connect(self._on_tab)
        self._on_tab(0)
        # An undo switches to the tab that it changes.
        show = self.tabs.setCurrentWidget
        morpher.stepped.connect(partial(show, self.path))
        corners.stepped.connect(partial(show, self.grid))
        analogy.stepped.connect(partial(show, self.analogy))

    @Slot(int)
    def _on_tab(self, index: int) -> None:
        """Show what belongs to the tab in view."""
        self._inspectors.setCurrentIndex(index)
        policy = QSizePolicy.Policy
        for place, page in enumerate((self.path, self.grid, self.analogy)):
            # Only the tab in view needs its least height.
            high = policy.Preferred if place == index else policy.Ignored
            page.setSizePolicy(policy.Preferred, high)
        focused, strip = QApplication.focusWidget(), self.path.strip
        if index and focused is not None and strip.isAncestorOf(focused):
            self._focus_first(Qt.FocusReason.OtherFocusReason)  # or it would go anywhere
        strip.setVisible(self.tabs.currentWidget() is self.path)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Not a focus proxy: Tab would go to it at once, past all that comes before it.
        self._focus_first(event.reason())

    def _focus_first(self, reason: Qt.FocusReason) -> None:
        """Give the focus to what comes first in the tab in view."""
        firsts: tuple[tuple[QWidget, ...], ...] = (
            (self.path.slider, self.path.frames.cards[0]),
            (self.grid.grid, self.grid.wells[0]),
            (self.analogy.wells[0],),
        )
        for first in firsts[self.tabs.currentIndex()]:
            if first.isEnabled() and first.isVisible():
                first.setFocus(reason)
                break

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.path.isVisible():
            self.path.playback.toggle()
        else:
            super().keyPressEvent(event)
