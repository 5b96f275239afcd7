from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from cae_gui.widgets.images import fitted, from_qimage, to_qimage


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(48, 48), (3, 5), (7, 1), (33, 50)])
def test_pixels_survive_the_way_to_qt_and_back(shape: tuple[int, int]) -> None:
    pixels = noise(*shape)
    assert np.array_equal(from_qimage(to_qimage(pixels)), pixels)


def test_image_owns_its_memory() -> None:
    pixels = noise(4, 4)
    image = to_qimage(pixels)
    before = pixels.copy()
    pixels[:] = 0
    assert np.array_equal(from_qimage(image), before)


def test_read_only_and_strided_pixels_are_accepted() -> None:
    pixels = noise(8, 8)[::2, ::-1]
    pixels.setflags(write=False)
    assert np.array_equal(from_qimage(to_qimage(pixels)), pixels)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_other_arrays_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        to_qimage(pixels)


def test_transparency_is_dropped() -> None:
    image = QImage(3, 2, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30, 255))
    assert np.array_equal(from_qimage(image), np.full((2, 3, 3), (10, 20, 30), np.uint8))


@pytest.mark.parametrize(
    ("shape", "box", "size"),
    [
        ((48, 48), (48, 48), (48, 48)),
        ((48, 48), (70, 90), (70, 70)),
        ((48, 48), (400, 400), (400, 400)),
        ((100, 200), (50, 50), (50, 25)),
        ((900, 600), (60, 60), (40, 60)),
    ],
)
def test_fitted_keeps_the_aspect(
    shape: tuple[int, int], box: tuple[int, int], size: tuple[int, int]
) -> None:
    image = fitted(noise(*shape), *box)
    assert (image.width(), image.height()) == size


@pytest.mark.parametrize("side", [24, 96, 500])
def test_fitted_keeps_a_plain_color_to_the_edge(side: int) -> None:
    plain = np.full((48, 48, 3), (200, 100, 0), np.uint8)
    assert np.array_equal(
        from_qimage(fitted(plain, side, side)), np.broadcast_to(plain[0, 0], (side, side, 3))
    )
