from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.data.datasets import DataError, Prepared, load_faces, prepare
from model.data.face_cache import KeptFaces
from model.data.face_folder import PictureList
from model.photos.faces import read_face
from model.progress import WorkProgress
from model.system.child import start_module

ROOT = Path(__file__).resolve().parents[3]


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


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the pictures that were read, all of them in threads."""
    names: list[str] = []

    def noted(path: Path) -> object:
        names.append(path.name)
        return read_face(path)

    monkeypatch.setattr("model.data.picture_readers.PROCESSES_FROM", sys.maxsize)
    monkeypatch.setattr("model.data.picture_readers.read_face", noted)
    return names


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started; a single picture is enough to start one."""
    started: list[subprocess.Popen[bytes]] = []

    def start(module: str) -> subprocess.Popen[bytes]:
        started.append(start_module(module))
        return started[-1]

    monkeypatch.setattr("model.data.picture_readers.PROCESSES_FROM", 1)
    monkeypatch.setattr("model.data.picture_readers.start_module", start)
    return started


def test_only_what_is_new_or_changed_is_read(album: Path, cache: Path, reads: list[str]) -> None:
    for name in ("a", "b", "c"):
        picture(album / f"{name}.png", 10)
    load_faces(album, cache_folder=cache)
    load_faces(str(album), cache_folder=cache)
    assert sorted(reads) == ["a.png", "b.png", "c.png"]

    reads.clear()
    picture(album / "aa.png", 20)
    picture(album / "b.png", 30)
    os.utime(album / "b.png", (1, 1))
    (album / "c.png").unlink()
    faces = load_faces(album, cache_folder=cache)
    assert sorted(reads) == ["aa.png", "b.png"]
    assert list(faces.names) == ["a", "aa", "b"]
    assert [image[0, 0, 0] for image in faces.images] == [10, 20, 30]


