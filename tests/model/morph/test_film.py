from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from model.data.datasets import load_faces
from model.morph.film import (
    FORMATS,
    SIZES,
    FilmError,
    FilmSettings,
    about_text,
    enlarged,
    export_film,
    extent,
    has_encoder,
    why_not,
    write_film,
    write_video,
)
from model.progress import WorkProgress

COUNT = 20
GREYS = np.linspace(0, 250, COUNT).astype(np.float32)[:, None]
ABOUT = {"model": "Größe <1>", "faces": ["A", "B"]}
VIDEO = pytest.mark.skipif(not has_encoder(), reason="imageio-ffmpeg isn't installed")
ALL = [pytest.param(name, marks=[VIDEO] if name == "MP4" else []) for name in FORMATS]


def decode(latents: NDArray[np.float32]) -> NDArray[np.uint8]:
    pixels = latents[:, 0].astype(np.uint8)[:, None, None, None]
    return np.ascontiguousarray(np.broadcast_to(pixels, (len(latents), 48, 48, 3)))


def exported(name: str, folder: Path, **settings: object) -> tuple[Path, list[WorkProgress]]:
    path = folder / f"film{FORMATS[name]}"
    wanted = FilmSettings(name, **{"size": 96, "about": ABOUT, **settings})  # type: ignore[arg-type]
    return path, list(export_film(GREYS, decode, path, wanted))


@pytest.mark.parametrize("name", ALL)
def test_each_format_is_written_with_progress(name: str, tmp_path: Path) -> None:
    path, steps = exported(name, tmp_path)
    assert steps[-1] == WorkProgress("Exporting", COUNT, COUNT)
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert path.exists()
    assert [each for each in tmp_path.iterdir() if each != path] == []


@pytest.mark.parametrize("name", ["GIF", "WebP", "PNG"])
def test_an_animation_has_all_frames_at_the_size_and_pace(name: str, tmp_path: Path) -> None:
    path, _ = exported(name, tmp_path, frames_per_second=20.0)
    with Image.open(path) as picture:
        frames = [frame.convert("RGB").copy() for frame in ImageSequence.Iterator(picture)]
        assert picture.info["duration"] == 50
        assert picture.info["loop"] == 0
    assert len(frames) == COUNT
    assert {frame.size for frame in frames} == {(96, 96)}
    greys = [np.asarray(frame).mean() for frame in frames]
    np.testing.assert_allclose(greys, GREYS[:, 0], atol=3)


