"""Training speed: a loop as the published notebook writes it, against ours, in one process.

The plain loop: float images through a DataLoader, every layer on its own, fp32, contiguous, Adam,
the loss read every step. Ours: what ``model.train`` does per step with its default optimizer.
Both take turns, so that a machine that slows down slows down both. The peak is a bfloat16 matrix
product of 2048 x 2048, measured in the same turns; a training step costs nominally 419 MFLOP per
image. The last line is JSON.

    python benchmarks/training.py [--seconds 4] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

sys.path.insert(0, str(Path(__file__).parents[1]))

from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.device import pick_device
from model.learning.trainer import Trainer
from model.network import ConvAutoencoder

BATCHES = (64, 128, 256)
FLOP_PER_IMAGE = 419e6
FACES = 2048


def faces() -> FaceSet:
    """Return random images: the speed doesn't depend on what they show."""
    pixels = np.random.default_rng(0).integers(0, 256, (FACES, 48, 48, 3), dtype=np.uint8)
    return FaceSet("Noise", pixels)


def plain_steps(batch: int) -> Iterator[int]:
    """Train as the notebook does; yield the images of each step."""
    device = pick_device()
    images = torch.from_numpy(np.array(faces().images)).permute(0, 3, 1, 2).float() / 255
    loader = DataLoader(TensorDataset(images.contiguous()), batch, shuffle=True, drop_last=True)
    leaves = [part for part in ConvAutoencoder().modules() if not list(part.children())]
    network = nn.Sequential(*leaves).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    while True:
        for (batch_images,) in loader:
            shown = batch_images.to(device)
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(shown), shown)
            loss.backward()
            optimizer.step()
            loss.item()
            yield len(shown)


def our_steps(batch: int) -> Iterator[int]:
    """Train as the application does; yield the images of each step."""
    trainer = Trainer(TrainConfig(batch_size=batch), faces(), pick_device())
    while True:
        for images in trainer.batches():
            trainer.learn(images)
            yield len(images)
        trainer.mean_loss()
        trainer.step = 0


def images_per_s(steps: Iterator[int], seconds: float) -> float:
    """Run steps for about so many seconds after one to warm up."""
    next(steps)
    _wait_for_device()
    start, images = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        images += next(steps)
    _wait_for_device()
    return images / (time.perf_counter() - start)


def matmul_flops(seconds: float) -> float:
    """Return the bfloat16 matrix product's operations per second."""
    matrix = torch.randn(2048, 2048, device=pick_device()).bfloat16()
    matrix @ matrix
    _wait_for_device()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        matrix @ matrix
        count += 1
        _wait_for_device()
    return count * 2 * 2048**3 / (time.perf_counter() - start)


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    options = parser.parse_args()
    measured: dict[str, list[float]] = {}
    tasks: dict[str, Callable[[float], float]] = {"peak": matmul_flops}
    for batch in BATCHES:
        for name, make in (("plain", plain_steps), ("ours", our_steps)):
            steps = make(batch)
            tasks[f"{name}-{batch}"] = lambda seconds, steps=steps: images_per_s(steps, seconds)
    for number in range(options.rounds):
        for name, task in tasks.items():
            measured.setdefault(name, []).append(task(options.seconds))
            print(f"round {number + 1}: {name} {measured[name][-1]:,.0f}", flush=True)
    middle = {name: statistics.median(values) for name, values in measured.items()}
    plain = {batch: round(middle[f"plain-{batch}"], 1) for batch in BATCHES}
    ours = {batch: round(middle[f"ours-{batch}"], 1) for batch in BATCHES}
    result = {
        "plain_images_per_s": plain,
        "images_per_s": ours,
        "ratio_same_batch": round(ours[256] / plain[256], 2),
        "ratio_best": round(max(ours.values()) / max(plain.values()), 2),
        "matmul_peak_flops": round(middle["peak"]),
        "fraction_of_peak": round(max(ours.values()) * FLOP_PER_IMAGE / middle["peak"], 3),
        "device": str(pick_device()),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
