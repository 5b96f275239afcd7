from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.data.face_cache import FaceWriter
from model.data.kept_faces import BLOCK, KEYS, KeptFaces

COUNT = 2 * BLOCK + 5


def faces(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Faces in greys that tell their keys."""
    grey = (keys % 251).astype(np.uint8).reshape(-1, 1, 1, 1)
    return np.broadcast_to(grey, (len(keys), 48, 48, 3))


def written(kept: KeptFaces, keys: NDArray[np.uint64], path: Path) -> NDArray[np.uint8]:
    with FaceWriter(path) as writer:
        assert list(kept.write(keys, writer))[-1] == len(keys)
    images: NDArray[np.uint8] = np.load(path)
    return images


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """The folder of an earlier cache entry with the keys 0, 10, 20 and so on."""
    keys = np.arange(0, 10 * COUNT, 10, dtype=np.uint64)
    folder = tmp_path / "entry"
    folder.mkdir()
    np.save(folder / KEYS, keys)
    np.save(folder / "images.npy", faces(keys))
    return folder


def test_faces_come_from_parts_and_an_entry_in_any_order(tmp_path: Path, entry: Path) -> None:
    old = np.array([7, 3], np.uint64)
    KeptFaces(tmp_path / "parts").keep(old, faces(old))
    kept = KeptFaces(tmp_path / "parts")
    wanted = np.array([10 * (COUNT - 1), 3, 0, 10 * BLOCK, 7, 20, 8], np.uint64)
    list(kept.open(wanted, [entry]))
    new = np.array([8], np.uint64)
    kept.keep(new, faces(new))

    assert kept.has(np.array([3, 7, 8, 20], np.uint64)).all()
    assert not kept.has(np.array([4, 21, 10 * COUNT], np.uint64)).any()
    assert np.array_equal(written(kept, wanted, tmp_path / "x.npy"), faces(wanted))


def test_many_faces_are_written_in_blocks(tmp_path: Path, entry: Path) -> None:
    wanted = np.random.RandomState(0).permutation(COUNT).astype(np.uint64) * np.uint64(10)
    kept = KeptFaces(tmp_path / "parts")
    list(kept.open(wanted, [entry]))

    assert np.array_equal(written(kept, wanted, tmp_path / "x.npy"), faces(wanted))


def test_an_entry_without_keys_is_of_no_use(tmp_path: Path, entry: Path) -> None:
    (entry / KEYS).unlink()
    kept = KeptFaces(tmp_path / "parts")
    wanted = np.array([10], np.uint64)
    list(kept.open(wanted, [entry]))

    assert not kept.has(wanted).any()


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "empty"])
def test_damaged_parts_are_removed(damage: str, tmp_path: Path) -> None:
    wanted = np.array([1, 2], np.uint64)
    KeptFaces(tmp_path).keep(wanted, faces(wanted))
    (part,) = tmp_path.iterdir()
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = {"cut": data[:-30], "flipped": data, "other": b"not numbers", "empty": b""}
    part.write_bytes(damaged[damage])

    kept = KeptFaces(tmp_path)
    list(kept.open(wanted, []))

    assert not kept.has(wanted).any()
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_of_parts_that_were_discarded(tmp_path: Path) -> None:
    kept = KeptFaces(tmp_path / "parts")
    keys = np.array([1], np.uint64)
    kept.keep(keys, faces(keys))
    assert list(tmp_path.iterdir())

    kept.discard()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "keys",
    [
        np.zeros(3),
        np.array(5, np.uint64),
        np.zeros((2, 2), np.uint64),
        np.zeros(10 * COUNT, np.uint64),
    ],
)
def test_keys_of_another_kind_are_of_no_use(
    keys: NDArray[np.generic], tmp_path: Path, entry: Path
) -> None:
    np.save(entry / KEYS, keys)
    kept = KeptFaces(tmp_path / "parts")
    wanted = np.array([0, 10], np.uint64)
    list(kept.open(wanted, [entry]))

    assert not kept.has(wanted).any()


def test_a_lying_header_of_keys_is_not_given_memory(tmp_path: Path, entry: Path) -> None:
    with (entry / KEYS).open("wb") as stream:
        header = {"descr": "<u8", "fortran_order": False, "shape": (10**15,)}
        np.lib.format.write_array_header_1_0(stream, header)
    kept = KeptFaces(tmp_path / "parts")
    list(kept.open(np.array([10], np.uint64), [entry]))

    assert not kept.has(np.array([10], np.uint64)).any()
