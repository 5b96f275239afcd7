"""Encoder and decoder as files that run without this program: ONNX, or ``torch.export``.

TorchScript isn't offered: PyTorch has deprecated it and warns at every step.
"""

from __future__ import annotations

import copy
import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from model.checkpoint import FaceModel
from model.face_set import FACE_SIZE
from model.io.files import replacing
from model.network import CHANNELS

FORMATS = {"onnx": ".onnx", "torch-export": ".pt2"}
"""Each format and the suffix of its files."""

MAX_DIFFERENCE = 1e-4
"""An exported part that differs more from the network, on the [0, 1] scale, isn't written."""

_CHECKED_BATCHES = (1, 2, 7)


class ExportError(RuntimeError):
    """A model that can't be exported; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that was written and how far its results are at most from the network's."""

    path: Path
    input: str
    output: str
    difference: float


def export(model: FaceModel, folder: Path, format: str) -> Iterator[Exported]:
    """Write ``encoder`` and ``decoder`` to a folder, each checked against the network.

    The encoder maps ``images`` (N, 3, 48, 48) in [0, 1] to ``latents`` (N, L), the decoder back;
    N is free.

    Raises:
        ExportError: packages are missing, or the results differ by more than 1e-4.
        OSError: a file can't be written.
    """
    if format == "onnx":
        _check_packages()
    folder.mkdir(parents=True, exist_ok=True)
    write = _write_onnx if format == "onnx" else _write_torch
    network = model.network
    images = torch.rand(
        (max(_CHECKED_BATCHES), CHANNELS, FACE_SIZE, FACE_SIZE),
        generator=torch.Generator().manual_seed(0),
    )
    with torch.no_grad():
        latents = network.encode(images)
    suffix = FORMATS[format]
    parts = (
        ("encoder", network.encoder, images, "images", "latents"),
        ("decoder", network.decoder, latents, "latents", "images"),
    )
    for name, part, sample, source, target in parts:
        path = folder / f"{name}{suffix}"
        with replacing(path) as draft:
            write(part, sample, draft, source, target)
            difference = _difference(part, _reader(format, draft, source), sample)
            if not difference <= MAX_DIFFERENCE:  # refuses NaN as well
                raise ExportError(
                    f"The exported {name} differs from the network by {difference:.1e}; "
                    "it wasn't written."
                )
        yield Exported(path, source, target, difference)


def _check_packages() -> None:
    missing = [
        name for name in ("onnx", "onnxscript", "onnxruntime") if not importlib.util.find_spec(name)
    ]
    if missing:
        raise ExportError(
            f"ONNX needs {', '.join(missing)}: run “python -m pip install -c constraints.txt "
            "'.[onnx]'”, or choose the format torch-export."
        )


def _write_torch(part: nn.Module, sample: Tensor, path: Path, _source: str, _target: str) -> None:
    # Channels-last weights, the fastest to compute with, would make torch.export.save warn.
    part = copy.deepcopy(part).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(part, (sample,), dynamic_shapes=({0: batch},))
    torch.export.save(program, path)


def _write_onnx(part: nn.Module, sample: Tensor, path: Path, source: str, target: str) -> None:
    batch = torch.export.Dim("batch", min=1)
    with _quiet():
        torch.onnx.export(
            part,
            (sample,),
            path,
            dynamo=True,
            dynamic_shapes=({0: batch},),
            input_names=[source],
            output_names=[target],
            external_data=False,
            verbose=False,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence PyTorch's warnings about its own deprecated calls and optional packages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _reader(format: str, path: Path, source: str) -> Callable[[Tensor], Tensor]:
    """Open an exported file the way its user would."""
    if format == "torch-export":
        return cast(Callable[[Tensor], Tensor], torch.export.load(path).module())
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda batch: torch.from_numpy(session.run(None, {source: batch.numpy()})[0])


@torch.no_grad()
def _difference(part: nn.Module, exported: Callable[[Tensor], Tensor], sample: Tensor) -> float:
    """Return the largest difference over batches of several sizes."""
    batches = [sample[:count] for count in _CHECKED_BATCHES]
    return max(float((exported(batch) - part(batch)).abs().max()) for batch in batches)
