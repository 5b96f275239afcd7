from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QImage

from cae_gui.dropped import NOT_FETCHED, dropped, has_files_or_image
from cae_gui.face_mime import face_to_mime
from cae_gui.images import to_qimage

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


def test_an_empty_picture_and_no_data_are_nothing(qapp: object) -> None:
    mime = QMimeData()
    mime.setImageData(QImage())
    assert dropped(mime).is_empty
    assert dropped(None).is_empty
