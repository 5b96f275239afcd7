"""All that a GPU has to show, in one run of at most four minutes, against the processor beside it.

    python benchmarks/gpu.py [--faces FOLDER] [--device cuda] [--minutes 4] [--small]

``--faces`` is ``lfw``, ``demo`` or a folder of pictures of 48x48 pixels and more; the time to the
target is measured where it is given. ``--small`` is the same with a tiny network and few steps,
fit for a processor (``--device cpu``) and for tests. Without a GPU it says so and ends with 0.

Prints one JSON line:

* ``losses``: the largest relative difference of the first 50 losses (``steps``) of the same
  training on the device and on the processor, both in float32, with the ``tolerance`` that it
  must keep; and of steps replayed from a graph against steps launched one by one (``replayed``).
* ``images_per_s`` and ``plain_images_per_s`` by batch size, ``matmul_flops`` of the better of
  float32 and bfloat16, ``fraction_of_peak``.
* ``target``: seconds and epochs until a test MSE of 0.00156 with the preset "Fast".
* ``memory_mb``: the most that the device held for a step of each batch size.
* ``ms``: to decode 1 and 256 latents, to encode 256 faces.
* ``refined``: the relative difference of the mean MSE after three steps of refinement of as many
  faces on the device and on the processor, and the ``ms`` of the steps on the device.
* ``resumed``: a run that was stopped on the device went on on the processor and back.
* ``halved``: the batch sizes that a training went on with when the device's memory was full.
* ``failed``: what didn't hold, in words (the exit code is 1 then); ``left_out``: for lack of time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import machine
from benchmarks.plain import PlainTraining, images_per_s, matmul_flops, noise, wait_for
from benchmarks.training import FLOP_PER_IMAGE, our_steps
from model.checkpoint import FaceModel
from model.config import PRESETS, TrainConfig
from model.data.datasets import FaceSet, load_faces
from model.device import pick_device, processor
from model.events import EpochDone, Finished, Notice, Progress
from model.inference import FoldedDecoder, encode
from model.latents.refinement import refine
from model.network import ConvAutoencoder, on_device
from model.runs.runs import Run
from model.training import training
from model.training.arithmetic import Arithmetic
from model.training.step import RecordedStep, Step
from model.training.trainer import Trainer
from model.training.training import train

CPU = torch.device("cpu")
TARGET = 0.00156
REFINED_TOLERANCE = 0.01
FULL = Arithmetic("float32", "newton-schulz-float32", "any processor")


@dataclass
class Check:
    """One run of all checks: what it measures on, how much, and what it found."""

    device: torch.device
    config: TrainConfig
    batches: tuple[int, ...]
    steps: int
    seconds: float
    """Length of one measurement."""
    end: float
    until_target: TrainConfig
    failed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        """Note what doesn't hold."""
        if not holds:
            self.failed.append(what)


