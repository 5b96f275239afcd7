from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.morph.path_slider import PathSlider
from cae_gui.widgets.tokens import FILM
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def slider(qtbot: QtBot) -> PathSlider:
    slider = PathSlider()
    slider.resize(500, FILM)
    slider.set_marks([0, 1, 5], "ABC")
    qtbot.addWidget(slider)
    with qtbot.waitExposed(slider):
        slider.show()
    return slider


def test_it_goes_over_the_whole_time(slider: PathSlider, qtbot: QtBot) -> None:
    moved: list[float] = []
    slider.moved.connect(moved.append)
    slider.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_End):
        qtbot.keyClick(slider, key)
    assert moved == pytest.approx([0.05, 0.55, 5.0])
    assert "5.0 s" in slider.accessibleDescription()


def test_control_and_arrows_go_from_face_to_face(slider: PathSlider, qtbot: QtBot) -> None:
    found = []
    slider.go_to(0.5)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(slider, key, CONTROL)
        found.append(slider.seconds())
    assert found == [1.0, 5.0, 5.0, 1.0]


def test_a_click_on_a_letter_goes_there(slider: PathSlider, qtbot: QtBot) -> None:
    place = QPoint(slider.mark_x(1) + 3, slider.height() - 4)
    with qtbot.waitSignals([slider.actionTriggered, slider.moved]):
        qtbot.mouseClick(slider, LEFT, pos=place)
    assert slider.seconds() == 1.0


def test_the_hand_on_it_is_told_and_a_call_is_not(slider: PathSlider, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(slider.actionTriggered):
        slider.go_to(2.0)
    for modifier in (Qt.KeyboardModifier.NoModifier, CONTROL):
        with qtbot.waitSignal(slider.actionTriggered):
            qtbot.keyClick(slider, Qt.Key.Key_Left, modifier)


def test_other_marks_emit_nothing_and_keep_the_place(slider: PathSlider, qtbot: QtBot) -> None:
    slider.go_to(3.0)
    before = picture_of(slider)
    with qtbot.assertNotEmitted(slider.moved):
        slider.set_marks([0, 1, 2, 8], "ABCD")
        assert slider.seconds() == 3.0
        slider.set_marks([0, 2], "AB")
        assert slider.seconds() == 2.0
        slider.set_marks([], "")
    assert not same_picture(before, picture_of(slider))


def test_marks_lie_in_order_and_their_names_are_seen(slider: PathSlider) -> None:
    places = [slider.mark_x(index) for index in range(3)]
    assert places == sorted(places)
    assert places[1] - places[0] == pytest.approx((places[2] - places[0]) / 5, abs=2)
    before = picture_of(slider)
    slider.set_marks([0, 1, 5], "AXC")
    assert not same_picture(before, picture_of(slider))


def faces(count: int) -> np.ndarray:
    return np.full((count, 48, 48, 3), 128, np.uint8)


def test_a_drag_goes_to_the_time_under_it(slider: PathSlider, qtbot: QtBot) -> None:
    for seconds in (0.3, 2.5, 4.9):
        with qtbot.waitSignals([slider.sliderPressed, slider.moved]):
            place = QPoint(round(slider.x_at(seconds)), FILM // 3)
            qtbot.mouseClick(slider, LEFT, pos=place)
        assert slider.seconds() == pytest.approx(seconds, abs=0.02)


@pytest.mark.parametrize("times", [[0, 60, 60.1], [0, 0.1, 60], [0, 1, 2, 2.1, 9]])
def test_short_ways_have_room_too(slider: PathSlider, times: list[float]) -> None:
    slider.set_marks(times, "ABCDE"[: len(times)])
    rects = [slider.mark_rect(index) for index in range(len(times))]
    assert all(one.right() < other.left() for one, other in pairwise(rects))
    assert all(slider.rect().contains(rect) for rect in rects)
    for time, rect in zip(times, rects, strict=True):
        assert slider.time_at(slider.x_at(time)) == pytest.approx(time)
        assert abs(slider.x_at(time) - rect.center().x()) <= 1


def test_it_has_room_for_frames_between_the_faces(slider: PathSlider, qtbot: QtBot) -> None:
    few = slider.frame_times()
    assert few == sorted(few)
    assert all(0 < time < 5 for time in few)
    with qtbot.waitSignal(slider.laid_out):
        slider.resize(900, FILM)
    assert len(slider.frame_times()) > len(few)
    slider.set_marks([0, 1, 5], "ABA")  # a loop has its first face again
    assert slider.frame_times()[-1] == 5


def test_the_frames_and_the_playhead_are_seen(slider: PathSlider) -> None:
    empty = picture_of(slider)
    times = slider.frame_times()
    slider.set_frames(faces(len(times)), times)
    assert slider.count() == len(times)
    filled = picture_of(slider)
    assert not same_picture(empty, filled)
    slider.go_to(2.0)
    assert not same_picture(filled, picture_of(slider))
    slider.go_to(0.0)
    assert same_picture(filled, picture_of(slider))


class Watched(PathSlider):
    """Notes how wide a part of it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[int] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted.append(event.rect().width())
        super().paintEvent(event)


def test_a_step_paints_only_where_the_playhead_was_and_is(qtbot: QtBot) -> None:
    slider = Watched()
    slider.resize(500, FILM)
    slider.set_marks([0, 1, 5], "ABC")
    qtbot.addWidget(slider)
    with qtbot.waitExposed(slider):
        slider.show()
    qtbot.waitUntil(lambda: bool(slider.painted))
    QApplication.processEvents()
    slider.painted.clear()
    slider.go_to(0.1)
    qtbot.waitUntil(lambda: bool(slider.painted))
    assert max(slider.painted) < slider.width() / 8


def test_the_focus_is_seen(slider: PathSlider, qtbot: QtBot) -> None:
    slider.activateWindow()
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    focused = picture_of(slider)
    slider.clearFocus()
    assert not same_picture(focused, picture_of(slider))
