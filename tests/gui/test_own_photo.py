from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

import cae_gui.session.own_photo as own_photo_module
from cae_gui.jobs import stop_and_wait
from cae_gui.session.own_photo import OwnPhoto
from model.crop import CropBox, crop_face
from model.photo import Photo, Placement
from model.photos import PhotoShelf

FOUND = (CropBox(100, 150, 200), CropBox(500, 150, 160, 10))


def noise(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture
def shelf(tmp_path: Path) -> PhotoShelf:
    shelf = PhotoShelf(tmp_path / "photos")
    for seed in range(2):
        shelf.add_photo(Photo(f"Photo {seed}", noise(seed), Placement(FOUND[0], FOUND, 0)))
    return shelf


@pytest.fixture
def photo(shelf: PhotoShelf, qtbot: QtBot) -> Iterator[OwnPhoto]:
    photo = OwnPhoto(shelf)
    yield photo
    stop_and_wait([photo.job])


def show(photo: OwnPhoto, row: int, qtbot: QtBot) -> Any:
    with qtbot.waitSignal(photo.opened) as blocker:
        photo.show(row)
    return blocker.args[0]


def test_a_photo_is_opened_with_its_box(photo: OwnPhoto, qtbot: QtBot) -> None:
    opened = show(photo, 1, qtbot)

    assert opened.size == (800, 600)
    assert opened.placement == Placement(FOUND[0], FOUND, 0)
    assert np.array_equal(opened.pixels, np.asarray(noise(1)))


def test_large_pictures_are_shown_reduced(shelf: PhotoShelf, qtbot: QtBot) -> None:
    row = shelf.add_photo(Photo("Wide", noise(3, (2400, 960)), Placement(FOUND[0])))
    photo = OwnPhoto(shelf)
    try:
        opened = show(photo, row, qtbot)
    finally:
        stop_and_wait([photo.job])

    assert opened.size == (2400, 960)
    assert opened.pixels.shape == (320, 800, 3)


def test_of_many_boxes_the_newest_is_cut_out(
    photo: OwnPhoto, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    let_go, cut = threading.Event(), []

    def crop(picture: Image.Image, box: CropBox) -> Any:
        assert let_go.wait(20)
        cut.append(box)
        return crop_face(picture, box)

    show(photo, 0, qtbot)
    monkeypatch.setattr(own_photo_module, "crop_face", crop)
    boxes = [CropBox(left, 100, 90) for left in range(50)]
    with qtbot.waitSignal(photo.cropped) as blocker:
        for box in boxes:
            photo.move(box, 0)
        let_go.set()

    assert np.array_equal(blocker.args[0], crop_face(noise(0), boxes[-1]))
    assert len(cut) <= 2


def test_a_settled_box_is_kept(photo: OwnPhoto, shelf: PhotoShelf, qtbot: QtBot) -> None:
    show(photo, 1, qtbot)
    photo.move(FOUND[1], 1)
    assert not photo.rests_in(1)
    with qtbot.waitSignal(photo.kept) as blocker:
        photo.settle()

    face, row = blocker.args
    assert row == 1
    assert np.array_equal(face, crop_face(noise(1), FOUND[1]))
    assert shelf.placement(shelf.key(1)) == Placement(FOUND[1], FOUND, 1)
    assert photo.rests_in(1)
    assert not photo.rests_in(0)


def test_going_to_another_photo_keeps_the_box(
    photo: OwnPhoto, shelf: PhotoShelf, qtbot: QtBot
) -> None:
    show(photo, 0, qtbot)
    photo.move(FOUND[1], 1)
    with qtbot.waitSignals([photo.closed, photo.kept, photo.opened]):
        photo.show(1)

    assert shelf.placement(shelf.key(0)) == Placement(FOUND[1], FOUND, 1)
    assert shelf.placement(shelf.key(1)) == Placement(FOUND[0], FOUND, 0)


def test_what_an_ended_job_left_is_written(
    photo: OwnPhoto, shelf: PhotoShelf, qtbot: QtBot
) -> None:
    show(photo, 0, qtbot)
    stop_and_wait([photo.job])
    photo.move(FOUND[1], 1)
    photo.settle()
    assert shelf.placement(shelf.key(0)) == Placement(FOUND[0], FOUND, 0)

    photo.keep_all()

    assert shelf.placement(shelf.key(0)) == Placement(FOUND[1], FOUND, 1)


def test_the_box_of_a_removed_photo_is_not_kept(
    photo: OwnPhoto, shelf: PhotoShelf, qtbot: QtBot
) -> None:
    show(photo, 0, qtbot)
    shelf.remove(0)
    photo.move(FOUND[1], 1)
    with qtbot.assertNotEmitted(photo.kept), qtbot.waitSignal(photo.job.answered):
        photo.settle()

    assert len(shelf) == 1


def test_a_lost_picture_is_a_problem(photo: OwnPhoto, tmp_path: Path, qtbot: QtBot) -> None:
    for path in (tmp_path / "photos" / "pictures").iterdir():
        path.unlink()
    with qtbot.assertNotEmitted(photo.opened), qtbot.waitSignal(photo.problem) as blocker:
        photo.show(0)

    assert "doesn't exist" in blocker.args[0].text


def test_a_face_without_a_picture_has_nothing_to_show(
    photo: OwnPhoto, shelf: PhotoShelf, qtbot: QtBot
) -> None:
    row = shelf.add(np.zeros((48, 48, 3), np.uint8), "Earlier")
    show(photo, 0, qtbot)
    with qtbot.assertNotEmitted(photo.opened), qtbot.waitSignal(photo.closed):
        photo.show(row)
    photo.move(FOUND[1], 1)
    photo.settle()

    assert not photo.rests_in(row)
