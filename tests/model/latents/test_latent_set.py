from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from model import inference
from model.checkpoint import FaceModel
from model.face_set import FaceSet
from model.inference import encode
from model.latents import latent_set
from model.latents.explored import Explored, explore
from model.latents.latent_set import FaceLatents, LatentSet, encode_set, faces_digest, model_digest
from model.network import ConvAutoencoder, on_device
from model.progress import WorkProgress


def small_model(seed: int = 0) -> FaceModel:
    torch.manual_seed(seed)
    return FaceModel(on_device(ConvAutoencoder(6), "cpu").eval().requires_grad_(False))


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return small_model()


def result(steps: object) -> object:
    *_, last = steps  # type: ignore[misc]
    return last


def test_all_faces_are_encoded_in_order_with_progress(
    model: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    *progress, found = encode_set(model, few_faces, folder=tmp_path)
    assert progress[-1] == WorkProgress("Measuring the latent space", 60, 60)
    assert isinstance(found, LatentSet)
    np.testing.assert_allclose(found.latents, encode(model, few_faces.images), atol=0.05)
    np.testing.assert_array_equal(np.flatnonzero(found.held_out), few_faces.split()[1])


def test_the_second_time_they_come_from_the_cache(
    model: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    first = result(encode_set(model, few_faces, folder=tmp_path))
    steps = list(encode_set(model, few_faces, folder=tmp_path))
    assert len(steps) == 1
    assert isinstance(first, LatentSet)
    assert isinstance(steps[0], LatentSet)
    np.testing.assert_array_equal(steps[0].latents, first.latents)
    assert len(list(encode_set(small_model(1), few_faces, folder=tmp_path))) > 1


def test_a_damaged_cache_is_made_again(
    model: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    list(encode_set(model, few_faces, folder=tmp_path))
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"nothing")
    assert len(list(encode_set(model, few_faces, folder=tmp_path))) > 1
    assert len(list(encode_set(model, few_faces, folder=tmp_path))) == 1


def test_a_cache_that_cannot_be_written_is_no_error(
    model: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert isinstance(result(encode_set(model, few_faces, folder=tmp_path / "file")), LatentSet)


def test_of_many_faces_some_are_taken_evenly(
    model: FaceModel, few_faces: FaceSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent_set, "MAX_FACES", 25)
    found = result(encode_set(model, few_faces, folder=tmp_path))
    assert isinstance(found, LatentSet)
    np.testing.assert_array_equal(found.rows, np.arange(0, 60, 3))
    np.testing.assert_array_equal(found.held_out, np.isin(found.rows, few_faces.split()[1]))


def test_the_cache_keeps_what_was_used_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    for number, name in enumerate("abc"):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (number, number))
    monkeypatch.setattr(latent_set, "_KEPT_BYTES", 250)
    latent_set.tidy(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]


def test_digests_tell_models_and_faces_apart(model: FaceModel, few_faces: FaceSet) -> None:
    assert model_digest(model) == model_digest(small_model())
    assert model_digest(model) != model_digest(small_model(1))
    other = FaceSet("Other", few_faces.images[::-1].copy())
    assert faces_digest(few_faces) != faces_digest(other)
    assert faces_digest(few_faces) == faces_digest(FaceSet("Renamed", few_faces.images.copy()))


def test_everything_for_exploring_comes_in_one_go(
    model: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    found = result(explore(model, few_faces, folder=tmp_path))
    assert isinstance(found, Explored)
    assert found.points.shape == (60, 2)
    assert found.neighbours.nearest(found.latents.latents[5])[0][0] == 5
    assert 0 <= found.density.typicality(found.latents.latents[5]) <= 1


def test_a_new_snapshot_keeps_the_places_of_the_last(few_faces: FaceSet, tmp_path: Path) -> None:
    first = result(explore(small_model(), few_faces, folder=tmp_path))
    assert isinstance(first, Explored)
    second = result(explore(small_model(), few_faces, first, folder=tmp_path))
    assert isinstance(second, Explored)
    np.testing.assert_allclose(second.points, first.points, atol=1e-3)
    np.testing.assert_allclose(second.statistics.directions, first.statistics.directions, atol=1e-5)


def encoded(latents: FaceLatents, images: np.ndarray) -> Iterator[int]:
    return (event.done for event in latents.encode(images))


def test_latents_of_single_faces_are_what_the_model_makes_of_them(
    model: FaceModel, few_faces: FaceSet
) -> None:
    latents = FaceLatents(model)
    assert list(encoded(latents, few_faces.images[:7])) == [7]
    expected = inference.encode(model, few_faces.images[[4, 1, 4]])
    np.testing.assert_allclose(latents.of(few_faces.images[[4, 1, 4]]), expected, atol=1e-4)


def test_each_single_face_is_encoded_once_in_batches(
    model: FaceModel, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "ENCODE_BATCH", 4)
    latents = FaceLatents(model)
    assert list(encoded(latents, few_faces.images[[0, 1, 2, 3, 4, 5, 0]])) == [4, 6]
    assert list(encoded(latents, few_faces.images[[5, 6, 6]])) == [1]
    assert list(encoded(latents, few_faces.images[:7])) == []


def test_no_faces_are_no_latents_and_unknown_ones_an_error(
    model: FaceModel, few_faces: FaceSet
) -> None:
    latents = FaceLatents(model)
    assert latents.of(few_faces.images[:0]).shape == (0, model.network.latent_dim)
    with pytest.raises(KeyError):
        latents.of(few_faces.images[:1])
