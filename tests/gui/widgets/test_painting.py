from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter

from cae_gui.widgets.images import from_qimage, to_qimage
from cae_gui.widgets.painting import on_pixel, paint_picture

pytestmark = pytest.mark.usefixtures("qapp")


def canvas(ratio: float) -> QImage:
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    image.setDevicePixelRatio(ratio)
    return image


def test_a_point_goes_to_the_nearest_device_pixel() -> None:
    painter = QPainter(image := canvas(1.5))
    painter.translate(1, 0)
    assert on_pixel(painter, QPointF(0, 1)) * 1.5 == QPointF(0.5, 2)
    painter.end()
    assert image.devicePixelRatio() == 1.5


def test_pixels_are_painted_as_they_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    for ratio in (1.0, 1.5, 2.0):
        image = canvas(ratio)
        painter = QPainter(image)
        rect = paint_picture(painter, to_qimage(pixels), QPointF(7, 7), 0.0)
        painter.end()
        left, top = round(rect.x() * ratio), round(rect.y() * ratio)
        assert np.array_equal(from_qimage(image)[top : top + 30, left : left + 30], pixels)


def test_corners_are_round() -> None:
    image = canvas(1.0)
    painter = QPainter(image)
    white = to_qimage(np.full((30, 30, 3), 255, np.uint8))
    paint_picture(painter, white, QPointF(10, 10), 6.0)
    painter.end()
    assert image.pixelColor(10, 10).lightness() < 128
    assert image.pixelColor(16, 10).lightness() == 255


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_between_round_corners_all_pixels_are_painted_as_they_are(ratio: float) -> None:
    pixels = np.random.default_rng(0).integers(1, 256, (50, 50, 3), dtype=np.uint8)
    image = canvas(ratio)
    painter = QPainter(image)
    rect = paint_picture(painter, to_qimage(pixels), QPointF(3, 3), 6.0)
    assert not painter.hasClipping()
    painter.end()
    left, top = round(rect.x() * ratio), round(rect.y() * ratio)
    painted = from_qimage(image)[top : top + 50, left : left + 50]
    edge = math.ceil(6 * ratio)
    inner = 50 - 2 * edge
    assert np.array_equal(painted[edge : edge + inner], pixels[edge : edge + inner])
    assert np.array_equal(painted[:, edge : edge + inner], pixels[:, edge : edge + inner])
    for corner in (painted[0, 0], painted[0, -1], painted[-1, 0], painted[-1, -1]):
        assert not corner.any()
