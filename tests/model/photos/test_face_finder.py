from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.photos.crop import CropBox, crop_face
from model.photos.face_finder import MAX_SIDE, find_faces
from tests.drawn_photos import Sitter, drawn_photo


def assert_near(box: CropBox, sitter: Sitter, angle: float = 9.0) -> None:
    x, y = box.centre
    assert (x, y) == pytest.approx((sitter.x, sitter.y), abs=sitter.size / 8)
    assert box.size == pytest.approx(sitter.size, rel=0.2)
    assert box.angle == pytest.approx(sitter.angle, abs=angle)


@pytest.mark.parametrize("row", [0, 1, 6, 7, 8])
def test_an_upright_face_is_found_where_it_is(row: int) -> None:
    sitter = Sitter(row, 300, 240, 150)

    [box] = find_faces(drawn_photo([sitter]))

    assert_near(box, sitter)


@pytest.mark.parametrize(("row", "angle"), [(3, -12), (5, 15), (3, 12)])
def test_a_face_aslant_gets_a_turned_box(row: int, angle: float) -> None:
    sitter = Sitter(row, 300, 240, 150, angle)

    [box] = find_faces(drawn_photo([sitter]))

    assert_near(box, sitter, angle=5)


def test_several_faces_come_with_the_most_prominent_first() -> None:
    small, large = Sitter(3, 130, 130, 90), Sitter(5, 430, 260, 170)

    first, second = find_faces(drawn_photo([small, large]))

    assert_near(first, large)
    assert_near(second, small)


def test_of_two_alike_the_one_in_the_middle_comes_first() -> None:
    aside, middle = Sitter(3, 1000, 130, 120), Sitter(3, 560, 300, 120)

    first, second = find_faces(drawn_photo([aside, middle], (1120, 600)))

    assert_near(first, middle)
    assert_near(second, aside)


def test_a_large_photo_is_searched_reduced_and_the_box_fits_the_photo() -> None:
    sitter = Sitter(5, 1500, 1400, 900)
    photo = drawn_photo([sitter], (3200, 2400))
    assert max(photo.size) > MAX_SIDE

    [box] = find_faces(photo)

    assert_near(box, sitter)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (24, 24), (48, 48), (700, 500)])
def test_where_there_is_no_face_none_is_found(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)

    assert find_faces(Image.new("RGB", size, (90, 90, 90))) == []
    assert find_faces(Image.fromarray(noise)) == []


def test_threads_find_the_same(tmp_path: Path) -> None:
    photo = drawn_photo([Sitter(3, 300, 240, 150, -12)])
    results: list[list[CropBox]] = []
    threads = [threading.Thread(target=lambda: results.append(find_faces(photo))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [find_faces(photo)] * 3


def test_opencv_comes_only_when_it_is_needed_and_keeps_to_one_thread() -> None:
    code = (
        "import sys, model.photos.faces, model.photos.photos; assert 'cv2' not in sys.modules\n"
        "from PIL import Image; from model.photos.face_finder import find_faces\n"
        "find_faces(Image.new('RGB', (99, 99))); import cv2\n"
        "assert cv2.getNumThreads() == 1; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_photos_of_lfw_land_where_the_training_faces_are(lfw_data_home: Path) -> None:
    folders = sorted((lfw_data_home / "lfw_home" / "lfw_funneled").iterdir())
    files = [path for folder in folders[::140] for path in sorted(folder.glob("*.jpg"))[:1]]
    expected, found = CropBox(78, 94, 96), []
    for file in files:
        with Image.open(file) as image:
            photo = image.convert("RGB")
        boxes = find_faces(photo)
        found.extend(boxes[:1])

    assert len(found) >= 0.95 * len(files)
    places = np.array([(*box.centre, box.size) for box in found])
    assert np.median(places, axis=0) == pytest.approx((*expected.centre, 96), abs=2)
    assert np.percentile(np.abs(places[:, :2] - expected.centre).max(axis=1), 80) < 6
    assert np.mean([box.angle != 0 for box in found]) < 0.2


def test_the_astronaut_of_scikit_image() -> None:
    data = pytest.importorskip("skimage.data")
    photo = Image.fromarray(data.astronaut())

    box = find_faces(photo)[0]

    assert box.centre == pytest.approx((224, 128), abs=10)
    assert crop_face(photo, box).shape == (48, 48, 3)
