from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import FaceModel, pretrained_model
from model.io.tensor_file import TensorFileError
from model.latents.attributes import MIN_AUC
from model.latents.directions import Direction
from model.latents.shipped_directions import (
    read_directions,
    shipped_density,
    shipped_directions,
    write_directions,
)
from model.network import ConvAutoencoder, on_device

UNIT = np.eye(5, dtype=np.float32)


@pytest.fixture(scope="module")
def shipped() -> FaceModel:
    return pretrained_model()


def test_the_shipped_model_has_many_attributes_that_separate_well(shipped: FaceModel) -> None:
    directions = shipped_directions(shipped)
    assert len(directions) >= 20, "run python -m resources.build_directions"
    names = {item.name for item in directions}
    assert {"Smiling", "Eyeglasses", "Female", "Senior"} <= names
    assert len(names) == len(directions)
    for item in directions:
        assert item.auc is not None
        assert MIN_AUC <= item.auc <= 1
        assert item.vector.shape == (500,)


def test_no_direction_rates_a_person_or_tells_ethnicity(shipped: FaceModel) -> None:
    unwanted = ("attractive", "asian", "black", "white", "indian", "pale", "chubby")
    for item in shipped_directions(shipped):
        assert item.name.lower() not in unwanted
        assert not item.name.lower().startswith(unwanted)


def test_typical_is_what_the_faces_are_like_that_it_learned_from(shipped: FaceModel) -> None:
    density = shipped_density(shipped)
    assert density is not None, "run python -m resources.build_directions"
    assert density.typicality(density.mean) == 1
    samples = np.stack([density.sample(np.random.default_rng(seed)) for seed in range(200)])
    assert 0.3 < float(np.median(density.typicality(samples))) < 0.9
    assert density.typicality(density.mean + 40 * density.sigma[0] * density.directions[0]) < 0.1


def test_another_model_has_none(shipped: FaceModel) -> None:
    torch.manual_seed(0)
    network = on_device(ConvAutoencoder(500), "cpu").eval().requires_grad_(False)
    assert shipped_directions(replace(shipped, network=network)) == ()
    assert shipped_density(replace(shipped, network=network)) is None


def test_directions_come_back_as_they_were(tmp_path: Path) -> None:
    written = [Direction(name, "attribute", UNIT[number], 2.0 + number, 0.95, "way")
               for number, name in enumerate("ab")]  # fmt: skip
    write_directions(tmp_path / "d", written, "digest")
    digest, read = read_directions(tmp_path / "d")
    assert digest == "digest"
    for one, other in zip(read, written, strict=True):
        assert (one.name, one.sigma, one.auc, one.method) == (
            other.name, other.sigma, other.auc, other.method
        )  # fmt: skip
        np.testing.assert_array_equal(one.vector, other.vector)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    write_directions(tmp_path / "d", [Direction("a", "attribute", UNIT[0], 1.0, 0.9)], "x")
    content = (tmp_path / "d").read_bytes()
    (tmp_path / "d").write_bytes(content.replace(b"\x80\x3f", b"\x80\x40", 1))
    with pytest.raises(TensorFileError):
        read_directions(tmp_path / "d")
