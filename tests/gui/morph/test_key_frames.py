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
    QWheelEvent,
)
from PySide6.QtGui import QDropEvent as RealDropEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.core.models import Models
from cae_gui.core.selection import Selected, Selection
from cae_gui.morph.key_frames import KeyFrames, SegmentEditor, letter_of
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher, MorphState, Segment
from cae_gui.widgets.face_mime import face_to_mime
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
PIXELS = [np.full((48, 48, 3), 20 * value, np.uint8) for value in range(12)]


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
    frames.resize(900, frames.sizeHint().height())
    qtbot.addWidget(frames)
    with qtbot.waitExposed(frames):
        frames.show()
    return frames


def shown(frames: KeyFrames) -> list[float]:
    return [each.seconds.value() for each in frames.segments if each.isVisible()]


def test_a_letter_for_each_place() -> None:
    assert [letter_of(index) for index in (0, 1, 25, 26, 30)] == ["A", "B", "Z", "27", "31"]


def test_cards_and_the_ways_between_them(frames: KeyFrames, morpher: Morpher) -> None:
    assert [card.accessibleName() for card in frames.cards] == [
        "A: Face 0: Face 0", "B: Face 1: Face 1", "C: Face 2: Face 2",
    ]  # fmt: skip
    assert shown(frames) == [1.0, 2.0]
    show(morpher, 3, loop=True)
    assert shown(frames) == [1.0, 2.0, 3.0]
    assert frames.segments[2].seconds.accessibleName() == "Seconds from C to A"
    show(morpher, 2)
    assert len(frames.cards) == 2
    assert shown(frames) == [1.0]


def test_a_card_says_what_can_be_done_with_it(frames: KeyFrames) -> None:
    for card in frames.cards:
        assert card.toolTip().startswith("Face ")
    for card in (*frames.cards, frames.plus):
        assert "Drop a face here" in card.toolTip()
    assert frames.plus.accessibleName() == "Add a face"


def test_two_empty_places_say_what_to_do(selection: Selection, qtbot: QtBot) -> None:
    morpher = Morpher()
    frames = KeyFrames(morpher, selection)
    qtbot.addWidget(frames)
    assert [card.accessibleName() for card in frames.cards] == ["A", "B"]
    assert not frames.plus.isVisibleTo(frames)
    assert not frames.segments[0].isEnabled()
    show(morpher, 1)
    assert frames.cards[0].accessibleName() == "A: Face 0: Face 0"
    assert frames.count() == 1


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


def test_a_face_dropped_between_two_comes_between_them(frames: KeyFrames, morpher: Morpher) -> None:
    for segment, index in ((frames.segments[0], 1), (frames.segments[1], 2)):
        place = segment.mapTo(frames, segment.rect().center())
        frames.dropEvent(DropEvent(None, place, face_to_mime("Ann", PIXELS[5])))
        assert names(morpher).index("Ann") == index
        assert len(names(morpher)) == 4
        morpher.undo_stack.undo()


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


@pytest.mark.parametrize(("index", "gap", "target"), [(0, 1, 1), (2, 0, 1)])
def test_a_card_between_two_cards_goes_there(
    frames: KeyFrames, morpher: Morpher, index: int, gap: int, target: int
) -> None:
    place = frames.segments[gap].mapTo(frames, frames.segments[gap].rect().center())
    mime = face_to_mime("Face", PIXELS[index])
    frames.dropEvent(DropEvent(frames.cards[index], place, mime))
    assert names(morpher) == moved(index, target)


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


def test_tab_goes_along_the_row(morpher: Morpher, selection: Selection, qtbot: QtBot) -> None:
    holder, button = QWidget(), QPushButton("Next")
    frames = KeyFrames(morpher, selection)
    line = QHBoxLayout(holder)
    line.addWidget(frames)
    line.addWidget(button)
    qtbot.addWidget(holder)
    with qtbot.waitExposed(holder):
        holder.show()
    show(morpher, 4)
    qtbot.waitUntil(frames.cards[3].isVisible)
    way = frames.segments[2]
    frames.cards[2].setFocus()
    row = [way.seconds, way.ease, way.way, frames.cards[3], frames.plus, button]
    for widget in row:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert widget.hasFocus()


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


def test_a_segment_edits_the_way_from_its_face(frames: KeyFrames, morpher: Morpher) -> None:
    frames.segments[1].seconds.stepUp()
    frames.segments[0].ease.setCurrentIndex(0)
    frames.segments[0].way.setCurrentIndex(1)
    assert morpher.state.segments[:2] == (Segment(1.0, "even", True), Segment(2.5))


