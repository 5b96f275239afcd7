from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.io.sheet import MAX_FACES, read_sheet, write_sheet


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


@pytest.mark.parametrize("shape", [(0, 48, 48, 3), (2, 48, 47, 3), (MAX_FACES + 1, 48, 48, 3)])
def test_what_fits_no_sheet_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        write_sheet(np.broadcast_to(np.uint8(0), shape), tmp_path / "faces.webp")


def test_a_count_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    write_sheet(np.zeros((3, 48, 48, 3), np.uint8), tmp_path / "faces.webp")
    (tmp_path / "faces.json").write_text('{"count": 33}')

    with pytest.raises(ValueError, match="33 faces"):
        read_sheet(tmp_path, "faces")
