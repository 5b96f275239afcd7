"""What is said while something is dragged over the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication

from cae_gui.documents.drops import FROM_NETWORK, MOST_LOOKED_INTO, Outlook, outlook
from cae_gui.main_window import MainWindow
from cae_gui.widgets.face_mime import face_to_mime
from model.checkpoint import pretrained_model, save_model

ACTIONS = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def photos(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for path in paths:
        Image.new("RGB", (8, 8)).save(path)
    return paths


def text_file(folder: Path, name: str) -> Path:
    (folder / name).write_text("Dear Ann")
    return folder / name


@pytest.mark.parametrize(
    ("count", "text"), [(1, "Add this photo"), (3, "Add 3 photos"), (1200, "Add 1,200 photos")]
)
def test_photos_are_counted(count: int, text: str, tmp_path: Path) -> None:
    paths = photos(tmp_path, min(count, MOST_LOOKED_INTO))
    paths += [tmp_path / f"more {number}.png" for number in range(count - len(paths))]
    assert outlook(files(*paths)) == Outlook(text)


def test_a_picture_without_a_file_is_a_photo() -> None:
    pixels, encoded, inline = QMimeData(), QMimeData(), QMimeData()
    pixels.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    encoded.setData("image/png", QByteArray(b"x"))
    inline.setUrls([QUrl("data:image/png;base64,AAAA")])
    for mime in (pixels, encoded, inline):
        assert outlook(mime) == Outlook("Add this photo")


def test_each_kind_of_file_has_its_words(tmp_path: Path) -> None:
    model = tmp_path / "a.safetensors"
    save_model(model, pretrained_model())
    assert outlook(files(model)).text == "Open this model"
    assert outlook(files(tmp_path / "a.cae-session")).text == "Open this session"
    assert outlook(files(tmp_path / "a.directions")).text == "Add to your directions"
    assert outlook(files(tmp_path)).text == "Show the faces in this folder"
    both = outlook(files(model, *photos(tmp_path, 2)))
    assert both == Outlook("Open this model\nAdd 2 photos")


def test_a_picture_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    [photo] = photos(tmp_path, 1)
    assert outlook(files(photo.rename(tmp_path / "photo.txt"))) == Outlook("Add this photo")


def test_what_can_not_be_opened_is_told(tmp_path: Path) -> None:
    letters = [text_file(tmp_path, f"letter {number}.txt") for number in range(2)]
    one, all_ = outlook(files(letters[0])), outlook(files(*letters))
    assert one.is_refused
    assert one.text.startswith("This can't be opened: “letter 0.txt”")
    assert all_.is_refused
    assert outlook(files(*letters, *photos(tmp_path, 1))) == Outlook(
        "Add this photo\n2 can't be opened"
    )
    link = QMimeData()
    link.setUrls([QUrl("https://example.org/face.png")])
    assert outlook(link) == Outlook(FROM_NETWORK, True)


def enter(window: MainWindow, mime: QMimeData) -> None:
    actions = (Qt.DropAction.CopyAction, mime, *ACTIONS)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(600, 400), *actions))


def test_the_overlay_comes_and_goes_with_the_drag(window: MainWindow, tmp_path: Path) -> None:
    mime = files(*photos(tmp_path, 2))
    place = window.tabs.geometry()
    enter(window, mime)
    assert window.overlay.text() == "Add 2 photos"
    assert window.tabs.geometry() == place
    window.resize(1000, 700)
    assert window.overlay.size() == window.centralWidget().size()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert window.overlay.text() == ""
    enter(window, mime)
    drop = QDropEvent(QPointF(600, 400), Qt.DropAction.CopyAction, mime, *ACTIONS, QEvent.Type.Drop)
    QApplication.sendEvent(window, drop)
    assert window.overlay.text() == ""


def test_a_face_of_the_gallery_covers_nothing(window: MainWindow) -> None:
    enter(window, face_to_mime("Ann", np.zeros((48, 48, 3), np.uint8)))
    assert window.overlay.text() == ""
