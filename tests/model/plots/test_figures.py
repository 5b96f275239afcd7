from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.evaluation import quality
from model.plots.figures import (
    DIFFERENCE_SCALE,
    CurveHistory,
    curves_figure,
    difference_colors,
    difference_image,
    errors_figure,
    reconstruction_figure,
    rows_figure,
)

STARTS = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}
HISTORY = CurveHistory((1, 2), (0.01, 0.005), (0.011, 0.006), (0.02, 0.01))


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)


def test_import_leaves_matplotlib_alone():
    code = "import sys, model.plots.figures; sys.exit('matplotlib' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".PNG"])
def test_each_figure_is_written_as_its_suffix_says(faces, tmp_path, suffix):
    others = faces[::-1].copy()
    paths = [tmp_path / f"{name}{suffix}" for name in ("rows", "face", "curves", "errors")]
    rows_figure(faces, others, paths[0])
    reconstruction_figure(faces[0], others[0], quality(faces[0], others[0]), paths[1])
    curves_figure(HISTORY, paths[2], references=(("Published network 0.00156", 0.00156),))
    mse = np.linspace(0.001, 0.002, 20, dtype=np.float32)
    errors_figure([("_one $a$", mse), ("other", mse[:1])], paths[3])
    for path in paths:
        assert path.read_bytes().startswith(STARTS[suffix.lower()])
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_rows_show_every_pixel_of_the_faces(faces, tmp_path):
    rows_figure(faces, faces, tmp_path / "rows.png")
    picture = np.asarray(Image.open(tmp_path / "rows.png").convert("RGB"))
    left, top = 108 * 3, 10 * 3
    face = picture[top : top + 144, left : left + 144]
    np.testing.assert_array_equal(face[1::3, 1::3], faces[0])


def test_a_figure_of_errors_tells_mean_median_and_percentile(tmp_path):
    path, mse = tmp_path / "errors.svg", np.linspace(0.001, 0.002, 101, dtype=np.float32)
    errors_figure([("Ours", mse)], path)
    told = "Ours: mean 0.00150, median 0.00150, 95 % up to 0.00195"
    assert told in path.read_text("utf-8")
    with pytest.raises(ValueError, match="at least one face"):
        errors_figure([("Ours", mse), ("Other", mse[:0])], path)


def test_equal_faces_have_infinite_psnr_in_the_figure(faces, tmp_path):
    path = tmp_path / "face.svg"
    reconstruction_figure(faces[0], faces[0], quality(faces[0], faces[0]), path)
    assert "PSNR infinite" in path.read_text("utf-8")


def test_unknown_suffix_is_refused_with_the_allowed_ones(faces, tmp_path):
    with pytest.raises(ValueError, match=r"“rows\.bmp” must end in \.png, \.svg or \.pdf"):
        rows_figure(faces, faces, tmp_path / "rows.bmp")


def test_rows_need_faces_and_as_many_reconstructions(faces, tmp_path):
    for originals in (faces[:0], faces[:2]):
        with pytest.raises(ValueError, match="at least one face"):
            rows_figure(originals, faces[: len(originals) * 2], tmp_path / "rows.png")


def test_missing_folder_is_an_os_error(faces, tmp_path):
    with pytest.raises(FileNotFoundError):
        rows_figure(faces, faces, tmp_path / "nowhere" / "rows.png")


def test_failed_drawing_keeps_the_old_file(faces, tmp_path):
    path = tmp_path / "rows.png"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        rows_figure(faces[:, :, :, :2], faces[:, :, :, :2], path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_difference_runs_from_black_to_the_brightest_color():
    black = np.zeros((48, 48, 3), np.uint8)
    grey = np.full((48, 48, 3), round(255 * DIFFERENCE_SCALE) + 1, np.uint8)
    same, scale = difference_image(black, black)
    most, _ = difference_image(black, grey)
    assert scale == DIFFERENCE_SCALE
    assert same.shape == (48, 48, 3)
    assert same.dtype == np.uint8
    assert (same == difference_colors()[0]).all()
    assert (most == difference_colors()[255]).all()


def test_difference_takes_float_images_beyond_the_range():
    bright = np.full((48, 48, 3), 1.2, np.float32)
    picture, _ = difference_image(np.zeros((48, 48, 3), np.uint8), bright)
    assert (picture == difference_colors()[255]).all()
