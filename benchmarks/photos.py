"""How well photos of faces land where the training faces are, and what that costs in MSE.

    SCIKIT_LEARN_DATA=… python benchmarks/photos.py [--count 200] [--seed 0]

Takes test faces of LFW from their photos of 250 pixels, finds the face in each, and then in larger
pictures (noise, a gradient, soft patches) into which each photo was pasted at a random place,
scale (0.6 to 1.6) and rotation (up to 12 degrees). Each face that was found is cut out and
reconstructed by the shipped model. Either search ends after five minutes. The last line is JSON;
lengths are pixels of LFW's photos, so that two of them are one pixel of a face:

* ``photos``, ``pasted_photos``: how many were searched; ``cut_short`` names what the time ended;
* ``found_percent``, ``offset_median``, ``offset_p90``, ``size_median`` and so on: in the photos;
  how far the centre is from that of the training faces, and the size in units of theirs (96);
* ``pasted_…``: the same in the larger pictures, ``pasted_aslant_median`` in degrees;
* ``mse_native``: the reconstruction error of the training faces' own crops; ``mse_redetected``
  and ``mse_pasted``: of the faces as found; ``mse_pasted_truth``: of the pasted faces cut out
  where they are known to be, which is the share of the resampling;
* ``ms``, ``pasted_ms``: median processor time of finding the faces of one picture;
* ``astronaut``: where the face of scikit-image's photo is, if that is installed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.budget import Budget
from benchmarks.machine import machine
from model.checkpoint import pretrained_model
from model.data.lfw import default_data_home
from model.face_set import FaceSet
from model.inference import reconstruct
from model.photos.crop import CropBox, crop_face
from model.photos.face_finder import find_faces

NATIVE = CropBox(78, 94, 96)
SIDE = 250
LONGEST_S = 300
SIZE = (800, 600)


class Case(NamedTuple):
    """A picture, where its face is, and the scale of LFW's pixels in it."""

    picture: Image.Image
    truth: CropBox
    scale: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="photos (200)")
    parser.add_argument("--seed", type=int, default=0, help="of places and backgrounds (0)")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    photos = [Image.open(path).convert("RGB") for path in photo_files(options.count)]
    natives = [Case(photo, NATIVE, 1.0) for photo in photos]
    pasted = [paste(photo, background(random), random) for photo in photos]
    here, here_boxes = located(natives)
    there, there_boxes = located(pasted)
    boxes = {"photos": here_boxes, "pasted_photos": there_boxes}
    natives, pasted = natives[: len(here_boxes)], pasted[: len(there_boxes)]
    result = machine() | {
        "cut_short": [name for name, found in boxes.items() if len(found) < len(photos)],
        **here,
        **{f"pasted_{key}": value for key, value in there.items()},
        "mse_native": mse(natives, [case.truth for case in natives]),
        "mse_redetected": mse(natives, here_boxes),
        "mse_pasted_truth": mse(pasted, [case.truth for case in pasted]),
        "mse_pasted": mse(pasted, there_boxes),
        "astronaut": astronaut(),
    }
    print(json.dumps(result))


def photo_files(count: int) -> list[Path]:
    """Return photos of LFW's test faces, spread evenly, in the order of the face set."""
    home = default_data_home() / "lfw_home" / "lfw_funneled"
    people = sorted(path for path in home.iterdir() if path.is_dir())
    files = [path for person in people for path in sorted(person.iterdir())]
    # scikit-learn shuffles LFW so; the rows of the test faces refer to that order.
    order = np.arange(len(files))
    np.random.RandomState(42).shuffle(order)
    empty = FaceSet("LFW", np.broadcast_to(np.uint8(0), (len(files), 48, 48, 3)))
    _, test = empty.split()
    chosen = test[np.linspace(0, len(test) - 1, min(count, len(test))).astype(int)]
    return [files[order[row]] for row in chosen]


