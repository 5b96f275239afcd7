"""The map of the faces: made in the background, and shown and used in a real window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.core.latents import Latents
from cae_gui.explore.map.map_page import NEEDS_PACKAGE, TYPICALITY
from cae_gui.explore.map.maps import Maps
from cae_gui.main_window import MainWindow
from model.face_set import FaceSet
from model.latents.latent_map import MapError, Mapping, pca_map
from tests.gui.conftest import LOADING_MS, Told, picture_of, same_picture, save_faces

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
STEPS = 3

Floats = NDArray[np.float32]


class QuickTsne:
    """Makes maps in no time, step by step if wanted: turned by as much as there were steps."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.closed = 0
        self.error: Exception | None = None
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, latents: Floats, statistics: Any, **named: Any) -> Iterator[Mapping]:
        self.calls.append(named)
        try:
            for done in range(1, STEPS + 1):
                yield Mapping(pca_map(latents, statistics)[:, ::-1] * done, done, STEPS)
                self.go_on.wait(10)
                if self.error is not None:
                    raise self.error
        finally:
            self.closed += 1


@pytest.fixture
def tsne(monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickTsne]:
    quick = QuickTsne()
    monkeypatch.setattr("model.latents.latent_map.tsne_map", quick)
    monkeypatch.setattr("model.latents.latent_map.has_tsne", lambda: True)
    yield quick
    quick.go_on.set()


def new_explored(faces: FaceSet, seed: int = 0, previous: Any = None) -> Any:
    """Return what is known of a small model whose weights are random."""
    import torch

    from model.checkpoint import FaceModel
    from model.latents.explored import explore
    from model.network import ConvAutoencoder

    torch.manual_seed(seed)
    model = FaceModel(ConvAutoencoder(4).eval().requires_grad_(False))
    *_, found = explore(model, faces, previous)
    return found


@pytest.fixture
def latents(told: Told, few_faces: FaceSet, qtbot: QtBot) -> Iterator[Latents]:
    latents = Latents(told.problem.emit)
    latents.explored = new_explored(few_faces)
    yield latents
    stop_and_wait([latents.job])


@pytest.fixture
def maps(told: Told, latents: Latents, qtbot: QtBot) -> Iterator[Maps]:
    maps = Maps(latents, told.problem.emit)
    yield maps
    stop_and_wait([maps.job])


def wait_until_idle(maps: Maps, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not maps.job.is_busy, timeout=LOADING_MS)


def test_the_map_by_pca_is_there_at_once(maps: Maps, latents: Latents, qtbot: QtBot) -> None:
    assert maps.points is None
    with qtbot.waitSignal(maps.changed):
        maps.refresh()
    assert latents.explored is not None
    assert maps.points is latents.explored.points
    assert maps.plane is not None
    with qtbot.assertNotEmitted(maps.changed):
        maps.refresh()


def test_tsne_forms_before_ones_eyes_and_is_kept(
    maps: Maps, latents: Latents, tsne: QuickTsne, qtbot: QtBot
) -> None:
    maps.refresh()
    by_pca = maps.points
    shown: list[Floats | None] = []
    told: list[tuple[str, int, int]] = []
    maps.changed.connect(lambda: shown.append(maps.points))
    maps.busy.connect(lambda *told_now: told.append(told_now))
    maps.choose("tsne")
    assert maps.points is by_pca  # until the first step
    wait_until_idle(maps, qtbot)
    assert latents.explored is not None
    assert tsne.calls == [{"key": latents.explored.key, "earlier": None}]
    assert [done for _, done, _ in told] == [0, 1, 2]
    assert len({id(points) for points in shown}) == STEPS
    finished, plane = maps.points, maps.plane
    assert plane is None

    maps.choose("pca")
    assert maps.points is by_pca
    maps.choose("tsne")
    assert maps.points is finished
    assert len(tsne.calls) == 1


def test_before_its_first_step_the_one_by_pca_is_shown(
    maps: Maps, latents: Latents, tsne: QuickTsne, qtbot: QtBot
) -> None:
    maps.changed.connect(maps.refresh)  # as the window does
    with qtbot.waitSignal(maps.changed):
        maps.choose("tsne")
    assert latents.explored is not None
    assert maps.points is latents.explored.points
    wait_until_idle(maps, qtbot)
    assert maps.plane is None
    assert len(tsne.calls) == 1


