"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.checkpoint import FaceModel, save_model
from model.cli import main
from model.config import TrainConfig
from model.network import ConvAutoencoder, on_device
from model.runs.runs import EpochRow, Run

Fails = Callable[[list[str], int], str]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of twenty pictures of 48x48 pixels."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.RandomState(0)
    for number in range(20):
        patch = random.randint(0, 256, (4, 4, 3)).repeat(12, axis=0).repeat(12, axis=1)
        Image.fromarray(patch.astype(np.uint8)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """An untrained model with four latent numbers."""
    path = tmp_path / "model.safetensors"
    network = on_device(ConvAutoencoder(4), "cpu").eval().requires_grad_(False)
    save_model(path, FaceModel(network))
    return path


@pytest.fixture
def two_runs(own_folders: None) -> list[Run]:
    """Two runs with different settings: one with three epochs behind it, one with none."""
    first = Run.create(TrainConfig(epochs=5, seed=7), "LFW")
    for epoch, mse in ((1, 0.03), (2, 0.01), (3, 0.02)):
        first.append(EpochRow(epoch, mse, mse, 0.02, 1.0))
    return [first, Run.create(TrainConfig(flip=False), "Demo faces")]


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Fails:
    """Run a command that must fail with an exit code, and return its one sentence."""

    def run(argv: list[str], code: int) -> str:
        try:
            found: object = main(argv)
        except SystemExit as error:
            found = error.code
        text = capsys.readouterr().err
        assert found == code, text
        assert text.count("\n") == 1
        assert "Traceback" not in text
        return text

    return run
