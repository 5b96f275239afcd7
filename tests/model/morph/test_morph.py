from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.morph.morph import linear, save_gif, save_strip, spherical, there_and_back

Floats = NDArray[np.float32]
SHARE = np.linspace(0, 1, 5, dtype=np.float32)


def vector(*values: float) -> Floats:
    return np.array(values, np.float32)


def frames_of(count: int) -> NDArray[np.uint8]:
    """Frames of one grey each, all different."""
    greys = np.linspace(0, 255, count).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(greys[:, None, None, None], (count, 48, 48, 3)))


def test_the_straight_line_is_even() -> None:
    path = linear(vector(0, 2), vector(4, -2), SHARE)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path, [[0, 2], [1, 1], [2, 0], [3, -1], [4, -2]])


def test_shares_beyond_the_ends_go_on() -> None:
    path = linear(vector(0), vector(1), np.array([-0.5, 1.5]))
    np.testing.assert_allclose(path, [[-0.5], [1.5]])


@pytest.mark.parametrize("walk", [linear, spherical])
def test_a_path_begins_and_ends_where_it_should(walk) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(0)
    start, end = random.normal(size=(2, 500)).astype(np.float32)
    path = walk(start, end, SHARE)
    assert path.shape == (5, 500)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path[0], start, atol=1e-5)
    np.testing.assert_allclose(path[-1], end, atol=1e-5)


def test_the_great_arc_turns_evenly_and_lengths_change_evenly() -> None:
    path = spherical(vector(1, 0, 0), vector(0, 3, 0), SHARE)
    angles = np.degrees(np.arctan2(path[:, 1], path[:, 0]))
    np.testing.assert_allclose(angles, [0, 22.5, 45, 67.5, 90], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), [1, 1.5, 2, 2.5, 3], rtol=1e-6)
    np.testing.assert_allclose(path[:, 2], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (vector(1, 2, 3), vector(1, 2, 3)),
        (vector(1, 2, 3), vector(2, 4, 6)),
        (vector(1, 2, 3), vector(1, 2, 3.00001)),
        (vector(1, 2, 3), vector(-1, -2, -3)),
        (vector(0, 0, 0), vector(1, 2, 3)),
        (vector(1, 2, 3), vector(0, 0, 0)),
        (vector(0, 0, 0), vector(0, 0, 0)),
    ],
)
def test_where_there_is_no_arc_the_path_is_straight(start: Floats, end: Floats) -> None:
    path = spherical(start, end, SHARE)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path, linear(start, end, SHARE), atol=1e-5)


def test_nearly_opposite_and_tiny_latents_give_numbers() -> None:
    for start, end in [
        (vector(1, 0), vector(-1, 1e-3)),
        (vector(1, 0), vector(-1, 1e-6)),
        (vector(1e-30, 0), vector(0, 1e-30)),
    ]:
        assert np.isfinite(spherical(start, end, SHARE)).all()


@pytest.mark.parametrize(
    ("count", "order"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2, 1]), (4, [0, 1, 2, 3, 2, 1])]
)
def test_there_and_back_repeats_no_end(count: int, order: list[int]) -> None:
    frames = frames_of(count)
    np.testing.assert_array_equal(there_and_back(frames), frames[order])


def test_a_gif_has_all_frames_and_lasts_as_long_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "morph.gif"
    frames = frames_of(10)

    save_gif(frames, path, seconds=1.5, scale=2)

    with Image.open(path) as film:
        assert film.format == "GIF"
        assert film.size == (96, 96)
        assert getattr(film, "n_frames") == 10  # noqa: B009 - not in the type of every image
        assert film.info["loop"] == 0
        for number, frame in enumerate(frames):
            film.seek(number)
            assert film.info["duration"] == 150
            shown = np.asarray(film.convert("RGB")).astype(int)
            assert abs(shown - int(frame[0, 0, 0])).max() <= 2


def test_frames_are_never_shorter_than_players_can_show(tmp_path: Path) -> None:
    save_gif(frames_of(20), tmp_path / "fast.gif", seconds=0.1, scale=1)
    with Image.open(tmp_path / "fast.gif") as film:
        assert film.info["duration"] == 20


def test_still_frames_keep_their_time(tmp_path: Path) -> None:
    frames = frames_of(4)[[0, 0, 0, 1, 2, 3, 3, 3]]
    save_gif(frames, tmp_path / "still.gif", seconds=0.8, scale=1)
    total = 0
    with Image.open(tmp_path / "still.gif") as film:
        for number in range(getattr(film, "n_frames")):  # noqa: B009
            film.seek(number)
            total += film.info["duration"]
    assert total == 800


def test_a_single_frame_is_a_picture(tmp_path: Path) -> None:
    save_gif(frames_of(1), tmp_path / "one.gif", seconds=1)
    with Image.open(tmp_path / "one.gif") as film:
        assert film.size == (192, 192)


@pytest.mark.parametrize(("count", "scale"), [(1, 1), (5, 1), (5, 3)])
def test_a_strip_shows_the_frames_side_by_side(count: int, scale: int, tmp_path: Path) -> None:
    frames = frames_of(count)
    save_strip(frames, tmp_path / "strip.png", scale=scale)
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.size == (48 * count * scale, 48 * scale)
        pixels = np.asarray(strip)
    middles = pixels[24 * scale, 24 * scale :: 48 * scale]
    np.testing.assert_array_equal(middles, frames[:, 24, 24])


@pytest.mark.parametrize("name", ["film.gif", "strip.png"])
def test_an_older_file_is_kept_when_the_write_fails(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_text("old")

    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="no space left"):
        if path.suffix == ".gif":
            save_gif(frames_of(2), path, seconds=1)
        else:
            save_strip(frames_of(2), path)
    assert path.read_text() == "old"
    assert list(tmp_path.glob(f"*{path.suffix}")) == [path]
