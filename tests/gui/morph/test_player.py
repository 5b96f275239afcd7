from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.morph.player import Player


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


def test_it_begins_anew_from_the_end(player: Player, qtbot: QtBot) -> None:
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
