"""The page of all shortcuts: those of the menus as they are, and the keys of the widgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QFont, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QMenu,
    QMenuBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.fields import SearchField

_SIZE = 560, 600
_NATIVE = QKeySequence.SequenceFormat.NativeText
OF_WIDGETS: dict[str, tuple[tuple[str, str], ...]] = {
    "Everywhere": (
        ("Next and previous control", "Tab, Shift+Tab"),
        ("Open the menu of what has the focus", "Menu, Shift+F10"),
        ("Close the drawer, or the message", "Escape"),
        ("Take a number back that was refused", "Escape"),
    ),
    "Gallery and lists": (
        ("Choose", "Arrow keys, Page Up, Page Down"),
        ("Choose several", "Shift or Ctrl with a click"),
        ("Open, or show the face", "Enter"),
        ("Remove photos, runs, snapshots, examples", "Delete"),
        ("Rename a run", "F2"),
        ("Compare the curves of runs", "Space"),
        ("Move a training of the queue up", "Alt+Up"),
        ("Move a training of the queue down", "Alt+Down"),
        ("Search the faces", "Type a name"),
        ("A picture of a film strip", "Left, Right, Home, End"),
    ),
    "Curves": (
        ("Read the values of an epoch", "Left, Right, Home, End"),
        ("Stop reading", "Escape"),
    ),
    "Reconstruct": (
        ("Show the faces of a bar of the errors", "Left, Right, Home, End"),
        ("Move the wipe, in leaps", "Arrow keys, Shift with them"),
        ("Move the box of a photo, in leaps", "Arrow keys, Shift with them"),
        ("Enlarge or shrink the box", "+, −"),
        ("Turn the box", "[, ]"),
        ("The next or previous face found", "Page Down, Page Up"),
        ("Back to the face as it was found", "Home"),
    ),
    "Explore": (
        ("See the original, the reconstruction", "Hold \\, Shift+\\"),
        ("A step of a slider", "Left, Right"),
        ("A large step, a finest step", "Shift or Ctrl with Left, Right"),
        ("To a picture under a slider", "1 to 7"),
        ("Back to the face's own value", "Delete, double click"),
        ("Lock against the other sliders", "L"),
        ("Drag over several rows", "Ctrl with the mouse"),
        ("Set the temperature of random faces", "Down on Random"),
        ("Rename a snapshot", "F2"),
        ("Leave the making of a direction or preset", "Escape"),
    ),
    "Map": (
        ("Point to a face", "Arrow keys"),
        ("Travel over the map", "Shift with arrow keys"),
        ("Nearer, farther, all", "+, −, 0"),
        ("Load the face", "Enter"),
        ("Add a condition that faces must meet", "Ctrl+Shift+F"),
        ("Look around between the faces", "A"),
        ("Move what is looked at, load it, leave", "Arrow keys, Enter, Escape"),
        ("Draw a lasso, a rectangle, a path", "L, R, P"),
        ("Add to the selection, take out of it", "Shift or Ctrl, Alt or both, with the mouse"),
        ("A rectangle: place it, move it, size it", "Space, arrow keys, Shift with them"),
        ("Select by the rectangle, add, take out", "Enter, Shift+Enter, Alt+Enter"),
        ("Select all in view", "Ctrl+A"),
        ("Give up a stroke, travel again, select none", "Escape"),
    ),
    "Morph": (
        ("Play or pause the path", "Space"),
        ("To the next or previous face of the path", "Ctrl with Left, Right"),
        ("On a face of the path: to the next, move it", "Left, Right, Ctrl with them"),
        ("Remove a face of the path", "Delete"),
        ("A face of the grid, edit it", "Arrow keys, Enter"),
    ),
}
"""What keys do in widgets that handle them themselves: group → what, and the keys."""


class Shortcut(NamedTuple):
    """What is done by which keys."""

    group: str
    text: str
    keys: str


def shortcuts_of(bar: QMenuBar) -> list[Shortcut]:
    """Return the shortcuts of a menu bar, a group for each of its menus."""
    return [
        Shortcut(_plain(entry), _plain(action), _keys(action))
        for entry in bar.actions()
        if isinstance(menu := entry.menu(), QMenu)
        for action in _actions(menu)
        if action.shortcuts()
    ]


class ShortcutsDialog(QDialog):
    """Lists all shortcuts by group, and finds one by a word or a key."""

    def __init__(self, bar: QMenuBar, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.search = SearchField("Search by a word or a key", "Search the shortcuts")
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Shortcuts")
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(8)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self._rows: dict[str, tuple[QTreeWidgetItem, list[tuple[str, QTreeWidgetItem]]]] = {}
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.search, self.list, buttons):
            column.addWidget(widget)
        self._fill(bar)

    def _fill(self, bar: QMenuBar) -> None:
        others = (Shortcut(group, *row) for group, rows in OF_WIDGETS.items() for row in rows)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        for shortcut in (*shortcuts_of(bar), *others):
            group, text, keys = shortcut
            if group not in self._rows:
                head = QTreeWidgetItem(self.list, [group])
                head.setFont(0, bold)
                head.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self._rows[group] = (head, [])
            head, rows = self._rows[group]
            rows.append((f"{group} {text} {keys}".casefold(), QTreeWidgetItem(head, [text, keys])))
        self.list.expandAll()

    @Slot(str)
    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for head, rows in self._rows.values():
            found = [all(word in line for word in words) for line, _ in rows]
            for (_, row), is_found in zip(rows, found, strict=True):
                row.setHidden(not is_found)
            head.setHidden(not any(found))


def _actions(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        below = action.menu()
        if isinstance(below, QMenu):
            yield from _actions(below)
        else:
            yield action


def _plain(action: QAction) -> str:
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip(" …")


def _keys(action: QAction) -> str:
    return ", ".join(sequence.toString(_NATIVE) for sequence in action.shortcuts())
