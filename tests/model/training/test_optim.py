from __future__ import annotations

import copy
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from model.config import TrainConfig
from model.network import ConvAutoencoder
from model.training.optim import (
    METHODS,
    MUON_ADAM_RATE,
    Muon,
    make_optimizers,
    newton_schulz,
    polar_factor,
    restore,
    set_rates,
)

Method = Callable[[Tensor], Tensor]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(8, 4, 3, 3), (64, 4, 3, 3)])
def test_a_step_of_muon_has_the_size_of_its_rate(
    shape: tuple[int, ...], layout: torch.memory_format
) -> None:
    kernel = nn.Parameter(random(*shape).contiguous(memory_format=layout))
    before = kernel.detach().clone()
    kernel.grad = random(*shape, seed=1).contiguous(memory_format=layout)

    Muon([kernel], polar_factor, lr=0.1).step()

    step = (before - kernel.detach()).flatten(1)
    rows, columns = step.shape
    size = 0.1 * max(1.0, rows / columns) ** 0.5
    assert torch.linalg.svdvals(step).mean() == pytest.approx(size, rel=0.2)
    assert (step * kernel.grad.flatten(1)).sum() > 0


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_kernels_shrink_by_their_decay(decay: float) -> None:
    kernel = nn.Parameter(random(8, 4, 3, 3))
    before = kernel.detach().clone()
    kernel.grad = torch.zeros_like(kernel)

    Muon([kernel], polar_factor, lr=0.1, weight_decay=decay).step()

    torch.testing.assert_close(kernel.detach(), before * (1 - 0.1 * decay))


def test_muon_does_not_depend_on_the_memory_layout() -> None:
    kernels = []
    for layout in (torch.contiguous_format, torch.channels_last):
        kernel = nn.Parameter(random(8, 4, 3, 3).contiguous(memory_format=layout))
        optimizer = Muon([kernel], polar_factor, lr=0.1)
        for seed in (1, 2):
            kernel.grad = random(8, 4, 3, 3, seed=seed).contiguous(memory_format=layout)
            optimizer.step()
        kernels.append(kernel.detach())
    torch.testing.assert_close(kernels[0], kernels[1])


def test_muon_leaves_what_has_no_gradient() -> None:
    kernel = nn.Parameter(random(4, 4, 3, 3))
    before = kernel.detach().clone()
    Muon([kernel], polar_factor, lr=0.1).step()
    assert torch.equal(kernel.detach(), before)


