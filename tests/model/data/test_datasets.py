from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.data.datasets import (
    MAX_SHEET_FACES,
    DataError,
    FaceSet,
    demo_faces,
    read_sheet,
    write_sheet,
)


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


def flat_faces(count: int) -> NDArray[np.uint8]:
    """Faces of one colour each; lossless compression of noise takes seconds."""
    colours = np.random.default_rng(count).integers(0, 256, (count, 1, 1, 3), np.uint8)
    return np.broadcast_to(colours, (count, 48, 48, 3))


@pytest.mark.parametrize("count", [1, 31, 32, 33, 70])
def test_faces_come_back_exactly(count: int, tmp_path: Path) -> None:
    images = flat_faces(count)

    write_sheet(images, tmp_path / "faces.webp")
    read = read_sheet(tmp_path, "faces")

    assert np.array_equal(read, images)
    assert read.flags.c_contiguous


@pytest.mark.parametrize(
    "shape", [(0, 48, 48, 3), (2, 48, 47, 3), (MAX_SHEET_FACES + 1, 48, 48, 3)]
)
def test_what_fits_no_sheet_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        write_sheet(np.broadcast_to(np.uint8(0), shape), tmp_path / "faces.webp")


def test_a_count_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    write_sheet(np.zeros((3, 48, 48, 3), np.uint8), tmp_path / "faces.webp")
    (tmp_path / "faces.json").write_text('{"count": 33}')

    with pytest.raises(ValueError, match="33 faces"):
        read_sheet(tmp_path, "faces")
