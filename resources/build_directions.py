"""Measure the shipped model's latent space: attribute directions from LFW's labels, and density.

    python -m resources.build_directions [--attributes FOLDER] [--sheet PICTURE.PNG]

FOLDER holds ``lfw_attributes.npz``: ``image`` (n,) file names, ``attribute`` (k,) names, ``value``
(n, k) bool; by default the data home of LFW. Labels that rate a person or tell their ethnicity get
no direction; the latter are only held fixed, so that no direction changes them. To be run again
whenever the shipped weights change. The sheet walks faces of LFW along each direction, for judging.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.checkpoint import FaceModel, pretrained_model
from model.data.datasets import FaceSet, load_faces
from model.data.lfw import default_data_home
from model.inference import decode
from model.latents.attributes import MIN_AUC, Attribute, attribute_directions
from model.latents.directions import Direction
from model.latents.latent_set import LatentSet, encode_set, model_digest
from model.latents.shipped_directions import NAME, write_directions
from model.latents.typicality import Density

LABELS = "lfw_attributes.npz"
SHEET_STEPS = (-3.0, -1.5, 0.0, 1.5, 3.0)
SHEET_ROWS = (5, 77, 901, 2001)

_PEOPLE = ("Asian", "Black", "Indian", "White", "Pale Skin")
_SMILE = ("Smiling",)
_AGE = ("Senior", "Youth")
_PHOTO = ("Color Photo", "Harsh Lighting", "Blurry")
_GLASSES = ("Eyeglasses",)
_MAKEUP = ("Male", "Wearing Lipstick")
_ALL = _PEOPLE + _SMILE + _AGE + _PHOTO + _GLASSES + _MAKEUP


def _attribute(label: str, name: str = "", free: tuple[str, ...] = ()) -> Attribute:
    """Hold everything usual but the label itself and what means nearly the same (``free``)."""
    held = tuple(other for other in _ALL if other != label and other not in free)
    return Attribute(label, name or label.capitalize(), held)


ATTRIBUTES = (
    _attribute("Smiling"),
    _attribute("Frowning", free=_SMILE),
    _attribute("Mouth Wide Open"),
    _attribute("Mouth Closed", free=_SMILE),
    _attribute("Teeth Not Visible", "Teeth hidden", _SMILE),
    _attribute("Eyeglasses"),
    _attribute("Sunglasses", free=_GLASSES),
    _attribute("Mustache"),
    _attribute("Wearing Lipstick", "Lipstick"),
    _attribute("Heavy Makeup", free=_MAKEUP[1:]),
    _attribute("Female", free=_MAKEUP),
    _attribute("Youth", free=_AGE),
    _attribute("Senior", free=_AGE),
    _attribute("Child", free=_AGE),
    _attribute("Gray Hair", free=("Senior",)),
    _attribute("Blond Hair"),
    _attribute("Bushy Eyebrows"),
    _attribute("Bags Under Eyes"),
    _attribute("Strong Nose-Mouth Lines", free=_SMILE),
    _attribute("High Cheekbones", free=_SMILE),
    _attribute("Big Nose"),
    _attribute("Square Face"),
    _attribute("Flushed Face"),
    _attribute("Shiny Skin"),
    _attribute("Color Photo"),
    _attribute("Harsh Lighting"),
    _attribute("Soft Lighting", free=("Harsh Lighting",)),
    _attribute("Flash", "Camera flash"),
    _attribute("Outdoor", "Outdoors"),
)


def main() -> None:
    """Find the directions, print their AUC, write those that separate well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    text = f"folder of {LABELS} (default: LFW's data home)"
    parser.add_argument("--attributes", metavar="FOLDER", type=Path, help=text)
    parser.add_argument("--sheet", metavar="PICTURE.PNG", type=Path, help="where to draw walks")
    arguments = parser.parse_args()
    faces, model = load_faces("lfw"), pretrained_model()
    *_, found = encode_set(model, faces)
    assert isinstance(found, LatentSet)
    directions = find(faces, found, (arguments.attributes or default_data_home()) / LABELS)
    for item in directions:
        note = "" if _is_good(item) else "  left out"
        sys.stdout.write(f"{item.name:24} AUC {item.auc:.3f}{note}\n")
    kept = [item for item in directions if _is_good(item)]
    density = Density.fit(found, model.statistics or found.statistics())
    write_directions(Path(__file__).parent / NAME, kept, model_digest(model), density)
    if arguments.sheet:
        draw_walks(model, found, kept, arguments.sheet)


def find(faces: FaceSet, found: LatentSet, path: Path) -> list[Direction]:
    """Return the direction of each attribute, whatever its AUC."""
    known, labels = known_labels(faces, found, path)
    people = [faces.names[row] for row in found.rows[known]]
    latents, statistics = found.latents[known], found.statistics()
    steps = attribute_directions(ATTRIBUTES, latents, labels, people, statistics)
    return [step for step in steps if isinstance(step, Direction)]


def known_labels(
    faces: FaceSet, found: LatentSet, path: Path
) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.bool_]]]:
    """Return which latents (N,) are of faces with labels, and each label of those (n,)."""
    with np.load(path, allow_pickle=False) as file:
        row_of = {str(name): row for row, name in enumerate(file["image"])}
        names, values = [str(name) for name in file["attribute"]], file["value"]
    rows = np.array([row_of.get(name, -1) for name in photo_names(faces)])[found.rows]
    known = rows >= 0
    return known, {name: values[rows[known], column] for column, name in enumerate(names)}


def photo_names(faces: FaceSet) -> list[str]:
    """Return the file name of each face of LFW.

    scikit-learn doesn't tell them, but gives the sorted files shuffled by ``RandomState(42)``. The
    order is checked: the people of the files must be those of the faces, one by one.
    """
    folder = default_data_home() / "lfw_home" / "lfw_funneled"
    paths = [
        path
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for path in sorted(person.iterdir())
    ]
    order = np.arange(len(paths))
    np.random.RandomState(42).shuffle(order)
    shuffled = [paths[row] for row in order]
    if [path.parent.name.replace("_", " ") for path in shuffled] != list(faces.names):
        raise SystemExit("scikit-learn gives LFW in another order than expected.")
    return [path.name for path in shuffled]


def draw_walks(model: FaceModel, found: LatentSet, directions: list[Direction], path: Path) -> None:
    """Draw a row for each direction, in order: the same faces at -3 to 3 sigma."""
    rows = [np.concatenate(list(_walk(model, found, item)), axis=1) for item in directions]
    Image.fromarray(np.concatenate(rows)).save(path)


def _walk(model: FaceModel, found: LatentSet, item: Direction) -> NDArray[np.uint8]:
    steps = np.outer(np.array(SHEET_STEPS, np.float32) * item.sigma, item.vector)
    return decode(model, np.concatenate([found.latents[row] + steps for row in SHEET_ROWS]))


def _is_good(item: Direction) -> bool:
    return item.auc is not None and item.auc >= MIN_AUC


if __name__ == "__main__":
    main()
