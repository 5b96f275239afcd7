"""The workspaces, one of which is in view, and the tabs that choose among them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from cae_gui.widgets.fields import TabBar

_ICON = QSize(20, 20)


class Workspaces(QStackedWidget):
    """Pages whose tabs are elsewhere in the window: ``tabBar()`` goes into its header."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = TabBar()
        self._bar.setDrawBase(False)
        self._bar.setExpanding(False)
        self._bar.setElideMode(Qt.TextElideMode.ElideNone)
        self._bar.setIconSize(_ICON)
        self._bar.setAccessibleName("Workspaces")
        self._bar.currentChanged.connect(self.setCurrentIndex)
        self.currentChanged.connect(self._bar.setCurrentIndex)

    def add(self, page: QWidget, icon: QIcon, title: str, tip: str = "") -> None:
        """Append a page with its tab; the letter after an “&” of the title turns to it."""
        self.addWidget(page)
        self._bar.setTabToolTip(self._bar.addTab(icon, title), tip)

    def tabBar(self) -> QTabBar:
        """Return the tabs."""
        return self._bar

    def tabText(self, index: int) -> str:
        """Return the title of a page, with its “&”."""
        return self._bar.tabText(index)

    def name(self, page: QWidget) -> str:
        """Return the title of a page as it is read."""
        return self.tabText(self.indexOf(page)).replace("&", "")
