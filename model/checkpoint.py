"""Model files: our own (safetensors), the published checkpoint (.pth), and other programs'.

No code of a model file is run: safetensors holds numbers only, and files of ``torch.save`` are read
by ``model.io.checkpoint_file``. The format is recognised by the content, not by the file's name.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.config import TrainConfig
from model.io.checkpoint_file import (
    WHAT_OPENS,
    LeftOut,
    StoredTensor,
    named_tensors,
    read_checkpoint,
)
from model.io.files import readable, write_bytes
from model.io.places import shipped
from model.io.torch_file import TorchFileError
from model.latent_statistics import LatentStatistics
from model.network import ConvAutoencoder, on_device

FORMAT = "cae-studio-1"
LATENT_PREFIX = "latent."
CURVATURE = "curvature"
"""Name of the decoder's curvature in a file; readers that don't know it pass over it."""
MAX_LATENT = 4096
MAX_EPOCH = 10**9
MAX_FILE_BYTES = 2**30
MAX_HEADER_BYTES = 1_000_000
"""Largest header of a file that is read; that of this network has about 20 kB."""
FLOATS = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})


_NAMED_AS_MODELS = (".safetensors", ".pth", ".pt", ".ckpt", ".bin")
_ONNX = (b"\x12", b"\x1a", b"\x22", b"\x2a", b"\x32", b"\x3a", b"\x42")
"""Protobuf tags that may follow the version, the first field of an ONNX model."""


class ModelFileError(ValueError):
    """A file is no usable model; the message says why in a sentence."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(readable(f"“{path.name}” {reason}"))


@dataclass(frozen=True, slots=True, eq=False)
class FaceModel:
    """A network in eval mode and its metadata; immutable.

    ``statistics`` are those of a data set's latents by this network, None until measured;
    ``test_mse`` is None where it wasn't measured; ``epoch`` is 0 where it isn't known.
    ``curvature`` float32 (L, L) is what ``model.inference.measure_curvature`` gives, or None.
    """

    network: ConvAutoencoder
    statistics: LatentStatistics | None = None
    epoch: int = 0
    test_mse: float | None = None
    config: TrainConfig | None = None
    curvature: NDArray[np.float32] | None = None


