from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from model.training.orthogonal import METHODS, newton_schulz, polar_factor

Method = Callable[[Tensor], Tensor]


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


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
