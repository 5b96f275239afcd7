from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from cae_gui.widgets.latent_slider import LatentSlider, SliderRow

ROW = SliderRow("Smiling", -3.0, 3.0, 0.0, "σ", "How much the face smiles.")
Key = Qt.Key


@pytest.fixture
def slider(qtbot: QtBot) -> LatentSlider:
    slider = LatentSlider()
    slider.resize(400, 32)
    slider.bind(ROW, 1.25)
    qtbot.addWidget(slider)
    with qtbot.waitExposed(slider):
        slider.show()
    return slider


def track_of(slider: LatentSlider) -> QSlider:
    return slider.findChild(QSlider)


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
    with qtbot.assertNotEmitted(slider.moved), qtbot.assertNotEmitted(slider.pressed):
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
        (Key.Key_End, Qt.KeyboardModifier.NoModifier, 3.0),
    ],
)
def test_keys_step_finely_or_coarsely(
    slider: LatentSlider,
    qtbot: QtBot,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    value: float,
) -> None:
    slider.set_value(0.0)
    with qtbot.waitSignals([slider.pressed, slider.moved, slider.released], order="strict"):
        qtbot.keyClick(track_of(slider), key, modifier)
    assert slider.value() == pytest.approx(value)


def test_double_click_and_delete_reset(slider: LatentSlider, qtbot: QtBot) -> None:
    for reset in (
        lambda: qtbot.mouseDClick(track_of(slider), Qt.MouseButton.LeftButton),
        lambda: qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(track_of(slider), Key.Key_Delete),
    ):
        slider.set_value(2.0)
        with qtbot.waitSignal(slider.reset_asked), qtbot.assertNotEmitted(slider.released):
            reset()
        assert slider.value() == 0.0


def test_the_tip_explains(slider: LatentSlider) -> None:
    assert "How much the face smiles." in slider.toolTip()
