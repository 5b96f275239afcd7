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


def below(folder: Path) -> list[str]:
    return [Path(name).as_posix() for name in listed(folder).names]


def files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_numbers_in_names_come_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    names = ["Face1.png", "face2.png", "face10.png", "face010.png", "Face11.png", "x.png"]
    folders = ["day 2/b3 x20.png", "day 2/b3 x100.png", "day 10/a.png", "Night 1/a.png"]
    files(tmp_path, *names, *folders)

    assert sorted(below(tmp_path)) == sorted(names + folders)
    assert [name for name in below(tmp_path) if name != "face010.png"] == [
        name for name in names + folders if name != "face010.png"
    ]


def test_the_split_goes_by_code_points_as_ever(album: Path, cache: Path) -> None:
    """The faces that were trained on and tested on are the same, in the same order."""
    for number in range(30):
        picture(album / f"face{number}.png", 5 * number)
        picture(album / f"Day {number}" / "a.png", 5 * number + 2)
    (album / "face7.png").write_text("no picture")
    plain = [
        os.path.relpath(os.path.join(parent, name), album)  # noqa: PTH118
        for parent, folders, names in os.walk(album)
        for name in sorted(names)
        if folders.sort() is None
    ]
    greys = [
        5 * int("".join(filter(str.isdigit, name))) + 2 * name.startswith("Day")
        for name in plain
        if name != "face7.png"
    ]
    is_test = np.zeros(59, np.bool_)
    is_test[np.random.RandomState(0).permutation(59)[:12]] = True

    for _ in range(2):  # the second time from the cache
        faces = load_faces(album, cache_folder=cache)
        train, test = faces.split()
        assert faces.images[train, 0, 0, 0].tolist() == np.array(greys)[~is_test].tolist()
        assert faces.images[test, 0, 0, 0].tolist() == np.array(greys)[is_test].tolist()
        assert list(faces.names[:3]) == ["face0", "face1", "face2"]
    names = [name for name in faces.names if name.startswith("Day")]
    assert names == [f"Day {number}" for number in range(30)]


def test_earlier_prepared_faces_are_put_in_order_without_reading(
    album: Path, cache: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (2, 10):
        picture(album / f"face{number}.png", number)
    with monkeypatch.context() as patch:
        patch.setattr("model.data.face_folder.natural", lambda name: name)
        patch.setattr("model.data.face_folder._natural_folder", lambda folder: folder)
        assert list(load_faces(album, cache_folder=cache).names) == ["face10", "face2"]
    reads.clear()
    meta = next(cache.glob("folder-*"))
    meta.rename(meta.with_name(meta.name[:-3] + "old"))  # as one of an earlier version

    assert list(load_faces(album, cache_folder=cache).names) == ["face2", "face10"]
    assert reads == []


def test_linked_folders_and_files_count_each_once(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    files(root, "own/1.png", "z.png")
    files(other, "2.png", "sub/3.png", "sub/deep/4.png", "notes.txt")
    files(tmp_path, "single/5.png", "single/6.PNG")
    (root / "linked").symlink_to(Path("..") / "other")
    (root / "twice").symlink_to(other)
    (root / "part").symlink_to(other / "sub")
    (root / "a link to own").symlink_to("own")
    (root / "five.png").symlink_to(tmp_path / "single" / "5.png")
    (root / "five again.png").symlink_to(tmp_path / "single" / "5.png")
    (root / "one.png").symlink_to(root / "own" / "1.png")
    (root / "chain").symlink_to(tmp_path / "chain")
    (tmp_path / "chain").symlink_to(tmp_path / "single")

    found = listed(root)

    real = [Path(os.path.realpath(found.path(row))) for row in range(len(found))]
    assert sorted(path.name for path in real) == [
        "1.png", "2.png", "3.png", "4.png", "5.png", "6.PNG", "z.png"
    ]  # fmt: skip
    assert "own/1.png" in below(root), "what is there without a link is found there"
    assert found.unopened == []


def test_where_all_is_linked_there_are_pictures(album: Path, cache: Path) -> None:
    picture(album.parent / "disk" / "a.png", 10)
    album.mkdir()
    (album / "b.png").symlink_to(album.parent / "disk" / "a.png")
    (album / "folder").symlink_to(album.parent / "disk")
    assert len(load_faces(album, cache_folder=cache).images) == 1


@pytest.mark.parametrize("target", [".", "..", "../..", "deep/around", "deep"])
def test_loops_end(target: str, tmp_path: Path) -> None:
    root = tmp_path / "outer" / "root"
    files(root, "1.png", "deep/2.png")
    files(tmp_path, "outer/elsewhere.png")
    (root / "deep" / "around").symlink_to("..")
    (root / "loop").symlink_to(target)
    (root / "self").symlink_to("self")
    found = listed(root)
    assert found.names == ["1.png", str(Path("deep", "2.png"))]
    outside = [text for text in found.unopened if "“loop” was left out" in text]
    assert len(outside) == target.startswith(".."), "said where it isn't found elsewhere"


def test_linked_folders_that_lead_to_each_other_end(tmp_path: Path) -> None:
    files(tmp_path, "root/1.png", "a/2.png", "b/3.png")
    (tmp_path / "root" / "a").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "b").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "a").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "root").symlink_to(tmp_path / "root")
    assert sorted(Path(name).name for name in listed(tmp_path / "root").names) == [
        "1.png", "2.png", "3.png"
    ]  # fmt: skip


