from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent
from PySide6.QtGui import QDropEvent as RealDropEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.morph.key_frames import FrameItem, KeyFrames, letter_of
from cae_gui.widgets.face_mime import face_to_mime
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
PIXELS = [np.full((48, 48, 3), 20 * value, np.uint8) for value in range(12)]


class DropEvent(RealDropEvent):
    """A drop from a widget; Qt itself only knows the source while the mouse drags."""

    def __init__(self, source: QWidget | None, place: QPoint, mime: QMimeData) -> None:
        copy, no_keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        super().__init__(QPointF(place), copy, mime, LEFT, no_keys, QEvent.Type.Drop)
        self._source, self._mime = source, mime  # Qt doesn't own it

    def source(self) -> Any:
        return self._source


def items(count: int) -> list[FrameItem]:
    return [
        FrameItem(f"Face {number}", PIXELS[number], 1.0 + number, "smooth", False)
        for number in range(count)
    ]


@pytest.fixture
def frames(qtbot: QtBot) -> KeyFrames:
    frames = KeyFrames()
    frames.resize(900, frames.sizeHint().height())
    frames.set_frames(items(3), loop=False)
    qtbot.addWidget(frames)
    with qtbot.waitExposed(frames):
        frames.show()
    return frames


def shown(frames: KeyFrames) -> list[float]:
    return [each.seconds.value() for each in frames.segments if each.isVisible()]


def test_a_letter_for_each_place() -> None:
    assert [letter_of(index) for index in (0, 1, 25, 26, 30)] == ["A", "B", "Z", "27", "31"]


def test_cards_and_the_ways_between_them(frames: KeyFrames) -> None:
    assert [card.accessibleName() for card in frames.cards] == [
        "A: Face 0: Face 0", "B: Face 1: Face 1", "C: Face 2: Face 2",
    ]  # fmt: skip
    assert shown(frames) == [1.0, 2.0]
    frames.set_frames(items(3), loop=True)
    assert shown(frames) == [1.0, 2.0, 3.0]
    assert frames.segments[2].seconds.accessibleName() == "Seconds from C to A"
    frames.set_frames(items(2), loop=False)
    assert len(frames.cards) == 2
    assert shown(frames) == [1.0]


def test_a_card_says_what_can_be_done_with_it(frames: KeyFrames) -> None:
    for card in frames.cards:
        assert card.toolTip().startswith("Face ")
    for card in (*frames.cards, frames.plus):
        assert "Drop a face here" in card.toolTip()
    assert frames.plus.accessibleName() == "Add a face"


def test_two_empty_places_say_what_to_do(qtbot: QtBot) -> None:
    frames = KeyFrames()
    qtbot.addWidget(frames)
    assert [card.accessibleName() for card in frames.cards] == ["A", "B"]
    assert not frames.plus.isVisibleTo(frames)
    assert not frames.segments[0].isEnabled()
    frames.set_frames(items(1), loop=False)
    assert frames.cards[0].accessibleName() == "A: Face 0: Face 0"
    assert frames.count() == 1


def test_a_face_that_is_not_decoded_yet_is_an_empty_place(frames: KeyFrames) -> None:
    before = picture_of(frames.cards[1])
    frames.set_frames([*items(1), FrameItem("Ann", None, 1, "even", True)], loop=False)
    assert not same_picture(before, picture_of(frames.cards[1]))


def test_click_and_enter_take_the_selected_face(frames: KeyFrames, qtbot: QtBot) -> None:
    for card, index in ((frames.cards[1], 1), (frames.plus, 3)):
        with qtbot.waitSignal(frames.taken) as blocker:
            qtbot.mouseClick(card, LEFT)
        assert blocker.args == [index]
        with qtbot.waitSignal(frames.taken) as blocker:
            qtbot.keyClick(card, Qt.Key.Key_Return)
        assert blocker.args == [index]


