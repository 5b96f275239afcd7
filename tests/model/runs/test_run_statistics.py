from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.checkpoint import FaceModel, load_face_model, save_model
from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.latents.latent_set import describe
from model.network import ConvAutoencoder, on_device
from model.runs.run_statistics import keep_statistics
from model.runs.runs import Run
from model.runs.writer import Writer


def new_model(latent_dim: int = 4) -> FaceModel:
    network = on_device(ConvAutoencoder(latent_dim), "cpu").eval().requires_grad_(False)
    return FaceModel(network, None, 2, 0.02)


@pytest.fixture
def run(few_faces: FaceSet, tmp_path: Path) -> Run:
    run = Run.create(TrainConfig(latent_dim=4), few_faces.title, tmp_path)
    run.save_best(new_model())
    return run


@pytest.fixture
def described(run: Run, few_faces: FaceSet) -> FaceModel:
    *_, last = describe(load_face_model(run.best), few_faces)
    assert isinstance(last, FaceModel)
    return last


def test_the_next_one_who_opens_it_has_them(
    run: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    keep_statistics(run.best, described, few_faces)
    found = load_face_model(run.best)
    assert found.statistics is not None
    assert described.statistics is not None
    assert (found.statistics.mean == described.statistics.mean).all()
    assert (found.epoch, found.test_mse) == (2, 0.02)
    assert not run.summary().is_running


def test_those_of_other_faces_are_not_kept(
    run: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    keep_statistics(run.best, described, replace(few_faces, title="Others"))
    assert load_face_model(run.best).statistics is None


def test_a_run_that_is_being_trained_is_left_alone(
    run: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    with Writer(run.folder):
        keep_statistics(run.best, described, few_faces)
    assert load_face_model(run.best).statistics is None


@pytest.mark.parametrize("latent_dim", [4, 5])
def test_a_file_that_holds_another_model_by_now_is_left_alone(
    latent_dim: int, run: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    run.save_best(new_model(latent_dim))
    keep_statistics(run.best, described, few_faces)
    assert load_face_model(run.best).statistics is None


def test_a_file_of_no_run_is_left_alone(
    described: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    path = tmp_path / "mine.safetensors"
    save_model(path, replace(described, statistics=None))
    keep_statistics(path, described, few_faces)
    assert load_face_model(path).statistics is None


def test_a_file_that_is_gone_is_no_trouble(
    run: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    run.best.unlink()
    keep_statistics(run.best, described, few_faces)
    assert not run.best.exists()
