from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from model import inference
from model.checkpoint import FaceModel
from model.config import TrainConfig
from model.data.datasets import DataError, FaceSet
from model.inference import FoldedDecoder, decode, encode, reconstruct
from model.latent_statistics import LatentStatistics
from model.latents.latent_set import describe
from model.network import ConvAutoencoder, on_device
from model.progress import WorkProgress


@pytest.fixture(scope="module")
def model() -> FaceModel:
    torch.manual_seed(0)
    network = ConvAutoencoder(16)
    network.start_output_at(torch.full((3,), 0.5), torch.full((3,), 4.0))
    network = on_device(network, "cpu").eval().requires_grad_(False)
    return FaceModel(network, None, 5, 0.01, TrainConfig(latent_dim=16))


def as_input(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images.transpose(0, 3, 1, 2) / np.float32(255))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_encoding_is_what_the_network_does(
    count: int, model: FaceModel, few_faces: FaceSet
) -> None:
    images = few_faces.images[:count]
    latents = encode(model, images)
    assert latents.shape == (count, 16)
    assert latents.dtype == np.float32
    np.testing.assert_allclose(latents, model.network.encode(as_input(images)), atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_decoding_is_what_the_network_does(count: int, model: FaceModel) -> None:
    latents = np.random.default_rng(0).normal(0, 2, (count, 16)).astype(np.float32)
    images = decode(model, latents)
    assert images.shape == (count, 48, 48, 3)
    assert images.dtype == np.uint8
    assert images.flags.c_contiguous
    expected = model.network.decode(torch.from_numpy(latents)).numpy().transpose(0, 2, 3, 1)
    assert expected.size == 0 or (expected.min() < 0 and expected.max() > 1)
    expected = np.clip(expected, 0, 1) * 255
    np.testing.assert_allclose(images, expected, atol=0.502)


def test_neither_changes_what_it_is_given(model: FaceModel, few_faces: FaceSet) -> None:
    images, latents = few_faces.images[:3].copy(), np.full((3, 16), -0.5, np.float32)
    before = images.copy()
    encode(model, images)
    decode(model, latents)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(latents, -0.5)


def test_read_only_arrays_will_do(model: FaceModel, few_faces: FaceSet) -> None:
    assert not few_faces.images.flags.writeable
    latents = encode(model, few_faces.images[:2])
    latents.flags.writeable = False
    assert decode(model, latents).shape == (2, 48, 48, 3)


def test_one_face_is_encoded_as_among_many(model: FaceModel, few_faces: FaceSet) -> None:
    many = encode(model, few_faces.images)
    np.testing.assert_allclose(encode(model, few_faces.images[9:10])[0], many[9], atol=1e-5)


def test_a_reconstruction_has_all_three_parts(model: FaceModel, few_faces: FaceSet) -> None:
    images = few_faces.images[:4]
    reply = reconstruct(model, images)
    np.testing.assert_array_equal(reply.originals, images)
    np.testing.assert_array_equal(reply.latents, encode(model, images))
    np.testing.assert_array_equal(reply.images, decode(model, reply.latents))


@pytest.mark.parametrize("fast", [False, True])
def test_only_work_in_bulk_uses_the_fast_precision(
    fast: bool, model: FaceModel, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = encode(model, few_faces.images[:4])
    monkeypatch.setattr(inference, "fastest_precision", lambda _device: "bfloat16")
    latents = encode(model, few_faces.images[:4], fast=fast)
    assert latents.dtype == np.float32
    assert np.array_equal(latents, exact) is not fast
    np.testing.assert_allclose(latents, exact, atol=0.1)


class TestDescribing:
    @pytest.fixture(autouse=True)
    def small_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inference, "ENCODE_BATCH", 20)

    def test_it_reports_and_yields_the_described_model_last(
        self, model: FaceModel, few_faces: FaceSet
    ) -> None:
        *reports, described = describe(model, few_faces)

        assert reports == [
            WorkProgress("Measuring the latent space", 20, 60),
            WorkProgress("Measuring the latent space", 40, 60),
            WorkProgress("Measuring the latent space", 60, 60),
            *(WorkProgress("Measuring the decoder", number, 4) for number in range(4)),
        ]
        assert isinstance(described, FaceModel)
        assert described.network is model.network
        assert (described.epoch, described.test_mse) == (5, 0.01)
        assert described.config == model.config
        assert model.statistics is None
        assert described.curvature is not None
        assert described.curvature.shape == (16, 16)

    def test_it_measures_the_training_faces(
        self, model: FaceModel, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inference, "fastest_precision", lambda _device: "float32")
        *_, described = describe(model, few_faces)
        assert isinstance(described, FaceModel)
        expected = LatentStatistics.fit(encode(model, few_faces.images[few_faces.split()[0]]))
        assert described.statistics is not None
        np.testing.assert_allclose(described.statistics.mean, expected.mean, atol=1e-5)
        np.testing.assert_allclose(described.statistics.sigma, expected.sigma, rtol=1e-3)

    def test_a_second_time_the_latents_are_there(
        self, model: FaceModel, few_faces: FaceSet
    ) -> None:
        *_, first = describe(model, few_faces)
        *again, second = describe(model, few_faces)
        assert not any("latent space" in item.text for item in again if hasattr(item, "text"))
        assert isinstance(first, FaceModel)
        (third,) = describe(first, few_faces)  # nor is the decoder measured once more
        assert isinstance(third, FaceModel)
        assert third.curvature is first.curvature
        assert isinstance(second, FaceModel)
        assert first.statistics is not None
        assert second.statistics is not None
        np.testing.assert_array_equal(first.statistics.mean, second.statistics.mean)

    def test_it_can_be_cancelled(self, model: FaceModel, few_faces: FaceSet) -> None:
        events = describe(model, few_faces)
        assert inspect.isgenerator(events)
        assert next(events) == WorkProgress("Measuring the latent space", 20, 60)
        events.close()
        assert next(events, None) is None
        assert not torch.is_inference_mode_enabled()

    def test_between_its_reports_nothing_is_switched(
        self, model: FaceModel, few_faces: FaceSet
    ) -> None:
        for _ in describe(model, few_faces):
            assert not torch.is_inference_mode_enabled()
            assert not torch.is_autocast_enabled("cpu")

    def test_too_few_faces_are_told(self, model: FaceModel, few_faces: FaceSet) -> None:
        with pytest.raises(ValueError, match="at least two latents"):
            list(describe(model, FaceSet("Two", few_faces.images[:2])))
        with pytest.raises(DataError, match="too few faces"):
            list(describe(model, FaceSet("One", few_faces.images[:1])))


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_a_folded_decoder_decodes_as_the_network_does(count: int) -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder(24)
    network(torch.rand(32, 3, 48, 48))  # gives the batch norms statistics of their own
    network.eval()
    latents = torch.randn(count, 24)
    with torch.inference_mode():
        expected = network.decode(latents)
    torch.testing.assert_close(FoldedDecoder(network)(latents), expected, atol=1e-5, rtol=1e-4)
