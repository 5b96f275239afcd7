from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QDrag, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import DEMO, LFW, PHOTOS, Faces
from cae_gui.core.jobs import stop_and_wait
from cae_gui.core.models import Models
from cae_gui.core.selection import Selection
from cae_gui.gallery.page import FOLDER_KEY, GalleryPage
from cae_gui.gallery.photos import OwnPhotos
from cae_gui.widgets.face_list import FaceListModel, FaceListView
from cae_gui.widgets.face_mime import face_from_mime, faces_from_mime
from model.face_set import FaceSet
from tests.gui.conftest import picture_of, same_picture

NAMES = ["Ann Lee", "Bob_Stone", "José López", "Ann Stone", "Carl Lee"]
FACES = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.full((48, 48, 3), 40, np.uint8)
LEFT = Qt.MouseButton.LeftButton


class States:
    """What the page shows and changes."""

    def __init__(self) -> None:
        self.models = Models(pytest.fail)
        self.selection = Selection(self.models)
        self.photos = OwnPhotos(pytest.fail)
        self.faces = Faces(self.photos.library, pytest.fail)

    def show(
        self,
        images: NDArray[np.uint8],
        names: Sequence[str],
        source: str = DEMO,
        keys: tuple[str, ...] = (),
    ) -> None:
        """Put a data set on show."""
        self.faces.source, self.faces.keys = source, keys
        self.faces.faces = FaceSet("Drawn", images, names)
        self.faces.changed.emit()

    def selected(self) -> str:
        """Return the name of the selected face."""
        assert self.selection.face is not None
        return self.selection.face.name


@pytest.fixture
def states(qtbot: QtBot) -> Iterator[States]:
    states = States()
    yield states
    stop_and_wait([*states.models.jobs(), *states.photos.jobs(), *states.faces.jobs()])


@pytest.fixture
def gallery(states: States, qtbot: QtBot) -> GalleryPage:
    """A gallery of five faces, the first of which is selected."""
    gallery = GalleryPage(states.faces, states.photos, states.selection)
    gallery.resize(400, 500)
    states.show(FACES, NAMES)
    qtbot.addWidget(gallery)
    with qtbot.waitExposed(gallery):
        gallery.show()
    return gallery


def view_of(gallery: GalleryPage) -> FaceListView:
    return gallery.findChild(FaceListView)


def search(gallery: GalleryPage, text: str, qtbot: QtBot) -> None:
    field = gallery.findChild(QLineEdit)
    field.clear()
    qtbot.keyClicks(field, text)


def shown_names(gallery: GalleryPage) -> list[str]:
    model = view_of(gallery).model()
    return [model.index(i, 0).data() for i in range(model.rowCount())]


