from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QImage

from cae_gui.documents.files import NOT_FETCHED, dropped, has_files_or_image
from cae_gui.widgets.face_mime import face_to_mime
from cae_gui.widgets.images import to_qimage
from model.photos.faces import open_photo

PIXELS = np.random.RandomState(0).randint(0, 256, (30, 40, 3)).astype(np.uint8)


def of_urls(*urls: QUrl) -> QMimeData:
    mime = QMimeData()
    mime.setUrls(list(urls))
    return mime


def test_local_files_and_folders(tmp_path: Path, qapp: object) -> None:
    paths = [tmp_path / "a b%20ü.png", tmp_path]
    mime = of_urls(*(QUrl.fromLocalFile(str(path)) for path in paths))
    assert has_files_or_image(mime)
    content = dropped(mime)
    assert content.paths == paths
    assert content.pictures == []
    assert content.refused == ""


def test_a_picture(qapp: object) -> None:
    mime = QMimeData()
    mime.setImageData(to_qimage(PIXELS))
    assert has_files_or_image(mime)
    [picture] = dropped(mime).pictures
    assert np.array_equal(picture, PIXELS)


def test_a_file_is_better_than_its_preview(tmp_path: Path, qapp: object) -> None:
    mime = of_urls(QUrl.fromLocalFile(str(tmp_path / "a.png")))
    mime.setImageData(to_qimage(PIXELS))
    content = dropped(mime)
    assert content.paths == [tmp_path / "a.png"]
    assert content.pictures == []


def test_a_picture_from_a_browser_needs_no_network(qapp: object) -> None:
    mime = of_urls(QUrl("https://example.org/face.jpg"))
    mime.setImageData(to_qimage(PIXELS))
    content = dropped(mime)
    assert len(content.pictures) == 1
    assert content.refused == ""


def test_a_mere_link_is_refused_in_a_sentence(qapp: object) -> None:
    content = dropped(of_urls(QUrl("https://example.org/face.jpg")))
    assert content.refused == NOT_FETCHED
    assert not content.is_empty
    assert not content.paths


def test_local_files_among_links(tmp_path: Path, qapp: object) -> None:
    local = QUrl.fromLocalFile(str(tmp_path / "a.png"))
    assert dropped(of_urls(QUrl("https://example.org/"), local)).paths == [tmp_path / "a.png"]


def test_a_face_of_the_gallery_is_for_the_wells_only(qapp: object) -> None:
    mime = face_to_mime("Ann", np.zeros((48, 48, 3), np.uint8))
    assert not has_files_or_image(mime)
    assert dropped(mime).is_empty


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
def test_anything_else_is_nothing(kind: str, qapp: object) -> None:
    mime = QMimeData()
    mime.setData(kind, QByteArray(b"hello"))
    assert not has_files_or_image(mime)
    assert dropped(mime).is_empty