def test_space_is_left_to_the_playing(frames: KeyFrames, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(frames.taken):
        qtbot.keyClick(frames.cards[0], Qt.Key.Key_Space)


def test_a_dropped_face_replaces_or_is_added(frames: KeyFrames, qtbot: QtBot) -> None:
    for card, index in ((frames.cards[1], 1), (frames.plus, 3)):
        with qtbot.waitSignal(frames.face_put) as blocker:
            card.dropEvent(DropEvent(None, QPoint(20, 20), face_to_mime("Ann", PIXELS[5])))
        assert blocker.args[:2] == [index, "Ann"]
        np.testing.assert_array_equal(blocker.args[2], PIXELS[5])


def test_a_face_dropped_between_two_comes_between_them(frames: KeyFrames, qtbot: QtBot) -> None:
    for segment, index in ((frames.segments[0], 1), (frames.segments[1], 2)):
        place = segment.mapTo(frames, segment.rect().center())
        with qtbot.waitSignal(frames.inserted) as blocker:
            frames.dropEvent(DropEvent(None, place, face_to_mime("Ann", PIXELS[5])))
        assert blocker.args[:2] == [index, "Ann"]


def test_where_a_face_would_go_is_marked(frames: KeyFrames) -> None:
    plain = picture_of(frames)
    place = frames.segments[0].mapTo(frames, frames.segments[0].rect().center())
    mime = face_to_mime("Ann", PIXELS[5])
    arguments = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(frames.viewport(), QDragEnterEvent(place, *arguments))
    QApplication.sendEvent(frames.viewport(), QDragMoveEvent(place, *arguments))
    assert not same_picture(plain, picture_of(frames))
    QApplication.sendEvent(frames.viewport(), QDragLeaveEvent())
    assert same_picture(plain, picture_of(frames))


@pytest.mark.parametrize(("index", "target"), [(0, 2), (2, 0), (1, 0)])
def test_a_card_on_a_card_takes_its_place(
    frames: KeyFrames, qtbot: QtBot, index: int, target: int
) -> None:
    mime = face_to_mime("Face", PIXELS[index])
    with qtbot.waitSignal(frames.moved) as blocker, qtbot.assertNotEmitted(frames.face_put):
        frames.cards[target].dropEvent(DropEvent(frames.cards[index], QPoint(9, 9), mime))
    assert blocker.args == [index, target]


def test_a_card_on_the_last_place_goes_to_the_end(frames: KeyFrames, qtbot: QtBot) -> None:
    mime = face_to_mime("Face", PIXELS[0])
    with qtbot.waitSignal(frames.moved) as blocker:
        frames.plus.dropEvent(DropEvent(frames.cards[0], QPoint(9, 9), mime))
    assert blocker.args == [0, 2]


@pytest.mark.parametrize(("index", "gap", "target"), [(0, 1, 1), (2, 0, 1)])
def test_a_card_between_two_cards_goes_there(
    frames: KeyFrames, qtbot: QtBot, index: int, gap: int, target: int
) -> None:
    place = frames.segments[gap].mapTo(frames, frames.segments[gap].rect().center())
    mime = face_to_mime("Face", PIXELS[index])
    with qtbot.waitSignal(frames.moved) as blocker, qtbot.assertNotEmitted(frames.inserted):
        frames.dropEvent(DropEvent(frames.cards[index], place, mime))
    assert blocker.args == [index, target]


def test_control_and_arrows_move_a_card_with_the_focus(frames: KeyFrames, qtbot: QtBot) -> None:
    frames.cards[1].setFocus()
    with qtbot.waitSignal(frames.moved) as blocker:
        qtbot.keyClick(frames.cards[1], Qt.Key.Key_Right, CONTROL)
    assert blocker.args == [1, 2]
    assert frames.cards[2].hasFocus()
    with qtbot.assertNotEmitted(frames.moved):
        qtbot.keyClick(frames.cards[2], Qt.Key.Key_Right, CONTROL)
        qtbot.keyClick(frames.cards[0], Qt.Key.Key_Left, CONTROL)


def test_arrows_walk_along_the_row(frames: KeyFrames, qtbot: QtBot) -> None:
    frames.cards[0].setFocus()
    for card in (frames.cards[1], frames.cards[2], frames.plus):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
        assert card.hasFocus()
    qtbot.keyClick(frames.plus, Qt.Key.Key_Left)
    assert frames.cards[2].hasFocus()


def test_tab_goes_along_the_row(qtbot: QtBot) -> None:
    holder, frames, button = QWidget(), KeyFrames(), QPushButton("Next")
    line = QHBoxLayout(holder)
    line.addWidget(frames)
    line.addWidget(button)
    qtbot.addWidget(holder)
    with qtbot.waitExposed(holder):
        holder.show()
    frames.set_frames(items(4), loop=False)
    qtbot.waitUntil(frames.cards[3].isVisible)
    way = frames.segments[2]
    frames.cards[2].setFocus()
    row = [way.seconds, way.ease, way.way, frames.cards[3], frames.plus, button]
    for widget in row:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert widget.hasFocus()


def test_delete_and_the_button_remove(frames: KeyFrames, qtbot: QtBot) -> None:
    card = frames.cards[1]
    assert not card.remove_button.isVisible()
    card.setFocus()
    assert card.remove_button.isVisible()
    assert card.remove_button.accessibleName() == "Remove B: Face 1"
    with qtbot.waitSignal(frames.removed) as blocker:
        qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert blocker.args == [1]
    with qtbot.waitSignal(frames.removed) as blocker:
        qtbot.mouseClick(card.remove_button, LEFT)
    assert blocker.args == [1]


def test_the_last_two_and_the_empty_place_stay(frames: KeyFrames, qtbot: QtBot) -> None:
    frames.set_frames(items(2), loop=False)
    frames.cards[0].setFocus()
    assert not frames.cards[0].remove_button.isVisible()
    with qtbot.assertNotEmitted(frames.removed):
        qtbot.keyClick(frames.cards[0], Qt.Key.Key_Delete)
        qtbot.keyClick(frames.plus, Qt.Key.Key_Delete)


def test_the_menu_key_asks_for_a_menu(frames: KeyFrames, qtbot: QtBot) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    with qtbot.waitSignal(frames.menu_asked) as blocker:
        QApplication.sendEvent(frames.cards[2], event)
    assert blocker.args[0] == 2


def test_a_segment_tells_its_place(frames: KeyFrames, qtbot: QtBot) -> None:
    with qtbot.waitSignal(frames.seconds_changed) as blocker:
        frames.segments[1].seconds.stepUp()
    assert blocker.args == [1, 2.5]
    with qtbot.waitSignal(frames.ease_changed) as blocker:
        frames.segments[0].ease.setCurrentIndex(0)
    assert blocker.args == [0, "even"]
    with qtbot.waitSignal(frames.spherical_changed) as blocker:
        frames.segments[0].way.setCurrentIndex(1)
    assert blocker.args == [0, True]


def test_the_place_for_a_further_face_stays_in_view(frames: KeyFrames, qtbot: QtBot) -> None:
    bar = frames.horizontalScrollBar()
    for count in range(4, 10):
        frames.set_frames(items(count), loop=False)
        qtbot.waitUntil(frames.cards[-1].isVisible)
        qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    assert bar.maximum() > 0
    bar.setValue(0)
    before = bar.maximum()
    frames.set_frames(items(10), loop=False)
    qtbot.waitUntil(lambda: bar.maximum() > before)
    assert bar.value() == 0


def test_twelve_faces_scroll_to_the_one_in_focus(frames: KeyFrames, qtbot: QtBot) -> None:
    frames.set_frames(items(12), loop=False)
    last = frames.cards[11]
    qtbot.waitUntil(lambda: frames.horizontalScrollBar().maximum() > 0)
    frames.horizontalScrollBar().setValue(0)
    assert not frames.viewport().rect().contains(last.mapTo(frames.viewport(), QPoint(40, 40)))
    frames.cards[10].setFocus()
    qtbot.keyClick(frames.cards[10], Qt.Key.Key_Right)
    assert frames.viewport().rect().contains(last.mapTo(frames.viewport(), QPoint(40, 40)))
    # The names under the faces aren't covered by the scroll bar.
    assert last.geometry().bottom() <= frames.viewport().height()
