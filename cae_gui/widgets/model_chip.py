"""The model in use: its name, how well it reconstructs, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy

from cae_gui.widgets.controls import as_tip, in_menu
from cae_gui.widgets.icons import icon
from cae_gui.widgets.tokens import HEADER

_WIDEST = 320


class ModelChip(QPushButton):
    """A button that names the model in use and opens its menu."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self.setAccessibleName("Model in use")
        self.setIcon(icon("model"))
        self.setIconSize(QSize(18, 18))
        self.setFlat(True)
        self.setMaximumWidth(_WIDEST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_model("", None)

    def sizeHint(self) -> QSize:
        """As high as the tabs beside it."""
        return QSize(min(super().sizeHint().width(), _WIDEST), HEADER)

    def set_model(self, title: str, mse: float | None) -> None:
        """Say which model is in use, and its MSE on test faces, where it is known."""
        error = "" if mse is None else f" · MSE {mse:.5f}"
        room = _WIDEST - 64 - self.fontMetrics().horizontalAdvance(error)
        name = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, room)
        self.setText(in_menu(name + error) if title else "Loading the model …")
        self.setAccessibleDescription(f"{title}{error}")
        measured = "" if mse is None else f"\nMean squared error on test faces: {mse:.5f}"
        self.setToolTip(as_tip(f"The model in use: {title}{measured}") if title else "")
