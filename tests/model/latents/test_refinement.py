"""Refinement: latents fitted to pictures, step by step, no face ever worse."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from model.checkpoint import FaceModel, pretrained_model
from model.data.datasets import demo_faces
from model.evaluation import mse_per_image
from model.face_set import FaceSet
from model.inference import decode, encode, measure_curvature
from model.latents.refinement import Refined, refine, refined_errors
from model.latents.shipped_directions import shipped_density
from model.network import ConvAutoencoder, on_device
from model.progress import WorkProgress

LATENT = 6


@pytest.fixture(scope="module")
def small() -> FaceModel:
    torch.manual_seed(0)
    network = ConvAutoencoder(LATENT)
    network.start_output_at(torch.full((3,), 0.5), torch.full((3,), 0.3))
    return FaceModel(on_device(network, "cpu").eval().requires_grad_(False))


@pytest.fixture(scope="module")
def shipped() -> FaceModel:
    return pretrained_model()


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Demo faces with an edge that the encoder doesn't know: there is something to fit."""
    images = demo_faces().images[:6].copy()
    images[:, 20:24, 10:30] //= 2
    return images


def refined(model: FaceModel, images: np.ndarray, steps: int, **options: object) -> list[Refined]:
    return list(refine(model, images, encode(model, images), steps, **options))  # type: ignore[arg-type]


def test_each_step_is_told_and_brings_each_face_closer(
    shipped: FaceModel, faces: np.ndarray
) -> None:
    found = refined(shipped, faces, 4)
    assert [item.step for item in found] == [0, 1, 2, 3, 4]
    errors = np.array([item.mse for item in found])
    assert (np.diff(errors, axis=0) <= 0).all()
    assert (errors[-1] < 0.9 * errors[0]).all()
    np.testing.assert_array_equal(found[0].latents, encode(shipped, faces))


def test_what_is_told_is_what_the_decoder_makes(shipped: FaceModel, faces: np.ndarray) -> None:
    last = refined(shipped, faces, 3)[-1]
    np.testing.assert_allclose(last.images, decode(shipped, last.latents), atol=1)
    output = shipped.network.decode(torch.from_numpy(last.latents)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(last.mse, mse_per_image(faces, output), rtol=1e-4)


def test_the_curvature_makes_steps_better(shipped: FaceModel, faces: np.ndarray) -> None:
    with_it, without = (
        refined(model, faces, 3)[-1].mse.mean()
        for model in (shipped, replace(shipped, curvature=None))
    )
    assert with_it < without


def test_faces_together_are_fitted_as_each_alone(small: FaceModel, few_faces: FaceSet) -> None:
    images = few_faces.images[:5]
    together = refined(small, images, 4)[-1]
    for row in range(5):
        alone = refined(small, images[row : row + 1], 4)[-1]
        np.testing.assert_allclose(alone.latents[0], together.latents[row], atol=1e-3)


def test_a_pull_keeps_faces_typical_and_none_gets_worse(
    shipped: FaceModel, faces: np.ndarray
) -> None:
    density = shipped_density(shipped)
    assert density is not None
    free = refined(shipped, faces, 5)
    pulled = refined(shipped, faces, 5, density=density, weight=1e-4)
    assert density.distance(pulled[-1].latents).mean() < density.distance(free[-1].latents).mean()
    assert (pulled[-1].mse <= pulled[0].mse).all()
    strong = refined(shipped, faces, 5, density=density, weight=100.0)
    assert all((item.mse <= strong[0].mse).all() for item in strong)


def test_a_picture_that_is_met_already_stays(small: FaceModel) -> None:
    latents = np.random.default_rng(0).normal(0, 1, (3, LATENT)).astype(np.float32)
    # What no decoder makes exactly, for it is rounded; and the best latent found before.
    start = list(refine(small, decode(small, latents), latents, 50))[-1]
    again = list(refine(small, decode(small, latents), start.latents, 50))
    assert (again[-1].mse <= start.mse).all()
    np.testing.assert_allclose(again[-1].mse, start.mse, atol=1e-6)


def test_no_steps_and_no_faces(small: FaceModel, few_faces: FaceSet) -> None:
    (only,) = refined(small, few_faces.images[:2], 0)
    np.testing.assert_array_equal(only.latents, encode(small, few_faces.images[:2]))
    assert len(refined(small, few_faces.images[:0], 3)[-1].latents) == 0


@pytest.mark.parametrize("scale", [0.0, 1e30])
def test_a_decoder_that_says_nothing_or_too_much_leaves_faces_as_they_are(
    scale: float, few_faces: FaceSet
) -> None:
    network = ConvAutoencoder(LATENT).eval().requires_grad_(False)
    network.get_parameter("decoder.7.2.weight").fill_(scale)
    model = FaceModel(on_device(network, "cpu"))
    images = few_faces.images[:2]
    last = refined(model, images, 30)[-1]
    assert np.isfinite(last.latents).all()
    assert last.step <= 30
    if scale == 0:
        np.testing.assert_array_equal(last.latents, encode(model, images))


def test_a_curvature_that_is_none_does_no_harm(small: FaceModel, few_faces: FaceSet) -> None:
    random = np.random.default_rng(0).normal(0, 1, (LATENT, LATENT)).astype(np.float32)
    for matrix in (random, -random, np.zeros_like(random)):
        found = refined(replace(small, curvature=matrix), few_faces.images[:4], 5)
        assert (found[-1].mse <= found[0].mse).all()
        assert (found[-1].mse < found[0].mse).any()


def test_what_does_not_fit_is_refused(small: FaceModel, few_faces: FaceSet) -> None:
    images, latents = few_faces.images[:2], encode(small, few_faces.images[:2])
    broken = latents.copy()
    broken[0, 0] = np.nan
    for arguments, part in (
        ((images, latents[:1], 1), "don't fit"),
        ((images, latents[:, :3], 1), "don't fit"),
        ((images[:, :40], latents, 1), "can't be"),
        ((images / np.float32(255), latents, 1), "can't be"),
        ((images, broken, 1), "aren't numbers"),
        ((images, latents, -1), "steps"),
    ):
        with pytest.raises(ValueError, match=part):
            list(refine(small, *arguments))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="density"):
        list(refine(small, images, latents, 1, weight=0.1))
    with pytest.raises(ValueError, match="weight"):
        list(refine(small, images, latents, 1, weight=np.nan))


