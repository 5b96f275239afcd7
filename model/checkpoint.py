"""Model files: our own (safetensors) and the published network's (.pth).

Nothing in a model file can run code: safetensors holds numbers only, and for a .pth see
``model.io.torch_file``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from model.config import TrainConfig
from model.io.files import readable, write_bytes
from model.io.torch_file import TorchFileError, read_torch_file
from model.latent_statistics import LatentStatistics
from model.network import ConvAutoencoder, on_device

FORMAT = "cae-studio-1"
LATENT_PREFIX = "latent."
MAX_LATENT = 4096
MAX_EPOCH = 10**9
MAX_FILE_BYTES = 2**30
MAX_HEADER_BYTES = 1_000_000
"""Limit of a file's header; a model of this network has about 20 kB."""
FLOATS = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})


class ModelFileError(ValueError):
    """A file that isn't a usable model; the message says why in a sentence."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(readable(f"“{path.name}” {reason}"))


@dataclass(frozen=True, slots=True, eq=False)
class FaceModel:
    """A network in eval mode with what is known about it; immutable.

    ``statistics`` is None until the latents of a data set were measured with this network;
    ``test_mse`` is None where it wasn't measured; ``epoch`` is 0 where it isn't known.
    """

    network: ConvAutoencoder
    statistics: LatentStatistics | None = None
    epoch: int = 0
    test_mse: float | None = None
    config: TrainConfig | None = None


def save_model(path: Path, model: FaceModel, *, half: bool = False) -> None:
    """Write a model; ``half`` stores kernels in half precision: half the size, the same pictures.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    tensors = dict(model.network.state_dict())
    if model.statistics is not None:
        for name in LatentStatistics.__dataclass_fields__:
            tensors[LATENT_PREFIX + name] = torch.from_numpy(getattr(model.statistics, name))
    # Channels-last weights are stored in the usual order, which every reader expects.
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    if half:
        tensors = {
            # Vectors are small, and variances may be too large or too small for half precision.
            name: tensor.half() if tensor.ndim > 1 else tensor
            for name, tensor in tensors.items()
        }
    about = {
        "epoch": model.epoch,
        "test_mse": model.test_mse,
        "config": model.config.to_dict() if model.config else None,
    }
    metadata = {"format": FORMAT, "about": json.dumps(about)}
    write_bytes(path, safetensors.torch.save(tensors, metadata))


def load_face_model(path: Path) -> FaceModel:
    """Read a model file of either format.

    Raises:
        ModelFileError: not a model, damaged, of another network, or with code in it.
        OSError: the file can't be opened.
    """
    if not path.is_file():
        reason = "doesn't exist." if not path.exists() else "isn't a file."
        raise ModelFileError(path, reason)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelFileError(path, "is too large to be a model of this network.")
    with path.open("rb") as file:
        start = file.read(9)
    # Our own begins with the length of its header, whose first bytes may be those of the others.
    has_header = start[8:9] == b"{"
    if has_header and struct.unpack("<Q", start[:8])[0] <= MAX_HEADER_BYTES:
        return _load_own(path)
    if start[:2] == b"PK" or start[:1] == b"\x80":
        return _load_published(path)
    if has_header:
        raise ModelFileError(path, "is damaged or isn't a model file (its header is too long).")
    raise ModelFileError(path, "isn't a model file. CAE Studio opens .safetensors and .pth files.")


def load_model(path: str | Path) -> ConvAutoencoder:
    """Read the network of a model file, in eval mode; errors as ``load_face_model``."""
    return load_face_model(Path(path)).network


def pretrained_model() -> FaceModel:
    """Return the model that ships with the application."""
    with resources.as_file(resources.files("resources") / "pretrained.safetensors") as path:
        return load_face_model(path)


def pretrained() -> ConvAutoencoder:
    """Return the network that ships with the application, in eval mode."""
    return pretrained_model().network


