"""Precision and orthogonalisation of a training, chosen for speed by a short trial."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

import torch

from model.device import emulates_bfloat16, processor, quickest
from model.precision import PRECISIONS, fastest_precision
from model.training.optim import METHODS, NEEDS_BFLOAT16, NEEDS_PROCESSOR

_TRIED_KERNELS = (2, 500, 2304)
"""Number and matrix size of the default network's largest kernels, which take most time."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What a training's results depend on besides its configuration.

    It is saved in the run, which can so be continued exactly.

    Raises:
        ValueError: the precision or method is unknown.
    """

    precision: str
    """A name in ``model.precision.PRECISIONS``: the precision of the network."""
    orthogonalisation: str
    """A name in ``model.training.optim.METHODS``: the method of Muon."""
    processor: str
    """The name of the processor or GPU that it was chosen for."""

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS or self.orthogonalisation not in METHODS:
            raise ValueError(f"{self} isn't known here")

    @property
    def dtype(self) -> torch.dtype:
        """The data type of the network's computations."""
        return PRECISIONS[self.precision]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from what ``to_dict`` returned.

        Raises:
            ValueError, TypeError, LookupError: the values are invalid.
        """
        return cls(*(str(values[name]) for name in cls.__slots__))

    @classmethod
    def by_trial(cls, device: torch.device) -> Self:
        """Return what is fastest on a device; measured once per process, in about a second."""
        return cls(fastest_precision(device), _orthogonalisation(device), processor(device))


@functools.cache
@torch.no_grad()
def _orthogonalisation(device: torch.device) -> str:
    """Return the name of the method that is fastest on a device."""
    rows = torch.arange(_TRIED_KERNELS[1] * _TRIED_KERNELS[2], dtype=torch.float32)
    kernels = rows.sin().view(_TRIED_KERNELS[1:]).expand(_TRIED_KERNELS).to(device)
    excluded = NEEDS_BFLOAT16 if emulates_bfloat16(device) else frozenset()
    if device.type != "cpu":
        excluded |= NEEDS_PROCESSOR
    trials: dict[str, Callable[[], object]] = {
        name: partial(method, kernels) for name, method in METHODS.items() if name not in excluded
    }
    return quickest(trials, device)