@pytest.mark.parametrize(("name", "size"), [("PNG strip", (1920, 96)), ("PNG grid", (480, 384))])
def test_a_strip_and_a_grid_show_all_frames_in_order(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    path, _ = exported(name, tmp_path)
    with Image.open(path) as picture:
        assert picture.size == size
        middles = np.asarray(picture)[48::96, 48::96, 0].ravel()
    np.testing.assert_array_equal(middles, GREYS[:, 0].astype(np.uint8))


def test_a_grid_has_the_columns_asked_for(tmp_path: Path) -> None:
    path, _ = exported("PNG grid", tmp_path, columns=7, size=48)
    with Image.open(path) as picture:
        assert picture.size == (7 * 48, 3 * 48)


@VIDEO
def test_a_video_has_all_frames_at_the_size_and_pace(tmp_path: Path) -> None:
    from imageio_ffmpeg import get_ffmpeg_exe

    path, _ = exported("MP4", tmp_path, frames_per_second=20.0)
    raw = [get_ffmpeg_exe(), "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    read = subprocess.run(raw, capture_output=True, check=True)
    frames = np.frombuffer(read.stdout, np.uint8).reshape(COUNT, 96, 96, 3)
    assert b"96x96" in read.stderr
    assert b"20 fps" in read.stderr
    np.testing.assert_allclose(frames.mean((1, 2, 3)), GREYS[:, 0], atol=3)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["GIF", "PNG strip", "PNG frames"])
def test_a_face_has_the_size_asked_for(name: str, size: int, tmp_path: Path) -> None:
    path, _ = exported(name, tmp_path, size=size)
    with Image.open(path / "0001.png" if name == "PNG frames" else path) as picture:
        assert picture.height == size


def test_frames_are_numbered_pictures_in_a_folder(tmp_path: Path) -> None:
    path, _ = exported("PNG frames", tmp_path)
    names = sorted(each.name for each in path.iterdir())
    assert names[0] == "0001.png"
    assert names[-1] == "about.json"
    assert len(names) == COUNT + 1
    with pytest.raises(FilmError, match="isn't empty"):
        exported("PNG frames", tmp_path)


@pytest.mark.parametrize("name", ALL)
def test_what_made_it_is_in_the_file(name: str, tmp_path: Path) -> None:
    path, _ = exported(name, tmp_path)
    if name == "PNG frames":
        assert json.loads((path / "about.json").read_text("utf-8"))["model"] == ABOUT["model"]
    elif name.startswith("PNG"):
        with Image.open(path) as picture:
            assert json.loads(picture.text["Description"])["model"] == ABOUT["model"]  # type: ignore[attr-defined]
            assert picture.text["Software"] == "CAE Studio"  # type: ignore[attr-defined]
    elif name == "WebP":
        with Image.open(path) as picture:
            assert "Größe &lt;1&gt;" in picture.info["xmp"].decode()
    else:
        assert b'"faces": ["A", "B"]' in path.read_bytes()


@pytest.mark.parametrize("name", ALL)
def test_cancelling_leaves_the_older_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{FORMATS[name]}"
    if FORMATS[name]:
        path.write_text("old")
    steps = export_film(GREYS, decode, path, FilmSettings(name))
    next(steps)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    if FORMATS[name]:
        assert path.read_text() == "old"
    assert [each for each in tmp_path.iterdir() if each != path] == []


@pytest.mark.parametrize("name", ALL)
def test_cancelling_while_it_is_written_leaves_the_older_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{FORMATS[name]}"
    if FORMATS[name]:
        path.write_text("old")
    steps = export_film(GREYS, decode, path, FilmSettings(name))
    while next(steps).done <= COUNT // 2:
        pass
    steps.close()  # type: ignore[attr-defined]
    assert not path.is_file() or path.read_text() == "old"
    assert [each for each in tmp_path.iterdir() if each != path] == []


@pytest.mark.parametrize("count", [0, 3001])
def test_no_and_too_many_frames_are_refused(count: int, tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="1 to 3,000 frames"):
        next(
            iter(
                export_film(
                    np.zeros((count, 1), np.float32), decode, tmp_path / "a", FilmSettings("GIF")
                )
            )
        )


def test_without_an_encoder_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(FilmError, match=r"pip install .*\[video\]"):
        exported("MP4", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_description_names_program_and_settings() -> None:
    about = json.loads(about_text(FilmSettings("GIF", 96, 12.5, about=ABOUT)))
    assert about["program"] == "CAE Studio"
    assert about["frames_per_second"] == 12.5
    assert about["faces"] == ["A", "B"]


def test_the_extent_of_what_is_exported() -> None:
    assert extent(FilmSettings("GIF", 96), 75) == (96, 96)
    assert extent(FilmSettings("PNG frames", 48), 75) == (48, 48)
    assert extent(FilmSettings("PNG strip", 96), 7) == (7 * 96, 96)
    assert extent(FilmSettings("PNG grid", 96), 7) == (3 * 96, 3 * 96)
    assert extent(FilmSettings("PNG grid", 96, columns=4), 7) == (4 * 96, 2 * 96)


@pytest.mark.parametrize(("name", "count"), [("PNG strip", 69), ("PNG grid", 421)])
def test_a_picture_that_few_programs_could_show_is_refused(
    name: str, count: int, tmp_path: Path
) -> None:
    wanted = FilmSettings(name, 480)
    assert why_not(wanted, count - 1) == ""
    assert "pixels are too many" in why_not(wanted, count)
    latents = np.zeros((count, 1), np.float32)
    with pytest.raises(FilmError, match="pixels are too many"):
        next(iter(export_film(latents, decode, tmp_path / "a.png", wanted)))


@VIDEO
def test_a_video_that_lost_frames_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imageio_ffmpeg.count_frames_and_secs", lambda _path: (COUNT - 1, 0.5))
    with pytest.raises(FilmError, match="frames are missing; is there room on the disk"):
        exported("MP4", tmp_path)
    assert list(tmp_path.iterdir()) == []


@VIDEO
def test_an_encoder_that_does_not_start_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "gone"))
    with pytest.raises(FilmError, match=r"couldn't be encoded: .*\.$"):
        exported("MP4", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["PNG strip", "GIF"])
def test_faces_that_are_decoded_already_become_the_same_file(name: str, tmp_path: Path) -> None:
    path, _ = exported(name, tmp_path, size=192)
    settings = FilmSettings(name, 192, about=ABOUT)
    steps = list(write_film(decode(GREYS), tmp_path / "again", settings))
    assert steps[-1] == WorkProgress("Exporting", COUNT, COUNT)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_frame_of_a_gif_lasts_eleven_minutes_at_most(tmp_path: Path) -> None:
    settings = FilmSettings("GIF", 48, frames_per_second=1 / 1800)
    list(write_film(decode(GREYS[:2]), tmp_path / "slow.gif", settings))
    with Image.open(tmp_path / "slow.gif") as picture:
        assert picture.info["duration"] == 655_350


