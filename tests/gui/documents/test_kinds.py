from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import PHOTOS
from cae_gui.documents.files import MODELS, SESSIONS
from cae_gui.documents.kinds import kind_of
from cae_gui.main_window import MainWindow
from cae_gui.widgets import dialogs
from model.photos.faces import picture_suffixes
from tests.gui.conftest import Dialogs


def checkpoint(**options: object) -> bytes:
    file = io.BytesIO()
    torch.save({"model_state_dict": {"a": torch.zeros(2)}}, file, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "name",
    ["checkpoint.pth.tar", "last.ckpt", "pytorch_model.bin", "a.PTH", "model", "x.png", "a.model"],
)
@pytest.mark.parametrize("is_old", [False, True])
def test_checkpoints_are_models_whatever_their_name(
    name: str, is_old: bool, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(checkpoint(_use_new_zipfile_serialization=not is_old))
    assert kind_of(path) == "model"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("encoder.onnx", "model"),
        ("ENCODER.ONNX", "model"),
        ("damaged.pth.tar", "model"),
        ("a.tar", "photo"),
        ("a.cae-session", "session"),
        ("a.directions", "directions"),
        ("a.jfif", "photo"),
    ],
)
def test_what_says_nothing_inside_goes_by_its_name(name: str, kind: str, tmp_path: Path) -> None:
    assert kind_of(tmp_path / name) == kind
    (tmp_path / name).write_bytes(b"\x08\x07nothing known")
    assert kind_of(tmp_path / name) == kind


@pytest.mark.parametrize("name", ["a.png", "photo.bin", "photo"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF"])
def test_pictures_are_photos_whatever_their_name(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    Image.new("RGB", (8, 8)).save(path, kind)
    assert kind_of(path) == "photo"


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert kind_of(tmp_path / "pipe.png") == "photo"


def test_a_session_under_another_name_is_one(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "session.cae-session.cae"
    with qtbot.waitSignal(window.studio.session_files.saved):
        window.studio.session_files.save(path)
    assert kind_of(path) == "session"
    with qtbot.waitSignal(window.studio.session_files.opened):
        window.files.open_path(path)


@pytest.mark.parametrize("name", ["a.pth.tar", "b.onnx", "c.ckpt"])
def test_dropped_models_go_to_the_reader_of_models(
    name: str, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x08\x07nothing known")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    with qtbot.waitSignal(window.studio.problem):
        window.files.take(mime)
    assert "as an image" not in window.messages.message()


def test_what_is_opened_as_a_model_and_is_none_is_refused_as_one(
    window: MainWindow, answers: Dialogs, qtbot: QtBot, tmp_path: Path
) -> None:
    answers.path = tmp_path / "letter.txt"
    answers.path.write_text("Dear reader")
    with qtbot.waitSignal(window.studio.problem):
        window.files.open_model()
    assert "“letter.txt” isn't a model file" in window.messages.message()


def test_dialogs_offer_what_can_be_read_in_small_and_capital_letters() -> None:
    offered = dialogs.suffixes_in(dialogs.photo_filters().split(";;")[0])
    for suffix in (*picture_suffixes(), ".jfif", ".jpe", ".heif", ".heic", ".jp2", ".avif"):
        assert suffix in offered
        assert suffix.upper() in offered
    assert dialogs.ALL in dialogs.photo_filters()
    for suffix in (".safetensors", ".pth", ".pt", ".pth.tar", ".ckpt", ".bin", ".onnx"):
        assert suffix in dialogs.suffixes_in(MODELS)
        assert suffix.upper() in dialogs.suffixes_in(MODELS)
    assert dialogs.suffixes_in(SESSIONS) == [".cae-session", ".CAE-SESSION"]


def test_a_photo_whose_name_is_latin_1_is_taken(
    window: MainWindow, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    try:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9t\xe9.png"))
        path.write_bytes(photo.read_bytes())
    except (OSError, UnicodeError):
        pytest.skip("this disk has no such names")
    mime = QMimeData()
    mime.setText(f"file://{tmp_path}/%E9t%E9.png")
    assert window.files.take(mime)
    faces = window.studio.faces
    qtbot.waitUntil(lambda: faces.source == PHOTOS and faces.faces is not None)
    assert faces.faces is not None
    assert faces.faces.names == ("?t?.png",)
