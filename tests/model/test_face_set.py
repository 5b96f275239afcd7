from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from model.data.datasets import FaceSet
from model.face_set import take

COUNT = 20_000
ROWS = np.random.RandomState(0).permutation(COUNT).astype(np.int64)


@pytest.fixture
def mapped(tmp_path: Path) -> FaceSet:
    """Twenty thousand faces in a map of 138 MB."""
    path = tmp_path / "images.npy"
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (COUNT, 48, 48, 3))
    images[:] = np.arange(COUNT, dtype=np.uint8).reshape(-1, 1, 1, 1)
    del images
    return FaceSet("Map", np.load(path, mmap_mode="r"))


def resident_files_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssFile")).split()[1]) / 1024


def test_rows_are_copied_as_they_are(mapped: FaceSet) -> None:
    for images in (mapped.images, np.array(mapped.images)):
        chosen = take(images, ROWS[:300])
        assert np.array_equal(chosen, images[ROWS[:300]])
        assert chosen.flags.writeable
        assert not np.shares_memory(chosen, images)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system decides")
def test_a_map_that_was_read_whole_holds_no_memory(mapped: FaceSet) -> None:
    before = resident_files_mb()
    for start in range(0, COUNT, 64):
        take(mapped.images, ROWS[start : start + 64])
    assert resident_files_mb() < before + 20


def test_a_map_that_can_be_written_to_keeps_its_changes(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    np.save(path, np.zeros((3, 48, 48, 3), np.uint8))
    images = np.load(path, mmap_mode="c")
    images[1] = 7
    take(images, np.array([0]))
    assert images[1].min() == 7


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [0, 1, 3], [-1, 0, 1]])
def test_an_order_holds_each_row_once(order: list[int]) -> None:
    images = np.zeros((3, 48, 48, 3), np.uint8)
    with pytest.raises(ValueError, match="each row once"):
        FaceSet("x", images, (), np.array(order))


def test_a_split_goes_by_the_order() -> None:
    images = np.zeros((10, 48, 48, 3), np.uint8)
    plain, turned = FaceSet("x", images), FaceSet("x", images, (), np.arange(10)[::-1])
    for rows, others in zip(plain.split(), turned.split(), strict=True):
        assert others.tolist() == (9 - rows).tolist()
