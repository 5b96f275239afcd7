"""The optimizers of a training, and methods of orthogonalisation for Muon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from model.config import TrainConfig
from model.system.child import cores
from model.system.threads import importing

with importing:
    from scipy import linalg
    from scipy.linalg import LinAlgError

MUON_ADAM_RATE = 0.15
"""Learning rate of parameters that AdamW updates beside Muon, relative to Muon's."""

_DAMPING = 1e-6


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised steps, for convolution kernels of any shape.

    Each kernel is treated as a matrix (first axis by all others); kernels of the same shape are
    orthogonalised as a batch. ``torch.optim.Muon`` supports only two-dimensional parameters and
    bfloat16, which some CPUs emulate.

    Weight decay is decoupled: before a step kernels are multiplied by ``1 - lr * weight_decay``.

    Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        orthogonalise: Callable[[Tensor], Tensor],
        *,
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(parameters, defaults)
        self.orthogonalise = orthogonalise
        """One of ``METHODS``; may be replaced between steps."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Update every parameter that has a gradient; ``closure`` isn't used."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike.setdefault(parameter.shape, []).append(parameter)
            for parameters in alike.values():
                self._update(parameters, group)

    def _update(self, parameters: list[nn.Parameter], group: Mapping[str, Any]) -> None:
        lr, kept = group["lr"], 1 - group["lr"] * group["weight_decay"]
        directions = torch.stack([self._direction(one, group["momentum"]) for one in parameters])
        steps = self.orthogonalise(directions.flatten(2)).view(directions.shape)
        rows, columns = directions.shape[1], directions[0, 0].numel()
        scale = max(1.0, rows / columns) ** 0.5
        for parameter, step in zip(parameters, steps, strict=True):
            _as_matrix(parameter).mul_(kept).sub_(step.to(parameter.dtype) * (lr * scale))

    def _direction(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        """Return the step of Nesterov momentum, (rows, height, width, columns)."""
        gradient = parameter.grad
        assert gradient is not None
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum"]
        buffer.lerp_(gradient, 1 - momentum)
        return _as_matrix(gradient.lerp(buffer, momentum))


def _as_matrix(kernel: Tensor) -> Tensor:
    """Return a kernel with channels last, which needs no copy in channels-last layout."""
    return kernel.permute(0, *range(2, kernel.ndim), 1)


def make_optimizers(
    config: TrainConfig, network: nn.Module, orthogonalise: Callable[[Tensor], Tensor]
) -> list[torch.optim.Optimizer]:
    """Return optimizers that together update every parameter of the network once.

    ``orthogonalise`` is one of ``METHODS``, for Muon.
    """
    parameters = list(network.parameters())
    on_cuda = parameters[0].device.type == "cuda"
    fused = on_cuda or parameters[0].device.type == "cpu"
    optimizers: list[torch.optim.Optimizer]
    if config.optimizer == "adam":
        optimizers = [
            torch.optim.AdamW(
                parameters,
                config.learning_rate,
                weight_decay=config.weight_decay,
                fused=fused,
                capturable=on_cuda,
            )
        ]
    else:
        kernels = [parameter for parameter in parameters if parameter.ndim > 1]
        rest = [parameter for parameter in parameters if parameter.ndim <= 1]
        rate = config.learning_rate * MUON_ADAM_RATE
        optimizers = [
            Muon(kernels, orthogonalise, lr=config.learning_rate, weight_decay=config.weight_decay),
            torch.optim.AdamW(
                rest, rate, (0.9, 0.99), weight_decay=0.0, fused=fused, capturable=on_cuda
            ),
        ]
    for group in _groups(optimizers):
        group["initial_lr"] = group["lr"]
        if on_cuda:  # a CUDA graph reads the rate from the device
            group["lr"] = torch.tensor(group["lr"], device=parameters[0].device)
    return optimizers


def set_rates(optimizers: Sequence[torch.optim.Optimizer], factor: float) -> None:
    """Set the learning rates to the initial ones times a factor."""
    for group in _groups(optimizers):
        rate = group["initial_lr"] * factor
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def restore(optimizer: torch.optim.Optimizer, saved: Mapping[str, Any]) -> None:
    """Load the result of ``state_dict``, perhaps from another kind of device.

    Raises:
        LookupError, TypeError, ValueError, RuntimeError, AttributeError: it doesn't match, or
            contains values that aren't finite.
    """
    groups = [
        {**mine, **theirs, **_of_device(mine, float(theirs["lr"]))}
        for mine, theirs in zip(optimizer.param_groups, saved["param_groups"], strict=True)
    ]
    optimizer.load_state_dict({**saved, "param_groups": groups})
    for parameter, moments in optimizer.state.items():
        tensors = [value for value in moments.values() if isinstance(value, Tensor)]
        sizes = {value.shape for value in tensors}
        if not sizes <= {parameter.shape, torch.Size()}:
            raise ValueError(f"moments of {sizes} for {parameter.shape}")
        if not all(bool(torch.isfinite(value).all()) for value in tensors):
            raise ValueError("moments that aren't numbers")


def _of_device(group: Mapping[str, Any], rate: float) -> dict[str, Any]:
    """Return the settings of a parameter group that depend on its device, and its rate."""
    lr = group["lr"]
    kept = {name: group[name] for name in ("fused", "capturable") if name in group}
    return {**kept, "lr": torch.full_like(lr, rate) if isinstance(lr, Tensor) else rate}


def _groups(optimizers: Sequence[torch.optim.Optimizer]) -> Iterator[dict[str, Any]]:
    for optimizer in optimizers:
        yield from optimizer.param_groups


def polar_factor(matrices: Tensor) -> Tensor:
    """Return ``(X Xᵀ)^(-1/2) X``: all singular values 1, but for those below 1/1000 of the largest.

    By the eigenvalues of the small Gram matrix, in float32, on the CPU: a symmetric eigenvalue
    problem of 500 rows takes less time than the large products of ``newton_schulz``. Eigenvalues
    are damped by a millionth of the largest, about their rounding error.

    Source: Higham, "Functions of Matrices", 2008, section 8.1.
    """
    x = matrices.float()
    if x.shape[-2] > x.shape[-1]:
        return polar_factor(x.mT).mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-30)  # else squares of small numbers underflow
    try:
        values, vectors = _eigh(x @ x.mT)
    except (ValueError, LinAlgError):  # not finite or, rarely, no convergence
        return newton_schulz(matrices, torch.float32)
    scales = (values.clamp_min(0) + _DAMPING * values[..., -1:] + 1e-20).rsqrt()
    result: Tensor = (vectors * scales[..., None, :]) @ vectors.mT @ x
    return result


def _eigh(grams: Tensor) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues (..., n) and eigenvectors (..., n, n) of symmetric matrices.

    Each matrix is solved in one thread. PyTorch's function synchronises all cores about a thousand
    times per matrix, and takes seconds if another program uses one of them. Two matrices of 500
    rows took 29 ms on two cores of an AMD EPYC, by PyTorch's function 48 to 118 ms.
    """
    flat = grams.reshape(-1, *grams.shape[-2:]).numpy()
    with ThreadPoolExecutor(min(len(flat), cores())) as pool:
        found = list(pool.map(partial(linalg.eigh, driver="evd"), flat))
    values, vectors = (torch.from_numpy(np.stack(each)) for each in zip(*found, strict=True))
    return values.view(grams.shape[:-1]), vectors.view(grams.shape)


def newton_schulz(matrices: Tensor, dtype: torch.dtype, steps: int = 5) -> Tensor:
    """Return matrices whose singular values are between about 0.7 and 1.2.

    A quintic Newton-Schulz iteration with coefficients for a steep slope at zero; low precision is
    sufficient.

    Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.to(dtype)
    if x.shape[-2] > x.shape[-1]:
        return newton_schulz(x.mT, dtype, steps).mT
    shape = x.shape
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-30)).view(-1, *shape[-2:])
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.view(shape)


METHODS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "polar": polar_factor,
    "newton-schulz-float32": partial(newton_schulz, dtype=torch.float32),
    "newton-schulz-bfloat16": partial(newton_schulz, dtype=torch.bfloat16),
}
"""Methods of orthogonalisation.

Each takes float matrices (..., rows, columns) and returns approximations of the closest matrices
with orthonormal rows (or columns, if these are fewer), in the same shape. Matrices that aren't
finite stay so, and zeros stay zeros.
"""
NEEDS_BFLOAT16 = frozenset({"newton-schulz-bfloat16"})
NEEDS_PROCESSOR = frozenset({"polar"})
