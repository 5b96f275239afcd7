from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.morph.film_export import FilmDialog
from cae_gui.morph.grid_page import FEWEST, MOST
from cae_gui.morph.page import MorphPage
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import Face
from model.data.datasets import FaceSet
from tests.gui.conftest import (
    LOADING_MS,
    Dialogs,
    export_as,
    picture_of,
    same_picture,
    wait_for_message,
)

LEFT = Qt.MouseButton.LeftButton


def wait_for_grid(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until the faces of the present grid are all on show."""
    view, corners = window.morph.grid, window.studio.corners
    shown: list[object] = []

    def is_shown() -> bool:
        grid = corners.grid()
        if grid is None or view.grid.face(len(grid) - 1, len(grid) - 1) is None:
            return False
        if not shown:
            from model.inference import decode

            assert window.studio.models.model is not None
            shown.append(decode(window.studio.models.model, grid[-1]))
        last = len(grid) - 1
        faces = [view.grid.face(last, column) for column in range(last + 1)]
        return all(
            face is not None and np.abs(face.astype(int) - wanted).max() <= 1
            for face, wanted in zip(faces, shown[0], strict=True)  # type: ignore[call-overload]
        )

    qtbot.waitUntil(is_shown, timeout=LOADING_MS)


@pytest.fixture
def grid(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window that shows the first grid, for which nobody chose anything."""
    window.tabs.setCurrentWidget(window.morph)
    window.morph.tabs.setCurrentWidget(window.morph.grid)
    wait_for_grid(window, qtbot)
    return window


def face_of(window: MainWindow, row: int) -> Face:
    faces = window.studio.faces.faces
    assert faces is not None
    return faces.names[row], np.array(faces.images[row])


def test_the_first_grid_is_there_without_choosing(grid: MainWindow) -> None:
    view = grid.morph.grid
    assert view.grid.count() == 7
    assert len({face.name for face in grid.studio.corners.state.faces}) == 4
    assert not grid.studio.morpher.undo_stack.canUndo()
    assert view.export.isEnabled()
    assert view.shares.text().split("   ") == ["A 25 %", "B 25 %", "C 25 %", "D 25 %"]


def test_nothing_is_computed_that_nobody_sees(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.morph)
    qtbot.waitUntil(lambda: window.morph.path.film.count() > 0, timeout=LOADING_MS)
    assert window.studio.corners.grid() is None
    assert window.morph.grid.grid.face(0, 0) is None


def test_looking_at_a_face_shows_it_large(grid: MainWindow, qtbot: QtBot) -> None:
    view = grid.morph.grid
    before = picture_of(view.face)
    qtbot.mouseClick(view.grid, LEFT, pos=view.grid.cell_rect(0, 0).center())
    assert view.shares.text().startswith("A 100 %   B 0 %")
    assert not same_picture(before, picture_of(view.face))
    qtbot.keyClick(view.grid, Qt.Key.Key_End)
    assert view.shares.text().startswith("A 0 %   B 100 %")
    assert "row 1, column 7" in view.face.accessibleName()
    assert view.grid.accessibleDescription() == view.shares.text()


def test_a_well_takes_the_selected_face_and_undo_brings_the_old_one_back(
    grid: MainWindow, qtbot: QtBot
) -> None:
    view, corners = grid.morph.grid, grid.studio.corners
    before = corners.state.corners[3]
    grid.studio.selection.select(*face_of(grid, 5))
    qtbot.mouseClick(view.wells[3], LEFT)
    assert face_of(grid, 5)[0] in view.wells[3].accessibleName()
    wait_for_grid(grid, qtbot)
    grid.studio.undo_group.undo()
    assert corners.state.corners[3] is before
    assert before is not None
    assert before.name in view.wells[3].accessibleName()
    wait_for_grid(grid, qtbot)


def test_a_dropped_face(grid: MainWindow, qtbot: QtBot) -> None:
    grid.morph.grid.wells[0].take([face_of(grid, 8), face_of(grid, 9)])
    corner = grid.studio.corners.state.corners[0]
    assert corner is not None
    assert corner.name == face_of(grid, 8)[0]
    wait_for_grid(grid, qtbot)


def test_size_and_path(grid: MainWindow, qtbot: QtBot) -> None:
    view, studio = grid.morph.grid, grid.studio
    view.count.setValue(FEWEST)
    assert view.grid.count() == FEWEST
    wait_for_grid(grid, qtbot)
    straight = view.grid.face(1, 1)
    view.path.setFocus()
    qtbot.keyClick(view.path, Qt.Key.Key_Down)
    wait_for_grid(grid, qtbot)
    assert not np.array_equal(straight, view.grid.face(1, 1))
    studio.undo_group.undo()
    studio.undo_group.undo()
    assert (view.count.value(), view.path.currentIndex()) == (7, 0)
    view.count.setValue(99)
    assert view.grid.count() == MOST


def test_another_model_makes_another_grid(grid: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    path = tmp_path / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(4).eval()))
    with qtbot.waitSignal(grid.studio.models.replaced, timeout=LOADING_MS):
        grid.files.open_path(path)
    wait_for_grid(grid, qtbot)
    latents = grid.studio.corners.grid()
    assert latents is not None
    assert latents.shape == (7, 7, 4)


