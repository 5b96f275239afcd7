"""Faces from pictures: safe opening, detection, and cropping to 48 x 48 pixels."""

from __future__ import annotations

import functools
import io
import math
import stat
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps
from PIL.ImageFile import ImageFile

from model.face_set import FACE_SIZE
from model.io.files import readable
from model.photos.crop import CropBox, centre_square, crop_face
from model.photos.face_finder import find_faces
from model.photos.picture_parts import RAW, is_raw_photo, to_main_page, without_texts

MAX_MEGAPIXELS = 100
MAX_MEGABYTES = 200
HEAVY_MEGAPIXELS = 50
"""Limit for formats whose decoders hold several copies of a picture."""
SLOW_MEGAPIXELS = 4
SLOW_MEGABYTES = 20
"""Limit for formats that Pillow decodes in Python, pixel by pixel: DDS takes 1.6 s per megapixel on
a fast core, QOI and plain PPM 1 s."""
MAX_SECONDS = 15.0
"""Most processor time for one picture. Limits of size aren't enough: 400 empty scans in a
progressive JPEG of 0.5 MB take 28 s."""
KEPT_MEGAPIXELS = 25
"""Most megapixels after shrinking; only very long and narrow pictures reach it."""
PHOTO_SIDE = 1600
"""Photos are shrunk while their shorter side stays at least this long, in pixels."""
WHOLE_BELOW = 100
"""A picture whose shorter side has fewer pixels is taken as a face."""
READING = 3
"""Version of ``read_face``; increased when it gives other faces for the same pictures."""
_READ_SIDE = 10 * FACE_SIZE
_BLOCK = 4096
"""Bytes given to the decoders of JPEG and plain PPM between two checks of the time. Pillow's own
blocks take too long: 64 KiB of JPEG scans 28 s, 1 MiB of comments in a plain PPM 8 s."""

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_HEAVY = frozenset({"AVIF", "HEIF", "JPEG2000", "WEBP"})
# EPS would start Ghostscript on untrusted input, and so would IPTC, which may contain any format;
# FITS unpacks without a limit (both in Pillow 11). ICNS may hold a JPEG 2000 of any size, and BLP
# a JPEG with any number of scans. For the others Pillow has no decoder, or needs handlers that are
# rarely installed.
_REFUSED = frozenset({"BLP", "BUFR", "EPS", "FITS", "GRIB", "HDF5", "ICNS", "IPTC", "MPEG", "WMF"})
# The limits here are stricter than Pillow's, which makes its warnings redundant. Unlike
# warnings.catch_warnings, a filter set once is safe while other threads read photos.
warnings.filterwarnings("ignore", module=r"PIL\.")


Source = Path | bytes | NDArray[np.uint8]
"""A picture: its file, the bytes of its file, or its pixels as uint8 (H, W, 3)."""

GREY = (128, 128, 128)
_WHITE = {"I": (255.0,), "F": (1.0, 255.0)}
_DEEP = (1023.0, 4095.0, 16383.0)
"""White of sensors with 10, 12 and 14 bits, in 16-bit integers."""
_OVER = 1.1
"""Floats up to this multiple of white, or below black by the excess over 1, are clipped."""
_HIGHLIGHT = 16.0
"""Largest float of the brightest 1 % (highlights) if all others are at most 1."""


