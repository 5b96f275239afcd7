from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from model.photos import faces
from model.photos.faces import (
    CropBox,
    PhotoError,
    centre_square,
    crop_face,
    open_photo,
    read_face,
)
from tests.drawn_photos import Sitter, drawn_photo

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def quarters(side: int = 64) -> Image.Image:
    """Red, green over blue, white."""
    image = Image.new("RGB", (side, side), RED)
    half = side // 2
    image.paste(GREEN, (half, 0, side, half))
    image.paste(BLUE, (0, half, half, side))
    image.paste(WHITE, (half, half, side, side))
    return image


def corner_colours(image: Image.Image) -> list[Any]:
    right, bottom = image.width - 4, image.height - 4
    return [image.getpixel(place) for place in ((3, 3), (right, 3), (3, bottom), (right, bottom))]


@pytest.mark.parametrize("kind", ["BMP", "GIF", "PNG", "PPM", "TIFF", "WEBP"])
def test_lossless_formats_open_as_they_are(kind: str, tmp_path: Path) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    path = tmp_path / "face.picture"
    path.write_bytes(encoded(quarters(), kind, **options))

    photo = open_photo(path)

    assert photo.mode == "RGB"
    assert np.array_equal(np.asarray(photo), np.asarray(quarters()))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_photos_are_turned_upright(orientation: int, kind: str) -> None:
    undo = [
        None,
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.ROTATE_180,
        Image.Transpose.FLIP_TOP_BOTTOM,
        Image.Transpose.TRANSPOSE,
        Image.Transpose.ROTATE_90,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_270,
    ][orientation - 1]
    upright = quarters().resize((64, 96))
    stored = upright if undo is None else upright.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation

    photo = open_photo(encoded(stored, kind, exif=exif))

    assert photo.size == (64, 96)
    seen = np.array(corner_colours(photo))
    assert np.abs(seen - [RED, GREEN, BLUE, WHITE]).max() < 40  # JPEG isn't exact


