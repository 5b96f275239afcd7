"""Pictures that were damaged, or made to do harm, for ``hostile.py``."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from benchmarks.hostile_damage import Made, Trick, damage, unusual
from model.data.datasets import load_faces
from model.face_set import FACE_SHAPE
from model.photos.crop import CropBox, Placement
from model.photos.photo_files import Entry, file_name, write_entry
from model.photos.photos import Photo, PhotoLibrary

FORMATS = {
    "AVIF": ("RGB", "RGBA"), "BLP": ("P",), "BMP": ("1", "L", "P", "RGB", "RGBA"), "DDS": ("RGBA",),
    "GIF": ("L", "P"), "ICNS": ("RGBA",), "ICO": ("RGBA",), "IM": ("RGB", "F"),
    "JPEG": ("L", "RGB", "CMYK"), "JPEG2000": ("L", "RGB", "RGBA"), "MPO": ("RGB",),
    "MSP": ("1",), "PCX": ("P", "RGB"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "PPM": ("1", "L", "RGB"), "QOI": ("RGB", "RGBA"), "SGI": ("L", "RGB"), "SPIDER": ("F",),
    "TGA": ("L", "RGB", "RGBA"), "TIFF": ("1", "L", "RGB", "RGBA", "CMYK", "F", "I;16", "LAB"),
    "WEBP": ("RGB", "RGBA"), "XBM": ("1",),
}  # fmt: skip
NAMES = (
    "Großmutter.png", "Ελένη.png", "王芳.png", "محمد.png", "नमस्ते.png", "🙂.png", "a\u0301.png",
    "\u202egnp.exe.png", "new\nline.png", "tab\t.png", "“quoted”.png", "-rf.png", "%s%n.png",
    os.fsdecode(b"\xff\xfe.png"), "\ud800.png".encode("utf-8", "surrogatepass"), "a" * 250 + ".png",
    "<b>bold<i>.png", "{name}.png", "CON.png", " .png", ".png", "no ending", "x.jpg", "x.txt",
)  # fmt: skip


def sample(mode: str = "RGB", size: tuple[int, int] = (120, 150)) -> Image.Image:
    """Return a picture that compresses neither too well nor too badly."""
    coarse = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 256)
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.applyTransform(
            image, ImageCms.buildTransform(*profiles, "RGB", "LAB")
        ) or Image.new("LAB", size)
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file of a format."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


class PictureFiles:
    """Pictures of every format that can be written, damaged, and the tricks that are known."""

    def __init__(self, _: Path, trace: Path) -> None:
        self._originals = dict(_originals())
        self._trace = trace
        self.tricks: list[Trick] = [
            *unusual("face.jpg"),
            *(partial(_named, name) for name in NAMES),
            *(partial(_content, name, make) for name, make in _BOMBS.items()),
            *(partial(_content, name, make) for name, make in self._programs().items()),
        ]

    def _programs(self) -> dict[str, Callable[[], bytes]]:
        script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\nshowpage\n%%EOF\n"
        return {
            "eps": lambda: script,
            "eps in iptc": lambda: _iptc(script),
            "shell": lambda: f"#!/bin/sh\ntouch '{self._trace}'\n".encode(),
            "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc'/></svg>",
        }

    def damaged(self, place: Path, dice: random.Random) -> Made:
        """Write one of the originals with some damage, now and then under a wrong name."""
        name = dice.choice(sorted(self._originals))
        how, content = damage(self._originals[name], dice)
        if dice.random() < 0.2:
            more, content = damage(content or b"x", dice)
            how += f", {more}"
        ending = dice.choice((".jpg", ".png", ".tif", ".gif", f".{name.split()[0].lower()}"))
        path = place / f"face{ending}"
        path.write_bytes(content)
        return f"{name} {how}", path


def _originals() -> list[tuple[str, bytes]]:
    made = [
        (
            f"{kind} {mode}",
            encoded(sample(mode, (128, 128) if kind == "ICNS" else (120, 150)), kind),
        )
        for kind, modes in FORMATS.items()
        for mode in modes
    ]
    more = [sample().transpose(Image.Transpose.ROTATE_180), sample()]
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("GIF", "PNG", "TIFF", "WEBP"):
        made.append(
            (f"{kind} animated", encoded(sample(), kind, save_all=True, append_images=more))
        )
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        made.append((f"{kind} exif", encoded(sample(), kind, exif=exif, icc_profile=profile)))
    for packing in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits", "group4"):
        image = sample("1" if packing == "group4" else "RGB")
        made.append((f"TIFF {packing}", encoded(image, "TIFF", compression=packing)))
    made.append(("JPEG progressive", encoded(sample(), "JPEG", progressive=True)))
    return made


def _named(name: str | bytes, place: Path, _: random.Random) -> Made:
    path = Path(os.fsdecode(os.path.join(os.fsencode(place), os.fsencode(name))))  # noqa: PTH118
    path.write_bytes(b"no picture" if "i" in repr(name) else encoded(sample(), "PNG"))
    return f"named {name!a}", path


def _content(name: str, make: Callable[[], bytes], place: Path, _: random.Random) -> Made:
    path = place / "face.png"
    path.write_bytes(make())
    return name, path


def png(width: int, height: int, kind: int = 2, depth: int = 8, rows: int | None = None) -> bytes:
    """Return a PNG of any size, black, made without ever having it in memory."""
    line = bytes(1 + (width * {0: 1, 2: 3, 4: 2, 6: 4}[kind] * depth + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(line) for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", body + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _large(kind: str, mode: str, size: tuple[int, int], **options: Any) -> Callable[[], bytes]:
    return lambda: encoded(Image.new(mode, size, 0), kind, **options)


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def _wrapped_png(size: tuple[int, int]) -> bytes:
    """Return an icon that says it is small and holds a large PNG."""
    inner = png(*size, kind=6)
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(inner), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + inner


def _icns(inner: bytes) -> bytes:
    block = b"ic10" + struct.pack(">I", 8 + len(inner)) + inner
    return b"icns" + struct.pack(">I", 8 + len(block)) + block


def _iptc(inner: bytes) -> bytes:
    def field(record: int, number: int, data: bytes) -> bytes:
        return struct.pack(">BBBH", 0x1C, record, number, len(data)) + data

    return b"".join(
        [
            field(3, 60, b"\x01\x01"), field(3, 65, b"\x01"), field(3, 20, struct.pack(">H", 50)),
            field(3, 30, struct.pack(">H", 50)), field(3, 120, b"\x05"), field(8, 10, inner),
        ]
    )  # fmt: skip


def _fits_bomb() -> bytes:
    cards = [
        "SIMPLE  =                    T", "BITPIX  =                    8",
        "NAXIS   =                    0", "EXTEND  =                    T",
    ]  # fmt: skip
    table = [
        "XTENSION= 'BINTABLE'          ", "BITPIX  =                    8",
        "NAXIS   =                    2", "NAXIS1  =                    8",
        "NAXIS2  =                   50", "PCOUNT  =                    0",
        "GCOUNT  =                    1", "TFIELDS =                    1",
        "ZIMAGE  =                    T", "ZCMPTYPE= 'GZIP_1  '          ",
        "ZBITPIX =                    8", "ZNAXIS  =                    2",
        "ZNAXIS1 =                   50", "ZNAXIS2 =                   50",
    ]  # fmt: skip

    def header(lines: list[str]) -> bytes:
        text = "".join(line.ljust(80) for line in [*lines, "END"])
        return text.ljust(-(-len(text) // 2880) * 2880).encode()

    return header(cards) + header(table) + bytes(400) + gzip.compress(bytes(3 << 30), 1)


def _many_pages() -> bytes:
    """Return a TIFF with a million pages, each without content."""
    pages = bytearray(b"II*\0\x08\0\0\0")
    for number in range(1_000_000):
        pages += struct.pack("<HHHIII", 1, 256, 4, 1, 1, 8 + (number + 1) * 18)
    return bytes(pages)


def _qoi(side: int, body: bytes) -> bytes:
    return b"qoif" + struct.pack(">IIBB", side, side, 4, 0) + body


def _xpm(side: int) -> bytes:
    head = f'/* XPM */\nstatic char *x[] = {{\n"{side} {side} 2 1",\n"a c #000000",\n"b c #fff",\n'
    return head.encode() + (b'"' + b"a" * side + b'",\n') * side


def _plain_ppm(kind: bytes, side: int) -> bytes:
    return (
        kind + b" %d %d 255\n" % (side, side) + b"1 " * (side * side * (3 if kind == b"P3" else 1))
    )


_BOMBS: dict[str, Callable[[], bytes]] = {
    "0 wide": lambda: png(0, 0),
    "0 high": lambda: png(100, 0),
    "1x100000": lambda: png(1, 100_000),
    "100000x1": lambda: png(100_000, 1),
    "ppm of comments": lambda: b"P3 500 500 255\n" + b"9 #abc\n" * 750_000,
    "1x1": lambda: png(1, 1),
    "png 60000x60000": lambda: png(60_000, 60_000, rows=100),
    "png 2 billion": lambda: png(2**31 - 1, 2**31 - 1, rows=0),
    "png 100 MP": lambda: png(10_000, 10_000),
    "png 100 MP with alpha": lambda: png(10_000, 10_000, 6),
    "png 100 MP deep": lambda: png(10_000, 10_000, 0, 16),
    "png 100 MP deep, narrow": lambda: png(1000, 100_000, 0, 16),
    "png 100 MP with alpha, narrow": lambda: png(1000, 100_000, 6),
    "png 100 MP deep with alpha": lambda: png(10_000, 10_000, 6, 16),
    "tiff 100 MP float": _large("TIFF", "F", (1000, 100_000), compression="tiff_deflate"),
    "tiff 100 MP integer": _large("TIFF", "I", (10_000, 10_000), compression="tiff_deflate"),
    "tiff 100 MP cmyk": _large("TIFF", "CMYK", (10_000, 10_000), compression="tiff_lzw"),
    "tiff 100 MP turned": _large(
        "TIFF", "RGBA", (10_000, 10_000), compression="tiff_deflate", exif=_turned()
    ),
    "tiff of a million pages": _many_pages,
    "jpeg 100 MP": _large("JPEG", "RGB", (10_000, 10_000)),
    "jpeg 100 MP progressive": _large("JPEG", "CMYK", (10_000, 10_000), progressive=True),
    "jpeg of 1600 scans": lambda: _many_scans(1600),
    "blp with a jpeg of 1600 scans": lambda: _blp(_many_scans(1600)),
    "webp 100 MP turned": _large("WEBP", "RGBA", (10_000, 9_999), lossless=True, exif=_turned(),
                                 method=0),
    "webp animated": _large("WEBP", "RGBA", (10_000, 9_999), lossless=True, save_all=True, method=0,
                            append_images=[Image.new("RGBA", (10_000, 9_999), 1)]),
    "avif 64 MP": _large("AVIF", "RGBA", (8000, 8000), speed=10),
    "jpeg 2000 64 MP": _large("JPEG2000", "RGBA", (8000, 8000)),
    "gif 100 MP": _large("GIF", "P", (10_000, 10_000)),
    "gif animated 100 MP": _large("GIF", "P", (10_000, 10_000), save_all=True,
                                  append_images=[Image.new("P", (10_000, 10_000), 1)]),
    "qoi 100 MP": lambda: _qoi(10_000, b"\xfd" * 1_700_000),
    "qoi 12 MP": lambda: _qoi(3400, b"\xc0" * 12_000_000),
    "plain ppm": lambda: _plain_ppm(b"P3", 2500),
    "plain ppm 25 MP": lambda: _plain_ppm(b"P3", 5000),
    "plain bits": lambda: _plain_ppm(b"P1", 3400),
    "bmp packed 12 MP": lambda: _packed_bmp(3400),
    "bmp packed": lambda: _packed_bmp(9_900),
    "tga 100 MP": _large("TGA", "RGBA", (10_000, 10_000), compression="tga_rle"),
    "sgi 100 MP": lambda: struct.pack(">HBBHHHHll", 474, 0, 2, 3, 10_000, 10_000, 4, 0, 255).ljust(
        512, b"\0"
    ) + bytes(100_000_000),
    "dds 9 MP": lambda: _dds(3000),
    "dds 25 MP": lambda: _dds(5000),
    "xpm 9 MP": lambda: _xpm(3000),
    "xpm 81 MP": lambda: _xpm(9000),
    "ico with 160 MP": lambda: _wrapped_png((12_600, 12_600)),
    "ico with 400 MP": lambda: _wrapped_png((20_000, 20_000)),
    "icns with 160 MP": lambda: _icns(png(12_600, 12_600, kind=6)),
    "icns with jpeg 2000": lambda: _icns(
        encoded(Image.new("RGBA", (1200, 1200)), "JPEG2000", tile_size=(1000, 1000))
    ),
    "fits with gzip": _fits_bomb,
    "text of 60 MB in a png": lambda: _png_text(60_000_000),
    "100 MB of jpeg": lambda: encoded(sample(), "JPEG")[:-2] + b"\xff\xfe\x10\x00" * 25_000_000,
    "100 MB of noise": lambda: random.Random(0).randbytes(100_000_000),
}  # fmt: skip


def _png_text(length: int) -> bytes:
    whole = encoded(sample(), "PNG")
    text = b"Comment\0\0" + zlib.compress(bytes(length))
    return whole[:33] + _chunk(b"zTXt", text) * 50 + whole[33:]


def _packed_bmp(side: int) -> bytes:
    """Return a bitmap with a run of one pixel after the other."""
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 0, 0, 0, 256, 0)
    start = 14 + len(header) + 1024
    body = b"\x01\x02" * (side * side)
    file_header = struct.pack("<2sIHHI", b"BM", start + len(body), 0, 0, start)
    return file_header + header + bytes(1024) + body


def _dds(side: int) -> bytes:
    """Return a picture with uncommon bit masks, which Pillow unpacks pixel by pixel."""
    head = struct.pack("<4s7I44x", b"DDS ", 124, 0x1007, side, side, side * 4, 0, 0)
    pixels = struct.pack(
        "<2I4s5I", 32, 0x41, b"\0\0\0\0", 32, 0x3FF, 0xFFC00, 0x3FF00000, 0xC0000000
    )
    return head + pixels + struct.pack("<5I", 0x1000, 0, 0, 0, 0) + bytes(side * side * 4)


def _many_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated; each decodes all blocks again."""
    whole = encoded(Image.new("L", (10_000, 10_000)), "JPEG", progressive=True)
    scan = whole[whole.rfind(b"\xff\xda") : -2]
    return whole[:-2] + scan * count + whole[-2:]


