"""The locks of Explore's sliders, in a real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from cae_gui.explore.sliders.latent_slider import LatentSlider, LockButton
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.main_window import MainWindow
from model.latents.directions import Direction
from tests.gui.conftest import LOADING_MS

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def exploring(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Explore, with a direction of one's own that is the first principal one again."""
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: window.studio.own.is_measured, timeout=LOADING_MS)
    assert explorer.directions is not None
    window.tabs.setCurrentWidget(window.explore)
    first = explorer.directions[0]
    explorer.set_own([Direction("Twin", "own", first.vector, first.sigma)])
    return window


def slider(sliders: LatentSliders, row: int) -> LatentSlider:
    found = sliders.findChildren(LatentSlider)
    return next(item for item in found if item.row() is sliders.area.row(row))


def click_lock(sliders: LatentSliders, row: int, qtbot: QtBot) -> None:
    qtbot.mouseClick(slider(sliders, row).findChild(LockButton), LEFT)


def test_a_locked_direction_stays_where_it_is(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = exploring.studio.explorer, exploring.explore.principal
    click_lock(sliders, 1, qtbot)
    assert explorer.locked == {1}
    before = float(explorer.coordinates()[1])
    for index in explorer.rows_of("attribute"):
        explorer.move(index, 1.0)
    assert explorer.coordinates()[1] == pytest.approx(before, abs=0.01)
    assert slider(sliders, 1).value() == pytest.approx(before, abs=0.01)
    click_lock(sliders, 1, qtbot)
    assert explorer.locked == frozenset()
    qtbot.keyClick(slider(sliders, 1).findChild(QSlider), Qt.Key.Key_Right)
    assert explorer.coordinates()[1] > before


def test_what_the_locks_leave_no_room_says_so(exploring: MainWindow, qtbot: QtBot) -> None:
    principal, own = exploring.explore.principal, exploring.explore.own
    click_lock(principal, 0, qtbot)
    exploring.explore.tabs.setCurrentWidget(own)
    assert "no room" in slider(own, 0).toolTip()
    exploring.explore.tabs.setCurrentWidget(principal)
    assert slider(principal, 0).findChild(QSlider).isEnabled()  # for L to unlock it
    assert slider(principal, 1).is_movable()
    click_lock(principal, 0, qtbot)
    exploring.explore.tabs.setCurrentWidget(own)
    assert slider(own, 0).is_movable()


def test_locks_outlive_the_face(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = exploring.studio.explorer, exploring.explore.principal
    click_lock(sliders, 2, qtbot)
    assert explorer.face is not None
    explorer.load("Another", explorer.face.pixels, explorer.face.latent + 0.1)
    assert not slider(sliders, 2).is_movable()
    assert slider(sliders, 3).is_movable()