def test_the_marked_face_goes_on_in_explore(grid: MainWindow, qtbot: QtBot) -> None:
    view, studio = grid.morph.grid, grid.studio
    qtbot.mouseClick(view.grid, LEFT, pos=view.grid.cell_rect(1, 5).center())
    latents = studio.corners.grid()
    assert latents is not None
    qtbot.mouseClick(view.edit, LEFT)
    assert grid.tabs.currentWidget() is grid.explore
    np.testing.assert_allclose(studio.explorer.latent, latents[1, 5], atol=1e-5)
    assert studio.explorer.undo_stack.undoText() == "Grid, row 2, column 6"
    grid.tabs.setCurrentWidget(grid.morph)
    view.grid.setFocus()
    qtbot.keyClick(view.grid, Qt.Key.Key_Return)
    assert grid.tabs.currentWidget() is grid.explore


def test_without_a_face_in_explore_it_is_said_what_to_do(grid: MainWindow, qtbot: QtBot) -> None:
    grid.studio.explorer.clear()
    qtbot.mouseClick(grid.morph.grid.edit, LEFT)
    assert "Choose a face in the gallery first" in grid.messages.message()
    assert grid.tabs.currentWidget() is grid.morph


def test_undoing_a_step_of_the_grid_shows_the_grid(grid: MainWindow, qtbot: QtBot) -> None:
    grid.morph.grid.count.setValue(5)
    grid.morph.tabs.setCurrentWidget(grid.morph.path)
    grid.studio.undo_group.undo()
    assert grid.morph.tabs.currentWidget() is grid.morph.grid
    assert grid.morph.grid.count.value() == 7
    grid.studio.morpher.set_loop(True)
    grid.studio.undo_group.undo()
    assert grid.morph.tabs.currentWidget() is grid.morph.path


def test_export(grid: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot) -> None:
    answers.path = tmp_path / "grid.png"
    export_as(grid, grid.morph.grid.export, "PNG grid", qtbot)
    wait_for_message(grid, qtbot, "Saved as “grid.png”.")
    with Image.open(answers.path) as image:
        assert image.size == (7 * 192, 7 * 192)
        about = image.text["Description"]  # type: ignore[attr-defined]
        colors = np.asarray(image, np.int16)
    for name in (face.name for face in grid.studio.corners.state.faces):
        assert name in about
    last = grid.morph.grid.grid.face(6, 6)
    assert last is not None
    difference = colors[-192:, -192:].mean((0, 1)) - last.mean((0, 1))
    assert np.abs(difference).max() < 1


def test_before_there_are_faces_nothing_is_offered(page: MorphPage) -> None:
    view = page.grid
    assert not view.export.isEnabled()
    assert not view.edit.isEnabled()
    for button in view.findChildren(QPushButton):
        assert button.text()
    named: list[QWidget] = [*view.wells, view.grid]
    assert all(widget.accessibleName() for widget in named)


def test_without_four_faces_it_says_what_to_do(
    page: MorphPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    page.tabs.setCurrentWidget(page.grid)
    assert not page.grid.grid.isVisible()
    studio.selection.select("Ann", few_faces.images[7])
    for _ in range(4):
        assert page.grid.stage.empty.button.isVisible()
        qtbot.mouseClick(page.grid.stage.empty.button, LEFT)
    assert [face.name for face in studio.corners.state.faces] == ["Ann"] * 4
    assert page.grid.grid.isVisible()


def test_the_marked_face_can_be_copied_and_saved(grid: MainWindow, qtbot: QtBot) -> None:
    view = grid.morph.grid
    actions = view.face.menu().actions()
    menu = {action.text().replace("&", "").split("\t")[0]: action for action in actions}
    menu["Copy picture"].trigger()
    assert QApplication.clipboard().image() == view.face.picture()
    menu["Save picture …"].trigger()
    dialog = grid.findChild(FilmDialog)
    assert dialog is not None
    assert dialog.windowTitle() == "Save the face"
    dialog.reject()
    menu["Edit in Explore"].trigger()
    assert grid.tabs.currentWidget() is grid.explore