def _load_own(path: Path) -> FaceModel:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, ValueError, RuntimeError) as error:
        raise ModelFileError(path, f"is damaged or isn't a model file ({error}).") from error
    latent = {
        name.removeprefix(LATENT_PREFIX): tensors.pop(name)
        for name in list(tensors)
        if name.startswith(LATENT_PREFIX)
    }
    model = FaceModel(_network(path, tensors))
    try:
        about = json.loads(metadata.get("about", "{}"))
        config = about.get("config")
        model = replace(
            model,
            epoch=_epoch(about.get("epoch", 0)),
            test_mse=None if about.get("test_mse") is None else float(about["test_mse"]),
            config=TrainConfig.from_dict(config) if config else None,
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelFileError(path, f"has a damaged description ({error}).") from error
    return replace(model, statistics=_statistics(path, latent, model.network) if latent else None)


def _statistics(
    path: Path, tensors: Mapping[str, Tensor], network: ConvAutoencoder
) -> LatentStatistics:
    try:
        # Copied: what safetensors returns lies in the mapped file, which may be replaced.
        arrays = {name: tensor.float().numpy().copy() for name, tensor in tensors.items()}
        statistics = LatentStatistics(**arrays)
    except (TypeError, ValueError) as error:
        raise ModelFileError(path, f"has damaged latent statistics ({error}).") from error
    if len(statistics.mean) != network.latent_dim:
        raise ModelFileError(path, "has latent statistics of another latent size.")
    return statistics


def _load_published(path: Path) -> FaceModel:
    """Read a checkpoint that the published notebook wrote with ``torch.save``."""
    try:
        content = read_torch_file(path)
    except TorchFileError as error:
        raise ModelFileError(path, str(error)) from error
    state = content.get("model_state_dict") if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise ModelFileError(path, "holds no “model_state_dict”, as the published network's do.")
    epoch, loss = content.get("epoch"), content.get("loss")
    return FaceModel(
        _network(path, state),
        epoch=epoch if isinstance(epoch, int) and 0 <= epoch <= MAX_EPOCH else 0,
        test_mse=loss if isinstance(loss, float) else None,
    )


def _epoch(value: Any) -> int:
    epoch = int(value)
    if not 0 <= epoch <= MAX_EPOCH:
        raise ValueError(f"epoch {value}")
    return epoch


def _network(path: Path, state: Mapping[str, Any]) -> ConvAutoencoder:
    """Build the network that a state dictionary belongs to, checking every entry first."""
    bottleneck = state.get("encoder.5.weight")
    if not isinstance(bottleneck, Tensor) or bottleneck.ndim != 4:
        raise ModelFileError(path, "isn't a model of this network (it has no “encoder.5.weight”).")
    if not 1 <= len(bottleneck) <= MAX_LATENT:
        raise ModelFileError(path, f"has an unusable latent size of {len(bottleneck)}.")
    # Without memory, and so without random numbers, which a training in the next thread draws too.
    with torch.device("meta"):
        network = ConvAutoencoder(len(bottleneck))
    for name, expected in network.state_dict().items():
        tensor = state.get(name)
        if not isinstance(tensor, Tensor) or not _fits(tensor, expected):
            raise ModelFileError(path, f"isn't a model of this network (“{name}” doesn't fit).")
        if not torch.isfinite(tensor.to(expected.dtype)).all():
            raise ModelFileError(path, f"is damaged: “{name}” contains values that aren't numbers.")
    weights = {
        name: state[name].to(expected.dtype, copy=True)
        for name, expected in network.state_dict().items()
    }
    network.load_state_dict(weights, assign=True)
    return on_device(network, "cpu").eval().requires_grad_(False)


def _fits(tensor: Tensor, expected: Tensor) -> bool:
    """Tell whether a tensor is a plain array of the same shape and of a usable kind of number."""
    kinds = FLOATS if expected.is_floating_point() else {expected.dtype}
    plain = tensor.layout is torch.strided and tensor.device.type == "cpu"
    return plain and tensor.shape == expected.shape and tensor.dtype in kinds
