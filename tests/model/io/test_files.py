from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from model.io.files import is_folder, is_there, replacing, write_bytes


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_others_may_read_it(path: Path) -> None:
    write_bytes(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o644


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