def test_an_older_file_is_kept_when_the_write_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.gif"
    path.write_text("old")

    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="no space left"):
        list(write_film(decode(GREYS), path, FilmSettings("GIF")))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def frames(count: int) -> Iterator[Image.Image]:
    return (Image.new("RGB", (32, 32), (10 * number, 0, 0)) for number in range(count))


@VIDEO
@pytest.mark.parametrize("name", ["film.mp4", "film", "fil%m: 1.gif"])
def test_a_video_whatever_its_name(name: str, tmp_path: Path) -> None:
    from imageio_ffmpeg import count_frames_and_secs

    path = tmp_path / name
    assert len(list(write_video(path, frames(7), 32, 12.5, "made by a test"))) == 7
    assert count_frames_and_secs(path) == (7, 0.56)
    assert b"made by a test" in path.read_bytes()


@VIDEO
def test_a_video_that_cannot_be_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps = write_video(tmp_path / "gone" / "film.mp4", frames(3), 32, 25, "")
    with pytest.raises((OSError, RuntimeError)):
        list(steps)
    capfd.readouterr()  # the encoder's own words


def test_frames_go_where_a_link_leads_and_into_folders_of_every_name(tmp_path: Path) -> None:
    named, linked, real = tmp_path / ("脸" * 85), tmp_path / "link", tmp_path / "real"
    real.mkdir()
    linked.symlink_to("real")
    for folder in (named, linked):
        list(write_film(np.zeros((2, 48, 48, 3), np.uint8), folder, FilmSettings("PNG frames", 48)))
        assert (folder / "0002.png").exists()
    assert linked.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real", named.name]


def slow_morph() -> NDArray[np.uint8]:
    """Sixty frames from one face to another, most pixels of which hardly change at a time."""
    first, last = load_faces("demo").images[[3, 40]].astype(float)
    shares = np.linspace(0, 1, 60)[:, None, None, None]
    return np.asarray(((1 - shares) * first + shares * last).round(), np.uint8)


@pytest.mark.parametrize(("name", "most"), [("GIF", 1.0), ("PNG", 1.0), ("WebP", 1.5)])
def test_what_stands_still_keeps_its_color(name: str, most: float, tmp_path: Path) -> None:
    faces = slow_morph()
    path = tmp_path / "film"
    for _ in write_film(faces, path, FilmSettings(name)):
        pass
    with Image.open(path) as picture:
        pages = [page.convert("RGB") for page in ImageSequence.Iterator(picture)]
    shown = np.stack([np.asarray(page, np.int16) for page in pages])
    meant = np.stack([np.asarray(enlarged(face, 192), np.int16) for face in faces])
    still = np.abs(np.diff(meant, axis=0)).max(axis=-1) <= 1
    assert np.abs(np.diff(shown, axis=0)).mean(axis=-1)[still].mean() < most
    assert np.abs(shown - meant).mean() < 4


def test_all_frames_of_a_gif_have_one_palette(tmp_path: Path) -> None:
    for _ in write_film(slow_morph(), tmp_path / "film.gif", FilmSettings("GIF", size=48)):
        pass
    content = (tmp_path / "film.gif").read_bytes()
    assert content[10] == 0xF7  # 256 colors for the whole file
    images = [part for part in content.split(b"!\xf9\x04")[1:] if part[5:6] == b","]
    assert len(images) == 60
    assert {image[14] for image in images} == {0}  # none has colors of its own


@VIDEO
def test_a_video_tells_its_colors_and_keeps_them(tmp_path: Path) -> None:
    from imageio_ffmpeg import get_ffmpeg_exe

    colors = [(200, 60, 60), (60, 180, 60), (50, 70, 210), (230, 200, 40), (10, 10, 10)]
    faces = np.empty((len(colors) * 4, 48, 48, 3), np.uint8)
    faces[:] = np.repeat(colors, 4, axis=0)[:, None, None]
    path = tmp_path / "film.mp4"
    for _ in write_film(faces, path, FilmSettings("MP4", size=96)):
        pass
    # What a player does that goes by the tags; and one that takes every film for BT.709.
    for filters in ("null", "scale=in_color_matrix=bt709:in_range=tv"):
        raw = [get_ffmpeg_exe(), "-i", path, "-vf", filters, "-f", "rawvideo"]
        read = subprocess.run([*raw, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
        shown = np.frombuffer(read.stdout, np.uint8).reshape(-1, 96, 96, 3)
        np.testing.assert_allclose(shown[2::4].mean(axis=(1, 2)), colors, atol=4)
        assert re.search(rb"yuv420p\(tv, bt709[,/)]", read.stderr), read.stderr
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays while it loads
    assert b"colrnclx\0\x01\0\x01\0\x01\0" in content
