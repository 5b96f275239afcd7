"""Presets in a real window: kept, applied, renamed, removed, and shared in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from cae_gui.explore import directions_page as texts
from cae_gui.explore.directions_page import DirectionsPage
from cae_gui.explore.sliders.latent_slider import LatentSlider
from cae_gui.main_window import MainWindow
from model.latents.custom_directions import (
    DirectionFaces,
    custom_directions_file,
    load_directions,
    save_directions,
)
from model.latents.presets import Preset
from tests.gui.conftest import LOADING_MS, Dialogs, wait_for_file, wait_for_message

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> DirectionsPage:
    """The tab of own directions, with the face smiling more and younger."""
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.own_page)
    window.explore.typicality.limit.setChecked(False)
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: bool(window.studio.own.digest), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: len(explorer.rows_of("attribute")) > 2, timeout=LOADING_MS)
    return window.explore.own_page


def edit(window: MainWindow) -> np.ndarray:
    """Move the face along an attribute, and return by how much it changed."""
    explorer = window.studio.explorer
    row = explorer.rows_of("attribute")[0]
    explorer.move(row, float(explorer.coordinates()[row]) - 2)
    assert explorer.face is not None
    return explorer.face.latent - explorer.face.start


def keep(window: MainWindow, name: str, qtbot: QtBot) -> None:
    page = window.explore.own_page
    qtbot.mouseClick(page.keep, LEFT)
    qtbot.keyClicks(page.preset_form.findChild(QLineEdit), name)
    qtbot.keyClick(page.preset_form.findChild(QLineEdit), Qt.Key.Key_Return)
    wait_until_known(window, name, qtbot)


def wait_until_known(window: MainWindow, name: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: name in own_names(window), timeout=LOADING_MS)


def own_names(window: MainWindow) -> list[str]:
    explorer = window.studio.explorer
    return [explorer.directions[row].name for row in explorer.rows_of("own")]


def kept(path: Path | None = None) -> list[str]:
    return [item.name for item in load_directions(custom_directions_file(path))]


def slider(window: MainWindow) -> LatentSlider:
    """The slider of the first row among one's own."""
    found = [s for s in window.explore.own.findChildren(LatentSlider) if s.isVisible()]
    return min(found, key=LatentSlider.y)


def says(page: DirectionsPage, part: str) -> bool:
    return any(part in item.text() for item in page.findChildren(QLabel) if item.isVisible())


def test_an_edit_is_kept_and_applied_to_another_face(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    changed = edit(window)
    qtbot.mouseClick(page.keep, LEFT)
    name = window.studio.explorer.directions[window.studio.explorer.rows_of("attribute")[0]].name
    assert says(page, f"{name} −2.0 σ")
    qtbot.keyClick(page.preset_form, Qt.Key.Key_Escape)
    assert not page.preset_form.isVisible()
    keep(window, "Serious", qtbot)
    assert slider(window).row().detail == f"A preset: {name} −2.0 σ"
    assert slider(window).value() == pytest.approx(100, abs=0.5)
    qtbot.waitUntil(lambda: kept() == ["Serious"], timeout=LOADING_MS)
    explorer = window.studio.explorer
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        window.gallery.pick(9)
    assert slider(window).value() == pytest.approx(0, abs=0.5)
    start, steps = explorer.face.start, explorer.undo_stack.count()
    slider(window).track.setFocus()
    qtbot.keyClick(slider(window).track, Qt.Key.Key_End)
    np.testing.assert_allclose(explorer.latent - start, 1.5 * changed, atol=1e-3)
    assert slider(window).text() == "+150.0 %"
    slider(window).track.setValue(slider(window).row().step_of(100))
    np.testing.assert_allclose(explorer.latent - start, changed, atol=2e-3)
    assert explorer.undo_stack.count() == steps + 2
    explorer.undo_stack.undo()
    explorer.undo_stack.undo()
    np.testing.assert_array_equal(explorer.latent, start)


def test_it_is_renamed_and_removed_and_each_is_taken_back(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    edit(window)
    keep(window, "Serious", qtbot)
    stack = window.studio.explorer.undo_stack
    page.edit.menu().actions()[0].trigger()
    field = page.preset_form.findChild(QLineEdit)
    assert field.selectedText() == "Serious"
    field.clear()
    qtbot.mouseClick(page.preset_form.save, LEFT)
    assert says(page, texts.NO_PRESET_NAME)
    qtbot.keyClicks(field, "Grave")
    qtbot.mouseClick(page.preset_form.save, LEFT)
    wait_until_known(window, "Grave", qtbot)
    assert own_names(window) == ["Grave"]
    page.remove.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: own_names(window) == [], timeout=LOADING_MS)
    qtbot.waitUntil(lambda: kept() == [], timeout=LOADING_MS)
    for names in (["Grave"], ["Serious"], []):
        stack.undo()
        qtbot.waitUntil(lambda names=names: own_names(window) == names, timeout=LOADING_MS)


def test_without_an_edit_and_with_a_taken_name_there_is_a_sentence(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    qtbot.mouseClick(page.keep, LEFT)
    wait_for_message(window, qtbot, texts.NO_EDIT)
    edit(window)
    keep(window, "Serious", qtbot)
    window.explore.tabs.setCurrentWidget(window.explore.raw)
    entry = next(item for item in window.explore.menu.actions() if "preset" in item.text())
    entry.trigger()
    assert page.preset_form.isVisible()
    qtbot.keyClicks(page.preset_form.findChild(QLineEdit), "Serious")
    qtbot.mouseClick(page.preset_form.save, LEFT)
    assert says(page, "There is a direction or preset “Serious” already.")
    qtbot.mouseClick(page.preset_form.cancel, LEFT)
    assert own_names(window) == ["Serious"]


def test_a_preset_goes_to_another_computer_in_a_file(
    window: MainWindow, page: DirectionsPage, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    edit(window)
    keep(window, "Serious", qtbot)
    answers.path = tmp_path / "mine.directions"
    qtbot.mouseClick(page.export, LEFT)
    wait_for_file(answers.path, qtbot)
    (item,) = load_directions(answers.path)
    assert isinstance(item, Preset)
    page.remove.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: own_names(window) == [], timeout=LOADING_MS)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(answers.path))])
    assert window.files.take(mime)
    wait_until_known(window, "Serious", qtbot)
    assert not page.is_building()