def test_it_can_be_left_after_any_step(small: FaceModel, few_faces: FaceSet) -> None:
    steps = refine(small, few_faces.images[:1], encode(small, few_faces.images[:1]), 20)
    assert next(steps).step == 0
    assert next(steps).step == 1
    steps.close()  # type: ignore[attr-defined]


def test_errors_of_many_faces(small: FaceModel, few_faces: FaceSet) -> None:
    rows = np.arange(0, 60, 2)
    *progress, errors = refined_errors(small, few_faces.images, rows, 2)
    assert all(isinstance(item, WorkProgress) for item in progress)
    assert isinstance(errors, np.ndarray)
    assert errors.shape == (3, 30)
    expected = [item.mse for item in refined(small, few_faces.images[rows], 2)]
    np.testing.assert_allclose(errors, expected, rtol=1e-3)


class TestCurvature:
    def test_it_is_that_of_the_network(self, small: FaceModel, few_faces: FaceSet) -> None:
        latents = encode(small, few_faces.images[:3])
        *_, found = measure_curvature(small, latents)
        # By differences: a Jacobian by autograd takes a pass for each of 6,912 numbers.
        decode, steps = copy.deepcopy(small.network).double().decode, torch.eye(LATENT).double()
        jacobians = [
            ((decode(at + 1e-5 * steps) - decode(at - 1e-5 * steps)) / 2e-5).flatten(1)
            for at in torch.tensor(latents).double()
        ]
        expected = torch.stack([each @ each.T for each in jacobians]).mean(0)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)

    def test_nothing_to_measure_at(self, small: FaceModel) -> None:
        with pytest.raises(ValueError, match="no latents"):
            list(measure_curvature(small, np.empty((0, LATENT), np.float32)))

    def test_the_shipped_model_has_one(self, shipped: FaceModel) -> None:
        assert shipped.curvature is not None
        assert shipped.curvature.shape == (500, 500)
        np.testing.assert_array_equal(shipped.curvature, shipped.curvature.T)
        assert np.linalg.eigvalsh(shipped.curvature.astype(np.float64)).min() > -1e-3