def test_the_place_for_a_further_face_stays_in_view(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    bar = frames.horizontalScrollBar()
    for count in range(4, 10):
        show(morpher, count)
        qtbot.waitUntil(frames.cards[-1].isVisible)
        qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    assert bar.maximum() > 0
    bar.setValue(0)
    before = bar.maximum()
    show(morpher, 10)
    qtbot.waitUntil(lambda: bar.maximum() > before)
    assert bar.value() == 0


def test_the_end_stays_in_view_until_it_is_scrolled_away(
    frames: KeyFrames, morpher: Morpher
) -> None:
    bar = frames.horizontalScrollBar()
    show(morpher, 4)
    for maximum in (300, 420):  # a card and its segment may come one after the other
        bar.setRange(0, maximum)
        assert bar.value() == maximum
    bar.setValue(10)
    bar.setRange(0, 500)
    assert bar.value() == 10


def test_twelve_faces_scroll_to_the_one_in_focus(
    frames: KeyFrames, morpher: Morpher, qtbot: QtBot
) -> None:
    show(morpher, 12)
    last = frames.cards[11]
    qtbot.waitUntil(lambda: frames.horizontalScrollBar().maximum() > 0)
    frames.horizontalScrollBar().setValue(0)
    assert not frames.viewport().rect().contains(last.mapTo(frames.viewport(), QPoint(40, 40)))
    frames.cards[10].setFocus()
    qtbot.keyClick(frames.cards[10], Qt.Key.Key_Right)
    assert frames.viewport().rect().contains(last.mapTo(frames.viewport(), QPoint(40, 40)))
    # The names under the faces aren't covered by the scroll bar.
    assert last.geometry().bottom() <= frames.viewport().height()


@pytest.fixture
def segment(qtbot: QtBot) -> SegmentEditor:
    """The way from the fourth face of five."""
    morpher = Morpher()
    morpher.fill(faces(5))
    segment = SegmentEditor(morpher, 3)
    segment.set_segment(morpher.state.segments[3])
    qtbot.addWidget(segment)
    with qtbot.waitExposed(segment):
        segment.show()
    return segment


def edited(segment: SegmentEditor) -> Segment:
    """Return the segment of the path, after a look that the others are as they were."""
    first, second, third, fourth, fifth = segment._morpher.state.segments
    assert [first, second, third, fifth] == [Segment()] * 4
    return fourth


def test_it_shows_a_segment_and_changes_nothing(segment: SegmentEditor) -> None:
    segment.set_segment(Segment(4.5, "slow end", True))
    assert segment.seconds.text() == "4.5 s"
    assert segment.ease.currentText() == "Slow end"
    assert segment.way.currentText() == "Great arc"
    assert edited(segment) == Segment()


def test_each_control_edits_its_segment(segment: SegmentEditor, qtbot: QtBot) -> None:
    for control in (segment.seconds, segment.ease, segment.way):
        control.setFocus()
        qtbot.keyClick(control, Qt.Key.Key_Down)
    assert edited(segment) == Segment(1.5, "slow start", True)
    assert segment._morpher.undo_stack.count() == 3


def test_a_number_counts_once_it_is_typed(segment: SegmentEditor, qtbot: QtBot) -> None:
    segment.seconds.setFocus()
    segment.seconds.selectAll()
    qtbot.keyClicks(segment.seconds, "12.5")
    assert edited(segment) == Segment()
    qtbot.keyClick(segment.seconds, Qt.Key.Key_Return)
    assert edited(segment) == Segment(12.5)
    assert segment._morpher.undo_stack.count() == 1


def test_a_wheel_without_focus_changes_nothing(segment: SegmentEditor) -> None:
    segment.ease.setFocus()
    for control in (segment.seconds, segment.way):
        place = QPointF(5, 5)
        event = QWheelEvent(
            place, place, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(control, event)
    assert segment.seconds.value() == 2.0
    assert segment.way.currentIndex() == 0


def test_the_controls_name_the_ends(segment: SegmentEditor) -> None:
    segment.set_ends("B", "C")
    assert segment.seconds.accessibleName() == "Seconds from B to C"
    assert "from B to C" in segment.ease.toolTip()
    assert segment.way.accessibleName() == "Way from B to C"
