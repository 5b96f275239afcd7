from __future__ import annotations

from pathlib import Path

import pytest

from model.runs.labels import (
    MAX_NAME,
    MAX_TAGS,
    RunLabels,
    labels,
    read_labels,
    write_labels,
)


def test_labels_come_back_as_they_were_written(tmp_path: Path) -> None:
    told = RunLabels("Müller’s ß 😀", "first line\nsecond “line”", ("dropout", "Long runs"))
    write_labels(tmp_path, told)
    assert read_labels(tmp_path) == told


def test_a_run_without_labels_has_empty_ones(tmp_path: Path) -> None:
    assert read_labels(tmp_path) == read_labels(tmp_path / "gone") == RunLabels()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"name": 1}', b'{"name": "a", "notes": "", "tags": 3}', b"\xff" * 9],
    ids=["empty", "cut off", "a list", "no tags", "tags are a number", "no text"],
)
def test_damaged_labels_count_as_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_bytes(content)
    assert read_labels(tmp_path) == RunLabels()


def test_labels_are_cut_to_their_limits_and_tags_sorted() -> None:
    made = labels(" a\nb ", " n\n ", ["B", "a", " B ", "", "x,y"])
    assert made == RunLabels("a b", "n", ("a", "B", "x y"))
    assert len(labels("n" * 999).name) == MAX_NAME
    assert len(labels(tags=map(str, range(99))).tags) == MAX_TAGS


def test_a_folder_that_is_gone_is_told_and_old_labels_stay(tmp_path: Path) -> None:
    write_labels(tmp_path, RunLabels("kept"))
    with pytest.raises(OSError, match="gone"):
        write_labels(tmp_path / "gone", RunLabels("lost"))
    assert read_labels(tmp_path) == RunLabels("kept")
