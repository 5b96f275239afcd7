from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import FaceModel
from model.cli import main
from model.export import MAX_DIFFERENCE, ExportError, export
from model.network import ConvAutoencoder, on_device

HAS_ONNX = all(map(importlib.util.find_spec, ("onnx", "onnxscript", "onnxruntime")))
needs_onnx = pytest.mark.skipif(not HAS_ONNX, reason="the extra “onnx” isn't installed")


@pytest.fixture
def model() -> FaceModel:
    torch.manual_seed(0)
    return FaceModel(on_device(ConvAutoencoder(4), "cpu").eval().requires_grad_(False))


def test_torch_export_agrees_at_any_batch_size(model: FaceModel, tmp_path: Path) -> None:
    encoder, decoder = export(model, tmp_path / "new", "torch-export")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "decoder.pt2",
        "encoder.pt2",
    ]
    assert max(encoder.difference, decoder.difference) <= MAX_DIFFERENCE
    images = torch.rand(5, 3, 48, 48)
    latents = torch.export.load(encoder.path).module()(images)
    again = torch.export.load(decoder.path).module()(latents)
    torch.testing.assert_close(again, model.network(images), atol=1e-5, rtol=0)


@needs_onnx
def test_onnx_agrees_at_any_batch_size(model: FaceModel, tmp_path: Path) -> None:
    import onnxruntime

    encoder, decoder = export(model, tmp_path, "onnx")
    assert sorted(path.name for path in tmp_path.glob("*.onnx")) == ["decoder.onnx", "encoder.onnx"]
    images = np.random.RandomState(0).rand(5, 3, 48, 48).astype(np.float32)
    start, end = (onnxruntime.InferenceSession(part.path) for part in (encoder, decoder))
    (latents,) = start.run(None, {"images": images})
    (again,) = end.run(None, {"latents": latents})
    expected = model.network(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(again, expected, atol=1e-5)


def test_a_difference_is_refused(
    model: FaceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.export.MAX_DIFFERENCE", -1.0)
    with pytest.raises(ExportError, match="encoder differs"):
        next(export(model, tmp_path, "torch-export"))
    assert not list(tmp_path.glob("*.pt2"))


def test_missing_packages_are_named(
    model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fails: Callable[[list[str], int], str],
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    sentence = fails(["export", str(model_file), str(tmp_path / "new"), "--format", "onnx"], 2)
    assert "onnx, onnxscript, onnxruntime" in sentence
    assert not (tmp_path / "new").exists()


def test_command_prints_what_was_written(
    model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(model_file), str(tmp_path), "--format", "torch-export"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        str(tmp_path / "encoder.pt2"),
        str(tmp_path / "decoder.pt2"),
    ]