def test_several_processes_read_in_order(
    album: Path, cache: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    for number in range(100):
        picture(album / f"{number:03}.png", number)
    (album / "050.png").write_text("not at all")
    (album / "051.png").write_bytes(b"")

    result = prepared(album, cache)

    rest = [number for number in range(100) if number not in (50, 51)]
    assert len(processes) > 1
    assert [image[0, 0, 0] for image in result.faces.images] == rest
    assert list(result.faces.names) == [f"{number:03}" for number in rest]
    assert result.skipped == ("“050.png” can't be read as an image.", "“051.png” is empty.")
    assert [path.is_dir() for path in cache.iterdir()] == [True]


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
    assert not cache.exists()


def until(events: Iterator[WorkProgress | Prepared], done: int) -> None:
    """Take reports until so many pictures are read."""
    for event in events:
        assert isinstance(event, WorkProgress)
        if event.total and event.done >= done:
            return


@pytest.mark.parametrize("apart", [False, True], ids=["threads", "processes"])
def test_closing_stops_and_keeps_what_was_read(
    apart: bool,
    album: Path,
    cache: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = request.getfixturevalue("processes") if apart else []
    monkeypatch.setattr("model.data.face_folder.Pace.due", lambda _: True)
    for number in range(400):
        picture(album / f"{number}.png", number % 256)
    events = prepare(album, cache_folder=cache)
    until(events, 20)

    events.close()

    assert bool(started) == apart
    assert all(process.returncode is not None for process in started)
    assert not [one for one in threading.enumerate() if one.name.startswith("faces")]
    monkeypatch.undo()
    reads = request.getfixturevalue("reads")
    faces = load_faces(album, cache_folder=cache)
    assert len(reads) <= 380
    assert [image[0, 0, 0] for image in faces.images] == [int(name) % 256 for name in faces.names]
    assert [path.name for path in cache.iterdir() if path.suffix] == []


PREPARE = """
import sys
import model.data.picture_readers
from model.data.datasets import load_faces
model.data.picture_readers.PROCESSES_FROM = 1
load_faces(sys.argv[1], cache_folder=__import__("pathlib").Path(sys.argv[2]))
"""


def test_what_a_killed_process_read_is_kept(album: Path, cache: Path, reads: list[str]) -> None:
    for number in range(1500):
        picture(album / f"{number:04}.png", number % 256)
    # Its main script is unguarded, as those of many people are.
    with subprocess.Popen([sys.executable, "-c", PREPARE, album, cache], cwd=ROOT) as process:
        while process.poll() is None and len(list(cache.glob("*.parts/[!.]*.npz"))) < 2:
            pass
        process.kill()
    assert process.returncode != 0

    faces = load_faces(album, cache_folder=cache)

    assert 0 < len(reads) < 1400
    assert [image[0, 0, 0] for image in faces.images] == [number % 256 for number in range(1500)]


def interrupted(album: Path, cache: Path) -> Path:
    """Prepare a hundred pictures, stop before the end, and return the folder of the parts."""
    for number in range(100):
        picture(album / f"{number:02}.png", number)
    events = prepare(album, cache_folder=cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.data.face_folder.Pace.due", lambda _: True)
        until(events, 100)
    events.close()
    (folder,) = cache.iterdir()
    return folder


def test_a_damaged_part_is_read_again(album: Path, cache: Path, reads: list[str]) -> None:
    part = min(interrupted(album, cache).iterdir())
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    reads.clear()

    faces = load_faces(album, cache_folder=cache)

    assert 0 < len(reads) < 100
    assert [image[0, 0, 0] for image in faces.images] == list(range(100))


def test_parts_that_nobody_wants_any_more_are_removed(album: Path, cache: Path) -> None:
    folder = interrupted(album, cache)
    before = {path.name for path in folder.iterdir()}
    for path in album.iterdir():
        os.utime(path, (1, 1))

    events = prepare(album, cache_folder=cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.data.face_folder.Pace.due", lambda _: True)
        until(events, 100)
    events.close()

    assert before
    assert not before & {path.name for path in folder.iterdir()}


def test_another_process_may_be_faster(
    album: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(album / "a.png", 10)
    write = KeptFaces.write

    def late(kept: KeptFaces, *arguments: Any) -> Iterator[int]:
        monkeypatch.setattr(KeptFaces, "write", write)
        load_faces(album, cache_folder=cache)
        return write(kept, *arguments)

    monkeypatch.setattr(KeptFaces, "write", late)

    assert list(prepared(album, cache).faces.names) == ["a"]
    assert len(list(cache.iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_told(album: Path, tmp_path: Path) -> None:
    picture(album / "a.png")
    (tmp_path / "file").touch()

    with pytest.raises(DataError, match=r"“.*” can't be used: "):
        load_faces(album, cache_folder=tmp_path / "file" / "cache")


@pytest.mark.parametrize("is_damaged", [False, True])
def test_two_processes_prepare_the_same_folder_at_once(
    is_damaged: bool, album: Path, cache: Path
) -> None:
    for grey in range(40):
        picture(album / f"{grey:02d}.png", grey)
    if is_damaged:
        prepared(album, cache)
        next(cache.glob("*/images.npy")).write_bytes(b"damaged")
    code = (
        "import sys; from pathlib import Path; from model.data.datasets import prepare\n"
        "sys.stdin.readline()\n"
        "*_, last = prepare(Path(sys.argv[1]), cache_folder=Path(sys.argv[2]))\n"
        "print([int(image[0, 0, 0]) for image in last.faces.images])\n"
    )
    command = [sys.executable, "-c", code, str(album), str(cache)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in processes:  # both have started, and begin together
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in processes]
    assert answers == [f"{list(range(40))}\n"] * 2
    assert len(list(cache.iterdir())) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one in a subfolder, and things that are none; nothing is read."""
    for name in ("b.jpg", "Ann/a.PNG", "notes.txt", ".hidden.jpg", ".bin/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def listed(folder: Path, version: int = 1) -> PictureList:
    pictures = PictureList(folder)
    for event in pictures.fill(version):
        assert isinstance(event, WorkProgress)
    return pictures


def test_names_are_relative_and_in_order(folder: Path) -> None:
    pictures = listed(folder)

    assert pictures.names == ["b.jpg", str(Path("Ann", "a.PNG"))]
    assert len(pictures) == len(pictures.keys) == 2
    assert [Path(pictures.path(row)) for row in range(2)] == [
        folder / "b.jpg",
        folder / "Ann" / "a.PNG",
    ]
    assert pictures.unopened == []


def test_keys_stay_until_their_picture_changes(folder: Path) -> None:
    before = listed(folder)
    again = listed(folder)
    assert before.keys.tolist() == again.keys.tolist()
    assert before.state() == again.state()

    os.utime(folder / "b.jpg", (1, 1))
    (folder / "Ann" / "b.jpg").write_text("new")
    after = listed(folder)
    assert after.keys[0] != before.keys[0]
    assert after.keys[1] == before.keys[1]
    assert len(after) == 3
    assert after.state() != before.state()


def test_another_version_of_reading_has_other_keys(folder: Path) -> None:
    assert not set(listed(folder, 1).keys.tolist()) & set(listed(folder, 2).keys.tolist())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is closed to this user")
def test_closed_subfolders_are_told(folder: Path) -> None:
    (folder / "Ann").chmod(0)
    try:
        assert listed(folder).unopened == ["“Ann” can't be opened."]
    finally:
        (folder / "Ann").chmod(0o755)
