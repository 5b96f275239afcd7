from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cae_gui.reconstruct.box_edits import CORNERS, moved, turned_to, with_corner_at
from cae_gui.reconstruct.crop_box import CropBoxView
from cae_gui.widgets.theme import palette_of
from model.photos.crop import CropBox
from tests.gui.conftest import picture_of, same_picture

SIZE = (800, 600)
FOUND = (CropBox(100, 150, 200), CropBox(500, 150, 160, 10))
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


class Heard:
    """What the widget said, in order."""

    def __init__(self, view: CropBoxView) -> None:
        self.boxes: list[CropBox] = []
        self.chosen: list[int] = []
        self.settled = 0
        self.by_keys: list[bool] = []
        self.others: list[int] = []
        view.other_chosen.connect(self.others.append)
        view.box_changed.connect(self._on_changed)
        view.box_settled.connect(self._on_settled)

    def _on_changed(self, box: CropBox, chosen: int) -> None:
        self.boxes.append(box)
        self.chosen.append(chosen)

    def _on_settled(self, by_keys: bool) -> None:
        self.settled += 1
        self.by_keys.append(by_keys)


@pytest.fixture
def view(qtbot: QtBot) -> CropBoxView:
    view = CropBoxView()
    qtbot.addWidget(view)
    view.resize(500, 420)
    view.set_photo(np.full((300, 400, 3), 90, np.uint8), SIZE, FOUND, "Your photo")
    view.set_box(FOUND[0], 0)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.fixture
def heard(view: CropBoxView) -> Heard:
    return Heard(view)


def at(view: CropBoxView, x: float, y: float) -> QPoint:
    return view.to_widget(x, y).toPoint()


def drag(qtbot: QtBot, view: CropBoxView, start: QPoint, *way: QPoint) -> None:
    qtbot.mousePress(view, LEFT, pos=start)
    for point in way:
        qtbot.mouseMove(view, point)
    qtbot.mouseRelease(view, LEFT, pos=way[-1])


def test_setters_say_nothing(view: CropBoxView, heard: Heard) -> None:
    view.set_box(FOUND[1], 1)
    view.set_photo(np.zeros((30, 40, 3), np.uint8), SIZE, (), "Other")

    assert heard.boxes == []
    assert view.box() == FOUND[1]


def test_the_box_is_dragged(view: CropBoxView, heard: Heard, qtbot: QtBot) -> None:
    drag(qtbot, view, at(view, 200, 250), at(view, 250, 260), at(view, 300, 300))

    assert len(heard.boxes) == 2
    assert view.box() == heard.boxes[-1]
    assert view.box().centre == pytest.approx((300, 300), abs=3)
    assert (view.box().size, view.box().angle) == (200, 0)
    assert heard.settled == 1
    assert heard.by_keys == [False]
    assert heard.chosen == [0, 0]


