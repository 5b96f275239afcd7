from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cae_gui.explore.snapshots import MOST_IN_A_ROW, save_named_strip

RED, BLUE = (250, 10, 10), (10, 10, 250)
WIDTH, HEIGHT, GAP = 192 + 16, 192 + 32, 16


def face(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((48, 48, 3), color, np.uint8)


def written(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def has_text(pixels: np.ndarray, row: int, column: int) -> bool:
    top, left = GAP + row * HEIGHT + 192, GAP + column * WIDTH
    return bool((pixels[top : top + 32, left : left + 192] < 128).all(axis=2).any())


def test_each_face_has_its_name_under_it(qapp: object, tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    save_named_strip([face(RED), face(BLUE), face(RED)], ["Ann", "", "Zoë"], path, {"model": "M"})
    pixels = written(path)
    assert pixels.shape == (HEIGHT + GAP, 3 * WIDTH + GAP, 3)
    assert [tuple(pixels[100, GAP + 96 + number * WIDTH]) for number in range(3)] == [
        RED,
        BLUE,
        RED,
    ]
    assert [has_text(pixels, 0, column) for column in range(3)] == [True, False, True]
    assert (pixels[0] == 255).all()


def test_what_made_it_is_in_the_file(qapp: object, tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    save_named_strip([face(RED)], ["Ann"], path, {"model": "Müller", "faces": ["Ann"]})
    with Image.open(path) as picture:
        about = json.loads(picture.info["Description"])
    assert about == {"program": "CAE Studio", "model": "Müller", "faces": ["Ann"]}


def test_many_faces_go_into_further_rows(qapp: object, tmp_path: Path) -> None:
    path, count = tmp_path / "strip.png", MOST_IN_A_ROW + 1
    save_named_strip([face(BLUE)] * count, ["Ann"] * count, path, {})
    pixels = written(path)
    assert pixels.shape == (2 * HEIGHT + GAP, MOST_IN_A_ROW * WIDTH + GAP, 3)
    assert has_text(pixels, 1, 0)
    assert not has_text(pixels, 1, 1)


def test_an_older_file_is_kept_where_it_cannot_be_written(qapp: object, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        save_named_strip([face(RED)], ["Ann"], tmp_path / "gone" / "strip.png", {})
