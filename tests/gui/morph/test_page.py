from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.core.models import RefinedFace
from cae_gui.main_window import MainWindow
from cae_gui.morph.key_frames import KeyFrameCard
from cae_gui.morph.mix import MorphFace, spread
from cae_gui.morph.page import MorphPage
from cae_gui.studio import Studio
from model.data.datasets import FaceSet
from tests.gui.conftest import LOADING_MS


def on_the_way(start: object, qtbot: QtBot) -> list[object]:
    """Press Tab until all of the window has had the focus, and return what had it."""
    found: list[object] = []
    while (focused := QApplication.focusWidget()) not in found:
        assert focused is not None
        assert not focused.visibleRegion().isEmpty(), focused
        found.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    return found


def test_tab_reaches_all_of_each_tab(page: MorphPage, qtbot: QtBot) -> None:
    page.activateWindow()
    path, grid, analogy = page.path, page.grid, page.analogy
    for tab, parts in (
        (path, (path.slider, *path.frames.cards, path.frames.plus, path.playback.loop)),
        (grid, (*grid.wells, grid.stage.empty.button, grid.count, grid.path)),
        (analogy, (*analogy.wells, analogy.stage.empty.button)),
    ):
        page.tabs.setCurrentWidget(tab)
        page.setFocus()
        qtbot.waitUntil(lambda: page.isAncestorOf(QApplication.focusWidget()))
        found = on_the_way(page, qtbot)
        assert page.tabs.tabBar() in found
        for part in parts:
            assert part in found or not part.isEnabled(), part


@pytest.mark.parametrize("is_filled", [False, True])
@pytest.mark.parametrize("index", range(3))
def test_the_keys_go_to_the_tab_in_view(
    page: MorphPage,
    index: int,
    is_filled: bool,
    studio: Studio,
    few_faces: FaceSet,
    qtbot: QtBot,
) -> None:
    wells = page.path.frames.cards, page.grid.wells, page.analogy.wells
    expected = [well[0] for well in wells]
    if is_filled:
        faces = spread(few_faces, 4)
        studio.morpher.fill(faces)
        studio.morpher.set_latents(faces, np.ones((4, 3), np.float32))
        studio.corners.fill(faces)
        expected[:2] = page.path.slider, page.grid.grid
    page.activateWindow()
    page.tabs.setCurrentIndex(index)
    page.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.waitUntil(expected[index].hasFocus)
    qtbot.keyClick(expected[index], Qt.Key.Key_Space)
    assert page.path.playback.play.isChecked() is (index == 0 and is_filled)


@pytest.mark.parametrize("index", [1, 2])
def test_the_focus_of_the_film_strip_goes_to_the_tab_that_is_opened(
    page: MorphPage, index: int, studio: Studio, few_faces: FaceSet
) -> None:
    faces = spread(few_faces, 4)
    studio.morpher.fill(faces)
    studio.morpher.set_latents(faces, np.ones((4, 3), np.float32))
    page.activateWindow()
    page.path.slider.setFocus()
    assert page.path.slider.hasFocus()
    page.tabs.setCurrentIndex(index)
    assert (page.grid, page.analogy)[index - 1].wells[0].hasFocus()


def test_only_a_path_has_a_film(page: MorphPage) -> None:
    for index in range(3):
        page.tabs.setCurrentIndex(index)
        assert page.path.strip.isVisible() is (index == 0)
        shown = [tab.inspector.isVisible() for tab in (page.path, page.grid, page.analogy)]
        assert shown == [index == tab for tab in range(3)]


def test_a_well_takes_the_selected_face_by_keyboard(page: MorphPage, qtbot: QtBot) -> None:
    face = np.full((48, 48, 3), 90, np.uint8)
    page.path.frames._selection.select("Ann", face)
    for _ in range(2):
        qtbot.keyClick(page.path.frames.plus, Qt.Key.Key_Return)
    cards = page.path.strip.findChildren(KeyFrameCard)
    assert [card.accessibleName() for card in cards if card.index < 2] == ["A: Ann", "B: Ann"]


def test_a_key_frame_is_refined_with_its_face(window: MainWindow, qtbot: QtBot) -> None:
    """Refined before it comes to the path or after it, and undone."""
    studio = window.studio
    models, morpher = studio.models, studio.morpher
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    first = morpher.state.faces[0]
    assert first.photo is not None
    encoded = np.array(morpher.at(0.0))
    refined = RefinedFace(encoded, encoded + 1, 0.002, 0.001, 3)
    models.keep_refined(first.photo, refined)
    np.testing.assert_allclose(morpher.at(0.0), encoded + 1)

    faces = studio.faces.faces
    assert faces is not None
    other = spread(faces, 5)[3]
    assert other.photo is not None
    latent = np.full_like(encoded, 0.5)
    models.keep_refined(other.photo, RefinedFace(encoded, latent, 0.002, 0.001, 3))
    morpher.insert(2, MorphFace(other.name, other.photo.copy()))
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    np.testing.assert_allclose(morpher.at(morpher.state.times[2]), latent)

    models.keep_refined(first.photo, refined.undone())
    np.testing.assert_allclose(morpher.at(0.0), encoded)
