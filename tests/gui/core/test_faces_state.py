from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import cae_gui.core.faces as faces_module
from cae_gui.core.faces import DEMO, LFW, PHOTOS, Faces
from cae_gui.core.jobs import stop_and_wait
from model.data.datasets import FaceSet
from model.photos.photos import PhotoLibrary
from model.progress import WorkProgress
from tests.gui.conftest import Told, save_faces
from tests.shelves import keys_of, write_bare_face


@pytest.fixture
def shelf(tmp_path: Path) -> PhotoLibrary:
    return PhotoLibrary(tmp_path / "photos")


@pytest.fixture
def faces(
    told: Told, shelf: PhotoLibrary, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Faces]:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "nothing"))
    faces = Faces(shelf, told.problem.emit)
    yield faces
    stop_and_wait(faces.jobs())


def pixels(value: int) -> np.ndarray:
    return np.full((48, 48, 3), value, np.uint8)


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
    told: Told, exists: bool, faces: Faces, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(faces.idle):
        faces.choose(DEMO)
    folder = tmp_path / "empty"
    if exists:
        folder.mkdir()
    with qtbot.waitSignal(faces.idle), qtbot.waitSignal(told.problem) as blocker:
        faces.choose(str(folder))
    assert "“empty”" in blocker.args[0].text
    assert faces.source == DEMO
    assert faces.faces is not None


def test_missing_lfw_is_told_and_the_faces_stay(told: Told, faces: Faces, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(told.problem),
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
        yield WorkProgress("Downloading", 1, 2)

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
                yield WorkProgress("Downloading", 1, 2)
        finally:
            closed.set()

    monkeypatch.setattr(faces_module, "download_lfw", download)
    with qtbot.waitSignal(faces.busy):
        faces.download_lfw()
    with qtbot.waitSignal(faces.idle):
        faces.cancel()
    assert closed.is_set()
    assert faces.faces is None


def test_own_photos_come_with_their_keys(
    faces: Faces, shelf: PhotoLibrary, tmp_path: Path, qtbot: QtBot
) -> None:
    for value in range(2):
        write_bare_face(tmp_path / "photos", pixels(value), f"Photo {value}")
    with qtbot.waitSignal(faces.changed):
        faces.choose(PHOTOS)
    assert faces.source == PHOTOS
    assert faces.keys == keys_of(shelf)
    assert len(faces.keys) == 2
    before = faces.faces
    with qtbot.waitSignal(faces.photo_moved) as blocker:
        faces.refresh_photo(faces.keys[1], pixels(9))
    assert blocker.args == [1]
    assert before is not None
    assert faces.faces is not None
    assert [int(image.mean()) for image in faces.faces.images] == [0, 9]
    assert int(before.images[1].mean()) == 1
    with qtbot.assertNotEmitted(faces.photo_moved):
        faces.refresh_photo("gone", pixels(3))
    with qtbot.waitSignal(faces.changed):
        faces.choose(DEMO)
    assert faces.keys == ()


def test_names_of_a_folder(faces: Faces, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot) -> None:
    save_faces(few_faces, tmp_path / "people" / "Ann_Lee")
    with qtbot.waitSignal(faces.changed):
        faces.choose(str(tmp_path / "people"))
    assert faces.faces is not None
    assert set(faces.faces.names) == {"Ann Lee"}
