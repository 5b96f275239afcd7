"""Make the shipped weights and demo faces from a finished run on LFW.

    python -m resources.build RUN_FOLDER

The demo faces show no real person: each is decoded from a blend of the latents of at least three
different people, none with more than half of the weight. Blending alone draws faces to the average;
the blend's distance from the mean is stretched back most of the way to the usual one. Of more than
are needed those are kept in which the detector finds an upright face, and which are typical and
sharp; the best of them come first.
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
from model.latents.typicality import Density
from resources.measure_space import is_found

CANDIDATES, DEMO_FACES, BEST = 2400, 1000, 60
"""Faces that are made, those that are kept, and those that come first."""
PEOPLE = 4
MOST_WEIGHT = 0.5
STRETCH = 0.8
"""1 gives blends the spread of faces, but some become unlike any; 0 leaves them near the mean."""

_LIGHT = 130
"""Grey of a well lit face's middle, of 255."""

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
    assert model.statistics is not None
    density = Density.fit(found, model.statistics)
    sheet = demo_faces(load_face_model(path), faces, density, np.random.RandomState(0))
    write_sheet(sheet, HERE / "demo_faces.webp")
    (HERE / "demo_faces.json").write_text(json.dumps({"count": len(sheet)}) + "\n")


def demo_faces(
    model: FaceModel, faces: FaceSet, density: Density, random: np.random.RandomState
) -> NDArray[np.uint8]:
    """Return decoded blends (DEMO_FACES, 48, 48, 3) of several people each."""
    rows, _ = faces.split()
    latents = np.concatenate(
        [encode(model, faces.images[part]) for part in np.array_split(rows, 80)]
    )
    people = np.array([faces.names[row] for row in rows])
    mean = latents.mean(axis=0)
    blends = np.empty((CANDIDATES, latents.shape[1]), np.float32)
    for blend in blends:
        chosen = _different_people(people, random)
        weights = _weights(random)
        blend[:] = mean + weights @ (latents[chosen] - mean) / np.linalg.norm(weights) ** STRETCH
    images = np.concatenate([decode(model, part) for part in np.array_split(blends, 40)])
    order = _by_quality(images, density.typicality(blends))
    # All others as they were drawn: a gallery that gets worse downwards would look odd.
    kept: NDArray[np.uint8] = images[[*order[:BEST], *np.sort(order[BEST:DEMO_FACES])]]
    return kept


def _by_quality(images: NDArray[np.uint8], typicality: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the rows of the faces from the best to the worst; those not found come last."""
    grey = images.mean(axis=3)
    across, down = np.diff(grey, axis=2)[:, 1:], np.diff(grey, axis=1)[:, :, 1:]
    sharpness = np.log(np.var(across, axis=(1, 2)) + np.var(down, axis=(1, 2)))
    brightness = -np.abs(grey[:, 12:36, 12:36].mean(axis=(1, 2)) - _LIGHT)
    places = [_places(one) for one in (sharpness, brightness, typicality)]
    found = np.array([is_found(image) for image in images])
    return np.argsort(-(np.sum(places, axis=0) + len(images) * len(places) * found), kind="stable")


def _places(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the place of each value when they are sorted, from 0."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


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
