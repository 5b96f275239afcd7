"""The faces at the ends of Explore's sliders, in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QSlider, QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.explore.explorer import Explorer
from cae_gui.explore.sliders import slider_ends_controller as slider_ends
from cae_gui.explore.sliders.end_face import EndFace
from cae_gui.explore.sliders.latent_slider import LatentSlider
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.sliders.slider_area import SliderArea
from cae_gui.main_window import MainWindow
from tests.gui.conftest import LOADING_MS, picture_of, same_picture, wait_for_reconstruction

Pixels = NDArray[np.uint8]


class Asked(QObject):
    """Remembers what came back for the ends, and tells when all earlier questions are answered."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.tags: list[object] = []
        self.sizes: list[int] = []
        self.probes = 0
        self._models = window.session.models
        self._models.answered.connect(self._on_answer)

    def wait(self, qtbot: QtBot) -> None:
        """Wait until the model has nothing left to do: this channel comes after all others."""
        expected = self.probes + 1
        latents = np.zeros((1, 500), np.float32)
        self._models.ask("the last of all", "decode", latents, tag=None)
        qtbot.waitUntil(lambda: self.probes == expected, timeout=LOADING_MS)

    @Slot(str, object, object)
    def _on_answer(self, channel: str, tag: object, reply: Any) -> None:
        if channel == "ends":
            self.tags.append(tag)
            self.sizes.append(len(reply))
        self.probes += channel == "the last of all"


