from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.morph.analogy_page import AnalogyPage
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.page import MorphPage
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import Face
from model.data.datasets import FaceSet
from tests.gui.conftest import (
    LOADING_MS,
    Dialogs,
    export_as,
    picture_of,
    same_picture,
    save_faces,
    wait_for_message,
)

LEFT = Qt.MouseButton.LeftButton


def faces_of(window: MainWindow, *rows: int) -> list[Face]:
    faces = window.studio.faces.faces
    assert faces is not None
    return [(faces.names[row], np.array(faces.images[row])) for row in rows]


def change_seen(window: MainWindow, qtbot: QtBot, do: object) -> None:
    """Do something, and wait until another result is painted."""
    with qtbot.waitSignal(window.morph.analogy.result.painted, timeout=LOADING_MS):
        do()  # type: ignore[operator]


@pytest.fixture
def example(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window that shows the analogy, for which nobody chose anything."""
    show_analogy(window, qtbot)
    return window


def show_analogy(window: MainWindow, qtbot: QtBot) -> AnalogyPage:
    window.tabs.setCurrentWidget(window.morph)
    window.morph.tabs.setCurrentWidget(window.morph.analogy)
    qtbot.waitUntil(window.morph.analogy.save.isEnabled, timeout=LOADING_MS)
    return window.morph.analogy


@pytest.fixture
def analogy(example: MainWindow, qtbot: QtBot) -> MainWindow:
    """Two faces in A, one in B, one in C, and the result on show."""
    wells = example.morph.analogy.wells
    wells[0].take(faces_of(example, 1, 2))
    wells[1].take(faces_of(example, 3))
    change_seen(example, qtbot, lambda: wells[2].take(faces_of(example, 4)))
    qtbot.waitUntil(example.morph.analogy.save.isEnabled, timeout=LOADING_MS)
    return example


def test_the_first_analogy_is_an_example(example: MainWindow, qtbot: QtBot) -> None:
    view, studio = example.morph.analogy, example.studio
    faces = studio.faces.faces
    assert faces is not None
    assert all(face.name in faces.names for face in studio.analogy.state.faces)
    assert not studio.morpher.undo_stack.canUndo()
    assert "example" in view.note.text()
    qtbot.waitUntil(lambda: view.result.pixels() is not None, timeout=LOADING_MS)
    view.wells[2].take(faces_of(example, 4))
    assert "example" not in view.note.text()
    assert studio.morpher.undo_stack.count() == 1
    studio.morpher.undo_stack.undo()
    assert "example" in view.note.text()


def test_the_faces_of_the_example_have_what_it_tells(example: MainWindow) -> None:
    studio = example.studio
    direction = next(iter(studio.models.attributes or ()))
    assert f"“{direction.name}” fits the faces of A" in example.morph.analogy.note.text()
    a, b, c = (studio.analogy.mean(side) for side in studio.analogy.state.sides)
    assert a @ direction.vector > c @ direction.vector > b @ direction.vector


def test_without_faces_it_says_what_to_do(
    page: MorphPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    page.tabs.setCurrentWidget(page.analogy)
    view = page.analogy
    assert not view.result.isVisible()
    assert "Drop faces on all three" in view.stage.empty.label.text()
    assert not any(button.isEnabled() for button in (view.key_frame, view.edit, view.save))
    assert "Drop" in view.wells[1].toolTip()
    studio.selection.select("Ann", few_faces.images[7])
    for _ in range(3):
        qtbot.mouseClick(view.stage.empty.button, LEFT)
    assert [face.name for face in studio.analogy.state.faces] == ["Ann"] * 3
    assert view.result.isVisible()


def test_an_example_without_directions_has_three_faces(studio: Studio, few_faces: FaceSet) -> None:
    analogy = studio.analogy
    analogy.propose([MorphFace(str(row), few_faces.images[row]) for row in range(20)])
    assert not analogy.can_show_example
    analogy.set_latents(analogy.to_encode(), np.ones((20, 4), np.float32))
    assert analogy.can_show_example
    analogy.show_example(None)
    assert [[face.name for face in side] for side in analogy.state.sides] == [["0"], ["1"], ["2"]]
    analogy.propose([])  # other faces are on show: what is there stays
    assert analogy.result() is not None


def test_a_few_faces_dont_replace_those_for_the_example(studio: Studio, few_faces: FaceSet) -> None:
    analogy = studio.analogy
    many = [MorphFace(str(row), few_faces.images[row]) for row in range(20)]
    analogy.propose(many)
    analogy.propose([MorphFace("own", face.photo) for face in many[:5]])
    analogy.set_latents(analogy.to_encode(), np.ones((20, 4), np.float32))
    analogy.show_example(None)
    assert [face.name for face in analogy.state.faces] == ["0", "1", "2"]


def test_an_example_of_a_few_faces_tells_of_no_attribute(
    open_window: Callable[[], MainWindow], few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    few = FaceSet("Few", few_faces.images[:4], few_faces.names[:4])
    Settings().source = str(save_faces(few, tmp_path / "few"))
    window = open_window()
    view = show_analogy(window, qtbot)
    assert window.studio.models.attributes
    assert "fits the faces" not in view.note.text()
    assert "A, B and C are faces of those on show." in view.note.text()


def test_each_well_takes_the_selected_face(example: MainWindow, qtbot: QtBot) -> None:
    view = example.morph.analogy
    for index, well in enumerate(view.wells):
        example.studio.selection.select(*faces_of(example, index)[0])
        qtbot.mouseClick(well, LEFT)
    qtbot.waitUntil(lambda: view.save.isEnabled(), timeout=LOADING_MS)
    names = [side[0].name for side in example.studio.analogy.state.sides]
    assert names == [faces_of(example, index)[0][0] for index in range(3)]


def test_the_result_is_what_the_model_makes_of_the_sum(analogy: MainWindow, qtbot: QtBot) -> None:
    from model.inference import decode, encode

    model, result = analogy.studio.models.model, analogy.studio.analogy.result()
    assert model is not None
    rows = np.stack([face for _, face in faces_of(analogy, 1, 2, 3, 4)])
    first, second, less, plus = encode(model, rows)
    wanted = (first + second) / 2 - less + plus
    np.testing.assert_allclose(result, wanted, atol=1e-4)
    view, decoded = analogy.morph.analogy.result, decode(model, wanted[None])[0]

    def is_shown() -> bool:
        pixels = view.pixels()
        return pixels is not None and np.abs(pixels.astype(int) - decoded).max() <= 1

    qtbot.waitUntil(is_shown, timeout=LOADING_MS)


def test_several_faces_are_shown_as_their_mean(analogy: MainWindow, qtbot: QtBot) -> None:
    well = analogy.morph.analogy.wells[0]
    assert "mean of 2 faces" in well.accessibleName()
    first = faces_of(analogy, 1)[0][1]
    qtbot.waitUntil(
        lambda: well._pixels is not None and not np.array_equal(well._pixels, first),
        timeout=LOADING_MS,
    )
    single = analogy.morph.analogy.wells[1]._pixels
    assert np.array_equal(single, faces_of(analogy, 3)[0][1])


def test_many_faces_are_encoded_a_few_at_a_time(analogy: MainWindow, qtbot: QtBot) -> None:
    well = analogy.morph.analogy.wells[0]
    well.take(faces_of(analogy, *range(40)))
    assert not analogy.morph.analogy.save.isEnabled()
    assert analogy.studio.analogy.result() is None
    qtbot.waitUntil(lambda: analogy.morph.analogy.save.isEnabled(), timeout=LOADING_MS)


def test_the_strength_follows_the_slider(analogy: MainWindow, qtbot: QtBot) -> None:
    view = analogy.morph.analogy
    before = picture_of(view.result)
    view.slider.setFocus()
    change_seen(analogy, qtbot, lambda: qtbot.keyClick(view.slider, Qt.Key.Key_End))
    assert view.percent.text() == "200 %"
    assert analogy.studio.analogy.state.strength == 2.0
    assert not same_picture(before, picture_of(view.result))
    analogy.studio.undo_group.undo()
    assert view.slider.value() == 100
    assert view.percent.text() == "100 %"


def test_a_drag_of_the_slider_is_one_step(analogy: MainWindow, qtbot: QtBot) -> None:
    view, stack = analogy.morph.analogy, analogy.studio.morpher.undo_stack
    count = stack.count()
    view.slider.setSliderDown(True)
    for value in (90, 60, 30):
        view.slider.setValue(value)
    view.slider.setSliderDown(False)
    assert stack.count() == count + 1
    stack.undo()
    assert view.slider.value() == 100


def test_an_undo_brings_the_tab_into_view(analogy: MainWindow, qtbot: QtBot) -> None:
    view, state = analogy.morph.analogy, analogy.studio.analogy
    analogy.morph.tabs.setCurrentWidget(analogy.morph.path)
    analogy.studio.undo_group.undo()
    assert analogy.morph.tabs.currentWidget() is view
    assert state.state.sides[2] == state.example[2]
    change_seen(analogy, qtbot, analogy.studio.undo_group.redo)


def test_another_model_makes_another_result(
    analogy: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    path = tmp_path / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(4).eval()))
    view = analogy.morph.analogy
    before, mean = picture_of(view.result), view.wells[0]._pixels
    analogy.files.open_path(path)

    def is_of_the_new_model() -> bool:
        result = analogy.studio.analogy.result()
        return result is not None and result.shape == (4,)

    qtbot.waitUntil(is_of_the_new_model, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: not same_picture(before, picture_of(view.result)), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: not np.array_equal(view.wells[0]._pixels, mean), timeout=LOADING_MS)


def test_the_result_becomes_a_key_frame(analogy: MainWindow, qtbot: QtBot) -> None:
    morpher, result = analogy.studio.morpher, analogy.studio.analogy.result()
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    qtbot.mouseClick(analogy.morph.analogy.key_frame, LEFT)
    assert morpher.path is not None
    np.testing.assert_array_equal(morpher.path.frames[-1].latent, result)
    assert "end of the path" in analogy.messages.message()
    analogy.studio.undo_group.undo()
    assert len(morpher.state.faces) == 2


def test_the_result_goes_on_in_explore(analogy: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(analogy.morph.analogy.edit, LEFT)
    assert analogy.tabs.currentWidget() is analogy.explore
    latent, result = analogy.studio.explorer.latent, analogy.studio.analogy.result()
    assert result is not None
    np.testing.assert_allclose(latent, result, atol=1e-5)


def test_save_picture(analogy: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot) -> None:
    answers.path = tmp_path / "result.png"
    export_as(analogy, analogy.morph.analogy.save, "PNG strip", qtbot)
    wait_for_message(analogy, qtbot, "Saved as “result.png”.")
    with Image.open(answers.path) as image:
        assert image.size == (192, 192)
        about = image.text["Description"]  # type: ignore[attr-defined]
    assert faces_of(analogy, 3)[0][0] in about
    assert '"strength": 1.0' in about
