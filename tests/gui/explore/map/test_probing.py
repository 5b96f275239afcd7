"""Between the faces of the map, in a real window: looking, loading, and a path for Morph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from cae_gui.explore.map.latent_map import LOOK_STEP
from cae_gui.explore.map.map_page import FEWEST_ON_PATH, FOUND, MOST_ON_PATH
from cae_gui.explore.map.strokes import Mode
from cae_gui.main_window import MainWindow
from model.data.datasets import FaceSet
from model.latents.latent_map import Mapping
from tests.gui.conftest import LOADING_MS, picture_of, same_picture, save_faces

Key = Qt.Key
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(
    open_window: Callable[[], MainWindow], few_faces: FaceSet, tmp_path: Any, qtbot: QtBot
) -> MainWindow:
    """A window that shows the map of sixty patches and the first of them."""
    window = open_window()
    qtbot.waitUntil(lambda: window.studio.faces.faces is not None, timeout=LOADING_MS)
    window.studio.faces.choose(str(save_faces(few_faces, tmp_path / "patches")))
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.map)
    map_ = window.explore.map.map
    there = lambda: map_.accessibleDescription().startswith("60 faces")  # noqa: E731
    qtbot.waitUntil(lambda: there() and map_.here() is not None, timeout=LOADING_MS)
    return window


def ground(window: MainWindow) -> QPoint:
    """Return a place of the map's widget that is far from all faces and from its edges."""
    map_, points = window.explore.map.map, window.studio.maps.points
    assert points is not None
    places = [map_.place_of(*point) for point in points.tolist()]
    taken = np.array([(place.x(), place.y()) for place in places if place is not None])
    tried = [
        (x, y) for x in range(80, map_.width() - 80, 20) for y in range(80, map_.height() - 80, 20)
    ]
    apart = [np.abs(taken - place).max(axis=1).min() for place in tried]
    assert max(apart) > 40
    return QPoint(*tried[int(np.argmax(apart))])


def shown(window: MainWindow) -> int:
    return window.explore.map.lens.shown()


def test_a_place_without_a_face_shows_what_the_decoder_makes_of_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    map_, place = window.explore.map.map, ground(window)
    QTest.mouseMove(map_, QPoint(2, 2))
    before = picture_of(map_)
    assert shown(window) == 0
    QTest.mouseMove(map_, place)
    qtbot.waitUntil(lambda: shown(window) == 1, timeout=LOADING_MS)
    with_card = picture_of(map_)
    assert not same_picture(with_card, before)
    QTest.mouseMove(map_, place + QPoint(8, 0))
    qtbot.waitUntil(lambda: not same_picture(picture_of(map_), with_card), timeout=LOADING_MS)

    here = map_.here()
    assert here is not None
    QTest.mouseMove(map_, here.toPoint())  # the marker is no empty place
    assert shown(window) == 0


def test_looking_around_shows_a_grid_in_its_places(window: MainWindow, qtbot: QtBot) -> None:
    page = window.explore.map
    map_, place = page.map, ground(window)
    QTest.mouseMove(map_, place)
    qtbot.mouseClick(page.modes.tools[Mode.LOOK], LEFT)
    assert page.modes.tools[Mode.LOOK].isChecked()
    QTest.mouseMove(map_, place)
    assert map_.accessibleDescription().endswith("looking around")
    qtbot.waitUntil(page.lens.is_complete, timeout=LOADING_MS)
    whole = shown(window)
    assert whole == (25 if min(map_.width(), map_.height()) >= 6 * LOOK_STEP else 9)
    grid = picture_of(map_)
    QTest.mouseMove(map_, place + QPoint(LOOK_STEP, 0))
    assert whole // 2 < shown(window) < whole  # what is still in view isn't decoded anew
    qtbot.waitUntil(page.lens.is_complete, timeout=LOADING_MS)
    QTest.mouseMove(map_, place)
    assert same_picture(picture_of(map_), grid)
    QTest.keyClick(map_, Key.Key_Plus)  # other places lie there now
    qtbot.waitUntil(page.lens.is_complete, timeout=LOADING_MS)
    assert not same_picture(picture_of(map_), grid)
    QTest.keyClick(map_, Key.Key_Escape)
    assert not page.modes.tools[Mode.LOOK].isChecked()
    assert map_.mode is Mode.TRAVEL


def test_a_click_while_looking_around_loads_the_face_of_the_place(
    window: MainWindow, qtbot: QtBot
) -> None:
    page, explorer = window.explore.map, window.studio.explorer
    place, steps = ground(window), window.studio.explorer.undo_stack.index()
    page.map.set_mode(Mode.LOOK)
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        qtbot.mouseClick(page.map, LEFT, pos=place)
    assert explorer.face is not None
    assert explorer.face.name == FOUND
    assert window.studio.selection.face is not None
    np.testing.assert_array_equal(window.studio.selection.face.pixels, explorer.face.pixels)
    middle, here = page.lens.snapped(QPointF(place)), page.map.here()
    assert here is not None
    assert (here - middle).manhattanLength() < 2
    assert explorer.undo_stack.index() == steps + 1
    explorer.undo_stack.undo()
    assert explorer.face.name != FOUND


