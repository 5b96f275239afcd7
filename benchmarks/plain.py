"""The published recipe as its notebook writes it, to compare with.

Float images through a DataLoader, every layer on its own, float32, contiguous, Adam, dropout, and
the loss read at every step.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from model.config import PRESETS
from model.data.datasets import FaceSet
from model.network import ConvAutoencoder

RECIPE = PRESETS["Reference"]
PUBLISHED = (
    (25, 0.0050),
    (50, 0.0038),
    (100, 0.0026),
    (200, 0.0018),
    (300, 0.0016),
    (400, 0.00156),
)
"""Epochs and test MSE, read off the published curve; the last one is stated."""


class PlainTraining:
    """The published training of some faces on a device."""

    def __init__(self, faces: FaceSet, device: torch.device, batch: int = RECIPE.batch_size):
        torch.manual_seed(RECIPE.seed)
        train_rows, test_rows = faces.split(RECIPE.test_percent, RECIPE.seed)
        self._train = _images(faces, train_rows)
        self._test = _images(faces, test_rows)
        self._device, self._batch = device, batch
        leaves = [part for part in ConvAutoencoder().modules() if not list(part.children())]
        self._network = nn.Sequential(*leaves).to(device)
        self._optimizer = torch.optim.Adam(self._network.parameters(), lr=RECIPE.learning_rate)
        self._schedule = torch.optim.lr_scheduler.StepLR(self._optimizer, 5, 0.9)

    def epoch(self) -> Iterator[int]:
        """Train for an epoch; yield the number of images of each step."""
        self._network.train()
        dataset = TensorDataset(self._train)
        for (images,) in DataLoader(dataset, self._batch, shuffle=True, drop_last=True):
            shown = images.to(self._device)
            self._optimizer.zero_grad()
            loss = nn.functional.mse_loss(self._network(shown), shown)
            loss.backward()
            self._optimizer.step()
            loss.item()
            yield len(shown)
        self._schedule.step()

    def steps(self) -> Iterator[int]:
        """Train without an end."""
        while True:
            yield from self.epoch()

    @torch.no_grad()
    def test_mse(self) -> float:
        """Return the mean squared error on the test faces."""
        self._network.eval()
        total = 0.0
        for (images,) in DataLoader(TensorDataset(self._test), self._batch):
            shown = images.to(self._device)
            total += nn.functional.mse_loss(self._network(shown), shown, reduction="sum").item()
        return total / self._test.numel()


def _images(faces: FaceSet, rows: np.ndarray) -> Tensor:
    pixels = torch.from_numpy(np.array(faces.images[rows]))
    return (pixels.permute(0, 3, 1, 2).float() / 255).contiguous()


def noise(count: int) -> FaceSet:
    """Return random images: the speed doesn't depend on what they show."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, 48, 48, 3), dtype=np.uint8)
    return FaceSet("Noise", pixels)


def images_per_s(steps: Iterator[int], seconds: float, device: torch.device) -> float:
    """Run steps for about so many seconds, after one to warm up, and one at the least."""
    next(steps)
    wait_for(device)
    start, images = time.perf_counter(), 0
    while not images or time.perf_counter() - start < seconds:
        images += next(steps)
    wait_for(device)
    return images / (time.perf_counter() - start)


def matmul_flops(dtype: torch.dtype, seconds: float, device: torch.device) -> float:
    """Return the operations per second of a product of two square matrices, or 0 without one."""
    size = 8192 if device.type == "cuda" else 2048
    try:
        matrix = torch.randn(size, size, device=device).to(dtype)
        small = matrix[:256, :256].contiguous()
        start = time.perf_counter()
        small @ small
        wait_for(device)
        if time.perf_counter() - start > seconds / 16:  # emulated: the large one takes minutes
            return 0.0
        matrix @ matrix
    except RuntimeError:
        return 0.0
    wait_for(device)
    start, count = time.perf_counter(), 0
    while not count or time.perf_counter() - start < seconds:
        matrix @ matrix
        wait_for(device)
        count += 1
    return count * 2 * size**3 / (time.perf_counter() - start)


def wait_for(device: torch.device) -> None:
    """Wait until the device has done all that it was asked to."""
    from model.device import synchronize

    synchronize(device)
