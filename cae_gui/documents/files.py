"""Opening: dialogs, and what is dropped or pasted: files, or a picture itself."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from PySide6.QtCore import QMimeData, QObject, QUrl, Slot
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from cae_gui.documents.kinds import MODEL_SUFFIXES, holds_picture, kind_of
from cae_gui.widgets import dialogs
from cae_gui.widgets.face_mime import MIME_TYPE
from cae_gui.widgets.images import from_qimage
from model.documents.session_file import SUFFIX as SESSION_SUFFIX
from model.documents.unsaved import last_session
from model.io.files import is_folder, is_there, readable
from model.latents.custom_directions import SUFFIX as DIRECTIONS_SUFFIX
from model.photos.faces import GREY

if TYPE_CHECKING:
    from cae_gui.core.faces import Faces
    from cae_gui.core.models import Models
    from cae_gui.documents.sessions import Sessions
    from cae_gui.explore.custom_directions import CustomDirections
    from cae_gui.settings import Settings
    from cae_gui.widgets.message_bar import MessageBar

SESSIONS = f"{dialogs.filter_of('Sessions', [SESSION_SUFFIX])};;{dialogs.ALL}"
DIRECTIONS = (
    f"{dialogs.filter_of('Directions', [DIRECTIONS_SUFFIX, SESSION_SUFFIX])};;{dialogs.ALL}"
)
MODELS = f"{dialogs.filter_of('Models', MODEL_SUFFIXES)};;{dialogs.ALL}"
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
_LISTS = (
    "application/x-kde4-urilist",  # where text/uri-list has what only KDE knows, such as desktop:/
    "text/uri-list",
    "x-special/gnome-copied-files",
    "x-special/mate-copied-files",
    "x-special/nautilus-clipboard",
)
_MOZILLA = "text/x-moz-url"
_VERBS = {b"copy", b"cut", b"link", b"x-special/nautilus-clipboard"}
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


class Files(QObject):
    """Opens what is chosen in a dialog, dropped, pasted or named; the folder is remembered.

    ``add_photos`` takes photos, each with its name: files, their bytes, or pixels uint8 (H, W, 3).
    """

    def __init__(
        self,
        window: QWidget,
        messages: MessageBar,
        settings: Settings,
        sessions: Sessions,
        *,
        models: Models,
        faces: Faces,
        own: CustomDirections,
        add_photos: Callable[[Sequence[tuple[Any, str]]], object],
    ) -> None:
        super().__init__(window)
        self._window, self._messages, self._settings = window, messages, settings
        self._sessions, self._models, self._faces = sessions, models, faces
        self._own, self._add_photos = own, add_photos
        sessions.model_wanted.connect(self.open_model)

    @Slot()
    def open_model(self) -> None:
        """Ask for a model file and open it."""
        path = dialogs.ask_open(self._window, "Open a model", self._settings.folder, MODELS)
        if path is not None and kind_of(path) == "photo" and not holds_picture(path):
            self._settings.folder = path.parent
            self._models.open(path)  # which says why it is none
        elif path is not None:
            self.open_path(path)

    @Slot()
    def open_session(self) -> None:
        """Ask for a session file and open it."""
        path = dialogs.ask_open(self._window, "Open a session", self._settings.folder, SESSIONS)
        if path is not None:
            self.open_path(path)

    @Slot()
    def open_last_session(self) -> None:
        """Open the work that was there when a window was closed last."""
        if last_session().exists():
            self._sessions.open(last_session())
        else:
            self._messages.show_message("No work was left open when a window was closed last.")

    @Slot()
    def open_directions(self) -> None:
        """Ask for a file with custom directions and bring them in."""
        title, folder = "Import directions", self._settings.folder
        path = dialogs.ask_open(self._window, title, folder, DIRECTIONS)
        if path is not None:
            self._settings.folder = path.parent
            self._own.bring(path)

    @Slot()
    def open_photos(self) -> None:
        """Ask for photos and add them."""
        paths = dialogs.ask_photos(self._window, self._settings.folder)
        if paths:
            self._settings.folder = paths[0].parent
            self._take(Dropped(paths, []))

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder of faces and show it."""
        folder = dialogs.ask_folder(self._window, self._settings.folder)
        if folder is not None:
            self._settings.folder = folder
            self._faces.choose(str(folder))

    @Slot()
    def paste(self) -> None:
        """Add what is on the clipboard."""
        if not self.take(QApplication.clipboard().mimeData()):
            self._messages.show_message("There is no picture on the clipboard.")

    def open_path(self, path: Path) -> None:
        """Open a model, a session, directions, a folder of images, or a photo."""
        self._settings.folder = path.parent
        if is_folder(path):
            self._faces.choose(str(path))
            return
        kind = kind_of(path)
        if kind == "model":
            self._models.open(path)
        elif kind == "session":
            self._sessions.open(path)
        elif kind == "directions":
            self._own.bring(path)
        else:
            self._add_photos([(path, readable(path.name))])

    def take(self, mime: QMimeData) -> bool:
        """Open what was dropped or pasted; return whether there was anything."""
        content = dropped(mime)
        self._take(content)
        return not content.is_empty

    def choose_run(self, take: Callable[[Path], None]) -> None:
        """Ask for the folder of a run and hand it over."""
        folder = dialogs.ask_run_folder(self._window, self._settings.folder)
        if folder is not None:
            self._settings.folder = folder.parent
            take(folder)

    def choose_model(self, take: Callable[[Path], object]) -> None:
        """Ask for a model file and hand it over."""
        path = dialogs.ask_open(self._window, "Choose a model", self._settings.folder, MODELS)
        if path is not None:
            self._settings.folder = path.parent
            take(path)

    def _take(self, content: Dropped) -> None:
        photos: list[tuple[Any, str]] = []
        for path in content.paths:
            if is_folder(path) or kind_of(path) != "photo":
                self.open_path(path)
            else:
                photos.append((path, readable(path.name)))
        photos.extend((picture, content.name) for picture in content.pictures)
        if photos:
            self._add_photos(photos)
        if content.refused:
            self._messages.show_message(content.refused, kind="error")


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
    return mime.hasImage() or bool(_encoded_kind(mime) or _entries(mime) or _sources(mime))


