"""The map of the faces with its controls: by which method, and colored by what."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.widgets.controls import ElidedLabel

HINT = "Click a face to load it, drag the marker to travel."
TIP = (
    "The wheel and + and - zoom, a drag and the arrow keys move the map, 0 shows all. With Shift, "
    "a drag and the arrow keys move the face; Enter loads the one nearest to it."
)


class MapPanel(QWidget):
    """A map under a line of controls.

    Signals:
        method_chosen(str): the key of a method.
        coloring_chosen(int): which of the colorings.
        shown(), hidden(): the panel came into view, or left it.
    """

    method_chosen = Signal(str)
    coloring_chosen = Signal(int)
    shown = Signal()
    hidden = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = LatentMap()
        self.method = QComboBox()
        self.method.setToolTip("How the latents are laid out in two dimensions")
        self.coloring = QComboBox()
        self.coloring.setToolTip("What the colours of the dots tell")
        self.coloring.setMaxVisibleItems(16)
        for box, letters in ((self.method, 4), (self.coloring, 5)):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(letters)
        self.fit = QPushButton("F&it")
        self.fit.setToolTip("Show all faces (0, or a double click)")
        self.hint = ElidedLabel(role=QPalette.ColorRole.PlaceholderText)
        self._arrange()
        self.method.activated.connect(self._on_method)
        self.coloring.activated.connect(self.coloring_chosen)
        self.fit.clicked.connect(self.map.fit)

    def set_methods(self, methods: Sequence[tuple[str, str, str]]) -> None:
        """Offer methods: key, title and, where it can't be chosen, a sentence why not."""
        self.method.clear()
        for key, title, why_not in methods:
            self.method.addItem(title, key)
            if why_not:
                row = self.method.count() - 1
                self.method.setItemData(row, why_not, Qt.ItemDataRole.ToolTipRole)
                model = self.method.model()
                assert isinstance(model, QStandardItemModel)
                model.item(row).setEnabled(False)

    def set_method(self, key: str) -> None:
        """Show the method that is in use."""
        self.method.setCurrentIndex(self.method.findData(key))

    def set_colorings(self, titles: Sequence[str], chosen: int) -> None:
        """Offer what the points can be colored by, one of them chosen."""
        if titles != [self.coloring.itemText(row) for row in range(self.coloring.count())]:
            self.coloring.clear()
            self.coloring.addItems(titles)
        self.coloring.setCurrentIndex(chosen)

    def set_usable(self, usable: bool) -> None:
        """Enable the controls once there is a map, and say what to do with it."""
        for control in (self.method, self.coloring, self.fit):
            control.setEnabled(usable)
        self.hint.setText(HINT if usable else "")
        self.hint.setToolTip(TIP if usable else "")

    def _arrange(self) -> None:
        method, coloring = QLabel("Metho&d"), QLabel("Co&lour by")
        method.setBuddy(self.method)
        coloring.setBuddy(self.coloring)
        line = QHBoxLayout()
        line.setSpacing(8)
        for widget in (method, self.method, coloring, self.coloring, self.fit):
            line.addWidget(widget, 1 if widget is self.coloring else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self.map, 1)
        column.addWidget(self.hint)

    @Slot(int)
    def _on_method(self, index: int) -> None:
        self.method_chosen.emit(self.method.itemData(index))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()
