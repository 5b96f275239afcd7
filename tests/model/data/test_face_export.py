from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from model.data.datasets import load_faces
from model.data.face_export import TABLE, export_faces, file_stems
from model.face_set import FaceSet
from model.io.files import as_file_name, unused


def write(faces: FaceSet, folder: Path) -> Path:
    for _ in export_faces(faces, folder):
        pass
    return folder


def test_the_folder_opens_as_the_same_faces(few_faces: FaceSet, tmp_path: Path) -> None:
    names = ("Ann Lee", "Bo", "Ann Lee", "José", "bo")
    faces = FaceSet("Five", few_faces.images[:5], names)
    folder = write(faces, tmp_path / "Five of them")
    opened = load_faces(folder, cache_folder=tmp_path / "cache")
    assert opened.title == "Five of them"
    with (folder / TABLE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(row["name"] for row in rows) == names
    places = [opened.names.index(Path(row["file"]).stem) for row in rows]
    np.testing.assert_array_equal(opened.images[places], faces.images)
    assert sorted(opened.names) == ["Ann Lee", "Ann Lee 2", "Bo", "José", "bo 2"]


def test_nothing_is_left_of_what_is_given_up_or_fails(few_faces: FaceSet, tmp_path: Path) -> None:
    writing = export_faces(few_faces, tmp_path / "new")
    next(writing)
    writing.close()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine.txt").write_text("kept")
    with pytest.raises(OSError, match="new"):
        write(few_faces, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new" / "mine.txt").read_text() == "kept"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann Lee", "Ann Lee"),
        ("../etc/passwd", "_.._etc_passwd"),
        ('a<b>:"c|?*', "a_b___c___"),
        ("ends. ", "ends"),
        ("con", "_con"),
        ("COM1.x", "_COM1.x"),
        ("line\nbreak", "line_break"),
        ("", "_"),
        ("...", "_"),
        ("Ärzte", "Ärzte"),
    ],
)
def test_names_become_names_of_files(text: str, name: str) -> None:
    assert as_file_name(text) == name


def test_files_of_one_name_are_numbered_past_names_that_have_a_number() -> None:
    names = ["a", "a", "A", "a 2", "b/c", "b:c"]
    assert file_stems(names) == ["a", "a 2", "A 3", "a 2 2", "b_c", "b_c 2"]
    assert len(set(file_stems(["x"] * 3000))) == 3000


def test_very_long_names_are_cut_and_stay_different(few_faces: FaceSet, tmp_path: Path) -> None:
    names = ["ä" * 300 + end for end in "ab"]
    folder = write(FaceSet("Long", few_faces.images[:2], names), tmp_path / "long")
    assert len(list(folder.glob("*.png"))) == 2


def test_a_new_folder_has_a_free_name(tmp_path: Path) -> None:
    assert unused(tmp_path, "new") == tmp_path / "new"
    (tmp_path / "new").mkdir()
    (tmp_path / "new 2").mkdir()
    assert unused(tmp_path, "new") == tmp_path / "new 3"
