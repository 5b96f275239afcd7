"""The Reconstruct page: three pictures of a face, and the strip below."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import PHOTOS
from cae_gui.main_window import MainWindow
from cae_gui.reconstruct.inspector import MOST_GAIN
from cae_gui.reconstruct.page import ReconstructPage
from cae_gui.reconstruct.strip_panel import OWN, STRIP_FACES, TESTED
from cae_gui.studio import Studio
from cae_gui.widgets.face_view import FaceView
from model.checkpoint import FaceModel
from model.data.datasets import FaceSet
from model.inference import Reconstruction
from model.network import ConvAutoencoder
from tests.gui.conftest import Dialogs, picture_of, same_picture, wait_for_file
from tests.gui.reconstruct.pages import reconstruct_page

LEFT = Qt.MouseButton.LeftButton
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def picked() -> list[int]:
    """The rows of the faces that were clicked."""
    return []


@pytest.fixture
def page(studio: Studio, picked: list[int], qtbot: QtBot) -> ReconstructPage:
    page = reconstruct_page(studio, picked.append)
    qtbot.addWidget(page)
    page.resize(1300, 700)
    with qtbot.waitExposed(page):
        page.show()
    return page


def show_faces(studio: Studio, faces: FaceSet, source: str = "patches") -> None:
    studio.faces.source, studio.faces.faces = source, faces
    studio.faces.changed.emit()


def small_model() -> FaceModel:
    return FaceModel(ConvAutoencoder(4).eval().requires_grad_(False))


def compare(
    studio: Studio, page: ReconstructPage, faces: FaceSet, rows: tuple[int, int], qtbot: QtBot
) -> None:
    """Select a face, and let the model in use have made another one of it."""
    first, second = (faces.images[row : row + 1] for row in rows)
    studio.selection.select("Ann", first[0])
    latents = np.zeros((1, 4), np.float32)
    before = page.numbers.text()
    studio.selection.reconstructed.emit(Reconstruction(first, latents, second))
    qtbot.waitUntil(lambda: page.numbers.text() != before)


def test_original_reconstruction_and_difference_are_shown(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    empty = picture_of(page)
    compare(studio, page, few_faces, (0, 1), qtbot)
    assert page.original.accessibleName() == "Original: Ann"
    assert page.inspector.name.text() == "Ann"
    text = page.numbers.text()
    assert all(name in text for name in ("MSE", "PSNR", "SSIM", "dB"))
    assert not same_picture(empty, picture_of(page))


def test_equal_images_have_an_infinite_psnr(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    compare(studio, page, few_faces, (0, 0), qtbot)
    assert "infinite" in page.numbers.text()


def test_pictures_can_be_saved_once_there_are_some(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    assert not page.export_face.isEnabled()
    assert not page.export_strip.isEnabled()
    page.save_face(tmp_path / "early.png")
    compare(studio, page, few_faces, (0, 1), qtbot)
    assert page.export_face.isEnabled()
    assert not page.export_strip.isEnabled()  # no strip is there yet
    page.save_face(tmp_path / "face.png")
    wait_for_file(tmp_path / "face.png", qtbot)
    assert not (tmp_path / "early.png").exists()


def test_the_strip_shows_other_test_faces_when_asked(
    page: ReconstructPage, studio: Studio, picked: list[int], few_faces: FaceSet, qtbot: QtBot
) -> None:
    many = FaceSet("Many", np.concatenate([few_faces.images] * 4))
    show_faces(studio, many)
    assert page.strip_title.text() == page.strip.accessibleName() == TESTED
    studio.models.adopt(small_model(), "Small")
    qtbot.waitUntil(lambda: page.strip.count() == STRIP_FACES)
    before = picture_of(page.strip)
    qtbot.mouseClick(page.other_faces, LEFT)
    qtbot.waitUntil(lambda: not same_picture(before, picture_of(page.strip)))
    qtbot.mouseClick(page.strip, LEFT, pos=page.strip.frame_rect(3, 1).center())
    assert picked[0] in many.split()[1]
    show_faces(studio, few_faces, PHOTOS)
    assert page.strip_title.text() == page.strip.accessibleName() == OWN


def test_the_strip_is_empty_while_there_are_no_photos(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    studio.models.adopt(small_model(), "Small")
    show_faces(studio, few_faces)
    qtbot.waitUntil(lambda: page.strip.count() > 0)
    assert page.export_strip.isEnabled()
    show_faces(studio, FaceSet("My photos", few_faces.images[:0]), PHOTOS)
    assert page.strip.count() == 0
    assert page.strip_title.text() == OWN
    assert not page.export_strip.isEnabled()
    show_faces(studio, few_faces)
    qtbot.waitUntil(lambda: page.strip.count() > 0)


def test_faces_beyond_the_edge_of_the_strip_are_reached_by_keys(
    page: ReconstructPage, studio: Studio, picked: list[int], few_faces: FaceSet, qtbot: QtBot
) -> None:
    studio.models.adopt(small_model(), "Small")
    show_faces(studio, FaceSet("Many", np.concatenate([few_faces.images] * 4)))
    qtbot.waitUntil(lambda: page.strip.count() == STRIP_FACES)

    def is_seen(index: int) -> bool:
        return page.strip.visibleRegion().contains(page.strip.frame_rect(index))

    qtbot.waitUntil(lambda: is_seen(0))  # once it is laid out
    assert not is_seen(STRIP_FACES - 1)
    qtbot.keyClick(page.strip, Qt.Key.Key_End)
    assert is_seen(STRIP_FACES - 1)
    qtbot.keyClick(page.strip, Qt.Key.Key_Home)
    assert is_seen(0)
    assert len(picked) == 2


def test_each_number_tells_what_it_means(page: ReconstructPage, studio: Studio) -> None:
    numbers = page.numbers
    for number, meaning in (
        (numbers.mse, "Mean squared error"),
        (numbers.psnr, "Peak signal-to-noise ratio"),
        (numbers.ssim, "Structural similarity"),
    ):
        assert number.toolTip().startswith(meaning)
        assert number.accessibleDescription().startswith(meaning)
    model = small_model()
    studio.models.adopt(replace(model, test_mse=0.00123), "Small")
    assert "0.00123" in numbers.mse.toolTip()
    studio.models.adopt(model, "Not measured")
    assert "0.00123" not in numbers.mse.toolTip()


class TestDifference:
    """Original 100, reconstruction 110: they differ by 10/255, 0.0392 of full brightness."""

    @pytest.fixture(autouse=True)
    def shown(self, page: ReconstructPage, studio: Studio, qtbot: QtBot) -> None:
        grey = np.full((1, 48, 48, 3), 100, np.uint8)
        latents = np.zeros((1, 4), np.float32)
        studio.selection.select("Grey", grey[0])
        studio.selection.reconstructed.emit(Reconstruction(grey, latents, grey + 10))
        qtbot.waitUntil(page.export_face.isEnabled)

    def brightness(self, page: ReconstructPage) -> float:
        pixels = page.difference.pixels()
        assert pixels is not None
        return float(pixels.mean())

    def test_the_gain_brightens_it_and_the_scale_tells(
        self, page: ReconstructPage, qtbot: QtBot
    ) -> None:
        slider, before = page.inspector.brightness.slider, self.brightness(page)
        assert "0.25 or more" in page.difference.accessibleDescription()
        for _ in range(4):
            qtbot.keyClick(slider, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda: "0.125 or more" in page.difference.accessibleDescription())
        assert self.brightness(page) > before
        qtbot.keyClick(slider, Qt.Key.Key_Home)
        qtbot.waitUntil(lambda: "brightest 1 of" in page.difference.accessibleDescription())
        assert self.brightness(page) < before

    def test_of_itself_the_largest_difference_is_the_brightest_color(
        self, page: ReconstructPage, qtbot: QtBot
    ) -> None:
        gain = page.inspector.brightness
        gain.auto.click()
        qtbot.waitUntil(lambda: "0.0625 or more" in page.difference.accessibleDescription())
        assert gain.slider.value() == MOST_GAIN  # 25 would be needed
        qtbot.keyClick(gain.slider, Qt.Key.Key_Left)
        assert not gain.auto.isChecked()
        qtbot.waitUntil(lambda: "0.0667 or more" in page.difference.accessibleDescription())

    def test_without_it_the_others_are_larger(self, page: ReconstructPage) -> None:
        before = page.original.picture_rect().width()
        page.inspector.difference.click()
        assert not page.difference.isVisible()
        assert not page.inspector.brightness.isEnabled()
        assert page.original.picture_rect().width() > before

    def test_a_figure_has_the_gain_that_is_shown(
        self, page: ReconstructPage, tmp_path: Path, qtbot: QtBot
    ) -> None:
        def saved(gain: int) -> np.ndarray:
            page.inspector.brightness.slider.setValue(gain)
            told = f"{1 / gain:g} or more"
            qtbot.waitUntil(lambda: told in page.difference.accessibleDescription())
            path = tmp_path / f"{gain}.png"
            page.save_face(path)
            wait_for_file(path, qtbot)
            with Image.open(path) as image:
                return np.asarray(image.convert("RGB"))

        assert not np.array_equal(saved(4), saved(8))


def test_a_wipe_takes_the_place_of_both(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    compare(studio, page, few_faces, (0, 1), qtbot)
    side = page.original.picture_rect().width()
    page.inspector.wipe.click()
    assert not page.original.isVisible()
    assert not page.reconstruction.isVisible()
    assert page.wipe.picture_rect().width() > 1.2 * side
    pixels = page.wipe.pixels()
    assert pixels is not None
    np.testing.assert_array_equal(pixels[:, :24], few_faces.images[0][:, :24])
    np.testing.assert_array_equal(pixels[:, 24:], few_faces.images[1][:, 24:])
    page.inspector.side_by_side.click()
    assert page.original.isVisible()
    assert not page.wipe.isVisible()


class TestContextMenu:
    def choose(self, view: FaceView, text: str) -> None:
        (action,) = (item for item in view.menu().actions() if text in item.text().replace("&", ""))
        action.trigger()

    def test_nothing_is_offered_without_a_picture(self, page: ReconstructPage) -> None:
        for view in (page.original, page.reconstruction, page.difference, page.wipe):
            reason = QContextMenuEvent.Reason.Keyboard
            QApplication.sendEvent(view, QContextMenuEvent(reason, QPoint(), QPoint()))
            assert QApplication.activePopupWidget() is None

    def test_pictures_are_copied_by_menu_and_key(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        compare(studio, page, few_faces, (0, 1), qtbot)
        clipboard, copies = QApplication.clipboard(), []
        for view in (page.original, page.reconstruction, page.difference):
            clipboard.clear()
            self.choose(view, "Copy")
            copies.append(clipboard.image())
        assert {(image.width(), image.height()) for image in copies} == {(192, 192)}
        assert not any(one == other for one, other in pairwise(copies))
        clipboard.clear()
        page.original.setFocus()
        qtbot.keyClick(page.original, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert clipboard.image() == copies[0]

    def test_pictures_are_saved(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        tmp_path: Path,
        qtbot: QtBot,
    ) -> None:
        compare(studio, page, few_faces, (0, 1), qtbot)
        with qtbot.waitSignal(page.save_asked) as asked:
            self.choose(page.reconstruction, "Save picture …")
        asked.args[0](tmp_path / "face.png")
        wait_for_file(tmp_path / "face.png", qtbot)
        with Image.open(tmp_path / "face.png") as image:
            saved = np.asarray(image.convert("RGB").resize((48, 48), Image.Resampling.BOX))
        np.testing.assert_allclose(saved, few_faces.images[1], atol=40)

    def test_the_face_goes_into_a_morph(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        compare(studio, page, few_faces, (0, 1), qtbot)
        with qtbot.waitSignal(page.morph_asked) as asked:
            self.choose(page.reconstruction, "Put into Morph")
        assert asked.args[0].name == "Ann"
        np.testing.assert_array_equal(asked.args[0].pixels, few_faces.images[0])
        assert "Put into &Morph" not in {item.text() for item in page.difference.menu().actions()}


def test_a_picture_is_saved_and_put_into_a_morph_through_the_window(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    view, morpher = window.reconstruct.reconstruction, window.studio.morpher
    face, count = window.studio.selection.face, len(morpher.state.faces)
    assert face is not None
    answers.path = tmp_path / "face.png"
    save, morph = view.menu().actions()[1:]
    save.trigger()
    wait_for_file(answers.path, qtbot)
    morph.trigger()
    assert window.tabs.currentWidget() is window.morph
    assert len(morpher.state.faces) == count + 1
    assert morpher.state.faces[-1].name == face.name


def mnemonics(page: QWidget) -> list[str]:
    """The letters that are Alt's keys for what the page shows."""
    shown = [item for item in page.findChildren(QWidget) if item.isVisibleTo(page)]
    texts = [item.text() for item in shown if isinstance(item, QAbstractButton | QLabel)]
    return [key for text in texts if (key := QKeySequence.mnemonic(text).toString())]


