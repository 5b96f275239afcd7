from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from model.runs import previews
from model.runs.previews import Previews


def faces(count: int = 10, seed: int = 0) -> NDArray[np.uint8]:
    """Return patches of colour."""
    coarse = np.random.RandomState(seed).randint(0, 256, (count, 4, 4, 3))
    return coarse.repeat(12, axis=1).repeat(12, axis=2).astype(np.uint8)


@pytest.fixture
def kept(tmp_path: Path) -> Previews:
    return Previews(tmp_path)


def test_a_new_run_has_none(kept: Previews) -> None:
    assert (kept.epochs(), kept.at(1), kept.originals()) == ([], None, None)


@pytest.mark.parametrize("count", [1, 10, 64])
def test_they_come_back_exactly(count: int, kept: Previews) -> None:
    kept.save(3, faces(count))
    found = kept.at(3)
    assert found is not None
    np.testing.assert_array_equal(found, faces(count))
    assert found.dtype == np.uint8


def test_originals_are_kept_once(kept: Previews) -> None:
    kept.save_originals(faces())
    kept.save_originals(faces(seed=1))
    found = kept.originals()
    assert found is not None
    np.testing.assert_array_equal(found, faces())
    assert kept.epochs() == []


def test_an_epoch_that_was_trained_again_is_replaced(kept: Previews) -> None:
    kept.save(1, faces())
    kept.save(1, faces(seed=1))
    found = kept.at(1)
    assert found is not None
    np.testing.assert_array_equal(found, faces(seed=1))


def test_long_trainings_keep_every_second_then_every_fourth(
    kept: Previews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MAX_KEPT", 8)
    for epoch in range(1, 9):
        kept.save(epoch, faces(1))
    assert kept.epochs() == list(range(1, 9))
    kept.save(9, faces(1))
    assert kept.epochs() == [1, 2, 4, 6, 8, 9]
    for epoch in range(10, 18):
        kept.save(epoch, faces(1))
    assert kept.epochs() == [1, 4, 8, 12, 16, 17]


def test_going_on_from_an_earlier_epoch_deletes_no_later_one(
    kept: Previews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MAX_KEPT", 4)
    for epoch in (1, 2, 3, 4, 2):
        kept.save(epoch, faces(1))
    assert kept.epochs() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["epoch-1.webp", "epoch-00001.png", ".epoch-00001-x.webp", "a"])
def test_other_files_are_no_previews(name: str, kept: Previews) -> None:
    kept.folder.mkdir()
    (kept.folder / name).touch()
    assert kept.epochs() == []


@pytest.mark.parametrize("part", [0, 4, 20, 0.5, 0.99])
def test_a_picture_that_is_not_complete_yet_is_none(part: float, kept: Previews) -> None:
    kept.save(1, faces())
    path = kept.folder / "epoch-00001.webp"
    content = path.read_bytes()
    path.write_bytes(content[: int(part if part > 1 else part * len(content))])
    assert kept.epochs() == [1]
    assert kept.at(1) is None


@pytest.mark.parametrize("size", [(48, 47), (47, 48), (48 * 65, 48), (480, 480)])
def test_a_picture_of_another_size_is_none(size: tuple[int, int], kept: Previews) -> None:
    kept.folder.mkdir()
    Image.new("RGB", size).save(kept.folder / "epoch-00001.webp", "WEBP")
    assert kept.at(1) is None


def test_another_kind_of_picture_is_none(kept: Previews) -> None:
    kept.folder.mkdir()
    Image.new("RGB", (48, 48)).save(kept.folder / "epoch-00001.webp", "PNG")
    assert kept.at(1) is None


def test_a_folder_in_place_of_a_picture_is_none(kept: Previews) -> None:
    (kept.folder / "epoch-00001.webp").mkdir(parents=True)
    assert kept.at(1) is None


def test_a_picture_of_impossible_size_is_none(kept: Previews) -> None:
    kept.save(1, faces())
    with (kept.folder / "epoch-00001.webp").open("ab") as file:
        file.truncate(2_000_000)
    assert kept.at(1) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_a_pipe_in_place_of_a_picture_is_none(kept: Previews) -> None:
    kept.folder.mkdir()
    os.mkfifo(kept.folder / "originals.webp")
    assert kept.originals() is None


@settings(
    database=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_damage_leaves_faces_or_none(kept: Previews, data: st.DataObject) -> None:
    kept.save(1, faces(3))
    path = kept.folder / "epoch-00001.webp"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    found = kept.at(1)
    assert found is None or (found.shape[1:], found.dtype) == ((48, 48, 3), np.uint8)
