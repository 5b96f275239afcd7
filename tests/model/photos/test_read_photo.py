from __future__ import annotations

import io
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.photos.crop import CropBox, Placement, crop_face
from model.photos.photos import picture_digest, read_photo
from tests.drawn_photos import Sitter, drawn_photo

numbers = st.floats(-1e6, 1e6)
boxes = st.builds(CropBox, numbers, numbers, numbers, numbers)


def pixels_of(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def test_a_box_is_put_on_the_most_prominent_face() -> None:
    small, large = Sitter(3, 130, 130, 90), Sitter(5, 430, 260, 170)

    photo = read_photo(pixels_of(drawn_photo([small, large])), "Both")

    assert photo.placement.chosen == 0
    assert photo.placement.box == photo.placement.found[0]
    assert photo.placement.box.centre == pytest.approx((430, 260), abs=20)
    assert len(photo.placement.found) == 2
    assert photo.notes == ()
    assert np.array_equal(photo.face(), crop_face(photo.picture, photo.placement.box))


def test_without_a_face_the_box_is_in_the_middle_and_a_sentence_says_so() -> None:
    photo = read_photo(pixels_of(Image.new("RGB", (300, 200), (9, 9, 9))), "Fog")

    assert photo.placement == Placement(CropBox(50, 0, 200))
    assert [note.startswith("No face was found in “Fog”") for note in photo.notes] == [True]


def test_a_small_picture_is_a_face_already() -> None:
    photo = read_photo(pixels_of(Image.new("RGB", (60, 48))), "Face")

    assert photo.placement == Placement(CropBox(6, 0, 48))
    assert photo.notes == ()


def test_of_an_animation_the_first_picture_is_taken_and_that_is_said() -> None:
    stream = io.BytesIO()
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])

    photo = read_photo(stream.getvalue(), "dance.gif")

    assert photo.picture.getpixel((9, 9)) == (255, 0, 0)
    assert photo.notes == ("“dance.gif” holds several pictures; the first was taken.",)


def test_a_digest_stands_for_pixels_and_shape() -> None:
    images = [Image.new("RGB", size, 5) for size in ((8, 2), (2, 8), (4, 4))]

    assert len({picture_digest(image) for image in (*images, *images)}) == 3


ROW = tuple(CropBox(left, 50, 40) for left in (0, 100, 200))


def test_faces_on_which_no_box_is_are_free() -> None:
    placement = Placement(ROW[1], ROW, 1)
    assert placement.free([]) == [0, 2]
    assert placement.free([CropBox(5, 45, 60, 20)]) == [2]
    assert placement.moved(CropBox(400, 50, 40)).free(ROW[:1]) == [1, 2]


def test_another_box_is_on_a_free_face_or_beside() -> None:
    placement, size = Placement(ROW[1], ROW, 1), (300, 200)
    assert placement.another([], size) == Placement(ROW[0], ROW, 0)
    assert placement.another([ROW[0]], size) == Placement(ROW[2], ROW, 2)
    boxes = [ROW[0], ROW[2]]
    for _ in range(3):
        beside = placement.another(boxes, size)
        assert beside.chosen == -1
        assert beside.box.size == 40
        assert not any(map(beside.box.is_near, (*ROW, *boxes)))
        boxes.append(beside.box)


def test_on_a_photo_that_is_all_box_another_one_is_still_on_it() -> None:
    placement = Placement(CropBox(0, 0, 90))
    box = placement.another([], (90, 90)).box
    assert box == box.within(90, 90)
    assert not box.is_near(placement.box)


@settings(database=None, deadline=None)
@given(boxes, st.lists(boxes, max_size=4), st.data())
def test_a_placement_survives_being_written(
    box: CropBox, found: list[CropBox], data: st.DataObject
) -> None:
    chosen = data.draw(st.integers(-1, len(found) - 1))
    placement = Placement(box, tuple(found), chosen)

    assert Placement.from_json(json.loads(json.dumps(placement.as_json()))) == placement


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"box": [1, 2, 3, 0], "found": [], "chosen": 0},
        {"box": "face", "found": [], "chosen": -1},
        {"box": [1, 2, 3, 4, 5], "found": [], "chosen": -1},
        {"box": [1, 2, 3, 0], "found": [None], "chosen": 0},
    ],
)
def test_what_is_no_placement_is_refused(value: object) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        Placement.from_json(value)


@pytest.mark.parametrize("number", [math.nan, math.inf, "x", None])
def test_a_box_of_something_else_than_numbers_is_refused(number: Any) -> None:
    for broken in ({"box": [1, 2, number]}, {"found": [[1, 2, 3, number]]}):
        with pytest.raises((TypeError, ValueError)):
            Placement.from_json({"box": [1, 2, 3], "found": [], "chosen": -1} | broken)