def test_mnemonics_differ_from_each_other_and_from_those_of_the_window(
    page: ReconstructPage,
) -> None:
    for part in (page.own, page.own.buttons, page.own.add_all):
        part.show()
    keys = mnemonics(page)
    assert len(keys) > 5
    assert len(keys) == len(set(keys))
    assert not set(keys) & {f"Alt+{letter}" for letter in "TREMFDVH"}


@no_window_manager
def test_tab_reaches_every_control_and_nothing_hidden(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    compare(studio, page, few_faces, (0, 1), qtbot)
    studio.refinement.changed.emit()
    page.window().activateWindow()
    page.original.setFocus()
    reached = []
    for _ in range(60):
        widget = QApplication.focusWidget()
        assert widget is not None
        assert widget.isVisible()
        if widget in reached:
            break
        reached.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    for wanted in (
        page.original,
        page.reconstruction,
        page.difference,
        page.numbers.mse,
        page.numbers.psnr,
        page.numbers.ssim,
        page.inspector.side_by_side,
        page.inspector.difference,
        page.inspector.brightness.slider,
        page.inspector.brightness.auto,
        page.export_face,
        page.strip,
    ):
        assert wanted in reached, wanted.accessibleName()


def test_everything_fits_into_a_small_window(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    compare(studio, page, few_faces, (0, 1), qtbot)
    page.resize(640, 370)
    assert page.is_drawer
    assert page.size() == QSize(640, 370)
    assert not page.has_inspector
    for view in (page.original, page.reconstruction, page.difference):
        assert page.stage.rect().contains(view.geometry())
    page.show_inspector(True)
    assert page.export_face.visibleRegion().contains(page.export_face.rect())


def test_buttons_are_named(page: ReconstructPage) -> None:
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName(), button
