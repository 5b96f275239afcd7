from __future__ import annotations

import numpy as np
import pytest
import torch

import model
from model.checkpoint import FaceModel, pretrained_model
from model.data.datasets import FaceSet, demo_faces
from model.evaluation import mse_per_image
from model.inference import decode, encode, reconstruct
from model.latents.directions import principal_directions


@pytest.fixture(scope="module")
def shipped() -> FaceModel:
    return pretrained_model()


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    return demo_faces()


def test_the_shipped_network_is_the_default_one_and_ready(shipped: FaceModel) -> None:
    network = model.pretrained()
    assert network.latent_dim == 500
    assert not network.training
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 48, 48)).shape == (1, 3, 48, 48)
    kernels = [each.get_parameter("decoder.1.weight") for each in (network, shipped.network)]
    assert torch.equal(*kernels)


def test_it_is_known_how_it_was_trained(shipped: FaceModel) -> None:
    assert shipped.epoch >= 1
    assert shipped.test_mse is not None
    assert 0 < shipped.test_mse < 0.002
    assert shipped.config is not None
    assert shipped.config.latent_dim == 500


def test_there_are_many_demo_faces_all_different(faces: FaceSet) -> None:
    assert len(faces.images) >= 900
    assert faces.images.dtype == np.uint8
    assert len({image.tobytes() for image in faces.images}) == len(faces.images)


def test_the_shipped_network_reconstructs_the_demo_faces(
    shipped: FaceModel, faces: FaceSet
) -> None:
    chosen = faces.images[::8]
    errors = mse_per_image(chosen, reconstruct(shipped, chosen).images)
    assert errors.mean() < 0.002
    assert errors.max() < 0.01


def test_its_latents_are_described(shipped: FaceModel) -> None:
    statistics = shipped.statistics
    assert statistics is not None
    assert statistics.mean.shape == (500,)
    assert len(statistics.sigma) >= 100
    assert (np.diff(statistics.sigma) <= 0).all()
    assert (statistics.low <= statistics.mean).all()
    assert (statistics.mean <= statistics.high).all()
    assert statistics.low.min() >= -1
    gram = statistics.directions[:50] @ statistics.directions[:50].T
    np.testing.assert_allclose(gram, np.eye(50), atol=5e-3)


def test_the_demo_faces_lie_where_the_statistics_say(shipped: FaceModel, faces: FaceSet) -> None:
    statistics = shipped.statistics
    assert statistics is not None
    latents = encode(shipped, faces.images[::8])
    coordinates = principal_directions(statistics).coordinates(latents)[:, :20]
    assert 0.4 < coordinates.std() < 2.5
    assert abs(coordinates.mean(axis=0)).max() < 1


def test_the_mean_face_and_random_ones_are_pictures(shipped: FaceModel) -> None:
    statistics = shipped.statistics
    assert statistics is not None
    random = np.random.default_rng(0)
    latents = [statistics.mean, *(statistics.sample(random) for _ in range(3))]
    images = decode(shipped, np.stack(latents))
    assert all(image.std() > 15 for image in images)
    assert not np.array_equal(images[1], images[2])
