"""The legend and the conditions of the map, in a real window: which faces stand out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cae_gui.explore.map.filters import MOST_CONDITIONS, Filters
from cae_gui.explore.map.map_page import MapPage
from cae_gui.main_window import MainWindow
from model.data.datasets import FaceSet
from model.latents.directions import Direction
from model.latents.face_values import TYPICALITY, Condition, FaceValues
from tests.gui.conftest import LOADING_MS, picture_of, same_picture, save_faces

Key = Qt.Key
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(
    open_window: Callable[[], MainWindow], few_faces: FaceSet, tmp_path: Any, qtbot: QtBot
) -> MapPage:
    """The map's page of sixty patches with a direction of their own, colored along it."""
    window = open_window()
    qtbot.waitUntil(lambda: window.studio.faces.faces is not None, timeout=LOADING_MS)
    window.studio.faces.choose(str(save_faces(few_faces, tmp_path / "patches")))
    window.tabs.setCurrentWidget(window.explore)
    page, explorer = window.explore.map, window.studio.explorer
    window.explore.tabs.setCurrentWidget(page)
    there = lambda: page.map.accessibleDescription().startswith("60 faces")  # noqa: E731
    qtbot.waitUntil(there, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: window.studio.own.is_measured, timeout=LOADING_MS)
    statistics = explorer.statistics
    assert statistics is not None
    axis = statistics.directions[0]
    explorer.set_own((Direction("Chubby", "own", axis, float(statistics.sigma[0]) / 4),))
    page.coloring.setFocus()
    QTest.keyClick(page.coloring, Key.Key_End)
    assert page.coloring.currentText() == "Chubby"
    qtbot.waitUntil(lambda: page.legend.isVisible(), timeout=LOADING_MS)
    return page


def values_of(page: MapPage, name: str) -> Any:
    assert page.filters.values is not None
    values = page.filters.values.of(name)
    assert values is not None
    return values


def told(page: MapPage) -> str:
    return page.filter_panel.told.text() if page.filter_panel.told.isVisible() else ""


def test_the_legend_counts_its_classes_and_lets_those_clicked_stand_out(
    page: MapPage, qtbot: QtBot
) -> None:
    values, rows = values_of(page, "Chubby"), page.legend.rows
    low, high = int((values < -1.5).sum()), int((values >= 1.5).sum())
    assert low > 0 < high
    assert rows[0].accessibleName() == f"below −1.5 σ: {low} face" + "s" * (low != 1)
    assert rows[0].y() > rows[4].y()  # as on a scale, the highest at the top
    all_shown = picture_of(page.map)
    qtbot.mouseClick(rows[4], LEFT)
    assert rows[4].isChecked()
    assert told(page) == f"{high} of 60 faces"
    only_high = picture_of(page.map)
    assert not same_picture(only_high, all_shown)
    qtbot.mouseClick(rows[0], LEFT, SHIFT)
    assert told(page) == f"{low + high} of 60 faces"
    assert not same_picture(picture_of(page.map), only_high)
    qtbot.mouseClick(rows[0], LEFT, SHIFT)
    qtbot.mouseClick(rows[4], LEFT)
    assert told(page) == ""
    assert same_picture(picture_of(page.map), all_shown)


def test_the_legend_is_used_by_keyboard(page: MapPage) -> None:
    rows = page.legend.rows
    rows[4].setFocus()
    QTest.keyClick(rows[4], Key.Key_Tab)
    assert rows[3].hasFocus()
    QTest.keyClick(rows[3], Key.Key_Space)
    QTest.keyClick(rows[3], Key.Key_Tab)
    QTest.keyClick(rows[2], Key.Key_Space, SHIFT)
    assert [row.isChecked() for row in rows] == [False, False, True, True, False]


def test_another_coloring_has_a_legend_of_its_own(page: MapPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.legend.rows[4], LEFT)
    page.coloring.setFocus()
    QTest.keyClick(page.coloring, Key.Key_Home)
    assert not page.legend.isVisible()
    assert told(page) == ""
    QTest.keyClick(page.coloring, Key.Key_Down)
    assert page.coloring.currentText() == TYPICALITY
    assert page.legend.isVisible()
    assert page.legend.rows[4].accessibleName().startswith("80 to 100 %: ")
    assert not any(row.isChecked() for row in page.legend.rows)


def test_conditions_are_added_changed_and_removed(page: MapPage, qtbot: QtBot) -> None:
    chubby, typical = values_of(page, "Chubby"), values_of(page, TYPICALITY)
    panel, all_shown = page.filter_panel, picture_of(page.map)
    qtbot.mouseClick(panel.add, LEFT)
    (row,) = panel.rows
    assert row.name.currentText() == "Chubby"
    assert told(page) == f"{(chubby > 0.5).sum()} of 60 faces"
    row.value.setFocus()
    QTest.keyClick(row.value, Key.Key_Left)
    assert row.text.text() == "+0.4 σ"
    assert told(page) == f"{(chubby > np.float32(0.4)).sum()} of 60 faces"
    row.side.setFocus()
    QTest.keyClick(row.side, Key.Key_Down)
    below = chubby < np.float32(0.4)
    assert told(page) == f"{below.sum()} of 60 faces"
    shown = picture_of(page.map)
    assert not same_picture(shown, all_shown)

    both = Qt.KeyboardModifier.ControlModifier | SHIFT
    page.window().activateWindow()
    QTest.keyClick(row.side, Key.Key_F, both)
    qtbot.waitUntil(lambda: len(panel.rows) == 2)  # the button is seen to be pressed first
    second = panel.rows[1]
    second.remove.setFocus()
    QTest.keyClick(second.remove, Key.Key_Tab)
    assert panel.add.hasFocus()
    second.name.setFocus()
    QTest.keyClick(second.name, Key.Key_Home)
    assert second.name.currentText() == TYPICALITY
    assert second.text.text() == "20 %"
    assert told(page) == f"{(below & (typical > np.float32(0.2))).sum()} of 60 faces"
    counts = [int(row.accessibleName().split(": ")[1].split()[0]) for row in page.legend.rows]
    assert sum(counts) == (below & (typical > np.float32(0.2))).sum()

    qtbot.mouseClick(second.remove, LEFT)
    assert told(page) == f"{below.sum()} of 60 faces"
    assert same_picture(picture_of(page.map), shown)
    qtbot.mouseClick(panel.clear, LEFT)
    assert panel.rows == []
    assert told(page) == ""
    assert not panel.clear.isEnabled()


def test_what_is_filtered_by_goes_with_its_direction(page: MapPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.filter_panel.add, LEFT)
    page._explorer.set_own(())
    qtbot.waitUntil(lambda: not page.filter_panel.rows, timeout=LOADING_MS)
    assert page.coloring.currentText() == "None"
    assert told(page) == ""


def test_filters_hold_so_many_conditions_and_drop_those_without_values() -> None:
    filters = Filters()
    filters.add()  # nothing is known yet
    assert filters.matching() is None
    values = np.array([[0.1, 0.9], [-1, 1]], np.float32)
    filters.use_values(FaceValues((TYPICALITY, "Hat"), values))
    for _ in range(MOST_CONDITIONS + 1):
        filters.add()
    assert filters.conditions == (Condition("Hat", True, 0.5),) * MOST_CONDITIONS
    matching = filters.matching()
    assert matching is not None
    assert matching.mask.tolist() == [False, True]
    filters.use_values(FaceValues((TYPICALITY,), values[:1]))
    assert filters.conditions == ()