def save_model(path: Path, model: FaceModel, *, half: bool = False) -> None:
    """Write a model; ``half`` stores kernels in half precision, for half the size.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    tensors = dict(model.network.state_dict())
    if model.statistics is not None:
        for name in LatentStatistics.__dataclass_fields__:
            tensors[LATENT_PREFIX + name] = torch.from_numpy(getattr(model.statistics, name))
    if model.curvature is not None:
        tensors[CURVATURE] = torch.from_numpy(model.curvature)
    # Channels-last weights are stored in the default order, which readers expect.
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    if half:
        tensors = {
            # Vectors are small, and variances may exceed the range of half precision.
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
    """Read a model file: our own, or weights of this network written by another program.

    The weights may be nested under any keys, with names prefixed or extended by wrappers, and
    beside other values, which are ignored.

    Raises:
        ModelFileError: it is no model, damaged, of another network, or contains code.
        OSError: it can't be opened.
    """
    if not path.is_file():
        reason = "doesn't exist." if not path.exists() else "isn't a file."
        raise ModelFileError(path, reason)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelFileError(path, "is too large to be a model of this network.")
    with path.open("rb") as file:
        start = file.read(9)
    # Ours begins with the header's length, which may look like the start of another format.
    has_header = start[8:9] == b"{"
    if has_header and struct.unpack("<Q", start[:8])[0] <= MAX_HEADER_BYTES:
        return _load_own(path)
    if start[:2] == b"PK" or start[:1] == b"\x80":
        return _load_published(path)
    if has_header:
        raise ModelFileError(path, "is damaged or isn't a model file (its header is too long).")
    if path.suffix.lower() == ".onnx" or (start[:1] == b"\x08" and start[2:3] in _ONNX):
        raise ModelFileError(path, f"is an ONNX model, which can't be opened. {WHAT_OPENS}")
    if path.suffix.lower() in _NAMED_AS_MODELS:
        raise ModelFileError(path, "is damaged, or isn't the model file that its name says.")
    raise ModelFileError(path, f"isn't a model file. {WHAT_OPENS}")


def load_model(path: str | Path) -> ConvAutoencoder:
    """Read the network of a model file, in eval mode; errors as ``load_face_model``."""
    return load_face_model(Path(path)).network


def pretrained_model() -> FaceModel:
    """Return the model that ships with the application."""
    return load_face_model(shipped("pretrained.safetensors"))


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
        if name.startswith(LATENT_PREFIX) and name.count(".") == 1
    }
    curvature = tensors.pop(CURVATURE, None)
    model = FaceModel(_network(path, _weights(tensors)))
    if curvature is not None:
        model = replace(model, curvature=_curvature(path, curvature, model.network))
    is_foreign = metadata.get("format", FORMAT) != FORMAT
    try:
        about = {} if is_foreign else json.loads(metadata.get("about", "{}"))
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
        # Copied, as safetensors maps the file, which may be replaced.
        arrays = {name: tensor.float().numpy().copy() for name, tensor in tensors.items()}
        statistics = LatentStatistics(**arrays)
    except (TypeError, ValueError) as error:
        raise ModelFileError(path, f"has damaged latent statistics ({error}).") from error
    if len(statistics.mean) != network.latent_dim:
        raise ModelFileError(path, "has latent statistics of another latent size.")
    return statistics


def _curvature(path: Path, found: Tensor, network: ConvAutoencoder) -> NDArray[np.float32]:
    size = network.latent_dim
    if found.shape != (size, size) or found.dtype not in FLOATS:
        raise ModelFileError(path, "has a curvature that doesn't fit its latents.")
    # Copied: what safetensors returns lies in the mapped file, which may be replaced.
    curvature: NDArray[np.float32] = found.float().numpy().copy()
    if not np.isfinite(curvature).all():
        raise ModelFileError(path, "is damaged: its curvature contains values that aren't numbers.")
    return curvature


def _load_published(path: Path) -> FaceModel:
    """Read a checkpoint that the published notebook or another program wrote."""
    try:
        content = read_checkpoint(path)
        found = dict(_named(named_tensors(content)))
        if not found:
            raise ModelFileError(
                path, f"holds no “model_state_dict”, nor weights under another name. {WHAT_OPENS}"
            )
        network = _network(path, _weights(found))
    except TorchFileError as error:
        raise ModelFileError(path, str(error)) from error
    about = content if isinstance(content, dict) else {}
    epoch, loss = about.get("epoch"), about.get("loss")
    published = "model_state_dict" in about and isinstance(loss, float) and math.isfinite(loss)
    return FaceModel(
        network,
        epoch=epoch if type(epoch) is int and 0 <= epoch <= MAX_EPOCH else 0,
        test_mse=loss if published else None,
    )


def _epoch(value: Any) -> int:
    epoch = int(value)
    if not 0 <= epoch <= MAX_EPOCH:
        raise ValueError(f"epoch {value}")
    return epoch


_Part = Tensor | StoredTensor | LeftOut
_PART = re.compile(r"(?:^|(?<=_))(encoder|decoder)(?=_|$)")
_LEAVES = frozenset({"weight", "bias", "running_mean", "running_var", "num_batches_tracked"})
_COUNTER = ".num_batches_tracked"
_MAX_GROUPS = 1000


def _named(items: Iterable[tuple[str, _Part]]) -> Iterator[tuple[str, _Part]]:
    """Yield possible weights: all tensors, and placeholders of tensors that were left out."""
    for name, item in items:
        if not isinstance(item, LeftOut) or name.rpartition(".")[2] in _LEAVES:
            yield name, item


def _weights(found: Mapping[str, _Part]) -> Mapping[str, _Part]:
    """Return the weights of this network among tensors, under the network's own names.

    Prefixes before “encoder” and “decoder” are removed, and so are names of wrappers between these
    and the layer numbers. Of several networks, the one under “model_state_dict” is taken, or else
    the first complete one.
    """
    groups: dict[str, dict[str, tuple[int, _Part]]] = {}
    for full, item in found.items():
        parts = full.split(".")
        places = [at for at, part in enumerate(parts[:-1]) if _PART.search(part)]
        if not places or parts[-1] not in _LEAVES:
            continue
        at = places[-1]
        numbers = [part for part in parts[at + 1 : -1] if part.isdecimal()]
        (word,) = _PART.findall(parts[at])[-1:]
        group = ".".join([*parts[:at], _PART.sub("", parts[at])])
        if group not in groups and len(groups) >= _MAX_GROUPS:
            continue
        members, left_away = groups.setdefault(group, {}), len(parts) - at - len(numbers)
        name = ".".join([word, *numbers, parts[-1]])
        if name not in members or left_away < members[name][0]:
            members[name] = left_away, item
    if not groups:
        return found
    wanted = {name for name in _expected(1) if not name.endswith(_COUNTER)}
    best = max(
        groups,
        key=lambda group: (len(wanted & groups[group].keys()), "model_state_dict" in group),
    )
    return {name: item for name, (_, item) in groups[best].items()}


def _expected(latent: int) -> Mapping[str, Tensor]:
    # Without memory, and thus without drawing random numbers, which a training uses too.
    with torch.device("meta"):
        return ConvAutoencoder(latent).state_dict()


def _network(path: Path, state: Mapping[str, _Part]) -> ConvAutoencoder:
    """Build the network of a state dictionary after checking every entry."""
    bottleneck = state.get("encoder.5.weight")
    if isinstance(bottleneck, LeftOut):
        raise _left_out(path, "encoder.5.weight", bottleneck)
    if bottleneck is None or len(bottleneck.shape) != 4:
        first = next(iter(state), None)
        others = "" if bottleneck is not None or first is None else f"; it has “{first[:80]}”"
        raise ModelFileError(
            path, f"isn't a model of this network (it has no “encoder.5.weight”{others})."
        )
    latent = bottleneck.shape[0]
    if not 1 <= latent <= MAX_LATENT:
        raise ModelFileError(path, f"has an unusable latent size of {latent}.")
    weights = {
        name: _counter(state.get(name))
        if name.endswith(_COUNTER)
        else _weight(path, name, state.get(name), expected)
        for name, expected in _expected(latent).items()
    }
    with torch.device("meta"):
        network = ConvAutoencoder(latent)
    network.load_state_dict(weights, assign=True)
    return on_device(network, "cpu").eval().requires_grad_(False)


def _weight(path: Path, name: str, found: _Part | None, expected: Tensor) -> Tensor:
    """Return a copy of a weight in float32 after checking it."""
    if isinstance(found, LeftOut):
        raise _left_out(path, name, found)
    if found is None:
        raise ModelFileError(path, f"isn't a model of this network (it has no “{name}”).")
    if problem := _misfit(found, expected):
        text = f"isn't a model of this network (“{name}” doesn't fit: {problem})."
        raise ModelFileError(path, text)
    tensor = found.read() if isinstance(found, StoredTensor) else found
    tensor = tensor.to(expected.dtype, copy=True)
    if not torch.isfinite(tensor).all():
        raise ModelFileError(path, f"is damaged: “{name}” contains values that aren't numbers.")
    return tensor


def _left_out(path: Path, name: str, found: LeftOut) -> ModelFileError:
    reason = f"can't be opened: “{name}” ({found.origin}) contains more than numbers"
    return ModelFileError(path, f"{reason}; nothing was run.")


def _misfit(found: Tensor | StoredTensor, expected: Tensor) -> str:
    """Return how a tensor differs from the expected shape or a usable type of number, or ""."""
    if tuple(found.shape) != tuple(expected.shape):
        return f"it has {_size(found.shape)} numbers instead of {_size(expected.shape)}"
    if found.dtype not in FLOATS:
        return f"its numbers are {str(found.dtype).removeprefix('torch.')}"
    plain = isinstance(found, StoredTensor) or found.layout is torch.strided
    return "" if plain else "it is no plain array"


def _size(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape)) or "1"


def _counter(found: _Part | None) -> Tensor:
    """Return a batch norm's counter of batches, 0 where it is missing; it has no effect."""
    if found is None or isinstance(found, LeftOut) or found.dtype.is_complex:
        return torch.tensor(0)
    if tuple(found.shape) not in ((), (1,)):
        return torch.tensor(0)
    value = (found.read() if isinstance(found, StoredTensor) else found).double().item()
    return torch.tensor(int(value) if 0 <= value < 2**53 else 0)
