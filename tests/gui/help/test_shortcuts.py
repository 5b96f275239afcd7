"""The page of shortcuts tells those that there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

import cae_gui
from cae_gui.help.shortcuts import OF_WIDGETS, ShortcutsDialog, shortcuts_of
from cae_gui.main_window import MainWindow


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


TOLD = {
    "explore/direction_builder.py": "Explore",
    "explore/face_strip.py": "Gallery and lists",
    "explore/map/latent_map.py": "Map",
    "explore/preset_form.py": "Explore",
    "explore/sliders/slider_track.py": "Explore",
    "explore/tools.py": "",  # Down opens the menu of a button, as of all buttons with one
    "morph/face_grid.py": "Morph",
    "morph/key_frames.py": "Morph",
    "morph/page.py": "Morph",
    "morph/path_slider.py": "Morph",
    "reconstruct/crop_box.py": "Reconstruct",
    "reconstruct/histogram.py": "Reconstruct",
    "reconstruct/wipe_view.py": "Reconstruct",
    "train/curve_plot.py": "Curves",
    "train/queue_page.py": "Gallery and lists",
    "train/run_list.py": "Gallery and lists",
    "train/run_table.py": "Gallery and lists",
    "widgets/face_view.py": "",  # Ctrl+C is in the menu Edit, Space and Enter press
    "widgets/fields.py": "Everywhere",
    "widgets/film_strip.py": "Gallery and lists",
    "widgets/item_list.py": "Gallery and lists",
    "widgets/message_bar.py": "Everywhere",
    "widgets/workspace.py": "Everywhere",
}
"""Where widgets handle keys themselves, and in which group of the page these are."""


def test_no_widget_has_keys_of_its_own_that_the_page_leaves_out() -> None:
    root = Path(cae_gui.__file__).parent
    sources = {path: path.read_text("utf-8") for path in root.rglob("*.py")}
    found = {path.relative_to(root).as_posix() for path in sources if "keyPress" in sources[path]}
    assert found == set(TOLD)
    assert set(filter(None, TOLD.values())) == set(OF_WIDGETS)


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
