"""What a file holds, by its beginning and else by its name."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

from model.documents.session_file import FORMAT as SESSION_FORMAT
from model.documents.session_file import SUFFIX as SESSION_SUFFIX
from model.io.files import check_ordinary
from model.latents.custom_directions import FORMAT as DIRECTIONS_FORMAT
from model.latents.custom_directions import SUFFIX as DIRECTIONS_SUFFIX

Kind = Literal["model", "session", "directions", "photo"]

MODEL_SUFFIXES = (".safetensors", ".pth", ".pt", ".pth.tar", ".pt.tar", ".ckpt", ".bin", ".onnx")
_FORMATS: dict[bytes, Kind] = {  # whatever the version, which their readers look at
    SESSION_FORMAT.rpartition("-")[0].encode(): "session",
    DIRECTIONS_FORMAT.rpartition("-")[0].encode(): "directions",
}
_MOST_HEADER = 1_000_000
"""Bytes of a header that are searched for the file's own format."""
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"BM")


def kind_of(path: Path) -> Kind:
    """Return what to open a file as; what can't be read is known by its name alone."""
    return _kind_inside(path) or _kind_named(path.name.lower())


def holds_picture(path: Path) -> bool:
    """Return whether a file looks like a picture: by its beginning, or else by its name."""
    if _kind_inside(path) == "photo":
        return True
    from model.photos.faces import picture_suffixes  # imports Pillow's plugins

    return path.suffix.lower() in picture_suffixes()


def _kind_named(name: str) -> Kind:
    if name.endswith(SESSION_SUFFIX):
        return "session"
    if name.endswith(DIRECTIONS_SUFFIX):
        return "directions"
    return "model" if name.endswith(MODEL_SUFFIXES) else "photo"


def _kind_inside(path: Path) -> Kind | None:
    try:
        size = check_ordinary(path, 1 << 62)  # reading a pipe would block
        with path.open("rb") as file:
            start = file.read(min(size, 128))
            if start[8:9] == b"{" and struct.unpack("<Q", start[:8])[0] <= size - 8:
                header = start + file.read(min(size, _MOST_HEADER))
                return next((kind for name, kind in _FORMATS.items() if name in header), "model")
    except OSError:
        return None
    if start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5":  # a pickle
        return "model"
    if start[:4] == b"PK\3\4" and b"data.pkl" in start:  # PyTorch's archive
        return "model"
    return "photo" if start.startswith(_PICTURES) else None
