from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QDrag
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from cae_gui.gallery.gallery import Gallery
from cae_gui.widgets.face_list import FaceListView
from cae_gui.widgets.face_mime import face_from_mime, faces_from_mime
from tests.gui.conftest import picture_of, same_picture

NAMES = ["Ann Lee", "Bob_Stone", "José López", "Ann Stone", "Carl Lee"]
FACES = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.full((48, 48, 3), 40, np.uint8)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def gallery(qtbot: QtBot) -> Gallery:
    gallery = Gallery()
    gallery.resize(400, 500)
    gallery.set_faces(FACES, NAMES)
    qtbot.addWidget(gallery)
    with qtbot.waitExposed(gallery):
        gallery.show()
    return gallery


def view_of(gallery: Gallery) -> FaceListView:
    return gallery.findChild(FaceListView)


def search(gallery: Gallery, text: str, qtbot: QtBot) -> None:
    field = gallery.findChild(QLineEdit)
    field.clear()
    qtbot.keyClicks(field, text)


def shown_names(gallery: Gallery) -> list[str]:
    model = view_of(gallery).model()
    return [model.index(i, 0).data() for i in range(model.rowCount())]


def click(
    gallery: Gallery,
    position: int,
    qtbot: QtBot,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> QPoint:
    view = view_of(gallery)
    point = view.visualRect(view.model().index(position, 0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, keys, point)
    return point


def test_click_chooses_the_data_sets_row(gallery: Gallery, qtbot: QtBot) -> None:
    search(gallery, "stone", qtbot)
    with qtbot.waitSignal(gallery.face_chosen) as blocker:
        click(gallery, 1, qtbot)
    assert blocker.args == [3]
    assert gallery.selected_row() == 3


def test_a_face_is_shown_anew_and_stays_selected(gallery: Gallery, qtbot: QtBot) -> None:
    click(gallery, 1, qtbot)
    before = picture_of(gallery)
    images = FACES.copy()
    images[1] = 250
    with qtbot.assertNotEmitted(gallery.face_chosen):
        gallery.update_face(images, 1)
    assert gallery.selected_row() == 1
    assert not same_picture(before, picture_of(gallery))
    with pytest.raises(ValueError, match="4 images, but 5 names"):
        gallery.update_face(images[:4], 1)


def test_arrow_keys_choose_one_at_a_time(gallery: Gallery, qtbot: QtBot) -> None:
    rows: list[int] = []
    click(gallery, 0, qtbot)
    gallery.face_chosen.connect(rows.append)
    for _ in range(2):
        qtbot.keyClick(view_of(gallery), Qt.Key.Key_Right)
    assert rows == [1, 2]


def test_double_click_and_enter_activate(gallery: Gallery, qtbot: QtBot) -> None:
    point = click(gallery, 2, qtbot)
    with qtbot.waitSignal(gallery.face_activated) as blocker:
        qtbot.mouseDClick(view_of(gallery).viewport(), LEFT, pos=point)
    assert blocker.args == [2]
    with qtbot.waitSignal(gallery.face_activated) as blocker:
        qtbot.keyClick(view_of(gallery), Qt.Key.Key_Return)
    assert blocker.args == [2]


def test_several_can_be_selected(gallery: Gallery, qtbot: QtBot) -> None:
    click(gallery, 3, qtbot)
    click(gallery, 1, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert gallery.selected_rows() == [1, 3]
    assert gallery.selected_row() == 1


def test_setters_never_emit(gallery: Gallery, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(gallery.face_chosen),
        qtbot.assertNotEmitted(gallery.source_chosen),
    ):
        gallery.set_sources([("a", "A"), ("b", "B")])
        gallery.set_source("b")
        gallery.select_row(2)
        gallery.set_faces(FACES, NAMES)
        view_of(gallery).setFocus()
        gallery.clear("Choose a folder.")


def test_setting_faces_deselects(gallery: Gallery) -> None:
    gallery.select_row(2)
    assert gallery.selected_rows() == [2]
    gallery.set_faces(FACES, NAMES)
    assert gallery.selected_row() is None
    assert gallery.selected_rows() == []


def test_search_finds_words_in_any_order_without_accents(gallery: Gallery, qtbot: QtBot) -> None:
    search(gallery, "lopez jose", qtbot)
    assert shown_names(gallery) == ["José López"]
    search(gallery, "bob stone", qtbot)
    assert shown_names(gallery) == ["Bob_Stone"]


def test_counts(gallery: Gallery, qtbot: QtBot) -> None:
    count = gallery.findChild(QLabel)
    assert count.text() == "5 faces"
    search(gallery, "ann", qtbot)
    assert count.text() == "2 of 5 faces"
    many = np.broadcast_to(FACES[:1], (12_547, 48, 48, 3))
    gallery.findChild(QLineEdit).clear()
    gallery.set_faces(many, ["x"] * len(many))
    assert count.text() == "12,547 faces"


def test_the_chosen_face_comes_back_after_a_search(gallery: Gallery, qtbot: QtBot) -> None:
    click(gallery, 4, qtbot)
    with qtbot.assertNotEmitted(gallery.face_chosen):
        search(gallery, "bob", qtbot)
        assert gallery.selected_rows() == []
        assert gallery.selected_row() == 4
        gallery.findChild(QLineEdit).clear()
    assert gallery.selected_rows() == [4]


def test_typing_on_the_faces_searches(gallery: Gallery, qtbot: QtBot) -> None:
    qtbot.keyClick(view_of(gallery), "c")
    assert shown_names(gallery) == ["Carl Lee"]
    gallery.focus_search()
    assert gallery.findChild(QLineEdit).selectedText() == "c"


def test_enter_in_the_search_goes_to_the_faces(gallery: Gallery, qtbot: QtBot) -> None:
    search(gallery, "carl", qtbot)
    with qtbot.waitSignal(gallery.face_chosen) as blocker:
        qtbot.keyClick(gallery.findChild(QLineEdit), Qt.Key.Key_Return)
    assert blocker.args == [4]


def test_an_empty_search_shows_something(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.set_faces(FACES[:0], [])
    empty = view_of(gallery).viewport().grab().toImage()
    gallery.set_faces(FACES, NAMES)
    search(gallery, "xyz", qtbot)
    assert shown_names(gallery) == []
    assert view_of(gallery).viewport().grab().toImage() != empty


def test_user_chooses_a_source(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.set_sources([("demo", "Demo faces"), ("lfw", "LFW")])
    combo = gallery.findChild(QComboBox)
    assert combo.isVisible()
    with qtbot.waitSignal(gallery.source_chosen) as blocker:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert blocker.args == ["lfw"]


@pytest.mark.parametrize("reason", list(QContextMenuEvent.Reason)[:2])
def test_context_menu_by_mouse_and_key(
    gallery: Gallery, qtbot: QtBot, reason: QContextMenuEvent.Reason
) -> None:
    point = click(gallery, 1, qtbot)
    viewport = view_of(gallery).viewport()
    event = QContextMenuEvent(reason, point, viewport.mapToGlobal(point))
    with qtbot.waitSignal(gallery.context_requested) as blocker:
        QApplication.sendEvent(viewport, event)
    assert blocker.args == [1, viewport.mapToGlobal(point)]


def test_delete_asks_to_remove_all_that_is_selected(gallery: Gallery, qtbot: QtBot) -> None:
    click(gallery, 3, qtbot)
    click(gallery, 1, qtbot, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(gallery.removal_asked) as blocker:
        qtbot.keyClick(view_of(gallery), Qt.Key.Key_Delete)
    assert blocker.args == [[1, 3]]
    assert len(shown_names(gallery)) == 5


def test_a_thumbnail_can_be_dragged(
    gallery: Gallery, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, _a: dragged.append(drag.mimeData()))
    point = click(gallery, 3, qtbot)
    viewport = view_of(gallery).viewport()
    qtbot.mousePress(viewport, LEFT, pos=point)
    qtbot.mouseMove(viewport, point + QPoint(12, 12))
    qtbot.mouseMove(viewport, point + QPoint(30, 30))
    qtbot.mouseRelease(viewport, LEFT, pos=point + QPoint(30, 30))
    name, pixels = face_from_mime(dragged[0]) or ("", FACES[0])
    assert name == "Ann Stone"
    assert np.array_equal(pixels, FACES[3])


def test_all_selected_thumbnails_are_dragged_the_one_under_the_pointer_first(
    gallery: Gallery, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, _a: dragged.append(drag.mimeData()))
    click(gallery, 0, qtbot)
    click(gallery, 4, qtbot, Qt.KeyboardModifier.ControlModifier)
    click(gallery, 2, qtbot, Qt.KeyboardModifier.ControlModifier)
    view_of(gallery).startDrag(Qt.DropAction.CopyAction)
    assert [name for name, _ in faces_from_mime(dragged[0])] == [NAMES[2], NAMES[0], NAMES[4]]


def test_columns_fill_the_width(gallery: Gallery) -> None:
    view = view_of(gallery)
    for width in range(300, 340):
        gallery.resize(width, 500)
        QApplication.processEvents()
        places = [view.visualRect(view.model().index(row, 0)) for row in range(5)]
        columns = sum(place.top() == places[0].top() for place in places)
        assert columns == min(5, (view.viewport().width() - 1) // 72)


def test_thumbnails_are_made_only_for_what_is_seen(qtbot: QtBot) -> None:
    seen: set[int] = set()

    class Counted(np.ndarray):
        def __getitem__(self, row: object) -> object:
            if isinstance(row, int):
                seen.add(row)
            return np.asarray(super().__getitem__(row))

    images = np.zeros((12_547, 48, 48, 3), np.uint8).view(Counted)
    gallery = Gallery()
    gallery.resize(300, 400)
    gallery.set_faces(images, [f"Face {i}" for i in range(len(images))])
    qtbot.addWidget(gallery)
    with qtbot.waitExposed(gallery):
        gallery.show()
    gallery.grab()
    assert 0 < len(seen) < 100
    gallery.select_row(12_000)
    gallery.grab()
    assert 12_000 in seen
    assert len(seen) < 200


def test_names_and_images_must_match(gallery: Gallery) -> None:
    with pytest.raises(ValueError, match="5 images, but 1 names"):
        gallery.set_faces(FACES, ["Ann"])


def test_the_name_is_told(gallery: Gallery) -> None:
    index = view_of(gallery).model().index(1, 0)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "Bob_Stone"
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Bob_Stone"
