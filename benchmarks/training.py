"""Training speed: a loop as the published notebook writes it, against ours, in one process.

The plain loop: float images through a DataLoader, every layer on its own, fp32, contiguous, Adam,
the loss read every step. Ours: what ``model.train`` does per step with its default optimizer, in
the precision and with the method that it finds fastest here. Both take turns, so that a machine
that slows down slows down both. The peak is the better of a float32 and a bfloat16 product of
square matrices, measured in the same turns; a training step costs nominally 419 MFLOP per image.
The last line is JSON. The measurements take ``--seconds`` each, so that the whole takes about
``8 * seconds * rounds``, and some steps' time more where a single one takes longer.

    python benchmarks/training.py [--seconds 4] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import machine
from benchmarks.plain import PlainTraining, images_per_s, matmul_flops, noise
from model.config import TrainConfig
from model.device import pick_device
from model.system.heap import kept_memory
from model.training.arithmetic import Arithmetic
from model.training.trainer import Trainer

BATCHES = (64, 128, 256)
FLOP_PER_IMAGE = 419e6
FACES = 2048


def our_steps(trainer: Trainer) -> Iterator[int]:
    """Train as the application does; yield the images of each step."""
    while True:
        for images in trainer.batches():
            trainer.learn(images)
            yield len(images)
        trainer.mean_loss()
        trainer.step = 0


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    options = parser.parse_args()
    device = pick_device()
    arithmetic = Arithmetic.by_trial(device)
    faces = noise(FACES)
    tasks: dict[str, Callable[[], float]] = {
        f"peak-{name}": partial(matmul_flops, dtype, options.seconds / 4, device)
        for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16))
    }
    for batch in BATCHES:
        plain = PlainTraining(faces, device, batch)
        ours = Trainer(TrainConfig(batch_size=batch), faces, device, arithmetic=arithmetic)
        for name, steps in (("plain", plain.steps()), ("ours", our_steps(ours))):
            tasks[f"{name}-{batch}"] = partial(_speed, name, steps, options.seconds, device)
    measured: dict[str, list[float]] = {}
    for number in range(options.rounds):
        for name, task in tasks.items():
            measured.setdefault(name, []).append(task())
            print(f"round {number + 1}: {name} {measured[name][-1]:,.0f}", flush=True)
    middle = {name: statistics.median(values) for name, values in measured.items()}
    plain_speed = {batch: round(middle[f"plain-{batch}"], 1) for batch in BATCHES}
    our_speed = {batch: round(middle[f"ours-{batch}"], 1) for batch in BATCHES}
    peak = max(middle["peak-float32"], middle["peak-bfloat16"])
    result = {
        "plain_images_per_s": plain_speed,
        "images_per_s": our_speed,
        "ratio_same_batch": round(our_speed[256] / plain_speed[256], 2),
        "ratio_best": round(max(our_speed.values()) / max(plain_speed.values()), 2),
        "peak_flops": {name: round(middle[f"peak-{name}"]) for name in ("float32", "bfloat16")},
        "fraction_of_peak": round(max(our_speed.values()) * FLOP_PER_IMAGE / peak, 3),
        "precision": arithmetic.precision,
        "orthogonalisation": arithmetic.orthogonalisation,
    } | machine()
    print(json.dumps(result))


def _speed(name: str, steps: Iterator[int], seconds: float, device: torch.device) -> float:
    if name == "plain":
        return images_per_s(steps, seconds, device)
    with kept_memory():
        return images_per_s(steps, seconds, device)


if __name__ == "__main__":
    main()
