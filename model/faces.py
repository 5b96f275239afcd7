"""Photos to faces: open any picture safely, cut a square out of it, shrink it to 48x48."""

from __future__ import annotations

import functools
import io
import math
import stat
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.rgb import to_rgb

FACE_SIZE = 48
MAX_MEGAPIXELS = 100
MAX_MEGABYTES = 200
PHOTO_SIDE = 1600
"""Photos are shrunk while their shorter side stays at least this long, in pixels."""

# EPS would start Ghostscript on whatever comes in; the others are known by name only or need
# handlers that nobody has.
_REFUSED = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"})
# The limits here are stricter than Pillow's, so that its warnings tell nothing new. A filter set
# once, unlike warnings.catch_warnings, is safe while other threads read photos.
warnings.filterwarnings("ignore", module=r"PIL\.")


Source = Path | bytes | NDArray[np.uint8]
"""A picture: its file, the bytes of its file, or its pixels as uint8 (H, W, 3)."""


class PhotoError(ValueError):
    """A picture that can't be used: ``reason`` completes a sentence that begins with ``name``."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"“{name}” {reason}.")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CropBox:
    """A square on a photo, in pixels of the photo as ``open_photo`` returns it.

    ``left`` and ``top`` may lie outside the photo. ``angle`` in degrees is reserved and 0.
    """

    left: float
    top: float
    size: float
    angle: float = 0.0


def open_photo(
    source: Source, name: str | None = None, *, shorter_side: int = PHOTO_SIDE
) -> Image.Image:
    """Open a picture file, its bytes, or pixels as an upright RGB image in sRGB.

    Transparent parts become mid grey; of an animation the first frame is taken. The image is
    halved or shrunk more while its shorter side stays at least ``shorter_side`` pixels.

    Raises:
        PhotoError: no readable picture, over 100 megapixels or 200 MB, or not an ordinary file.
    """
    name = name or (source.name if isinstance(source, Path) else "Pasted image")
    if isinstance(source, np.ndarray):
        return _from_pixels(source, name, shorter_side)
    _check_source(source, name)
    try:
        with _stream(source) as stream, _identified(stream, name) as image:
            return _opened(image, name, shorter_side)
    except PhotoError:
        raise
    except PermissionError as error:
        raise PhotoError(name, "may not be opened by you") from error
    # Decoders fail on damaged data with whatever goes wrong first: OSError, SyntaxError,
    # struct.error, zlib.error, IndexError, MemoryError, warnings turned into errors and more.
    except Exception as error:
        cut = "truncated" in str(error).lower()
        raise PhotoError(
            name, "is cut short, its end is missing" if cut else "is damaged and can't be read"
        ) from error


def centre_square(image: Image.Image) -> CropBox:
    """Return the largest square in the middle of the image."""
    size = min(image.size)
    return CropBox((image.width - size) // 2, (image.height - size) // 2, size)


def crop_face(image: Image.Image, box: CropBox) -> NDArray[np.uint8]:
    """Cut the box out of an RGB image and shrink it, antialiased, to uint8 (48, 48, 3).

    Where the box sticks out, the edge of the photo is continued. The filter is the one that
    scikit-learn shrinks LFW with, so that ``CropBox(78, 94, 96)`` on an LFW photo gives exactly
    the face of the data set.

    Raises:
        ValueError: the box doesn't touch the image, is smaller than a pixel or absurdly large.
    """
    right, bottom = box.left + box.size, box.top + box.size
    numbers = (box.left, box.top, right, bottom)
    touches = box.left < image.width and box.top < image.height and right > 0 and bottom > 0
    fits = 1 <= box.size <= 64 * max(image.size)
    if not (all(map(math.isfinite, numbers)) and fits and touches):
        raise ValueError(f"{box} doesn't lie on a photo of {image.width}x{image.height} pixels")
    left, top = max(0, math.floor(box.left)), max(0, math.floor(box.top))
    inside = (left, top, min(image.width, math.ceil(right)), min(image.height, math.ceil(bottom)))
    cut = image.crop(inside)
    # Shrinking first bounds the memory of a continued edge, however far the box sticks out.
    factor = max(1, int(box.size) // (8 * FACE_SIZE))
    cut = cut.reduce(factor)
    x, y, size = (box.left - left) / factor, (box.top - top) / factor, box.size / factor
    pixels, x, y = _continued(np.asarray(cut), x, y, size)
    height, width = pixels.shape[:2]
    # min() takes off what rounding may have added.
    exact = (x, y, min(x + size, width), min(y + size, height))
    resized = Image.fromarray(pixels).resize(
        (FACE_SIZE, FACE_SIZE), Image.Resampling.BICUBIC, exact
    )
    return np.array(resized)


def read_face(source: Source, name: str | None = None) -> NDArray[np.uint8]:
    """Open a picture and return its middle square as a face, uint8 (48, 48, 3).

    Raises:
        PhotoError: as ``open_photo``.
    """
    image = open_photo(source, name, shorter_side=4 * FACE_SIZE)
    return crop_face(image, centre_square(image))


@functools.cache
def picture_suffixes() -> frozenset[str]:
    """Return the endings, such as ``.jpg``, of the files that ``open_photo`` may read."""
    registered = Image.registered_extensions().items()
    known = {suffix for suffix, kind in registered if kind in _factories()}
    # Phones write HEIC; naming it as skipped is kinder than silence.
    return frozenset(known | {".heic", ".heif"})


def _from_pixels(pixels: NDArray[np.uint8], name: str, shorter_side: int) -> Image.Image:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise PhotoError(name, "isn't an RGB image")
    if pixels.size == 0:
        raise PhotoError(name, "is empty")
    return _opened(Image.fromarray(pixels), name, shorter_side)


def _check_source(source: Path | bytes, name: str) -> None:
    size = len(source) if isinstance(source, bytes) else _file_size(source, name)
    if size == 0:
        raise PhotoError(name, "is empty")
    if size > MAX_MEGABYTES * 1_000_000:
        raise PhotoError(name, f"is too large (more than {MAX_MEGABYTES} MB)")


def _file_size(path: Path, name: str) -> int:
    try:
        facts = path.stat()
    except FileNotFoundError as error:
        raise PhotoError(name, "doesn't exist") from error
    except (OSError, ValueError) as error:
        raise PhotoError(name, "can't be opened") from error
    if stat.S_ISDIR(facts.st_mode):
        raise PhotoError(name, "is a folder")
    if not stat.S_ISREG(facts.st_mode):
        # Opening a pipe or a device could wait for ever.
        raise PhotoError(name, "is not an ordinary file")
    return facts.st_size


def _stream(source: Path | bytes) -> AbstractContextManager[IO[bytes]]:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


_Factory = Callable[[IO[bytes], str], Image.Image]
_Accept = Callable[[bytes], bool | str] | None


@functools.cache
def _factories() -> dict[str, tuple[_Factory, _Accept]]:
    Image.init()
    found = {kind: Image.OPEN[kind] for kind in Image.ID if kind not in _REFUSED}
    return cast(dict[str, tuple[_Factory, _Accept]], found)


def _identified(stream: IO[bytes], name: str) -> Image.Image:
    """Do as ``Image.open``, but leave the check of the size to ``_opened``.

    ``Image.open`` warns of large images by a global limit, which can't be changed for one thread.
    """
    prefix = stream.read(16)
    for factory, accept in _factories().values():
        # A text instead of True says what is missing to read the format.
        if accept is not None and accept(prefix) is not True:
            continue
        stream.seek(0)
        try:
            return factory(stream, "")
        # A decoder that fails in any way says: not mine, ask the next.
        except Exception:
            continue
    raise PhotoError(name, "can't be read as an image")


def _opened(image: Image.Image, name: str, shorter_side: int) -> Image.Image:
    if image.width * image.height > MAX_MEGAPIXELS * 1_000_000:
        raise PhotoError(name, f"is too large (more than {MAX_MEGAPIXELS} megapixels)")
    # JPEG decodes at a half, a quarter or an eighth of the size, which is many times faster.
    image.draft(None, (shorter_side, shorter_side))
    image.load()
    return to_rgb(image, max(1, min(image.size) // shorter_side))


def _continued(
    pixels: NDArray[np.uint8], x: float, y: float, size: float
) -> tuple[NDArray[np.uint8], float, float]:
    """Repeat the edge pixels so far that the box at (x, y) fits; return its new corner too."""
    height, width = pixels.shape[:2]
    left, top = max(0, math.ceil(-x)), max(0, math.ceil(-y))
    right, bottom = max(0, math.ceil(x + size - width)), max(0, math.ceil(y + size - height))
    if not (left or top or right or bottom):
        return pixels, x, y
    padded = np.pad(pixels, ((top, bottom), (left, right), (0, 0)), mode="edge")
    return padded, x + left, y + top
