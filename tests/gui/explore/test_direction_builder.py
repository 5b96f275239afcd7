from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.explore.direction_builder import (
    MOST_FACES,
    WITH,
    WITHOUT,
    DirectionBuilder,
    FacePile,
)
from cae_gui.widgets.face_mime import Face, faces_to_mime

LEFT = Qt.MouseButton.LeftButton


def faces(*numbers: int) -> list[Face]:
    return [(f"Face {number}", np.full((48, 48, 3), number, np.uint8)) for number in numbers]


@pytest.fixture
def builder(qtbot: QtBot) -> DirectionBuilder:
    builder = DirectionBuilder()
    builder.resize(420, 640)
    qtbot.addWidget(builder)
    with qtbot.waitExposed(builder):
        builder.show()
    return builder


def drop(pile: FacePile, mime: QMimeData) -> None:
    action, keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    place = QPointF(pile.viewport().rect().center())
    pile.dropEvent(QDropEvent(place, action, mime, LEFT, keys))


def numbers(builder: DirectionBuilder, side: int) -> list[int]:
    return [int(image[0, 0, 0]) for image in builder.images(side)]


def shown(builder: DirectionBuilder) -> list[str]:
    return [label.text() for label in builder.findChildren(QLabel) if label.isVisible()]


def click(builder: DirectionBuilder, place: int, side: int, qtbot: QtBot, *, twice: bool) -> None:
    pile = builder.piles[side]
    point = pile.visualRect(pile.model().index(place, 0)).center()
    qtbot.mouseClick(pile.viewport(), LEFT, pos=point)
    if twice:
        qtbot.mouseDClick(pile.viewport(), LEFT, pos=point)


def test_many_faces_are_dropped_at_once_and_counted(
    builder: DirectionBuilder, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(builder.faces_changed):
        drop(builder.piles[WITH], faces_to_mime(faces(1, 2, 3)))
    drop(builder.piles[WITHOUT], faces_to_mime(faces(4)))
    assert numbers(builder, WITH) == [1, 2, 3]
    assert numbers(builder, WITHOUT) == [4]
    assert "With it (3)" in shown(builder)
    assert "Without it (1)" in shown(builder)


def test_a_face_is_on_one_side_once(builder: DirectionBuilder) -> None:
    builder.add_faces(WITH, faces(1, 2, 3))
    builder.add_faces(WITH, faces(2, 4, 4))
    assert numbers(builder, WITH) == [1, 2, 3, 4]
    builder.add_faces(WITHOUT, faces(1, 3))
    assert numbers(builder, WITH) == [2, 4]
    assert numbers(builder, WITHOUT) == [1, 3]


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_takes_the_selected_faces_out(
    key: Qt.Key, builder: DirectionBuilder, qtbot: QtBot
) -> None:
    builder.add_faces(WITH, faces(1, 2, 3))
    click(builder, 0, WITH, qtbot, twice=False)
    qtbot.keyClick(builder.piles[WITH], Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(builder.faces_changed):
        qtbot.keyClick(builder.piles[WITH], key)
    assert numbers(builder, WITH) == [3]
    with qtbot.assertNotEmitted(builder.faces_changed):
        qtbot.keyClick(builder.piles[WITH], key)


def test_a_double_click_takes_a_face_out(builder: DirectionBuilder, qtbot: QtBot) -> None:
    builder.add_faces(WITHOUT, faces(1, 2, 3))
    click(builder, 1, WITHOUT, qtbot, twice=True)
    assert numbers(builder, WITHOUT) == [1, 3]


def test_two_columns_of_faces_fit_beside_each_other(builder: DirectionBuilder) -> None:
    builder.add_faces(WITH, faces(1, 2))
    pile = builder.piles[WITH]
    tops = [pile.visualRect(pile.model().index(place, 0)).top() for place in range(2)]
    assert tops[0] == tops[1]


def test_buttons_ask_for_the_selected_faces(builder: DirectionBuilder, qtbot: QtBot) -> None:
    sides: list[int] = []
    builder.selection_wanted.connect(sides.append)
    for button in builder.findChildren(QPushButton):
        if "lected" in button.text():
            qtbot.mouseClick(button, LEFT)
    assert sorted(sides) == [WITH, WITHOUT]


def test_a_side_takes_so_many_faces_and_says_so(builder: DirectionBuilder) -> None:
    images = np.arange(MOST_FACES + 1, dtype=np.uint32).view(np.uint8).reshape(-1, 4)
    pixels = np.zeros((MOST_FACES + 1, 48, 48, 3), np.uint8)
    pixels[:, 0, 0] = images[:, :3]
    builder.add_faces(WITH, [("", face) for face in pixels])
    assert len(builder.images(WITH)) == MOST_FACES
    assert "At most 500 faces fit on a side." in shown(builder)
    builder.add_faces(WITH, [])
    assert len(builder.images(WITH)) == MOST_FACES
    assert "At most 500 faces fit on a side." not in shown(builder)


def test_enter_saves_and_escape_cancels(builder: DirectionBuilder, qtbot: QtBot) -> None:
    field = builder.findChild(QLineEdit)
    qtbot.keyClicks(field, "  A  hat ")
    assert builder.name() == "A hat"
    with qtbot.waitSignal(builder.save.clicked):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    with qtbot.waitSignal(builder.cancel.clicked):
        qtbot.keyClick(field, Qt.Key.Key_Escape)


def test_opening_shows_what_there_is_and_forgets_the_rest(builder: DirectionBuilder) -> None:
    builder.set_error("Wrong.")
    builder.set_separation("Tells them apart.")
    builder.set_preview(np.zeros((5, 48, 48, 3), np.uint8))
    builder.open("Hat", faces(1), faces(2, 3))
    assert builder.name() == "Hat"
    assert (numbers(builder, WITH), numbers(builder, WITHOUT)) == ([1], [2, 3])
    texts: Sequence[str] = shown(builder)
    assert "Edit “Hat”" in texts
    assert not {"Wrong.", "Tells them apart."} & set(texts)


def test_setters_never_emit(builder: DirectionBuilder, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(builder.faces_changed):
        builder.open("Hat", faces(1), faces(2))
        builder.add_faces(WITH, faces(5))


def test_what_is_no_face_is_not_taken(builder: DirectionBuilder) -> None:
    mime = QMimeData()
    mime.setText("hello")
    drop(builder.piles[WITH], mime)
    assert numbers(builder, WITH) == []
