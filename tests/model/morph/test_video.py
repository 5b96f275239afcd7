from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from model.morph.film import has_encoder

if not has_encoder():
    pytest.skip("imageio-ffmpeg isn't installed", allow_module_level=True)

from imageio_ffmpeg import count_frames_and_secs

from model.morph.video import encode


def frames(count: int) -> Iterator[Image.Image]:
    return (Image.new("RGB", (32, 32), (10 * number, 0, 0)) for number in range(count))


@pytest.mark.parametrize("name", ["film.mp4", "film", "fil%m: 1.gif"])
def test_a_film_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert len(list(encode(path, frames(7), 32, 12.5, "made by a test"))) == 7
    assert count_frames_and_secs(path) == (7, 0.56)
    assert b"made by a test" in path.read_bytes()


def test_a_film_that_cannot_be_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps = encode(tmp_path / "gone" / "film.mp4", frames(3), 32, 25, "")
    with pytest.raises((OSError, RuntimeError)):
        list(steps)
    capfd.readouterr()  # the encoder's own words
