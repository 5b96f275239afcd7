"""Selecting faces on the map of a real window, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import DEMO
from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.selection_panel import NONE_SELECTED, SelectionPanel
from cae_gui.explore.map.strokes import Change, Mode
from cae_gui.main_window import MainWindow
from model.data.datasets import load_faces
from model.events import EpochDone
from model.face_set import FaceSet
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    Dialogs,
    reported,
    save_faces,
    wait_for_message,
)

Key, Keys, LEFT = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton.LeftButton
NONE = Keys.NoModifier


@pytest.fixture
def exploring(
    open_window: Callable[[], MainWindow], few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> MainWindow:
    """A window that shows the map of sixty patches."""
    window = open_window()
    qtbot.waitUntil(lambda: window.studio.faces.faces is not None, timeout=LOADING_MS)
    show_map(window, save_faces(few_faces, tmp_path / "patches"), 60, qtbot)
    return window


def show_map(window: MainWindow, folder: Path, count: int, qtbot: QtBot) -> None:
    """Show the map of a folder's faces, with so many points."""
    window.studio.faces.choose(str(folder))
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.map)
    map_ = window.explore.map.map
    there = lambda: map_.accessibleDescription().startswith(f"{count} faces")  # noqa: E731
    qtbot.waitUntil(lambda: there() and map_.here() is not None, timeout=LOADING_MS)


def map_of(window: MainWindow) -> LatentMap:
    return window.explore.map.map


def panel_of(window: MainWindow) -> SelectionPanel:
    return window.explore.map.selection


def left_half(window: MainWindow) -> list[int]:
    """Return the points in the left half of the map, without those near its middle."""
    points, map_ = window.studio.maps.points, map_of(window)
    assert points is not None
    places = [map_.place_of(*point) for point in points.tolist()]
    return [row for row, place in enumerate(places) if place and place.x() < map_.width() / 2]


