"""Buttons for what a drag on the map does."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.strokes import Mode
from cae_gui.explore.tools import Tool
from cae_gui.widgets.icons import Name
from cae_gui.widgets.layouts import filled

_ADDING = "Shift adds to the selection, Alt takes out of it"
_TOOLS: tuple[tuple[Mode, Name, str, str], ...] = (
    (Mode.TRAVEL, "travel", "Travel", "Move the map, and the face by its marker (Escape)"),
    (Mode.LASSO, "lasso", "Lasso", f"Select faces by drawing around them (L)\n{_ADDING}"),
    (
        Mode.RECTANGLE,
        "rectangle",
        "Rectangle",
        f"Select the faces in a rectangle (R)\n{_ADDING}\n"
        "By keyboard: Space, the arrow keys, with Shift for its size, and Enter",
    ),
    (Mode.PATH, "path", "Draw a path", "Draw a path through the faces, for Morph (P)"),
    (
        Mode.LOOK,
        "look",
        "Look around",
        "Decoded faces of what lies around the pointer (A); a click or Enter loads one",
    ),
)


class ModeTools(QWidget):
    """Shows and chooses the mode of a map; the map has the focus then, for its keys."""

    def __init__(self, map_: LatentMap) -> None:
        super().__init__()
        self._map = map_
        self.tools = {
            mode: Tool(name, text, tip, self._on_clicked) for mode, name, text, tip in _TOOLS
        }
        group = QButtonGroup(self)
        for tool in self.tools.values():
            tool.setCheckable(True)
            group.addButton(tool)
        filled(QHBoxLayout(self), *self.tools.values(), spacing=4)
        map_.mode_changed.connect(self._show)
        self._show(map_.mode)

    @Slot(object)
    def _show(self, mode: Mode) -> None:
        self.tools[mode].setChecked(True)

    @Slot()
    def _on_clicked(self) -> None:
        mode = next(mode for mode, tool in self.tools.items() if tool.isChecked())
        self._map.set_mode(mode)
        self._map.setFocus(Qt.FocusReason.OtherFocusReason)
