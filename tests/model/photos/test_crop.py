from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.photos.crop import CropBox, crop_face

places, sizes, angles = st.floats(-500, 500), st.floats(1, 800), st.floats(-720, 720)
boxes = st.builds(CropBox, places, places, sizes, angles)
quick = settings(database=None, deadline=None, max_examples=150)


def smooth(side: int = 300) -> Image.Image:
    """Colours that change so slowly that resampling hardly matters."""
    down, across = np.mgrid[:side, :side] / side
    waves = [np.sin(3 * across + 2 * down), np.cos(4 * across), np.sin(3 * down + 1)]
    return Image.fromarray(np.rint(127 + 120 * np.stack(waves, -1)).astype(np.uint8))


@quick
@given(boxes, st.floats(-1, 2), st.floats(-1, 2))
def test_from_box_to_photo_and_back(box: CropBox, across: float, down: float) -> None:
    back = box.to_box(*box.to_photo(across, down))

    assert back == pytest.approx((across, down), abs=1e-6)


@quick
@given(boxes)
def test_the_upright_square_around_a_box_holds_its_corners_and_no_more(box: CropBox) -> None:
    left, top, size = box.bounds()
    corners = np.array([box.to_photo(*corner) for corner in ((0, 0), (1, 0), (0, 1), (1, 1))])

    assert corners.min(axis=0) == pytest.approx((left, top), abs=1e-6)
    assert corners.max(axis=0) == pytest.approx((left + size, top + size), abs=1e-6)


@quick
@given(boxes, st.integers(1, 3000), st.integers(1, 3000))
def test_a_box_is_kept_on_the_photo(box: CropBox, width: int, height: int) -> None:
    inside = box.within(width, height)

    x, y = inside.centre
    assert -1e-6 <= x <= width + 1e-6
    assert -1e-6 <= y <= height + 1e-6
    assert 8 <= inside.size <= max(width, height, 8)
    assert -180 <= inside.angle < 180
    again = inside.within(width, height)
    assert again.centre == pytest.approx(inside.centre)
    assert (again.size, again.angle) == pytest.approx((inside.size, inside.angle))


def test_boxes_of_one_face_have_centres_close_to_each_other() -> None:
    box = CropBox(100, 100, 40)
    for near in (box, CropBox(115, 100, 40), CropBox(110, 110, 40, 90), CropBox(90, 90, 90)):
        assert box.is_near(near)
        assert near.is_near(box)
    for far in (CropBox(121, 100, 40), CropBox(115, 115, 40), CropBox(0, 0, 40)):
        assert not box.is_near(far)


def test_a_good_box_stays_as_it_is() -> None:
    box = CropBox(10, 20, 30, -15)

    assert box.within(100, 100) == box


@pytest.mark.parametrize("angle", [-170, -45, -12, -0.001, 7, 90, 180])
@pytest.mark.parametrize("size", [40, 60, 100, 170])
def test_a_turned_box_shows_what_lies_at_its_places(angle: float, size: float) -> None:
    image = smooth()
    box = CropBox.around(151, 143, size, angle)

    face = crop_face(image, box).astype(int)

    for row, column in ((3, 5), (24, 24), (40, 8), (44, 45)):
        x, y = box.to_photo((column + 0.5) / 48, (row + 0.5) / 48)
        seen = image.getpixel((int(x), int(y)))
        assert np.abs(face[row, column] - seen).max() <= 6


def test_a_box_turned_a_little_is_cut_nearly_as_an_upright_one() -> None:
    upright = crop_face(smooth(), CropBox(60, 70, 150)).astype(int)

    turned = crop_face(smooth(), CropBox(60, 70, 150, 1e-6)).astype(int)

    assert np.abs(upright - turned).max() <= 1


@pytest.mark.parametrize("side", [100, 500, 1400])
def test_turned_fine_patterns_are_averaged_and_not_jagged(side: int) -> None:
    checks = (np.indices((1500, 1500)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = Image.fromarray(np.stack([checks] * 3, axis=-1))

    face = crop_face(image, CropBox.around(750, 750, side, 17)).astype(int)

    assert np.abs(face - 127).max() <= 24


def test_a_turned_box_over_the_edge_continues_the_edge() -> None:
    image = Image.new("RGB", (60, 60), (10, 20, 30))

    for box in (CropBox(-30, -30, 90, 45), CropBox(0, 0, 60, 30), CropBox(50, 50, 400, -80)):
        assert np.array_equal(crop_face(image, box), np.full((48, 48, 3), (10, 20, 30)))


@quick
@given(boxes, st.integers(1, 300), st.integers(1, 300))
def test_every_turned_box_gives_a_face_or_a_sentence(box: CropBox, width: int, height: int) -> None:
    image = Image.new("RGB", (width, height), (9, 8, 7))
    left, top, size = box.bounds()
    touches = left < width and top < height and left + size > 0 and top + size > 0

    if touches and box.size <= 64 * max(width, height):
        assert np.array_equal(crop_face(image, box), np.full((48, 48, 3), (9, 8, 7)))
    else:
        with pytest.raises(ValueError, match="doesn't lie"):
            crop_face(image, box)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_angle_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="doesn't lie"):
        crop_face(smooth(), CropBox(10, 10, 50, bad))


def test_other_sides_can_be_asked_for() -> None:
    image = smooth()

    assert np.array_equal(crop_face(image, CropBox(0, 0, 300), 300), np.asarray(image))
    assert crop_face(image, CropBox(0, 0, 300, 5), 120).shape == (120, 120, 3)
