"""The even pace of a morph, in a window with the shipped model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.morph.film_export import FilmDialog
from cae_gui.morph.mix import MorphFace
from model.inference import decode_exactly
from model.morph.pace import picture_steps
from tests.gui.conftest import LOADING_MS, Dialogs


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with the morph's first two faces, encoded and in view."""
    window.tabs.setCurrentWidget(window.morph)
    qtbot.waitUntil(lambda: window.studio.morpher.path is not None, timeout=LOADING_MS)
    return window


def ratio(window: MainWindow, latents: NDArray[np.float32]) -> float:
    """Return how many times as large the largest step is as the smallest."""
    model = window.studio.models.model
    assert model is not None
    steps = picture_steps(decode_exactly(model, latents))
    return float(steps.max() / steps.min())


def wait_for_pace(window: MainWindow, qtbot: QtBot) -> None:
    morpher = window.studio.morpher
    qtbot.waitUntil(lambda: morpher.to_pace() is None, timeout=LOADING_MS)


def test_chosen_by_key_the_film_and_the_strip_change_evenly(
    window: MainWindow, qtbot: QtBot
) -> None:
    path, morpher = window.morph.path, window.studio.morpher
    morpher.set_back(False)
    assert ratio(window, morpher.film(25)) > 20
    ease = path.segments.editors[0].ease
    assert ease.isEnabled()
    path.playback.even.setFocus()
    QTest.keyClick(path.playback.even, Qt.Key.Key_Space)
    assert morpher.state.even
    assert not path.export.isEnabled()  # until the pace is known
    assert not ease.isEnabled()
    wait_for_pace(window, qtbot)
    assert path.export.isEnabled()
    assert ratio(window, morpher.film(25)) < 1.05
    assert ratio(window, morpher.stills(9)) < 1.05
    # What is played at a time, and shown on the strip at its place, is what is exported.
    times = np.linspace(0, morpher.state.times[-1], 51)
    np.testing.assert_array_equal(morpher.along(times.tolist()), morpher.film(25))
    morpher.undo_stack.undo()
    assert not path.playback.even.isChecked()
    assert ease.isEnabled()
    assert ratio(window, morpher.film(25)) > 20


def test_key_frames_lie_where_they_are_met(window: MainWindow, qtbot: QtBot) -> None:
    morpher, faces = window.studio.morpher, window.studio.faces.faces
    assert faces is not None
    first = morpher.state.faces[0]
    morpher.insert(1, MorphFace("Nearly the first", np.array(first.photo) // 16 * 16))
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    film = window.morph.path.film
    before = film.x_at(morpher.state.times[1])
    morpher.set_even(True)
    wait_for_pace(window, qtbot)
    start, middle, end = morpher.times
    assert (start, end) == (0, pytest.approx(4.0))
    assert middle < 1.0  # a short way takes a short time
    assert film.mark_x(1) < before
    latents = morpher.along([middle])
    path = morpher.path
    assert latents is not None
    assert path is not None
    np.testing.assert_allclose(latents[0], path.frames[1].latent, atol=0.05)


def test_the_newest_path_wins(window: MainWindow, qtbot: QtBot) -> None:
    morpher, faces = window.studio.morpher, window.studio.faces.faces
    assert faces is not None
    morpher.set_back(False)
    morpher.set_even(True)
    for row in (5, 8, 11):
        morpher.put(1, MorphFace(faces.names[row], np.array(faces.images[row])))
        qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    wait_for_pace(window, qtbot)
    assert ratio(window, morpher.film(25)) < 1.05
    # Until another one is measured, the last pace is kept.
    morpher.set_spherical(0, True)
    path = morpher.path
    assert path is not None
    assert path.pace is not None
    wait_for_pace(window, qtbot)
    assert ratio(window, morpher.film(25)) < 1.05
    # Times don't change the pace.
    morpher.set_seconds(0, 5.0)
    assert morpher.to_pace() is None


@pytest.mark.parametrize(("kind", "smallest"), [("PNG frames", 48), ("PNG strip", 48)])
def test_what_is_exported_changes_evenly(
    kind: str, smallest: int, window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    morpher, path = window.studio.morpher, window.morph.path
    morpher.set_back(False)
    morpher.set_even(True)
    wait_for_pace(window, qtbot)
    answers.path = tmp_path / "morph.png" if kind == "PNG strip" else tmp_path
    path.export.click()
    dialog = window.findChild(FilmDialog)
    assert dialog is not None
    dialog.format.setCurrentIndex(dialog.format.findData(kind))
    dialog.side.setCurrentIndex(dialog.side.findData(smallest))
    dialog.rate.setValue(10)
    with qtbot.waitSignal(window.studio.filming.finished, timeout=LOADING_MS) as written:
        dialog.export.click()
    (place,) = written.args
    if kind == "PNG strip":
        with Image.open(place) as picture:
            assert '"even pace": true' in picture.info["Description"]
            strip = np.asarray(picture)
        faces = strip.reshape(48, -1, 48, 3).swapaxes(0, 1)
    else:
        faces = np.stack([np.asarray(Image.open(file)) for file in sorted(place.glob("*.png"))])
        assert len(faces) == 21
    steps = picture_steps(faces)
    assert steps.max() / steps.min() < 1.1  # rounded to 255 steps