def _blp(inner: bytes) -> bytes:
    """Return a small BLP that holds a JPEG of any size."""
    head = struct.pack("<4siIIIII", b"BLP1", 0, 0, 64, 64, 5, 0)
    start = len(head) + 128 + 4
    places = struct.pack("<16I16I", start, *[0] * 15, len(inner), *[0] * 15)
    return head + places + struct.pack("<I", 0) + inner


class ShelfFiles:
    """The folder of one's own photos with one of its files damaged."""

    def __init__(self, folder: Path, _: Path) -> None:
        self._folder = folder
        shelf = PhotoLibrary(folder)
        for number, name in enumerate(("Ann", "Zoë 🙂")):
            box = Placement(CropBox(5, 5, 100, 10 * number), (CropBox(9, 9, 80),), 0)
            picture = sample("RGB", (140 + number, 150))
            shelf.add_photo(Photo(name, picture, box))
        # Earlier versions kept faces without their pictures.
        face = np.asarray(sample("RGB", FACE_SHAPE[:2]))
        write_entry(folder, Entry(file_name(face), "Ann", face))
        self.tricks: list[Trick] = [
            *(partial(self._with, trick) for trick in unusual("index.json")),
            *(partial(self._with, trick) for trick in unusual("0123456789abcdef.png")),
            *(partial(self._index, name) for name in NAMES if isinstance(name, str)),
            *(
                partial(self._index, name)
                for name in ("..", ".", "", "a" * 10**6, "\0", "/dev/zero")
            ),
        ]

    def _with(self, trick: Trick, place: Path, dice: random.Random) -> Made:
        shutil.copytree(self._folder, place / "photos")
        return trick(place / "photos", dice)[0], place / "photos"

    def _index(self, text: str, place: Path, _: random.Random) -> Made:
        folder = Path(shutil.copytree(self._folder, place / "photos"))
        files = [*(path.name for path in sorted(folder.glob("*.png"))), text]
        entries = [{"file": file, "name": text} for file in files]
        (folder / "index.json").write_text(json.dumps({"version": 1, "photos": entries}))
        return f"index with {text[:20]!a}", folder

    def damaged(self, place: Path, dice: random.Random) -> Made:
        """Damage one of the files."""
        folder = Path(shutil.copytree(self._folder, place / "photos"))
        return damage_one(folder, dice), folder


