from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from model import inference
from model.checkpoint import FaceModel, pretrained_model
from model.face_set import FaceSet
from model.latents.face_latents import FaceLatents


@pytest.fixture
def model() -> FaceModel:
    return pretrained_model()


def encoded(latents: FaceLatents, images: np.ndarray) -> Iterator[int]:
    return (event.done for event in latents.encode(images))


def test_they_are_what_the_model_makes_of_the_faces(model: FaceModel, few_faces: FaceSet) -> None:
    latents = FaceLatents(model)
    assert list(encoded(latents, few_faces.images[:7])) == [7]
    expected = inference.encode(model, few_faces.images[[4, 1, 4]])
    np.testing.assert_allclose(latents.of(few_faces.images[[4, 1, 4]]), expected, atol=1e-4)


def test_each_face_is_encoded_once_in_batches(
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
