from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.io.files import only_one
from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.latents.custom_directions import (
    FORMAT,
    MAX_DIRECTIONS,
    DirectionFaces,
    brought,
    custom_direction,
    custom_directions_file,
    damaged_path,
    fresh_name,
    load_directions,
    merge_directions,
    save_directions,
)

SIZE = 20
TRAINING = np.random.default_rng(0).normal(size=(500, SIZE)).astype(np.float32)
STATISTICS = LatentStatistics.fit(TRAINING)


def faces(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48, 3), np.uint8)


def sides(count: int) -> tuple[np.ndarray, np.ndarray]:
    latents = np.random.default_rng(1).normal(size=(2, count, SIZE)).astype(np.float32)
    latents[0, :, 4] += 4
    return latents[0], latents[1]


@pytest.mark.parametrize(("count", "least"), [(2, 0.5), (6, 0.7), (60, 0.95)])
def test_the_direction_is_what_differs_and_better_with_more_faces(count: int, least: float) -> None:
    found = custom_direction("Hat", *sides(count), STATISTICS)
    assert found.kind == "own"
    assert found.vector[4] > least
    assert found.sigma == pytest.approx(TRAINING.std(), rel=0.1)


def test_it_is_the_difference_of_the_means() -> None:
    with_it, without = sides(6)
    difference = with_it.mean(axis=0) - without.mean(axis=0)
    found = custom_direction("Hat", with_it, without, STATISTICS)
    np.testing.assert_allclose(found.vector, difference / np.linalg.norm(difference), atol=1e-5)


def test_separation_is_measured_on_faces_left_out_and_unknown_for_few() -> None:
    clear = custom_direction("Hat", *sides(20), STATISTICS).auc
    assert clear is not None
    assert clear > 0.9
    assert custom_direction("Hat", *sides(4), STATISTICS).auc is None
    same = custom_direction("Nothing", TRAINING[:30], TRAINING[30:60], STATISTICS).auc
    assert same is not None
    assert same < 0.75


def test_without_faces_lacking_it_the_mean_stands_for_them() -> None:
    found = custom_direction("Hat", sides(10)[0], TRAINING[:0], STATISTICS)
    assert found.vector[4] > 0.8
    assert found.auc is None


def test_nothing_and_no_difference_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one face"):
        custom_direction("Hat", TRAINING[:0], TRAINING[:3], STATISTICS)
    with pytest.raises(ValueError, match="are the same"):
        custom_direction("Hat", TRAINING[:3], TRAINING[:3], STATISTICS)


def test_faces_come_back_as_they_were(tmp_path: Path) -> None:
    path = custom_directions_file(tmp_path / "model.safetensors")
    assert load_directions(path) == []
    save_directions(
        path,
        [DirectionFaces("Größe", faces(3), faces(2, 1)), DirectionFaces("B", faces(1), faces(0))],
    )
    first, second = load_directions(path)
    assert (first.name, second.name) == ("Größe", "B")
    np.testing.assert_array_equal(first.with_it, faces(3))
    np.testing.assert_array_equal(first.without, faces(2, 1))
    assert second.without.shape == (0, 48, 48, 3)
    assert path.parent == tmp_path


def test_shipped_model_keeps_them_in_the_data_folder(tmp_path: Path) -> None:
    path = custom_directions_file(None)
    save_directions(path, [DirectionFaces("A", faces(1), faces(1))])
    assert path.is_relative_to(tmp_path / "data")
    assert len(load_directions(path)) == 1


@pytest.mark.parametrize("shape", [(2, 48, 48), (2, 47, 48, 3)])
def test_wrong_faces_are_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    save_directions(path, [DirectionFaces("A", np.zeros(shape, np.uint8), faces(1))])
    with pytest.raises(TensorFileError, match="a.directions"):
        load_directions(path)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(
    database=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(odd | st.lists(st.text(max_size=300) | odd, max_size=3))
def test_any_names_are_directions_or_told(tmp_path: Path, names: Any) -> None:
    path = tmp_path / "a.directions"
    save_directions(
        path, [DirectionFaces("A", faces(1), faces(1)), DirectionFaces("B", faces(2), faces(0))]
    )
    written = read_tensors(path, FORMAT, 1 << 30)
    write_tensors(path, FORMAT, written.tensors, {"names": names})
    try:
        found = load_directions(path)
    except TensorFileError as error:
        assert "a.directions" in str(error)
        return
    assert len(found) == len(names) <= 2
    assert all(item.name.encode().decode() == item.name for item in found)  # it can be shown


def own(name: str, seed: int) -> DirectionFaces:
    return DirectionFaces(name, faces(2, seed), faces(2, seed + 100))


def names(path: Path) -> list[str]:
    return [item.name for item in load_directions(path)]


def test_another_windows_directions_stay_when_ours_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    merge_directions(path, [own("A", 1)], ())
    save_directions(path, [own("A", 1), own("B", 2), own("C", 3)])
    kept = merge_directions(path, [own("B", 9)], ["A"])
    assert [item.name for item in kept] == ["B", "B 2", "C"]
    assert names(path) == ["B", "B 2", "C"]
    merge_directions(path, [own("B", 9)], ["B", "B 2", "C"])
    assert names(path) == ["B"]
    assert [item.name for item in tmp_path.iterdir()] == ["a.directions"]


def test_a_damaged_file_is_kept_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    path.write_bytes(b"damaged")
    merge_directions(path, [own("A", 1)], ())
    assert names(path) == ["A"]
    assert damaged_path(path).read_bytes() == b"damaged"


def test_a_file_that_is_being_written_for_too_long_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.latents.custom_directions._PATIENCE_S", 0.0)
    path = tmp_path / "a.directions"
    with only_one(tmp_path / ".a.directions.lock"), pytest.raises(BlockingIOError):
        merge_directions(path, [own("A", 1)], ())
    merge_directions(path, [own("A", 1)], ())
    assert names(path) == ["A"]


def test_what_is_brought_is_new_and_has_a_name_of_its_own() -> None:
    present = [own("A", 1), own("A 2", 2)]
    found = brought(present, [own("Same", 1), own("A", 3), own("B", 4), own("B", 5), own("C", 5)])
    assert [item.name for item in found] == ["A 3", "B", "B 2"]
    many = [own("A", seed) for seed in range(3)]
    full = [own(f"{number}", 1000 + number) for number in range(MAX_DIRECTIONS - 2)]
    assert len(brought(full, many)) == 2


def test_a_fresh_name_is_numbered_and_not_too_long() -> None:
    assert fresh_name("A", ["B"]) == "A"
    assert fresh_name("A", ["A", "A 2"]) == "A 3"
    assert len(fresh_name("x" * 200, ["x" * 200])) <= 200


def test_more_than_can_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.directions"
    save_directions(path, [own("A", 1)])
    monkeypatch.setattr("model.latents.custom_directions._MAX_BYTES", 1 << 20)
    with pytest.raises(ValueError, match="more faces than a file may have"):
        save_directions(path, [own("B", 2)])
    assert names(path) == ["A"]


def test_directions_lie_beside_a_model_of_any_name(tmp_path: Path) -> None:
    path = custom_directions_file(tmp_path / ("脸" * 83 + "n.pth"))
    merge_directions(path, [own("A", 1)], ())
    path.write_bytes(b"damaged")
    merge_directions(path, [own("B", 2)], ())
    assert [item.name for item in load_directions(path)] == ["B"]
    assert damaged_path(path).read_bytes() == b"damaged"