def main() -> int:
    """Check, print, and return 1 where something failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", help="what to train on until the target")
    parser.add_argument("--device", help="cuda, mps or cpu (the fastest here)")
    parser.add_argument("--minutes", type=float, default=4, help="longest time in all (4)")
    parser.add_argument("--small", action="store_true", help="a tiny network and few steps")
    options = parser.parse_args()
    device = torch.device(options.device) if options.device else pick_device()
    if device.type == "cpu" and not options.small:
        print(json.dumps({"skipped": "there is no GPU here"}))
        return 0
    end = time.monotonic() + 60 * options.minutes
    small = TrainConfig(batch_size=16, latent_dim=8, epochs=2)
    check = (
        Check(device, small, (16, 32), 6, 0.05, end, small)
        if options.small
        else Check(device, TrainConfig(), (64, 256, 1024), 50, 2.0, end, PRESETS["Fast"])
    )
    faces = noise(200 if options.small else 4096)
    result: dict[str, Any] = {"device": processor(device)} | machine()
    parts: dict[str, Callable[[], object]] = {
        "losses": lambda: losses(check, faces),
        "speed": lambda: speed(check, faces),
        "target": lambda: target(check, options.faces),
        "ms": lambda: inference(check),
        "refined": lambda: refined(check, faces),
        "resumed": lambda: resumed(check, faces),
        "halved": lambda: halved(check, faces),
    }
    for name, part in parts.items():
        if time.monotonic() > end:
            check.left_out.append(name)
            continue
        started = time.perf_counter()
        try:
            result[name] = part()
        except RuntimeError as error:
            check.failed.append(f"{name}: {type(error).__name__}: {error}")
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    print(json.dumps(result | {"failed": check.failed, "left_out": check.left_out}))
    return 1 if check.failed else 0


def first_losses(
    check: Check, faces: FaceSet, device: torch.device, arithmetic: Arithmetic | None
) -> list[float]:
    """Return the loss of each of the first steps."""
    trainer = Trainer(check.config, faces, device, arithmetic=arithmetic)
    found: list[float] = []
    while len(found) < check.steps:
        for images in trainer.batches():
            trainer.learn(images)
            found.append(trainer.mean_loss())
        trainer.step = 0
    return found[: check.steps]


def losses(check: Check, faces: FaceSet) -> dict[str, Any]:
    """Compare the device's losses with the processor's, and replayed steps with launched ones."""
    tolerance = 0.02
    with exact_convolutions():
        here = first_losses(check, faces, check.device, FULL)
        beside = first_losses(check, faces, CPU, FULL)
        with mock.patch("model.training.trainer.RecordedStep", Step):
            launched = first_losses(check, faces, check.device, FULL)
    fast = first_losses(check, faces, check.device, None)
    found = {
        "steps": check.steps,
        "tolerance": tolerance,
        "device": difference(here, beside),
        "replayed": difference(here, launched),
        "fast": difference(fast, beside),
        "fast_arithmetic": Arithmetic.by_trial(check.device).to_dict(),
        "first_and_last": [here[0], here[-1]],
    }
    check.expect(found["device"] < tolerance, "the losses differ from the processor's")
    check.expect(found["replayed"] < tolerance, "replayed steps differ from launched ones")
    check.expect(here[-1] < here[0], "the loss doesn't fall")
    return found


def difference(one: list[float], other: list[float]) -> float:
    """Return the largest relative difference."""
    pairs = zip(one, other, strict=True)
    return float(f"{max(abs(a - b) / b for a, b in pairs):.3g}")


@contextmanager
def exact_convolutions() -> Iterator[None]:
    """Let convolutions in float32 be that: CUDA computes them with ten bits by default."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def speed(check: Check, faces: FaceSet) -> dict[str, Any]:
    """Measure images/s and memory, ours and plain in turns."""
    ours: dict[int, float] = {}
    plain: dict[int, float] = {}
    memory: dict[int, float] = {}
    recorded: dict[int, bool] = {}
    for batch in check.batches:
        if check.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        config = replace(check.config, batch_size=batch)
        trainer = Trainer(config, faces, check.device)
        steps = our_steps(trainer)
        for _ in range(5):  # the graph is recorded in the fourth
            next(steps)
        ours[batch] = round(images_per_s(steps, check.seconds, check.device), 1)
        step = trainer._take_step
        recorded[batch] = isinstance(step, RecordedStep) and step.is_recorded
        if check.device.type == "cuda":
            memory[batch] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
            check.expect(recorded[batch], f"a step of {batch} faces can't be recorded")
        plain_steps = PlainTraining(faces, check.device, batch).steps()
        plain[batch] = round(images_per_s(plain_steps, check.seconds, check.device), 1)
    kinds = (torch.float32, torch.bfloat16)
    peak = max(matmul_flops(kind, check.seconds, check.device) for kind in kinds)
    return {
        "images_per_s": ours,
        "plain_images_per_s": plain,
        "recorded": recorded,
        "matmul_flops": round(peak),
        "fraction_of_peak": round(max(ours.values()) * FLOP_PER_IMAGE / peak, 3),
        "memory_mb": memory,
    }


def target(check: Check, source: str | None) -> dict[str, Any] | None:
    """Train the preset "Fast" until the target, or until the time is over."""
    if source is None:
        return None
    faces = load_faces(source)
    start, curve, seconds = time.perf_counter(), list[float](), None
    for event in train(check.until_target, faces, device=check.device):
        if isinstance(event, EpochDone):
            curve.append(round(event.test_mse, 6))
            if event.test_mse <= TARGET and seconds is None:
                seconds = round(time.perf_counter() - start, 2)
        if time.monotonic() > check.end:
            break
    return {"mse": TARGET, "seconds": seconds, "faces": len(faces.images), "curve": curve}