@pytest.mark.filterwarnings("ignore:.*EXIF")  # as in the application
def test_damaged_exif_data_does_not_matter() -> None:
    photo = open_photo(encoded(quarters(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff rubbish"))

    assert photo.size == (64, 64)


def profile_with_red_and_blue_swapped() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for entry in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        name = bytes(profile[entry : entry + 4])
        profile[entry : entry + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colour_profiles_are_applied(mode: str) -> None:
    data = encoded(quarters().convert(mode), icc_profile=profile_with_red_and_blue_swapped())

    seen = np.array(corner_colours(open_photo(data)))

    assert np.abs(seen - [BLUE, GREEN, RED, WHITE]).max() < 8


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_bad_or_foreign_profiles_are_ignored(mode: str) -> None:
    image = Image.new("RGB", (50, 50), (90, 90, 90)).convert(mode)
    for profile in (b"rubbish" * 40, profile_with_red_and_blue_swapped()):
        expected = (90, 90, 90)
        seen = open_photo(encoded(image, "TIFF", icc_profile=profile)).getpixel((9, 9))
        assert seen == pytest.approx(expected, abs=3)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_become_mid_grey(mode: str) -> None:
    image = Image.new("RGBA", (40, 40), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 20, 40))

    photo = open_photo(encoded(image.convert(mode)))

    assert photo.getpixel((5, 5)) == WHITE
    assert photo.getpixel((35, 5)) == (128, 128, 128)


def test_a_transparent_colour_of_a_palette_becomes_mid_grey() -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([*RED, *BLUE])
    image.paste(0, (0, 0, 20, 40))

    photo = open_photo(encoded(image, "GIF", transparency=1))

    assert photo.getpixel((5, 5)) == RED
    assert photo.getpixel((35, 5)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("values", "white"),
    [
        (np.linspace(0, 65535, 64 * 64).astype(np.uint16), 65535),
        (np.linspace(0, 200, 64 * 64).astype(np.uint16), 65535),
        (np.linspace(0, 60000, 64 * 64).astype(np.int32), 65535),
        (np.linspace(0, 1, 64 * 64).astype(np.float32), 1),
        (np.linspace(0, 255, 64 * 64).astype(np.float32), 255),
    ],
)
def test_deep_greys_are_scaled_and_not_clipped(values: NDArray[Any], white: float) -> None:
    image = Image.fromarray(values.reshape(64, 64))

    grey = np.asarray(open_photo(encoded(image, "TIFF")))[..., 0]

    expected = np.asarray(image) / white * 255
    assert np.abs(grey - expected).max() <= 1


def test_greys_of_any_other_range_fill_the_whole_range() -> None:
    image = Image.fromarray(np.linspace(-7, 1e6, 64 * 64, dtype=np.float32).reshape(64, 64))

    assert open_photo(encoded(image, "TIFF")).getextrema()[0] == (0, 255)


@pytest.mark.parametrize("mode", ["1", "L", "CMYK", "YCbCr", "LAB"])
def test_other_modes_open(mode: str) -> None:
    image = Image.new("RGB", (50, 50), WHITE)
    image = image.convert("L").convert("1") if mode == "1" else to_mode(image, mode)

    photo = open_photo(encoded(image, "TIFF"))

    assert photo.getpixel((20, 20)) == pytest.approx(WHITE, abs=3)


def to_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode != "LAB":
        return image.convert(mode)
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    assert converted is not None
    return converted


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (48, 48), colour) for colour in (GREEN, RED, BLUE)]

    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert open_photo(data).getpixel((9, 9)) == pytest.approx(GREEN, abs=3), kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_photos_are_shrunk_to_what_is_asked_for(kind: str) -> None:
    data = encoded(Image.new("RGB", (1600, 1200), RED), kind)

    assert open_photo(data, shorter_side=150).size == (200, 150)
    assert open_photo(data).size == (1600, 1200)


def test_of_several_pictures_that_is_told() -> None:
    frames = [Image.new("RGB", (48, 48), colour) for colour in (GREEN, RED)]

    for kind in ("GIF", "WEBP", "PNG", "TIFF", "MPO"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        # A phone's JPEG has a preview behind it, which is nobody's picture.
        assert open_photo(data).info == {"several": kind != "MPO"}, kind
    assert open_photo(encoded(frames[0])).info == {"several": False}


def test_a_profile_that_was_applied_is_not_applied_again() -> None:
    photo = open_photo(encoded(quarters(), icc_profile=profile_with_red_and_blue_swapped()))

    again = open_photo(encoded(photo))

    assert np.array_equal(np.asarray(again), np.asarray(photo))


def heic(image: Image.Image, **options: Any) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=90, **options)
    return stream.getvalue()


def test_heic_is_read_where_the_plugin_is_installed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    data = heic(quarters(128).resize((128, 96)), exif=exif.tobytes())

    photo = open_photo(data)

    assert photo.size == (96, 128)
    seen = np.array(corner_colours(photo))
    assert np.abs(seen - [BLUE, RED, WHITE, GREEN]).max() < 40
    with pytest.raises(PhotoError, match="is damaged"):
        open_photo(data[: len(data) // 2])


def test_without_the_plugin_heic_is_refused_and_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = b"\0\0\0\x1cftypheic" + bytes(50)

    with pytest.raises(PhotoError, match=r"“IMG_1.HEIC” is a HEIC picture; .*cae-studio\[heic\]"):
        open_photo(data, "IMG_1.HEIC")


def test_the_face_in_a_photo_is_read() -> None:
    sitter = Sitter(5, 430, 260, 170)
    photo = drawn_photo([Sitter(3, 130, 130, 90), sitter])

    face = read_face(encoded(photo))

    whole = np.asarray(crop_face(photo, centre_square(photo))).astype(int)
    there = crop_face(photo, sitter.box).astype(int)
    assert np.abs(face - there).mean() < 15 < np.abs(face - whole).mean()


def test_small_pictures_are_taken_whole() -> None:
    photo = drawn_photo([Sitter(5, 60, 48, 40)], (120, 96))

    assert np.array_equal(read_face(encoded(photo)), crop_face(photo, CropBox(12, 0, 96)))


def test_pixels_are_a_photo_too() -> None:
    face = read_face(np.full((60, 90, 3), 77, np.uint8))

    assert np.array_equal(face, np.full((48, 48, 3), 77))
    with pytest.raises(PhotoError, match="isn't an RGB image"):
        read_face(np.zeros((60, 90), np.uint8))
    with pytest.raises(PhotoError, match="is empty"):
        read_face(np.zeros((0, 90, 3), np.uint8))


def fifo(path: Path) -> None:
    os.mkfifo(path)


def over_200_megabytes(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(200_000_001)


def over_100_megapixels(path: Path) -> None:
    Image.new("1", (20_000, 5_001)).save(path, "PNG")


def over_4_megapixels_in_python(path: Path) -> None:
    path.write_bytes(b"P1 2000 2001 1 1 1 1")


def over_20_megabytes_in_python(path: Path) -> None:
    path.write_bytes(b"P1 2000 2000 1 1 1 1")
    with path.open("ab") as stream:
        stream.truncate(20_000_001)


def nine_megapixels_of_dds(path: Path) -> None:
    small = bytearray(encoded(quarters(), "DDS"))
    small[12:20] = struct.pack("<II", 3000, 3000)
    path.write_bytes(small)


def over_50_megapixels_of_webp(path: Path) -> None:
    Image.new("RGB", (10_000, 5_001)).save(path, "WEBP", lossless=True, method=0)


def an_icon_that_lies(path: Path) -> None:
    over_100_megapixels(path)
    content = path.read_bytes()
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(content), 22)
    path.write_bytes(struct.pack("<HHH", 0, 1, 1) + entry + content)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_text("Dear diary, today the sun shone."), "can't be read as an"),
        (lambda path: path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n"), "can't be read as an image"),
        (lambda path: path.write_bytes(encoded(quarters(), "ICNS")), "can't be read as an image"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.touch(), "is empty"),
        (str, "doesn't exist"),
        (over_200_megabytes, "is too large (more than 200 MB)"),
        (over_100_megapixels, "is too large (more than 100 megapixels)"),
        (over_4_megapixels_in_python, "is too large for its format, PPM (more than 4 megapixels)"),
        (nine_megapixels_of_dds, "is too large for its format, DDS (more than 4 megapixels)"),
        (over_20_megabytes_in_python, "is too large for its format, PPM (more than 20 MB)"),
        (over_50_megapixels_of_webp, "is too large (more than 50 megapixels)"),
        pytest.param(
            an_icon_that_lies,
            "is too large (more than 100 megapixels)",
            marks=pytest.mark.filterwarnings("ignore:Image "),  # as in the application
        ),
        pytest.param(
            fifo,
            "is not an ordinary file",
            marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here"),
        ),
    ],
)
def test_what_is_no_photo_is_refused_in_a_sentence(
    make: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "holiday.txt"
    make(path)

    with pytest.raises(PhotoError) as caught:
        open_photo(path)

    assert caught.value.name == "holiday.txt"
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"“holiday.txt” {caught.value.reason}."


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: encoded(quarters(), "DDS"), id="DDS"),
        pytest.param(lambda: encoded(quarters(), "QOI"), id="QOI"),
        pytest.param(lambda: b"P3 2 2 255\n" + b"9 #a\n" * 12, id="comments"),
        pytest.param(lambda: b"P3 " + b"#a\n" * 100, id="comments at the start"),
    ],
)
def test_a_picture_on_which_the_processor_works_too_long_is_given_up(
    content: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slow.picture"
    path.write_bytes(content())
    monkeypatch.setattr(faces, "MAX_SECONDS", 0.0)
    for source in (path, path.read_bytes()):
        with pytest.raises(PhotoError) as caught:
            open_photo(source)
        assert "takes more than 0 seconds to read; save it as PNG or JPEG" in str(caught.value)


def test_a_picture_that_takes_long_for_few_bytes_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    scan = data[data.rfind(b"\xff\xda") : -2]
    monkeypatch.setattr(faces, "MAX_SECONDS", 0.2)

    with pytest.raises(PhotoError, match="takes more than 0 seconds to read"):
        open_photo(data[:-2] + scan * 400 + data[-2:])


def test_comments_between_the_numbers_of_a_plain_picture_are_left_out() -> None:
    pixels = quarters()
    numbers = b" ".join(b"%d #abc\n" % number for number in pixels.tobytes())

    photo = open_photo(b"P3 %d %d 255\n" % pixels.size + numbers)

    np.testing.assert_array_equal(np.asarray(photo), np.asarray(pixels))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_truncated_photos_are_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)

    with pytest.raises(PhotoError, match=r"“half” (is|can't)"):
        open_photo(data[: len(data) // 2], "half")


def test_a_photo_just_below_the_limit_opens_without_a_word() -> None:
    limit = Image.MAX_IMAGE_PIXELS
    assert limit is not None
    assert limit < 9_600 * 9_600
    data = encoded(Image.new("1", (9_600, 9_600), 1))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        photo = open_photo(data)

    assert photo.getpixel((0, 0)) == WHITE
    assert not caught
    assert limit == Image.MAX_IMAGE_PIXELS


def test_the_middle_square_is_cut_and_shrunk() -> None:
    wide = Image.new("RGB", (300, 100), RED)
    wide.paste(BLUE, (100, 0, 200, 100))

    assert centre_square(wide) == CropBox(100, 0, 100)
    assert np.array_equal(read_face(encoded(wide)), np.full((48, 48, 3), BLUE))


def test_shrinking_is_antialiased() -> None:
    checks = (np.indices((960, 960)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = Image.fromarray(np.stack([checks] * 3, axis=-1))

    face = crop_face(image, CropBox(0, 0, 960))

    assert np.abs(face.astype(int) - 127).max() <= 1


def test_a_box_over_the_edge_continues_the_edge() -> None:
    face = crop_face(quarters(96), CropBox(-96, -96, 288))

    assert face.shape == (48, 48, 3)
    assert [tuple(face[row, column]) for row in (0, 47) for column in (0, 47)] == [
        RED,
        GREEN,
        BLUE,
        WHITE,
    ]


numbers = st.floats(-300, 300)


@settings(database=None, deadline=None, max_examples=150)
@given(st.integers(1, 200), st.integers(1, 200), numbers, numbers, st.floats(0, 400))
@example(1, 1, 0.0, 0.0, 1.0)
@example(64, 64, -0.1, 0.3, 63.9)
@example(10, 10, 9.999, 9.999, 400.0)
def test_every_box_on_the_photo_gives_a_face_of_its_colours(
    width: int, height: int, left: float, top: float, size: float
) -> None:
    image = Image.new("RGB", (width, height), (10, 20, 30))
    box = CropBox(left, top, size)
    touches = left < width and top < height and left + size > 0 and top + size > 0

    if touches and 1 <= size <= 64 * max(width, height):
        face = crop_face(image, box)
        assert face.dtype == np.uint8
        assert np.array_equal(face, np.full((48, 48, 3), (10, 20, 30)))
    else:
        with pytest.raises(ValueError, match="doesn't lie"):
            crop_face(image, box)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_boxes_that_are_no_numbers_are_refused(bad: float) -> None:
    for box in (CropBox(bad, 0, 9), CropBox(0, bad, 9), CropBox(0, 0, bad)):
        with pytest.raises(ValueError, match="doesn't lie"):
            crop_face(quarters(), box)


KINDS = ["BMP", "DDS", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "TGA", "TIFF", "WEBP"]
PICTURES = {kind: encoded(quarters(), kind) for kind in KINDS}


@settings(database=None, deadline=None, max_examples=300)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.none() | st.integers(1, 500),
)
def test_a_damaged_picture_is_a_picture_or_a_photo_error(
    kind: str, changes: list[tuple[int, int]], end: int | None
) -> None:
    data = bytearray(PICTURES[kind])
    for place, value in changes:
        data[place % len(data)] = value

    with contextlib.suppress(PhotoError):
        photo = open_photo(bytes(data[:end]), "damaged")
        assert photo.mode == "RGB"
        assert min(photo.size) >= 1


def test_a_long_and_narrow_picture_is_kept_smaller() -> None:
    photo = open_photo(encoded(Image.new("1", (50_000, 1000))))

    assert photo.size == (25_000, 500)


def test_a_picture_for_which_there_is_no_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("model.photos.faces.to_rgb", fail)
    with pytest.raises(PhotoError, match="needs more memory than there is"):
        open_photo(encoded(quarters()))


def test_a_name_that_is_no_text_can_be_shown_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(PhotoError) as told:
        open_photo(tmp_path / os.fsdecode(b"\xff.png"))
    assert str(told.value).encode()


def text_of(length: int, how: str) -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    if how == "iTXt":
        info.add_itxt("XML:com.adobe.xmp", "x" * length, zip=True)
    elif how == "long iTXt":
        info.add_itxt("prompt", "x" * length)
    else:
        info.add_text("workflow", "x" * length, zip=how == "zTXt")
    return info


@pytest.mark.parametrize("how", ["tEXt", "zTXt", "iTXt", "long iTXt"])
@pytest.mark.parametrize("is_file", [True, False])
def test_texts_of_any_length_do_not_matter(how: str, is_file: bool, tmp_path: Path) -> None:
    data = encoded(quarters(), pnginfo=text_of(3_000_000, how))
    # It may lie behind the picture, too, and there may be many.
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    texts = data[33:start]
    data = (
        data[:start] + data[start:end] + texts * (80 if how in ("zTXt", "iTXt") else 2) + data[end:]
    )
    (tmp_path / "a.png").write_bytes(data)

    photo = open_photo(tmp_path / "a.png" if is_file else data)

    assert np.array_equal(np.asarray(photo), np.asarray(quarters()))


def test_a_very_large_profile_does_not_matter() -> None:
    photo = open_photo(encoded(quarters(), icc_profile=bytes(3_000_000)))
    assert np.array_equal(np.asarray(photo), np.asarray(quarters()))


def pages(*images: tuple[Image.Image, int]) -> bytes:
    """Return a TIFF with pages of these kinds."""
    from PIL.TiffImagePlugin import AppendingTiffWriter

    stream = io.BytesIO()
    with AppendingTiffWriter(stream, True) as writer:
        for image, kind in images:
            image.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    return stream.getvalue()


def test_of_several_pages_the_largest_is_taken_and_of_equal_ones_the_first() -> None:
    small, main = Image.new("RGB", (64, 48), RED), Image.new("RGB", (320, 240), GREEN)
    other, mask = Image.new("RGB", (320, 240), BLUE), Image.new("RGB", (640, 480), WHITE)
    for content in (
        [(small, 1), (main, 0)],
        [(small, 0), (main, 0), (other, 0)],
        [(main, 0), (small, 1)],
        [(small, 1), (mask, 4), (main, 0)],
    ):
        photo = open_photo(pages(*content))
        assert (photo.size, photo.getpixel((9, 9))) == ((320, 240), GREEN)
    assert open_photo(pages((small, 1), (main, 0))).info == {"several": False}
    assert open_photo(pages((main, 0), (other, 0))).info == {"several": True}


@pytest.mark.parametrize(
    ("name", "tags"),
    [("a.tif", {50706: b"\1\4\0\0"}), ("a.DNG", {}), ("IMG.NEF", {}), ("b.arw", {}),
     ("b.tif", {254: 1, 271: "Nikon", 330: 8})],
)  # fmt: skip
def test_a_raw_file_of_a_camera_is_named(name: str, tags: dict[int, Any]) -> None:
    data = encoded(quarters(), "TIFF", tiffinfo=tags)
    with pytest.raises(PhotoError, match="is a camera's raw file; save it as JPEG"):
        open_photo(data, name)


@pytest.mark.parametrize(
    "start",
    [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x08\0\0\0", b"FOVb\0\0",
     b"\0\0\0\x18ftypcrx \0\0\0\1", b"II\x1a\0\0\0HEAPCCDR"],
)  # fmt: skip
def test_other_raw_files_are_named_too(start: bytes) -> None:
    with pytest.raises(PhotoError, match="is a camera's raw file; save it as JPEG"):
        open_photo(start + bytes(100), "photo")


@pytest.mark.parametrize("white", [1023, 4095, 16383, 65535])
@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
@pytest.mark.parametrize("type_", [np.uint16, np.int32, np.float32])
def test_greys_of_any_number_of_bits_keep_their_middle(white: int, kind: str, type_: Any) -> None:
    if kind == "PNG" and type_ != np.uint16:
        pytest.skip("PNG has no such numbers")
    values = np.linspace(0, 0.97 * white, 64 * 64).astype(type_).reshape(64, 64)

    grey = np.asarray(open_photo(encoded(Image.fromarray(values), kind)))[..., 0]

    assert np.abs(grey - values / white * 255.0).max() <= 1


@pytest.mark.parametrize("low", [0.0, -0.03])
@pytest.mark.parametrize("high", [1.02, 1.09, 3.0])
def test_floats_a_little_beyond_black_and_white_are_clipped(low: float, high: float) -> None:
    values = np.linspace(0, 1, 64 * 64).astype(np.float32).reshape(64, 64)
    values[0, 0], values[-1, -1] = low, high

    grey = np.asarray(open_photo(encoded(Image.fromarray(values), "TIFF")))[..., 0]

    assert np.abs(grey - np.clip(values, 0, 1) * 255).max() <= 1