def click(
    gallery: GalleryPage,
    position: int,
    qtbot: QtBot,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> QPoint:
    view = view_of(gallery)
    point = view.visualRect(view.model().index(position, 0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, keys, point)
    return point


def test_click_selects_the_data_sets_row(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    search(gallery, "stone", qtbot)
    with qtbot.waitSignal(states.selection.changed):
        click(gallery, 1, qtbot)
    assert states.selected() == NAMES[3]
    assert states.selection.face is not None
    assert np.array_equal(states.selection.face.pixels, FACES[3])
    assert gallery.selected_row() == 3


def test_another_picture_of_a_face_is_shown_and_stays_selected(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    states.show(FACES, NAMES, PHOTOS, tuple("abcde"))
    click(gallery, 1, qtbot)
    before = picture_of(gallery)
    with qtbot.assertNotEmitted(states.selection.changed):
        states.faces.refresh_photo("b", np.full((48, 48, 3), 250, np.uint8))
    assert gallery.selected_row() == 1
    assert not same_picture(before, picture_of(gallery))


def test_arrow_keys_select_one_at_a_time(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    names: list[str] = []
    click(gallery, 0, qtbot)
    states.selection.changed.connect(lambda: names.append(states.selected()))
    for _ in range(2):
        qtbot.keyClick(view_of(gallery), Qt.Key.Key_Right)
    assert names == NAMES[1:3]


def test_double_click_and_enter_activate(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    point = click(gallery, 2, qtbot)
    with qtbot.waitSignals([states.selection.changed, gallery.face_activated], order="strict"):
        qtbot.mouseDClick(view_of(gallery).viewport(), LEFT, pos=point)
    assert states.selected() == NAMES[2]
    with qtbot.waitSignal(gallery.face_activated):
        qtbot.keyClick(view_of(gallery), Qt.Key.Key_Return)
    assert states.selected() == NAMES[2]


def test_several_can_be_selected(gallery: GalleryPage, qtbot: QtBot) -> None:
    click(gallery, 3, qtbot)
    click(gallery, 1, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert gallery.selected_rows() == [1, 3]
    assert gallery.selected_row() == 1


class Painted(QObject):
    """Notes what of a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, _widget: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region += event.region()
        return False


def test_all_of_thousands_can_be_selected_and_are_painted_so(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    states.show(np.zeros((3000, 48, 48, 3), np.uint8), [f"Face {row}" for row in range(3000)])
    view = view_of(gallery)
    second = view.visualRect(view.model().index(1, 0)).center()
    qtbot.waitUntil(lambda: not view.visualRect(view.model().index(1, 0)).isEmpty())
    QApplication.processEvents()
    painted = Painted(view.viewport())
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(gallery.selected_rows()) == 3000
    qtbot.waitUntil(lambda: painted.region.contains(second))
    painted.region = QRegion()
    view.clearSelection()
    qtbot.waitUntil(lambda: painted.region.contains(second))


def test_what_is_only_shown_selects_and_loads_nothing(
    gallery: GalleryPage, states: States, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[str] = []
    monkeypatch.setattr(states.faces, "choose", chosen.append)
    with qtbot.assertNotEmitted(states.selection.changed):
        gallery.select_row(2)
        view_of(gallery).setFocus()
    states.show(FACES[:0], (), PHOTOS)
    assert states.selection.face is None
    states.show(FACES, NAMES, LFW)
    assert gallery.findChild(QComboBox).currentData() == LFW
    assert chosen == []


def test_of_another_data_set_the_first_face_is_selected(
    gallery: GalleryPage, states: States
) -> None:
    gallery.pick(2)
    assert gallery.selected_rows() == [2]
    states.show(FACES, NAMES)
    assert gallery.selected_row() == 0
    assert gallery.selected_rows() == [0]
    assert states.selected() == NAMES[0]
    states.show(FACES[:0], ())
    assert gallery.selected_row() is None
    assert gallery.selected_rows() == []


def test_the_face_of_last_time_is_selected_once_the_data_set_is_there(
    states: States, qtbot: QtBot
) -> None:
    gallery = GalleryPage(states.faces, states.photos, states.selection, source=LFW, row=3)
    qtbot.addWidget(gallery)
    assert gallery.findChild(QComboBox).currentData() == LFW
    assert gallery.selected_row() is None
    states.show(FACES, NAMES, LFW)
    assert gallery.selected_row() == 3
    assert states.selected() == NAMES[3]


def test_search_finds_words_in_any_order_without_accents(
    gallery: GalleryPage, qtbot: QtBot
) -> None:
    search(gallery, "lopez jose", qtbot)
    assert shown_names(gallery) == ["José López"]
    search(gallery, "bob stone", qtbot)
    assert shown_names(gallery) == ["Bob_Stone"]


def test_counts(gallery: GalleryPage, states: States, qtbot: QtBot) -> None:
    count = gallery.findChild(QLabel)
    assert count.text() == "5 faces"
    search(gallery, "ann", qtbot)
    assert count.text() == "2 of 5 faces"
    many = np.broadcast_to(FACES[:1], (12_547, 48, 48, 3))
    gallery.findChild(QLineEdit).clear()
    states.show(many, ["x"] * len(many))
    assert count.text() == "12,547 faces"


def test_the_count_says_that_other_faces_are_being_loaded(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    count, sources = gallery.findChild(QLabel), gallery.findChild(QComboBox)
    sources.setCurrentIndex(sources.findData(LFW))
    states.faces.busy.emit("Reading the photos", 1, 9)
    assert count.text() == "Loading … until then 5 faces"
    states.faces.idle.emit()  # it was cancelled
    assert sources.currentData() == DEMO
    assert count.text() == "5 faces"


def test_escape_clears_the_search(gallery: GalleryPage, qtbot: QtBot) -> None:
    search(gallery, "bob", qtbot)
    qtbot.keyClick(gallery.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert shown_names(gallery) == NAMES


def test_the_selected_face_comes_back_after_a_search(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    click(gallery, 4, qtbot)
    with qtbot.assertNotEmitted(states.selection.changed):
        search(gallery, "bob", qtbot)
        assert gallery.selected_rows() == []
        assert gallery.selected_row() == 4
        gallery.findChild(QLineEdit).clear()
    assert gallery.selected_rows() == [4]


def test_typing_on_the_faces_searches(gallery: GalleryPage, qtbot: QtBot) -> None:
    qtbot.keyClick(view_of(gallery), "c")
    assert shown_names(gallery) == ["Carl Lee"]
    gallery.focus_search()
    assert gallery.findChild(QLineEdit).selectedText() == "c"


def test_enter_in_the_search_goes_to_the_faces(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    search(gallery, "carl", qtbot)
    with qtbot.waitSignal(states.selection.changed):
        qtbot.keyClick(gallery.findChild(QLineEdit), Qt.Key.Key_Return)
    assert states.selected() == NAMES[4]


def test_an_empty_search_shows_something(
    gallery: GalleryPage, states: States, qtbot: QtBot
) -> None:
    states.show(FACES[:0], ())
    empty = view_of(gallery).viewport().grab().toImage()
    states.show(FACES, NAMES)
    search(gallery, "xyz", qtbot)
    assert shown_names(gallery) == []
    assert view_of(gallery).viewport().grab().toImage() != empty


def test_a_source_is_chosen(
    gallery: GalleryPage, states: States, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[str] = []
    monkeypatch.setattr(states.faces, "choose", chosen.append)
    combo = gallery.findChild(QComboBox)
    assert combo.isVisible()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert chosen == [LFW]
    with qtbot.waitSignal(gallery.folder_wanted):
        qtbot.keyClick(combo, Qt.Key.Key_End)
    assert chosen == [LFW]
    assert combo.currentData() == DEMO  # until a folder has been chosen and loaded
    assert combo.findData(FOLDER_KEY) == combo.count() - 1


@pytest.mark.parametrize("reason", list(QContextMenuEvent.Reason)[:2])
def test_context_menu_by_mouse_and_key(
    gallery: GalleryPage,
    qtbot: QtBot,
    reason: QContextMenuEvent.Reason,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[tuple[int, QPoint]] = []
    monkeypatch.setattr(gallery, "show_menu", lambda *asked: opened.append(asked))
    point = click(gallery, 1, qtbot)
    viewport = view_of(gallery).viewport()
    event = QContextMenuEvent(reason, point, viewport.mapToGlobal(point))
    QApplication.sendEvent(viewport, event)
    assert opened == [(1, viewport.mapToGlobal(point))]


def test_delete_removes_all_photos_that_are_selected(
    gallery: GalleryPage, states: States, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[Any] = []
    monkeypatch.setattr(states.photos, "remove", lambda keys, **_: removed.append(keys))
    qtbot.keyClick(view_of(gallery), Qt.Key.Key_Delete)
    assert removed == []  # faces of a data set stay
    states.show(FACES, NAMES, PHOTOS, tuple("abcde"))
    click(gallery, 3, qtbot)
    click(gallery, 1, qtbot, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view_of(gallery), Qt.Key.Key_Delete)
    assert removed == [["b", "d"]]
    assert len(shown_names(gallery)) == 5


def test_a_thumbnail_can_be_dragged(
    gallery: GalleryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
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
    gallery: GalleryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, _a: dragged.append(drag.mimeData()))
    click(gallery, 0, qtbot)
    click(gallery, 4, qtbot, Qt.KeyboardModifier.ControlModifier)
    click(gallery, 2, qtbot, Qt.KeyboardModifier.ControlModifier)
    view_of(gallery).startDrag(Qt.DropAction.CopyAction)
    assert [name for name, _ in faces_from_mime(dragged[0])] == [NAMES[2], NAMES[0], NAMES[4]]


def test_columns_fill_the_width(gallery: GalleryPage) -> None:
    view = view_of(gallery)
    for width in range(300, 340):
        gallery.resize(width, 500)
        QApplication.processEvents()
        places = [view.visualRect(view.model().index(row, 0)) for row in range(5)]
        columns = sum(place.top() == places[0].top() for place in places)
        assert columns == min(5, (view.viewport().width() - 1) // 72)


def test_thumbnails_are_made_only_for_what_is_seen(states: States, qtbot: QtBot) -> None:
    seen: set[int] = set()

    class Counted(np.ndarray):
        def __getitem__(self, row: object) -> object:
            if isinstance(row, int):
                seen.add(row)
            return np.asarray(super().__getitem__(row))

    images = np.zeros((12_547, 48, 48, 3), np.uint8).view(Counted)
    gallery = GalleryPage(states.faces, states.photos, states.selection)
    gallery.resize(300, 400)
    states.show(images, [f"Face {i}" for i in range(len(images))])
    qtbot.addWidget(gallery)
    with qtbot.waitExposed(gallery):
        gallery.show()
    gallery.grab()
    assert 0 < len(seen) < 100
    gallery.select_row(12_000)
    gallery.grab()
    assert 12_000 in seen
    assert len(seen) < 200


def test_names_and_images_must_match(qtbot: QtBot) -> None:
    model = FaceListModel()
    with pytest.raises(ValueError, match="5 images, but 1 names"):
        model.set_faces(FACES, ["Ann"])
    model.set_faces(FACES, NAMES)
    with pytest.raises(ValueError, match="4 images, but 5 names"):
        model.update_face(FACES[:4], 1)


def test_the_name_is_told(gallery: GalleryPage) -> None:
    index = view_of(gallery).model().index(1, 0)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "Bob_Stone"
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Bob_Stone"
