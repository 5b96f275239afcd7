"""Making a direction: a name, faces with something, and faces without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.explore.face_pile import FacePile
from cae_gui.widgets.controls import PrimaryButton, SectionLabel
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.film_strip import FilmStrip
from model.face_set import FACE_SHAPE

WITH, WITHOUT = 0, 1
SIDES = (WITH, WITHOUT)
MOST_FACES = 500
"""More on a side would stall the form; hardly any direction gets better by them."""
MOST_LETTERS = 100

_TITLES = ("&With it", "W&ithout it")
_EMPTY = (
    "Drag faces here that have it: a smile, a hat, a beard.",
    "Drag faces here that don't have it, and are alike otherwise.",
)
_HINT = "Drag faces from the gallery, several at once, or select them there and add them."


class DirectionBuilder(QWidget):
    """A form for one direction; a face is on one side only.

    Signals:
        selection_wanted(int): the faces selected in the gallery are to come to this side.
        faces_changed(): other faces are on a side.
        name_edited(): another name was typed.
        save_asked(), cancel_asked(): the buttons, or Enter and Escape.
    """

    selection_wanted = Signal(int)
    faces_changed = Signal()
    name_edited = Signal()
    save_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sides: list[list[Face]] = [[], []]
        self._title = SectionLabel()
        self._name = QLineEdit(maxLength=MOST_LETTERS)
        self._error = QLabel(wordWrap=True)
        self.piles = [FacePile(), FacePile()]
        self._headings = [QLabel(), QLabel()]
        self._add = [QPushButton("Add the &selected faces"), QPushButton("Add the se&lected faces")]
        self._separation = QLabel(wordWrap=True)
        self._preview = FilmStrip()
        self.save = PrimaryButton("Sa&ve direction")
        self.cancel = QPushButton("&Cancel")
        self._label_controls()
        self._arrange()
        self._connect()
        self.open("", [], [])

    def open(self, name: str, with_it: Sequence[Face], without: Sequence[Face]) -> None:
        """Begin with this name and these faces; "" is a new direction."""
        self._title.setText(f"Edit “{name}”" if name else "New direction")
        self._name.setText(name)
        self._sides = [list(with_it), list(without)]
        self.set_error("")
        self.set_separation("")
        self.set_preview(None)
        self._show_sides()

    def name(self) -> str:
        """Return the name without the spaces around it."""
        return " ".join(self._name.text().split())

    def images(self, side: int) -> NDArray[np.uint8]:
        """Return the faces uint8 (N, 48, 48, 3) of a side."""
        faces = [pixels for _, pixels in self._sides[side]]
        return np.stack(faces) if faces else np.zeros((0, *FACE_SHAPE), np.uint8)

    def add_faces(self, side: int, faces: Sequence[Face]) -> None:
        """Put faces on a side: from the other one they are taken away, and none comes twice."""
        new = {_key(face): face for face in faces}
        other = self._sides[1 - side]
        self._sides[1 - side] = [face for face in other if _key(face) not in new]
        present = {_key(face): face for face in self._sides[side]}
        room = max(len(present), MOST_FACES)
        found = list((present | new).values())
        self._sides[side] = found[:room]
        self.set_error(f"At most {MOST_FACES:,} faces fit on a side." if found[room:] else "")
        self._show_sides()

    def set_separation(self, text: str) -> None:
        """Say how well the two sides are told apart."""
        self._separation.setText(text)

    def set_error(self, text: str) -> None:
        """Say what keeps the direction from being saved; "" for nothing."""
        self._error.setText(text)
        self._error.setVisible(bool(text))

    def set_preview(self, images: NDArray[np.uint8] | None) -> None:
        """Show a face uint8 (K, 48, 48, 3) along the direction, the middle one as it is."""
        self._preview.set_frames(np.zeros((0, *FACE_SHAPE), np.uint8) if images is None else images)

    def focus_name(self) -> None:
        """Put the cursor into the name, its text selected."""
        self._name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._name.selectAll()

    def _label_controls(self) -> None:
        self._name.setPlaceholderText("Its name, such as “Hat”")
        self._name.setAccessibleName("Name of the direction")
        self._name.setAcceptDrops(False)  # a dropped picture is for the window
        self._error.setForegroundRole(QPalette.ColorRole.BrightText)
        self._preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._preview.setAccessibleName("The face along the direction, from -2 to +2 sigma")
        self._preview.set_placeholder("The selected face along this direction, −2 σ to +2 σ")
        for side in SIDES:
            title = _TITLES[side].replace("&", "")
            self.piles[side].set_empty_text(_EMPTY[side])
            self.piles[side].setAccessibleName(title)
            self._headings[side].setBuddy(self.piles[side])
            self._add[side].setToolTip(f"{title}: the faces that are selected in the gallery")

    def _arrange(self) -> None:
        sides = QGridLayout()
        sides.setSpacing(8)
        for side in SIDES:
            sides.addWidget(self._headings[side], 0, side)
            sides.addWidget(self.piles[side], 1, side)
            sides.addWidget(self._add[side], 2, side)
        sides.setRowStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        hint = QLabel(_HINT, wordWrap=True)
        column.addWidget(self._title)
        column.addWidget(self._name)
        column.addWidget(hint)
        column.addLayout(sides, 1)
        column.addWidget(self._separation)
        column.addWidget(self._preview)
        column.addWidget(self._error)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self._name.textEdited.connect(self._on_name)
        self._name.returnPressed.connect(self.save_asked)
        self.save.clicked.connect(self.save_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        for button, pile in zip(self._add, self.piles, strict=True):
            button.clicked.connect(self._on_add)
            pile.faces_dropped.connect(self._on_dropped)
            pile.removal_asked.connect(self._on_removal)

    def _show_sides(self) -> None:
        for side in SIDES:
            self.piles[side].set_faces(self._sides[side])
            self._headings[side].setText(f"{_TITLES[side]} ({len(self._sides[side]):,})")

    def _side_of_sender(self) -> int:
        sender = self.sender()
        return next(side for side in SIDES if sender in (self.piles[side], self._add[side]))

    @Slot()
    def _on_name(self) -> None:
        self.set_error("")
        self.name_edited.emit()

    @Slot()
    def _on_add(self) -> None:
        self.selection_wanted.emit(self._side_of_sender())

    @Slot(object)
    def _on_dropped(self, faces: list[Face]) -> None:
        self.add_faces(self._side_of_sender(), faces)
        self.faces_changed.emit()

    @Slot(object)
    def _on_removal(self, places: list[int]) -> None:
        faces = self._sides[self._side_of_sender()]
        for place in reversed(places):
            del faces[place]
        self._show_sides()
        self.faces_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancel_asked.emit()
        else:
            super().keyPressEvent(event)


def _key(face: Face) -> bytes:
    return face[1].tobytes()
