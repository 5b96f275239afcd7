from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import cae_gui.session.faces as faces_module
from cae_gui.jobs import stop_and_wait
from cae_gui.session.faces import DEMO, LFW, PHOTOS, Faces
from model.crop import CropBox
from model.datasets import FaceSet, Preparing
from tests.gui.conftest import save_faces


@pytest.fixture
def faces(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faces]:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "nothing"))
    faces = Faces()
    yield faces
    stop_and_wait(faces.jobs())


def pixels(value: int) -> np.ndarray:
    return np.full((60, 50, 3), value, np.uint8)


def test_demo_faces(faces: Faces, qtbot: QtBot) -> None:
    with qtbot.waitSignals([faces.changed, faces.idle], order="strict"):
        faces.choose(DEMO)
    assert faces.source == DEMO
    assert faces.faces is not None
    assert len(faces.faces.images) > 100


def test_a_folder(faces: Faces, faces_folder: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignals([faces.busy, faces.changed, faces.idle]):
        faces.choose(str(faces_folder))
    assert faces.source == str(faces_folder)
    assert faces.faces is not None
    assert len(faces.faces.images) == 60


def test_files_left_out_are_named(faces: Faces, faces_folder: Path, qtbot: QtBot) -> None:
    (faces_folder / "broken.png").write_bytes(b"no picture")
    with qtbot.waitSignal(faces.skipped) as blocker:
        faces.choose(str(faces_folder))
    [sentence] = blocker.args[0]
    assert "broken.png" in sentence


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_pictures_keeps_the_faces_on_show(
    exists: bool, faces: Faces, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(faces.idle):
        faces.choose(DEMO)
    folder = tmp_path / "empty"
    if exists:
        folder.mkdir()
    with qtbot.waitSignal(faces.idle), qtbot.waitSignal(faces.problem) as blocker:
        faces.choose(str(folder))
    assert "“empty”" in blocker.args[0].text
    assert faces.source == DEMO
    assert faces.faces is not None


def test_missing_lfw_is_told_and_the_faces_stay(faces: Faces, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(faces.problem),
        qtbot.waitSignals([faces.lfw_missing, faces.idle], order="strict"),
    ):
        faces.choose(LFW)
    assert faces.faces is None


def test_the_last_choice_wins(faces: Faces, faces_folder: Path, qtbot: QtBot) -> None:
    faces.choose(DEMO)
    faces.choose(LFW)
    with qtbot.waitSignal(faces.changed):
        faces.choose(str(faces_folder))
    assert faces.source == str(faces_folder)


def test_a_download_reports_and_then_shows_lfw(
    faces: Faces, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def download() -> Iterator[Any]:
        yield Preparing("Downloading", 1, 2)

    def prepare(source: str) -> Iterator[Any]:
        yield faces_module.Prepared(few_faces, ())

    monkeypatch.setattr(faces_module, "download_lfw", download)
    monkeypatch.setattr(faces_module, "prepare", prepare)
    with qtbot.waitSignal(faces.changed), qtbot.waitSignal(faces.busy) as blocker:
        faces.download_lfw()
    assert blocker.args == ["Downloading", 1, 2]
    assert faces.source == LFW


def test_cancel_stops_and_keeps_the_faces(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    closed = threading.Event()

    def download() -> Iterator[Any]:
        try:
            while True:
                yield Preparing("Downloading", 1, 2)
        finally:
            closed.set()

    monkeypatch.setattr(faces_module, "download_lfw", download)
    with qtbot.waitSignal(faces.busy):
        faces.download_lfw()
    with qtbot.waitSignal(faces.idle):
        faces.cancel()
    assert closed.is_set()
    assert faces.faces is None


def test_photos_are_read_and_put_on_the_shelf(faces: Faces, photo: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(faces.idle), qtbot.waitSignal(faces.photos_added) as blocker:
        faces.add_photos([(photo, photo.name), (pixels(9), "Pasted picture")])
    assert blocker.args == [1]
    shelf = faces.shelf.faces()
    assert shelf.names == ("photo.png", "Pasted picture")
    with qtbot.waitSignal(faces.changed):
        faces.choose(PHOTOS)
    assert faces.source == PHOTOS


def test_a_file_that_is_no_picture_is_told_by_name(
    faces: Faces, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann")
    with qtbot.waitSignal(faces.photos_added) as added, qtbot.waitSignal(faces.skipped) as skipped:
        faces.add_photos([(letter, letter.name), (photo, photo.name)])
    assert added.args == [0]
    [sentences] = skipped.args
    assert "letter.txt" in sentences[0]


def test_nothing_readable_adds_nothing(faces: Faces, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(faces.photos_added), qtbot.waitSignal(faces.skipped):
        faces.add_photos([(tmp_path / "gone.png", "gone.png")])


def test_photos_added_while_others_are_read_wait_their_turn(faces: Faces, qtbot: QtBot) -> None:
    rows: list[int] = []
    faces.photos_added.connect(rows.append)
    for value in range(5):
        faces.add_photos([(pixels(value), f"Photo {value}")])
    qtbot.waitUntil(lambda: rows[-1:] == [4], timeout=5000)
    assert faces.shelf.faces().names == tuple(f"Photo {value}" for value in range(5))


def test_photos_wait_also_behind_a_failure(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    read_photo = faces_module.read_photo

    def read(picture: Any, name: str) -> Any:
        if name == "huge":
            raise MemoryError
        return read_photo(picture, name)

    monkeypatch.setattr(faces_module, "read_photo", read)
    with qtbot.waitSignals([faces.problem, faces.photos_added]):
        faces.add_photos([(pixels(1), "huge")])
        faces.add_photos([(pixels(2), "usual")])
    assert faces.shelf.faces().names == ("usual",)


def test_cancel_drops_the_photos_that_wait(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    began, let_go = threading.Event(), threading.Event()
    read_photo = faces_module.read_photo

    def read(picture: Any, name: str) -> Any:
        began.set()
        assert let_go.wait(20)
        return read_photo(picture, name)

    monkeypatch.setattr(faces_module, "read_photo", read)
    faces.add_photos([(pixels(1), "First"), (pixels(2), "Second")])
    assert began.wait(20)
    faces.add_photos([(pixels(3), "Third")])
    with qtbot.waitSignal(faces.photos_added):
        faces.cancel()
        let_go.set()
    assert faces.shelf.faces().names == ("First",)


def test_a_shelf_that_cannot_be_written_is_a_problem(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(*_arguments: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(faces.shelf, "add_photo", refuse)
    with qtbot.assertNotEmitted(faces.photos_added), qtbot.waitSignal(faces.problem) as blocker:
        faces.add_photos([(pixels(1), "One")])
    assert "disk is full" in blocker.args[0].text


def test_the_same_photo_twice_is_one(faces: Faces, photo: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(faces.photos_added):
        faces.add_photos([(photo, photo.name), (pixels(3), "Another")])
    with qtbot.waitSignal(faces.photos_added) as added, qtbot.waitSignal(faces.noted) as noted:
        faces.add_photos([(photo.read_bytes(), "copy.png")])
    assert added.args == [0]
    assert noted.args == [("“copy.png” is among your photos already.",)]
    assert len(faces.shelf) == 2


def test_of_hundreds_each_failure_is_told_and_the_rest_is_added(
    faces: Faces, tmp_path: Path, qtbot: QtBot
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann")
    pictures: list[Any] = [(pixels(value), f"Photo {value}") for value in range(200)]
    pictures[50:50] = [(letter, "letter.txt"), (tmp_path, "folder")]
    progress: list[tuple[str, int, int]] = []
    faces.busy.connect(lambda *report: progress.append(report))
    with qtbot.waitSignal(faces.skipped, timeout=60_000) as skipped:
        faces.add_photos(pictures)
    assert [sentence.split()[0] for sentence in skipped.args[0]] == ["“letter.txt”", "“folder”"]
    assert len(faces.shelf) == 200
    assert progress[51] == ("Reading “folder”", 51, 202)


def test_a_photo_without_a_face_gets_a_box_in_the_middle_and_a_sentence(
    faces: Faces, photo: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(faces.noted) as blocker:
        faces.add_photos([(photo, photo.name)])
    [[sentence]] = blocker.args
    assert "No face was found in “photo.png”" in sentence
    placement = faces.shelf.placement(faces.shelf.key(0))
    assert placement is not None
    assert placement.box == CropBox(20, 0, 160)


def test_a_removed_photo_is_gone_from_the_faces_on_show(faces: Faces, qtbot: QtBot) -> None:
    with qtbot.waitSignal(faces.photos_added):
        faces.add_photos([(pixels(1), "One"), (pixels(2), "Two")])
    with qtbot.waitSignal(faces.changed):
        faces.choose(PHOTOS)
    with qtbot.waitSignal(faces.changed):
        faces.remove_photo(0)
    assert faces.faces is not None
    assert faces.faces.names == ("Two",)


def test_names_of_a_folder(faces: Faces, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot) -> None:
    save_faces(few_faces, tmp_path / "people" / "Ann_Lee")
    with qtbot.waitSignal(faces.changed):
        faces.choose(str(tmp_path / "people"))
    assert faces.faces is not None
    assert set(faces.faces.names) == {"Ann Lee"}
