from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from cae_gui.explore.sliders.latent_slider import EndFace, LatentSlider, LockButton, SliderRow
from cae_gui.widgets.controls import ElidedLabel
from model.face_set import FaceSet
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
ROW = SliderRow("Smiling", -3.0, 3.0, 0.0, "σ", "How much the face smiles.")
Key = Qt.Key


@pytest.fixture
def slider(qtbot: QtBot) -> LatentSlider:
    slider = LatentSlider()
    slider.resize(400, 40)
    slider.bind(ROW, 1.25)
    qtbot.addWidget(slider)
    with qtbot.waitExposed(slider):
        slider.show()
    return slider


def track_of(slider: LatentSlider) -> QSlider:
    return slider.findChild(QSlider)


def lock_of(slider: LatentSlider) -> LockButton:
    return slider.findChild(LockButton)


def ends_of(slider: LatentSlider) -> list[np.ndarray]:
    """What is painted at the left and at the right end."""
    return [picture_of(face) for face in sorted(slider.findChildren(EndFace), key=EndFace.x)]


@pytest.mark.parametrize(
    ("row", "value", "text"),
    [
        (ROW, 1.25, "+1.25 σ"),
        (ROW, -0.5, "−0.50 σ"),
        (SliderRow("Raw", -1.0, 1.0, 0.0, ""), 0.125, "+0.12"),
        (SliderRow("Wide", -100.0, 100.0, 0.0, "%"), 33.3, "+33.3 %"),
        (SliderRow("Wider", 0.0, 1000.0, 0.0, ""), 33.3, "+33"),
    ],
)
def test_value_as_text(row: SliderRow, value: float, text: str) -> None:
    assert row.text_of(value) == text


