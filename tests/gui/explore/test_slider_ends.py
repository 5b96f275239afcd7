"""The faces at the ends of Explore's sliders, in a real window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.core.models import Lane
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.sliders.latent_slider import EndFace, LatentSlider
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.main_window import MainWindow
from model import inference
from tests.gui.conftest import LOADING_MS, picture_of, same_picture, wait_for_reconstruction

Pixels = NDArray[np.uint8]


class Asked:
    """Remembers what is asked and answered for the ends, and tells when all is answered."""

    def __init__(self, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        self.latents: list[Any] = []
        self.answers: list[Pixels] = []
        self._models = window.studio.models
        self._decode = self._models.decode
        monkeypatch.setattr(self._models, "decode", self._on_decode)

    def wait(self, qtbot: QtBot) -> None:
        """Wait until the model has nothing left to do: this lane comes after all others."""
        last: list[Pixels] = []
        self._decode(np.zeros((1, 500), np.float32), then=last.append, lane=object())
        qtbot.waitUntil(lambda: bool(last), timeout=LOADING_MS)

    def _on_decode(self, latents: Any, *, then: Any, lane: Any, **options: Any) -> None:
        if lane is Lane.ENDS:
            self.latents.append(latents)
            then = partial(self._on_answer, then)
        self._decode(latents, then=then, lane=lane, **options)

    def _on_answer(self, then: Callable[[Pixels], None], faces: Pixels) -> None:
        self.answers.append(faces)
        then(faces)


@pytest.fixture
def asked_window(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> tuple[MainWindow, Asked]:
    """A window whose sliders' ends come at once, and what is asked for them."""
    monkeypatch.setattr("cae_gui.explore.explorer.REST_MS", 0)
    window = open_window()
    window.tabs.setCurrentWidget(window.reconstruct)
    asked = Asked(window, monkeypatch)
    wait_for_reconstruction(window, qtbot)
    qtbot.waitUntil(lambda: window.studio.explorer.directions is not None, timeout=LOADING_MS)
    return window, asked


@pytest.fixture
def window(asked_window: tuple[MainWindow, Asked], qtbot: QtBot) -> MainWindow:
    """A window that shows principal sliders with a face at every end."""
    window, _ = asked_window
    window.explore.tabs.setCurrentWidget(window.explore.principal_page)
    window.tabs.setCurrentWidget(window.explore)
    wait_for_ends(window.explore.principal, qtbot)
    return window


@pytest.fixture
def asked(asked_window: tuple[MainWindow, Asked]) -> Asked:
    return asked_window[1]


def slider_of(sliders: LatentSliders, row: int) -> LatentSlider:
    found = [item for item in sliders.findChildren(LatentSlider) if item.isVisible()]
    return next(item for item in found if item.row() is sliders.area.row(row))


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
        rows = sliders.area.rows_in_view()
        return bool(rows) and all(has_ends(sliders, row) for row in rows)

    qtbot.waitUntil(all_there, timeout=LOADING_MS)


def wait_for_faces(
    window: MainWindow, sliders: LatentSliders, latents: NDArray[np.float32], qtbot: QtBot
) -> None:
    """Wait until the ends of the first row show what the model makes of two latents."""
    from model.inference import decode

    model = window.studio.models.model
    assert model is not None
    expected = [painted(face) for face in decode(model, latents)]
    qtbot.waitUntil(
        lambda: all(map(same_picture, ends_of(sliders, 0), expected)), timeout=LOADING_MS
    )


