"""Face detection, by the detector that Labeled Faces in the Wild was made with.

Source: Viola and Jones, "Rapid object detection using a boosted cascade of simple features", CVPR
2001, with the cascades of OpenCV.
"""

from __future__ import annotations

import functools
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.photos.crop import CropBox, crop_face

if TYPE_CHECKING:
    import cv2

WIDTH, BESIDE, BELOW = 0.855, 0.009, 0.157
"""The training faces relative to the detector's box: width, and offset of the centre to the right
and downwards. In LFW's photos of 250 pixels the training face is 96 wide about (126, 142); the
medians of ``_detected_again`` are 112.3 and (125, 124.4)."""

MAX_SIDE = 960
"""Largest longer side, in pixels, at which photos are searched; it limits the time."""
MIN_SHARE = 1 / 24
"""Smallest face, relative to the photo's longer side."""
_MIN_PIXELS = 24
"""Smallest face in pixels; the detector needs at least 20."""
_MAX_FACES = 40
"""Most faces of a photo that are checked, the largest first; it limits the time."""
_LOOK, _AROUND = 250, 2.2
"""Each face is detected again in a crop like LFW's: its size in pixels, and in boxes."""
_EYES = 200
"""Width of a face, in pixels, at which eyes are detected."""
_UPRIGHT, _STEEPEST = 5.0, 30.0
"""Degrees: smaller tilts count as upright (the error is about 2.5), larger ones as errors."""

Grey = NDArray[np.uint8]
_Square = tuple[float, float, float]
"""Centre x, y and width."""


class _Cascades(threading.local):
    """The detectors of one thread: OpenCV's aren't thread-safe."""

    def __init__(self) -> None:
        import cv2  # takes 0.1 s, and is seldom needed

        # Its threads would compete with those of a training.
        cv2.setNumThreads(1)
        folder = Path(cv2.__file__).parent / "data"
        names = ("frontalface_alt2", "eye", "eye_tree_eyeglasses")
        files = (folder / f"haarcascade_{name}.xml" for name in names)
        self.face, self.eye, self.glasses = map(_cascade, files)


def _cascade(path: Path) -> cv2.CascadeClassifier:
    import cv2

    # OpenCV can't open every path on Windows.
    mode = cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY
    storage = cv2.FileStorage(path.read_text("ascii"), mode)
    cascade = cv2.CascadeClassifier()
    cascade.read(storage.getFirstTopLevelNode())
    return cascade


@functools.cache
def _cascades() -> _Cascades:
    return _Cascades()


def find_faces(image: Image.Image, longest: int = MAX_SIDE) -> list[CropBox]:
    """Return boxes of faces, framed as the training faces, the largest and most central first.

    The box is rotated if both eyes are found and clearly tilted. A photo whose longer side has more
    than ``longest`` pixels is searched at that size.
    """
    scale = max(1.0, max(image.size) / longest)
    size = max(1, round(image.width / scale)), max(1, round(image.height / scale))
    small = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0) if scale > 1 else image
    smallest = max(_MIN_PIXELS, round(max(size) * MIN_SHARE))
    squares = _detected(_cascades().face, _grey(np.asarray(small)), smallest)
    largest = sorted(squares, key=lambda square: square[2], reverse=True)[:_MAX_FACES]
    looked = [box for square in largest if (box := _detected_again(small, square)) is not None]
    looked.sort(key=functools.partial(_prominence, size=size), reverse=True)
    boxes: list[CropBox] = []
    for box in looked:
        # Skips duplicates, and parts of a face such as a mouth.
        if not any(map(box.is_near, boxes)):
            boxes.append(box)
    return [_scaled(box, image.width / size[0], image.height / size[1]) for box in boxes]


def _detected(
    cascade: cv2.CascadeClassifier, grey: Grey, smallest: int, largest: int = 0
) -> list[_Square]:
    found = cascade.detectMultiScale(
        grey, 1.1, 3, minSize=(smallest, smallest), maxSize=(largest, largest)
    )
    return [(x + side / 2, y + side / 2, side) for x, y, side, _ in np.asarray(found).tolist()]


def _detected_again(image: Image.Image, square: _Square) -> CropBox | None:
    """Detect the face again in a crop, upright; None if it isn't found.

    This removes most false detections, and is more precise than the grid of the whole photo.
    """
    x, y, width = square
    region = CropBox.around(x, y, _AROUND * width, _tilt(image, square))
    expected = _LOOK / _AROUND
    grey = _grey(crop_face(image, region, _LOOK))
    found = _detected(_cascades().face, grey, round(0.7 * expected), round(1.35 * expected))
    if not found:
        return None
    middle = _LOOK / 2
    x, y, width = min(found, key=lambda one: math.hypot(one[0] - middle, one[1] - middle))
    centre = region.to_photo((x + BESIDE * width) / _LOOK, (y + BELOW * width) / _LOOK)
    return CropBox.around(*centre, WIDTH * width / _LOOK * region.size, region.angle)


def _tilt(image: Image.Image, square: _Square) -> float:
    """Return the angle of the line between the eyes, clockwise, in degrees; 0 if unknown."""
    grey = _grey(crop_face(image, CropBox.around(*square), _EYES))
    band = np.ascontiguousarray(grey[_EYES // 10 : _EYES * 6 // 10])
    cascades = _cascades()
    for cascade in (cascades.eye, cascades.glasses):
        eyes = _detected(cascade, band, round(0.14 * _EYES), round(0.36 * _EYES))
        pairs = [(left, right) for left in eyes for right in eyes if left[0] < right[0]]
        likely = min(pairs, key=_deviation, default=None)
        if likely is not None and _deviation(likely) < math.inf:
            angle = _angle(*likely)
            return angle if abs(angle) >= _UPRIGHT else 0.0
    return 0.0


def _angle(left: _Square, right: _Square) -> float:
    return math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))


def _deviation(pair: tuple[_Square, _Square]) -> float:
    """Return the deviation of a pair of eyes from LFW's mean; infinite if implausible."""
    left, right = pair
    apart = math.hypot(right[0] - left[0], right[1] - left[1]) / _EYES
    across = (left[0] + right[0]) / 2 / _EYES
    down = (left[1] + right[1]) / 2 / _EYES + 0.1
    plausible = 0.28 < apart < 0.55 and abs(across - 0.5) < 0.1 and abs(down - 0.4) < 0.12
    if not plausible or abs(_angle(left, right)) > _STEEPEST:
        return math.inf
    unlike = abs(math.log(left[2] / right[2]))
    return abs(apart - 0.37) / 0.05 + abs(across - 0.5) / 0.04 + abs(down - 0.4) / 0.04 + unlike


def _prominence(box: CropBox, size: tuple[int, int]) -> float:
    """Return the size of a face, reduced by up to half towards the corners of the photo."""
    middle = size[0] / 2, size[1] / 2
    return box.size * (1 - 0.5 * min(1.0, math.dist(box.centre, middle) / math.hypot(*middle)))


def _scaled(box: CropBox, across: float, down: float) -> CropBox:
    x, y = box.centre
    return CropBox.around(x * across, y * down, box.size * math.sqrt(across * down), box.angle)


def _grey(pixels: NDArray[np.uint8]) -> Grey:
    return np.asarray(Image.fromarray(pixels).convert("L"))