def test_cancelling_goes_back_to_pca(maps: Maps, tsne: QuickTsne, qtbot: QtBot) -> None:
    maps.refresh()
    by_pca = maps.points
    tsne.go_on.clear()
    maps.choose("tsne")
    qtbot.waitUntil(lambda: maps.points is not by_pca, timeout=LOADING_MS)
    with qtbot.waitSignal(maps.idle):
        maps.cancel()
    assert maps.method == "pca"
    assert maps.points is by_pca
    tsne.go_on.set()
    wait_until_idle(maps, qtbot)
    assert tsne.closed == 1
    assert maps.points is by_pca
    with qtbot.assertNotEmitted(maps.changed):
        maps.cancel()  # nothing is under way


def test_a_failure_is_told_and_pca_is_there(
    told: Told, maps: Maps, tsne: QuickTsne, qtbot: QtBot
) -> None:
    tsne.error = MapError("The map couldn't be made (no memory).")
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        maps.choose("tsne")
    assert blocker.args[0].text == str(tsne.error)
    wait_until_idle(maps, qtbot)
    assert maps.method == "pca"
    assert maps.plane is not None


def test_a_later_snapshot_waits_for_the_map_and_begins_with_it(
    maps: Maps, latents: Latents, tsne: QuickTsne, few_faces: FaceSet, qtbot: QtBot
) -> None:
    first = latents.explored
    tsne.go_on.clear()
    maps.choose("tsne")
    latents.explored = new_explored(few_faces, 1, first)
    latents.changed.emit()
    maps.refresh()
    assert len(tsne.calls) == 1
    tsne.go_on.set()
    wait_until_idle(maps, qtbot)
    assert maps.explored is first
    finished = maps.points
    maps.refresh()
    wait_until_idle(maps, qtbot)
    assert maps.explored is latents.explored
    assert tsne.calls[1]["earlier"] is finished


def test_without_latents_there_is_no_map(
    maps: Maps, latents: Latents, tsne: QuickTsne, few_faces: FaceSet, qtbot: QtBot
) -> None:
    tsne.go_on.clear()
    maps.choose("tsne")
    latents.explored = None
    with qtbot.waitSignals([maps.changed, maps.idle]):
        latents.changed.emit()
    assert maps.points is None
    maps.refresh()
    assert maps.points is None
    tsne.go_on.set()
    fewer = replace(few_faces, images=few_faces.images[:55], names=few_faces.names[:55])
    latents.explored = new_explored(fewer)
    maps.refresh()
    wait_until_idle(maps, qtbot)
    assert tsne.calls[-1]["earlier"] is None
    assert maps.points is not None
    assert len(maps.points) == 55


