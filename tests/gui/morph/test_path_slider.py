from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from cae_gui.morph.path_slider import PathSlider
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def slider(qtbot: QtBot) -> PathSlider:
    slider = PathSlider()
    slider.resize(500, slider.sizeHint().height())
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