def test_binding_shows_and_says_nothing(slider: LatentSlider, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(slider.moved), qtbot.assertNotEmitted(slider.track.sliderPressed):
        slider.bind(SliderRow("Age", 0, 10, 5, ""), 2.5)
        slider.set_value(7.5)
    assert slider.text() == "+7.50"
    assert track_of(slider).accessibleName() == "Age"


def test_a_value_beyond_the_limits_is_kept(slider: LatentSlider) -> None:
    slider.set_value(4.5)
    assert slider.value() == 4.5
    assert slider.text() == "+4.50 σ"


@pytest.mark.parametrize(
    ("key", "modifier", "value"),
    [
        (Key.Key_Right, Qt.KeyboardModifier.NoModifier, 0.06),
        (Key.Key_Left, Qt.KeyboardModifier.NoModifier, -0.06),
        (Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, 0.6),
        (Key.Key_Down, Qt.KeyboardModifier.ShiftModifier, -0.6),
        (Key.Key_Right, CTRL, 0.006),
        (Key.Key_Down, CTRL, -0.006),
        (Key.Key_End, Qt.KeyboardModifier.NoModifier, 3.0),
    ],
)
def test_keys_step_finely_coarsely_or_finest(
    slider: LatentSlider,
    qtbot: QtBot,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    value: float,
) -> None:
    slider.set_value(0.0)
    track = slider.track
    told = [track.sliderPressed, slider.moved, track.sliderReleased]
    with qtbot.waitSignals(told, order="strict"):
        qtbot.keyClick(track_of(slider), key, modifier)
    assert slider.value() == pytest.approx(value)


def test_double_click_and_delete_reset(slider: LatentSlider, qtbot: QtBot) -> None:
    for reset in (
        lambda: qtbot.mouseDClick(track_of(slider), Qt.MouseButton.LeftButton),
        lambda: qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(track_of(slider), Key.Key_Delete),
    ):
        slider.set_value(2.0)
        released = slider.track.sliderReleased
        with qtbot.waitSignal(slider.reset_asked), qtbot.assertNotEmitted(released):
            reset()
        assert slider.value() == 0.0


def test_the_tip_explains(slider: LatentSlider) -> None:
    assert "How much the face smiles." in slider.toolTip()


def test_the_faces_lie_at_their_ends_until_another_row_comes(
    slider: LatentSlider, few_faces: FaceSet
) -> None:
    empty = ends_of(slider)
    assert same_picture(*empty)
    slider.set_ends(few_faces.images[0], few_faces.images[1])
    low, high = ends_of(slider)
    assert not same_picture(low, high)
    slider.set_ends(few_faces.images[1], few_faces.images[0])
    assert all(map(same_picture, ends_of(slider), (high, low)))
    slider.bind(SliderRow("Age"), 0.0)
    assert all(map(same_picture, ends_of(slider), empty))


def test_the_value_at_a_place_of_the_track(slider: LatentSlider) -> None:
    track = track_of(slider).geometry()
    assert slider.value_at(track.left() - 50) == -3.0
    assert slider.value_at(track.right() + 50) == 3.0
    assert slider.value_at(track.left() + track.width() / 2) == pytest.approx(0.0, abs=0.1)


def test_the_neutral_value_is_marked(slider: LatentSlider) -> None:
    unmarked = picture_of(track_of(slider))
    slider.bind(SliderRow("Smiling", -3.0, 3.0, -1.0), 1.25)
    assert not same_picture(unmarked, picture_of(track_of(slider)))


def test_l_locks_and_unlocks(slider: LatentSlider, qtbot: QtBot) -> None:
    for locked in (True, False):
        with qtbot.waitSignal(slider.lock_toggled) as blocker:
            qtbot.keyClick(track_of(slider), Key.Key_L)
        assert blocker.args == [locked]
        assert slider.is_movable() is not locked
        assert lock_of(slider).isChecked() is locked
    with qtbot.waitSignal(slider.lock_toggled):
        qtbot.mouseClick(lock_of(slider), LEFT)
    assert lock_of(slider).accessibleName() == "Lock Smiling"


def test_a_locked_one_stays_where_it_is(slider: LatentSlider, qtbot: QtBot) -> None:
    slider.set_locked(True)
    track = track_of(slider)
    with qtbot.assertNotEmitted(slider.moved), qtbot.assertNotEmitted(slider.reset_asked):
        for key in (Key.Key_Right, Key.Key_End, Key.Key_Delete):
            qtbot.keyClick(track, key)
        qtbot.mouseClick(track, LEFT, pos=QPoint(5, track.height() // 2))
        qtbot.mouseDClick(track, LEFT)
        qtbot.mouseDClick(slider, LEFT, pos=QPoint(5, 5))
    assert slider.value() == 1.25
    assert "unlock" in slider.toolTip()
    assert "unlock" in track.accessibleDescription()
    slider.set_locked(False)
    qtbot.keyClick(track, Key.Key_Right)
    assert slider.value() > 1.25


def test_one_without_a_lock_has_none(qtbot: QtBot) -> None:
    slider = LatentSlider(lock=False)
    qtbot.addWidget(slider)
    with qtbot.assertNotEmitted(slider.lock_toggled):
        qtbot.keyClick(track_of(slider), Key.Key_L)
    assert lock_of(slider) is None


def test_one_without_room_says_why(slider: LatentSlider, qtbot: QtBot) -> None:
    slider.set_movable(False)
    assert not track_of(slider).isEnabled()
    assert "no room" in slider.toolTip()
    with qtbot.assertNotEmitted(slider.reset_asked):
        qtbot.mouseDClick(slider, LEFT, pos=QPoint(5, 5))
    slider.set_movable(True)
    assert track_of(slider).isEnabled()
    assert "no room" not in slider.toolTip()


def test_a_press_with_ctrl_is_left_to_the_list(slider: LatentSlider, qtbot: QtBot) -> None:
    track = track_of(slider)
    with qtbot.assertNotEmitted(slider.track.sliderPressed), qtbot.assertNotEmitted(slider.moved):
        qtbot.mousePress(track, LEFT, CTRL, QPoint(5, track.height() // 2))
        qtbot.mouseRelease(track, LEFT, CTRL, QPoint(5, track.height() // 2))
    assert not slider.is_held()


def test_a_long_name_and_its_value_lie_over_the_track(slider: LatentSlider) -> None:
    slider.bind(SliderRow("Bags under eyes"), -2.5)
    slider.resize(288, 40)
    track = track_of(slider).geometry()
    name, value = slider.findChildren(ElidedLabel)
    widths = [label.fontMetrics().horizontalAdvance(label.text()) for label in (name, value)]
    assert name.width() >= widths[0]
    assert name.geometry().right() < value.geometry().right() - widths[1]
    assert max(name.geometry().bottom(), value.geometry().bottom()) < track.top()
    assert track.width() > 150
