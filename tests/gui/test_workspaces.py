from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.morph.key_frames import FrameItem
from cae_gui.morph.morph_path_view import MorphPathView
from cae_gui.morph.morph_workspace import MorphWorkspace
from model.data.datasets import FaceSet

LEFT = Qt.MouseButton.LeftButton
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
View = TypeVar("View", bound=QWidget)


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[Any], Any]:
    def show(view: View) -> View:
        qtbot.addWidget(view)
        view.resize(1000, 700)
        with qtbot.waitExposed(view):
            view.show()
        return view

    return show


@pytest.fixture
def morph(shown: Callable[[MorphWorkspace], MorphWorkspace]) -> MorphWorkspace:
    return shown(MorphWorkspace())


def assert_named(view: QWidget) -> None:
    for button in view.findChildren(QPushButton):
        assert button.text() or button.accessibleName(), button


# Morph


def path_items(few_faces: FaceSet, count: int) -> list[FrameItem]:
    return [
        FrameItem(f"Face {number}", few_faces.images[number], 1.0, "smooth", False)
        for number in range(count)
    ]


@pytest.fixture
def path(morph: MorphWorkspace, few_faces: FaceSet) -> MorphPathView:
    """Three faces, met after 0, 1 and 2 s."""
    view = morph.path
    view.set_path(path_items(few_faces, 3), [0, 1, 2], loop=False, back=False, speed=1.0)
    view.set_ready(True)
    view.set_film(few_faces.images[:9])
    return view


def test_morph_is_empty_until_there_are_two_faces(path: MorphPathView, few_faces: FaceSet) -> None:
    path.set_image(few_faces.images[2], 1)
    assert path.film.count() == 9
    assert path.film.current() == 0
    path.set_path(path_items(few_faces, 1), [0], loop=False, back=True, speed=1.0)
    path.set_ready(False)
    assert path.film.count() == 0
    buttons = (path.slider, path.playback.play, path.reverse, path.more, path.export)
    assert not any(button.isEnabled() for button in buttons)
    assert len(path.frames.cards) == 2


def test_morph_slider_by_keyboard_moves_the_mark(path: MorphPathView, qtbot: QtBot) -> None:
    times: list[float] = []
    path.time_changed.connect(times.append)
    path.slider.setFocus()
    qtbot.keyClick(path.slider, Qt.Key.Key_Right)
    qtbot.keyClick(path.slider, Qt.Key.Key_PageUp)
    qtbot.keyClick(path.slider, Qt.Key.Key_End)
    assert times == [0.02, 0.22, 2.0]
    assert path.film.current() == 8
    assert path.time.text() == "2.0 of 2.0 s"