class FolderFiles:
    """A folder of pictures whose prepared faces are damaged."""

    def __init__(self, folder: Path, _: Path) -> None:
        self._folder = folder
        pictures = folder / "pictures"
        pictures.mkdir(parents=True)
        for number in range(4):
            sample("RGB", (60 + number, 60)).save(pictures / f"{number}.png")
        load_faces(pictures, cache_folder=folder / "cache")
        entry = next(folder.glob("cache/**/meta.json")).parent.relative_to(folder)
        files = [str(entry / name) for name in ("meta.json", "images.npy", "keys.npy")]
        self.tricks: list[Trick] = [
            *(partial(self._with, trick) for name in files for trick in unusual(name)),
            *(partial(self._with, trick) for trick in unusual("pictures/5.png")),
        ]

    def _with(self, trick: Trick, place: Path, dice: random.Random) -> Made:
        folder = Path(shutil.copytree(self._folder, place / "folder"))
        return trick(folder, dice)[0], folder

    def damaged(self, place: Path, dice: random.Random) -> Made:
        """Damage one of the files of the cache, of which a changed folder makes use too."""
        folder = Path(shutil.copytree(self._folder, place / "folder"))
        if dice.random() < 0.5:
            sample("RGB", (70, 70)).save(folder / "pictures" / "more.png")
        return damage_one(folder / "cache", dice), folder


def damage_one(folder: Path, dice: random.Random) -> str:
    """Damage one of the files below a folder; return what was done."""
    path = dice.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    how, content = damage(path.read_bytes(), dice)
    path.write_bytes(content)
    return f"{path.name} {how}"