@pytest.fixture
def exploring(
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
    qtbot.waitUntil(lambda: window.studio.own.is_measured, timeout=LOADING_MS)
    return window


def marker(window: MainWindow) -> QPoint:
    here = window.explore.map.map.here()
    assert here is not None
    return here.toPoint()


def lonely_face(window: MainWindow) -> tuple[int, QPoint]:
    """Return the row of the face that is furthest from all others, and where its dot is."""
    points = window.studio.maps.points
    assert points is not None
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + 1e9 * np.eye(len(points))
    row = int(apart.min(axis=1).argmax())
    place = window.explore.map.map.place_of(*points[row].tolist())
    assert place is not None
    return row, place.toPoint()


def drag_marker(window: MainWindow, way: QPoint) -> None:
    map_, start = window.explore.map.map, marker(window)
    QTest.mousePress(map_, LEFT, NONE, start)
    for step in range(1, 5):
        QTest.mouseMove(map_, start + way * step / 4)
    QTest.mouseRelease(map_, LEFT, NONE, start + way)


def test_the_face_travels_with_its_marker_in_one_step(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, map_ = exploring.studio.explorer, exploring.explore.map.map
    exploring.explore.typicality.limit.setChecked(False)
    start, steps = marker(exploring), explorer.undo_stack.index()
    before, picture = explorer.coordinates(), picture_of(map_)
    with qtbot.waitSignal(exploring.explore.face.painted, timeout=LOADING_MS):
        drag_marker(exploring, QPoint(30, -20))
    assert (marker(exploring) - start - QPoint(30, -20)).manhattanLength() <= 1
    assert explorer.undo_stack.index() == steps + 1
    after = explorer.coordinates()
    assert after[0] > before[0] + 0.1
    assert after[1] > before[1] + 0.1
    np.testing.assert_allclose(after[2:10], before[2:10], atol=0.01)
    assert not same_picture(picture_of(map_), picture)
    explorer.undo_stack.undo()
    assert (marker(exploring) - start).manhattanLength() <= 1


def test_a_locked_direction_stays_while_travelling(exploring: MainWindow) -> None:
    explorer = exploring.studio.explorer
    explorer.set_locked(0, True)
    before = explorer.coordinates()
    drag_marker(exploring, QPoint(30, -20))
    after = explorer.coordinates()
    assert after[0] == pytest.approx(before[0], abs=0.01)
    assert after[1] != pytest.approx(before[1], abs=0.01)


def test_a_slider_moves_the_marker(exploring: MainWindow) -> None:
    start = marker(exploring)
    exploring.studio.explorer.move(0, exploring.studio.explorer.coordinates()[0] + 0.5)
    assert marker(exploring).x() > start.x() + 5
    assert abs(marker(exploring).y() - start.y()) <= 1


def test_a_click_on_the_map_loads_the_face_from_the_gallery(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    window, map_ = exploring, exploring.explore.map.map
    row, place = lonely_face(window)
    with qtbot.waitSignal(window.studio.explorer.face_changed, timeout=LOADING_MS):
        qtbot.mouseClick(map_, LEFT, pos=place)
    assert window.gallery.selected_row() == row
    # All faces are encoded in bfloat16 where that is fast, the one chosen in float32.
    assert (marker(window) - place).manhattanLength() <= 3


def test_a_click_loads_the_face_where_the_gallery_shows_others(
    exploring: MainWindow, few_faces: FaceSet, tmp_path: Any, qtbot: QtBot
) -> None:
    window, map_ = exploring, exploring.explore.map.map
    row, place = lonely_face(window)
    few = replace(few_faces, images=few_faces.images[:5], names=few_faces.names[:5])
    window.studio.faces.choose(str(save_faces(few, tmp_path / "few")))
    qtbot.waitUntil(lambda: len(window.studio.faces.faces.images) == 5, timeout=LOADING_MS)
    qtbot.mouseClick(map_, LEFT, pos=place)
    assert window.studio.selection.face is not None
    np.testing.assert_array_equal(window.studio.selection.face.pixels, few_faces.images[row])


def test_the_dots_can_tell_how_typical_faces_are(exploring: MainWindow, qtbot: QtBot) -> None:
    panel = exploring.explore.map
    plain = picture_of(panel.map)
    panel.coloring.setFocus()
    QTest.keyClick(panel.coloring, Qt.Key.Key_Down)
    assert panel.coloring.currentText() == TYPICALITY
    qtbot.waitUntil(lambda: not same_picture(picture_of(panel.map), plain), timeout=LOADING_MS)
    colored = picture_of(panel.map)
    exploring.studio.explorer.set_own((own_direction(exploring),))
    assert panel.coloring.itemText(panel.coloring.count() - 1) == "Chubby"
    QTest.keyClick(panel.coloring, Qt.Key.Key_End)
    assert panel.coloring.currentText() == "Chubby"
    qtbot.waitUntil(lambda: not same_picture(picture_of(panel.map), colored), timeout=LOADING_MS)
    exploring.studio.explorer.set_own(())  # it goes, and the colors with it
    assert panel.coloring.currentText() == "None"
    assert same_picture(picture_of(panel.map), plain)


def own_direction(window: MainWindow) -> Any:
    from model.latents.directions import Direction

    statistics = window.studio.explorer.statistics
    assert statistics is not None
    return Direction("Chubby", "own", statistics.directions[1], float(statistics.sigma[1]))


def test_on_a_map_by_tsne_the_face_is_led_among_its_neighbours(
    exploring: MainWindow, tsne: QuickTsne, qtbot: QtBot
) -> None:
    window, panel = exploring, exploring.explore.map
    panel.method.setFocus()
    QTest.keyClick(panel.method, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: window.studio.maps.plane is None and not window.studio.maps.job.is_busy,
        timeout=LOADING_MS,
    )
    points = window.studio.maps.points
    assert points is not None
    row = window.gallery.selected_row()
    assert row is not None

    def is_on_itself() -> bool:
        expected = panel.map.place_of(*points[row].tolist())
        assert expected is not None
        return (marker(window) - expected.toPoint()).manhattanLength() <= 2

    qtbot.waitUntil(is_on_itself, timeout=LOADING_MS)
    before = window.studio.explorer.latent
    start = marker(window)
    assert before is not None
    middle = panel.map.rect().center()
    drag_marker(window, middle - start)
    assert (marker(window) - middle).manhattanLength() <= 1
    assert not np.allclose(window.studio.explorer.latent, before)
    window.studio.explorer.undo_stack.undo()
    assert is_on_itself()


def test_without_the_package_the_method_says_what_to_install(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("model.latents.latent_map.has_tsne", lambda: False)
    window = open_window()
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.map)
    method = window.explore.map.method
    items = method.model()
    assert isinstance(items, QStandardItemModel)
    assert items.item(0).isEnabled()
    assert not items.item(1).isEnabled()
    assert method.itemData(1, Qt.ItemDataRole.ToolTipRole) == NEEDS_PACKAGE
