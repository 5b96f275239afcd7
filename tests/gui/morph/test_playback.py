from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.playback import SPEEDS, Playback, Player
from model.morph.key_frames import KeyFrame, Path

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def player(qapp: object) -> Player:
    return Player()


def test_it_plays_once_to_the_very_end(player: Player, qtbot: QtBot) -> None:
    places: list[float] = []
    player.moved.connect(places.append)
    player.set_path(0.1, loop=False, back=False, speed=1.0)
    with qtbot.waitSignal(player.stopped):
        player.start(0.0)
    assert places[-1] == 0.1
    assert (np.diff(places) > 0).all()
    with qtbot.assertNotEmitted(player.moved, wait=100):
        pass


def test_from_the_end_the_player_begins_again(player: Player, qtbot: QtBot) -> None:
    player.set_path(100.0, loop=False, back=False, speed=1.0)
    with qtbot.waitSignal(player.moved) as blocker:
        player.start(100.0)
    assert blocker.args[0] < 50
    player.stop()


@pytest.mark.parametrize(("loop", "back"), [(True, False), (False, True), (True, True)])
def test_it_goes_on_until_it_is_stopped(
    player: Player, qtbot: QtBot, loop: bool, back: bool
) -> None:
    places: list[float] = []
    player.moved.connect(places.append)
    player.set_path(0.1, loop=loop, back=back, speed=1.0)
    with qtbot.assertNotEmitted(player.stopped):
        player.start(0.0)
        qtbot.waitUntil(lambda: (np.diff(places) < 0).sum() > 2)
    assert min(places) >= 0
    assert max(places) <= 0.1
    player.stop()
    with qtbot.assertNotEmitted(player.moved, wait=100):
        pass


def test_back_it_comes_the_same_way(player: Player, qtbot: QtBot) -> None:
    places: list[float] = []
    player.moved.connect(places.append)
    player.set_path(100.0, loop=False, back=True, speed=1.0)
    player.start(99.9)
    qtbot.waitUntil(lambda: (np.diff(places) < 0).sum() > 2)
    player.stop()
    assert min(places) > 50


def test_another_speed_takes_over_where_it_is(player: Player, qtbot: QtBot) -> None:
    places: list[float] = []
    player.moved.connect(places.append)
    player.set_path(1000.0, loop=True, back=False, speed=100.0)
    player.start(0.0)
    qtbot.waitUntil(lambda: len(places) > 3)
    player.set_path(1000.0, loop=True, back=False, speed=0.001)
    before = places[-1]
    with qtbot.waitSignal(player.moved) as blocker:
        pass
    player.stop()
    assert blocker.args[0] >= before


@pytest.fixture
def morpher(qapp: object) -> Morpher:
    """Two faces, a hundred seconds from each other."""
    morpher = Morpher()
    morpher.fill([MorphFace("A"), MorphFace("B")])
    morpher.set_seconds(0, 100.0)
    morpher.set_back(False)
    morpher.undo_stack.clear()
    return morpher


@pytest.fixture
def playback(morpher: Morpher, qtbot: QtBot) -> Playback:
    playback = Playback(morpher)
    qtbot.addWidget(playback)
    with qtbot.waitExposed(playback):
        playback.show()
    return playback


def test_it_plays_from_the_place_on_show(playback: Playback, qtbot: QtBot) -> None:
    playback.set_place(40.0)
    with qtbot.waitSignal(playback.player.moved) as blocker:
        qtbot.mouseClick(playback.play, LEFT)
    assert 40 <= blocker.args[0] < 90
    assert playback.play.text() == "Pa&use"
    playback.toggle()
    assert playback.play.text() == "Pla&y"
    with qtbot.assertNotEmitted(playback.player.moved, wait=100):
        pass


def test_it_stops_at_the_end(playback: Playback, morpher: Morpher, qtbot: QtBot) -> None:
    morpher.set_seconds(0, 0.1)
    morpher.set_speed(4.0)
    playback.toggle()
    qtbot.waitUntil(lambda: not playback.play.isChecked())
    assert playback.play.text() == "Pla&y"


def test_what_cannot_be_played_is_not(playback: Playback) -> None:
    playback.play.setEnabled(False)
    playback.toggle()
    assert not playback.play.isChecked()


def test_settings_by_hand_are_those_of_the_path(
    playback: Playback, morpher: Morpher, qtbot: QtBot
) -> None:
    for checked in (True, False):
        playback.loop.click()
        assert morpher.state.loop is checked
    for checked in (True, False):
        playback.back.click()
        assert morpher.state.back is checked
    playback.speed.setFocus()
    qtbot.keyClick(playback.speed, Qt.Key.Key_Up)
    assert morpher.state.speed == 0.75
    assert morpher.undo_stack.count() == 5


def test_a_loop_does_not_go_there_and_back(playback: Playback) -> None:
    playback.back.click()
    playback.loop.click()
    assert playback.loop.isChecked()
    assert not playback.back.isChecked()


@pytest.mark.parametrize("speed", SPEEDS)
def test_settings_are_shown_and_make_no_step(
    playback: Playback, morpher: Morpher, speed: float
) -> None:
    morpher.set_speed(speed)
    morpher.undo_stack.clear()
    morpher.fill([MorphFace("C")])
    assert playback.speed.currentText() == f"{speed:g}×"
    assert not playback.loop.isChecked()
    assert not playback.back.isChecked()
    assert morpher.undo_stack.count() == 0
    assert morpher.state.speed == speed


def test_a_path_that_goes_round_and_back_shows_both(playback: Playback, morpher: Morpher) -> None:
    frames = tuple(KeyFrame(np.zeros(2, np.float32), name, 5.0) for name in "AB")
    morpher.set_path(Path(frames, loop=True, back=True))
    assert playback.loop.isChecked()
    assert playback.back.isChecked()
    assert morpher.undo_stack.count() == 1
