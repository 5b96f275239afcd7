"""Ways to make a matrix orthogonal, for the steps of Muon.

Each takes float matrices (..., rows, columns) and returns, in the same shape, matrices near the
closest ones with orthonormal rows (or columns, where there are fewer). What isn't a number stays
so, and a matrix of zeros stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from scipy import linalg
from scipy.linalg import LinAlgError
from torch import Tensor

from model.system.child import cores

_DAMPING = 1e-6


def polar_factor(matrices: Tensor) -> Tensor:
    """Return ``(X Xᵀ)^(-1/2) X``: all singular values 1, but for those below 1/1000 of the largest.

    From the eigenvalues of the small Gram matrix, in float32, on the processor: one symmetric
    eigenvalue problem of 500 rows takes less time than the large products of ``newton_schulz``.
    Eigenvalues are damped by a millionth of the largest, which is about what rounding leaves of
    zero.

    Source: Higham, "Functions of Matrices", 2008, section 8.1.
    """
    x = matrices.float()
    if x.shape[-2] > x.shape[-1]:
        return polar_factor(x.mT).mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-30)  # squares of small numbers vanish
    try:
        values, vectors = _eigh(x @ x.mT)
    except (ValueError, LinAlgError):  # not numbers, or, seldom, no convergence
        return newton_schulz(matrices, torch.float32)
    scales = (values.clamp_min(0) + _DAMPING * values[..., -1:] + 1e-20).rsqrt()
    result: Tensor = (vectors * scales[..., None, :]) @ vectors.mT @ x
    return result


def _eigh(grams: Tensor) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues (..., n) and eigenvectors (..., n, n) of symmetric matrices.

    Each matrix in a thread of its own, which none waits for: PyTorch's own shares each out to all
    cores, a thousand times a matrix, and takes seconds where another program keeps one of them
    busy. Two matrices of 500 rows took 29 ms so
    on two cores of an AMD EPYC, with PyTorch's own 48 to 118.
    """
    flat = grams.reshape(-1, *grams.shape[-2:]).numpy()
    with ThreadPoolExecutor(min(len(flat), cores())) as pool:
        found = list(pool.map(partial(linalg.eigh, driver="evd"), flat))
    values, vectors = (torch.from_numpy(np.stack(each)) for each in zip(*found, strict=True))
    return values.view(grams.shape[:-1]), vectors.view(grams.shape)


def newton_schulz(matrices: Tensor, dtype: torch.dtype, steps: int = 5) -> Tensor:
    """Return matrices whose singular values are between about 0.7 and 1.2.

    A quintic iteration of products, whose coefficients were chosen for a steep slope at zero. Low
    precision does it no harm.

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
NEEDS_BFLOAT16 = frozenset({"newton-schulz-bfloat16"})
NEEDS_PROCESSOR = frozenset({"polar"})