def test_a_box_dragged_out_stays_with_its_centre_on_the_photo(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    drag(qtbot, view, at(view, 200, 250), QPoint(-3000, -3000))

    assert view.box().centre == (0, 0)


@pytest.mark.parametrize("corner", range(4))
def test_a_corner_resizes_and_the_opposite_one_stays(
    corner: int, view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    box = FOUND[0]
    across, down = CORNERS[corner]
    x, y = box.to_photo(across, down)
    to = at(view, x + (40 if across else -40), y + (40 if down else -40))

    drag(qtbot, view, at(view, x, y), to)

    assert view.box().size == pytest.approx(240, abs=4)
    fixed = view.box().to_photo(1 - across, 1 - down)
    assert fixed == pytest.approx(box.to_photo(1 - across, 1 - down), abs=1e-6)
    assert heard.settled == 1


def test_the_handle_turns_and_snaps_upright(view: CropBoxView, heard: Heard, qtbot: QtBot) -> None:
    centre = view.to_widget(*FOUND[0].centre)
    start = view.turn_handle()
    reach = math.hypot(start.x() - centre.x(), start.y() - centre.y())

    def point(degrees: float) -> QPoint:
        turn = math.radians(degrees)
        way = QPointF(reach * math.sin(turn), -reach * math.cos(turn))
        return (centre + way).toPoint()

    drag(qtbot, view, start.toPoint(), point(30))
    assert view.box().angle == pytest.approx(30, abs=1.5)
    assert view.box().centre == pytest.approx(FOUND[0].centre)
    drag(qtbot, view, view.turn_handle().toPoint(), point(0.5))
    assert view.box().angle == 0
    assert heard.settled == 2


def test_the_handle_is_always_within_reach(view: CropBoxView) -> None:
    for box in (CropBox(300, -20, 200), CropBox(300, 420, 200), CropBox(300, -20, 200, 180)):
        view.set_box(box, 0)
        assert view.rect().contains(view.turn_handle().toPoint())


def test_a_click_chooses_another_face(view: CropBoxView, heard: Heard, qtbot: QtBot) -> None:
    qtbot.mouseClick(view, LEFT, pos=at(view, 580, 230))

    assert heard.boxes == [FOUND[1]]
    assert heard.chosen == [1]
    assert heard.settled == 1


def test_a_click_beside_all_faces_changes_nothing(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    qtbot.mouseClick(view, LEFT, pos=at(view, 400, 560))
    qtbot.mouseClick(view, LEFT, pos=at(view, 200, 250))

    assert heard.boxes == []
    assert heard.settled == 0


def test_a_double_click_goes_back_to_the_face_that_was_found(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    view.set_box(CropBox(480, 120, 90, 40), 1)

    qtbot.mouseDClick(view, LEFT, pos=at(view, 10, 10))
    qtbot.mouseRelease(view, LEFT, pos=at(view, 10, 10))

    assert heard.boxes == [FOUND[1]]
    assert heard.settled == 1


def test_where_no_face_was_found_it_goes_back_to_the_middle(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    view.set_photo(np.zeros((30, 40, 3), np.uint8), SIZE, (), "None")
    view.set_box(CropBox(10, 10, 90, 40), -1)

    qtbot.keyClick(view, Qt.Key.Key_Home)

    assert heard.boxes == [CropBox(100, 0, 600)]
    assert heard.chosen == [-1]


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Left, NONE, CropBox(98, 150, 200)),
        (Qt.Key.Key_Down, SHIFT, CropBox(100, 170, 200)),
        (Qt.Key.Key_Plus, NONE, CropBox(99, 149, 202)),
        (Qt.Key.Key_Right, CONTROL, CropBox(99, 149, 202)),
        (Qt.Key.Key_Up, CONTROL | SHIFT, CropBox(90, 140, 220)),
        (Qt.Key.Key_Minus, NONE, CropBox.around(200, 250, 200 / 1.01)),
        (Qt.Key.Key_BracketRight, NONE, CropBox(100, 150, 200, 1)),
        (Qt.Key.Key_BraceLeft, SHIFT, CropBox(100, 150, 200, -10)),
    ],
)
def test_keys(
    key: Qt.Key, modifier: Any, expected: CropBox, view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    qtbot.keyClick(view, key, modifier)

    [box] = heard.boxes
    found, wanted = (np.array([*b.centre, b.size, b.angle]) for b in (box, expected))
    assert found == pytest.approx(wanted)
    assert heard.settled == 1


def test_page_keys_go_through_the_faces(view: CropBoxView, heard: Heard, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        qtbot.keyClick(view, key)

    assert heard.chosen == [1, 0, 1]


def test_the_face_that_the_box_left_can_be_chosen_again(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    view.set_box(CropBox(400, 400, 90), 0)
    qtbot.mouseClick(view, LEFT, pos=at(view, 200, 250))

    assert heard.boxes == [FOUND[0]]


def test_a_face_that_has_an_entry_is_gone_to_and_not_chosen(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    view.set_others([CropBox(300, 450, 90), CropBox(505, 155, 150)])
    qtbot.mouseClick(view, LEFT, pos=at(view, 580, 230))
    qtbot.mouseClick(view, LEFT, pos=at(view, 345, 500))
    qtbot.keyClick(view, Qt.Key.Key_PageDown)

    assert heard.others == [1, 0]
    assert heard.boxes == []
    qtbot.mouseMove(view, at(view, 580, 230))
    assert view.cursor().shape() is Qt.CursorShape.PointingHandCursor


def test_the_boxes_of_other_faces_are_seen(view: CropBoxView) -> None:
    free = picture_of(view)
    view.set_others([FOUND[1]])
    added = picture_of(view)
    view.set_photo(np.full((300, 400, 3), 90, np.uint8), SIZE, FOUND[:1], "Your photo")
    none = picture_of(view)

    assert not same_picture(free, added)
    assert not same_picture(added, none)


def test_a_box_that_is_set_meanwhile_ends_the_drag(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    qtbot.mousePress(view, LEFT, pos=at(view, 200, 250))
    qtbot.mouseMove(view, at(view, 250, 260))
    view.set_box(FOUND[1], 1)
    qtbot.mouseMove(view, at(view, 300, 300))
    qtbot.mouseRelease(view, LEFT, pos=at(view, 300, 300))

    assert view.box() == FOUND[1]
    assert len(heard.boxes) == 1
    assert heard.settled == 0


def test_other_keys_are_left_to_the_window(view: CropBoxView, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_A)

    assert heard.boxes == []


def test_a_key_that_is_held_settles_once_when_the_focus_goes(
    view: CropBoxView, heard: Heard, qtbot: QtBot
) -> None:
    view.setFocus()
    qtbot.keyPress(view, Qt.Key.Key_Left)
    qtbot.keyPress(view, Qt.Key.Key_Left)
    assert heard.settled == 0

    view.clearFocus()

    assert heard.settled == 1
    assert heard.by_keys == [True]


def test_the_cursor_says_what_a_drag_would_do(view: CropBoxView, qtbot: QtBot) -> None:
    shape = Qt.CursorShape
    places = [
        (at(view, 200, 250), shape.SizeAllCursor),
        (at(view, 100, 150), shape.SizeFDiagCursor),
        (at(view, 300, 150), shape.SizeBDiagCursor),
        (view.turn_handle().toPoint(), shape.PointingHandCursor),
        (at(view, 580, 230), shape.PointingHandCursor),
        (at(view, 400, 560), shape.ArrowCursor),
    ]
    for place, expected in places:
        qtbot.mouseMove(view, place)
        assert view.cursor().shape() is expected


def test_it_has_a_name_and_takes_the_focus_visibly(view: CropBoxView, qtbot: QtBot) -> None:
    assert view.accessibleName() == "Box on the photo: Your photo"
    assert view.focusPolicy() & Qt.FocusPolicy.TabFocus
    view.clearFocus()
    before = picture_of(view)
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert not same_picture(before, picture_of(view))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_box_is_bright_and_the_rest_dimmed(
    scheme: Any, view: CropBoxView, qtbot: QtBot
) -> None:
    view.setPalette(palette_of(scheme))
    picture = picture_of(view)
    inside, outside = at(view, 200, 230), at(view, 400, 500)

    assert tuple(picture[inside.y(), inside.x()]) == (90, 90, 90)
    assert picture[outside.y(), outside.x()].max() < 60


def test_without_a_photo_nothing_happens(qtbot: QtBot) -> None:
    view = CropBoxView()
    qtbot.addWidget(view)
    heard = Heard(view)
    view.resize(200, 200)
    drag(qtbot, view, QPoint(100, 100), QPoint(120, 120))
    qtbot.keyClick(view, Qt.Key.Key_Left)
    view.grab()

    assert heard.boxes == []


def test_any_size_of_window_or_photo_can_be_painted(view: CropBoxView) -> None:
    for size in ((1, 1), (9, 300), (700, 20)):
        QWidget.resize(view, *size)
        view.grab()
    view.resize(300, 300)
    view.set_photo(np.zeros((1, 900, 3), np.uint8), (9000, 10), (), "Flat")
    view.set_box(CropBox(4495, 0, 10), -1)
    view.grab()


points = st.tuples(st.floats(-2000, 3000), st.floats(-2000, 3000))
boxes = st.builds(
    CropBox, st.floats(-50, 700), st.floats(-50, 500), st.floats(20, 800), st.floats(-180, 179)
)


@settings(database=None, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(boxes, points, st.sampled_from(CORNERS))
def test_whatever_a_hand_does_the_box_stays_on_the_photo(
    box: CropBox, point: tuple[float, float], corner: tuple[float, float]
) -> None:
    for edited in (
        moved(box, point, SIZE),
        with_corner_at(box, corner, point, SIZE),
        turned_to(box, point, upwards=True, photo=SIZE),
        turned_to(box, point, upwards=False, photo=SIZE),
    ):
        x, y = edited.centre
        assert -1e-6 <= x <= 800 + 1e-6
        assert -1e-6 <= y <= 600 + 1e-6
        assert 8 <= edited.size <= 800
        assert -180 <= edited.angle <= 180