def of_text(text: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(text)
    return mime


def test_files_named_by_a_text(tmp_path: Path, qapp: object) -> None:
    paths = [tmp_path / "a b.png", tmp_path / "ü.png"]
    for path in paths:
        path.touch()
    as_links = "\r\n".join(path.as_uri() for path in paths)
    for text in (as_links, "\n".join(map(str, paths))):
        assert has_files_or_image(of_text(text))
        assert dropped(of_text(text)).paths == paths


def test_a_link_as_text_is_refused_in_a_sentence(qapp: object) -> None:
    assert dropped(of_text("https://example.org/face.jpg")).refused == NOT_FETCHED


@pytest.mark.parametrize("text", ["Dear Ann", "/no/such/file.png", "see https://example.org", ""])
def test_other_text_is_nothing(text: str, qapp: object) -> None:
    assert not has_files_or_image(of_text(text))
    assert dropped(of_text(text)).is_empty


def test_a_picture_within_a_link(qapp: object) -> None:
    data = base64.b64encode(b"the bytes of a file").decode()
    for mime in (
        of_urls(QUrl(f"data:image/png;base64,{data}")),
        of_text(f"data:image/png;base64,{data}"),
    ):
        assert dropped(mime).pictures == [b"the bytes of a file"]
    assert dropped(of_text("data:image/png;base64,%%%")).refused == NOT_FETCHED


def test_transparent_parts_of_a_picture_become_mid_grey(qapp: object) -> None:
    image = QImage(4, 4, QImage.Format.Format_ARGB32)
    image.fill(0)
    mime = QMimeData()
    mime.setImageData(image)
    [picture] = dropped(mime).pictures
    assert np.array_equal(picture, np.full((4, 4, 3), 128))


def test_an_empty_picture_and_no_data_are_nothing(qapp: object) -> None:
    mime = QMimeData()
    mime.setImageData(QImage())
    assert dropped(mime).is_empty
    assert dropped(None).is_empty


def encoded(kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, kind)
    return file.getvalue()


PAGE = '<meta charset="utf-8"><a href="/x"><img alt="a>b" src="{}"></a>'


def of_browser(link: str, source: str = "", *, data: dict[str, bytes] | None = None) -> QMimeData:
    """What browsers give for a picture: a link, a page, text, and perhaps more."""
    mime = of_urls(QUrl(link))
    mime.setText(link)
    mime.setHtml(PAGE.format(source or link))
    mime.setData("text/x-moz-url", QByteArray(f"{link}\nA face".encode("utf-16-le")))
    for kind, content in (data or {}).items():
        mime.setData(kind, QByteArray(content))
    return mime


LINK = "https://example.org/people/ann.jpg?size=2"


def test_of_a_browser_that_gives_only_links_nothing_is_fetched(qapp: object) -> None:
    for mime in (of_browser(LINK), of_browser("https://example.org/", "https://example.org/b.png")):
        assert has_files_or_image(mime)
        content = dropped(mime)
        assert content.refused == NOT_FETCHED
        assert not content.pictures


def test_pixels_that_a_browser_gives(qapp: object) -> None:
    mime = of_browser(LINK)
    mime.setImageData(to_qimage(PIXELS))
    content = dropped(mime)
    assert np.array_equal(content.pictures[0], PIXELS)
    assert (content.name, content.refused) == ("ann.jpg", "")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_the_file_that_a_browser_gives_is_better_than_its_pixels(kind: str, qapp: object) -> None:
    content = encoded(kind)
    for name in (f"image/{kind.lower()}", "application/octet-stream"):
        mime = of_browser(LINK, data={name: content})
        mime.setImageData(to_qimage(PIXELS[::-1]))
        assert dropped(mime) == ([], [content], "", "ann.jpg")


def test_of_several_encodings_the_lossless_one_is_taken(qapp: object) -> None:
    data = {"image/jpeg": encoded("JPEG"), "image/png": encoded(), "image/bmp": b"BM"}
    mime = of_browser(LINK, data=data)
    assert dropped(mime).pictures == [encoded()]


def test_an_encoded_picture_without_a_link(qapp: object) -> None:
    mime = QMimeData()
    mime.setData("image/png", QByteArray(encoded()))
    assert has_files_or_image(mime)
    assert dropped(mime) == ([], [encoded()], "", "Pasted picture")


def test_what_else_a_browser_gives_with_a_link_is_no_picture(qapp: object) -> None:
    assert (
        dropped(of_browser(LINK, data={"application/octet-stream": b"PK"})).refused == NOT_FETCHED
    )


def test_a_picture_within_a_page(qapp: object) -> None:
    source = "data:image/png;base64," + base64.b64encode(encoded()).decode()
    wrapped = of_browser("https://example.org/search?q=a", source)
    assert dropped(wrapped) == ([], [encoded()], "", "Pasted picture")
    alone = QMimeData()
    alone.setHtml(f"<p>A face <IMG width=9 SRC='{source}'></p>")
    assert has_files_or_image(alone)
    assert dropped(alone).pictures == [encoded()]


@pytest.mark.parametrize(
    "page", ["<p>Dear Ann</p>", "<img>", '<img src="file:///a.png">', "<imgs src='https://x/'>"]
)
def test_other_pages_are_nothing(page: str, qapp: object) -> None:
    mime = QMimeData()
    mime.setHtml(page)
    assert not has_files_or_image(mime)
    assert dropped(mime).is_empty


def test_what_was_given_can_be_read(qapp: object) -> None:
    for mime in (
        of_browser(LINK, data={"image/png": encoded()}),
        of_browser(LINK, data={"application/octet-stream": encoded()}),
        of_browser(LINK, "data:image/png;base64," + base64.b64encode(encoded()).decode()),
    ):
        [picture] = dropped(mime).pictures
        assert np.array_equal(np.asarray(open_photo(picture)), PIXELS)


def of_format(kind: str, data: bytes) -> QMimeData:
    mime = QMimeData()
    mime.setData(kind, QByteArray(data))
    return mime


ODD = ["a#b.png", "a?b.png", "100%.png", "a%20b.png", "a b.png", "ü&=;+.png", "[x].png", "#.png"]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("is_escaped", [True, False])
def test_files_with_odd_names_in_every_kind_of_list(
    name: str, is_escaped: bool, tmp_path: Path, qapp: object
) -> None:
    path = tmp_path / name
    path.touch()
    link = path.as_uri() if is_escaped else f"file://{path}"
    link = link.replace("%23", "#") if is_escaped else link
    line = link.encode()
    local = link.replace("file:///", "file://localhost/")
    for mime in (
        of_text(link),
        of_text(f"{link}\0"),
        of_text(f"x-special/nautilus-clipboard\ncopy\n{link}\n"),
        of_text(local),
        of_text(link.replace("file:///", "file:/")),
        of_text(str(path)),
        of_text(f'"{path}"'),
        of_text(f"'{path}'"),
        of_format("text/uri-list", b"# from a file manager\r\n" + line + b"\r\n"),
        of_format("text/uri-list", local.encode()),
        of_format("x-special/gnome-copied-files", b"copy\n" + line),
        of_format("x-special/mate-copied-files", b"cut\n" + line),
        of_format("application/x-kde4-urilist", line + b"\n"),
        of_format("text/x-moz-url", f"{link}\na title".encode("utf-16-le")),
        of_urls(QUrl.fromLocalFile(str(path))),
    ):
        assert has_files_or_image(mime)
        assert dropped(mime).paths == [path]


@pytest.mark.parametrize("kind", ["text/plain", "text/uri-list", "x-special/gnome-copied-files"])
def test_names_in_latin_1(kind: str, tmp_path: Path, qapp: object) -> None:
    folder = os.fsencode(tmp_path)
    link = f"file://{tmp_path}/%E9t%E9.png".encode()
    in_utf8 = tmp_path / "été.png"
    in_utf8.touch()
    assert dropped(of_format(kind, link)).paths == [in_utf8]
    in_utf8.unlink()
    try:
        in_latin = Path(os.fsdecode(folder + b"/\xe9t\xe9.png"))
        in_latin.touch()
    except (OSError, UnicodeError):
        pytest.skip("this disk has no such names")
    assert dropped(of_format(kind, link)).paths == [in_latin]


def test_kde_gives_files_that_only_it_knows(tmp_path: Path, qapp: object) -> None:
    path = tmp_path / "a.png"
    path.touch()
    mime = of_format("text/uri-list", b"desktop:/a.png")
    mime.setData("application/x-kde4-urilist", QByteArray(path.as_uri().encode()))
    assert dropped(mime).paths == [path]


def test_a_fragment_of_a_link_is_no_part_of_a_file_that_is_there(
    tmp_path: Path, qapp: object
) -> None:
    (tmp_path / "a.png").touch()
    assert dropped(of_text(f"{(tmp_path / 'a.png').as_uri()}#xywh=1,2")).paths == [
        tmp_path / "a.png"
    ]
