from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData

from cae_gui.face_mime import MIME_TYPE, face_from_mime, face_to_mime

FACE = np.arange(48 * 48 * 3, dtype=np.uint32).astype(np.uint8).reshape(48, 48, 3)


@pytest.mark.parametrize("name", ["", "Zoë Łuczak", "a\nb", "名前"])
def test_name_and_pixels_survive(name: str) -> None:
    face = face_from_mime(face_to_mime(name, FACE))
    assert face is not None
    assert face[0] == name
    assert np.array_equal(face[1], FACE)


def test_other_applications_get_an_image() -> None:
    image = face_to_mime("Ann", FACE).imageData()
    assert (image.width(), image.height()) == (48, 48)


def test_a_very_long_name_is_cut_between_characters() -> None:
    face = face_from_mime(face_to_mime("é" * 5000, FACE))
    assert face is not None
    assert face[0] == "é" * 512


def test_only_a_face_can_be_dragged() -> None:
    with pytest.raises(ValueError, match="shape"):
        face_to_mime("Ann", np.zeros((50, 48, 3), np.uint8))


@pytest.mark.parametrize(
    "payload", [b"", b"x" * 6911, b"x" * 6912 + b"\xff\xfe", b"x" * (6912 + 1025)]
)
def test_malformed_data_is_no_face(payload: bytes) -> None:
    mime = QMimeData()
    mime.setData(MIME_TYPE, payload)
    assert face_from_mime(mime) is None


def test_foreign_data_is_no_face() -> None:
    mime = QMimeData()
    mime.setText("hello")
    assert face_from_mime(mime) is None
