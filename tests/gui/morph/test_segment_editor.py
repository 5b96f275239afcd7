from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.morph.segment_editor import SegmentEditor


@pytest.fixture
def segment(qtbot: QtBot) -> SegmentEditor:
    segment = SegmentEditor()
    segment.index = 3
    segment.set_segment(2.0, "smooth", spherical=False)
    qtbot.addWidget(segment)
    with qtbot.waitExposed(segment):
        segment.show()
    return segment


def test_it_shows_a_segment_and_emits_nothing(segment: SegmentEditor, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(segment.seconds_changed),
        qtbot.assertNotEmitted(segment.ease_changed),
        qtbot.assertNotEmitted(segment.spherical_changed),
    ):
        segment.set_segment(4.5, "slow end", spherical=True)
    assert segment.seconds.text() == "4.5 s"
    assert segment.ease.currentText() == "Slow end"
    assert segment.way.currentText() == "Great arc"


def test_each_control_tells_its_place(segment: SegmentEditor, qtbot: QtBot) -> None:
    for control, signal, value in (
        (segment.seconds, segment.seconds_changed, 1.5),
        (segment.ease, segment.ease_changed, "slow start"),
        (segment.way, segment.spherical_changed, True),
    ):
        control.setFocus()
        with qtbot.waitSignal(signal) as blocker:
            qtbot.keyClick(control, Qt.Key.Key_Down)
        assert blocker.args == [3, value]


def test_a_number_counts_once_it_is_typed(segment: SegmentEditor, qtbot: QtBot) -> None:
    segment.seconds.setFocus()
    segment.seconds.selectAll()
    with qtbot.assertNotEmitted(segment.seconds_changed):
        qtbot.keyClicks(segment.seconds, "12.5")
    with qtbot.waitSignal(segment.seconds_changed) as blocker:
        qtbot.keyClick(segment.seconds, Qt.Key.Key_Return)
    assert blocker.args == [3, 12.5]


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
