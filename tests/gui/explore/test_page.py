"""Explore: the page by itself, and with attributes and typicality in a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionSlider,
)
from pytestqt.qtbot import QtBot

from cae_gui.explore.page import LOADING, ExplorePage
from cae_gui.explore.slider_lists import NO_ATTRIBUTES
from cae_gui.explore.sliders.latent_slider import LatentSlider
from cae_gui.explore.sliders.latent_sliders import TOP
from cae_gui.explore.tools import Tool
from cae_gui.main_window import MainWindow
from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar
from model.face_set import FaceSet
from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction
from tests.gui.conftest import (
    LOADING_MS,
    picture_of,
    same_picture,
    save_faces,
    wait_for_answers,
    wait_for_reconstruction,
)

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Key, Shift, LEFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
NAMES = ("Smiling", "Eyeglasses", "Senior")


def three_attributes(model: FaceModel) -> tuple[Direction, ...]:
    """Return directions that any shipped weights have, and none for a small model."""
    statistics = model.statistics
    if statistics is None or len(statistics.sigma) < 100:
        return ()
    found = zip(NAMES, statistics.directions, statistics.sigma, strict=False)
    return tuple(
        Direction(name, "attribute", vector, float(sigma), 0.95) for name, vector, sigma in found
    )


@pytest.fixture
def exploring(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> MainWindow:
    """A window that shows the attributes of the shipped model and its first face."""
    monkeypatch.setattr("model.latents.shipped_directions.shipped_directions", three_attributes)
    window = open_window()
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.attributes)
    wait_for_reconstruction(window, qtbot)
    qtbot.waitUntil(lambda: len(shown(window)) == len(NAMES), timeout=LOADING_MS)
    return window


def shown(window: MainWindow) -> list[LatentSlider]:
    """Return the attributes' sliders from top to bottom."""
    found = window.explore.attributes.findChildren(LatentSlider)
    return sorted((slider for slider in found if slider.isVisible()), key=LatentSlider.y)


def track_of(slider: LatentSlider) -> QSlider:
    return slider.findChild(QSlider)


def picture(window: MainWindow, qtbot: QtBot) -> Any:
    """Return the edited face as it is painted for the present latent."""
    with qtbot.waitSignal(window.explore.face.painted, timeout=LOADING_MS):
        window.studio.explorer.latent_changed.emit()
    return picture_of(window.explore.face)