class PhotoError(ValueError):
    """A picture can't be used; ``reason`` completes a sentence that begins with ``name``."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(readable(f"“{name}” {reason}."))
        self.name = name
        self.reason = reason


def open_photo(
    source: Source, name: str | None = None, *, shorter_side: int = PHOTO_SIDE
) -> Image.Image:
    """Open a picture file, its bytes, or pixels as an upright RGB image in sRGB.

    Transparent parts become mid grey. Of an animation the first frame is taken, of several pages
    the largest; ``info["several"]`` is true unless the others are smaller versions of it. The image
    is reduced by the largest integer factor for which the shorter side has at least
    ``shorter_side`` pixels, and further to at most 25 megapixels.

    Raises:
        PhotoError: it isn't a readable picture or an ordinary file, has over 100 megapixels or 200
            MB (less in some formats), or takes more than 15 s of processor time.
    """
    name = name or (source.name if isinstance(source, Path) else "Pasted image")
    if isinstance(source, np.ndarray):
        return _from_pixels(source, name, shorter_side)
    _check_source(source, name)
    try:
        source = without_texts(source)
        with _TimedReader(source) as stream:
            return _read(stream, name, shorter_side)
    except PhotoError:
        raise
    except PermissionError as error:
        raise PhotoError(name, "may not be opened by you") from error
    except MemoryError as error:
        raise PhotoError(name, "needs more memory than there is") from error
    # On damaged data decoders raise many kinds of exceptions: OSError, SyntaxError, struct.error,
    # zlib.error, IndexError, MemoryError, warnings turned into errors and more.
    except Exception as error:
        cut = "truncated" in str(error).lower()
        raise PhotoError(
            name, "is cut short, its end is missing" if cut else "is damaged and can't be read"
        ) from error


def _read(stream: _TimedReader, name: str, shorter_side: int) -> Image.Image:
    try:
        with _identified(stream, name) as image:
            if _is_slow(image) and _length(stream) > SLOW_MEGABYTES * 1_000_000:
                raise _too_large(image, name, f"{SLOW_MEGABYTES} MB")
            stream.is_plain = _decoder(image) == "ppm_plain"
            return _opened(image, name, shorter_side)
    # Decoders may wrap the reader's exception in another one.
    except Exception as error:
        if stream.is_late:
            reason = f"takes more than {MAX_SECONDS:.0f} seconds to read; save it as PNG or JPEG"
            raise PhotoError(name, reason) from error
        raise


class _TimedReader(io.BufferedReader):
    """Reads a picture's bytes until the thread has used ``MAX_SECONDS`` of processor time.

    While ``is_plain``, ``read`` returns 4 KiB at most.

    Raises:
        TimeoutError: by ``read`` and ``readline``; ``is_late`` is true from then on.
    """

    def __init__(self, source: Path | bytes) -> None:
        raw = io.BytesIO(source) if isinstance(source, bytes) else io.FileIO(source)
        super().__init__(raw)
        self._began = time.thread_time()
        self._look_at = time.perf_counter() + MAX_SECONDS
        self.is_late = self.is_plain = False

    def read(self, size: int | None = -1, /) -> bytes:
        self._check()
        return super().read(_BLOCK if self.is_plain else size)

    def readline(self, size: int | None = -1, /) -> bytes:
        self._check()
        return super().readline(size)

    def _check(self) -> None:
        # Reading the thread's time takes ten times as long, and some decoders read byte by byte.
        now = time.perf_counter()
        if now < self._look_at:
            return
        left = MAX_SECONDS - (time.thread_time() - self._began)
        self._look_at = now + left
        if left <= 0:
            self.is_late = True
            raise TimeoutError


def read_face(source: Source, name: str | None = None) -> NDArray[np.uint8]:
    """Open a picture and return the face in it, uint8 (48, 48, 3).

    A picture whose shorter side is under 100 pixels is taken as a face: its centre square is
    used. In larger ones the most prominent face is used, or the centre square if none is found.

    Raises:
        PhotoError: as ``open_photo``.
    """
    image = open_photo(source, name, shorter_side=_READ_SIDE)
    found = faces_in(image, longest=2 * _READ_SIDE // 3)
    return crop_face(image, found[0] if found else centre_square(image))


def faces_in(image: Image.Image, **options: int) -> list[CropBox]:
    """Return the boxes of ``find_faces``; none in a picture that is taken as a face."""
    return find_faces(image, **options) if min(image.size) >= WHOLE_BELOW else []


@functools.cache
def picture_suffixes() -> frozenset[str]:
    """Return the suffixes, such as ``.jpg``, of files that ``open_photo`` may read."""
    registered = Image.registered_extensions().items()
    known = {suffix for suffix, kind in registered if kind in _factories()}
    # Also without the plugin for these: the error then says how to install it.
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
        # Opening a pipe or a device could block.
        raise PhotoError(name, "is not an ordinary file")
    return facts.st_size


_Factory = Callable[[IO[bytes], str], Image.Image]
_Accept = Callable[[bytes], bool | str] | None


@functools.cache
def _factories() -> dict[str, tuple[_Factory, _Accept]]:
    Image.init()
    found = {kind: Image.OPEN[kind] for kind in Image.ID if kind not in _REFUSED}
    return cast(dict[str, tuple[_Factory, _Accept]], found)


def _identified(stream: _TimedReader, name: str) -> Image.Image:
    """Open as ``Image.open`` does, without its check of the size, which ``_opened`` does.

    ``Image.open`` uses a global limit, which can't be changed for one thread.
    """
    prefix = stream.read(16)
    for factory, accept in _factories().values():
        # A text instead of True says what is missing for the format.
        if accept is not None and accept(prefix) is not True:
            continue
        stream.seek(0)
        try:
            image = factory(stream, "")
            if is_raw_photo(prefix, name, image):
                raise PhotoError(name, RAW)
            return image
        except PhotoError:
            raise
        # A decoder that fails doesn't support this file; the next one may.
        except Exception:
            if stream.is_late:
                raise
            continue
    if prefix[4:8] == b"ftyp" and prefix[8:12] in _HEIC_BRANDS:
        stream.seek(0)
        return _heic_factory(name)(stream, "")
    if is_raw_photo(prefix, name):
        raise PhotoError(name, RAW)
    raise PhotoError(name, "can't be read as an image")


def _heic_factory(name: str) -> _Factory:
    try:
        from pillow_heif import HeifImageFile  # optional
    except ImportError as error:
        how = 'save it as JPEG, or install what reads it with: pip install "cae-studio[heic]"'
        raise PhotoError(name, f"is a HEIC picture; {how}") from error
    return cast(_Factory, HeifImageFile)


def _opened(image: Image.Image, name: str, shorter_side: int) -> Image.Image:
    is_first = to_main_page(image)
    _check_pixels(image, name)
    several = is_first and _has_several(image)
    # JPEG decodes at 1/2, 1/4 or 1/8 of the size, which is much faster.
    image.draft(None, (shorter_side, shorter_side))
    if isinstance(image, ImageFile) and _decoder(image) == "jpeg":
        image.decodermaxblock = _BLOCK
    image.load()
    _check_pixels(image, name)  # an icon's true size is known only now
    photo = to_rgb(image, _factor(image, shorter_side))
    # Profile and orientation have been applied, and mustn't be written again.
    photo.info = {"several": several}
    return photo


def _check_pixels(image: Image.Image, name: str) -> None:
    most = HEAVY_MEGAPIXELS if image.format in _HEAVY else MAX_MEGAPIXELS
    if _is_slow(image):
        most = SLOW_MEGAPIXELS
    if image.width * image.height > most * 1_000_000:
        raise _too_large(image, name, f"{most} megapixels")


def _too_large(image: Image.Image, name: str, most: str) -> PhotoError:
    if _is_slow(image):
        reason = f"is too large for its format, {image.format} (more than {most})"
        return PhotoError(name, f"{reason}; save it as PNG or JPEG")
    return PhotoError(name, f"is too large (more than {most})")


def _is_slow(image: Image.Image) -> bool:
    return _decoder(image) in Image.DECODERS


def _decoder(image: Image.Image) -> str:
    """Return Pillow's name of the decoder, "" if the pixels are loaded."""
    return image.tile[0][0] if isinstance(image, ImageFile) and image.tile else ""


