"""The page of principal directions: those of all faces, or those of the nearest ones."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cae_gui.explore.local_directions import LEAST, MOST, LocalDirections
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.tools import Tool
from cae_gui.widgets.fields import ComboBox, CountBox
from cae_gui.widgets.layouts import filled

OF_ALL, OF_NEAREST = "Of all faces", "Of the nearest"


class PrincipalPage(QWidget):
    """Two lists of sliders, and the choice between them; local directions are found in view."""

    def __init__(
        self,
        local: LocalDirections,
        of_all: LatentSliders,
        of_nearest: LatentSliders,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._local = local
        self.choice = ComboBox()
        self.choice.addItems([OF_ALL, OF_NEAREST])
        self.choice.setAccessibleName("Faces that the principal directions are of")
        self.choice.setToolTip(
            "The directions in which all faces vary, or those in which the faces nearest to the "
            "edited one do"
        )
        self.count = CountBox()
        self.count.setRange(LEAST, MOST)
        self.count.setSingleStep(50)
        self.count.setSuffix(" faces")
        self.count.setValue(local.count)
        self.count.setAccessibleName("Number of nearest faces")
        self.count.setToolTip("How many of the nearest faces: fewer are more alike, and noisier")
        tip = (
            "Find the directions anew where the face lies now; while it is moved, and until "
            "another face is chosen, they stay"
        )
        self.here = Tool("here", "Here again", tip, local.find_here)
        self._lists = QStackedWidget()
        for sliders in (of_all, of_nearest):
            self._lists.addWidget(sliders)
        line = filled(QHBoxLayout(), self.choice, self.count, self.here, margins=(16, 8, 8, 0))
        line.insertStretch(2, 1)
        filled(QVBoxLayout(self), line, self._lists, spacing=0, room=self._lists)
        self.choice.currentIndexChanged.connect(self._on_choice)
        self.count.valueChanged.connect(self._on_count)
        self._on_choice()

    def shows_local(self) -> bool:
        """Return whether the directions of the nearest faces are chosen."""
        return self.choice.currentText() == OF_NEAREST

    @Slot()
    def _on_choice(self) -> None:
        self._lists.setCurrentIndex(self.choice.currentIndex())
        for control in (self.count, self.here):
            control.setVisible(self.shows_local())
        self._local.set_wanted(self.isVisible() and self.shows_local())

    @Slot(int)
    def _on_count(self, count: int) -> None:
        self._local.count = count

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._local.set_wanted(self.shows_local())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._local.set_wanted(False)
