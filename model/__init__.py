"""The engine of CAE Studio: network, data, training and inference, without any window.

``import model`` computes and imports nothing; a name is imported when it is first used.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.checkpoint import FaceModel, load_face_model, load_model, pretrained, save_model
    from model.config import PRESETS, TrainConfig
    from model.data.datasets import FaceSet, load_faces
    from model.network import ConvAutoencoder, layer_table
    from model.runs.runs import Run
    from model.training.training import train

__version__ = "0.2.0"

# Both are read when the libraries are loaded, which is later than this.
# Small matrix products on the GUI thread stalled it for up to 80 ms when NumPy's BLAS shared them
# out to cores that a training keeps busy. PyTorch has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# PyTorch's threads spin while they wait for each other. On cores that are busy otherwise this made
# a training step ten times as long, and a slider wait for it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "ConvAutoencoder": "network",
    "FaceModel": "checkpoint",
    "FaceSet": "data.datasets",
    "PRESETS": "config",
    "Run": "runs.runs",
    "TrainConfig": "config",
    "layer_table": "network",
    "load_face_model": "checkpoint",
    "load_faces": "data.datasets",
    "load_model": "checkpoint",
    "pretrained": "checkpoint",
    "save_model": "checkpoint",
    "train": "training.training",
}

__all__ = [
    "PRESETS",
    "ConvAutoencoder",
    "FaceModel",
    "FaceSet",
    "Run",
    "TrainConfig",
    "layer_table",
    "load_face_model",
    "load_faces",
    "load_model",
    "pretrained",
    "save_model",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
