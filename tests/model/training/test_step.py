from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from benchmarks.plain import PlainTraining, images_per_s, noise
from benchmarks.training import our_steps
from model.config import PRESETS, TrainConfig
from model.data.datasets import FaceSet
from model.system.heap import kept_memory
from model.training.step import RecordedStep, Step
from model.training.trainer import Trainer

CPU = torch.device("cpu")
GPU_CHECK = Path(__file__).parents[3] / "benchmarks" / "gpu.py"


def test_a_step_of_the_default_preset_takes_no_longer_than_two_of_the_plain_loop() -> None:
    """A ratio measured in one process: the same on slow and on busy machines."""
    faces, batch = noise(400), PRESETS["Fast"].batch_size
    plain = PlainTraining(faces, CPU, batch).steps()
    ours = our_steps(Trainer(PRESETS["Fast"], faces, CPU))
    with kept_memory():
        turns = [(images_per_s(ours, 0.5, CPU), images_per_s(plain, 0.5, CPU)) for _ in range(3)]
    assert max(one / other for one, other in turns) > 0.5


def test_the_check_for_gpus_passes_on_a_processor_at_small_size() -> None:
    command = [sys.executable, str(GPU_CHECK), "--device", "cpu", "--small", "--faces", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["failed"] == []
    assert result["losses"]["steps"] > 1
    assert result["resumed"] is True
    assert result["halved"] == [16]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_the_check_for_gpus_says_where_there_is_none() -> None:
    done = subprocess.run([sys.executable, str(GPU_CHECK)], capture_output=True, check=True)
    assert json.loads(done.stdout) == {"skipped": "there is no GPU here"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="only a CUDA device records steps")
def test_replayed_steps_learn_as_launched_ones_do(few_faces: FaceSet) -> None:
    curves = []
    for kind in (Step, RecordedStep):
        trainer = Trainer(TrainConfig(batch_size=16, latent_dim=8), few_faces, torch.device("cuda"))
        trainer._take_step.__class__ = kind
        losses = []
        for _ in range(4):
            for images in trainer.batches():
                trainer.learn(images)
                losses.append(trainer.mean_loss())
            trainer.step = 0
        curves.append(losses)
    np.testing.assert_allclose(*curves, rtol=0.02)


def test_a_step_that_cannot_be_recorded_is_tried_once(
    few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(graph: object) -> None:
        tried.append(graph)
        raise RuntimeError("this can't be recorded")

    monkeypatch.setattr(torch.cuda, "graph", refuse)
    for name in ("CUDAGraph", "Stream", "current_stream"):
        monkeypatch.setattr(torch.cuda, name, MagicMock())
    monkeypatch.setattr(torch.cuda, "stream", lambda _stream: nullcontext())
    trainer = Trainer(TrainConfig(batch_size=8, latent_dim=8), few_faces, CPU)
    trainer._take_step.__class__ = RecordedStep
    for images in trainer.batches():
        trainer.learn(images)
    assert trainer.step > 5
    assert trainer.mean_loss() > 0
    assert len(tried) == 1
