from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
)
from PySide6.QtGui import QDropEvent as RealDropEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.core.models import Models
from cae_gui.core.selection import Selected, Selection
from cae_gui.morph.key_frames import KeyFrames
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher, MorphState, Segment
from cae_gui.widgets.face_mime import face_to_mime
from cae_gui.widgets.tokens import FILM
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
PIXELS = [np.full((48, 48, 3), 10 * value, np.uint8) for value in range(20)]


class DropEvent(RealDropEvent):
    """A drop from a widget; Qt itself only knows the source while the mouse drags."""

    def __init__(self, source: QWidget | None, place: QPoint, mime: QMimeData) -> None:
        copy, no_keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        super().__init__(QPointF(place), copy, mime, LEFT, no_keys, QEvent.Type.Drop)
        self._source, self._mime = source, mime  # Qt doesn't own it

    def source(self) -> Any:
        return self._source


def faces(count: int) -> tuple[MorphFace, ...]:
    return tuple(MorphFace(f"Face {number}", PIXELS[number]) for number in range(count))


def show(morpher: Morpher, count: int, *, loop: bool = False) -> None:
    """Have so many faces, a second more from each of them to the next one."""
    segments = tuple(Segment(1.0 + number) for number in range(count))
    morpher._set(MorphState(faces(count), segments, loop))


def names(morpher: Morpher) -> list[str]:
    return [face.name for face in morpher.state.faces]


@pytest.fixture
def morpher(qapp: object) -> Morpher:
    """Three faces."""
    morpher = Morpher()
    show(morpher, 3)
    return morpher


@pytest.fixture
def selection(qapp: object) -> Iterator[Selection]:
    models = Models(pytest.fail)
    selection = Selection(models)
    selection.show(Selected("Chosen", PIXELS[9]))
    yield selection
    stop_and_wait(models.jobs())


@pytest.fixture
def frames(morpher: Morpher, selection: Selection, qtbot: QtBot) -> KeyFrames:
    frames = KeyFrames(morpher, selection)
    frames.resize(900, FILM)
    qtbot.addWidget(frames)
    with qtbot.waitExposed(frames):
        frames.show()
    return frames


def test_a_card_says_what_can_be_done_with_it(frames: KeyFrames) -> None:
    for card in frames.cards:
        assert card.toolTip().startswith("Face ")
    for card in (*frames.cards, frames.plus):
        assert "Drop a face here" in card.toolTip()
    assert frames.plus.accessibleName() == "Add a face"


def test_a_face_that_is_not_decoded_yet_is_an_empty_place(
    frames: KeyFrames, morpher: Morpher
) -> None:
    before = picture_of(frames.cards[1])
    morpher.put(1, morpher.made("Ann", np.zeros(2, np.float32)))
    waiting = picture_of(frames.cards[1])
    assert not same_picture(before, waiting)
    morpher.set_pixels(morpher.to_decode(), np.stack([PIXELS[5]]))
    assert not same_picture(waiting, picture_of(frames.cards[1]))


