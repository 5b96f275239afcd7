from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import ConfigError, TrainConfig
from model.data.datasets import DataError, FaceSet
from model.events import EpochDone
from model.training import estimate as module
from model.training.distributed import ALONE
from model.training.estimate import Estimate, estimate, trial, what_matters
from model.training.trainer import Trainer
from model.training.training import train

CONFIG = TrainConfig(epochs=2, batch_size=16, latent_dim=16, dropout=0.2)
CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def own_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first piece of each kind is the measurement, as on the slowest machine."""
    monkeypatch.setattr(module, "_TRIAL_S", 0.0)
    monkeypatch.setattr(module, "_TEST_S", 0.0)


def losses(faces: FaceSet) -> list[tuple[float, float]]:
    events = train(CONFIG, faces, device=CPU)
    return [(done.train_mse, done.test_mse) for done in events if isinstance(done, EpochDone)]


def test_measures_a_real_training(few_faces: FaceSet) -> None:
    found = estimate(CONFIG, few_faces)
    assert found.images_per_s > 0
    assert found.test_images_per_s > 0
    assert found.epoch_end_s > 0
    assert found.device
    epoch = 48 / found.images_per_s + 12 / found.test_images_per_s + found.epoch_end_s
    assert found.seconds == pytest.approx(2 * epoch)


def test_other_epochs_and_test_faces_need_no_trial(few_faces: FaceSet) -> None:
    found = Estimate(10.0, 20.0, 0.5, "CPU")
    assert found.of(CONFIG, few_faces).seconds == pytest.approx(2 * (48 / 10 + 12 / 20 + 0.5))
    longer = replace(CONFIG, epochs=10, test_percent=50)
    # 30 faces to train on make one whole batch of 16.
    assert found.of(longer, few_faces).seconds == pytest.approx(10 * (16 / 10 + 30 / 20 + 0.5))


@pytest.mark.usefixtures("short")
def test_a_training_after_a_trial_has_the_same_numbers(few_faces: FaceSet) -> None:
    before = losses(few_faces)
    estimate(CONFIG, few_faces, CPU)
    assert losses(few_faces) == before


def test_random_numbers_of_others_stay_between_its_steps(few_faces: FaceSet) -> None:
    torch.manual_seed(7)
    expected = torch.rand(1000).tolist()
    torch.manual_seed(7)
    drawn = [float(torch.rand(())) for _ in trial(CONFIG, few_faces, CPU)]
    drawn.append(float(torch.rand(())))
    assert len(drawn) > 3
    assert drawn == expected[: len(drawn)]


@pytest.mark.usefixtures("short")
def test_computes_on_the_threads_of_a_training(
    few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int | None] = []
    monkeypatch.setattr("model.device.use_threads", used.append)
    estimate(CONFIG, few_faces, CPU)
    assert used == [ALONE.threads]


@pytest.mark.usefixtures("short")
def test_a_slow_machine_takes_one_step(few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    learn = Trainer.learn

    def counted(trainer: Trainer, images: torch.Tensor) -> None:
        steps.append(len(images))
        learn(trainer, images)

    monkeypatch.setattr(Trainer, "learn", counted)
    estimate(CONFIG, few_faces, CPU)
    assert steps == [16]


def test_can_be_left_between_two_steps(few_faces: FaceSet) -> None:
    trying = trial(CONFIG, few_faces, CPU)
    next(trying)
    next(trying)
    trying.close()
    with pytest.raises(StopIteration):
        next(trying)


@pytest.mark.usefixtures("short")
def test_a_processor_tries_no_batch_of_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_ON_CPU", 32)
    sizes = []
    learn = Trainer.learn

    def counted(trainer: Trainer, images: torch.Tensor) -> None:
        sizes.append(len(images))
        learn(trainer, images)

    monkeypatch.setattr(Trainer, "learn", counted)
    faces = FaceSet("Many", np.zeros((100, 48, 48, 3), np.uint8))
    found = estimate(replace(CONFIG, batch_size=64), faces, CPU)
    assert sizes == [32]
    assert found.seconds > 2 * 64 / found.images_per_s  # of one batch of 64 an epoch


@pytest.mark.usefixtures("short")
def test_a_batch_too_large_for_the_memory_is_halved(
    few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = Trainer.learn

    def learn_little(trainer: Trainer, images: torch.Tensor) -> None:
        if len(images) > 8:
            raise torch.OutOfMemoryError
        learn(trainer, images)

    monkeypatch.setattr(Trainer, "learn", learn_little)
    assert estimate(CONFIG, few_faces, CPU).images_per_s > 0


def test_settings_that_learn_nothing_have_an_estimate_too(few_faces: FaceSet) -> None:
    wild = replace(CONFIG, optimizer="adam", learning_rate=1.0, dropout=0.9)
    assert estimate(wild, few_faces, CPU).images_per_s > 0


def test_too_few_faces_are_refused_as_by_a_training(few_faces: FaceSet) -> None:
    large = replace(CONFIG, batch_size=64)
    with pytest.raises(ConfigError, match="“Patches” has only 48 faces to train on") as refused:
        estimate(large, few_faces, CPU)
    with pytest.raises(ConfigError) as trained:
        Trainer(large, few_faces, CPU)
    assert str(refused.value) == str(trained.value)
    with pytest.raises(DataError, match="too few faces"):
        estimate(CONFIG, FaceSet("One", few_faces.images[:1]), CPU)


def test_a_setting_matters_unless_it_is_known_not_to() -> None:
    levelled = {"epochs", "learning_rate", "schedule", "flip", "shift", "test_percent", "seed"}
    other = {
        "epochs": 3,
        "learning_rate": 0.5,
        "schedule": "step",
        "optimizer": "adam",
        "flip": False,
        "shift": 2,
        "test_percent": 30,
        "seed": 9,
        "dropout": 0.3,
        "color_jitter": 0.2,
        "batch_size": 7,
        "latent_dim": 3,
        "sync_batch_norm": True,
    }
    plain = TrainConfig()
    for item in fields(TrainConfig):
        if item.name in other:
            changed = replace(plain, **{item.name: other[item.name]})
            same = what_matters(changed) == what_matters(plain)
            assert same is (item.name in levelled), item.name
    stronger = replace(plain, dropout=0.1), replace(plain, dropout=0.5)
    assert what_matters(stronger[0]) == what_matters(stronger[1])


def test_a_form_asks_without_torch() -> None:
    code = "import model.training.estimate, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
