"""The engine of CAE Studio: network, data, training and inference, without any window.

``import model`` computes and imports nothing; a name is imported when it is first used.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.checkpoint import (
        FaceModel,
        load_face_model,
        load_model,
        pretrained,
        pretrained_model,
        save_model,
    )
    from model.config import PRESETS, TrainConfig
    from model.data.datasets import FaceSet, load_faces
    from model.documents.script import unpack_latent
    from model.inference import decode, encode, even_pace, reconstruct
    from model.latents.named_directions import named_directions
    from model.morph.film import FilmSettings, export_film, write_film
    from model.morph.key_frames import KeyFrame, analogy, grid
    from model.morph.key_frames import Path as MorphPath
    from model.network import ConvAutoencoder, layer_table
    from model.photos.photos import read_photo
    from model.runs.runs import Run
    from model.training.steering import FinishNow, SetEpochs, Steering
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
    "FilmSettings": "morph.film",
    "FinishNow": "training.steering",
    "KeyFrame": "morph.key_frames",
    "MorphPath": "morph.key_frames:Path",
    "PRESETS": "config",
    "Run": "runs.runs",
    "SetEpochs": "training.steering",
    "Steering": "training.steering",
    "TrainConfig": "config",
    "analogy": "morph.key_frames",
    "decode": "inference",
    "encode": "inference",
    "even_pace": "inference",
    "export_film": "morph.film",
    "grid": "morph.key_frames",
    "layer_table": "network",
    "load_face_model": "checkpoint",
    "load_faces": "data.datasets",
    "load_model": "checkpoint",
    "named_directions": "latents.named_directions",
    "pretrained": "checkpoint",
    "pretrained_model": "checkpoint",
    "read_photo": "photos.photos",
    "reconstruct": "inference",
    "save_model": "checkpoint",
    "train": "training.training",
    "unpack_latent": "documents.script",
    "write_film": "morph.film",
}
"""Where each public name is, and what it is called there if that is another name."""

__all__ = [
    "PRESETS",
    "ConvAutoencoder",
    "FaceModel",
    "FaceSet",
    "FilmSettings",
    "FinishNow",
    "KeyFrame",
    "MorphPath",
    "Run",
    "SetEpochs",
    "Steering",
    "TrainConfig",
    "analogy",
    "decode",
    "encode",
    "even_pace",
    "export_film",
    "grid",
    "layer_table",
    "load_face_model",
    "load_faces",
    "load_model",
    "named_directions",
    "pretrained",
    "pretrained_model",
    "read_photo",
    "reconstruct",
    "save_model",
    "train",
    "unpack_latent",
    "write_film",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, _, original = _HOMES[name].partition(":")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), original or name)
    globals()[name] = value
    return value
