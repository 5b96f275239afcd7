"""Flat buttons with an icon: in a row that shows words where there is room, and as side tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLayout,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QStyleOptionToolButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.controls import as_tip
from cae_gui.widgets.icons import Name, icon
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.tokens import CONTROL, FILM

_ICON = QSize(20, 20)
_RAIL = 96
"""The width of the tabs beside a strip."""
_BESIDE, _ALONE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly


class Tool(QToolButton):
    """A flat button with an icon, and its word beside it or in the tooltip.

    With a menu, Down opens it, too.
    """

    def __init__(
        self,
        name: Name,
        text: str,
        tip: str,
        clicked: Callable[[], object] | None = None,
        *,
        has_word: bool = False,
    ) -> None:
        super().__init__()
        self.setIcon(icon(name))
        self.setIconSize(_ICON)
        self.setText(text)
        self.setToolTip(as_tip(tip))
        self.setAccessibleName(text.replace("&", "").removesuffix(" …"))
        self.setAccessibleDescription(tip)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(CONTROL)
        self.show_word(has_word)
        if clicked is not None:
            self.clicked.connect(clicked)

    def show_word(self, shown: bool) -> None:
        """Show the word beside the icon, or the icon alone."""
        self.setToolButtonStyle(_BESIDE if shown else _ALONE)

    def open_with(self, menu: QMenu, *, split: bool = False) -> None:
        """Give it a menu: a click opens it, or with ``split`` a click on the arrow beside it."""
        modes = QToolButton.ToolButtonPopupMode
        self.setPopupMode(modes.MenuButtonPopup if split else modes.InstantPopup)
        self.setMenu(menu)

    def initStyleOption(self, option: QStyleOptionToolButton) -> None:
        super().initStyleOption(option)
        if self.popupMode() is QToolButton.ToolButtonPopupMode.InstantPopup:
            # Without a small arrow over the icon.
            option.features &= ~QStyleOptionToolButton.ToolButtonFeature.HasMenu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.menu() is not None:
            self.showMenu()
        else:
            super().keyPressEvent(event)


class ToolRow(QWidget):
    """Tools in a row; those that come first in ``important`` have their words where there is room.

    None in ``tools`` is a gap.
    """

    def __init__(self, tools: Sequence[Tool | None], important: Sequence[Tool]) -> None:
        super().__init__()
        self._important = important
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 8, 16, 8)
        line.setSpacing(4)
        # The words depend on the width, not the width on the words.
        line.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        line.addStretch(1)
        for tool in tools:
            if tool is None:
                line.addSpacing(16)
            else:
                line.addWidget(tool)
        line.addStretch(1)
        self._least = line.minimumSize().width()
        self._extra = [_room_of_word(tool) for tool in important]
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least, CONTROL + 16)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - self._least
        for tool, extra in zip(self._important, self._extra, strict=True):
            tool.show_word(extra <= room)
            room = room - extra if extra <= room else -1


class SideTabs(QWidget):
    """Pages with their tabs in a column at the left, as high as a film strip."""

    def __init__(self) -> None:
        super().__init__()
        self._pages = QStackedWidget()
        self._group = QButtonGroup(self)
        self._tabs = QVBoxLayout()
        self._tabs.setSpacing(2)
        self._tabs.addStretch(1)
        self._tabs.addStretch(1)
        filled(QHBoxLayout(self), self._tabs, self._pages, margins=(8, 0, 8, 0), room=self._pages)
        self._group.idToggled.connect(self._on_toggled)

    def add_tab(self, page: QWidget, title: str, tip: str) -> None:
        """Add a page under the last one."""
        number = self._pages.count()
        tab = QToolButton()
        tab.setText(title)
        tab.setToolTip(tip)
        tab.setCheckable(True)
        tab.setAutoRaise(True)
        tab.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        tab.setFixedSize(_RAIL, CONTROL)
        self._tabs.insertWidget(number + 1, tab)
        self._pages.addWidget(page)  # after the tab in the order of Tab
        self._group.addButton(tab, number)
        tab.setChecked(number == 0)

    def currentWidget(self) -> QWidget | None:
        """Return the page on show."""
        return self._pages.currentWidget()

    def setCurrentWidget(self, page: QWidget) -> None:
        """Turn to a page."""
        self._group.button(self._pages.indexOf(page)).setChecked(True)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), FILM)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), FILM)

    def _on_toggled(self, number: int, on: bool) -> None:
        if on:
            self._pages.setCurrentIndex(number)
            policy = Qt.FocusPolicy
            for tab in self._group.buttons():  # Qt does so only once one of them has the focus
                tab.setFocusPolicy(policy.StrongFocus if tab.isChecked() else policy.ClickFocus)


def _room_of_word(tool: Tool) -> int:
    """Return by how much a word makes a tool wider."""
    tool.show_word(True)
    wide = tool.sizeHint().width()
    tool.show_word(False)
    return wide - tool.sizeHint().width()
