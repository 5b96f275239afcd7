"""Directions of the nearest faces, and the strips of pictures that move along them, in a window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.explore.local_directions import TOO_FEW
from cae_gui.explore.sliders.latent_slider import LatentSlider
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.sliders.picture_strip import PICTURES, PictureStrip
from cae_gui.main_window import MainWindow
from cae_gui.settings import Settings
from model.face_set import FaceSet
from model.latents.directions import Directions
from model.latents.explored import Explored
from tests.gui.conftest import picture_of, same_picture, save_faces, wait_for_reconstruction

LEFT = Qt.MouseButton.LeftButton
Key = Qt.Key
Floats = NDArray[np.float32]


@pytest.fixture
def local(
    open_window: Callable[[], MainWindow],
    few_faces: FaceSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> MainWindow:
    """A window with the directions of the fifty faces nearest to the first of sixty patches."""
    monkeypatch.setattr("cae_gui.explore.explorer.REST_MS", 0)
    Settings().source = str(save_faces(few_faces, tmp_path / "patches"))
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.principal_page)
    window.explore.typicality.limit.setChecked(False)
    page = window.explore.principal_page
    page.count.setValue(50)
    page.choice.setFocus()
    qtbot.keyClick(page.choice, Key.Key_Down)
    wait_for_directions(window, qtbot)
    return window


def wait_for_directions(window: MainWindow, qtbot: QtBot) -> Directions:
    explorer, sliders = window.studio.explorer, window.explore.local
    qtbot.waitUntil(lambda: explorer.local is not None and bool(sliders.area.rows_in_view()))
    assert explorer.local is not None
    return explorer.local


def slider_of(sliders: LatentSliders, row: int) -> LatentSlider:
    found = [item for item in sliders.findChildren(LatentSlider) if item.isVisible()]
    return next(item for item in found if item.row() is sliders.area.row(row))


def middle(strip: PictureStrip, number: int) -> QPoint:
    return strip.place(number).center().toPoint()


def painted(faces: Any, like: PictureStrip, share: float) -> NDArray[np.uint8]:
    """What a strip of these faces looks like."""
    strip = PictureStrip()
    strip.resize(like.size())
    strip.set_faces(faces)
    strip.mark(share)
    return picture_of(strip)


def wait_for_pictures(
    window: MainWindow, slider: LatentSlider, latents: Floats, qtbot: QtBot
) -> None:
    """Wait until a strip shows what the model makes of seven latents."""
    from model.inference import decode

    model = window.studio.models.model
    assert model is not None
    share = slider.row().share_of(slider.value())
    expected = painted(decode(model, latents), slider.strip, share)
    qtbot.waitUntil(lambda: same_picture(picture_of(slider.strip), expected))


def test_the_directions_are_those_of_the_nearest_faces(local: MainWindow) -> None:
    studio = local.studio
    explored, latent = studio.latents.explored, studio.explorer.latent
    assert explored is not None
    assert latent is not None
    expected = explored.directions_near(latent, 50)
    found = studio.explorer.local
    assert found is not None
    np.testing.assert_allclose(found.matrix, expected.matrix, atol=1e-4)
    slider = slider_of(local.explore.local, 0)
    assert slider.row().title.startswith("Local 1 · ")
    assert (slider.row().minimum, slider.row().maximum, slider.value()) == (-3, 3, 0)


def test_pictures_show_what_a_slider_at_that_value_shows(local: MainWindow, qtbot: QtBot) -> None:
    explorer, slider = local.studio.explorer, slider_of(local.explore.local, 1)
    found, latent = explorer.local, explorer.latent
    assert found is not None
    assert latent is not None
    values = range(-3, 4)
    latents = np.array([found.moved(latent, {1: value}) for value in values])
    wait_for_pictures(local, slider, latents, qtbot)


def test_a_click_on_a_picture_goes_there_in_one_step(local: MainWindow, qtbot: QtBot) -> None:
    explorer, slider = local.studio.explorer, slider_of(local.explore.local, 1)
    found, latent, steps = explorer.local, explorer.latent, explorer.undo_stack.count()
    assert found is not None
    assert latent is not None
    for number, sigmas in ((5, 2.0), (0, -3.0)):
        qtbot.mouseClick(slider.strip, LEFT, pos=middle(slider.strip, number))
        np.testing.assert_allclose(
            explorer.latent, found.moved(latent, {1: sigmas}), rtol=1e-4, atol=1e-4
        )
        assert slider.value() == pytest.approx(sigmas)
    assert explorer.undo_stack.count() == steps + 2
    explorer.undo_stack.undo()
    assert slider.value() == pytest.approx(2, abs=0.01)
    assert explorer.local is found


def test_a_drag_along_the_strip_moves_continuously_in_one_step(
    local: MainWindow, qtbot: QtBot
) -> None:
    explorer, slider = local.studio.explorer, slider_of(local.explore.local, 0)
    strip, found, values = slider.strip, explorer.local, list[float]()
    steps = explorer.undo_stack.count()
    slider.moved.connect(values.append)
    start, end = middle(strip, 3), middle(strip, 6)
    QTest.mousePress(strip, LEFT, pos=start)
    for x in range(start.x(), end.x() + 1, 4):
        QTest.mouseMove(strip, QPoint(x, start.y()))
    assert explorer.is_held
    QTest.mouseMove(strip, end + QPoint(200, 0))
    QTest.mouseRelease(strip, LEFT, pos=end)
    assert not explorer.is_held
    assert len(set(values)) > 2 * PICTURES
    assert values == sorted(values)
    assert slider.value() == pytest.approx(3)
    assert explorer.undo_stack.count() == steps + 1
    assert explorer.local is found
    explorer.undo_stack.undo()
    assert slider.value() == pytest.approx(0, abs=0.01)


def test_keys_go_to_pictures_and_in_steps(local: MainWindow, qtbot: QtBot) -> None:
    explorer, slider = local.studio.explorer, slider_of(local.explore.local, 0)
    steps = explorer.undo_stack.count()
    local.explore.local.area.focus_first()
    track = QApplication.focusWidget()
    assert track is slider.track
    for key, value in ((Key.Key_6, 2.0), (Key.Key_Right, 2.06), (Key.Key_1, -3.0)):
        qtbot.keyClick(track, key)
        assert slider.value() == pytest.approx(value, abs=0.01)
        assert explorer.coordinates().size
    assert explorer.undo_stack.count() == steps + 3
    qtbot.keyClick(track, Key.Key_Delete)
    assert slider.value() == 0


def test_they_stay_while_the_face_moves_and_are_found_anew_on_request(
    local: MainWindow, qtbot: QtBot
) -> None:
    explorer, page = local.studio.explorer, local.explore.principal_page
    found = explorer.local
    explorer.move_locally(0, 2.5)
    explorer.move(3, 1.0)
    with qtbot.waitSignal(local.explore.face.painted):
        explorer.randomize()
    assert explorer.local is found
    page.here.setFocus()
    qtbot.keyClick(page.here, Key.Key_Space)
    assert explorer.local is None
    again = wait_for_directions(local, qtbot)
    np.testing.assert_array_equal(again.mean, explorer.latent)
    assert slider_of(local.explore.local, 0).value() == pytest.approx(0, abs=1e-4)


def test_another_face_brings_others(local: MainWindow, qtbot: QtBot) -> None:
    before = local.studio.explorer.local
    with qtbot.waitSignal(local.studio.explorer.face_changed):
        local.gallery.pick(7)
    after = wait_for_directions(local, qtbot)
    assert after is not before
    np.testing.assert_array_equal(after.mean, local.studio.explorer.latent)


def test_they_heed_locks_and_the_limit(local: MainWindow, qtbot: QtBot) -> None:
    explorer = local.studio.explorer
    explorer.set_locked(0, True)
    before = explorer.coordinates()[0]
    qtbot.mouseClick(strip := slider_of(local.explore.local, 0).strip, LEFT, pos=middle(strip, 6))
    assert explorer.coordinates()[0] == pytest.approx(before, abs=1e-3)
    explorer.undo_stack.undo()
    local.explore.typicality.limit.setChecked(True)
    density, face = explorer.density, explorer.face
    assert density is not None
    assert face is not None
    most = float(density.distance(face.start))  # a patch is less typical than the limit
    for number in (0, 6):
        qtbot.mouseClick(strip, LEFT, pos=middle(strip, number))
        assert density.distance(explorer.latent) <= 1.001 * most


def test_the_newest_question_wins_and_words_stand_meanwhile(
    local: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    explorer, page = local.studio.explorer, local.explore.principal_page
    began, let_go, real = threading.Event(), threading.Event(), Explored.directions_near
    asked: list[int] = []

    def slow(explored: Explored, latent: Floats, count: int) -> Directions:
        asked.append(count)
        began.set()
        assert let_go.wait(20)
        return real(explored, latent, count)

    monkeypatch.setattr(Explored, "directions_near", slow)
    page.count.setValue(52)
    qtbot.waitUntil(began.is_set)
    assert local.explore.local.area.accessibleDescription() == (
        "Finding the directions of the 52 nearest faces …"
    )
    page.count.setValue(53)
    page.count.setValue(54)
    found: list[Any] = []
    explorer.local_changed.connect(lambda: found.append(explorer.local))
    let_go.set()
    assert len(wait_for_directions(local, qtbot)) == 53
    assert [len(each) for each in found if each] == [53]
    assert asked[0] == 52
    assert asked[-1] == 54


def test_nothing_is_found_out_of_view(local: MainWindow, qtbot: QtBot) -> None:
    page = local.explore.principal_page
    qtbot.keyClick(page.choice, Key.Key_Up)
    assert page.count.isHidden()
    with qtbot.waitSignal(local.explore.face.painted):
        local.gallery.pick(9)
    assert local.studio.explorer.local is None
    qtbot.keyClick(page.choice, Key.Key_Down)
    wait_for_directions(local, qtbot)


def test_few_faces_are_told(
    local: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    some = FaceSet("Some", few_faces.images[:9] // 2, few_faces.names[:9])
    local.studio.faces.choose(str(save_faces(some, tmp_path / "some")))
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    qtbot.waitUntil(lambda: len(local.studio.faces.faces.images) == 9)
    save_model(tmp_path / "small.safetensors", FaceModel(ConvAutoencoder(4).eval()))
    local.files.open_path(tmp_path / "small.safetensors")
    said = local.explore.local.area.accessibleDescription
    qtbot.waitUntil(lambda: said() == TOO_FEW)


def test_the_count_is_remembered(local: MainWindow) -> None:
    local.close()
    assert Settings().local_faces == 50