def test_morph_a_frame_of_the_film_sets_the_slider(path: MorphPathView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(path.time_changed) as blocker:
        qtbot.mouseClick(path.film, LEFT, pos=path.film.frame_rect(4).center())
    assert blocker.args == [1.0]


def test_morph_controls(path: MorphPathView, few_faces: FaceSet, qtbot: QtBot) -> None:
    for button, signal in ((path.reverse, path.reverse_asked), (path.export, path.export_asked)):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    for box, changed in (
        (path.playback.loop, path.playback.loop_changed),
        (path.playback.back, path.playback.back_changed),
    ):
        with qtbot.waitSignal(changed) as blocker:
            box.click()
        assert blocker.args == [True]
    path.playback.speed.setFocus()
    with qtbot.waitSignal(path.playback.speed_changed) as blocker:
        qtbot.keyClick(path.playback.speed, Qt.Key.Key_Down)
    assert blocker.args == [1.5]
    assert path.reverse.text() == "Rever&se"
    path.set_path(path_items(few_faces, 2), [0, 1], loop=False, back=False, speed=2.0)
    assert path.reverse.text() == "S&wap"
    assert path.playback.speed.currentText() == "2×"
    assert_named(path)


def test_morph_shows_settings_and_emits_nothing(
    path: MorphPathView, few_faces: FaceSet, qtbot: QtBot
) -> None:
    with (
        qtbot.assertNotEmitted(path.playback.loop_changed),
        qtbot.assertNotEmitted(path.playback.back_changed),
        qtbot.assertNotEmitted(path.playback.speed_changed),
        qtbot.assertNotEmitted(path.time_changed),
    ):
        path.set_path(path_items(few_faces, 3), [0, 1, 2, 3], loop=True, back=True, speed=4.0)
    assert path.playback.loop.isChecked()
    assert path.playback.back.isChecked()
    assert path.time.text() == "0.0 of 3.0 s"


@contextmanager
def opened_menu(act: Callable[[], object]) -> Iterator[dict[str, QAction]]:
    """Do what opens a menu, and give its entries."""
    act()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    yield {entry.text().replace("&", ""): entry for entry in menu.actions() if entry.text()}
    menu.close()


@no_window_manager
def test_morph_more(path: MorphPathView, qtbot: QtBot) -> None:
    with opened_menu(path.more.click) as entries:
        with qtbot.waitSignal(path.frames.taken) as blocker:
            entries["Add the selected face"].trigger()
        assert blocker.args == [3]
        with qtbot.waitSignal(path.edited_wanted) as blocker:
            entries["Add the edited face from Explore"].trigger()
        assert blocker.args == [3]
        with qtbot.waitSignal(path.apply_asked):
            entries["Apply the path to the selected face"].trigger()


@no_window_manager
def test_morph_menu_of_a_card(path: MorphPathView, qtbot: QtBot) -> None:
    frames = path.frames
    with opened_menu(lambda: frames.menu_asked.emit(2, QPoint(9, 9))) as entries:
        assert not entries["Move right"].isEnabled()
        for text, signal, arguments in (
            ("Use the selected face", frames.taken, [2]),
            ("Use the edited face from Explore", path.edited_wanted, [2]),
            ("Move left", frames.moved, [2, 1]),
            ("Remove", frames.removed, [2]),
        ):
            with qtbot.waitSignal(signal) as blocker:
                entries[text].trigger()
            assert blocker.args == arguments
    with opened_menu(lambda: frames.menu_asked.emit(3, QPoint(9, 9))) as entries:
        assert list(entries) == ["Add the selected face", "Add the edited face from Explore"]


def test_morph_plays_to_the_end(path: MorphPathView, few_faces: FaceSet, qtbot: QtBot) -> None:
    path.set_path(path_items(few_faces, 2), [0, 0.4], loop=False, back=False, speed=2.0)
    qtbot.mouseClick(path.playback.play, LEFT)
    assert path.playback.play.text() == "Pa&use"
    qtbot.waitUntil(lambda: not path.playback.play.isChecked(), timeout=5000)
    assert path.slider.value() == path.slider.maximum()
    assert path.playback.play.text() == "Pla&y"


def test_morph_goes_back_until_paused(
    path: MorphPathView, few_faces: FaceSet, qtbot: QtBot
) -> None:
    path.set_path(path_items(few_faces, 2), [0, 0.5], loop=False, back=True, speed=1.0)
    times: list[float] = []
    path.time_changed.connect(times.append)
    qtbot.mouseClick(path.playback.play, LEFT)
    qtbot.waitUntil(lambda: bool((np.diff(times) < 0).any()), timeout=5000)
    assert max(times) > 0.25
    qtbot.mouseClick(path.playback.play, LEFT)
    with qtbot.assertNotEmitted(path.time_changed, wait=100):
        pass


def test_morph_the_hand_ends_the_playing(path: MorphPathView, qtbot: QtBot) -> None:
    path.playback.play.click()
    path.slider.sliderPressed.emit()
    assert not path.playback.play.isChecked()
    path.playback.play.click()
    qtbot.keyClick(path.slider, Qt.Key.Key_Left)
    assert not path.playback.play.isChecked()
    path.playback.play.click()
    qtbot.mouseClick(path.film, LEFT, pos=path.film.frame_rect(4).center())
    assert not path.playback.play.isChecked()


def test_morph_space_plays_and_pauses(path: MorphPathView, qtbot: QtBot) -> None:
    for place in (path.slider, path.frames.cards[1], path.film):
        qtbot.keyClick(place, Qt.Key.Key_Space)
        assert path.playback.play.isChecked()
        qtbot.keyClick(place, Qt.Key.Key_Space)
        assert not path.playback.play.isChecked()
    path.set_ready(False)
    qtbot.keyClick(path.slider, Qt.Key.Key_Space)
    assert not path.playback.play.isChecked()


def test_morph_hidden_stops_playing(
    morph: MorphWorkspace, path: MorphPathView, qtbot: QtBot
) -> None:
    path.playback.play.click()
    morph.hide()
    assert not path.playback.play.isChecked()
