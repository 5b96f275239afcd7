"""What was dropped or pasted: files, or a picture itself."""

from __future__ import annotations

import base64
import binascii
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage, QPainter

from cae_gui.widgets.face_mime import MIME_TYPE
from cae_gui.widgets.images import from_qimage
from model.io.files import is_there
from model.photos.faces import GREY

NOT_FETCHED = (
    "CAE Studio fetches nothing from the network. In the browser, copy the picture and paste it "
    "here, or save it and drop the file."
)
UNNAMED = "Pasted picture"
_ENCODED = ("png", "webp", "jpeg", "gif", "avif", "heic", "tiff", "bmp")
"""Kinds of encoded pictures, the best first where a program gives the same in several."""
_OF_UNKNOWN_KIND = "application/octet-stream"  # so Chrome gives the file behind a picture on X11
_BEGINNINGS = re.compile(
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftyp(avi|hei|mif)",
    re.DOTALL,
)
_ELSEWHERE = ("http://", "https://", "data:image/")


class Dropped(NamedTuple):
    """Files, and pictures as uint8 (H, W, 3) or bytes of a file.

    ``refused`` says what can't be taken and why; ``name`` is what the pictures are called.
    """

    paths: list[Path]
    pictures: list[Any]
    refused: str = ""
    name: str = UNNAMED

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say or to do."""
        return not (self.paths or self.pictures or self.refused)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.sources += [(value or "").strip() for name, value in attrs if name == "src"]


def has_files_or_image(mime: QMimeData) -> bool:
    """Tell whether ``dropped`` may find something; a face from the gallery isn't meant."""
    if mime.hasFormat(MIME_TYPE):
        return False
    return mime.hasImage() or bool(_encoded_kind(mime) or _urls(mime) or _sources(mime))


def dropped(mime: QMimeData | None) -> Dropped:
    """Take local files, or else the picture; links to the network aren't followed.

    Files and links may come as text, as some programs give them. A browser gives a link to the
    picture and, depending on browser and platform, its file, its pixels or a page that holds it.
    """
    if mime is None or mime.hasFormat(MIME_TYPE):
        return Dropped([], [])
    urls = _urls(mime)
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    if paths:
        return Dropped(paths, [])
    links = [*urls, *_sources(mime)]
    pictures = _pictures(mime, links)
    if pictures:
        return Dropped([], pictures, name=_name(links))
    return Dropped([], [], NOT_FETCHED) if links else Dropped([], [])


def _pictures(mime: QMimeData, links: list[QUrl]) -> list[Any]:
    kind = _encoded_kind(mime)
    data = bytes(mime.data(kind).data()) if kind else b""
    if not data and links:
        data = bytes(mime.data(_OF_UNKNOWN_KIND).data())
        data = data if _BEGINNINGS.match(data) else b""
    if data:
        return [data]
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        return [_over_grey(image)]
    return [data for url in links if url.scheme() == "data" and (data := _inline(url))]


def _encoded_kind(mime: QMimeData) -> str:
    formats = set(mime.formats())
    return next((kind for name in _ENCODED if (kind := f"image/{name}") in formats), "")


def _sources(mime: QMimeData) -> list[QUrl]:
    """Return the pictures of a page, by their links or within these."""
    page = _Page()
    page.feed(mime.html() if mime.hasHtml() else "")
    return [QUrl(text) for text in page.sources if text.startswith(_ELSEWHERE)]


def _name(links: list[QUrl]) -> str:
    """Return what the link calls the file, if it does."""
    names = (url.fileName() for url in links if url.scheme() != "data")
    return next((name for name in names if Path(name).suffix), UNNAMED)


def _urls(mime: QMimeData) -> list[QUrl]:
    if mime.hasUrls():
        return mime.urls()
    lines = [line.strip() for line in mime.text().splitlines()] if mime.hasText() else []
    urls = [_url(line) for line in lines if line]
    # Where one line is something else, the text is no list of pictures.
    return [url for url in urls if url is not None] if None not in urls else []


def _url(line: str) -> QUrl | None:
    if line.startswith(("file://", *_ELSEWHERE)):
        return QUrl(line)
    is_file = Path(line).is_absolute() and is_there(Path(line))
    return QUrl.fromLocalFile(line) if is_file else None


def _inline(url: QUrl) -> bytes:
    """Return the picture that a link of the kind “data:image/png;base64,…” holds."""
    head, _, body = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    data = unquote_to_bytes(body)
    if not head.startswith("data:image/"):
        return b""
    try:
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else data
    except binascii.Error:
        return b""


def _over_grey(image: QImage) -> Any:
    """Return the pixels, transparent parts over the same grey as those of files."""
    if image.hasAlphaChannel():
        ground = QImage(image.size(), QImage.Format.Format_RGB32)
        ground.fill(QColor(*GREY))
        painter = QPainter(ground)
        painter.drawImage(0, 0, image)
        painter.end()
        image = ground
    return from_qimage(image)
