"""What folds away comes back, and is remembered."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.widgets.tokens import GALLERY, INSPECTOR


def test_the_gallery_folds_away_by_key_and_by_button(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.gallery.focus_faces()
    left = window.tabs.width()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert not window.gallery.isVisible()
    qtbot.waitUntil(lambda: window.tabs.width() > left)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.isVisible()
    qtbot.mouseClick(window.header.fold_left, Qt.MouseButton.LeftButton)
    assert window.gallery.isVisible()
    qtbot.waitUntil(lambda: window.tabs.width() == left)


def test_a_folded_gallery_stays_folded_at_the_next_start(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = open_window()
    width = first.splitter.sizes()[0]
    assert abs(width - GALLERY) <= 1
    qtbot.keyClick(first, Qt.Key.Key_F6)
    first.close()
    second = open_window()
    second.resize(first.size())
    assert not second.gallery.isVisible()
    qtbot.keyClick(second, Qt.Key.Key_F6)
    assert second.gallery.isVisible()
    qtbot.waitUntil(lambda: second.splitter.sizes()[0] == width)


def test_a_search_brings_the_gallery_back(window: MainWindow, qtbot: QtBot) -> None:
    window.folding.gallery.trigger()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.gallery.isVisible()


def test_where_there_is_no_room_the_gallery_gives_way_and_comes_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(900, 700)
    assert window.gallery.isVisible()
    window.train.setMinimumWidth(900 - GALLERY + 20)
    window.resize(901, 700)
    qtbot.waitUntil(lambda: not window.gallery.isVisible())
    window.resize(1300, 700)
    qtbot.waitUntil(window.gallery.isVisible)


def test_the_window_fits_a_small_screen_and_fills_it(window: MainWindow, qtbot: QtBot) -> None:
    assert (window.minimumWidth(), window.minimumHeight()) == (900, 500)
    window.resize(900, 500)
    assert (window.width(), window.height()) == (900, 500)
    assert window.header.fold_right.geometry().right() < 900
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: not window.isFullScreen())


def test_each_inspector_folds_by_itself_and_stays_folded_at_the_next_start(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = open_window()
    first.resize(1440, 900)
    first.tabs.setCurrentWidget(first.reconstruct)
    width = first.reconstruct.stage_rect().width()
    qtbot.keyClick(first, Qt.Key.Key_F7)
    assert not first.reconstruct.has_inspector
    qtbot.waitUntil(lambda: first.reconstruct.stage_rect().width() > width)
    first.tabs.setCurrentWidget(first.morph)
    assert first.morph.has_inspector
    assert first.folding.inspector.isChecked()
    first.close()
    second = open_window()
    second.resize(1440, 900)
    second.tabs.setCurrentWidget(second.reconstruct)
    qtbot.waitUntil(lambda: not second.reconstruct.is_drawer)
    assert not second.reconstruct.has_inspector
    assert not second.folding.inspector.isChecked()
    qtbot.mouseClick(second.header.fold_right, Qt.MouseButton.LeftButton)
    assert second.reconstruct.has_inspector
    assert second.morph.has_inspector


def test_a_narrow_window_opens_the_drawer_for_keys_and_closes_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    window.resize(1000, 700)
    window.tabs.setCurrentWidget(window.reconstruct)
    qtbot.waitUntil(lambda: window.reconstruct.is_drawer)
    assert not window.reconstruct.has_inspector
    qtbot.keyClick(window, Qt.Key.Key_F7)
    assert window.reconstruct.has_inspector
    focused = QApplication.focusWidget()
    assert window.reconstruct.inspector.isAncestorOf(focused)
    qtbot.keyClick(focused, Qt.Key.Key_Escape)
    assert not window.reconstruct.has_inspector
    assert not window.folding.inspector.isChecked()
    assert QApplication.focusWidget().isVisible()


def test_in_the_smallest_window_the_gallery_gives_way_to_an_open_drawer(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(900, 600)
    page = window.explore
    window.tabs.setCurrentWidget(page)
    assert window.gallery.isVisible()
    window.folding.inspector.trigger()
    qtbot.waitUntil(lambda: not window.gallery.isVisible())
    qtbot.waitUntil(lambda: page.stage_rect().width() == window.width() - INSPECTOR)
    assert page.face.visibleRegion().boundingRect() == page.face.rect()
    assert window.width() == 900
    window.folding.inspector.trigger()
    qtbot.waitUntil(window.gallery.isVisible)
    window.folding.inspector.trigger()
    qtbot.waitUntil(lambda: not window.gallery.isVisible())
    window.folding.gallery.trigger()  # wanted nevertheless: then the drawer lies over the stage
    assert window.gallery.isVisible()
    assert page.has_inspector
    assert window.width() == 900
