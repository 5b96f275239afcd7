"""How far refinement brings faces closer to their pictures, and how long it takes.

    python benchmarks/refine.py [--model shipped] [--faces lfw] [--count 500] [--seconds 600]

Test faces of the model's own split, chosen at random, are refined 64 at a time with the decoder's
curvature and, in turns, without it. Every 64 faces are a round; there are no more once
``--seconds`` are over, but always one.

Prints one JSON line: ``faces``; ``one_face_ms``: three steps of one face on one thread, median, as
when a photo enters the window; ``without`` the curvature, ``with_curvature`` and, for the shipped
model, with a ``pull`` of 0.0001 towards its density: ``mean`` and ``p95`` of the MSE at each of
``steps``, ``ms_per_face_and_step``, and ``typicality`` (mean share of real faces that are at least
as unusual) at 0, 3 and 20 steps.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks.budget import Budget
from benchmarks.machine import machine
from model.checkpoint import FaceModel
from model.cli.arguments import open_model
from model.config import TrainConfig
from model.data.datasets import FaceSet, load_faces
from model.device import use_threads
from model.face_set import take
from model.inference import encode
from model.latents.refinement import Refined, refine
from model.latents.shipped_directions import shipped_density

STEPS = (0, 1, 3, 6, 20)
TOGETHER = 64
PULL = 1e-4

Images = NDArray[np.uint8]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="shipped", help="a file, a run, or shipped (shipped)")
    parser.add_argument("--faces", default="lfw", help="lfw, demo or a folder (lfw)")
    parser.add_argument("--count", type=int, default=500, help="test faces (500)")
    parser.add_argument("--seconds", type=float, default=600, help="longest time (600)")
    options = parser.parse_args()
    model, faces = open_model(options.model), load_faces(options.faces)
    print(json.dumps(machine() | measure(model, faces, options.count, options.seconds)))


def measure(model: FaceModel, faces: FaceSet, count: int, seconds: float) -> dict[str, Any]:
    """Return all figures."""
    use_threads(None)
    budget, random = Budget(seconds), np.random.default_rng(0)
    config = model.config or TrainConfig()
    test = faces.split(config.test_percent, config.seed)[1]
    rows = random.permutation(test)[:count]
    plain, density = replace(model, curvature=None), shipped_density(model)
    ways: dict[str, tuple[FaceModel, dict[str, Any]]] = {"without": (plain, {})}
    if model.curvature is not None:
        ways["with_curvature"] = model, {}
    if density is not None:
        ways["pull"] = model, {"density": density, "weight": PULL}
    errors: dict[str, list[NDArray[np.float32]]] = {name: [] for name in ways}
    typical: dict[str, list[NDArray[np.float32]]] = {name: [] for name in ways}
    spent = dict.fromkeys(ways, 0.0)
    done = 0
    while done < len(rows) and (not done or not budget.is_over):
        images = take(faces.images, rows[done : done + TOGETHER])
        for name, (used, options) in ways.items():
            start = time.perf_counter()
            found = run(used, images, options)
            spent[name] += time.perf_counter() - start
            errors[name].append(np.array([item.mse for item in found]))
            if density is not None:
                at = (found[step].latents for step in (0, 3, STEPS[-1]))
                typical[name].append(np.array([density.typicality(item) for item in at]))
        done += len(images)
    line: dict[str, Any] = {"faces": done, "one_face_ms": one_face(model, faces, rows)}
    for name in ways:
        pace = spent[name] / done / STEPS[-1] * 1000
        line[name] = told(np.concatenate(errors[name], axis=1), pace)
        if density is not None:
            shares = np.concatenate(typical[name], axis=1).mean(axis=1)
            line[name]["typicality"] = [rounded(share) for share in shares]
    return line


def run(model: FaceModel, images: Images, options: dict[str, Any]) -> list[Refined]:
    """Refine as long as asked; where no face gains any more, the last step stands for the rest."""
    found = list(refine(model, images, encode(model, images), STEPS[-1], **options))
    return found + [found[-1]] * (STEPS[-1] + 1 - len(found))


def told(errors: NDArray[np.float32], pace: float) -> dict[str, Any]:
    """Return mean, 95th percentile and time; ``errors`` are (steps + 1, faces)."""
    chosen = errors[list(STEPS)]
    return {
        "steps": list(STEPS),
        "mean": [rounded(item) for item in chosen.mean(axis=1, dtype=float)],
        "p95": [rounded(item) for item in np.percentile(chosen, 95, axis=1)],
        "ms_per_face_and_step": rounded(pace),
    }


def one_face(model: FaceModel, faces: FaceSet, rows: NDArray[np.int64]) -> float:
    """Return the median time in ms of three steps of one face on one thread."""
    threads = torch.get_num_threads()
    use_threads(1)
    times = []
    for row in rows[:20]:
        image = take(faces.images, np.array([row]))
        latents = encode(model, image)
        start = time.perf_counter()
        for _ in refine(model, image, latents, 3):
            pass
        times.append((time.perf_counter() - start) * 1000)
    use_threads(threads)
    return rounded(statistics.median(times))


def rounded(value: float | np.floating) -> float:
    """Keep three digits."""
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
