"""The model in use: its name, how well it reconstructs, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from cae_gui.widgets.controls import as_tip, in_menu
from cae_gui.widgets.icons import icon
from cae_gui.widgets.tokens import CONTROL

_NARROWEST = 160


class ModelChip(QPushButton):
    """A button that names the model in use and opens its menu; the name is elided as needed."""

    def __init__(self) -> None:
        super().__init__()
        self._title = self._error = ""
        self.setAccessibleName("Model in use")
        self.setIcon(icon("model"))
        self.setIconSize(QSize(18, 18))
        self.setFlat(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_model("", None)

    def sizeHint(self) -> QSize:
        """Return the size with the whole name."""
        return QSize(self._frame() + self._advance(self._title + self._error), CONTROL)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(_NARROWEST, self.sizeHint().width()), CONTROL)

    def set_model(self, title: str, mse: float | None) -> None:
        """Say which model is in use, and its MSE on test faces, where it is known."""
        self._title = title or "Loading the model …"
        self._error = "" if mse is None else f" · MSE {mse:.5f}"
        self.setAccessibleDescription(f"{title}{self._error}")
        measured = "" if mse is None else f"\nMean squared error on test faces: {mse:.5f}"
        self.setToolTip(as_tip(f"The model in use: {title}{measured}") if title else "")
        self._fit()
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - self._frame() - self._advance(self._error)
        name = self.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideMiddle, room)
        text = in_menu(name + self._error)
        if text != self.text():
            self.setText(text)

    def _frame(self) -> int:
        """Return the width of all but the text."""
        return super().sizeHint().width() - self._advance(self.text().replace("&&", "&"))

    def _advance(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)