def background(random: np.random.Generator) -> Image.Image:
    """Return noise, a gradient or soft patches of colour."""
    width, height = SIZE
    kind = random.integers(3)
    if kind == 0:
        return Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
    if kind == 1:
        down, across = np.mgrid[:height, :width]
        parts = [across / width, down / height, (across + down) / (width + height)]
        return Image.fromarray((255 * np.stack(parts, -1)).astype(np.uint8))
    patches = random.integers(0, 256, (height // 40, width // 40, 3), np.uint8)
    return Image.fromarray(patches).resize(SIZE, Image.Resampling.BICUBIC)


def paste(photo: Image.Image, ground: Image.Image, random: np.random.Generator) -> Case:
    """Put a photo at a random place, scale and rotation on the ground."""
    scale, angle = random.uniform(0.6, 1.6), random.uniform(-12, 12)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    half = min(SIDE * scale / 2 * (cos + abs(sin)), SIZE[1] / 2)
    x, y = random.uniform(half, SIZE[0] - half), random.uniform(half, SIZE[1] - half)
    c, s, middle = cos / scale, sin / scale, SIDE / 2
    affine = (c, s, middle - c * x - s * y, -s, c, middle + s * x - c * y)
    layers = [photo, Image.new("L", photo.size, 255)]
    face, mask = (
        layer.transform(SIZE, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
        for layer in layers
    )
    ground.paste(face, (0, 0), mask)
    frame = CropBox.around(x, y, SIDE * scale, angle)
    centre = frame.to_photo(NATIVE.centre[0] / SIDE, NATIVE.centre[1] / SIDE)
    return Case(ground, CropBox.around(*centre, NATIVE.size * scale, angle), scale)


def located(cases: Sequence[Case]) -> tuple[dict[str, Any], list[CropBox | None]]:
    """Find the face of each picture while there is time; return figures, and each first box."""
    boxes: list[CropBox | None] = []
    times: list[float] = []
    budget = Budget(LONGEST_S)
    for case in cases:
        if times and budget.is_over:
            break
        start = time.process_time()
        boxes.append(next(iter(find_faces(case.picture)), None))
        times.append(time.process_time() - start)
    searched = zip(boxes, cases, strict=False)
    pairs = [(box, case) for box, case in searched if box is not None]
    offsets = [math.dist(box.centre, case.truth.centre) / case.scale for box, case in pairs]
    # A box whose centre isn't on the face is of something else.
    hits = sum(offset < NATIVE.size / 2 for offset in offsets)
    across, down = np.median(
        [
            [(b - t) / c.scale for b, t in zip(x.centre, c.truth.centre, strict=True)]
            for x, c in pairs
        ],
        axis=0,
    )
    return {
        "photos": len(boxes),
        "found_percent": round(100 * hits / len(boxes), 1),
        "offset_median": round(float(np.median(offsets)), 2),
        "offset_p90": round(float(np.percentile(offsets, 90)), 2),
        "across_median": round(float(across), 2),
        "down_median": round(float(down), 2),
        "size_median": round(float(np.median([x.size / c.truth.size for x, c in pairs])), 3),
        "aslant_median": round(
            float(np.median([abs(x.angle - c.truth.angle) for x, c in pairs])), 2
        ),
        "ms": round(float(np.median(times)) * 1000, 1),
    }, boxes


def mse(cases: Sequence[Case], boxes: Sequence[CropBox | None]) -> float:
    """Return the mean reconstruction error of the faces in the boxes, in values of 0 to 1."""
    faces: list[NDArray[np.uint8]] = []
    for case, box in zip(cases, boxes, strict=True):
        if box is not None:
            faces.append(crop_face(case.picture, box))
    reply = reconstruct(pretrained_model(), np.stack(faces))
    errors = (reply.images.astype(float) - reply.originals) / 255
    return round(float(np.mean(errors**2)), 6)


def astronaut() -> list[float] | None:
    """Return centre, size and angle of the first face in scikit-image's photo."""
    try:
        from skimage.data import astronaut as photo
    except ImportError:
        return None
    found = find_faces(Image.fromarray(photo()))
    return [round(value, 1) for value in (*found[0].centre, found[0].size, found[0].angle)]


if __name__ == "__main__":
    main()