def test_by_keyboard_the_place_is_moved_and_loaded(window: MainWindow, qtbot: QtBot) -> None:
    page, explorer = window.explore.map, window.studio.explorer
    page.map.setFocus()
    QTest.keyClick(page.map, Key.Key_A)
    assert page.modes.tools[Mode.LOOK].isChecked()
    before = page.map.place_of(0, 0)
    for _ in range(3):
        QTest.keyClick(page.map, Key.Key_Left)
    assert page.map.place_of(0, 0) == before  # the map stays
    qtbot.waitUntil(lambda: shown(window) >= 9, timeout=LOADING_MS)
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        QTest.keyClick(page.map, Key.Key_Return)
    here, middle = page.map.here(), page.map.rect().center()
    assert here is not None
    assert here.x() < middle.x() - 2 * LOOK_STEP
    assert abs(here.y() - middle.y()) <= LOOK_STEP


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_menu_of_a_place_loads_its_face(window: MainWindow, qtbot: QtBot) -> None:
    map_, explorer, place = window.explore.map.map, window.studio.explorer, ground(window)
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        choose_in_menu(window, place, 0)
    here = map_.here()
    assert here is not None
    assert (here - QPointF(place)).manhattanLength() < 2
    points = window.studio.maps.points
    assert points is not None
    far = int(np.hypot(*points.T).argmax())  # this one no other face hides
    dot = map_.place_of(*points[far].tolist())
    assert dot is not None
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        choose_in_menu(window, dot.toPoint(), 0)
    assert window.gallery.selected_row() == far
    choose_in_menu(window, place, 1)
    assert map_.mode is Mode.LOOK


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_by_keyboard_the_menu_is_of_the_place_that_is_looked_at(
    window: MainWindow, qtbot: QtBot
) -> None:
    map_, explorer = window.explore.map.map, window.studio.explorer
    map_.setFocus()
    QTest.keyClick(map_, Key.Key_A)
    QTest.keyClick(map_, Key.Key_Right)
    QTest.keyClick(map_, Key.Key_Right)
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        choose_in_menu(window, map_.rect().center(), 0, QContextMenuEvent.Reason.Keyboard)
    here = map_.here()
    assert here is not None
    assert here.x() > map_.rect().center().x() + LOOK_STEP


def choose_in_menu(
    window: MainWindow,
    place: QPoint,
    entry: int,
    reason: QContextMenuEvent.Reason = QContextMenuEvent.Reason.Mouse,
) -> None:
    map_ = window.explore.map.map
    QApplication.sendEvent(map_, QContextMenuEvent(reason, place, map_.mapToGlobal(place)))
    menu = map_.findChildren(QMenu)[-1]
    menu.setActiveAction(menu.actions()[entry])
    QTest.keyClick(menu, Key.Key_Return)


def test_on_a_map_by_tsne_a_place_is_a_mean_of_the_faces_around(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def in_a_ring(latents: Any, _statistics: Any, **_named: Any) -> Iterator[Mapping]:
        angle = np.linspace(0, 2 * np.pi, len(latents), endpoint=False)
        yield Mapping(np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32), 1, 1)

    monkeypatch.setattr("model.latents.latent_map.tsne_map", in_a_ring)
    monkeypatch.setattr("model.latents.latent_map.has_tsne", lambda: True)
    studio, map_ = window.studio, window.explore.map.map
    studio.maps.choose("tsne")
    qtbot.waitUntil(lambda: studio.maps.plane is None and not studio.maps.job.is_busy)
    explored, made = studio.maps.explored, window.explore.map.path_made
    assert explored is not None
    ends = [map_.place_of(*place) for place in ((1, 0), (-1, 0))]  # the faces 0 and 30
    assert ends[0] is not None
    assert ends[1] is not None
    map_.set_mode(Mode.PATH)
    with qtbot.waitSignal(made) as drawn:
        QTest.mousePress(map_, LEFT, NONE, ends[0].toPoint())
        for share in (0.75, 0.5, 0.25, 0):
            QTest.mouseMove(map_, (ends[0] * share + ends[1] * (1 - share)).toPoint())
        QTest.mouseRelease(map_, LEFT, NONE, ends[1].toPoint())
    (latents,) = drawn.args
    assert len(latents) == MOST_ON_PATH
    known, spread = explored.latents.latents, explored.latents.latents.std()
    assert np.abs(latents[0] - known[0]).mean() < 0.1 * spread
    assert np.abs(latents[-1] - known[30]).mean() < 0.1 * spread
    middle = np.abs(latents[MOST_ON_PATH // 2] - known).mean(axis=1)
    assert middle.min() > 0.1 * spread  # it is none of the faces


def test_a_drawn_path_becomes_that_of_the_morph(window: MainWindow, qtbot: QtBot) -> None:
    map_, morpher = window.explore.map.map, window.studio.morpher
    before = morpher.state
    map_.set_mode(Mode.PATH)
    QTest.mousePress(map_, LEFT, NONE, QPoint(60, 60))
    for step in range(1, 9):
        QTest.mouseMove(map_, QPoint(60 + 30 * step, 60 + 20 * step))
    QTest.mouseRelease(map_, LEFT, NONE, QPoint(300, 220))
    count = len(morpher.state.faces)
    assert FEWEST_ON_PATH <= count <= MOST_ON_PATH
    assert window.messages.message() == f"Path of {count} faces in Morph"
    ends = [
        window.studio.maps.plane.project(morpher.latents([face]))[0]
        for face in (morpher.state.faces[0], morpher.state.faces[-1])
    ]
    for end, expected in zip(ends, (QPoint(60, 60), QPoint(300, 220)), strict=True):
        place = map_.place_of(*end.tolist())
        assert place is not None
        assert (place - QPointF(expected)).manhattanLength() < 6
    show = next(button for button in window.messages._buttons if button.isVisible())
    assert show.text() == "Show"
    qtbot.mouseClick(show, LEFT)
    assert window.tabs.currentWidget() is window.morph
    qtbot.waitUntil(lambda: not morpher.to_decode(), timeout=LOADING_MS)
    morpher.undo_stack.undo()
    assert morpher.state is before
