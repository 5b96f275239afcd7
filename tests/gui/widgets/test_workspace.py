from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.widgets.tokens import INSPECTOR, NARROW
from cae_gui.widgets.workspace import Workspace

WIDE = NARROW + 100
HEIGHT = 600


class Stage(QWidget):
    """Needs so many pixels of width."""

    needed = 0

    def minimumSizeHint(self) -> QSize:
        return QSize(self.needed, 0)


class Page(Workspace):
    """A stage with a button at either end, an inspector with one, and a strip."""

    def __init__(self) -> None:
        super().__init__()
        self.stage, self.inspector, self.strip = Stage(), QWidget(), QPushButton("Strip")
        self.near, self.far = QPushButton("Near", self.stage), QPushButton("Far", self.stage)
        self.setting = QPushButton("Setting")
        QVBoxLayout(self.inspector).addWidget(self.setting)
        self.arrange(self.stage, self.inspector, self.strip)

    def is_in_view(self, button: QPushButton) -> bool:
        return button.isVisible() and button.visibleRegion().boundingRect().isValid()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(Page())
    qtbot.addWidget(window)
    window.resize(WIDE, HEIGHT)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window


@pytest.fixture
def page(window: QWidget) -> Page:
    page = window.findChild(Page)
    page.far.move(NARROW - INSPECTOR, 0)
    return page


def resize(window: QWidget, width: int, qtbot: QtBot) -> None:
    window.resize(width, HEIGHT)
    qtbot.waitUntil(lambda: window.findChild(Page).width() == width)


def test_the_inspector_is_beside_the_stage_and_gives_its_room_to_it(page: Page) -> None:
    assert page.has_inspector
    assert page.stage.width() == WIDE - INSPECTOR
    assert page.stage.height() == page.strip.y() == HEIGHT - page.strip.height()
    page.show_inspector(False)
    assert not page.setting.isVisible()
    assert page.stage.width() == page.strip.width() == WIDE
    assert page.stage_rect() == page.stage.geometry()


def test_in_a_narrow_window_it_is_a_drawer_that_escape_closes(
    window: QWidget, page: Page, qtbot: QtBot
) -> None:
    resize(window, NARROW - 1, qtbot)
    assert page.is_drawer
    assert not page.has_inspector
    page.near.setFocus()
    page.show_inspector(True)
    assert QApplication.focusWidget() is page.setting
    qtbot.keyClick(page.setting, Qt.Key.Key_Escape)
    assert not page.setting.isVisible()
    assert QApplication.focusWidget() is page.near
    assert page.minimumSizeHint().width() < WIDE - INSPECTOR


def test_a_drawer_lies_beside_the_stage_where_that_has_room(
    window: QWidget, page: Page, qtbot: QtBot
) -> None:
    resize(window, NARROW - 1, qtbot)
    least = page.minimumSizeHint().width()
    page.show_inspector(True)
    assert page.stage.width() == page.strip.width() == NARROW - 1 - INSPECTOR
    assert page.minimumSizeHint().width() == least + INSPECTOR
    page.near.setFocus()
    assert page.has_inspector
    page.show_inspector(False)
    assert page.stage.width() == NARROW - 1
    page.stage.needed = NARROW - INSPECTOR
    page.show_inspector(True)
    assert page.stage.width() == NARROW - 1


def test_a_drawer_never_covers_what_has_the_focus(
    window: QWidget, page: Page, qtbot: QtBot
) -> None:
    resize(window, NARROW - 1, qtbot)
    page.stage.needed = NARROW - INSPECTOR
    page.show_inspector(True)
    page.near.setFocus()
    assert page.has_inspector
    page.far.setFocus()
    assert not page.has_inspector
    assert QApplication.focusWidget() is page.far


@pytest.mark.parametrize("shown", [True, False])
def test_what_it_was_in_a_wide_window_comes_back(
    shown: bool, window: QWidget, page: Page, qtbot: QtBot
) -> None:
    page.show_inspector(shown)
    resize(window, NARROW - 1, qtbot)
    page.show_inspector(True)
    resize(window, WIDE, qtbot)
    assert page.has_inspector is shown


def test_folding_tells_and_leaves_the_focus_in_view(page: Page, qtbot: QtBot) -> None:
    page.setting.setFocus()
    with qtbot.waitSignals([page.inspector_shown, page.laid_out]):
        page.show_inspector(False)
    focused = QApplication.focusWidget()
    assert focused is page.near
    page.show_inspector(False)  # changes nothing
    assert QApplication.focusWidget() is focused


def test_from_right_to_left_the_inspector_is_at_the_left(page: Page) -> None:
    page.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    page.show_inspector(False)
    page.show_inspector(True)
    assert page.setting.mapTo(page, page.setting.rect().center()).x() < INSPECTOR
    assert page.stage.x() == page.strip.x() == INSPECTOR
    assert page.stage.geometry().right() == page.rect().right()