def _length(stream: IO[bytes]) -> int:
    place = stream.tell()
    length = stream.seek(0, io.SEEK_END)
    stream.seek(place)
    return length


def _factor(image: Image.Image, shorter_side: int) -> int:
    kept = math.ceil(math.sqrt(image.width * image.height / (KEPT_MEGAPIXELS * 1_000_000)))
    return max(1, min(image.size) // shorter_side, kept)


def _has_several(image: Image.Image) -> bool:
    try:
        # Phones append a preview or a depth map to a JPEG.
        return image.format != "MPO" and bool(getattr(image, "is_animated", False))
    # A damaged second picture doesn't matter.
    except Exception:
        return False


__all__ = [
    "CropBox",
    "PhotoError",
    "Source",
    "centre_square",
    "crop_face",
    "faces_in",
    "open_photo",
    "picture_suffixes",
    "read_face",
]


def to_rgb(image: Image.Image, factor: int = 1) -> Image.Image:
    """Rotate a loaded picture upright, reduce it by the factor and convert it to sRGB.

    Deep greys are scaled, not clipped; transparent parts become mid grey.
    """
    plain = _plain(_upright(image), factor)
    return _over_grey(_in_srgb(plain, image.info.get("icc_profile")))


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    # Damaged EXIF data is ignored.
    except Exception:
        return image


def _plain(image: Image.Image, factor: int) -> Image.Image:
    """Reduce by the factor and convert to 8 bits per channel: L, RGB, RGBA or CMYK."""
    if image.mode[0] in "IF":
        wide = image if image.mode == "F" else image.convert("I")
        usual = _WHITE.get(image.mode, ())
        return Image.fromarray(_eight_bits(np.asarray(wide.reduce(factor)), usual))
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.reduce(factor)


def _eight_bits(values: NDArray[np.generic], usual: Sequence[float]) -> NDArray[np.uint8]:
    """Scale grey values to uint8, with white at 255, and clip.

    If none of the usual whites applies, minimum and maximum become black and white.
    """
    grey = values.astype(np.float64)  # changed in place, as it is the largest copy
    np.nan_to_num(grey, copy=False, posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    white = _white(grey, high, usual)
    if white is None or low < white * (1 - _OVER):
        grey -= low
        white = max(high - low, 1e-300)
    grey /= white / 255
    np.clip(grey, 0, 255, out=grey)
    return np.rint(grey, out=grey).astype(np.uint8)


def _white(grey: NDArray[np.float64], high: float, usual: Sequence[float]) -> float | None:
    """Return the first white above the values: usual ones, then those of sensors and 16 bits."""
    for white in usual:
        if high <= white * _OVER:
            return white
        if white == 1 and high <= _HIGHLIGHT and float(np.quantile(grey, 0.99)) <= _OVER:
            return white
    # Truly dark pictures of 16 bits stay dark.
    if (deep := next((white for white in _DEEP if white / 2 < high <= white), None)) is not None:
        return deep
    return 65535.0 if high <= 65535 * (_OVER if 1.0 in usual else 1) else None


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    # A profile that is damaged or of another mode is ignored.
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image


def _over_grey(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (*GREY, 255))
    return Image.alpha_composite(ground, image).convert("RGB")