def test_links_that_lead_nowhere_are_told(album: Path, cache: Path) -> None:
    picture(album / "a.png")
    (album / "others").symlink_to(album / "gone")
    (album / "b.png").symlink_to(album / "gone.png")
    assert prepared(album, cache).skipped == (
        "“others” is a link that leads nowhere.",
        "“b.png” doesn't exist.",
    )


@pytest.mark.parametrize(
    "name",
    ["@eaDir/one.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/a.jpg", "#snapshot/daily/a.jpg",
     "@Recycle/a.jpg", "@Recently-Snapshot/a.jpg", ".@__thumb/d.jpg", "$RECYCLE.BIN/S-1/a.jpg",
     "$Recycle.Bin/a.jpg", "RECYCLER/a.jpg", "System Volume Information/a.jpg", "__MACOSX/._a.jpg",
     "__MACOSX/a/b.jpg", ".Trash-1000/files/a.jpg", ".Trashes/501/a.jpg", ".Trash/a.jpg",
     ".thumbnails/normal/a.png", "._a.jpg", ".AppleDouble/a.jpg", "Thumbs.db", "lost+found/a.jpg",
     "LOST.DIR/a.jpg", "Temporary Items/a.jpg", "Network Trash Folder/a.jpg", "~snapshot/a.jpg",
     "iPod Photo Cache/a.jpg", "a.jpg@SynoEAStream", "SYNOPHOTO_THUMB_XL.jpg", ".DS_Store"],
)  # fmt: skip
def test_what_disks_desktops_and_archivers_keep_is_nobodys_picture(
    name: str, tmp_path: Path
) -> None:
    files(tmp_path, "one.jpg", name, f"below/{name}")
    assert below(tmp_path) == ["one.jpg"]


@pytest.mark.parametrize(
    "name",
    ["eaDir", "@eaDir 2", "recycle", "#recycled", "Recycled", "Trash", "thumbnails", "MACOSX",
     "$RECYCLE", "Recycle.Bin", "snapshot", "lost and found", "__init__", "@me", "#1"],
)  # fmt: skip
def test_folders_that_only_look_like_these_count(name: str, tmp_path: Path) -> None:
    files(tmp_path, f"{name}/a.jpg")
    assert below(tmp_path) == [f"{name}/a.jpg"]