@pytest.mark.parametrize("name", ["muon", "adam"])
def test_the_loss_falls(name: str) -> None:
    torch.manual_seed(0)
    target = random(2, 3, 8, 8)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ELU(), nn.Conv2d(8, 3, 3, padding=1))
    optimizers = make_optimizers(
        TrainConfig(optimizer=name, learning_rate=0.02), network, polar_factor
    )
    losses = []
    for _ in range(30):
        loss = (network(target) - target).square().mean()
        losses.append(float(loss.detach()))
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("name", ["muon", "adam"])
def test_every_parameter_is_in_exactly_one_optimizer(name: str) -> None:
    network = ConvAutoencoder(16)
    optimizers = make_optimizers(TrainConfig(optimizer=name), network, polar_factor)
    found = [
        id(parameter)
        for optimizer in optimizers
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    assert sorted(found) == sorted(id(parameter) for parameter in network.parameters())


def test_muon_takes_the_kernels_and_adam_the_rest_at_its_own_rate() -> None:
    muon, adam = make_optimizers(TrainConfig(learning_rate=0.1), ConvAutoencoder(16), polar_factor)
    assert isinstance(muon, Muon)
    assert {parameter.ndim for parameter in muon.param_groups[0]["params"]} == {4}
    assert {parameter.ndim for parameter in adam.param_groups[0]["params"]} == {1}
    assert muon.param_groups[0]["lr"] == 0.1
    assert adam.param_groups[0]["lr"] == pytest.approx(0.1 * MUON_ADAM_RATE)


def learn(network: nn.Module, optimizers: list[torch.optim.Optimizer], steps: int) -> None:
    for step in range(steps):
        network(random(2, 3, 8, 8, seed=step)).square().mean().backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()


@pytest.mark.parametrize("name", ["muon", "adam"])
@pytest.mark.parametrize("as_on_cuda", [True, False])
def test_a_restored_optimizer_goes_on_exactly(name: str, as_on_cuda: bool) -> None:
    torch.manual_seed(0)
    config = TrainConfig(optimizer=name)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ELU(), nn.Conv2d(8, 3, 3, padding=1))
    other = copy.deepcopy(network)
    optimizers = make_optimizers(config, network, polar_factor)
    set_rates(optimizers, 0.5)
    learn(network, optimizers, 3)
    saved = copy.deepcopy([optimizer.state_dict() for optimizer in optimizers])
    if as_on_cuda:
        for group in (group for state in saved for group in state["param_groups"]):
            group["lr"] = torch.tensor(group["lr"])
            if "fused" in group:
                group |= {"fused": False, "capturable": True}

    other.load_state_dict(network.state_dict())
    others = make_optimizers(config, other, polar_factor)
    for optimizer, state in zip(others, saved, strict=True):
        restore(optimizer, state)

    rates = [group["lr"] for optimizer in others for group in optimizer.param_groups]
    assert rates == pytest.approx([group["lr"] for one in optimizers for group in one.param_groups])
    assert all(isinstance(rate, float) for rate in rates)
    for one, optimizer in ((network, optimizers), (other, others)):
        set_rates(optimizer, 0.25)
        learn(one, optimizer, 2)
    for found, expected in zip(other.parameters(), network.parameters(), strict=True):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_moments_that_are_no_numbers_are_refused(value: float) -> None:
    network = nn.Conv2d(3, 8, 3)
    (muon, _) = optimizers = make_optimizers(TrainConfig(), network, polar_factor)
    learn(network, optimizers, 1)
    saved = copy.deepcopy(muon.state_dict())
    saved["state"][0]["momentum"][0, 0, 0, 0] = value
    with pytest.raises(ValueError, match="aren't numbers"):
        restore(muon, saved)


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> Method:
    return METHODS[request.param]


@pytest.mark.parametrize("shape", [(16, 144), (144, 16), (32, 32), (1, 9), (9, 1)])
@pytest.mark.parametrize("scale", [1e-12, 1e-4, 1.0, 1e4])
def test_all_singular_values_come_near_one(
    shape: tuple[int, int], scale: float, method: Method
) -> None:
    result = method(random(*shape) * scale).float()

    assert result.shape == shape
    values = torch.linalg.svdvals(result)
    # A square random matrix has singular values near zero, which aren't lifted fully.
    lowest = values.quantile(0.1) if shape[0] == shape[1] else values.min()
    assert lowest > 0.6
    assert values.max() < 1.3


@pytest.mark.parametrize("scale", [1e-12, 1.0])
def test_the_polar_factor_is_that_of_the_singular_value_decomposition(scale: float) -> None:
    matrix = random(8, 72)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    torch.testing.assert_close(polar_factor(matrix * scale), left @ right, atol=1e-5, rtol=0)


def test_directions_are_kept(method: Method) -> None:
    matrix = random(8, 72)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    result = method(matrix).float()
    assert torch.cosine_similarity(result.flatten(), (left @ right).flatten(), 0) > 0.97


def test_several_matrices_are_made_orthogonal_each_by_itself(method: Method) -> None:
    matrices = random(3, 8, 20) * torch.tensor([1.0, 1e-6, 1e3])[:, None, None]
    each = torch.stack([method(one) for one in matrices])
    torch.testing.assert_close(method(matrices), each, atol=1e-2, rtol=0)


def test_nothing_stays_nothing(method: Method) -> None:
    assert torch.equal(method(torch.zeros(4, 6)).float(), torch.zeros(4, 6))


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (2, 4, 6)])
def test_what_is_no_number_stays_none(shape: tuple[int, ...], value: float, method: Method) -> None:
    matrix = random(*shape)
    matrix[..., 0, 0] = value
    assert torch.isnan(method(matrix)).any()


def test_a_matrix_of_low_rank_becomes_no_larger_than_one(method: Method) -> None:
    matrix = random(20, 2) @ random(2, 60)
    assert torch.linalg.svdvals(method(matrix).float()).max() < 1.3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_newton_schulz_computes_in_the_wanted_type(dtype: torch.dtype) -> None:
    assert newton_schulz(random(4, 6), dtype).dtype == dtype
