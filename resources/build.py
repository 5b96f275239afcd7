"""Make the shipped weights and demo faces from a finished run on LFW.

    python -m resources.build RUN_FOLDER

The demo faces show no real person: each is decoded from a blend of the latents of at least three
different people, none with more than half of the weight. Blending alone draws faces to the average;
the blend's distance from the mean is stretched back most of the way to the usual one.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.checkpoint import FaceModel, load_face_model, save_model
from model.data.datasets import FaceSet, load_faces, write_sheet
from model.inference import decode, encode, measure_curvature
from model.latents.latent_set import LatentSet, describe, encode_set

DEMO_FACES = 1000
PEOPLE = 4
MOST_WEIGHT = 0.5
STRETCH = 0.8
"""1 gives blends the spread of faces, but some become unlike any; 0 leaves them near the mean."""

CURVATURE_FACES = 16
"""More than a run's models get, for it is measured once."""

HERE = Path(__file__).parent


def main() -> None:
    """Build both from the run's best model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a finished run on LFW")
    run = parser.parse_args().run
    faces = load_faces("lfw")
    model = load_face_model(run / "best.safetensors")
    for event in describe(model, faces):
        if isinstance(event, FaceModel):
            model = event
    *_, found = encode_set(model, faces)
    assert isinstance(found, LatentSet)
    *_, curvature = measure_curvature(model, found.some_trained(CURVATURE_FACES))
    assert isinstance(curvature, np.ndarray)
    model = replace(model, curvature=curvature)
    path = HERE / "pretrained.safetensors"
    save_model(path, model, half=True)
    # The demo faces are made by the weights as shipped, rounded to half precision.
    sheet = demo_faces(load_face_model(path), faces, np.random.RandomState(0))
    write_sheet(sheet, HERE / "demo_faces.webp")
    (HERE / "demo_faces.json").write_text(json.dumps({"count": len(sheet)}) + "\n")


def demo_faces(
    model: FaceModel, faces: FaceSet, random: np.random.RandomState
) -> NDArray[np.uint8]:
    """Return decoded blends (DEMO_FACES, 48, 48, 3) of several people each."""
    rows, _ = faces.split()
    parts = np.array_split(rows, 80)
    latents = np.concatenate([encode(model, faces.images[part]) for part in parts])
    people = np.array([faces.names[row] for row in rows])
    mean = latents.mean(axis=0)
    blends = np.empty((DEMO_FACES, latents.shape[1]), np.float32)
    for blend in blends:
        chosen = _different_people(people, random)
        weights = _weights(random)
        blend[:] = mean + weights @ (latents[chosen] - mean) / np.linalg.norm(weights) ** STRETCH
    return decode(model, blends)


def _different_people(people: NDArray[np.str_], random: np.random.RandomState) -> NDArray[np.int64]:
    while True:
        chosen = random.choice(len(people), PEOPLE, replace=False)
        if len(set(people[chosen])) == PEOPLE:
            return chosen


def _weights(random: np.random.RandomState) -> NDArray[np.float32]:
    """Draw weights that sum to 1, none over ``MOST_WEIGHT``."""
    while True:
        weights = random.dirichlet([2.0] * PEOPLE)
        if weights.max() <= MOST_WEIGHT:
            return weights.astype(np.float32)


if __name__ == "__main__":
    main()
