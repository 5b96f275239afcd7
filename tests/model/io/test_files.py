from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.io.files import beside, is_folder, is_there, new_folder, replacing, write_bytes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "note.txt"
    path.write_text("old")
    return path


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_content_is_replaced(path: Path) -> None:
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path) == ["note.txt"]


def test_a_new_file_is_made(path: Path) -> None:
    write_bytes(path.with_name("other"), b"new")
    assert names(path) == ["note.txt", "other"]


def test_until_the_end_the_old_file_is_there(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"
    assert path.read_text() == "new"


def test_after_an_error_the_old_file_is_kept_and_nothing_else(path: Path) -> None:
    with pytest.raises(KeyError), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "old"
    assert names(path) == ["note.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file(
    step: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="no space left"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert names(path) == ["note.txt"]


def test_the_content_is_on_the_disk_before_the_name_changes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        seen.append(path.read_text())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    write_bytes(path, b"new")
    assert seen == ["old"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_bytes(tmp_path / "none" / "note.txt", b"new")


def test_a_folder_of_that_name_is_told(path: Path) -> None:
    folder = path.with_name("taken")
    folder.mkdir()
    with pytest.raises(OSError, match="taken"):
        write_bytes(folder, b"new")
    assert names(path) == ["note.txt", "taken"]


needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@needs_modes
@pytest.mark.parametrize(
    ("mask", "mode", "folder"),
    [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700), (0o002, 0o664, 0o775)],
)
def test_who_may_read_a_new_file_is_for_the_umask_to_say(
    mask: int, mode: int, folder: int, path: Path, umask: Callable[[int], int]
) -> None:
    umask(mask)
    write_bytes(path.with_name("new"), b"new")
    assert path.with_name("new").stat().st_mode & 0o777 == mode
    assert new_folder(path, ".tmp").stat().st_mode & 0o777 == folder


@needs_modes
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(mode: int, path: Path) -> None:
    path.chmod(mode)
    write_bytes(path, b"new")
    assert path.stat().st_mode & 0o777 == mode


@needs_modes
def test_a_private_file_is_never_open_to_others_while_it_is_written(path: Path) -> None:
    path.chmod(0o600)
    with replacing(path) as temporary:
        assert temporary.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two groups")
def test_a_file_that_is_replaced_keeps_its_group(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(path, 0, 4321)
    path.chmod(0o664)
    write_bytes(path, b"new")
    assert (path.stat().st_gid, path.stat().st_mode & 0o777) == (4321, 0o664)

    path.chmod(0o660)
    refuse(monkeypatch, "chown")
    write_bytes(path, b"new")
    assert (path.stat().st_gid, path.stat().st_mode & 0o777) == (0, 0o600)


def refuse(monkeypatch: pytest.MonkeyPatch, *calls: str, code: int = errno.EPERM) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    for call in calls:
        monkeypatch.setattr(os, call, refused, raising=False)


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS])
@pytest.mark.parametrize("name", ["note.txt", "new.txt"])
def test_a_disk_that_knows_no_modes_takes_files(
    code: int, name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "chmod", "fchmod", "lchmod", "chown", "fchown", "utime", code=code)
    write_bytes(path.with_name(name), b"new")
    assert path.with_name(name).read_bytes() == b"new"


@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EINVAL, errno.ENOSYS])
def test_a_disk_that_cannot_be_told_to_write_at_once_takes_files(
    code: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "fsync", code=code)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("steps", [1, 3])
def test_what_a_link_leads_to_is_replaced_and_the_link_stays(
    is_there: bool, relative: bool, steps: int, path: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    target = disk / "far.txt"
    if is_there:
        target.write_text("old")
    leads_to, link = target, path
    for number in range(steps):
        link = path.with_name(f"link{number}.txt")
        link.symlink_to(os.path.relpath(leads_to, path.parent) if relative else leads_to)
        leads_to = link

    write_bytes(link, b"new")

    assert target.read_bytes() == b"new"
    assert link.is_symlink()
    assert [entry.name for entry in disk.iterdir()] == ["far.txt"]


def test_links_that_lead_in_a_circle_are_told(path: Path) -> None:
    path.with_name("a").symlink_to("b")
    path.with_name("b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        write_bytes(path.with_name("a"), b"new")
    assert names(path) == ["a", "b", "note.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_something_else_than_a_file_is_not_replaced(path: Path) -> None:
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not an ordinary file"):
        write_bytes(pipe, b"new")
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    "name",
    [
        "n" * 251 + ".png",
        "n" * 255,
        "脸" * 82 + ".safe",
        "脸" * 85,
        "x." + "y" * 253,
        "🙂" * 62 + ".gif",
    ],
)
def test_every_name_that_the_disk_takes_can_be_saved(name: str, path: Path) -> None:
    assert len(os.fsencode(name)) <= 255
    write_bytes(path.with_name(name), b"new")
    assert path.with_name(name).read_bytes() == b"new"
    assert len(names(path)) == 2


def test_a_name_beside_a_long_one_fits_and_stays_its_own() -> None:
    short = Path("folder") / "model.pth"
    assert beside(short, "model.directions") == Path("folder") / "model.directions"
    long = [beside(short, "脸" * 83 + end + ".directions") for end in "ab"]
    assert all(len(os.fsencode(path.name)) <= 255 for path in long)
    assert all(path.suffix == ".directions" for path in long)
    assert long[0] != long[1]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "gone", "note.txt/below"])
def test_what_cannot_be_looked_at_is_not_there(name: str, path: Path) -> None:
    assert not is_there(path.parent / name)
    assert not is_folder(path.parent / name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="opens every folder")
def test_what_lies_in_a_closed_folder_is_not_there(path: Path) -> None:
    path.parent.chmod(0)
    try:
        assert not is_there(path)
        assert not is_folder(path)
    finally:
        path.parent.chmod(0o700)


def test_what_is_there_is_found(path: Path) -> None:
    assert is_there(path)
    assert is_there(path.parent)
    assert is_folder(path.parent)
    assert not is_folder(path)
