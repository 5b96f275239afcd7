"""Batch norm over the faces of all processes.

``torch.nn.SyncBatchNorm`` does the same on GPUs only. This one takes any device, and it is small.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.training.distributed import Group

_OVER = (0, 2, 3)


class SyncBatchNorm2d(nn.BatchNorm2d):
    """Batch norm that measures the batches of all processes, each equally large, as one.

    It takes over the parameters of a layer, under the same names. In eval mode it is that layer.
    """

    def __init__(self, layer: nn.BatchNorm2d, group: Group) -> None:
        super().__init__(layer.num_features, eps=layer.eps, momentum=layer.momentum)
        self.load_state_dict(layer.state_dict())
        self._group = group

    def forward(self, features: Tensor) -> Tensor:
        """Normalise (N, C, H, W) by channel, and keep running statistics."""
        if not self.training:
            return super().forward(features)
        arguments = (features, self.weight, self.bias, self.eps, self._group)
        output, mean, variance = _Normalise.apply(*arguments)  # type: ignore[no-untyped-call]
        self._keep(mean, variance, features.numel() // self.num_features * self._group.size)
        return cast(Tensor, output)

    @torch.no_grad()
    def _keep(self, mean: Tensor, variance: Tensor, count: int) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        # Running variances are those of the population, as in every batch norm.
        self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)


class _Normalise(torch.autograd.Function):
    """Features, mean and variance of all processes' features; one message each way."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, eps: float, group: Group
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = torch.var_mean(features.float(), _OVER, correction=0)
        variances, means = group.gather(torch.stack(own)).unbind(1)
        mean = means.mean(0)
        variance = variances.mean(0) + means.var(0, correction=0)
        ctx.save_for_backward(features, weight, mean, (variance + eps).rsqrt())
        ctx.group = group
        ctx.mark_non_differentiable(mean, variance)
        output = functional.batch_norm(features, mean, variance, weight, bias, eps=eps)
        return output, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Subtract from the gradient what changes the mean and the spread over all processes."""
        features, weight, mean, scale = ctx.saved_tensors
        gradient = gradients[0].float()
        normal = (features.float() - _each(mean)) * _each(scale)
        to_bias, to_weight = gradient.sum(_OVER), (gradient * normal).sum(_OVER)
        count = features.numel() // len(mean)
        sums = ctx.group.gather(torch.stack((to_bias, to_weight))).mean(0) / count
        to_features = gradient - _each(sums[0]) - normal * _each(sums[1])
        to_features *= _each(weight * scale)
        return to_features.to(features.dtype), to_weight, to_bias, None, None


def _each(values: Tensor) -> Tensor:
    """Return a number for each channel (C,) as something that images (N, C, H, W) multiply with."""
    return values[:, None, None]


def synchronise(network: nn.Module, group: Group, device: torch.device) -> list[Tensor]:
    """Let all batch norms of a network measure the batches of all processes.

    Returns a tensor on the device for each message of a step, as ``Group.together`` takes them.
    """
    layers = [
        (parent, name, layer)
        for parent in network.modules()
        for name, layer in parent.named_children()
        if isinstance(layer, nn.BatchNorm2d)
    ]
    for parent, name, layer in layers:
        setattr(parent, name, SyncBatchNorm2d(layer, group))
    messages = [torch.zeros(2, layer.num_features, device=device) for _, _, layer in layers]
    return [*messages, *reversed(messages)]
