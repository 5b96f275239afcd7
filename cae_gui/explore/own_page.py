"""The page of one's own directions: their sliders, and the form that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cae_gui.explore.direction_builder import DirectionBuilder
from cae_gui.explore.sliders.latent_sliders import LatentSliders


class OwnPage(QWidget):
    """Sliders over the person's own directions, and what makes, changes and removes them.

    Signals:
        new_asked(), import_asked(): the buttons.
        edit_asked(int), removal_asked(int): this direction was chosen from a button's menu.
    """

    new_asked = Signal()
    import_asked = Signal()
    edit_asked = Signal(int)
    removal_asked = Signal(int)

    def __init__(self, sliders: LatentSliders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.builder = DirectionBuilder()
        self.new = QPushButton("&New direction …")
        self.edit = QPushButton("E&dit")
        self.remove = QPushButton("Re&move")
        self.bring = QPushButton("&Import …")
        self._note = QLabel(wordWrap=True)
        self._pages = QStackedWidget()
        self._list = QWidget()
        self._label_controls()
        self._arrange(sliders)
        self.new.clicked.connect(self.new_asked)
        self.bring.clicked.connect(self.import_asked)
        self.set_names([])
        self.set_note("")

    def set_names(self, names: Sequence[str]) -> None:
        """Offer these directions to edit and to remove."""
        for button, signal in ((self.edit, self.edit_asked), (self.remove, self.removal_asked)):
            menu = button.menu()
            menu.clear()
            for index, name in enumerate(names):
                menu.addAction(name.replace("&", "&&"), partial(signal.emit, index))
            button.setEnabled(bool(names))

    def set_ready(self, ready: bool) -> None:
        """Allow making directions once the model's own are known."""
        self.new.setEnabled(ready)
        self.bring.setEnabled(ready)

    def set_note(self, text: str) -> None:
        """Say something under the sliders, or nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def show_builder(self, shown: bool) -> None:
        """Show the form in the place of the sliders."""
        self._pages.setCurrentWidget(self.builder if shown else self._list)

    def is_building(self) -> bool:
        """Return whether the form is shown."""
        return self._pages.currentWidget() is self.builder

    def _label_controls(self) -> None:
        self.new.setToolTip("Make a direction from faces with something and faces without it")
        self.edit.setToolTip("Change the name or the faces of a direction")
        self.remove.setToolTip("Remove a direction; undo brings it back")
        self.bring.setToolTip("Bring the directions of another model, or of a session")
        for button in (self.edit, self.remove):
            button.setMenu(QMenu(button))

    def _arrange(self, sliders: LatentSliders) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 0, 8, 0)
        buttons.setSpacing(8)
        for button in (self.new, self.edit, self.remove, self.bring):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(0)
        column.addLayout(buttons)
        column.addWidget(sliders, 1)
        self._note.setContentsMargins(8, 0, 8, 8)
        column.addWidget(self._note)
        self._pages.addWidget(self._list)
        self._pages.addWidget(self.builder)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
