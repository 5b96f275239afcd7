"""Strips of pictures under Explore's sliders, in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.core.models import Lane
from cae_gui.explore.sliders.latent_slider import EndFace, LatentSlider
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.sliders.picture_strip import PICTURES, PictureStrip
from cae_gui.main_window import MainWindow
from cae_gui.settings import Settings
from tests.gui.conftest import (
    LOADING_MS,
    picture_of,
    same_picture,
    wait_for_answers,
    wait_for_reconstruction,
)

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> MainWindow:
    """A window whose attributes have pictures, as they had in the last one."""
    monkeypatch.setattr("cae_gui.explore.explorer.REST_MS", 0)
    Settings().has_strips = True
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    window.tabs.setCurrentWidget(window.explore)
    window.explore.typicality.limit.setChecked(False)
    qtbot.waitUntil(lambda: window.studio.models.attributes is not None, timeout=LOADING_MS)
    wait_for_strips(window.explore.attributes, qtbot)
    return window


def sliders_of(sliders: LatentSliders) -> dict[int, LatentSlider]:
    """The sliders in view by row."""
    found = [item for item in sliders.findChildren(LatentSlider) if item.isVisible()]
    rows = sliders.area.rows_in_view()
    return {row: item for row in rows for item in found if item.row() is sliders.area.row(row)}


def wait_for_strips(sliders: LatentSliders, qtbot: QtBot) -> None:
    def are_there() -> bool:
        found = sliders_of(sliders)
        return bool(found) and all(slider.strip.has_faces() for slider in found.values())

    qtbot.waitUntil(are_there, timeout=LOADING_MS)


def shows(window: MainWindow, slider: LatentSlider, latents: Any) -> bool:
    """Whether a strip shows what the model makes of seven latents."""
    from model.inference import decode

    model = window.studio.models.model
    assert model is not None
    strip = PictureStrip()
    strip.resize(slider.strip.size())
    strip.set_faces(decode(model, latents))
    strip.mark(slider.row().share_of(slider.value()))
    return same_picture(picture_of(slider.strip), picture_of(strip))


def switch_of(sliders: LatentSliders) -> QToolButton:
    found = [item for item in sliders.findChildren(QToolButton) if item.isVisible()]
    return next(item for item in found if "Pictures" in item.accessibleName())


def test_a_strip_shows_what_its_slider_shows_at_seven_values(
    window: MainWindow, qtbot: QtBot
) -> None:
    explorer, sliders = window.studio.explorer, window.explore.attributes
    slider, first = sliders_of(sliders)[2], explorer.rows_of("attribute")[0]
    row = slider.row()
    values = np.linspace(row.minimum, row.maximum, PICTURES)
    latents = np.array([explorer.moved(first + 2, value) for value in values])
    assert shows(window, slider, latents)
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        explorer.move(first, 2.0)
    latents = np.array([explorer.moved(first + 2, value) for value in values])
    qtbot.waitUntil(lambda: shows(window, slider, latents), timeout=LOADING_MS)
    window.explore.tabs.setCurrentWidget(window.explore.raw)
    wait_for_strips(window.explore.raw, qtbot)
    slider = sliders_of(window.explore.raw)[1]
    values = np.linspace(slider.row().minimum, slider.row().maximum, PICTURES)
    latents = np.array([explorer.with_dimension(1, value) for value in values])
    qtbot.waitUntil(lambda: shows(window, slider, latents), timeout=LOADING_MS)


def test_the_switch_shows_ends_or_strips_in_every_list(window: MainWindow, qtbot: QtBot) -> None:
    sliders = window.explore.attributes
    before = sliders_of(sliders)
    switch = switch_of(sliders)
    switch.setFocus()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    after = sliders_of(sliders)
    assert len(after) > len(before)
    assert not any(slider.strip.isVisible() for slider in after.values())
    assert all(end.isVisible() for end in after[0].findChildren(EndFace))
    window.explore.tabs.setCurrentWidget(window.explore.raw)
    assert not sliders_of(window.explore.raw)[0].strip.isVisible()
    qtbot.mouseClick(switch_of(window.explore.raw), LEFT)
    assert sliders_of(window.explore.raw)[0].strip.isVisible()
    wait_for_strips(window.explore.raw, qtbot)
    window.explore.strips.trigger()
    window.close()
    assert not Settings().has_strips


def test_pictures_and_keys_move_the_slider(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.studio.explorer, window.explore.attributes
    slider, steps = sliders_of(sliders)[1], explorer.undo_stack.count()
    row, place = slider.row(), slider.strip.place(PICTURES - 1).center().toPoint()
    qtbot.mouseClick(slider.strip, LEFT, pos=place)
    assert slider.value() == row.maximum
    index = explorer.rows_of("attribute")[1]
    assert explorer.coordinates()[index] == pytest.approx(row.maximum, abs=1e-2)
    assert QApplication.focusWidget() is slider.track
    qtbot.keyClick(slider.track, Qt.Key.Key_2)
    assert slider.value() == pytest.approx(row.value_at(1 / 6))
    assert explorer.undo_stack.count() == steps + 2
    window.explore.strips.trigger()
    qtbot.keyClick(slider.track, Qt.Key.Key_7)  # without pictures there is none to go to
    assert explorer.undo_stack.count() == steps + 2


def test_a_locked_row_takes_no_click(window: MainWindow, qtbot: QtBot) -> None:
    explorer, slider = window.studio.explorer, sliders_of(window.explore.attributes)[1]
    explorer.set_locked(explorer.rows_of("attribute")[1], True)
    before = explorer.latent
    qtbot.mouseClick(slider.strip, LEFT, pos=slider.strip.place(6).center().toPoint())
    qtbot.keyClick(slider.track, Qt.Key.Key_1)
    np.testing.assert_array_equal(explorer.latent, before)


def test_a_drag_with_ctrl_crosses_rows_with_strips(window: MainWindow) -> None:
    explorer, sliders = window.studio.explorer, window.explore.attributes
    steps, found = explorer.undo_stack.count(), sliders_of(sliders)
    ctrl, strip = Qt.KeyboardModifier.ControlModifier, found[0].strip
    first = QPoint(235, 18)
    last = strip.mapFrom(sliders, found[2].strip.mapTo(sliders, QPoint(245, 20)))
    QTest.mousePress(strip, LEFT, ctrl, first)
    QTest.mouseMove(strip, last)
    QTest.mouseRelease(strip, LEFT, ctrl, last)
    assert explorer.undo_stack.count() == steps + 1
    assert [found[row].value() > found[row].row().neutral for row in range(3)] == [True] * 3


def test_rows_scrolled_to_get_theirs_and_others_are_not_asked_for(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    sliders, models = window.explore.raw, window.studio.models
    window.explore.tabs.setCurrentWidget(sliders)
    every = next(item for item in sliders.findChildren(QToolButton) if "All" in item.text())
    qtbot.mouseClick(every, LEFT)
    wait_for_strips(sliders, qtbot)
    asked, decode = list[int](), models.decode

    def note(latents: Any, *, then: Any, lane: Any, **options: Any) -> None:
        if lane is Lane.ENDS:
            asked.append(len(latents))
        decode(latents, then=then, lane=lane, **options)

    monkeypatch.setattr(models, "decode", note)
    bar = sliders.area.verticalScrollBar()
    for place in np.linspace(0, bar.maximum(), 40).astype(int):
        bar.setValue(int(place))
    assert len(sliders.findChildren(LatentSlider)) < 40  # of all five lists' widgets none is new
    wait_for_strips(sliders, qtbot)
    seen = len(sliders.area.rows_in_view())
    assert set(asked) == {PICTURES}
    assert len(asked) <= seen + 1


def test_the_face_comes_before_its_pictures(window: MainWindow, qtbot: QtBot) -> None:
    explorer, slider = window.studio.explorer, sliders_of(window.explore.attributes)[0]
    wait_for_answers(window.studio.models.jobs()[0], qtbot)
    before = picture_of(slider.strip)
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        explorer.move(explorer.rows_of("attribute")[4], 3.0)
    assert same_picture(picture_of(slider.strip), before)
    qtbot.waitUntil(lambda: not same_picture(picture_of(slider.strip), before), timeout=LOADING_MS)
