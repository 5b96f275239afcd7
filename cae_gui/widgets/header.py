"""The bar at the top of the window: workspaces, the model in use, exports, and what folds away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QWidget,
)

from cae_gui.widgets.icons import icon
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.model_chip import ModelChip
from cae_gui.widgets.tokens import CONTROL, HEADER

_ICON = QSize(18, 18)


class Header(QWidget):
    """Lays out the parts in a row of fixed height over the whole window.

    ``fold_left`` and ``fold_right`` are the actions of the buttons at its ends. ``shipped`` leads
    back to the shipped model, while another one is in use.
    """

    def __init__(
        self, tabs: QTabBar, chip: ModelChip, fold_left: QAction, fold_right: QAction
    ) -> None:
        super().__init__()
        self.setFixedHeight(HEADER)
        self.export = ExportButton()
        self.shipped = QToolButton()
        self.shipped.setIcon(icon("reset"))
        self.shipped.setIconSize(_ICON)
        self.shipped.setFixedSize(CONTROL, CONTROL)
        self.shipped.setAccessibleName("Use the shipped model")
        self.shipped.setToolTip("Go back to the shipped model")
        self.shipped.hide()
        # In a narrow window the model's name is shortened, and no workspace is out of view.
        tabs.setSizePolicy(QSizePolicy.Policy.Minimum, tabs.sizePolicy().verticalPolicy())
        row = QHBoxLayout(self)
        self.fold_left, self.fold_right = _fold(fold_left), _fold(fold_right)
        filled(row, self.fold_left, tabs, margins=(8, 0, 8, 0))
        row.addSpacing(16)
        row.addStretch(1)
        for part in (chip, self.shipped, self.export, self.fold_right):
            row.addWidget(part)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        line = self.palette().color(QPalette.ColorRole.Midlight)
        painter.fillRect(0, self.height() - 1, self.width(), 1, line)
        painter.end()


class ExportButton(QPushButton):
    """Opens a menu of what can be exported, asked for each time that it opens."""

    def __init__(self) -> None:
        super().__init__(icon("export"), "Export")
        self.setToolTip("Save what this workspace shows, the model or the session (Ctrl+Shift+E)")
        self.setIconSize(_ICON)
        self.setFixedHeight(CONTROL)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._offered: Callable[[], Sequence[QAction]] = list
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)

    def offer(self, offered: Callable[[], Sequence[QAction]]) -> None:
        """Show the actions that this returns, as they are then."""
        self._offered = offered

    @Slot()
    def _fill(self) -> None:
        menu = self.menu()
        assert menu is not None
        menu.clear()
        menu.addActions(list(self._offered()))


def _fold(action: QAction) -> QToolButton:
    """Return a button of an action that shows or hides a panel."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(_ICON)
    button.setFixedSize(CONTROL, CONTROL)
    button.setAccessibleName(action.text().replace("&", ""))
    return button
