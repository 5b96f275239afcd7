from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData

from cae_gui.widgets.face_mime import (
    MANY_TYPE,
    MIME_TYPE,
    MOST_DRAGGED,
    face_from_mime,
    face_to_mime,
    faces_from_mime,
    faces_to_mime,
)

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


def test_many_faces_survive_in_their_order_and_the_first_is_for_places_of_one() -> None:
    faces = [("Zoë", FACE), ("", FACE[::-1]), ("a\0b", FACE[:, ::-1])]
    mime = faces_to_mime(faces)
    found = faces_from_mime(mime)
    assert [name for name, _ in found] == ["Zoë", "", "a b"]
    assert all(np.array_equal(one, two) for (_, one), (_, two) in zip(faces, found, strict=True))
    first = face_from_mime(mime)
    assert first is not None
    assert first[0] == "Zoë"


def test_one_face_alone_is_a_list_of_one() -> None:
    ((name, pixels),) = faces_from_mime(face_to_mime("Ann", FACE))
    assert name == "Ann"
    assert np.array_equal(pixels, FACE)
    assert faces_from_mime(QMimeData()) == []


def test_so_many_faces_are_dragged_and_none_are_refused() -> None:
    assert len(faces_from_mime(faces_to_mime([("", FACE)] * (MOST_DRAGGED + 1)))) == MOST_DRAGGED
    with pytest.raises(ValueError, match="one face"):
        faces_to_mime([])


@pytest.mark.parametrize("payload", [b"x", b"x" * 6911, b"x" * 2 * 6912 + b"one name"])
def test_malformed_data_is_no_list_of_faces(payload: bytes) -> None:
    mime = QMimeData()
    mime.setData(MANY_TYPE, payload)
    assert faces_from_mime(mime) == []
