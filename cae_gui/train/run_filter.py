"""Which runs of the list are shown, and in which groups: a search field, and a menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QActionGroup
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


class Grouping(Enum):
    """What the runs of a group have in common; the value is its text in the menu.

    ``Grouping(text)`` of any other text is ``NOTHING``.
    """

    NOTHING = "Nothing"
    TAG = "Tag"
    FACES = "Faces"

    @classmethod
    def _missing_(cls, value: object) -> Grouping:  # noqa: ARG003
        return cls.NOTHING

    def name_for(self, item: RunItem) -> str:
        """Return the name of the group that a run is in; "" for that of all others."""
        match self:
            case Grouping.NOTHING:
                return ""
            case Grouping.TAG:
                return item.labels.tags[0] if item.labels.tags else ""
            case Grouping.FACES:
                return item.faces

    def ordered(self, items: Sequence[RunItem]) -> list[RunItem]:
        """Return the runs with each group together, groups by their first run, "" at the end."""
        names = dict.fromkeys(name for item in items if (name := self.name_for(item)))
        places = {name: at for at, name in enumerate([*names, ""])}
        return sorted(items, key=lambda item: places[self.name_for(item)])

    def captions(self, items: Sequence[RunItem]) -> dict[Path, str]:
        """Return name and size of each group of ordered runs, by the folder of its first run."""
        if self is Grouping.NOTHING:
            return {}
        found = {}
        for name, group in groupby(items, self.name_for):
            runs = list(group)
            title = name or f"No {self.value.lower()}"
            found[runs[0].folder] = f"{title} · {counted(len(runs), 'run')}"
        return found


_GROUPING_TIPS = {
    Grouping.NOTHING: "All runs, newest first",
    Grouping.TAG: "A run with several tags stands under the first of them",
    Grouping.FACES: "Runs on the same faces stand together",
}


class RunSearch(QWidget):
    """Asks which runs to show; unseen while there are few runs and nothing is asked.

    Signals:
        changed(): another ``filter`` or ``grouping``.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = RunFilter()
        self.grouping = Grouping.NOTHING
        self._items: Sequence[RunItem] = ()
        self.field = SearchField("Search the runs", "Search the runs")
        self.field.setToolTip(
            "Part of a name, notes, tags or faces, or a setting: “learning rate 0.02”"
        )
        self.field.textChanged.connect(self._on_text)
        self.button = QPushButton("Filter")
        self.button.setToolTip(
            "Show only runs of a state, on some faces or with a tag, or put them in groups"
        )
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
        is_grouped = self.grouping is not Grouping.NOTHING
        self.setVisible(asked or is_grouped or len(items) > FEW)
        self.found.setVisible(asked)
        among = f"{shown:,} of {counted(len(items), 'run')}"
        self.found.setText(" · ".join([among, *self.filter.conditions]))

    @Slot()
    def clear(self) -> None:
        """Show all runs."""
        self.field.clear()
        self._ask(state=None, faces="", tag="")

    def group_by(self, grouping: Grouping) -> None:
        """Put the runs in these groups."""
        self.grouping = grouping
        self.changed.emit()

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
        now, any_state = self.filter, [("Any state", None), *states]
        any_faces = [("Any faces", ""), *_named(faces)]
        any_tag = [("Any tag, or none", ""), *_named(tags)]
        _add(menu, "&State", any_state, now.state, lambda state: self._ask(state=state))
        _add(menu, "&Faces", any_faces, now.faces, lambda faces: self._ask(faces=faces))
        _add(menu, "&Tag", any_tag, now.tag, lambda tag: self._ask(tag=tag))
        menu.addSeparator()
        groupings = [(each.value, each) for each in Grouping]
        below = _add(menu, "&Group by", groupings, self.grouping, self.group_by)
        below.setToolTipsVisible(True)
        for action, (_, grouping) in zip(below.actions(), groupings, strict=True):
            action.setToolTip(_GROUPING_TIPS[grouping])
        menu.addSeparator()
        menu.addAction("Show &all", self.clear).setEnabled(self.filter != RunFilter())


def _add(
    menu: QMenu,
    title: str,
    choices: Sequence[tuple[str, Any]],
    chosen: object,
    choose: Callable[[Any], None],
) -> QMenu:
    """Add a submenu that calls ``choose`` with the value of one of the choices."""
    below = menu.addMenu(title)
    only_one = QActionGroup(below)
    for text, value in choices:
        action = below.addAction(in_menu(text), partial(choose, value))
        action.setCheckable(True)
        action.setChecked(value == chosen)
        only_one.addAction(action)
    below.setEnabled(len(choices) > 1)
    return below


def _named(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(names, key=str.casefold)]
