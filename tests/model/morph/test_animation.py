from __future__ import annotations

import weakref
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from model.morph.animation import WRITERS, AnimationSettings, about_chunks, write_picture

COUNT, SIDE = 7, 24


def settings(rate: float = 30.0, about: str = "{}") -> AnimationSettings:
    faces = np.stack([np.asarray(frame) for frame in frames()])
    return AnimationSettings(COUNT, SIDE, rate, about, faces)


def frames() -> list[Image.Image]:
    random = np.random.default_rng(1)
    return [Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)) for _ in range(7)]


def written(name: str, wanted: AnimationSettings) -> BytesIO:
    file = BytesIO()
    for _ in WRITERS[name](file, frames(), wanted):
        pass
    file.seek(0)
    return file


def test_the_times_of_the_frames_add_up_to_the_whole() -> None:
    assert settings(30.0).durations(100) == [3, 4, 3, 3, 4, 3, 3]
    assert sum(settings(30.0).durations(1000)) == round(7000 / 30)
    assert settings(25.0).durations(100) == [4] * COUNT


@pytest.mark.parametrize("name", WRITERS)
def test_others_read_each_frame_with_its_time(name: str) -> None:
    with Image.open(written(name, settings(12.5))) as picture:
        read = [
            (frame.convert("RGB"), frame.info["duration"])
            for frame in ImageSequence.Iterator(picture)
        ]
        assert picture.info["loop"] == 0
    assert [duration for _, duration in read] == [80] * COUNT
    tolerance = {"GIF": 20, "WebP": 60, "PNG": 0}[name]  # of noise, which neither is made for
    for (image, _), frame in zip(read, frames(), strict=True):
        difference = np.abs(np.asarray(image, np.int16) - np.asarray(frame, np.int16))
        assert difference.mean() <= tolerance


@pytest.mark.parametrize("name", WRITERS)
def test_each_frame_is_written_before_the_next_one_is_asked_for(name: str) -> None:
    file = BytesIO()
    sizes = [file.tell() for _ in WRITERS[name](file, iter(frames()), settings())]
    assert all(later > earlier for earlier, later in pairwise(sizes))
    assert len(sizes) == COUNT


@pytest.mark.parametrize("name", WRITERS)
def test_no_frame_is_kept(name: str) -> None:
    given: list[weakref.ref[Image.Image]] = []

    def one_by_one() -> Iterator[Image.Image]:
        for _ in range(COUNT):
            frame = Image.new("RGB", (SIDE, SIDE))
            given.append(weakref.ref(frame))
            yield frame

    for _ in WRITERS[name](BytesIO(), one_by_one(), settings()):
        assert sum(frame() is not None for frame in given) <= 2
    assert len(given) == COUNT


def test_a_gif_keeps_a_long_comment_whole() -> None:
    about = "Größe " * 200
    with Image.open(written("GIF", settings(about=about))) as picture:
        assert picture.info["comment"].decode() == about


def test_players_of_gifs_get_no_time_that_they_would_not_keep() -> None:
    with Image.open(written("GIF", settings(100.0))) as picture:
        assert picture.info["duration"] == 20


def test_the_size_in_a_webp_is_that_of_the_file() -> None:
    content = written("WebP", settings(about="odd")).getvalue()
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    assert len(content) % 2 == 0


PICTURE = np.random.default_rng(0).integers(0, 256, (150, 37, 3), np.uint8)


def bands(*heights: int) -> Iterator[NDArray[np.uint8]]:
    start = 0
    for height in heights:
        yield PICTURE[start : start + height]
        start += height


@pytest.mark.parametrize("heights", [(150,), (1, 149), (50, 50, 50), (64, 64, 22)])
def test_bands_become_one_picture(heights: tuple[int, ...]) -> None:
    file = BytesIO()
    rows = list(write_picture(file, bands(*heights), (37, 150)))
    assert rows[-1] == 150
    assert all(0 < later - earlier <= 64 for earlier, later in pairwise([0, *rows]))
    with Image.open(file) as image:
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), PICTURE)


def picture(pixels: NDArray[np.uint8]) -> BytesIO:
    file = BytesIO()
    height, width, _ = pixels.shape
    list(write_picture(file, [pixels], (width, height), about_chunks("Größe “x”")))
    return file


def test_a_picture_with_texts() -> None:
    with Image.open(picture(PICTURE)) as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE)
        assert dict(image.text) == {"Software": "CAE Studio", "Description": "Größe “x”"}  # type: ignore[attr-defined]


def test_a_row_of_one_pixel() -> None:
    with Image.open(picture(PICTURE[:1, :1])) as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE[:1, :1])


def test_smooth_pictures_are_smaller_than_by_pillow() -> None:
    coarse = Image.fromarray(PICTURE[:12, :12])
    smooth = coarse.resize((480, 480), Image.Resampling.LANCZOS)
    by_pillow = BytesIO()
    smooth.save(by_pillow, "PNG")
    assert len(picture(np.asarray(smooth)).getvalue()) < len(by_pillow.getvalue())
