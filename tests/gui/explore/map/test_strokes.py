"""Drawing on the map: the geometry alone, and the widget with a real mouse and keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.strokes import Change, Mode, Stroke
from tests.gui.conftest import picture_of, same_picture

Key, LEFT = Qt.Key, Qt.MouseButton.LeftButton
Keys = Qt.KeyboardModifier
NONE = Keys.NoModifier
SIDE = 400
FEW = np.array([[0, 0], [10, 0], [0, 10], [10, 10], [5, 5]], np.float32)
STAR = [(0, 3), (2, -3), (-3, 1), (3, 1), (-2, -3)]


def lasso(places: Any) -> Stroke:
    stroke = Stroke(Mode.LASSO, Change.REPLACE, places[0])
    for place in places[1:]:
        stroke.go_to(place)
    return stroke


def inside(stroke: Stroke, points: Any) -> list[bool]:
    return list(stroke.inside(np.array(points, np.float32)))


def test_a_lasso_that_crosses_itself_is_empty_where_it_went_around_twice() -> None:
    assert inside(lasso(STAR), [(0, 0), (0, 2), (1.8, 0.8), (0, 4), (5, 0)]) == [
        False,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("places", [[(1, 1)], [(0, 0), (4, 4)], [(2, 2)] * 5])
def test_a_lasso_without_an_area_holds_nothing(places: Any) -> None:
    assert not any(inside(lasso(places), [(1, 1), (2, 2), (0, 0), (3, 1)]))


def test_a_lasso_is_counted_anew_for_other_points() -> None:
    stroke = lasso([(0, 0), (4, 0), (4, 4)])
    assert inside(stroke, [(3, 1), (1, 3)]) == [True, False]
    stroke.go_to((0, 4))
    assert inside(stroke, [(3, 1), (1, 3), (5, 1)]) == [True, True, False]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=12))
def test_growing_edge_by_edge_it_is_what_another_library_finds(places: Any) -> None:
    points = np.random.default_rng(0).uniform(-9, 9, (200, 2)).astype(np.float32)
    stroke = lasso(places[:1])
    for place in places[1:]:
        stroke.go_to(place)
        found = stroke.inside(points)
    odd = np.zeros(200, np.int64)
    for corner in range(1, len(places) - 1):  # a fan of triangles: matplotlib fills by winding
        triangle = [places[0], places[corner], places[corner + 1]]
        odd += Outline([*triangle, places[0]], closed=True).contains_points(points)
    np.testing.assert_array_equal(found, odd % 2 == 1)


def test_a_rectangle_is_between_its_corners_whichever_way_it_is_drawn() -> None:
    stroke = Stroke(Mode.RECTANGLE, Change.REPLACE, (4, 1))
    stroke.go_to((9, 9))
    stroke.go_to((0, 3))
    assert (
        inside(stroke, [(1, 2), (4, 1), (0, 3), (5, 2), (1, 4)]) == [True, True, True] + [False] * 2
    )
    assert stroke.outline().tolist() == [[4, 1], [0, 1], [0, 3], [4, 3]]


def test_a_path_holds_nothing() -> None:
    stroke = Stroke(Mode.PATH, Change.REPLACE, (0, 0))
    stroke.go_to((5, 0))
    stroke.go_to((5, 5))
    assert inside(stroke, [(4, 1)]) == [False]
    assert stroke.outline().tolist() == [[0, 0], [5, 0], [5, 5]]


def test_found_faces_replace_are_added_or_taken_away() -> None:
    selected, found = np.array([2, 3, 7]), np.array([1, 3])
    assert Change.REPLACE.of(selected, found).tolist() == [1, 3]
    assert Change.ADD.of(selected, found).tolist() == [1, 2, 3, 7]
    assert Change.REMOVE.of(selected, found).tolist() == [2, 7]


@pytest.fixture
def map_(qtbot: QtBot) -> LatentMap:
    """A map of five points, four of them in the corners."""
    widget = LatentMap()
    qtbot.addWidget(widget)
    widget.resize(SIDE, SIDE)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_points(FEW)
    widget.setFocus()
    return widget


@pytest.fixture
def told(map_: LatentMap) -> list[tuple[str, list[int], Change]]:
    """What the map tells of areas: when, which points, and what becomes of them."""
    told: list[tuple[str, list[int], Change]] = []

    def note(when: str, found: NDArray[np.bool_], change: Change) -> None:
        told.append((when, np.flatnonzero(found).tolist(), change))

    map_.sweeping.connect(lambda *arguments: note("sweeping", *arguments))
    map_.swept.connect(lambda *arguments: note("swept", *arguments))
    return told


def at(widget: LatentMap, x: float, y: float) -> QPoint:
    place = widget.place_of(x, y)
    assert place is not None
    return place.toPoint()


def draw(widget: LatentMap, places: list[tuple[float, float]], keys: Any = NONE) -> None:
    """Drag through places given in map coordinates."""
    first, *others = (at(widget, *place) for place in places)
    QTest.mousePress(widget, LEFT, keys, first)
    for place in others:
        QTest.mouseMove(widget, place)
    QTest.mouseRelease(widget, LEFT, keys, others[-1])


AROUND_THE_RIGHT = [(7, -2), (12, -2), (12, 12), (7, 12)]


def test_keys_choose_what_a_drag_does_and_escape_goes_back(map_: LatentMap, qtbot: QtBot) -> None:
    for key, mode in ((Key.Key_L, Mode.LASSO), (Key.Key_R, Mode.RECTANGLE), (Key.Key_P, Mode.PATH)):
        with qtbot.waitSignal(map_.mode_changed) as changed:
            QTest.keyClick(map_, key)
        assert changed.args == [mode]
        assert map_.mode is mode
        assert map_.cursor().shape() == Qt.CursorShape.CrossCursor
    QTest.keyClick(map_, Key.Key_Escape)
    assert map_.mode is Mode.TRAVEL
    assert map_.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_lasso_tells_what_is_in_it_while_it_is_drawn_and_at_its_end(
    map_: LatentMap, told: Any
) -> None:
    map_.set_mode(Mode.LASSO)
    before, place = picture_of(map_), at(map_, 5, 5)
    draw(map_, [*AROUND_THE_RIGHT, (4, 12), (4, 4)])
    whens, found, changes = zip(*told, strict=True)
    assert whens == ("sweeping",) * 5 + ("swept",)
    assert found[-1] == [1, 3, 4]
    assert [1, 3] in found
    assert set(changes) == {Change.REPLACE}
    assert at(map_, 5, 5) == place  # it was no pan
    assert same_picture(picture_of(map_), before)  # the line is gone


def test_the_line_and_the_number_are_painted_meanwhile(map_: LatentMap) -> None:
    for mode in (Mode.LASSO, Mode.RECTANGLE, Mode.PATH):
        map_.set_mode(mode)
        before = picture_of(map_)
        QTest.mousePress(map_, LEFT, NONE, at(map_, 2, 2))
        for place in ((2, 8), (8, 8), (8, 5)):
            QTest.mouseMove(map_, at(map_, *place))
        changed = (picture_of(map_) != before).any(axis=2)
        assert changed.sum() > 300
        QTest.keyClick(map_, Key.Key_Escape)
        QTest.mouseRelease(map_, LEFT, NONE, at(map_, 8, 5))
        assert map_.mode is mode


@pytest.mark.parametrize(
    ("keys", "change"),
    [
        (Keys.ShiftModifier, Change.ADD),
        (Keys.ControlModifier, Change.ADD),
        (Keys.AltModifier, Change.REMOVE),
        (Keys.ShiftModifier | Keys.ControlModifier, Change.REMOVE),
    ],
)
def test_keys_at_the_press_say_whether_to_add_or_remove(
    map_: LatentMap, told: Any, keys: Keys, change: Change
) -> None:
    map_.set_here((5, 5))
    map_.set_mode(Mode.RECTANGLE)
    draw(map_, [(4, -2), (12, 12)], keys)
    assert told[-1] == ("swept", [1, 3, 4], change)


def test_what_is_drawn_in_a_zoomed_view_finds_what_is_seen_there(
    map_: LatentMap, told: Any
) -> None:
    place = QPointF(at(map_, 10, 10))
    for _ in range(3):
        wheel(map_, place)
    map_.set_mode(Mode.LASSO)
    QTest.mousePress(map_, LEFT, NONE, place.toPoint() - QPoint(20, 20))
    for way in ((20, -20), (20, 20), (-20, 20)):
        QTest.mouseMove(map_, place.toPoint() + QPoint(*way))
    wheel(map_, place)  # also when it is zoomed meanwhile
    QTest.mouseRelease(map_, LEFT, NONE, place.toPoint() - QPoint(20, -20))
    assert told[-1] == ("swept", [3], Change.REPLACE)


def wheel(widget: LatentMap, place: QPointF) -> None:
    angle, none = QPoint(0, 480), Qt.MouseButton.NoButton
    phase = Qt.ScrollPhase.NoScrollPhase
    where = place, QPointF(widget.mapToGlobal(place))
    event = QWheelEvent(*where, QPoint(), angle, none, NONE, phase, False)
    QApplication.sendEvent(widget, event)


def test_a_click_takes_one_face_and_one_on_the_ground_none(
    map_: LatentMap, told: Any, qtbot: QtBot
) -> None:
    map_.set_mode(Mode.LASSO)
    with qtbot.assertNotEmitted(map_.point_clicked):
        qtbot.mouseClick(map_, LEFT, pos=at(map_, 10, 0))
        qtbot.mouseClick(map_, LEFT, Keys.ShiftModifier, at(map_, 0, 10))
        qtbot.mouseClick(map_, LEFT, Keys.ShiftModifier, at(map_, 3, 8))  # adds nothing
        qtbot.mouseClick(map_, LEFT, pos=at(map_, 3, 8))
    assert told == [
        ("swept", [1], Change.REPLACE),
        ("swept", [2], Change.ADD),
        ("swept", [], Change.REPLACE),
    ]


def test_escape_gives_up_what_is_drawn_and_then_the_mode(
    map_: LatentMap, told: Any, qtbot: QtBot
) -> None:
    map_.set_mode(Mode.LASSO)
    QTest.mousePress(map_, LEFT, NONE, at(map_, 2, 2))
    QTest.mouseMove(map_, at(map_, 2, 8))
    QTest.mouseMove(map_, at(map_, 8, 8))
    with qtbot.waitSignal(map_.sweep_dropped):
        QTest.keyClick(map_, Key.Key_Escape)
    QTest.mouseMove(map_, at(map_, 8, 2))
    QTest.mouseRelease(map_, LEFT, NONE, at(map_, 8, 2))
    assert [when for when, *_ in told if when == "swept"] == []
    assert map_.mode is Mode.LASSO


def test_other_points_end_what_is_drawn(map_: LatentMap, told: Any, qtbot: QtBot) -> None:
    map_.set_mode(Mode.RECTANGLE)
    QTest.mousePress(map_, LEFT, NONE, at(map_, 2, 2))
    QTest.mouseMove(map_, at(map_, 8, 8))
    with qtbot.waitSignal(map_.sweep_dropped):
        map_.set_points(np.vstack([FEW, FEW + 1]))
    QTest.mouseRelease(map_, LEFT, NONE, at(map_, 8, 8))
    assert told == [("sweeping", [4], Change.REPLACE)]


def test_a_rectangle_is_placed_sized_and_taken_by_keyboard(map_: LatentMap, told: Any) -> None:
    QTest.keyClick(map_, Key.Key_R)
    QTest.keyClick(map_, Key.Key_Space)
    assert told == [("sweeping", [4], Change.REPLACE)]
    before = at(map_, 5, 5)
    for _ in range(9):
        QTest.keyClick(map_, Key.Key_Right)
        QTest.keyClick(map_, Key.Key_Down)
    assert at(map_, 5, 5) == before  # the map stays
    assert told[-1] == ("sweeping", [1], Change.REPLACE)
    for _ in range(12):
        QTest.keyClick(map_, Key.Key_Left, Keys.ShiftModifier)
    for _ in range(3):
        QTest.keyClick(map_, Key.Key_Right, Keys.ShiftModifier)
    QTest.keyClick(map_, Key.Key_Left)
    QTest.keyClick(map_, Key.Key_Return, Keys.ShiftModifier)
    assert told[-1][0] == "swept"
    assert told[-1][2] is Change.ADD
    QTest.keyClick(map_, Key.Key_Space)
    QTest.keyClick(map_, Key.Key_Escape)
    assert map_.mode is Mode.RECTANGLE
    QTest.keyClick(map_, Key.Key_Right)  # pans again
    assert at(map_, 5, 5) != before


def test_what_is_in_view_or_near_is_chosen_without_drawing(map_: LatentMap, told: Any) -> None:
    QTest.keyClick(map_, Key.Key_A, Keys.ControlModifier)
    assert told == [("swept", [0, 1, 2, 3, 4], Change.REPLACE)]
    map_.sweep_nearest(1, Change.ADD)
    assert told[-1] == ("swept", [4], Change.ADD)
    map_.set_here((9, 2))
    map_.sweep_nearest(2, Change.REPLACE)
    assert told[-1] == ("swept", [1, 4], Change.REPLACE)
    map_.set_points(None)
    told.clear()
    QTest.keyClick(map_, Key.Key_A, Keys.ControlModifier)
    map_.sweep_nearest(2, Change.REPLACE)
    assert told == []


def test_selected_points_stand_out_and_marked_ones_have_rings(map_: LatentMap, told: Any) -> None:
    def color_at(x: float, y: float) -> tuple[int, ...]:
        place = at(map_, x, y)
        return tuple(picture_of(map_)[place.y(), place.x()].tolist())

    plain = picture_of(map_)
    ordinary, accent = color_at(10, 0), map_.palette().highlight().color().getRgb()[:3]
    map_.set_selected(np.array([True, False, False, False, True]))
    assert map_.accessibleDescription() == "5 faces, 5 in view; 2 selected"
    assert color_at(0, 0) == color_at(5, 5) == accent
    assert color_at(10, 0) not in (accent, ordinary)
    map_.set_dimmed(np.array([False, True, False, False, False]))
    faint, pale = color_at(10, 0), color_at(10, 10)
    assert len({faint, pale, accent, ordinary}) == 4
    map_.set_dimmed(None)
    map_.set_selected(np.ones(3, np.bool_))  # of other points
    assert same_picture(picture_of(map_), plain)
    map_.set_selected(None)
    map_.set_marked(np.array([1]))
    changed = (picture_of(map_) != plain).any(axis=2)
    rows, columns = np.nonzero(changed)
    place = at(map_, 10, 0)
    assert np.hypot(rows - place.y(), columns - place.x()).max() < 8
    assert color_at(10, 0) == ordinary
    map_.set_marked(np.zeros(0, np.int64))
    assert same_picture(picture_of(map_), plain)


def test_faces_of_selected_and_marked_points_are_framed_others_pale(map_: LatentMap) -> None:
    face = np.full((48, 48, 3), (250, 20, 20), np.uint8)
    map_.set_faces(str, lambda _point: face)
    accent = map_.palette().highlight().color().getRgb()[:3]
    picture_of(map_)  # the faces are made some at a time

    def framed(x: float, y: float) -> tuple[bool, bool]:
        """Return whether a face has a frame, and whether it is pale."""
        place, picture = at(map_, x, y), picture_of(map_)
        part = picture[place.y() - 26 : place.y() + 26, place.x() - 26 : place.x() + 26]
        is_framed = bool((part == accent).all(axis=2).any())
        return is_framed, not (part == face[0, 0]).all(axis=2).any()

    assert framed(10, 0) == framed(0, 0) == (False, False)
    map_.set_selected(np.array([True, False, False, False, False]))
    map_.set_marked(np.array([2]))
    assert framed(0, 0) == (True, False)
    assert framed(10, 0) == (False, True)
    assert framed(0, 10) == (True, True)


def test_escape_selects_nothing_once_faces_travel_again(map_: LatentMap, told: Any) -> None:
    map_.set_selected(np.array([True, False, False, False, True]))
    map_.set_mode(Mode.LASSO)
    QTest.keyClick(map_, Key.Key_Escape)
    assert told == []
    QTest.keyClick(map_, Key.Key_Escape)
    assert told == [("swept", [], Change.REPLACE)]


def test_dimmed_points_are_not_found(map_: LatentMap, told: Any) -> None:
    map_.set_dimmed(np.array([False, False, True, True, True]))
    map_.set_mode(Mode.LASSO)
    draw(map_, AROUND_THE_RIGHT)
    QTest.keyClick(map_, Key.Key_A, Keys.ControlModifier)
    map_.sweep_nearest(1, Change.REPLACE)
    assert told[-4:-2] == [("sweeping", [1], Change.REPLACE), ("swept", [1], Change.REPLACE)]
    assert told[-2] == ("swept", [0, 1], Change.REPLACE)
    assert len(told[-1][1]) == 1


def test_a_path_is_told_in_map_coordinates(map_: LatentMap, told: Any, qtbot: QtBot) -> None:
    map_.set_mode(Mode.PATH)
    places = [(2.0, 2.0), (2.0, 8.0), (8.0, 8.0)]
    with qtbot.waitSignal(map_.path_drawn) as drawn:
        draw(map_, places)
    (points,) = drawn.args
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, places, atol=0.1)
    with qtbot.assertNotEmitted(map_.path_drawn), qtbot.assertNotEmitted(map_.point_clicked):
        qtbot.mouseClick(map_, LEFT, pos=at(map_, 10, 0))
    assert told == []
