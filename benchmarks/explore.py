"""Measures what exploring needs of the engine: ``python benchmarks/explore.py [--faces lfw]``.

Encodes a face set with the shipped model, measures its latents, and looks for nearest faces; one
JSON line last. Nothing is read from the cache of latents.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.checkpoint import pretrained_model
from model.datasets import load_faces
from model.latent import LatentStatistics
from model.latent_set import LatentSet, encode_set
from model.neighbours import Neighbours

QUERIES = 200
WARM_UP = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", default="lfw", help="lfw, demo or a folder (default: lfw)")
    faces = load_faces(parser.parse_args().faces)
    model = pretrained_model()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        *_, found = encode_set(model, faces, folder=Path(folder))
        encoding = time.perf_counter() - started
    assert isinstance(found, LatentSet)
    started = time.perf_counter()
    statistics = found.statistics()
    pca = time.perf_counter() - started
    result = {
        "faces": len(found.rows),
        "encode_images_per_s": round(len(found.rows) / encoding, 1),
        "pca_s": round(pca, 3),
        "neighbours_ms": round(neighbours_ms(found, statistics), 3),
    }
    print(json.dumps(result))


def neighbours_ms(found: LatentSet, statistics: LatentStatistics) -> float:
    """Return the median milliseconds of a search for the eight nearest faces."""
    neighbours = Neighbours(found.latents, statistics)
    rows = np.random.default_rng(0).integers(0, len(found.rows), WARM_UP + QUERIES)
    times = [_ms(neighbours.nearest, found.latents[row]) for row in rows]
    return float(np.median(times[WARM_UP:]))


def _ms(call: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    call(*arguments)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
