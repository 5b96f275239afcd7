"""Optimizers and learning-rate schedules."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from model.config import TrainConfig

MUON_ADAM_RATE = 0.15
"""Rate of the parameters that Muon leaves to AdamW, as a share of Muon's own rate."""


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal, for convolution kernels of any shape.

    Each kernel is taken as a matrix (first axis by all others). ``torch.optim.Muon`` does the
    same but accepts two-dimensional parameters only.

    Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    def __init__(self, parameters: list[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Update every parameter that has a gradient; ``closure`` isn't used."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group["lr"], group["momentum"])

    def _update(self, parameter: nn.Parameter, lr: float, momentum: float) -> None:
        gradient = parameter.grad
        assert gradient is not None
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum"]
        buffer.lerp_(gradient, 1 - momentum)
        nesterov = gradient.lerp(buffer, momentum)
        # In channels-last layout the kernel is a matrix already if its channels come last.
        axes = (0, *range(2, parameter.ndim), 1)
        kernel = parameter.permute(axes)
        step = orthogonalise(nesterov.permute(axes).flatten(1)).view(kernel.shape)
        scale = max(1.0, len(kernel) / kernel[0].numel()) ** 0.5
        kernel.add_(step.to(kernel.dtype), alpha=-lr * scale)


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """Return a (rows, columns) matrix near the closest one with orthonormal rows or columns.

    A quintic Newton-Schulz iteration in bfloat16, whose coefficients were chosen for a steep
    slope at zero: singular values end between about 0.7 and 1.2, which is enough for a step.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x: Tensor = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def make_optimizers(config: TrainConfig, network: nn.Module) -> list[torch.optim.Optimizer]:
    """Return the optimizers that together update every parameter of the network once."""
    parameters = list(network.parameters())
    fused = parameters[0].device.type in {"cpu", "cuda"}
    if config.optimizer == "adam":
        return [torch.optim.Adam(parameters, lr=config.learning_rate, fused=fused)]
    kernels = [parameter for parameter in parameters if parameter.ndim > 1]
    rest = [parameter for parameter in parameters if parameter.ndim <= 1]
    rate = config.learning_rate * MUON_ADAM_RATE
    return [
        Muon(kernels, lr=config.learning_rate),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0, fused=fused),
    ]


def rate_factor(config: TrainConfig, step: int, steps_per_epoch: int) -> float:
    """Return what the learning rate is multiplied with at a step, counted from 0."""
    if config.schedule == "step":
        return float(0.9 ** (step // (5 * steps_per_epoch)))
    return 1 - step / (config.epochs * steps_per_epoch)
