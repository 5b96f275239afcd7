"""The program's entry in the menus of a Linux desktop, with its icons and its kinds of files.

Standards of freedesktop.org: desktop entries, icon themes, shared MIME information, AppStream.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from model.documents.session_file import SUFFIX
from model.io.files import write_bytes
from model.io.places import home, shipped

NAME = "cae-studio"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
"""Sides of the icons in pixels."""
SESSION, MODEL, CHECKPOINT = (
    "application/x-cae-studio-session",
    "application/x-safetensors",
    "application/x-pytorch-checkpoint",
)

_SUMMARY = "Train, explore and morph faces with an autoencoder"

_ENTRY = """\
[Desktop Entry]
Type=Application
Version=1.0
Name=CAE Studio
GenericName=Face autoencoder
Comment={summary}
Exec={command} %F
Icon={name}
Terminal=false
Categories=Graphics;
Keywords=face;autoencoder;latent;morph;training;neural;
MimeType={types};
StartupNotify=true
StartupWMClass={name}
"""

_TYPES = """\
<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{session}">
    <comment>CAE Studio session</comment>
    <icon name="{name}"/>
    <glob pattern="*{suffix}" weight="80"/>
  </mime-type>
  <mime-type type="{model}">
    <comment>Safetensors model</comment>
    <glob pattern="*.safetensors"/>
  </mime-type>
  <mime-type type="{checkpoint}">
    <comment>PyTorch checkpoint</comment>
    <glob pattern="*.pth" weight="40"/>
  </mime-type>
</mime-info>
"""

_METAINFO = """\
<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application">
  <id>{name}</id>
  <metadata_license>MIT</metadata_license>
  <project_license>MIT</project_license>
  <name>CAE Studio</name>
  <summary>{summary}</summary>
  <description>
    <p>Train a convolutional autoencoder of faces, watch its curves live, see originals beside their
    reconstructions, drag sliders over the latent space, and morph one face into another. Trained
    weights and synthetic demo faces ship with it.</p>
  </description>
  <launchable type="desktop-id">{name}.desktop</launchable>
  <content_rating type="oars-1.1"/>
  <provides>
    <mediatype>{session}</mediatype>
    <mediatype>{model}</mediatype>
  </provides>
</component>
"""


class DesktopError(RuntimeError):
    """The entry can't be made here; the message is a plain sentence."""


def install_desktop() -> str:
    """Write the entry, icons and kinds of files for this user, and return the sentence to print.

    They lie below $XDG_DATA_HOME, by default ``~/.local/share``.

    Raises:
        DesktopError: this is another system, or the folder isn't known or can't be written.
    """
    data = _data_home()
    try:
        for path, made in _files().items():
            (data / path).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(data / path, made())
    except OSError as error:
        raise DesktopError(f"“{data}” can't be written: {error.strerror or error}.") from error
    _refresh(data)
    return f"CAE Studio is in the menu now; its entry, icons and kinds of files lie in “{data}”."


def remove_desktop() -> str:
    """Remove what ``install_desktop`` wrote, and return the sentence to print.

    Raises:
        DesktopError: as there.
    """
    data, found = _data_home(), 0
    try:
        for path in map(data.joinpath, _files()):
            found += path.exists()
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DesktopError(f"“{data}” can't be changed: {error.strerror or error}.") from error
    if not found:
        return f"There was no entry of CAE Studio in “{data}”."
    _refresh(data)
    return f"CAE Studio's entry, icons and kinds of files were removed from “{data}”."


def _data_home() -> Path:
    if sys.platform != "linux":
        raise DesktopError("Only the desktops of Linux have entries that a program can install.")
    named, own = os.environ.get("XDG_DATA_HOME", ""), home()
    if Path(named).is_absolute():
        return Path(named)
    if own is None:
        raise DesktopError("This user has no home folder; set XDG_DATA_HOME.")
    return own / ".local" / "share"


def _files() -> dict[str, Callable[[], bytes]]:
    """Return what makes each file, by its path below the data folder."""
    return {
        f"applications/{NAME}.desktop": _entry,
        f"mime/packages/{NAME}.xml": _types,
        f"metainfo/{NAME}.metainfo.xml": _metainfo,
        f"icons/hicolor/scalable/apps/{NAME}.svg": shipped("icon.svg").read_bytes,
    } | {f"icons/hicolor/{side}x{side}/apps/{NAME}.png": partial(_icon, side) for side in SIZES}


def _entry() -> bytes:
    command = " ".join(map(_quoted, _command()))
    types = ";".join((SESSION, MODEL, CHECKPOINT))
    text = _ENTRY.format(name=NAME, summary=_SUMMARY, command=command, types=types)
    return text.encode()


def _types() -> bytes:
    text = _TYPES.format(
        name=NAME, session=SESSION, model=MODEL, checkpoint=CHECKPOINT, suffix=SUFFIX
    )
    return text.encode()


def _metainfo() -> bytes:
    text = _METAINFO.format(
        name=NAME,
        summary=_SUMMARY,
        session=SESSION,
        model=MODEL,
    )
    return text.encode()


def _icon(side: int) -> bytes:
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(shipped("icon.svg"))).render(painter, QRectF(0, 0, side, side))
    painter.end()
    written = QBuffer()
    written.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(written, "PNG")  # type: ignore[call-overload]  # the format is a str
    return bytes(written.data().data())


def _command() -> list[str]:
    """Return the words that start this very installation: a bundle, a script or ``main.py``."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    started = Path(sys.argv[0]).absolute()
    return [str(started)] if started.name == NAME else [sys.executable, str(started)]


def _quoted(word: str) -> str:
    """Quote a word as desktop entries want it: for the shell of Exec, then for a text's value."""
    quoted = re.sub(r'(["`$\\])', r"\\\1", word.replace("%", "%%"))
    return '"' + quoted.replace("\\", "\\\\") + '"'


def _refresh(data: Path) -> None:
    """Let the desktop read it at once, where its tools are; else it does at the next login."""
    for name, *words in (
        ("update-desktop-database", data / "applications"),
        ("update-mime-database", data / "mime"),
        ("gtk-update-icon-cache", "-f", "-t", data / "icons" / "hicolor"),
    ):
        program = shutil.which(str(name))
        if program:
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run([program, *map(str, words)], capture_output=True, timeout=60)
