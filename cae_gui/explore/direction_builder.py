"""The form of a custom direction: a name, faces with a feature, and faces without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.controls import Label, PrimaryButton, SectionLabel
from cae_gui.widgets.face_list import FaceListModel, FaceListView
from cae_gui.widgets.face_mime import MIME_TYPE, Face, faces_from_mime
from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.inspectors import Scrolling
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.painting import paint_ring
from model.face_set import FACE_SHAPE

WITH, WITHOUT = 0, 1
SIDES = (WITH, WITHOUT)
MOST_FACES = 500
"""Most faces on a side: more would make the form slow, and hardly improve a direction."""
MOST_LETTERS = 100

_TITLES = ("With it", "Without it")
_EMPTY = (
    "Drag faces here that have it: a smile, a hat, a beard.",
    "Drag faces here that don't have it, and are alike otherwise.",
)
_LOWEST = 88  # one row of a pile, on a low screen
_REMOVING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_HINT = (
    "Drag faces from the gallery, several at once, or select them there and add them. "
    "Meanwhile the edited face stays."
)


class DirectionBuilder(QWidget):
    """A form for one direction; a face is on one side only.

    Enter in the name is ``save``, and Escape is ``cancel``.

    Signals:
        selection_wanted(int): add the faces selected in the gallery to this side.
        faces_changed(): the faces of a side have changed.
    """

    selection_wanted = Signal(int)
    faces_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sides: list[list[Face]] = [[], []]
        self._title = SectionLabel()
        self._name = QLineEdit(maxLength=MOST_LETTERS)
        self._error = Label(wordWrap=True)
        self.piles = [FacePile(), FacePile()]
        self._headings = [Label(), Label()]
        self._add = [QPushButton("Add the selected faces") for _ in SIDES]
        self._separation = Label(wordWrap=True)
        self._preview = FilmStrip()
        self.save = PrimaryButton("Save direction")
        self.cancel = QPushButton("Cancel")
        self._label_controls()
        self._arrange()
        self._connect()
        self.open("", [], [])

    def open(self, name: str, with_it: Sequence[Face], without: Sequence[Face]) -> None:
        """Fill the form; the name is "" for a new direction."""
        self._title.setText(f"Edit “{name}”" if name else "New direction")
        self._name.setText(name)
        self._sides = [list(with_it), list(without)]
        self.set_error("")
        self.set_separation("")
        self.set_preview(None)
        self._show_sides()

    def name(self) -> str:
        """Return the name, stripped of surrounding spaces."""
        return " ".join(self._name.text().split())

    def images(self, side: int) -> NDArray[np.uint8]:
        """Return the faces uint8 (N, 48, 48, 3) of a side."""
        faces = [pixels for _, pixels in self._sides[side]]
        return np.stack(faces) if faces else np.zeros((0, *FACE_SHAPE), np.uint8)

    def add_faces(self, side: int, faces: Sequence[Face]) -> None:
        """Add faces to a side, each once, and remove them from the other side."""
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
        """Show how well the direction separates the two sides."""
        self._separation.setText(text)

    def set_error(self, text: str) -> None:
        """Show why the direction can't be saved; "" hides the message."""
        self._error.setText(text)
        self._error.setVisible(bool(text))

    def set_preview(self, images: NDArray[np.uint8] | None) -> None:
        """Show a face along the direction, uint8 (K, 48, 48, 3), unchanged in the middle."""
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
        self._preview.set_placeholder(
            "The selected face along this direction, −2\u00a0σ to +2\u00a0σ"
        )
        for side in SIDES:
            title = _TITLES[side]
            self.piles[side].set_empty_text(_EMPTY[side])
            self.piles[side].setAccessibleName(title)
            self._headings[side].setBuddy(self.piles[side])
            self._add[side].setToolTip(f"{title}: the faces that are selected in the gallery")
            self._add[side].setAccessibleName(f"{title}: add the selected faces")

    def _arrange(self) -> None:
        sides = QVBoxLayout()
        sides.setSpacing(8)
        for side in SIDES:
            heading = self._headings[side]
            sides.addLayout(filled(QHBoxLayout(), heading, self._add[side], room=heading))
            sides.addWidget(self.piles[side], 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        above = self._title, self._name, Label(_HINT, wordWrap=True)
        rows = *above, sides, self._separation, self._preview
        contents = QWidget()
        filled(QVBoxLayout(contents), *rows, margins=(16, 8, 16, 8), room=sides)
        scrolled = Scrolling(contents)
        # What saves it is in view on low screens, too.
        end = filled(QVBoxLayout(), self._error, buttons, margins=(16, 0, 16, 8))
        filled(QVBoxLayout(self), scrolled, end, room=scrolled)

    def _connect(self) -> None:
        self._name.textEdited.connect(self._on_name)
        self._name.returnPressed.connect(self.save.click)
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
            self.cancel.click()
        else:
            super().keyPressEvent(event)


class FacePile(FaceListView):
    """A grid of faces that takes dropped faces and lets its own be dragged.

    Signals:
        faces_dropped(object): add these faces (list of name and pixels).
        removal_asked(object): remove the faces of these rows (list of int).
    """

    faces_dropped = Signal(object)
    removal_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faces = FaceListModel(self)
        self._is_hovered = False
        self.setModel(self._faces)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setToolTip("A double click or Delete takes a face out.")
        self.doubleClicked.connect(self._remove_one)
        self.entered_on.connect(self._remove_one)

    def set_faces(self, faces: Sequence[Face]) -> None:
        """Show these faces, none of them selected."""
        none = np.zeros((0, *FACE_SHAPE), np.uint8)
        pixels: Pixels = np.stack([face for _, face in faces]) if faces else none
        self._faces.set_faces(pixels, [name for name, _ in faces])

    def selected_places(self) -> list[int]:
        """Return the rows of the selected faces, ascending."""
        return sorted(index.row() for index in self.selectedIndexes())

    def _set_hovered(self, hovered: bool) -> None:
        self._is_hovered = hovered
        self.viewport().update()

    @Slot(QModelIndex)
    def _remove_one(self, index: QModelIndex) -> None:
        self.removal_asked.emit([index.row()])

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), _LOWEST)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _REMOVING and self.selectedIndexes():
            self.removal_asked.emit(self.selected_places())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_hovered:
            painter = QPainter(self.viewport())
            inside = QRectF(self.viewport().rect()).adjusted(3, 3, -3, -3)
            paint_ring(painter, inside, self.palette())
            painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME_TYPE) and event.source() is not self:
            event.acceptProposedAction()
            self._set_hovered(True)
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        # Qt's own method asks the model, which accepts no drops.
        event.setAccepted(event.mimeData().hasFormat(MIME_TYPE) and event.source() is not self)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._set_hovered(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hovered(False)
        faces = faces_from_mime(event.mimeData())
        if faces:
            event.acceptProposedAction()
            self.faces_dropped.emit(faces)


def _key(face: Face) -> bytes:
    return face[1].tobytes()
