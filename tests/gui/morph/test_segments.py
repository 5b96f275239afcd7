from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher, MorphState, Segment
from cae_gui.morph.segments import SegmentEditor, Segments, letter_of


def faces(count: int) -> tuple[MorphFace, ...]:
    return tuple(MorphFace(f"Face {number}") for number in range(count))


def show(morpher: Morpher, count: int, *, loop: bool = False) -> None:
    """Have so many faces, a second more from each of them to the next one."""
    segments = tuple(Segment(1.0 + number) for number in range(count))
    morpher._set(MorphState(faces(count), segments, loop))


@pytest.fixture
def morpher(qapp: object) -> Morpher:
    """Three faces."""
    morpher = Morpher()
    show(morpher, 3)
    return morpher


@pytest.fixture
def segments(morpher: Morpher, qtbot: QtBot) -> Segments:
    segments = Segments(morpher)
    qtbot.addWidget(segments)
    with qtbot.waitExposed(segments):
        segments.show()
    return segments


def shown(segments: Segments) -> list[float]:
    return [each.seconds.value() for each in segments.editors if each.isVisible()]


def test_a_letter_for_each_place() -> None:
    assert [letter_of(index) for index in (0, 1, 25, 26, 30)] == ["A", "B", "Z", "27", "31"]


def test_there_is_one_for_each_way(segments: Segments, morpher: Morpher) -> None:
    assert shown(segments) == [1.0, 2.0]
    show(morpher, 3, loop=True)
    assert shown(segments) == [1.0, 2.0, 3.0]
    assert segments.editors[2].seconds.accessibleName() == "Seconds from C to A"
    assert segments.editors[2].ends.text() == "C → A"
    show(morpher, 2)
    assert shown(segments) == [1.0]


def test_without_two_faces_there_is_no_way(segments: Segments, morpher: Morpher) -> None:
    show(morpher, 1)
    assert len(segments.editors) == 1
    assert not segments.editors[0].isEnabled()


def test_a_segment_edits_the_way_from_its_face(segments: Segments, morpher: Morpher) -> None:
    segments.editors[1].seconds.stepUp()
    segments.editors[0].ease.setCurrentIndex(0)
    segments.editors[0].way.setCurrentIndex(1)
    assert morpher.state.segments[:2] == (Segment(1.0, "even", True), Segment(2.5))


def test_tab_goes_from_way_to_way(segments: Segments, morpher: Morpher, qtbot: QtBot) -> None:
    show(morpher, 4)
    first, *others = segments.editors
    first.seconds.setFocus()
    order = [first.ease, first.way]
    for editor in others:
        order += [editor.seconds, editor.ease, editor.way]
    for control in order:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert control.hasFocus()


@pytest.fixture
def segment(qtbot: QtBot) -> SegmentEditor:
    """The way from the fourth face of five."""
    morpher = Morpher()
    morpher.fill(faces(5))
    segment = SegmentEditor(morpher, 3)
    segment.set_segment(morpher.state.segments[3], eased=True)
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
    segment.set_segment(Segment(4.5, "slow end", True), eased=True)
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


def test_of_a_long_path_the_last_come_later(
    segments: Segments, morpher: Morpher, qtbot: QtBot
) -> None:
    show(morpher, 30)
    wanted = [segment.seconds for segment in morpher.state.segments[:29]]
    assert shown(segments) == wanted[: len(segments.editors)] != wanted
    qtbot.waitUntil(lambda: shown(segments) == wanted)
    assert segments.editors[28].ends.text() == "29 → 30"
    show(morpher, 2)
    assert shown(segments) == [1.0]
