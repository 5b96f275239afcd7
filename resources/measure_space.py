"""How well a model's latent space holds: its random faces, and its attribute directions.

    python -m resources.measure_space [--model shipped] [--refined STEPS] [--attributes FOLDER]
                                      [--sheet PICTURE.PNG]

Needs LFW and its labels (see ``resources.build_directions``). Prints one JSON line:

* ``random``, ``random_70_percent``: of random faces at temperatures of 100 and 70 %, the share
  (``found``) in which the detector finds a face, each enlarged and its edge continued, and
  ``distance``, the Frechet distance of their features from those of the reconstructed test faces
  as a share of these features' own variance. Features are the latents of another autoencoder,
  with 64 numbers, that this script trains for two epochs;
* ``real``, ``reconstructed``: the same of as many test faces and of their reconstructions;
  ``halves``: the distance of two halves of the latter, which is the least to be seen;
* ``auc``: of each attribute, on people that the classifier wasn't fitted to;
* ``leaks``: the ten largest effects of a direction on another attribute's classifier, as a share
  of the effect of that attribute's own direction, both followed by the same number of sigma;
  ``over_a_third``: how many of all pairs are over a third, and ``pairs``, how many there are.

With ``--refined`` the latents are refined in so many steps before directions are measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.checkpoint import FaceModel
from model.cli.arguments import open_model
from model.config import TrainConfig
from model.data.datasets import FaceSet, load_faces
from model.data.lfw import default_data_home
from model.events import Finished
from model.face_set import take
from model.inference import decode, encode
from model.latents.attributes import classifier
from model.latents.directions import Direction
from model.latents.latent_set import LatentSet, describe, encode_set
from model.latents.refinement import refine
from model.latents.typicality import Density
from model.photos.face_finder import find_faces
from model.training.training import train
from resources.build_directions import ATTRIBUTES, LABELS, find, known_labels

COUNT = 500
SMALL, LARGE = 112, 250
"""Pixels of a face and of the picture that it is searched in."""
FEATURES = 64
TOGETHER = 64
WORST = 10
SHEET = 8, 16

Floats = NDArray[np.float32]
Images = NDArray[np.uint8]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="shipped", help="a file, a run, or shipped (shipped)")
    parser.add_argument("--refined", type=int, default=0, metavar="STEPS", help="refine first (0)")
    parser.add_argument("--attributes", metavar="FOLDER", type=Path, help="of the labels")
    parser.add_argument("--sheet", metavar="PICTURE.PNG", type=Path, help="for the random faces")
    options = parser.parse_args()
    faces, model = load_faces("lfw"), open_model(options.model)
    *_, found = encode_set(model, faces)
    assert isinstance(found, LatentSet)
    if model.statistics is None:
        *_, described = describe(model, faces)
        assert isinstance(described, FaceModel)
        model = described
    if options.refined:
        found = refined(model, faces, found, options.refined)
    labels = (options.attributes or default_data_home()) / LABELS
    line = about_random(model, faces, found, options.sheet) | about_attributes(faces, found, labels)
    sys.stdout.write(json.dumps(line) + "\n")


def refined(model: FaceModel, faces: FaceSet, found: LatentSet, steps: int) -> LatentSet:
    """Return the latents after so many steps of refinement."""
    latents = found.latents.copy()
    for start in range(0, len(latents), TOGETHER):
        part = slice(start, start + TOGETHER)
        *_, last = refine(model, take(faces.images, found.rows[part]), latents[part], steps)
        latents[part] = last.latents
    return replace(found, latents=latents)


def about_random(
    model: FaceModel, faces: FaceSet, found: LatentSet, sheet: Path | None
) -> dict[str, Any]:
    """Return what random faces are like, beside real ones."""
    assert model.statistics is not None
    density, random = Density.fit(found, model.statistics), np.random.default_rng(0)
    chosen = random.permutation(np.flatnonzero(found.held_out))[: 2 * COUNT]
    real = take(faces.images, found.rows[chosen])
    reconstructed = in_parts(model, found.latents[chosen])
    other = another_autoencoder(faces)
    first, second = (features(other, half) for half in np.array_split(reconstructed, 2))
    line: dict[str, Any] = {
        "real": {"found": share_found(real[:COUNT])},
        "reconstructed": {"found": share_found(reconstructed[:COUNT])},
        "halves": {"distance": frechet(first, second)},
    }
    for name, temperature in (("random", 1.0), ("random_70_percent", 0.7)):
        drawn = np.stack([density.sample(random, temperature) for _ in range(COUNT)])
        pictures = in_parts(model, drawn)
        distance = frechet(features(other, pictures), np.concatenate([first, second]))
        line[name] = {"found": share_found(pictures), "distance": distance}
        if sheet is not None and temperature == 1:
            rows = pictures[: SHEET[0] * SHEET[1]].reshape(*SHEET, *pictures.shape[1:])
            Image.fromarray(np.concatenate(np.concatenate(rows, axis=1), axis=1)).save(sheet)
    return line


def in_parts(model: FaceModel, latents: Floats) -> Images:
    """Decode any number of latents."""
    parts = range(0, len(latents), TOGETHER)
    return np.concatenate([decode(model, latents[at : at + TOGETHER]) for at in parts])


def another_autoencoder(faces: FaceSet) -> FaceModel:
    """Train a small one with another seed."""
    *_, last = train(TrainConfig(epochs=2, latent_dim=FEATURES, seed=1), faces)
    assert isinstance(last, Finished)
    return last.model


def features(other: FaceModel, images: Images) -> Floats:
    """Return what the other autoencoder makes of faces (N, 48, 48, 3): float32 (N, FEATURES)."""
    parts = range(0, len(images), TOGETHER)
    return np.concatenate([encode(other, images[at : at + TOGETHER]) for at in parts])


def frechet(one: Floats, other: Floats) -> float:
    """Return the Frechet distance of two normal distributions, over the variance of the second.

    Source: Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
    equilibrium", 2017.
    """
    from scipy.linalg import sqrtm

    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    apart = float(((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum())
    between = float(np.trace(first + second - 2 * sqrtm(first @ second).real))
    return round((apart + between) / float(np.trace(second)), 4)


def share_found(images: Images) -> float:
    """Return the share of faces (N, 48, 48, 3) in which the detector finds one."""
    return round(sum(is_found(image) for image in images) / len(images), 3)


def is_found(image: Images) -> bool:
    """Look for a face in an enlarged picture whose edges are continued, as the crop cuts them."""
    large = Image.fromarray(image).resize((SMALL, SMALL), Image.Resampling.BICUBIC)
    before = (LARGE - SMALL) // 2
    edges = before, LARGE - SMALL - before
    padded = np.pad(np.asarray(large), (edges, edges, (0, 0)), mode="edge")
    return bool(find_faces(Image.fromarray(padded)))


def about_attributes(faces: FaceSet, found: LatentSet, path: Path) -> dict[str, Any]:
    """Return the AUC of each attribute, and how much its direction changes the others."""
    directions = {item.name: item for item in find(faces, found, path)}
    known, labels = known_labels(faces, found, path)
    used = [item for item in ATTRIBUTES if item.name in directions]
    normals = [classifier(found.latents[known], labels[item.label]) for item in used]
    leaks = leaks_of([directions[item.name] for item in used], normals)
    worst = sorted(leaks, key=lambda leak: -abs(leak[2]))
    return {
        "auc": {name: round(item.auc or 0.0, 3) for name, item in directions.items()},
        "leaks": worst[:WORST],
        "over_a_third": sum(abs(leak) > 1 / 3 for *_, leak in leaks),
        "pairs": len(leaks),
    }


def leaks_of(
    directions: Sequence[Direction], normals: Sequence[Floats]
) -> list[tuple[str, str, float]]:
    """Return (direction, other attribute, share of that attribute's own effect) of all pairs."""
    steps = np.stack([item.sigma * item.vector for item in directions])
    effects = steps @ np.stack(normals).T
    shares = effects / effects.diagonal()
    names = [item.name for item in directions]
    return [
        (one, other, round(float(shares[row, column]), 2))
        for row, one in enumerate(names)
        for column, other in enumerate(names)
        if row != column
    ]


if __name__ == "__main__":
    main()