def inference(check: Check) -> dict[str, float]:
    """Time the decoding and encoding of few and of many faces, in ms."""
    network = on_device(ConvAutoencoder(check.config.latent_dim), check.device).eval()
    decoder = FoldedDecoder(network)
    many = check.batches[1]
    latents = torch.zeros(many, check.config.latent_dim, device=check.device)
    images = torch.zeros(many, 3, 48, 48, device=check.device)
    with torch.inference_mode():
        return {
            "decode_1": milliseconds(lambda: decoder(latents[:1]), check),
            f"decode_{many}": milliseconds(lambda: decoder(latents), check),
            f"encode_{many}": milliseconds(lambda: network.encode(images), check),
        }


def refined(check: Check, faces: FaceSet) -> dict[str, float]:
    """Refine the same faces on the device and on the processor."""
    torch.manual_seed(0)
    network = ConvAutoencoder(check.config.latent_dim).eval().requires_grad_(False)
    model, images = FaceModel(on_device(network, CPU)), faces.images[: check.batches[1]]
    latents = encode(model, images)
    ends = [
        [step.mse.mean() for step in refine(model, images, latents, 3, device=device)][-1]
        for device in (check.device, CPU)
    ]
    off = float(abs(ends[0] / ends[1] - 1))
    check.expect(off <= REFINED_TOLERANCE, f"refinement on the device is off by {off:.1%}")

    def work() -> None:
        for _ in refine(model, images, latents, 3, device=check.device):
            pass

    return {"difference": off, "ms": milliseconds(work, check)}


def milliseconds(work: Callable[[], object], check: Check) -> float:
    """Return how long work takes, the best of ten, or of fewer within a second."""
    best, end = float("inf"), time.monotonic() + min(1.0, 4 * check.seconds)
    for turn in range(10):
        if turn > 1 and time.monotonic() > end:
            break
        wait_for(check.device)
        start = time.perf_counter()
        work()
        wait_for(check.device)
        best = min(best, time.perf_counter() - start)
    return round(best * 1000, 3)


def resumed(check: Check, faces: FaceSet) -> bool:
    """Stop a run on the device, go on with it on the processor, and end it on the device."""
    small = replace(check.config, epochs=3, batch_size=64 if len(faces.images) > 1000 else 16)
    faces = FaceSet("Noise", np.asarray(faces.images[:160]))
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(small, faces.title, Path(folder))
        for device in (check.device, CPU):
            events = train(small, faces, run=run, device=device)
            next(event for event in events if isinstance(event, EpochDone))
            events.close()  # type: ignore[attr-defined]
        *_, finished = train(small, faces, run=run, device=check.device)
        epochs = [row.epoch for row in run.rows()]
    found = isinstance(finished, Finished) and epochs == [1, 2, 3]
    check.expect(found, f"a run didn't go on on another device: epochs {epochs}")
    return found


def halved(check: Check, faces: FaceSet) -> list[int]:
    """Train with a batch that takes more memory than there is, and return what followed."""
    config = replace(check.config, batch_size=check.batches[-1], epochs=1)
    sizes: list[int] = []
    with scarce_memory(check, config, faces), mock.patch.object(training, "REPORT_EVERY_S", 0.0):
        for event in train(config, faces, device=check.device):
            if isinstance(event, Notice):
                sizes.append(int("".join(filter(str.isdigit, event.text))))
            if isinstance(event, Progress):
                break
    check.expect(bool(sizes), "a batch too large for the memory wasn't halved")
    return sizes


@contextmanager
def scarce_memory(check: Check, config: TrainConfig, faces: FaceSet) -> Iterator[None]:
    """Leave too little memory for a step; on a processor, which has no limit, pretend once."""
    if check.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        trainer = Trainer(config, faces, check.device)
        trainer.learn(next(trainer.batches()))
        needed = torch.cuda.max_memory_allocated()
        del trainer
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(check.device).total_memory
        torch.cuda.set_per_process_memory_fraction(0.7 * needed / total)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
        return
    backward = Step._backward

    def full(self: Step, network: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
        if len(images) == config.batch_size:
            raise torch.OutOfMemoryError
        return backward(self, network, images)

    with mock.patch.object(Step, "_backward", full):
        yield


if __name__ == "__main__":
    sys.exit(main())