@pytest.fixture
def asked_window(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> tuple[MainWindow, Asked]:
    """A window whose sliders' ends come at once, and what is asked for them."""
    monkeypatch.setattr(slider_ends, "REST_MS", 0)
    window = open_window()
    window.tabs.setCurrentWidget(window.reconstruct)
    asked = Asked(window)
    wait_for_reconstruction(window, qtbot)
    qtbot.waitUntil(lambda: window.session.explorer.directions is not None, timeout=LOADING_MS)
    return window, asked


@pytest.fixture
def window(asked_window: tuple[MainWindow, Asked], qtbot: QtBot) -> MainWindow:
    """A window that shows principal sliders with a face at every end."""
    window, _ = asked_window
    window.tabs.setCurrentWidget(window.explore)
    wait_for_ends(window.explore.principal, qtbot)
    return window


@pytest.fixture
def asked(asked_window: tuple[MainWindow, Asked]) -> Asked:
    return asked_window[1]


def slider_of(sliders: LatentSliders, row: int) -> LatentSlider:
    found = [item for item in sliders.findChildren(LatentSlider) if item.isVisible()]
    return next(item for item in found if item.row() is sliders.row(row))


def ends_of(sliders: LatentSliders, row: int) -> list[Pixels]:
    """What is painted at the left and at the right end of a row."""
    faces = slider_of(sliders, row).findChildren(EndFace)
    return [picture_of(face) for face in sorted(faces, key=EndFace.x)]


def painted(pixels: Pixels | None) -> Pixels:
    """What a face at an end looks like."""
    face = EndFace()
    face.set_image(pixels)
    return picture_of(face)


def has_ends(sliders: LatentSliders, row: int) -> bool:
    well = painted(None)
    return not any(same_picture(well, seen) for seen in ends_of(sliders, row))


def wait_for_ends(sliders: LatentSliders, qtbot: QtBot) -> None:
    def all_there() -> bool:
        rows = sliders.rows_in_view()
        return bool(rows) and all(has_ends(sliders, row) for row in rows)

    qtbot.waitUntil(all_there, timeout=LOADING_MS)


def wait_for_faces(
    window: MainWindow, sliders: LatentSliders, latents: NDArray[np.float32], qtbot: QtBot
) -> None:
    """Wait until the ends of the first row show what the model makes of two latents."""
    from model.inference import decode

    model = window.session.models.model
    assert model is not None
    expected = [painted(face) for face in decode(model, latents)]
    qtbot.waitUntil(
        lambda: all(map(same_picture, ends_of(sliders, 0), expected)), timeout=LOADING_MS
    )


def test_the_faces_are_those_at_the_ends_of_the_slider(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.session.explorer, window.explore.principal
    window.explore.typicality.limit.setChecked(False)
    limits = sliders.row(0).minimum, sliders.row(0).maximum
    explorer.set_locked(1, True)
    explorer.move(2, 2.0)
    directions, latent = explorer.directions, explorer.latent
    expected = [directions.moved(latent, {0: value}, [1]) for value in limits]
    wait_for_faces(window, sliders, np.array(expected), qtbot)


def test_raw_sliders_have_them_too(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.session.explorer, window.explore.raw
    window.explore.typicality.limit.setChecked(False)
    window.explore.tabs.setCurrentWidget(sliders)
    expected = np.array([explorer.latent, explorer.latent])
    expected[:, 0] = sliders.row(0).minimum, sliders.row(0).maximum
    wait_for_faces(window, sliders, expected, qtbot)
    wait_for_ends(sliders, qtbot)


def test_rows_that_are_scrolled_to_get_theirs(
    window: MainWindow, asked: Asked, qtbot: QtBot
) -> None:
    sliders = window.explore.principal
    every = next(item for item in sliders.findChildren(QToolButton) if "All" in item.text())
    qtbot.mouseClick(every, Qt.MouseButton.LeftButton)
    wait_for_ends(sliders, qtbot)
    before, bar = ends_of(sliders, 0), sliders.findChild(SliderArea).verticalScrollBar()
    bar.setValue(bar.maximum())
    assert not has_ends(sliders, sliders.rows_in_view()[-1])
    wait_for_ends(sliders, qtbot)
    asked.wait(qtbot)
    asked.tags.clear()
    bar.setValue(0)
    assert all(map(same_picture, ends_of(sliders, 0), before))
    asked.wait(qtbot)
    assert asked.tags == []  # they were still known


def test_they_come_a_few_at_a_time(window: MainWindow, asked: Asked) -> None:
    assert asked.sizes
    assert max(asked.sizes) <= 8


def test_none_are_asked_for_while_a_slider_is_held(
    window: MainWindow, asked: Asked, qtbot: QtBot
) -> None:
    explorer, sliders = window.session.explorer, window.explore.principal
    asked.wait(qtbot)
    before, asked.tags[:] = ends_of(sliders, 0), []
    track = slider_of(sliders, 1).findChild(QSlider)
    track.setSliderDown(True)
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        track.setSliderPosition(track.maximum())
    for _ in range(3):
        asked.wait(qtbot)
    assert explorer.is_held
    assert asked.tags == []
    track.setSliderDown(False)
    qtbot.waitUntil(
        lambda: not any(map(same_picture, ends_of(sliders, 0), before)), timeout=LOADING_MS
    )


@pytest.mark.parametrize("newer_is_asked", [False, True])
def test_an_answer_for_an_earlier_face_is_dropped(
    window: MainWindow,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    newer_is_asked: bool,
) -> None:
    models, sliders = window.session.models, window.explore.principal
    asked.wait(qtbot)
    stale, black = asked.tags[0], np.zeros((4, 48, 48, 3), np.uint8)
    ask, dark = models.ask, painted(black[0])

    def ask_and_answer_an_earlier_one(channel: str, *arguments: Any, tag: Any = None) -> None:
        ask(channel, *arguments, tag=tag)
        if channel == "ends":
            models.answered.emit("ends", stale, black)

    monkeypatch.setattr(models, "ask", ask_and_answer_an_earlier_one)
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        window.session.explorer.move(0, 1.0)
    if newer_is_asked:
        asked.wait(qtbot)
    else:
        models.answered.emit("ends", stale, black)
    for row in sliders.rows_in_view():
        assert not any(same_picture(dark, seen) for seen in ends_of(sliders, row))


def test_the_limit_changes_them(window: MainWindow, asked: Asked, qtbot: QtBot) -> None:
    asked.wait(qtbot)
    asked.tags.clear()
    window.explore.typicality.limit.setChecked(False)
    qtbot.waitUntil(lambda: bool(asked.tags), timeout=LOADING_MS)


def test_another_face_begins_with_empty_wells(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.session.explorer, window.explore.principal
    before = ends_of(sliders, 0)
    load_another(explorer)
    assert not any(has_ends(sliders, row) for row in sliders.rows_in_view())
    wait_for_ends(sliders, qtbot)
    assert not any(map(same_picture, ends_of(sliders, 0), before))


def load_another(explorer: Explorer) -> None:
    assert explorer.face is not None
    assert explorer.statistics is not None
    latent = explorer.statistics.sample(np.random.default_rng(3))
    explorer.load("Another", explorer.face.pixels, latent)


def test_nothing_is_asked_while_nobody_looks(
    asked_window: tuple[MainWindow, Asked], qtbot: QtBot
) -> None:
    window, asked = asked_window
    load_another(window.session.explorer)
    for _ in range(3):
        asked.wait(qtbot)
    assert asked.tags == []
    window.tabs.setCurrentWidget(window.explore)
    wait_for_ends(window.explore.principal, qtbot)
