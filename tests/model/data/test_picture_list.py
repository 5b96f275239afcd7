from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.data.picture_list import PictureList
from model.progress import WorkProgress


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
