from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.data.datasets import DataError, FaceSet, demo_faces
from model.io.sheet import write_sheet


def face_set(count: int) -> FaceSet:
    return FaceSet("Some", np.zeros((count, 48, 48, 3), np.uint8))


@pytest.mark.parametrize(("count", "percent", "seed"), [(2, 20, 0), (100, 20, 0), (37, 33, 5)])
def test_the_split_is_that_of_the_permutation(count: int, percent: int, seed: int) -> None:
    order = np.random.RandomState(seed).permutation(count)
    tests = max(1, round(count * percent / 100))

    train, test = face_set(count).split(percent, seed)

    assert test.tolist() == sorted(order[:tests])
    assert train.tolist() == sorted(order[tests:])
    assert train.dtype == test.dtype == np.int64


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_faces_cannot_be_split(count: int) -> None:
    with pytest.raises(DataError, match="“Some” has too few faces"):
        face_set(count).split()


def test_images_are_read_only_and_the_original_stays_as_it_is() -> None:
    images = np.zeros((2, 48, 48, 3), np.uint8)
    faces = FaceSet("Some", images, ["Ann", "Ann"])

    with pytest.raises(ValueError, match="read-only"):
        faces.images[0] = 1
    assert images.flags.writeable


def test_faces_without_names_are_numbered() -> None:
    assert list(face_set(2).names) == ["Face 0001", "Face 0002"]


def test_what_is_no_face_set_is_refused() -> None:
    with pytest.raises(ValueError, match="1 names don't fit 2 faces"):
        FaceSet("Some", np.zeros((2, 48, 48, 3), np.uint8), ["Ann"])
    with pytest.raises(ValueError, match="float64"):
        FaceSet("Some", np.zeros((2, 48, 48, 3)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="47"):
        FaceSet("Some", np.zeros((2, 48, 47, 3), np.uint8))


def test_demo_faces_come_from_their_sheet(tmp_path: Path) -> None:
    images = np.zeros((40, 48, 48, 3), np.uint8)
    images += np.arange(40, dtype=np.uint8)[:, None, None, None]
    write_sheet(images, tmp_path / "demo_faces.webp")

    faces = demo_faces(tmp_path)

    assert faces.title == "Demo faces"
    assert np.array_equal(faces.images, images)
    assert (faces.names[0], faces.names[39]) == ("Demo face 0001", "Demo face 0040")


def test_missing_demo_faces_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="The demo faces are missing"):
        demo_faces(tmp_path)
