from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.latent import LatentStatistics
from model.own_directions import (
    OwnFaces,
    load_own,
    own_direction,
    own_directions_file,
    save_own,
)
from model.tensor_file import TensorFileError

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
    found = own_direction("Hat", *sides(count), STATISTICS)
    assert found.kind == "own"
    assert found.vector[4] > least
    assert found.sigma == pytest.approx(TRAINING.std(), rel=0.1)


def test_it_is_the_difference_of_the_means() -> None:
    with_it, without = sides(6)
    difference = with_it.mean(axis=0) - without.mean(axis=0)
    found = own_direction("Hat", with_it, without, STATISTICS)
    np.testing.assert_allclose(found.vector, difference / np.linalg.norm(difference), atol=1e-5)


def test_separation_is_measured_on_faces_left_out_and_unknown_for_few() -> None:
    clear = own_direction("Hat", *sides(20), STATISTICS).auc
    assert clear is not None
    assert clear > 0.9
    assert own_direction("Hat", *sides(4), STATISTICS).auc is None
    same = own_direction("Nothing", TRAINING[:30], TRAINING[30:60], STATISTICS).auc
    assert same is not None
    assert same < 0.75


def test_without_faces_lacking_it_the_mean_stands_for_them() -> None:
    found = own_direction("Hat", sides(10)[0], TRAINING[:0], STATISTICS)
    assert found.vector[4] > 0.8
    assert found.auc is None


def test_nothing_and_no_difference_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one face"):
        own_direction("Hat", TRAINING[:0], TRAINING[:3], STATISTICS)
    with pytest.raises(ValueError, match="are the same"):
        own_direction("Hat", TRAINING[:3], TRAINING[:3], STATISTICS)


def test_faces_come_back_as_they_were(tmp_path: Path) -> None:
    path = own_directions_file(tmp_path / "model.safetensors")
    assert load_own(path) == []
    save_own(path, [OwnFaces("Größe", faces(3), faces(2, 1)), OwnFaces("B", faces(1), faces(0))])
    first, second = load_own(path)
    assert (first.name, second.name) == ("Größe", "B")
    np.testing.assert_array_equal(first.with_it, faces(3))
    np.testing.assert_array_equal(first.without, faces(2, 1))
    assert second.without.shape == (0, 48, 48, 3)
    assert path.parent == tmp_path


def test_shipped_model_keeps_them_in_the_data_folder(tmp_path: Path) -> None:
    path = own_directions_file(None)
    save_own(path, [OwnFaces("A", faces(1), faces(1))])
    assert path.is_relative_to(tmp_path / "data")
    assert len(load_own(path)) == 1


@pytest.mark.parametrize("shape", [(2, 48, 48), (2, 47, 48, 3)])
def test_wrong_faces_are_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    save_own(path, [OwnFaces("A", np.zeros(shape, np.uint8), faces(1))])
    with pytest.raises(TensorFileError, match="a.directions"):
        load_own(path)