def test_the_faces_are_those_at_the_ends_of_the_slider(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.studio.explorer, window.explore.principal
    window.explore.typicality.limit.setChecked(False)
    limits = sliders.area.row(0).minimum, sliders.area.row(0).maximum
    explorer.set_locked(1, True)
    explorer.move(2, 2.0)
    directions, latent = explorer.directions, explorer.latent
    expected = [directions.moved(latent, {0: value}, [1]) for value in limits]
    wait_for_faces(window, sliders, np.array(expected), qtbot)


def test_raw_sliders_have_them_too(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.studio.explorer, window.explore.raw
    window.explore.typicality.limit.setChecked(False)
    window.explore.tabs.setCurrentWidget(sliders)
    expected = np.array([explorer.latent, explorer.latent])
    expected[:, 0] = sliders.area.row(0).minimum, sliders.area.row(0).maximum
    wait_for_faces(window, sliders, expected, qtbot)
    wait_for_ends(sliders, qtbot)


def test_rows_that_are_scrolled_to_get_theirs(
    window: MainWindow, asked: Asked, qtbot: QtBot
) -> None:
    sliders = window.explore.principal
    every = next(item for item in sliders.findChildren(QToolButton) if "All" in item.text())
    qtbot.mouseClick(every, Qt.MouseButton.LeftButton)
    wait_for_ends(sliders, qtbot)
    before, bar = ends_of(sliders, 0), sliders.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert not has_ends(sliders, sliders.area.rows_in_view()[-1])
    wait_for_ends(sliders, qtbot)
    asked.wait(qtbot)
    asked.answers.clear()
    bar.setValue(0)
    assert all(map(same_picture, ends_of(sliders, 0), before))
    asked.wait(qtbot)
    assert asked.answers == []  # they were still known


def test_they_come_a_few_at_a_time(window: MainWindow, asked: Asked) -> None:
    assert asked.answers
    assert max(map(len, asked.answers)) <= 8


def test_none_are_asked_for_while_a_slider_is_held(
    window: MainWindow, asked: Asked, qtbot: QtBot
) -> None:
    explorer, sliders = window.studio.explorer, window.explore.principal
    asked.wait(qtbot)
    before, asked.answers[:] = ends_of(sliders, 0), []
    track = slider_of(sliders, 1).findChild(QSlider)
    track.setSliderDown(True)
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        track.setSliderPosition(track.maximum())
    for _ in range(3):
        asked.wait(qtbot)
    assert explorer.is_held
    assert asked.answers == []
    track.setSliderDown(False)
    qtbot.waitUntil(
        lambda: not any(map(same_picture, ends_of(sliders, 0), before)), timeout=LOADING_MS
    )


def test_an_answer_for_an_earlier_face_is_dropped(
    window: MainWindow, asked: Asked, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    explorer, sliders = window.studio.explorer, window.explore.principal
    asked.wait(qtbot)
    began, let_go = threading.Event(), threading.Event()
    black, decode = np.zeros((4, 48, 48, 3), np.uint8), inference.decode

    def decode_ends_late(model: Any, latents: Any) -> Any:
        if let_go.is_set() or latents is not asked.latents[-1]:
            return decode(model, latents)
        began.set()
        assert let_go.wait(20)
        return black

    monkeypatch.setattr(inference, "decode", decode_ends_late)
    explorer.move(0, 1.0)
    qtbot.waitUntil(began.is_set, timeout=LOADING_MS)
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        explorer.move(0, 2.0)
        let_go.set()
    asked.wait(qtbot)
    assert not any(faces is black for faces in asked.answers)
    dark = painted(black[0])
    for row in sliders.area.rows_in_view():
        assert not any(same_picture(dark, seen) for seen in ends_of(sliders, row))


def test_the_limit_changes_them(window: MainWindow, asked: Asked, qtbot: QtBot) -> None:
    asked.wait(qtbot)
    asked.answers.clear()
    window.explore.typicality.limit.setChecked(False)
    qtbot.waitUntil(lambda: bool(asked.answers), timeout=LOADING_MS)


def test_another_face_begins_with_empty_wells(window: MainWindow, qtbot: QtBot) -> None:
    explorer, sliders = window.studio.explorer, window.explore.principal
    before = ends_of(sliders, 0)
    load_another(explorer)
    assert not any(has_ends(sliders, row) for row in sliders.area.rows_in_view())
    wait_for_ends(sliders, qtbot)
    assert not any(map(same_picture, ends_of(sliders, 0), before))


def load_another(explorer: Explorer) -> None:
    assert explorer.face is not None
    assert explorer.statistics is not None
    latent = explorer.statistics.sample(np.random.default_rng(3))
    explorer.load("Another", explorer.face.pixels, latent)


def test_nothing_is_asked_while_explore_is_hidden(
    asked_window: tuple[MainWindow, Asked], qtbot: QtBot
) -> None:
    window, asked = asked_window
    load_another(window.studio.explorer)
    for _ in range(3):
        asked.wait(qtbot)
    assert asked.answers == []
    window.tabs.setCurrentWidget(window.explore)
    wait_for_ends(window.explore.attributes, qtbot)
