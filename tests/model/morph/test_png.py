from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.morph import png
from model.morph.animation import about_chunks

PICTURE = np.random.default_rng(0).integers(0, 256, (150, 37, 3), np.uint8)


def bands(*heights: int) -> Iterator[NDArray[np.uint8]]:
    start = 0
    for height in heights:
        yield PICTURE[start : start + height]
        start += height


@pytest.mark.parametrize("heights", [(150,), (1, 149), (50, 50, 50), (64, 64, 22)])
def test_bands_become_one_picture(heights: tuple[int, ...]) -> None:
    file = BytesIO()
    rows = list(png.write_picture(file, bands(*heights), (37, 150)))
    assert rows[-1] == 150
    assert all(0 < later - earlier <= 64 for earlier, later in pairwise([0, *rows]))
    with Image.open(file) as image:
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), PICTURE)


def picture(pixels: NDArray[np.uint8]) -> BytesIO:
    file = BytesIO()
    height, width, _ = pixels.shape
    list(png.write_picture(file, [pixels], (width, height), about_chunks("Größe “x”")))
    return file


def test_a_picture_with_texts() -> None:
    with Image.open(picture(PICTURE)) as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE)
        assert dict(image.text) == {"Software": "CAE Studio", "Description": "Größe “x”"}  # type: ignore[attr-defined]


def test_a_row_of_one_pixel() -> None:
    with Image.open(picture(PICTURE[:1, :1])) as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE[:1, :1])


def test_smooth_pictures_are_smaller_than_by_pillow() -> None:
    coarse = Image.fromarray(PICTURE[:12, :12])
    smooth = coarse.resize((480, 480), Image.Resampling.LANCZOS)
    by_pillow = BytesIO()
    smooth.save(by_pillow, "PNG")
    assert len(picture(np.asarray(smooth)).getvalue()) < len(by_pillow.getvalue())