def drag(slider: QSlider, by: int) -> None:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    start = slider.style().subControlRect(control, option, handle, slider).center()
    QTest.mousePress(slider, LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(slider, start + QPoint(by * step // 5, 0))
    QTest.mouseRelease(slider, LEFT, pos=start + QPoint(by, 0))


def typicality(window: MainWindow) -> int:
    return window.explore.typicality.findChild(QProgressBar).value()


def wait_for_typicality(window: MainWindow, qtbot: QtBot) -> None:
    gauge = window.explore.typicality
    qtbot.waitUntil(lambda: gauge.text().startswith("Typical of"), timeout=LOADING_MS)


def open_small_model(window: MainWindow, folder: Path) -> None:
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    path = folder / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(4).eval()))
    window.files.open_path(path)


# The page by itself


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> ExplorePage:
    """The page without a face and without a model."""
    messages = MessageBar()
    qtbot.addWidget(messages)
    page = ExplorePage(
        studio.models,
        studio.tasks,
        studio.faces,
        studio.latents,
        studio.explorer,
        studio.exploring,
        studio.own,
        studio.local,
        studio.maps,
        studio.map_selection,
        messages,
        lambda _most: [],
    )
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    return page


def load(studio: Studio, faces: FaceSet) -> None:
    """Edit a face in a latent space of four dimensions."""
    latents = np.random.default_rng(9).standard_normal((50, 4)).astype(np.float32)
    studio.explorer.use_statistics(LatentStatistics.fit(latents))
    studio.explorer.load("Ann", faces.images[0], latents[0])


def test_every_button_has_a_name_and_those_without_a_word_a_tip(page: ExplorePage) -> None:
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName(), button
    for tool in page.findChildren(Tool):
        assert tool.accessibleName(), tool.toolTip()
        assert tool.toolTip(), tool.text()


def test_without_a_face_nothing_is_offered(page: ExplorePage, qtbot: QtBot) -> None:
    buttons = (page.undo, page.redo, page.random, page.step, page.reset, page.save)
    others = (page.temperature, page.strength, page.snapshots.keep)
    assert not any(widget.isEnabled() for widget in (*buttons, *others))
    assert page.percent.text() == "100 %"


def test_without_any_faces_there_are_the_demo_faces_at_a_click(
    page: ExplorePage, studio: Studio, qtbot: QtBot
) -> None:
    assert not page.stage.empty.isVisible()
    with qtbot.waitSignal(studio.faces.changed, timeout=LOADING_MS):
        studio.faces.choose("photos")
    assert page.stage.empty.isVisible()
    with qtbot.waitSignal(studio.faces.changed, timeout=LOADING_MS):
        qtbot.mouseClick(page.stage.empty.button, LEFT)
    assert studio.faces.source == "demo"
    assert not page.stage.empty.isVisible()


def test_buttons_change_the_face_and_take_it_back(
    page: ExplorePage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    load(studio, few_faces)
    explorer = studio.explorer
    start = explorer.latent
    qtbot.mouseClick(page.random, LEFT)
    moved = explorer.latent
    assert not np.allclose(moved, start)
    qtbot.mouseClick(page.undo, LEFT)
    np.testing.assert_allclose(explorer.latent, start, atol=1e-6)
    qtbot.mouseClick(page.redo, LEFT)
    np.testing.assert_allclose(explorer.latent, moved, atol=1e-6)
    qtbot.mouseClick(page.reset, LEFT)
    np.testing.assert_allclose(explorer.latent, start, atol=1e-6)


def test_the_caption_says_that_a_face_is_edited(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, face = exploring.studio.explorer, exploring.explore.face
    assert explorer.face is not None
    name = explorer.face.name
    qtbot.waitUntil(lambda: face.accessibleName() == name, timeout=LOADING_MS)
    explorer.randomize()
    qtbot.waitUntil(lambda: face.accessibleName() == f"{name}, edited", timeout=LOADING_MS)
    explorer.reset()
    qtbot.waitUntil(lambda: face.accessibleName() == name, timeout=LOADING_MS)


def test_the_lists_have_sliders_or_say_why_there_are_none(
    page: ExplorePage, studio: Studio, few_faces: FaceSet
) -> None:
    without = picture_of(page.principal)
    for sliders in (page.principal, page.attributes, page.own, page.raw):
        assert sliders.area.accessibleDescription() == LOADING
    load(studio, few_faces)
    assert not same_picture(without, picture_of(page.principal))
    assert page.principal.area.accessibleDescription() == ""
    assert [page.raw.area.row(row).name for row in range(4)] == [f"Latent {n}" for n in range(1, 5)]
    assert page.own.area.accessibleDescription().startswith("You have no directions yet.")


def test_every_change_asks_for_a_picture_whose_painting_is_told(
    page: ExplorePage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    studio.models.adopt(FaceModel(ConvAutoencoder(4).eval().requires_grad_(False)), "Small")
    load(studio, few_faces)
    stamps: list[int] = []
    page.face.painted.connect(stamps.append)
    wait_for_answers(studio.models.jobs()[0], qtbot)
    page.face.repaint()
    before = stamps[-1]
    for value in (1.0, 2.0, 3.0):
        studio.explorer.set_dimension(0, value)
    qtbot.waitUntil(lambda: stamps[-1] == before + 3, timeout=LOADING_MS)
    assert stamps == sorted(stamps)


# In a window


def test_an_attribute_changes_the_picture_and_is_one_step(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    explorer, face = exploring.studio.explorer, exploring.explore.face
    start, steps = picture(exploring, qtbot), explorer.undo_stack.index()
    latent = explorer.latent
    drag(track_of(shown(exploring)[0]), 30)
    qtbot.waitUntil(lambda: not same_picture(start, picture_of(face)), timeout=LOADING_MS)
    assert explorer.undo_stack.index() == steps + 1
    exploring.explore.undo.click()
    assert explorer.latent == pytest.approx(latent)
    qtbot.waitUntil(lambda: same_picture(start, picture_of(face)), timeout=LOADING_MS)
    exploring.explore.redo.click()
    qtbot.waitUntil(lambda: not same_picture(start, picture_of(face)), timeout=LOADING_MS)


def test_keys_move_an_attribute_finely_and_coarsely(exploring: MainWindow, qtbot: QtBot) -> None:
    slider = shown(exploring)[1]
    assert slider.row().name == "Eyeglasses"
    steps = exploring.studio.explorer.undo_stack.index()
    start = slider.value()
    qtbot.keyClick(track_of(slider), Key.Key_Right)
    fine = slider.value() - start
    qtbot.keyClick(track_of(slider), Key.Key_Right, Shift)
    assert 0 < 5 * fine < slider.value() - start
    explorer = exploring.studio.explorer
    row = explorer.rows_of("attribute")[1]
    assert explorer.coordinates()[row] == pytest.approx(slider.value(), abs=0.01)
    assert exploring.studio.explorer.undo_stack.index() == steps + 2


def test_sliders_of_a_face_that_was_loaded_elsewhere_are_there_when_they_are_seen(
    exploring: MainWindow,
) -> None:
    explorer = exploring.studio.explorer
    assert explorer.face is not None
    assert explorer.directions is not None
    exploring.tabs.setCurrentWidget(exploring.morph)
    row = explorer.rows_of("attribute")[0]
    direction = explorer.directions[row]
    other = explorer.face.latent + 1.5 * direction.sigma * direction.vector
    explorer.load("Other", explorer.face.pixels, other)
    exploring.tabs.setCurrentWidget(exploring.explore)
    slider = shown(exploring)[0]
    assert slider.row().neutral == pytest.approx(explorer.coordinates()[row], abs=0.01)
    assert slider.value() == pytest.approx(explorer.coordinates()[row], abs=0.01)


def test_the_attributes_that_people_try_come_first(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.tabs.setCurrentWidget(window.explore)
    qtbot.waitUntil(lambda: len(shown(window)) == TOP, timeout=LOADING_MS)
    names = [slider.row().name for slider in shown(window)]
    assert names[:2] == ["Smiling", "Eyeglasses"]
    explorer = window.studio.explorer
    rows = explorer.rows_of("attribute")
    assert len(rows) > TOP
    explorer.move(rows[1], 2.0)
    qtbot.waitUntil(lambda: shown(window)[1].value() == pytest.approx(2.0, abs=0.01))


def test_a_double_click_brings_an_attribute_back(exploring: MainWindow, qtbot: QtBot) -> None:
    first, second, _ = shown(exploring)
    start = first.value()
    for slider in (first, second):
        qtbot.keyClick(track_of(slider), Key.Key_Right, Shift)
    moved = second.value()
    qtbot.mouseDClick(track_of(first), LEFT)
    assert first.value() == pytest.approx(start, abs=0.01)
    assert second.value() == pytest.approx(moved, abs=0.01)
    exploring.explore.reset.click()
    explorer = exploring.studio.explorer
    assert explorer.face is not None
    assert (explorer.face.latent == explorer.face.start).all()


def test_a_model_without_attributes_says_so(
    exploring: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    area = exploring.explore.attributes.area
    open_small_model(exploring, tmp_path)
    qtbot.waitUntil(lambda: area.accessibleDescription() == NO_ATTRIBUTES, timeout=LOADING_MS)
    assert exploring.explore.tabs.currentWidget() is exploring.explore.principal_page
    exploring.studio.models.open_shipped()
    qtbot.waitUntil(lambda: len(shown(exploring)) == len(NAMES), timeout=LOADING_MS)
    assert area.accessibleDescription() == ""
    assert exploring.explore.tabs.currentWidget() is exploring.explore.attributes


def test_the_original_and_its_reconstruction_are_seen_while_a_key_or_the_button_is_held(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    view, window, backslash = exploring.explore, exploring.windowHandle(), Key.Key_Backslash
    exploring.studio.explorer.move(0, 3.0)
    QTest.keyPress(window, backslash)
    assert view.original.isVisible()
    assert not view.start.isVisible()
    QTest.keyRelease(window, backslash)
    assert not view.original.isVisible()
    QTest.keyPress(window, Key.Key_Bar, Shift)
    assert view.start.isVisible()
    QTest.keyRelease(window, Key.Key_Bar, Shift)
    assert not view.start.isVisible()
    qtbot.mousePress(view.show_original, LEFT)
    assert view.original.isVisible()
    qtbot.mouseRelease(view.show_original, LEFT)
    assert not view.original.isVisible()
    exploring.gallery.focus_search()
    QTest.keyClick(window, backslash)  # there it is a letter
    assert not view.original.isVisible()
    assert QApplication.focusWidget().text() == "\\"


def entry(window: MainWindow, text: str) -> QAction:
    """Return an entry of the face's menu, as it is when the menu opens."""
    menu = window.explore.menu
    menu.aboutToShow.emit()
    return next(item for item in menu.actions() if text in item.text().replace("&", ""))


def test_the_menu_of_the_face_copies_morphs_and_begins_a_direction(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    studio, view = exploring.studio, exploring.explore
    studio.explorer.move(0, 3.0)
    picture(exploring, qtbot)
    entry(exploring, "Copy").trigger()
    assert QApplication.clipboard().image().width() == 192
    qtbot.waitUntil(lambda: studio.own.is_ready, timeout=LOADING_MS)
    entry(exploring, "Into a direction").trigger()
    assert view.tabs.currentWidget() is view.own_page
    assert view.own_page.is_building()
    (example,) = view.own_page.builder.images(0)
    assert not np.array_equal(example, studio.explorer.face.pixels)
    before = len(studio.morpher.state.faces)
    entry(exploring, "Put into Morph").trigger()
    assert exploring.tabs.currentWidget() is exploring.morph
    assert studio.morpher.state.faces[-1].name == f"{studio.explorer.face.name}, edited"
    assert len(studio.morpher.state.faces) == before + 1


def test_an_unedited_face_can_be_refined_and_edits_begin_there(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    explorer, refinement = exploring.studio.explorer, exploring.studio.refinement
    encoded = explorer.latent
    refine = entry(exploring, "Refine")
    assert refine.isEnabled()
    refine.trigger()
    qtbot.waitUntil(lambda: bool((explorer.latent != encoded).any()), timeout=LOADING_MS)
    reached = refinement.reached
    assert explorer.face.start == pytest.approx(reached.latent)
    assert not explorer.face.offset.any()
    assert explorer.undo_stack.undoText().startswith("Refine")
    explorer.move(0, 3.0)
    assert not entry(exploring, "Refine").isEnabled()


def test_a_box_that_moves_keeps_the_edit_and_is_one_step(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    explorer, selection = exploring.studio.explorer, exploring.studio.selection
    images = exploring.studio.faces.faces.images

    def cut_out(row: int) -> None:
        with qtbot.waitSignal(selection.reconstructed, timeout=LOADING_MS):
            selection.select("Me", images[row], photo_key="me")

    cut_out(1)
    assert explorer.face.name == "Me"
    explorer.move(0, 1.5)
    offset, steps = explorer.face.offset, explorer.undo_stack.count()
    for row in (2, 3):
        cut_out(row)
        assert np.array_equal(explorer.face.pixels, images[row])
        assert explorer.face.offset == pytest.approx(offset)
    assert explorer.undo_stack.count() == steps + 1


def test_no_two_controls_in_view_have_the_same_letter(exploring: MainWindow) -> None:
    view, letters = exploring.explore, []
    for page in (view.attributes, view.own_page, view.map):
        view.tabs.setCurrentWidget(page)
        for strip in (view.history, view.snapshots):
            view.strip.setCurrentWidget(strip)
            texts = [exploring.tabs.tabText(index) for index in range(exploring.tabs.count())]
            texts += [view.tabs.tabText(index) for index in range(view.tabs.count())]
            texts += [item.text() for item in exploring.menuBar().actions()]
            buttons = view.findChildren(QAbstractButton), view.findChildren(QLabel)
            texts += [item.text() for each in buttons for item in each if item.isVisible()]
            letters = [str(QKeySequence.mnemonic(text).toString()) for text in texts]
            letters = [letter for letter in letters if letter]
            assert len(letters) == len(set(letters)), letters
    assert "Alt+A" in letters


def test_a_face_far_out_is_less_typical(exploring: MainWindow, qtbot: QtBot) -> None:
    wait_for_typicality(exploring, qtbot)
    before = typicality(exploring)
    assert exploring.explore.typicality.text() == f"Typical of the training faces: {before} %"
    exploring.studio.explorer.move(0, 40.0)
    qtbot.waitUntil(lambda: 0 <= typicality(exploring) < before)
    exploring.explore.undo.click()
    qtbot.waitUntil(lambda: typicality(exploring) == before)


def test_more_typical_is_one_step(exploring: MainWindow, qtbot: QtBot) -> None:
    wait_for_typicality(exploring, qtbot)
    explorer = exploring.studio.explorer
    typical = typicality(exploring)
    explorer.move(0, 18.0)
    qtbot.waitUntil(lambda: typicality(exploring) < typical)
    before, far, steps = typicality(exploring), explorer.latent, explorer.undo_stack.index()
    for _ in range(3):
        exploring.explore.typicality.more.click()
    qtbot.waitUntil(lambda: typicality(exploring) > before)
    assert explorer.undo_stack.index() == steps + 3
    for _ in range(3):
        exploring.explore.undo.click()
    assert explorer.latent == pytest.approx(far)


def test_another_model_is_measured(exploring: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    wait_for_typicality(exploring, qtbot)
    explorer, gauge = exploring.studio.explorer, exploring.explore.typicality
    open_small_model(exploring, tmp_path)
    qtbot.waitUntil(
        lambda: explorer.density is not None and explorer.density.mean.shape == (4,),
        timeout=LOADING_MS,
    )
    qtbot.waitUntil(lambda: "Typical of “Demo faces”" in gauge.text(), timeout=LOADING_MS)


def test_nothing_is_measured_before_explore_is_in_view(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.tabs.setCurrentWidget(window.reconstruct)
    wait_for_reconstruction(window, qtbot)
    assert window.studio.latents.faces is None
    window.tabs.setCurrentWidget(window.explore)
    assert window.studio.latents.faces is window.studio.faces.faces


def test_few_faces_cannot_tell_what_is_typical(
    open_window: Callable[[], MainWindow], few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = save_faces(FaceSet("Few", few_faces.images[:20], few_faces.names[:20]), tmp_path / "f")
    window = open_window()
    window.tabs.setCurrentWidget(window.reconstruct)
    wait_for_reconstruction(window, qtbot)
    with qtbot.waitSignal(window.studio.faces.changed, timeout=LOADING_MS):
        window.studio.faces.choose(str(folder))
    open_small_model(window, tmp_path)
    window.tabs.setCurrentWidget(window.explore)
    qtbot.waitUntil(lambda: window.studio.models.title == "small.safetensors", timeout=LOADING_MS)
    qtbot.waitUntil(lambda: window.studio.explorer.face is not None, timeout=LOADING_MS)
    # The gauge follows the picture.
    qtbot.waitUntil(lambda: "50 faces or more" in window.explore.typicality.text())
    assert not window.explore.typicality.more.isEnabled()
    window.explore.tabs.setCurrentWidget(window.explore.map)
    with qtbot.waitSignal(window.studio.faces.changed, timeout=LOADING_MS):
        qtbot.mouseClick(window.explore.map.too_few.button, LEFT)
    assert window.studio.faces.source == "demo"
    assert not window.explore.map.too_few.isVisible()


def test_strength_is_one_step_of_a_drag_and_comes_back_with_undo(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    explorer, view = exploring.studio.explorer, exploring.explore
    explorer.move(0, 3.0)
    moved = explorer.latent
    drag(view.strength, -30)
    assert 0 < explorer.face.strength < 1
    assert view.percent.text() == f"{round(100 * explorer.face.strength)} %"
    steps = explorer.undo_stack.index()
    qtbot.keyClick(view.strength, Key.Key_Home)
    assert explorer.latent == pytest.approx(explorer.face.start)
    assert explorer.undo_stack.index() == steps + 1
    view.undo.click()
    view.undo.click()
    assert explorer.latent == pytest.approx(moved)
    assert view.percent.text() == "100 %"
    assert view.strength.value() == 100


def test_random_faces_follow_the_temperature(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, view = exploring.studio.explorer, exploring.explore
    wait_for_typicality(exploring, qtbot)
    view.temperature.setValue(0)
    view.random.click()
    assert explorer.latent == pytest.approx(explorer.density.mean, abs=1e-4)
    view.step.click()
    assert explorer.latent != pytest.approx(explorer.density.mean, abs=1e-3)
    assert explorer.undo_stack.undoText() == "Random step"


def test_the_limit_can_be_switched_off(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, view = exploring.studio.explorer, exploring.explore
    wait_for_typicality(exploring, qtbot)
    explorer.move(0, 60.0)
    limited = explorer.coordinates()[0]
    assert limited < 50
    view.typicality.limit.click()
    explorer.move(0, 60.0)
    assert explorer.coordinates()[0] == pytest.approx(60, rel=1e-3)
    view.typicality.limit.click()
    explorer.move(0, 61.0)
    assert explorer.coordinates()[0] < 50


def test_undo_of_the_menu_belongs_to_the_workspace_in_view(exploring: MainWindow) -> None:
    explorer, group = exploring.studio.explorer, exploring.studio.undo_group
    explorer.move(0, 1.0)
    assert group.undoText().startswith("Direction 1")
    exploring.tabs.setCurrentWidget(exploring.morph)
    assert group.undoText() != "Direction 1"
    exploring.tabs.setCurrentWidget(exploring.explore)
    group.undo()
    assert not explorer.undo_stack.canUndo()