def dragged(mime: QMimeData) -> tuple[list[Path], bool]:
    """Return the files that ``dropped`` would find, and whether there is a picture else.

    No picture is decoded: what drags it may have to make it first.
    """
    entries = _entries(mime)
    paths = [entry for entry in entries if isinstance(entry, Path)]
    links = [*(entry for entry in entries if isinstance(entry, QUrl)), *_sources(mime)]
    is_inline = any(url.scheme() == "data" for url in links)
    is_file = bool(links) and mime.hasFormat(_OF_UNKNOWN_KIND)
    return paths, mime.hasImage() or bool(_encoded_kind(mime)) or is_inline or is_file


def dropped(mime: QMimeData | None) -> Dropped:
    """Take local files, or else the picture; links to the network aren't followed.

    Files and links may come as text, as some programs give them. A browser gives a link to the
    picture and, depending on browser and platform, its file, its pixels or a page that holds it.
    """
    if mime is None or mime.hasFormat(MIME_TYPE):
        return Dropped([], [])
    entries = _entries(mime)
    paths = [entry for entry in entries if isinstance(entry, Path)]
    if paths:
        return Dropped(paths, [])
    links = [*(entry for entry in entries if isinstance(entry, QUrl)), *_sources(mime)]
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


def _entries(mime: QMimeData) -> list[Path | QUrl]:
    """Return the files and links that a program gives, from the list in which files are."""
    lists = [_listed(bytes(mime.data(kind).data())) for kind in _LISTS if mime.hasFormat(kind)]
    if mime.hasFormat(_MOZILLA):
        lists.append(_listed(_mozilla_link(bytes(mime.data(_MOZILLA).data()))))
    if mime.hasUrls() and not any(lists):
        lists.append([Path(url.toLocalFile()) if url.isLocalFile() else url for url in mime.urls()])
    if mime.hasText():
        lists.append(_in_text(mime.text()))
    with_files = (entries for entries in lists if any(isinstance(one, Path) for one in entries))
    return next(with_files, next(filter(None, lists), []))


def _listed(data: bytes) -> list[Path | QUrl]:
    """Read a list of links, a line each; what a file manager says to do with them is left out."""
    lines = [line.strip() for line in re.split(rb"[\r\n\0]+", data)]
    lines = [line for line in lines if line and not line.startswith(b"#") and line not in _VERBS]
    return [_file_of(line) if _is_file(line) else QUrl.fromEncoded(line) for line in lines]


def _mozilla_link(data: bytes) -> bytes:
    """Return the first line, the link; the second is its title."""
    return data.decode("utf-16-le", "replace").split("\n")[0].encode()


def _in_text(text: str) -> list[Path | QUrl]:
    lines = [line.strip() for line in re.split(r"[\r\n\0]+", text)]
    lines = [line for line in lines if line and line.encode("utf-8", "replace") not in _VERBS]
    found = [_entry(line) for line in lines]
    # Where one line is something else, the text is no list of pictures.
    return [item for item in found if item is not None] if None not in found else []


def _entry(line: str) -> Path | QUrl | None:
    """Return the link or the file that a line of text names: quoted or escaped as in a terminal."""
    if _is_file(line.encode("utf-8", "replace")):
        return _file_of(line.encode("utf-8", "surrogateescape"))
    if line.startswith(_ELSEWHERE):
        return QUrl(line)
    bare = line[1:-1] if len(line) > 2 and line[0] == line[-1] and line[0] in "'\"" else line
    for name in (line, bare, re.sub(r"\\(.)", r"\1", bare), unquote(bare)):
        if Path(name).is_absolute() and is_there(Path(name)):
            return Path(name)
    return None


def _is_file(link: bytes) -> bool:
    return link[:6].lower() == b"file:/"


def _file_of(link: bytes) -> Path:
    """Return the file that a link names: the first reading of it that is there, else the usual one.

    Programs differ in what they escape. “#” and “?” may belong to the name, or begin what doesn't;
    and a name that isn't UTF-8 stands for its bytes, or was Latin-1 on the way only.
    """
    rest = link[5:]
    if rest.startswith(b"//"):
        host, _, path = rest[2:].partition(b"/")
        own = not host or host.lower() == b"localhost" or os.name != "nt"
        rest = b"/" + path if own else rest
    cut = re.split(rb"[#?]", rest, maxsplit=1)[0]
    names = [unquote_to_bytes(rest), rest, unquote_to_bytes(cut)]
    paths = [_path_of(reading) for name in names for reading in _readings(name)]
    return next((path for path in paths if is_there(path)), paths[0])


def _readings(name: bytes) -> list[str]:
    """Return a name as the disk has it; where it isn't UTF-8, also as Latin-1."""
    try:
        return [name.decode("utf-8")]
    except UnicodeDecodeError:
        return [os.fsdecode(name), name.decode("latin-1")]


def _path_of(name: str) -> Path:
    is_drive = os.name == "nt" and re.match(r"/[a-zA-Z]:", name)
    return Path(name[1:] if is_drive else name)


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
