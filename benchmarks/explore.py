"""Measures what exploring needs: ``python benchmarks/explore.py [--faces lfw] [--drags 8]``.

Encodes a face set with the shipped model, measures its latents, looks for nearest faces, uses the
map of them, and drags sliders and points between faces in the real window; one JSON line last:

* ``encode_images_per_s``, ``pca_s``, ``neighbours_ms``: the engine, nothing read from its cache;
* ``map_frames_per_s``, ``map_frame_p95_ms``: the map's widget, 640 x 640, each frame painted at
  once after a move of the mouse or the wheel that pans or zooms, from all points down to faces;
* ``lasso_…``, ``filter_…``: the same for each move of a lasso whose faces stand out, and for each
  new value of one of three conditions;
* ``between_ms``: the latent of a place between the faces, by t-SNE; ``probe_p95_ms``: from a move
  of the mouse onto the ground of the map to the painted card with a decoded face;
* ``slider_p95_ms``: from a slider's new value to the painted face, as in ``latency.py``, at rest;
  ``strips_p95_ms``: the same with pictures under the sliders, in turns with it.

Without LFW it takes the demo faces, and as many points at random as LFW has. On a slow machine
fewer faces are encoded, searched for and painted, so that each takes a minute or two at most;
``cut_short`` names what was. Settings are in a temporary folder. QT_QPA_PLATFORM is offscreen
unless it is set.
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
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.budget import Budget
from benchmarks.driver import open_window, run_for, use_own_folders
from benchmarks.machine import machine
from benchmarks.map_moves import FRAMES, STEPS, filter_times, frame_times, lasso_times
from benchmarks.probes import probe_times
from benchmarks.slider_drags import drag_sliders
from model.checkpoint import pretrained_model
from model.data.datasets import load_faces
from model.data.lfw import default_data_home
from model.face_set import FaceSet, take
from model.inference import ENCODE_BATCH, encode
from model.latent_statistics import LatentStatistics
from model.latents.explored import Neighbours
from model.latents.latent_map import latent_at, pca_map
from model.latents.latent_set import LatentSet, encode_set

QUERIES = 200
WARM_UP = 10
LONGEST_S = 60
"""Of encoding, and of searching."""
FEWEST_FACES = 1000
LFW_FACES = 12_547


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", help="lfw, demo or a folder (lfw where it is, or else demo)")
    parser.add_argument("--drags", type=int, default=8, help="drags of a second each (8)")
    options = parser.parse_args()
    has_lfw = (default_data_home() / "lfw_home" / "lfw_funneled").is_dir()
    source = options.faces or ("lfw" if has_lfw else "demo")
    faces = load_faces(source)
    with tempfile.TemporaryDirectory() as folder:
        use_own_folders(Path(folder))
        result, points, cut_short = engine(faces, Path(folder) / "latents")
        result |= hands(source, options.drags)
        result |= moving(points, faces)  # after the window, which makes the application
    wanted = {"map": FRAMES, "lasso": 2 * STEPS, "filter": 2 * STEPS}
    cut_short += [name for name, frames in wanted.items() if result[f"{name}_frames"] < frames]
    print(json.dumps(machine() | {"source": source, "cut_short": cut_short} | result))


def engine(faces: FaceSet, folder: Path) -> tuple[dict[str, float], NDArray[np.float32], list[str]]:
    """Measure the engine; return the map (N, 2), too, and which parts were cut short."""
    some = affordable(faces)
    started = time.perf_counter()
    *_, found = encode_set(pretrained_model(), some, folder=folder)
    encoding = time.perf_counter() - started
    assert isinstance(found, LatentSet)
    started = time.perf_counter()
    statistics = found.statistics()
    pca = time.perf_counter() - started
    searches = search_times(found, statistics)
    points = points_of(found, statistics)
    result = {
        "faces": len(found.rows),
        "encode_images_per_s": round(len(found.rows) / encoding, 1),
        "pca_s": round(pca, 3),
        "neighbours_ms": round(float(np.median(searches)), 3),
        "between_ms": round(float(np.median(between_times(found, points))), 3),
    }
    cut_short = {"encoding": len(some.images) < len(faces.images)}
    cut_short["neighbours"] = len(searches) < QUERIES
    return result, points, [name for name, cut in cut_short.items() if cut]


def affordable(faces: FaceSet) -> FaceSet:
    """Return as many of the faces, evenly spread, as the shipped model encodes in a minute."""
    model, trial = pretrained_model(), faces.images[:ENCODE_BATCH]
    seconds = min(_ms(encode, model, trial, fast=True) for _ in range(3)) / 1000
    count = max(FEWEST_FACES, int(len(trial) * LONGEST_S / seconds))
    if count >= len(faces.images):
        return faces
    rows = np.linspace(0, len(faces.images) - 1, count).astype(np.int64)
    return FaceSet(faces.title, take(faces.images, rows))


def points_of(found: LatentSet, statistics: LatentStatistics) -> NDArray[np.float32]:
    """Return the map of the latents, or one at random where there are few."""
    if len(found.rows) >= LFW_FACES:
        return pca_map(found.latents, statistics)
    return np.random.default_rng(0).standard_normal((LFW_FACES, 2), np.float32)


def moving(points: NDArray[np.float32], faces: FaceSet) -> dict[str, float]:
    """Measure the frames of a map that is panned and zoomed, drawn on, and filtered."""
    result: dict[str, float] = {"map_points": len(points)}
    for name, measure in (("map", frame_times), ("lasso", lasso_times), ("filter", filter_times)):
        times = measure(points, faces.images)
        result |= {
            f"{name}_frames": len(times),
            f"{name}_frames_per_s": round(len(times) / sum(times), 1),
            f"{name}_frame_p95_ms": round(float(np.percentile(times, 95)) * 1000, 2),
        }
    return result


def hands(source: str, drags: int) -> dict[str, float]:
    """Measure the way from a slider to the picture, and from the map's ground to a card."""
    window = open_window(source)
    try:
        run_for(1)
        times, with_strips = list[float](), list[float]()
        for _ in range(2):
            for strips, found in ((False, times), (True, with_strips)):
                window.explore.strips.setChecked(strips)
                found += drag_sliders(window, -(-drags // 2))
        probes = probe_times(window)
    finally:
        window.close()
    return {
        "slider_p50_ms": round(float(np.percentile(times, 50)), 2),
        "slider_p95_ms": round(float(np.percentile(times, 95)), 2),
        "strips_p50_ms": round(float(np.percentile(with_strips, 50)), 2),
        "strips_p95_ms": round(float(np.percentile(with_strips, 95)), 2),
        "probe_p50_ms": round(float(np.percentile(probes, 50)), 2),
        "probe_p95_ms": round(float(np.percentile(probes, 95)), 2),
    }


def between_times(found: LatentSet, points: NDArray[np.float32]) -> list[float]:
    """Return the milliseconds of finding latents for places between the faces."""
    # As many latents as points, also where the map is one at random.
    latents = np.resize(found.latents, (len(points), found.latents.shape[1]))
    budget, times = Budget(LONGEST_S), [0.0]
    for place in np.random.default_rng(0).permutation(points)[:QUERIES]:
        if len(times) > 1 and budget.is_over:
            break
        times.append(_ms(latent_at, place + np.float32(0.01), points, latents))
    return times[1:]


def search_times(found: LatentSet, statistics: LatentStatistics) -> list[float]:
    """Return the milliseconds of searches for the eight nearest faces."""
    neighbours, budget = Neighbours(found.latents, statistics), Budget(LONGEST_S)
    rows = np.random.default_rng(0).integers(0, len(found.rows), WARM_UP + QUERIES)
    times: list[float] = []
    for row in rows:
        if len(times) > WARM_UP and budget.is_over:
            break
        times.append(_ms(neighbours.nearest, found.latents[row]))
    return times[WARM_UP:]


def _ms(call: Callable[..., object], *arguments: object, **options: object) -> float:
    started = time.perf_counter()
    call(*arguments, **options)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
