from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import cae_gui.gallery.photos as photos_module
from cae_gui.core.jobs import stop_and_wait
from cae_gui.gallery.photos import OwnPhotos
from model.photos.crop import CropBox, Placement
from model.photos.photos import Photo, read_photo
from tests.drawn_photos import Sitter, drawn_photo
from tests.gui.conftest import Told
from tests.shelves import faces_of, keys_of

GROUP = (Sitter(3, 130, 130, 90), Sitter(5, 430, 260, 170))


@pytest.fixture
def photos(told: Told, qtbot: QtBot) -> Iterator[OwnPhotos]:
    photos = OwnPhotos(told.problem.emit)
    yield photos
    stop_and_wait(photos.jobs())


def pixels(value: int) -> np.ndarray:
    return np.full((60, 50, 3), value, np.uint8)


def group() -> np.ndarray:
    return np.asarray(drawn_photo(GROUP))


def test_photos_are_read_and_put_on_the_shelf(photos: OwnPhotos, photo: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(photos.idle), qtbot.waitSignal(photos.added) as blocker:
        photos.add([(photo, photo.name), (pixels(9), "Pasted picture")])
    assert blocker.args == [keys_of(photos.library)[1]]
    assert faces_of(photos.library).names == ("photo.png", "Pasted picture")


def test_a_file_that_is_no_picture_is_told_by_name(
    photos: OwnPhotos, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann")
    with qtbot.waitSignal(photos.added) as added, qtbot.waitSignal(photos.skipped) as skipped:
        photos.add([(letter, letter.name), (photo, photo.name)])
    assert added.args == [keys_of(photos.library)[0]]
    [sentences] = skipped.args
    assert "letter.txt" in sentences[0]


def test_nothing_readable_adds_nothing(photos: OwnPhotos, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(photos.added), qtbot.waitSignal(photos.skipped):
        photos.add([(tmp_path / "gone.png", "gone.png")])


def test_photos_added_while_others_are_read_wait_their_turn(
    photos: OwnPhotos, qtbot: QtBot
) -> None:
    keys: list[str] = []
    photos.added.connect(keys.append)
    for value in range(5):
        photos.add([(pixels(value), f"Photo {value}")])
    qtbot.waitUntil(lambda: len(keys_of(photos.library)) == 5, timeout=5000)
    qtbot.waitUntil(lambda: keys[-1:] == [keys_of(photos.library)[4]], timeout=5000)
    assert faces_of(photos.library).names == tuple(f"Photo {value}" for value in range(5))


def test_photos_wait_also_behind_a_failure(
    told: Told, photos: OwnPhotos, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def read(picture: Any, name: str) -> Any:
        if name == "huge":
            raise MemoryError
        return read_photo(picture, name)

    monkeypatch.setattr(photos_module, "read_photo", read)
    with qtbot.waitSignals([told.problem, photos.added]):
        photos.add([(pixels(1), "huge")])
        photos.add([(pixels(2), "usual")])
    assert faces_of(photos.library).names == ("usual",)


def test_cancel_drops_the_photos_that_wait(
    photos: OwnPhotos, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    began, let_go = threading.Event(), threading.Event()

    def read(picture: Any, name: str) -> Any:
        began.set()
        assert let_go.wait(20)
        return read_photo(picture, name)

    monkeypatch.setattr(photos_module, "read_photo", read)
    photos.add([(pixels(1), "First"), (pixels(2), "Second")])
    assert began.wait(20)
    photos.add([(pixels(3), "Third")])
    with qtbot.waitSignal(photos.added):
        photos.cancel()
        let_go.set()
    assert faces_of(photos.library).names == ("First",)


def test_a_shelf_that_cannot_be_written_is_a_problem(
    told: Told, photos: OwnPhotos, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(*_arguments: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(photos.library, "add_photo", refuse)
    with qtbot.assertNotEmitted(photos.added), qtbot.waitSignal(told.problem) as blocker:
        photos.add([(pixels(1), "One")])
    assert "disk is full" in blocker.args[0].text


def test_the_same_photo_twice_is_one(photos: OwnPhotos, photo: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(photos.added):
        photos.add([(photo, photo.name), (pixels(3), "Another")])
    with qtbot.waitSignal(photos.added) as added, qtbot.waitSignal(photos.noted) as noted:
        photos.add([(photo.read_bytes(), "copy.png")])
    assert added.args == [keys_of(photos.library)[0]]
    assert noted.args == [("“copy.png” is among your photos already.",)]
    assert len(keys_of(photos.library)) == 2


def test_of_hundreds_each_failure_is_told_and_the_rest_is_added(
    photos: OwnPhotos, tmp_path: Path, qtbot: QtBot
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann")
    pictures: list[Any] = [(pixels(value), f"Photo {value}") for value in range(200)]
    pictures[50:50] = [(letter, "letter.txt"), (tmp_path, "folder")]
    progress: list[tuple[str, int, int]] = []
    shown: list[tuple[str, int]] = []
    photos.added.connect(lambda key: shown.append((key, len(progress))))
    photos.busy.connect(lambda *report: progress.append(report))
    with (
        qtbot.waitSignal(photos.skipped, timeout=60_000) as skipped,
        qtbot.waitSignal(photos.changed, timeout=60_000) as changed,
    ):
        photos.add(pictures)
    # The first is shown long before the last is read, and stays on show.
    assert shown == [(keys_of(photos.library)[0], 1)]
    assert changed.args == [""]
    assert [sentence.split()[0] for sentence in skipped.args[0]] == ["“letter.txt”", "“folder”"]
    assert len(keys_of(photos.library)) == 200
    assert progress[51] == ("Reading “folder”", 51, 202)


def test_a_photo_without_a_face_gets_a_box_in_the_middle_and_a_sentence(
    photos: OwnPhotos, photo: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(photos.noted) as blocker:
        photos.add([(photo, photo.name)])
    [[sentence]] = blocker.args
    assert "No face was found in “photo.png”" in sentence
    placement = photos.library.placement(keys_of(photos.library)[0])
    assert placement is not None
    assert placement.box == CropBox(20, 0, 160)


@pytest.fixture
def three(photos: OwnPhotos, qtbot: QtBot) -> list[str]:
    """The keys of three photos, of which the second shows two faces."""
    with qtbot.waitSignal(photos.idle):
        photos.add([(pixels(1), "One"), (group(), "Group"), (pixels(2), "Two")])
    return [keys_of(photos.library)[row] for row in range(3)]


def test_photos_are_removed_and_put_back(photos: OwnPhotos, three: list[str], qtbot: QtBot) -> None:
    with qtbot.waitSignal(photos.changed), qtbot.waitSignal(photos.removed) as blocker:
        photos.remove(three[:2])
    [removed] = blocker.args
    assert removed.names == ("One", "Group")
    assert faces_of(photos.library).names == ("Two",)

    with qtbot.waitSignal(photos.changed) as changed:
        photos.restore(removed)
    assert changed.args == [three[0]]
    assert faces_of(photos.library).names == ("One", "Group", "Two")


def test_removing_what_is_gone_is_no_news(
    photos: OwnPhotos, three: list[str], qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(photos.removed), qtbot.waitSignal(photos.changed):
        photos.remove(["gone"])
    assert len(keys_of(photos.library)) == 3


def test_a_photo_that_cannot_be_removed_is_a_problem(
    told: Told, photos: OwnPhotos, three: list[str], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise PermissionError(13, "Permission denied", "x.png")

    monkeypatch.setattr(photos.library, "remove", refuse)
    with qtbot.waitSignal(told.problem) as blocker:
        photos.remove(three[:1])
    assert "no permission" in blocker.args[0].text


def test_nothing_is_written_on_the_gui_thread(
    photos: OwnPhotos, three: list[str], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    threads: list[int] = []

    def noting(work: Any, *arguments: Any, **options: Any) -> Any:
        threads.append(threading.get_ident())
        return work(*arguments, **options)

    for name in ("remove", "restore", "add_faces"):
        monkeypatch.setattr(photos.library, name, partial(noting, getattr(photos.library, name)))
    with qtbot.waitSignal(photos.removed) as blocker:
        photos.remove(three[:1])
    with qtbot.waitSignal(photos.changed):
        photos.restore(blocker.args[0])
    with qtbot.waitSignal(photos.changed):
        photos.add_all_faces(three)
    assert len(threads) >= 3
    assert threading.get_ident() not in threads


def test_what_the_ended_threads_left_is_written(photos: OwnPhotos, three: list[str]) -> None:
    stop_and_wait(photos.jobs())
    photos.remove(three[:1])
    photos.remove(three[2:])
    assert len(keys_of(photos.library)) == 3

    photos.finish()
    photos.finish()

    assert faces_of(photos.library).names == ("Group",)


def test_photos_with_several_faces_are_told(photos: OwnPhotos, qtbot: QtBot) -> None:
    with qtbot.waitSignal(photos.several) as blocker:
        photos.add([(pixels(1), "One"), (group(), "Group")])
    [several] = blocker.args
    assert several.keys == (keys_of(photos.library)[1],)
    assert several.names == ("Group",)
    assert several.faces == 2


def test_all_faces_of_a_photo_get_entries(
    photos: OwnPhotos, three: list[str], qtbot: QtBot
) -> None:
    with qtbot.waitSignals([photos.busy, photos.idle]), qtbot.waitSignal(photos.changed) as changed:
        photos.add_all_faces(three)
    assert changed.args == [""]
    with qtbot.assertNotEmitted(photos.changed), qtbot.waitSignal(photos.idle):
        photos.add_all_faces(three)
    assert faces_of(photos.library).names == ("One", "Group", "Two", "Group (2)")
    [other] = photos.library.others(three[1]).values()
    assert other.centre == pytest.approx((GROUP[0].x, GROUP[0].y), abs=15)


def test_faces_of_photos_wait_for_photos_that_are_read(
    photos: OwnPhotos, three: list[str], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(photos.changed), qtbot.waitSignal(photos.added):
        photos.add([(pixels(7), "Three")])
        photos.add_all_faces(["gone", *three])
        photos.add([(pixels(8), "Four")])
    assert faces_of(photos.library).names == (
        "One",
        "Group",
        "Two",
        "Three",
        "Four",
        "Group (2)",
    )


def test_of_a_photo_that_lost_its_picture_no_faces_are_added(
    photos: OwnPhotos, three: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "data" / "photos" / "pictures" / three[1]).unlink()
    with qtbot.assertNotEmitted(photos.changed), qtbot.waitSignal(photos.skipped) as blocker:
        photos.add_all_faces(three)
    assert blocker.args == [("“Group” doesn't exist.",)]


def test_another_face_is_the_next_one_found_or_beside(
    photos: OwnPhotos, three: list[str], qtbot: QtBot
) -> None:
    key = three[1]
    for number in range(2):
        placement = photos.library.placement(key)
        assert placement is not None
        with qtbot.waitSignal(photos.changed) as blocker:
            photos.add_face(key, placement)
        [added] = blocker.args
        assert photos.library.row_of(added) == 3 + number
        where = photos.library.placement(added)
        assert where is not None
        assert where.chosen == (1, -1)[number]
        assert not where.box.is_near(placement.box)


def test_one_more_face_of_a_photo_that_is_gone_is_a_problem(
    told: Told, photos: OwnPhotos, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(told.problem) as blocker:
        photos.add_face("gone", Placement(CropBox(0, 0, 9)))
    assert "doesn't exist" in blocker.args[0].text


def test_the_shelf_of_before_is_there_again(photos: OwnPhotos, qtbot: QtBot) -> None:
    picture = drawn_photo(GROUP[:1])
    photos.library.add_photo(Photo("Kept", picture, Placement(GROUP[0].box)))
    again = OwnPhotos(pytest.fail)
    try:
        assert faces_of(again.library).names == ("Kept",)
    finally:
        stop_and_wait(again.jobs())
