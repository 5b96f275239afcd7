from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.datasets import DataError, Prepared, Preparing, load_faces, prepare
from model.faces import read_face


def picture(path: Path, grey: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (80, 60), (grey, grey, grey)).save(path)
    return path


def prepared(folder: Path, cache: Path) -> Prepared:
    *_, last = prepare(folder, cache_folder=cache)
    assert isinstance(last, Prepared)
    return last


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return tmp_path / "Album"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_pictures_come_in_order_with_their_names(album: Path, cache: Path) -> None:
    picture(album / "b.png", 20)
    picture(album / "a.JPG", 10)
    picture(album / "Ann_Lee" / "Ann_Lee_0001.png", 30)
    picture(album / "Ann_Lee" / "Ann_Lee_0002.png", 40)
    picture(album / ".hidden.png")
    picture(album / ".trash" / "c.png")
    (album / "notes.txt").write_text("no picture, and not said to be one")

    result = prepared(album, cache)

    assert result.faces.title == "Album"
    assert list(result.faces.names) == ["a", "b", "Ann Lee", "Ann Lee"]
    assert [image[0, 0, 0] for image in result.faces.images] == [10, 20, 30, 40]
    assert isinstance(result.faces.images, np.memmap)
    assert result.skipped == ()


def test_unreadable_pictures_are_skipped_and_told(album: Path, cache: Path) -> None:
    picture(album / "good.png")
    (album / "bad.png").write_text("not at all")
    (album / "empty.jpg").touch()
    (album / "gone.png").symlink_to(album / "nowhere.png")

    for _ in range(2):  # the second time from the cache
        result = prepared(album, cache)
        assert list(result.faces.names) == ["good"]
        assert result.skipped == (
            "“bad.png” can't be read as an image.",
            "“empty.jpg” is empty.",
            "“gone.png” doesn't exist.",
        )


def test_a_second_opening_reads_nothing_until_something_changed(
    album: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []

    def counted(path: Path) -> object:
        reads.append(path)
        return read_face(path)

    monkeypatch.setattr("model.face_folder.read_face", counted)
    picture(album / "a.png")
    load_faces(album, cache_folder=cache)
    load_faces(str(album), cache_folder=cache)
    assert len(reads) == 1

    picture(album / "b.png")
    assert list(load_faces(album, cache_folder=cache).names) == ["a", "b"]
    assert len(reads) == 3


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_that_are_not_text_are_made_readable(album: Path, cache: Path) -> None:
    album.mkdir()
    target = os.fsencode(album) + b"/\xff.png"
    picture(album / "x.png").rename(os.fsdecode(target))

    assert list(load_faces(album, cache_folder=cache).names) == ["?"]


def test_a_folder_without_pictures_is_an_error(album: Path, cache: Path) -> None:
    with pytest.raises(DataError, match="“Album” isn't a folder"):
        load_faces(album, cache_folder=cache)

    album.mkdir()
    with pytest.raises(DataError, match="“Album” has no pictures"):
        load_faces(album, cache_folder=cache)

    (album / "bad.png").write_text("no")
    with pytest.raises(DataError, match="No picture in “Album” can be read") as caught:
        load_faces(album, cache_folder=cache)
    assert "bad.png" in caught.value.details
    assert not list(cache.iterdir())


def test_closing_stops_reading_and_leaves_no_file(album: Path, cache: Path) -> None:
    for number in range(60):
        picture(album / f"{number}.png")
    events = prepare(album, cache_folder=cache)
    for event in events:
        assert isinstance(event, Preparing)
        if event.total == 60:
            break

    events.close()

    assert not list(cache.iterdir())
    assert not [one for one in threading.enumerate() if one.name.startswith("faces")]


def test_a_cache_that_cannot_be_written_is_told(album: Path, tmp_path: Path) -> None:
    picture(album / "a.png")
    (tmp_path / "file").touch()

    with pytest.raises(DataError, match=r"“.*” can't be used: "):
        load_faces(album, cache_folder=tmp_path / "file" / "cache")
