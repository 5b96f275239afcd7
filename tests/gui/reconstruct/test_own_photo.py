from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

import cae_gui.reconstruct.own_photo as own_photo_module
from cae_gui.core.jobs import stop_and_wait
from cae_gui.reconstruct.own_photo import OwnPhoto
from model.photos.crop import CropBox, Placement, crop_face
from model.photos.photos import Photo, PhotoLibrary
from tests.gui.conftest import Told, wait_for_answers
from tests.shelves import keys_of, write_bare_face

FOUND = (CropBox(100, 150, 200), CropBox(500, 150, 160, 10))


def noise(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture
def shelf(tmp_path: Path) -> PhotoLibrary:
    shelf = PhotoLibrary(tmp_path / "photos")
    for seed in range(2):
        shelf.add_photo(Photo(f"Photo {seed}", noise(seed), Placement(FOUND[0], FOUND, 0)))
    return shelf


@pytest.fixture
def photo(told: Told, shelf: PhotoLibrary, qtbot: QtBot) -> Iterator[OwnPhoto]:
    photo = OwnPhoto(shelf, told.problem.emit)
    yield photo
    stop_and_wait([photo.job])


def show(photo: OwnPhoto, key: str, qtbot: QtBot) -> Any:
    with qtbot.waitSignal(photo.opened) as blocker:
        photo.show(key)
    return blocker.args[0]


def wait_until_kept(shelf: PhotoLibrary, placement: Placement, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shelf.placement(keys_of(shelf)[0]) == placement)


def test_a_photo_is_opened_with_its_box(photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot) -> None:
    opened = show(photo, keys_of(shelf)[1], qtbot)

    assert opened.size == (800, 600)
    assert opened.placement == Placement(FOUND[0], FOUND, 0)
    assert np.array_equal(opened.pixels, np.asarray(noise(1)))


def test_large_pictures_are_shown_reduced(shelf: PhotoLibrary, qtbot: QtBot) -> None:
    key = shelf.add_photo(Photo("Wide", noise(3, (2400, 960)), Placement(FOUND[0])))
    photo = OwnPhoto(shelf, pytest.fail)
    try:
        opened = show(photo, key, qtbot)
    finally:
        stop_and_wait([photo.job])

    assert opened.size == (2400, 960)
    assert opened.pixels.shape == (320, 800, 3)


def test_of_many_boxes_the_newest_is_cut_out(
    photo: OwnPhoto, shelf: PhotoLibrary, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    let_go, cut = threading.Event(), []

    def crop(picture: Image.Image, box: CropBox) -> Any:
        assert let_go.wait(20)
        cut.append(box)
        return crop_face(picture, box)

    show(photo, keys_of(shelf)[0], qtbot)
    monkeypatch.setattr(own_photo_module, "crop_face", crop)
    boxes = [CropBox(left, 100, 90) for left in range(50)]
    with qtbot.waitSignal(photo.cropped) as blocker:
        for box in boxes:
            photo.move(box, 0)
        let_go.set()

    assert np.array_equal(blocker.args[0], crop_face(noise(0), boxes[-1]))
    assert len(cut) <= 2


def test_a_settled_box_is_kept(photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot) -> None:
    show(photo, keys_of(shelf)[1], qtbot)
    photo.move(FOUND[1], 1)
    assert not photo.rests_on(keys_of(shelf)[1])
    with qtbot.waitSignal(photo.kept) as blocker:
        photo.settle()

    face, key = blocker.args
    assert key == keys_of(shelf)[1]
    assert np.array_equal(face, crop_face(noise(1), FOUND[1]))
    assert shelf.placement(keys_of(shelf)[1]) == Placement(FOUND[1], FOUND, 1)
    assert photo.rests_on(keys_of(shelf)[1])
    assert not photo.rests_on(keys_of(shelf)[0])


def test_going_to_another_photo_keeps_the_box(
    photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    show(photo, keys_of(shelf)[0], qtbot)
    photo.move(FOUND[1], 1)
    with qtbot.assertNotEmitted(photo.closed), qtbot.waitSignals([photo.kept, photo.opened]):
        photo.show(keys_of(shelf)[1])

    assert shelf.placement(keys_of(shelf)[0]) == Placement(FOUND[1], FOUND, 1)
    assert shelf.placement(keys_of(shelf)[1]) == Placement(FOUND[0], FOUND, 0)


def test_coming_back_before_the_box_is_kept_finds_it_where_it_was_put(
    photo: OwnPhoto, shelf: PhotoLibrary, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    let_go = threading.Event()

    def slow(picture: Image.Image, box: CropBox) -> Any:
        assert let_go.wait(20)
        return crop_face(picture, box)

    monkeypatch.setattr(own_photo_module, "crop_face", slow)
    show(photo, keys_of(shelf)[0], qtbot)
    photo.move(FOUND[1], 1)
    photo.show(keys_of(shelf)[1])
    photo.show(keys_of(shelf)[0])
    with qtbot.waitSignal(photo.opened) as blocker:
        let_go.set()

    assert blocker.args[0].placement == Placement(FOUND[1], FOUND, 1)
    wait_until_kept(shelf, Placement(FOUND[1], FOUND, 1), qtbot)


def test_what_an_ended_job_left_is_written(
    photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    show(photo, keys_of(shelf)[0], qtbot)
    stop_and_wait([photo.job])
    photo.move(FOUND[1], 1)
    photo.settle()
    assert shelf.placement(keys_of(shelf)[0]) == Placement(FOUND[0], FOUND, 0)

    photo.keep_all()

    assert shelf.placement(keys_of(shelf)[0]) == Placement(FOUND[1], FOUND, 1)


def test_the_box_of_a_removed_photo_is_not_kept(
    photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    show(photo, keys_of(shelf)[0], qtbot)
    shelf.remove([keys_of(shelf)[0]])
    photo.move(FOUND[1], 1)
    with qtbot.assertNotEmitted(photo.kept):
        photo.settle()
        wait_for_answers(photo.job, qtbot)

    assert len(keys_of(shelf)) == 1


def test_a_lost_picture_is_a_problem(
    told: Told, photo: OwnPhoto, shelf: PhotoLibrary, tmp_path: Path, qtbot: QtBot
) -> None:
    for path in (tmp_path / "photos" / "pictures").iterdir():
        path.unlink()
    with qtbot.assertNotEmitted(photo.opened), qtbot.waitSignal(told.problem) as blocker:
        photo.show(keys_of(shelf)[0])

    assert "doesn't exist" in blocker.args[0].text


def test_a_face_without_a_picture_has_nothing_to_show(
    photo: OwnPhoto, shelf: PhotoLibrary, tmp_path: Path, qtbot: QtBot
) -> None:
    key = write_bare_face(tmp_path / "photos", np.zeros((48, 48, 3), np.uint8), "Earlier")
    shelf.add_photo(Photo("Another", noise(5), Placement(FOUND[0])))  # looks for new files
    assert key in keys_of(shelf)
    show(photo, keys_of(shelf)[0], qtbot)
    with qtbot.assertNotEmitted(photo.opened), qtbot.waitSignal(photo.closed):
        photo.show(key)
    photo.move(FOUND[1], 1)
    photo.settle()

    assert not photo.rests_on(key)
    assert photo.others() == {}


def test_the_other_faces_of_the_photo_are_known(
    photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    [key] = shelf.add_faces(keys_of(shelf)[1], [Placement(FOUND[1], FOUND, 1)])
    assert photo.others() == {}
    show(photo, keys_of(shelf)[1], qtbot)
    assert photo.others() == {key: FOUND[1]}
    show(photo, key, qtbot)
    assert photo.others() == {keys_of(shelf)[1]: FOUND[0]}
    assert photo.placement == Placement(FOUND[1], FOUND, 1)


class TestUndo:
    """Steps of the box."""

    @pytest.fixture
    def moved(self, photo: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot) -> OwnPhoto:
        """A photo whose box was dragged in several moves."""
        show(photo, keys_of(shelf)[0], qtbot)
        for left in range(101, 131):
            photo.move(CropBox(left, 150, 200), 0)
        photo.settle()
        return photo

    def test_a_drag_is_one_step(self, moved: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot) -> None:
        stack = moved.undo_stack
        assert stack.count() == 1
        assert stack.undoText() == "Move the box"
        with (
            qtbot.waitSignals([moved.cropped, moved.kept]),
            qtbot.waitSignal(moved.placed) as placed,
        ):
            stack.undo()
        assert placed.args == [FOUND[0], 0]
        wait_until_kept(shelf, Placement(FOUND[0], FOUND, 0), qtbot)
        stack.redo()
        wait_until_kept(shelf, Placement(CropBox(130, 150, 200), FOUND, 0), qtbot)

    def test_what_was_done_is_said(self, moved: OwnPhoto) -> None:
        texts = []
        for box, chosen in (
            (CropBox(120, 140, 240), 0),
            (CropBox(120, 140, 240, 7), 0),
            (FOUND[1], 1),
            (CropBox(1, 2, 160, 10), 1),
            (FOUND[1], 1),
        ):
            moved.move(box, chosen)
            moved.settle()
            texts.append(moved.undo_stack.undoText())
        assert texts == [
            "Resize the box",
            "Turn the box",
            "Choose another face",
            "Move the box",
            "Put the box back",
        ]
        for _ in range(6):
            moved.undo_stack.undo()
        assert moved.placement == Placement(FOUND[0], FOUND, 0)

    def test_steps_by_keys_of_one_kind_are_one(self, moved: OwnPhoto) -> None:
        for left in (131, 132, 133):
            moved.move(CropBox(left, 150, 200), 0)
            moved.settle(True)
        assert moved.undo_stack.count() == 2
        moved.move(CropBox(133, 150, 200, 4), 0)
        moved.settle(True)
        moved.move(CropBox(134, 150, 200, 4), 0)
        moved.settle(False)
        assert moved.undo_stack.count() == 4
        for expected in (133, 133, 130, 100):
            moved.undo_stack.undo()
            assert moved.placement is not None
            assert moved.placement.box.left == expected

    def test_keys_that_lead_back_leave_no_step(
        self, moved: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
    ) -> None:
        for left in (131, 130):
            moved.move(CropBox(left, 150, 200), 0)
            moved.settle(True)
        assert moved.undo_stack.count() == 1
        wait_until_kept(shelf, Placement(CropBox(130, 150, 200), FOUND, 0), qtbot)
        moved.undo_stack.undo()
        assert moved.placement == Placement(FOUND[0], FOUND, 0)

    def test_letting_go_of_nothing_is_no_step(self, moved: OwnPhoto) -> None:
        moved.settle()
        moved.move(CropBox(50, 50, 90), 0)
        moved.move(CropBox(130, 150, 200), 0)
        moved.settle()
        assert moved.undo_stack.count() == 1

    def test_another_photo_has_steps_of_its_own(
        self, moved: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
    ) -> None:
        moved.move(CropBox(9, 9, 90), 0)
        show(moved, keys_of(shelf)[1], qtbot)
        assert moved.undo_stack.count() == 0
        wait_until_kept(shelf, Placement(CropBox(9, 9, 90), FOUND, 0), qtbot)
