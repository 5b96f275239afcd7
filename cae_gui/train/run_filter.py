"""Which runs of the list are shown: a search field, and a menu of states, faces and tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.train.run_list import RunItem, RunState
from cae_gui.widgets.controls import Label, in_menu
from cae_gui.widgets.fields import SearchField
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted

FEW = 5
"""So many runs need no search."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What is asked of a run; what is empty or None isn't asked."""

    text: str = ""
    state: RunState | None = None
    faces: str = ""
    tag: str = ""

    def matches(self, item: RunItem) -> bool:
        """Return whether a run is what is asked for.

        The text is a part of what is told of the run or of one of its settings with its value, or
        each of its words is a part of what is told of the run.
        """
        return (
            self.state in (None, item.state)
            and self.faces in ("", item.faces)
            and (not self.tag or self.tag in item.labels.tags)
            and self._is_in(item)
        )

    @property
    def conditions(self) -> list[str]:
        """What is asked besides the text."""
        return [*([self.state.value] if self.state else []), *filter(None, (self.faces, self.tag))]

    def _is_in(self, item: RunItem) -> bool:
        text = " ".join(self.text.casefold().split())
        if not text:
            return True
        told = item.told
        # All runs have the same settings; only with their values these tell runs apart.
        return all(word in told for word in text.split()) or any(
            text in f"{title} {value}" and text not in title for title, value in item.values
        )


class RunSearch(QWidget):
    """Asks which runs to show; unseen while there are few runs and nothing is asked.

    Signals:
        changed(): another ``filter``.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = RunFilter()
        self._items: Sequence[RunItem] = ()
        self.field = SearchField("Search the runs", "Search the runs")
        self.field.setToolTip(
            "Part of a name, notes, tags or faces, or a setting: “learning rate 0.02”"
        )
        self.field.textChanged.connect(self._on_text)
        self.button = QPushButton("Filter")
        self.button.setToolTip("Show only runs of a state, on some faces or with a tag")
        menu = QMenu(self.button)
        menu.aboutToShow.connect(self._fill)
        self.button.setMenu(menu)
        self.found = Label(wordWrap=True)
        self.found.setAccessibleName("How many runs are shown")
        line = filled(QHBoxLayout(), self.field, self.button, room=self.field)
        filled(QVBoxLayout(self), line, self.found)
        self.set_items((), 0)

    def set_items(self, items: Sequence[RunItem], shown: int) -> None:
        """Tell how many of these runs are shown."""
        self._items = items
        asked = self.filter != RunFilter()
        self.setVisible(asked or len(items) > FEW)
        self.found.setVisible(asked)
        among = f"{shown:,} of {counted(len(items), 'run')}"
        self.found.setText(" · ".join([among, *self.filter.conditions]))

    @Slot()
    def clear(self) -> None:
        """Show all runs."""
        self.field.clear()
        self._ask(state=None, faces="", tag="")

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self._ask(text=text)

    def _ask(self, **asked: Any) -> None:
        self.filter = replace(self.filter, **asked)
        self.changed.emit()

    @Slot()
    def _fill(self) -> None:
        menu = self.button.menu()
        menu.clear()
        tags = {tag for item in self._items for tag in item.labels.tags}
        faces = {item.faces for item in self._items}
        states = ((state.value, state) for state in RunState)
        self._add(menu, "&State", "state", [("Any state", None), *states])
        self._add(menu, "&Faces", "faces", [("Any faces", ""), *_named(faces)])
        self._add(menu, "&Tag", "tag", [("Any tag, or none", ""), *_named(tags)])
        menu.addSeparator()
        menu.addAction("Show &all", self.clear).setEnabled(self.filter != RunFilter())

    def _add(self, menu: QMenu, title: str, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        below = menu.addMenu(title)
        chosen = {"state": self.filter.state, "faces": self.filter.faces, "tag": self.filter.tag}
        for text, value in choices:
            action = below.addAction(in_menu(text), partial(self._ask, **{name: value}))
            action.setCheckable(True)
            action.setChecked(value == chosen[name])
        below.setEnabled(len(choices) > 1)


def _named(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(names, key=str.casefold)]