def drag_over_the_left_half(window: MainWindow, keys: Keys = NONE) -> None:
    map_ = map_of(window)
    QTest.mousePress(map_, LEFT, keys, QPoint(1, 1))
    QTest.mouseMove(map_, QPoint(40, 40))
    end = QPoint(map_.width() // 2, map_.height() - 2)
    QTest.mouseMove(map_, end)
    QTest.mouseRelease(map_, LEFT, keys, end)


def selected(window: MainWindow) -> list[int]:
    return window.studio.map_selection.rows.tolist()


def select(window: MainWindow, rows: list[int]) -> None:
    window.studio.map_selection.take(np.array(rows), Change.REPLACE)


def wait_for_mean(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(panel_of(window).load_mean.isEnabled, timeout=LOADING_MS)


def test_a_rectangle_selects_and_the_page_tells_how_many(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    window, panel = exploring, panel_of(exploring)
    assert panel.count.text() == NONE_SELECTED
    assert not panel.use.isEnabled()
    assert not panel.mean.isVisible()
    qtbot.mouseClick(window.explore.map.modes.tools[Mode.RECTANGLE], LEFT)
    assert map_of(window).hasFocus()
    drag_over_the_left_half(window)
    expected = left_half(window)
    assert 10 < len(expected) < 50
    assert selected(window) == expected
    assert panel.count.text() == f"{len(expected)} of 60 faces"
    assert panel.use.isEnabled()
    assert panel.mean.isVisible()
    assert map_of(window).accessibleDescription().endswith(f"{len(expected)} selected")


def test_the_tools_show_the_mode_that_a_key_chose(exploring: MainWindow) -> None:
    map_, tools = map_of(exploring), exploring.explore.map.modes.tools
    hint = exploring.explore.map.hint
    assert tools[Mode.TRAVEL].isChecked()
    assert "drag the marker" in hint.text()
    QTest.keyClick(map_, Key.Key_L)
    assert tools[Mode.LASSO].isChecked()
    assert hint.text().startswith("Draw around faces")
    QTest.keyClick(map_, Key.Key_Escape)
    assert tools[Mode.TRAVEL].isChecked()
    assert not tools[Mode.LASSO].isChecked()


def test_the_number_and_the_mean_follow_the_hand(exploring: MainWindow, qtbot: QtBot) -> None:
    window, map_, panel = exploring, map_of(exploring), panel_of(exploring)
    map_.set_mode(Mode.RECTANGLE)
    QTest.mousePress(map_, LEFT, NONE, QPoint(1, 1))
    QTest.mouseMove(map_, QPoint(map_.width() // 2, map_.height() - 2))
    assert panel.count.text() == f"{len(left_half(window))} of 60 faces"
    wait_for_mean(window, qtbot)
    first = panel.mean.pixels()
    QTest.mouseMove(map_, QPoint(map_.width() - 2, map_.height() - 2))
    assert panel.count.text() == "60 of 60 faces"
    qtbot.waitUntil(lambda: not np.array_equal(panel.mean.pixels(), first), timeout=LOADING_MS)
    assert window.studio.map_selection.chosen.rows.size == 0  # until it is released
    QTest.keyClick(map_, Key.Key_Escape)
    assert panel.count.text() == NONE_SELECTED
    QTest.mouseRelease(map_, LEFT, NONE, QPoint(map_.width() - 2, map_.height() - 2))


def test_the_mean_face_is_what_the_decoder_makes_of_the_mean_latent(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    from model.inference import decode

    window, panel = exploring, panel_of(exploring)
    rows = [3, 14, 15, 40]
    select(window, rows)
    wait_for_mean(window, qtbot)
    explored, model = window.studio.latents.explored, window.studio.models.model
    assert explored is not None
    assert model is not None
    latents = explored.latents.latents
    mean = latents[rows].mean(axis=0)
    np.testing.assert_allclose(panel.mean.pixels(), decode(model, mean[None])[0], atol=1)
    summary = window.studio.map_selection.summary
    assert summary is not None
    scatter = np.sqrt(((latents[rows] - mean) ** 2).sum(axis=1).mean())
    whole = np.sqrt((explored.statistics.sigma**2).sum())
    assert summary.spread == pytest.approx(scatter / whole, rel=1e-3)
    typical = round(100 * float(np.median(explored.density.typicality(latents[rows]))))
    assert panel.numbers.text().endswith(f"Typical: {typical} %")


def test_selecting_can_be_undone_between_edits(exploring: MainWindow, qtbot: QtBot) -> None:
    window, map_ = exploring, map_of(exploring)
    explorer = window.studio.explorer
    map_.setFocus()
    QTest.keyClick(map_, Key.Key_A, Keys.ControlModifier)
    assert len(selected(window)) == 60
    explorer.move(0, explorer.coordinates()[0] + 0.5)
    select(window, [1, 2])
    assert window.studio.undo_group.undoText() == "Select 2 faces"
    for expected in (60, 60, 0):
        qtbot.keyClick(window, Key.Key_Z, Keys.ControlModifier)
        assert len(selected(window)) == expected
    explorer.undo_stack.redo()
    explorer.undo_stack.redo()
    explorer.undo_stack.redo()
    assert selected(window) == [1, 2]
    explorer.go_to_state(0)  # a click in the history loses no selection
    assert selected(window) == [1, 2]


def test_shift_adds_alt_removes_and_escape_selects_none(exploring: MainWindow) -> None:
    window, map_ = exploring, map_of(exploring)
    left, everything = left_half(window), list(range(60))
    right = [row for row in everything if row not in left]
    select(window, [right[0], left[0]])
    map_.set_mode(Mode.RECTANGLE)
    drag_over_the_left_half(window, Keys.ShiftModifier)
    assert selected(window) == sorted([*left, right[0]])
    drag_over_the_left_half(window, Keys.AltModifier)
    assert selected(window) == [right[0]]
    steps = window.studio.explorer.undo_stack.index()
    drag_over_the_left_half(window, Keys.AltModifier)  # removes nothing: no step
    assert window.studio.explorer.undo_stack.index() == steps
    QTest.keyClick(map_, Key.Key_Escape)
    QTest.keyClick(map_, Key.Key_Escape)
    assert selected(window) == []


def test_all_is_reached_by_the_menu_too(exploring: MainWindow) -> None:
    window, panel = exploring, panel_of(exploring)
    actions = {action.text(): action for action in panel.select.menu().actions()}
    actions["The 10 nearest to the marker"].trigger()
    near = selected(window)
    assert len(near) == 10
    actions["All &others"].trigger()
    assert selected(window) == sorted(set(range(60)) - set(near))
    actions["&All in view\tCtrl+A"].trigger()
    assert len(selected(window)) == 60
    actions["&None\tEscape"].trigger()
    assert selected(window) == []


def button_of(window: MainWindow) -> QToolButton:
    (button,) = (
        button
        for button in window.gallery.findChildren(QToolButton)
        if button.text().startswith("On the map")
    )
    return button


def test_the_gallery_shows_only_what_is_selected_until_that_is_taken_away(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    window, gallery = exploring, exploring.gallery
    select(window, [5, 7, 21])
    button = button_of(window)
    assert button.isVisible()
    assert button.text() == "On the map: 3 faces"
    assert gallery._count.text() == "3 of 60 faces"
    gallery._search.setText("021")
    assert gallery._count.text() == "1 of 60 faces"
    gallery._search.clear()
    qtbot.mouseClick(button, LEFT)
    assert not button.isVisible()
    assert gallery._count.text() == "60 faces"
    assert selected(window) == [5, 7, 21]  # on the map it stays
    actions = {action.text(): action for action in panel_of(window).use.menu().actions()}
    actions["Show only them in the &gallery"].trigger()
    assert gallery._count.text() == "3 of 60 faces"
    window.studio.explorer.undo_stack.undo()
    assert gallery._count.text() == "60 faces"
    assert not button.isVisible()


def test_faces_selected_in_the_gallery_are_marked_on_the_map_and_can_be_taken(
    exploring: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, panel = exploring, panel_of(exploring)
    marked: list[Any] = []
    monkeypatch.setattr(map_of(window), "set_marked", lambda points: marked.append(points.tolist()))
    window.gallery.focus_faces()
    list_ = window.focusWidget()
    window.gallery.pick(3)
    QTest.keyClick(list_, Key.Key_Right, Keys.ShiftModifier)
    QTest.keyClick(list_, Key.Key_Right, Keys.ShiftModifier)
    assert marked[-1] == [3, 4, 5]
    panel.take_gallery.trigger()
    assert selected(window) == [3, 4, 5]
    window.gallery.pick(9)
    assert marked[-1] == []


def test_of_many_faces_those_on_the_map_are_selected(
    open_window: Callable[[], MainWindow],
    few_faces: FaceSet,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("model.latents.latent_set.MAX_FACES", 40)  # of sixty every second one
    window = open_window()
    qtbot.waitUntil(lambda: window.studio.faces.faces is not None, timeout=LOADING_MS)
    show_map(window, save_faces(few_faces, tmp_path / "patches"), 30, qtbot)
    map_of(window).sweep_view(Change.REPLACE)
    assert selected(window) == list(range(0, 60, 2))
    assert panel_of(window).count.text() == "30 of 30 faces"
    window.gallery.show_only(np.arange(0), "")
    window.explore.map.mark(np.array([3, 4, 5, 6]))
    panel_of(window).take_gallery.trigger()
    assert selected(window) == [4, 6]


def test_the_selection_makes_a_direction(exploring: MainWindow) -> None:
    window = exploring
    use = {action.text(): action for action in panel_of(window).use.menu().actions()}
    select(window, [1, 2, 3])
    use["New direction: faces &with it"].trigger()
    own = window.explore.own_page
    assert window.explore.tabs.currentWidget() is own
    assert own.is_building()
    assert len(own.builder.images(0)) == 3
    select(window, [10, 11])
    use["New direction: faces with&out it"].trigger()
    assert len(own.builder.images(0)) == 3
    faces = window.studio.faces.faces
    assert faces is not None
    np.testing.assert_array_equal(own.builder.images(1), faces.images[[10, 11]])


def test_of_very_many_faces_a_direction_takes_some_of_all(
    exploring: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("cae_gui.explore.page.MOST_FACES", 20)
    select(exploring, list(range(60)))
    use(exploring, "New direction: faces &with it")
    images, faces = exploring.explore.own_page.builder.images(0), exploring.studio.faces.faces
    assert len(images) == 20
    assert faces is not None
    np.testing.assert_array_equal(images[[0, -1]], faces.images[[0, -1]])
    wait_for_message(exploring, qtbot, "20 of the 60 faces")


def test_the_average_is_edited_under_a_name_and_undone(exploring: MainWindow, qtbot: QtBot) -> None:
    window, panel, explorer = exploring, panel_of(exploring), exploring.studio.explorer
    assert explorer.face is not None
    before = explorer.face.name
    select(window, [1, 2, 3, 8])
    wait_for_mean(window, qtbot)
    panel.load_mean.trigger()
    assert explorer.face.name == "Average of 4 faces of patches"
    summary = window.studio.map_selection.summary
    assert summary is not None
    np.testing.assert_array_equal(explorer.face.latent, summary.mean)
    assert window.studio.selection.face is not None
    assert window.studio.selection.face.name == explorer.face.name
    explorer.undo_stack.undo()
    assert explorer.face.name == before


def use(window: MainWindow, text: str) -> None:
    """Choose an entry of the menu of uses."""
    actions = {action.text(): action for action in panel_of(window).use.menu().actions()}
    actions[text].trigger()


def test_pictures_and_names_are_exported(
    exploring: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    window = exploring
    select(window, [5, 7, 21])
    use(window, "&Export pictures and names …")
    assert answers.asked == ["path"]  # given up
    answers.path = tmp_path / "exports"
    answers.path.mkdir()
    use(window, "&Export pictures and names …")
    wait_for_message(window, qtbot, "3 faces of patches")
    written = load_faces(tmp_path / "exports" / "3 faces of patches")
    faces = window.studio.faces.faces
    assert faces is not None
    assert list(written.names) == [faces.names[row] for row in (5, 7, 21)]
    np.testing.assert_array_equal(written.images, faces.images[[5, 7, 21]])
    use(window, "&Export pictures and names …")
    wait_for_message(window, qtbot, "3 faces of patches 2")


def test_a_run_on_the_selection_goes_on_later(
    exploring: MainWindow, quick_engine: None, few_faces: FaceSet, qtbot: QtBot
) -> None:
    window, studio = exploring, exploring.studio
    select(window, list(range(0, 60, 2)))
    use(window, "&Train on them")
    qtbot.waitUntil(lambda: studio.faces.faces.title == "30 faces of patches", timeout=LOADING_MS)
    assert window.tabs.currentWidget() is window.train
    np.testing.assert_array_equal(studio.faces.faces.images, few_faces.images[::2])
    config = replace(SMALL, batch_size=16, epochs=500)
    studio.training.start(config, studio.faces.faces, studio.faces.source)
    with reported(studio.training, EpochDone, qtbot):
        pass
    with qtbot.waitSignal(studio.training.state_changed):
        studio.training.stop()
    qtbot.waitUntil(lambda: not studio.training.is_active, timeout=LOADING_MS)
    folder = studio.training.folder
    assert folder is not None
    studio.faces.choose(DEMO)
    qtbot.waitUntil(lambda: studio.faces.source == DEMO, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: studio.runs.find(folder) is not None, timeout=LOADING_MS)
    with reported(studio.training, EpochDone, qtbot):
        window.continue_run(folder)
    assert studio.faces.faces.title == "30 faces of patches"
    studio.training.stop()
    qtbot.waitUntil(lambda: not studio.training.is_active, timeout=LOADING_MS)


def test_other_faces_end_the_selection_and_another_model_keeps_it(
    exploring: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    window = exploring
    select(window, [5, 7])
    window.studio.models.open_shipped()
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        pass
    map_ = map_of(window)
    there = lambda: map_.accessibleDescription().endswith("2 selected")  # noqa: E731
    qtbot.waitUntil(there, timeout=LOADING_MS)
    assert button_of(window).isVisible()
    few = FaceSet("few", few_faces.images[:55], few_faces.names[:55])
    window.studio.faces.choose(str(save_faces(few, tmp_path / "few")))
    qtbot.waitUntil(lambda: selected(window) == [], timeout=LOADING_MS)
    assert not button_of(window).isVisible()
    there = lambda: map_.accessibleDescription().startswith("55 faces")  # noqa: E731
    qtbot.waitUntil(there, timeout=LOADING_MS)