def test_a_preset_of_another_model_is_left_out_and_told(
    window: MainWindow, page: DirectionsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48, 3), np.uint8)
    other = Preset("Older", np.ones(500, np.float32), "0123", (("Youth", -1.0),))
    save_directions(tmp_path / "b.directions", [other])
    window.files.open_path(tmp_path / "b.directions")
    wait_for_message(window, qtbot, "1 preset in it was made with another model")
    save_directions(tmp_path / "c.directions", [DirectionFaces("Hat", faces, faces[:1]), other])
    window.files.open_path(tmp_path / "c.directions")
    wait_until_known(window, "Hat", qtbot)
    assert own_names(window) == ["Hat"]


def test_another_model_has_presets_of_its_own(
    window: MainWindow, page: DirectionsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    edit(window)
    keep(window, "Serious", qtbot)
    qtbot.waitUntil(lambda: kept() == ["Serious"], timeout=LOADING_MS)
    qtbot.mouseClick(page.keep, LEFT)
    assert page.preset_form.isVisible()
    path = tmp_path / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(500).eval()))
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.studio.models.open(path)
    qtbot.waitUntil(lambda: bool(window.studio.own.digest), timeout=LOADING_MS)
    assert own_names(window) == []
    assert window.studio.own.items == ()
    assert not page.preset_form.isVisible()  # it held an edit of the model before
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.studio.models.open_shipped()
    wait_until_known(window, "Serious", qtbot)


def test_a_preset_beside_a_model_it_does_not_belong_to_is_told(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    other = Preset("Older", np.ones(500, np.float32), "0123")
    fits = Preset("Odd", np.ones(7, np.float32), window.studio.own.digest)
    save_directions(custom_directions_file(None), [other, fits])
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.studio.models.open_shipped()
    qtbot.waitUntil(lambda: says(page, "Made with another model"), timeout=LOADING_MS)
    assert says(page, "“Older”")
    assert says(page, "“Odd” can't be used: it belongs to a latent space of another size")
    assert own_names(window) == []
    assert [action.text() for action in page.remove.menu().actions()] == ["Older", "Odd"]


def test_a_session_keeps_directions_and_leaves_presets_with_the_model(
    window: MainWindow, page: DirectionsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    edit(window)
    keep(window, "Serious", qtbot)
    path = tmp_path / "a.cae-session"
    window.studio.session_files.save(path)
    wait_for_file(path, qtbot)
    from model.documents.session_file import load_session

    assert load_session(path).own == ()
    assert own_names(window) == ["Serious"]
