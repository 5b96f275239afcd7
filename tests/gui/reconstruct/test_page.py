"""The Reconstruct page: three pictures of a face, and the strip below."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import PHOTOS
from cae_gui.reconstruct.page import OWN, STRIP_FACES, TESTED, ReconstructPage
from cae_gui.studio import Studio
from model.data.datasets import FaceSet
from tests.gui.conftest import picture_of, same_picture, wait_for_file
from tests.gui.reconstruct.pages import reconstruct_page

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def picked() -> list[int]:
    """The rows of the faces that were clicked."""
    return []


@pytest.fixture
def page(studio: Studio, picked: list[int], qtbot: QtBot) -> ReconstructPage:
    page = reconstruct_page(studio, picked.append)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    return page


def show_faces(studio: Studio, faces: FaceSet, source: str = "patches") -> None:
    studio.faces.source, studio.faces.faces = source, faces
    studio.faces.changed.emit()


def compare(
    studio: Studio, page: ReconstructPage, faces: FaceSet, rows: tuple[int, int], qtbot: QtBot
) -> None:
    """Select a face, and let the model in use have made another one of it."""
    from model.inference import Reconstruction

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
    assert page.original.accessibleName() == "Ann: Ann"
    text = page.numbers.text()
    assert all(name in text for name in ("MSE", "PSNR", "SSIM", "dB"))
    assert not same_picture(empty, picture_of(page))


@pytest.mark.parametrize("width", [600, 1000, 2000])
def test_the_three_pictures_are_of_one_size(
    width: int, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    compare(studio, page, few_faces, (0, 1), qtbot)
    page.resize(width, 700)
    views = (page.original, page.reconstruction, page.difference)
    rects = [view.picture_rect() for view in views]
    assert max(rect.width() for rect in rects) - min(rect.width() for rect in rects) <= 2
    assert max(rect.y() for rect in rects) - min(rect.y() for rect in rects) <= 2


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
    assert page.export_strip.isEnabled()
    page.save_face(tmp_path / "face.png")
    wait_for_file(tmp_path / "face.png", qtbot)
    assert not (tmp_path / "early.png").exists()


def test_the_strip_shows_other_test_faces_when_asked(
    page: ReconstructPage, studio: Studio, picked: list[int], few_faces: FaceSet, qtbot: QtBot
) -> None:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    many = FaceSet("Many", np.concatenate([few_faces.images] * 4))
    show_faces(studio, many)
    assert page.strip_title.text() == page.strip.accessibleName() == TESTED
    studio.models.adopt(FaceModel(ConvAutoencoder(4).eval().requires_grad_(False)), "Small")
    qtbot.waitUntil(lambda: page.strip.count() == STRIP_FACES)
    before = picture_of(page.strip)
    qtbot.mouseClick(page.other_faces, LEFT)
    qtbot.waitUntil(lambda: not same_picture(before, picture_of(page.strip)))
    qtbot.mouseClick(page.strip, LEFT, pos=page.strip.frame_rect(3, 1).center())
    assert picked[0] in many.split()[1]
    show_faces(studio, few_faces, PHOTOS)
    assert page.strip_title.text() == page.strip.accessibleName() == OWN


def test_buttons_are_named(page: ReconstructPage) -> None:
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName(), button
