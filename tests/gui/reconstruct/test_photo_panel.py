"""The panel of a photo of the person's own: its box, and the buttons for the faces on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock, call

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.reconstruct.own_photo import OwnPhoto
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.widgets.layouts import filled
from model.photos.crop import CropBox, Placement
from model.photos.photos import Photo, PhotoLibrary

LEFT = Qt.MouseButton.LeftButton
BOXES = tuple(CropBox(100 + 250 * number, 150, 200) for number in range(8))


@pytest.fixture
def shelf(tmp_path: Path) -> PhotoLibrary:
    return PhotoLibrary(tmp_path / "photos")


@pytest.fixture
def own(shelf: PhotoLibrary, qtbot: QtBot) -> Iterator[OwnPhoto]:
    own = OwnPhoto(shelf, pytest.fail)
    yield own
    stop_and_wait([own.job])


@pytest.fixture
def asked() -> Mock:
    """What the person asked for."""
    return Mock()


@pytest.fixture
def holder(qtbot: QtBot) -> QWidget:
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(900, 400)
    with qtbot.waitExposed(holder):
        holder.show()
    return holder


@pytest.fixture
def panel(own: OwnPhoto, asked: Mock, holder: QWidget) -> PhotoPanel:
    panel = PhotoPanel(
        own,
        pick=asked.pick,
        add_face=asked.add_face,
        add_all_faces=asked.add_all_faces,
        remove=asked.remove,
    )
    filled(QHBoxLayout(holder), panel, panel.buttons, room=panel)
    return panel


def show(own: OwnPhoto, shelf: PhotoLibrary, faces: int, qtbot: QtBot) -> str:
    """Open a photo on which so many faces were found, the first of which was added."""
    grey = np.full((600, 2200, 3), 90 + faces, np.uint8)
    placement = Placement(BOXES[0], BOXES[:faces], 0 if faces else -1)
    key = shelf.add_photo(Photo("group.png", Image.fromarray(grey), placement))
    with qtbot.waitSignal(own.opened):
        own.show(key)
    return key


@pytest.mark.parametrize(("faces", "offered"), [(1, False), (2, False), (3, True), (8, True)])
def test_all_faces_are_offered_where_several_are_free(
    faces: int,
    offered: bool,
    panel: PhotoPanel,
    own: OwnPhoto,
    shelf: PhotoLibrary,
    qtbot: QtBot,
) -> None:
    show(own, shelf, faces, qtbot)
    assert panel.add_all.isVisible() is offered
    if offered:
        assert panel.add_all.text().replace("&", "") == f"Add the other {faces - 1} faces"


def test_it_hides_without_a_photo(
    panel: PhotoPanel, own: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    show(own, shelf, 2, qtbot)
    assert panel.photo.box() == BOXES[0]
    own.show("")
    assert panel.isHidden()
    assert panel.buttons.isHidden()
    show(own, shelf, 3, qtbot)
    assert not panel.isHidden()
    assert not panel.buttons.isHidden()


def test_it_stays_while_another_photo_is_read(
    panel: PhotoPanel, own: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    shown: list[bool] = []
    show(own, shelf, 2, qtbot)
    panel.shown.connect(shown.append)
    show(own, shelf, 3, qtbot)
    assert shown == [True]


@pytest.mark.parametrize(
    ("faces", "said"), [(0, "No face was found"), (1, "Your photo"), (3, "3 faces found")]
)
def test_what_was_found_is_said(
    faces: int, said: str, panel: PhotoPanel, own: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    show(own, shelf, faces, qtbot)
    assert said in panel.photo.accessibleName()


def test_buttons_ask_for_the_photo_on_show(
    panel: PhotoPanel, asked: Mock, own: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    key = show(own, shelf, 4, qtbot)
    for button in (panel.add_face, panel.add_all, panel.remove):
        qtbot.mouseClick(button, LEFT)
    assert asked.mock_calls == [
        call.add_face(key, own.placement),
        call.add_all_faces([key]),
        call.remove([key]),
    ]


def test_a_face_with_an_entry_is_gone_to_by_a_click(
    panel: PhotoPanel, asked: Mock, own: OwnPhoto, shelf: PhotoLibrary, qtbot: QtBot
) -> None:
    key = show(own, shelf, 2, qtbot)
    placement = own.placement
    assert placement is not None
    (other,) = shelf.add_faces(key, [placement.moved(BOXES[1], 1)])
    panel.show_faces()
    place = panel.photo.to_widget(*BOXES[1].centre).toPoint()
    qtbot.mouseClick(panel.photo, LEFT, pos=place)
    assert asked.mock_calls == [call.pick(other)]