def test_click_and_enter_take_the_selected_face(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    for card, index in ((frames.cards[1], 1), (frames.plus, 3)):
        for take in (
            lambda card=card: qtbot.mouseClick(card, LEFT),
            lambda card=card: qtbot.keyClick(card, Qt.Key.Key_Return),
        ):
            take()
            assert names(morpher)[index] == "Chosen"
            morpher.undo_stack.undo()
            assert names(morpher) == ["Face 0", "Face 1", "Face 2"]


def test_without_a_selected_face_a_click_changes_nothing(
    frames: KeyFrames, morpher: Morpher, selection: Selection, qtbot: QtBot
) -> None:
    selection.face = None
    qtbot.mouseClick(frames.plus, LEFT)
    assert morpher.undo_stack.count() == 0


def test_space_is_left_to_the_playing(frames: KeyFrames, morpher: Morpher, qtbot: QtBot) -> None:
    qtbot.keyClick(frames.cards[0], Qt.Key.Key_Space)
    assert morpher.undo_stack.count() == 0


def test_a_dropped_face_replaces_or_is_added(frames: KeyFrames, morpher: Morpher) -> None:
    for card, index in ((frames.cards[1], 1), (frames.plus, 3)):
        card.dropEvent(DropEvent(None, QPoint(20, 20), face_to_mime("Ann", PIXELS[5])))
        face = morpher.state.faces[index]
        assert face.name == "Ann"
        np.testing.assert_array_equal(face.photo, PIXELS[5])
    assert names(morpher) == ["Face 0", "Ann", "Face 2", "Ann"]


def moved(index: int, target: int) -> list[str]:
    """Return the names of three faces, one of which was moved."""
    expected = [f"Face {number}" for number in range(3)]
    expected.insert(target, expected.pop(index))
    return expected


@pytest.mark.parametrize(("index", "target"), [(0, 2), (2, 0), (1, 0)])
def test_a_card_on_a_card_takes_its_place(
    frames: KeyFrames, morpher: Morpher, index: int, target: int
) -> None:
    mime = face_to_mime("Face", PIXELS[index])
    frames.cards[target].dropEvent(DropEvent(frames.cards[index], QPoint(9, 9), mime))
    assert names(morpher) == moved(index, target)
    assert morpher.undo_stack.count() == 1


def test_a_card_on_the_last_place_goes_to_the_end(frames: KeyFrames, morpher: Morpher) -> None:
    mime = face_to_mime("Face", PIXELS[0])
    frames.plus.dropEvent(DropEvent(frames.cards[0], QPoint(9, 9), mime))
    assert names(morpher) == moved(0, 2)


def test_control_and_arrows_move_a_card_with_the_focus(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    frames.cards[1].setFocus()
    qtbot.keyClick(frames.cards[1], Qt.Key.Key_Right, CONTROL)
    assert names(morpher) == moved(1, 2)
    assert frames.cards[2].hasFocus()
    qtbot.keyClick(frames.cards[2], Qt.Key.Key_Right, CONTROL)
    qtbot.keyClick(frames.cards[0], Qt.Key.Key_Left, CONTROL)
    assert names(morpher) == moved(1, 2)


def test_arrows_walk_along_the_row(frames: KeyFrames, qtbot: QtBot) -> None:
    frames.cards[0].setFocus()
    for card in (frames.cards[1], frames.cards[2], frames.plus):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
        assert card.hasFocus()
    qtbot.keyClick(frames.plus, Qt.Key.Key_Left)
    assert frames.cards[2].hasFocus()


def test_delete_and_the_button_remove(frames: KeyFrames, morpher: Morpher, qtbot: QtBot) -> None:
    card = frames.cards[1]
    assert not card.remove_button.isVisible()
    card.setFocus()
    assert card.remove_button.isVisible()
    assert card.remove_button.accessibleName() == "Remove B: Face 1"
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert names(morpher) == ["Face 0", "Face 2"]
    assert frames.cards[1].hasFocus()
    morpher.undo_stack.undo()
    qtbot.mouseClick(card.remove_button, LEFT)
    assert names(morpher) == ["Face 0", "Face 2"]


def test_the_last_two_and_the_empty_place_stay(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    show(morpher, 2)
    frames.cards[0].setFocus()
    assert not frames.cards[0].remove_button.isVisible()
    qtbot.keyClick(frames.cards[0], Qt.Key.Key_Delete)
    qtbot.keyClick(frames.plus, Qt.Key.Key_Delete)
    assert names(morpher) == ["Face 0", "Face 1"]


@no_window_manager
def test_the_menu_key_opens_the_menu_of_a_card(frames: KeyFrames) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(frames.cards[2], event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions()[0].text() == "Use the &selected face"
    menu.close()


def between(frames: KeyFrames, gap: int) -> QPoint:
    """Return the place in the middle between two key frames, in coordinates of the strip."""
    slider = frames.slider
    middle = (slider.mark_x(gap) + slider.mark_x(gap + 1)) // 2
    return slider.mapTo(frames, QPoint(middle, slider.height() // 3))


def test_each_card_is_at_its_time_and_named_so(frames: KeyFrames) -> None:
    assert [card.accessibleName() for card in frames.cards] == [
        "A: Face 0", "B: Face 1", "C: Face 2",
    ]  # fmt: skip
    for index, card in enumerate(frames.cards):
        assert card.geometry().center().x() == pytest.approx(frames.slider.mark_x(index), abs=1)
    first, second, third = (frames.slider.mark_x(index) for index in range(3))
    assert third - second == pytest.approx(2 * (second - first), abs=2)


def test_two_empty_places_say_what_to_do(
    selection: Selection, morpher: Morpher, qtbot: QtBot
) -> None:
    empty = Morpher()
    frames = KeyFrames(empty, selection)
    qtbot.addWidget(frames)
    assert [card.accessibleName() for card in frames.cards] == ["A", "B"]
    for count, card in enumerate((frames.plus, frames.cards[1])):
        qtbot.mouseClick(card, LEFT)
        assert frames.count() == count + 1
    assert names(empty) == ["Chosen", "Chosen"]


def test_several_faces_are_added_by_clicks_at_one_place(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    place = frames.plus.mapTo(frames, frames.plus.rect().center())
    for count in range(4, 20):
        assert frames.childAt(place) is frames.plus
        qtbot.mouseClick(frames.plus, LEFT)
        QApplication.processEvents()
        assert frames.count() == count
        shown = frames.cards[-1].visibleRegion().boundingRect()
        assert shown.width() > frames.cards[-1].width() * 2 // 3  # what was added is in view


def test_a_face_dropped_between_two_comes_between_them(frames: KeyFrames, morpher: Morpher) -> None:
    for gap, index in ((0, 1), (1, 2)):
        frames.dropEvent(DropEvent(None, between(frames, gap), face_to_mime("Ann", PIXELS[5])))
        assert names(morpher).index("Ann") == index
        assert len(names(morpher)) == 4
        morpher.undo_stack.undo()


def test_where_a_face_would_go_is_marked(frames: KeyFrames) -> None:
    plain = picture_of(frames)
    mime = face_to_mime("Ann", PIXELS[5])
    arguments = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(frames, QDragEnterEvent(between(frames, 0), *arguments))
    QApplication.sendEvent(frames, QDragMoveEvent(between(frames, 0), *arguments))
    assert not same_picture(plain, picture_of(frames))
    QApplication.sendEvent(frames, QDragLeaveEvent())
    assert same_picture(plain, picture_of(frames))


@pytest.mark.parametrize(("index", "gap", "target"), [(0, 1, 1), (2, 0, 1)])
def test_a_card_between_two_cards_goes_there(
    frames: KeyFrames, morpher: Morpher, index: int, gap: int, target: int
) -> None:
    mime = face_to_mime("Face", PIXELS[index])
    frames.dropEvent(DropEvent(frames.cards[index], between(frames, gap), mime))
    assert names(morpher) == moved(index, target)


def test_tab_goes_along_the_strip(morpher: Morpher, selection: Selection, qtbot: QtBot) -> None:
    holder, button = QWidget(), QPushButton("Next")
    frames = KeyFrames(morpher, selection)
    line = QHBoxLayout(holder)
    line.addWidget(frames)
    line.addWidget(button)
    qtbot.addWidget(holder)
    with qtbot.waitExposed(holder):
        holder.show()
    show(morpher, 4)
    frames.slider.setFocus()
    for widget in (*frames.cards, frames.plus, button):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert widget.hasFocus()


def in_view(frames: KeyFrames, index: int) -> bool:
    card = frames.cards[index]
    return card.visibleRegion().boundingRect() == card.rect()


def test_twenty_faces_scroll_to_the_one_in_focus(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    show(morpher, 20)
    qtbot.waitUntil(lambda: in_view(frames, 19))  # the end stays in view
    frames.cards[0].setFocus()
    assert in_view(frames, 0)
    assert not in_view(frames, 19)
    for _ in range(19):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    assert in_view(frames, 19)
    assert not in_view(frames, 0)


def test_the_playhead_stays_in_view(frames: KeyFrames, morpher: Morpher, qtbot: QtBot) -> None:
    show(morpher, 20)
    qtbot.waitUntil(lambda: in_view(frames, 19))  # the end stays in view
    frames.cards[0].setFocus()
    assert in_view(frames, 0)
    frames.slider.go_to(morpher.state.times[-1])
    assert in_view(frames, 19)
    frames.slider.go_to(0)
    assert in_view(frames, 0)


def test_no_name_is_cut_beside_free_room(frames: KeyFrames, morpher: Morpher) -> None:
    """The middle of a long name, where it would be cut, is seen where its neighbours are short."""
    pictures = []
    for middle in "mn":
        long = MorphFace(f"Bartholomew Montgo{middle}ery-Featherstonehaugh", PIXELS[0])
        morpher._set(MorphState((long, *faces(1)), (Segment(), Segment())))
        pictures.append(picture_of(frames.slider))
    assert not same_picture(*pictures)
