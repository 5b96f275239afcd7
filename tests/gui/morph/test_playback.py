from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.morph.playback import SPEEDS, Playback

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def playback(qtbot: QtBot) -> Playback:
    playback = Playback()
    playback.set_path(100.0, loop=False, back=False, speed=1.0)
    qtbot.addWidget(playback)
    with qtbot.waitExposed(playback):
        playback.show()
    return playback


def test_it_plays_from_the_place_on_show(playback: Playback, qtbot: QtBot) -> None:
    playback.set_place(40.0)
    with qtbot.waitSignal(playback.moved) as blocker:
        qtbot.mouseClick(playback.play, LEFT)
    assert 40 <= blocker.args[0] < 90
    assert playback.play.text() == "Pa&use"
    playback.toggle()
    assert playback.play.text() == "Pla&y"
    with qtbot.assertNotEmitted(playback.moved, wait=100):
        pass


def test_it_stops_at_the_end(playback: Playback, qtbot: QtBot) -> None:
    playback.set_path(0.05, loop=False, back=False, speed=4.0)
    playback.toggle()
    qtbot.waitUntil(lambda: not playback.play.isChecked())
    assert playback.play.text() == "Pla&y"


def test_what_cannot_be_played_is_not(playback: Playback) -> None:
    playback.play.setEnabled(False)
    playback.toggle()
    assert not playback.play.isChecked()


def test_settings_by_hand_are_told(playback: Playback, qtbot: QtBot) -> None:
    for box, changed in (
        (playback.loop, playback.loop_changed),
        (playback.back, playback.back_changed),
    ):
        for checked in (True, False):
            with qtbot.waitSignal(changed) as blocker:
                box.click()
            assert blocker.args == [checked]
    playback.speed.setFocus()
    with qtbot.waitSignal(playback.speed_changed) as blocker:
        qtbot.keyClick(playback.speed, Qt.Key.Key_Up)
    assert blocker.args == [0.75]


@pytest.mark.parametrize("speed", SPEEDS)
def test_settings_are_shown_and_emit_nothing(
    playback: Playback, qtbot: QtBot, speed: float
) -> None:
    with (
        qtbot.assertNotEmitted(playback.loop_changed),
        qtbot.assertNotEmitted(playback.back_changed),
        qtbot.assertNotEmitted(playback.speed_changed),
    ):
        playback.set_path(5.0, loop=True, back=True, speed=speed)
    assert playback.loop.isChecked()
    assert playback.back.isChecked()
    assert playback.speed.currentText() == f"{speed:g}×"
