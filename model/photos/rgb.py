"""Any decoded picture to upright 8-bit RGB in sRGB."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

GREY = (128, 128, 128)
_WHITE = {"I": (255.0, 65535.0), "F": (1.0, 255.0, 65535.0)}


def to_rgb(image: Image.Image, factor: int = 1) -> Image.Image:
    """Turn a loaded picture upright, shrink it by the factor and convert it to RGB in sRGB.

    Deep greys are scaled, not clipped; transparent parts become mid grey.
    """
    plain = _plain(_upright(image), factor)
    return _over_grey(_in_srgb(plain, image.info.get("icc_profile")))


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    # A photo with damaged EXIF data is still a photo.
    except Exception:
        return image


def _plain(image: Image.Image, factor: int) -> Image.Image:
    """Shrink by the factor and convert to 8 bits a channel: L, RGB, RGBA or CMYK."""
    if image.mode[0] in "IF":
        wide = image if image.mode == "F" else image.convert("I")
        usual = _WHITE.get(image.mode, (65535.0,))
        return Image.fromarray(_eight_bits(np.asarray(wide.reduce(factor)), usual))
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.reduce(factor)


def _eight_bits(values: NDArray[np.generic], usual: Sequence[float]) -> NDArray[np.uint8]:
    """Scale grey values to uint8, the first usual white that is enough becoming 255.

    If none is, the darkest becomes black and the brightest white.
    """
    grey = values.astype(np.float64)  # changed in place: it is the largest of all copies
    np.nan_to_num(grey, copy=False, posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    white = next((white for white in usual if high <= white), None)
    if low < 0 or white is None:
        grey -= low
        white = max(high - low, 1e-300)
    grey /= white / 255
    return np.rint(grey, out=grey).astype(np.uint8)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    # A profile that is damaged or made for another kind of image is as good as none.
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image


def _over_grey(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (*GREY, 255))
    return Image.alpha_composite(ground, image).convert("RGB")
