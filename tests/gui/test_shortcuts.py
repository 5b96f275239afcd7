"""The page of shortcuts tells those that there are."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.shortcuts import OF_WIDGETS, ShortcutsDialog, shortcuts_of


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> ShortcutsDialog:
    """The page, opened by its key."""
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    page = window.findChild(ShortcutsDialog)
    assert page.isVisible()
    return page


def rows(page: ShortcutsDialog) -> list[tuple[str, str]]:
    """Return what is in view: text and keys."""
    heads = [page.list.topLevelItem(at) for at in range(page.list.topLevelItemCount())]
    children: list[QTreeWidgetItem] = []
    for head in heads:
        if not head.isHidden():
            children += [head.child(at) for at in range(head.childCount())]
    return [(row.text(0), row.text(1)) for row in children if not row.isHidden()]


def test_every_shortcut_of_the_window_is_on_the_page(
    window: MainWindow, page: ShortcutsDialog
) -> None:
    shown = {keys for _, keys in rows(page)}
    native = QKeySequence.SequenceFormat.NativeText
    actions = [action for action in window.findChildren(QAction) if action.shortcuts()]
    assert len(actions) > 20
    for action in actions:
        keys = ", ".join(sequence.toString(native) for sequence in action.shortcuts())
        assert keys in shown, action.text()
    assert len(rows(page)) == len(shortcuts_of(window.menuBar())) + sum(
        len(group) for group in OF_WIDGETS.values()
    )


def test_no_two_commands_share_a_shortcut(window: MainWindow) -> None:
    keys = [
        key.strip()
        for shortcut in shortcuts_of(window.menuBar())
        for key in shortcut.keys.split(",")
    ]
    assert len(keys) == len(set(keys))


def test_a_shortcut_is_found_by_a_word_or_a_key(page: ShortcutsDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.search, "snapshot ctrl")
    assert [text for text, _ in rows(page)] == ["Keep a snapshot"]
    page.search.setText("F11")
    assert [text for text, _ in rows(page)] == ["Full screen"]
    page.search.setText("no such thing")
    assert rows(page) == []


def test_a_picture_is_copied(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("")
    window.tabs.setCurrentWidget(window.explore)
    qtbot.waitUntil(lambda: window.explore.face.picture() is not None)
    qtbot.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.image() == window.explore.face.picture()
    assert clipboard.image().width() == 192
    assert window.messages.message() == "The picture was copied."


def test_the_picture_with_the_focus_goes_first(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.reconstruct)
    window.activateWindow()
    copies = []
    for view in (window.reconstruct.original, window.reconstruct.reconstruction):
        qtbot.waitUntil(lambda view=view: view.picture() is not None)
        view.setFocus()
        qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        copies.append(QGuiApplication.clipboard().image())
        assert copies[-1] == view.picture()
    assert copies[0] != copies[1]


def test_without_a_picture_it_is_said(window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.train)
    window.copy_picture()
    assert window.messages.message() == "There is no picture to copy here."
