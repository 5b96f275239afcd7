from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.data.datasets import DataError, Prepared
from model.data.face_cache import BLOCK, KEYS, CacheEntry, FaceWriter, KeptFaces, cache_root

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 3), np.uint8)
NAMES = ["Ann", "Ann", "Bo Ek", "Zoë", "🙂"]


def stored(root: Path, fingerprint: dict[str, str | int] | None = None) -> CacheEntry:
    entry = CacheEntry(root, "test", fingerprint or {"state": 1})
    with entry.building() as draft:
        write(draft)
        entry.commit(draft, "Test", NAMES, ["“x” is empty."])
    return entry


def write(draft: Path) -> None:
    with FaceWriter(draft / "images.npy") as writer:
        writer.append(IMAGES[:2])
        writer.append(IMAGES[2:])


def loaded(entry: CacheEntry) -> Prepared:
    prepared = entry.load()
    assert prepared is not None
    return prepared


def test_what_was_stored_is_loaded_as_a_map(tmp_path: Path) -> None:
    prepared = loaded(stored(tmp_path))

    assert np.array_equal(prepared.faces.images, IMAGES)
    assert isinstance(prepared.faces.images, np.memmap)
    assert not prepared.faces.images.flags.writeable
    assert list(prepared.faces.names) == NAMES
    assert prepared.faces.title == "Test"
    assert prepared.skipped == ("“x” is empty.",)


def flip_a_bit(entry: CacheEntry) -> None:
    path = entry.folder / "images.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_off(entry: CacheEntry) -> None:
    path = entry.folder / "images.npy"
    path.write_bytes(path.read_bytes()[:-1])


def change_meta(old: str, new: str) -> Callable[[CacheEntry], None]:
    def change(entry: CacheEntry) -> None:
        path = entry.folder / "meta.json"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return change


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_bit,
        cut_off,
        change_meta('"version": 1', '"version": 0'),
        change_meta('"count": 5', '"count": 6'),
        change_meta('"Ann", ', ""),
        change_meta('"state": 1', '"state": 2'),
        change_meta("{", "["),
        change_meta('"names"', '"nombres"'),
        lambda entry: (entry.folder / "meta.json").unlink(),
        lambda entry: (entry.folder / "images.npy").unlink(),
    ],
)
def test_damage_is_noticed_and_can_be_replaced(
    damage: Callable[[CacheEntry], None], tmp_path: Path
) -> None:
    entry = stored(tmp_path)
    damage(entry)

    assert entry.load() is None
    assert entry.is_damaged()
    stored(tmp_path)
    assert np.array_equal(loaded(entry).faces.images, IMAGES)
    assert [path.name for path in tmp_path.iterdir()] == [entry.folder.name]


def test_of_two_at_once_the_first_wins(tmp_path: Path) -> None:
    entry = CacheEntry(tmp_path, "test", {"state": 1})
    with entry.building() as first, entry.building() as second:
        write(first)
        write(second)
        entry.commit(first, "First", NAMES)
        prepared = entry.commit(second, "Second", NAMES)

    assert prepared.faces.title == "First"
    assert [path.name for path in tmp_path.iterdir()] == [entry.folder.name]


def test_an_abandoned_draft_leaves_nothing(tmp_path: Path) -> None:
    with CacheEntry(tmp_path, "test", {}).building() as draft:
        write(draft)

    assert not list(tmp_path.iterdir())


def test_the_state_before_a_change_is_removed(tmp_path: Path) -> None:
    old = stored(tmp_path, {"state": 1})
    new = stored(tmp_path, {"state": 2})

    assert [path.name for path in tmp_path.iterdir()] == [new.folder.name]
    assert old.load() is None


def test_drafts_of_yesterday_are_removed(tmp_path: Path) -> None:
    draft = tmp_path / ".test-x.tmp"
    draft.mkdir()
    os.utime(draft, (0, 0))

    entry = stored(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [entry.folder.name]


def test_parts_of_last_month_are_removed(tmp_path: Path) -> None:
    for name, changed in (("old.parts", 0.0), ("new.parts", time.time() - 20 * 24 * 3600)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (changed, changed))

    entry = stored(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {entry.folder.name, "new.parts"}


def test_other_states_are_found_if_they_are_whole(tmp_path: Path) -> None:
    old = stored(tmp_path, {"state": 1})
    new = CacheEntry(tmp_path, "test", {"state": 2})
    assert list(new.earlier()) == [old.folder]

    flip_a_bit(old)
    assert list(new.earlier()) == []


def test_of_a_large_file_both_ends_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.face_cache._CHUNK", 1000)
    monkeypatch.setattr("model.data.face_cache._CHECKED_CHUNKS", 3)
    entry = stored(tmp_path)
    assert entry.load() is not None

    flip_a_bit(entry)
    assert entry.load() is None


def test_a_draft_that_cannot_be_read_back_is_an_error(tmp_path: Path) -> None:
    entry = CacheEntry(tmp_path, "test", {"state": 1})
    with entry.building() as draft:
        write(draft)
        with pytest.raises(DataError, match="can't be read back"):
            entry.commit(draft, "Test", NAMES[:1])
    shutil.rmtree(entry.folder)


def test_the_cache_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAE_STUDIO_CACHE", str(tmp_path))

    assert cache_root() == tmp_path / "faces"


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
