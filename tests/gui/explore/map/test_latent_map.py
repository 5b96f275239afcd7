from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.explore.map.latent_map import MOST_WITH_FACES, LatentMap
from cae_gui.explore.map.map_dots import Coloring, dots_image, scale_table
from cae_gui.explore.map.map_painting import one_a_cell, spaced
from cae_gui.widgets.theme import palette_of
from tests.gui.conftest import picture_of, same_picture

Key, LEFT, MIDDLE = Qt.Key, Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
SIDE = 400
FACE = np.full((48, 48, 3), (250, 20, 20), np.uint8)

MANY = np.random.default_rng(0).normal(size=(MOST_WITH_FACES * 2, 2)).astype(np.float32)
FEW = np.array([[0, 0], [10, 0], [0, 10], [10, 10], [5, 5]], np.float32)


@pytest.fixture
def map_(qtbot: QtBot) -> LatentMap:
    """A map of five points, four of them in the corners."""
    widget = LatentMap()
    qtbot.addWidget(widget)
    widget.resize(SIDE, SIDE)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_points(FEW)
    return widget


def at(widget: LatentMap, x: float, y: float) -> QPoint:
    place = widget.place_of(x, y)
    assert place is not None
    return place.toPoint()


def color_at(widget: LatentMap, place: QPoint) -> tuple[int, ...]:
    return tuple(picture_of(widget)[place.y(), place.x()].tolist())


def wheel(widget: LatentMap, place: QPoint, notches: int) -> None:
    event = QWheelEvent(
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def drag(
    widget: LatentMap,
    start: QPoint,
    end: QPoint,
    button: Qt.MouseButton = LEFT,
    modifier: Qt.KeyboardModifier = NONE,
) -> None:
    QTest.mousePress(widget, button, modifier, start)
    for step in range(1, 5):
        QTest.mouseMove(widget, start + (end - start) * step / 4)
    QTest.mouseRelease(widget, button, modifier, end)


def test_all_points_are_in_view_with_up_pointing_up(map_: LatentMap) -> None:
    ground = palette_of("light").color(QPalette.ColorRole.Base)
    map_.setPalette(palette_of("light"))
    places = [at(map_, x, y) for x, y in FEW]
    assert all(map_.rect().contains(place) for place in places)
    assert all(color_at(map_, place) != ground.getRgb()[:3] for place in places)
    assert color_at(map_, QPoint(SIDE // 2, 60)) == ground.getRgb()[:3]
    assert at(map_, 0, 10).y() < at(map_, 0, 0).y()
    assert map_.accessibleDescription() == "5 faces, 5 in view"


def test_without_points_a_text_says_why(map_: LatentMap) -> None:
    before = picture_of(map_)
    map_.set_empty_text("Choose faces first.")
    map_.set_points(None)
    assert map_.accessibleDescription() == "Choose faces first."
    assert map_.place_of(0, 0) is None
    assert not same_picture(picture_of(map_), before)
    map_.set_points(np.zeros((0, 2), np.float32))
    assert map_.accessibleDescription() == "Choose faces first."


def test_the_wheel_zooms_at_the_pointer(map_: LatentMap) -> None:
    fixed, other = at(map_, 10, 10), at(map_, 0, 0)
    wheel(map_, fixed, 6)
    assert (at(map_, 10, 10) - fixed).manhattanLength() <= 1
    assert at(map_, 0, 0).x() < other.x() - SIDE
    assert map_.accessibleDescription().startswith("5 faces, 1 in view")
    wheel(map_, fixed, -6)
    assert (at(map_, 0, 0) - other).manhattanLength() <= 2


def test_zooming_has_ends(map_: LatentMap) -> None:
    wheel(map_, QPoint(200, 200), -100)
    small = at(map_, 10, 0).x() - at(map_, 0, 0).x()
    wheel(map_, QPoint(200, 200), 500)
    large = at(map_, 10, 0).x() - at(map_, 0, 0).x()
    assert 50 < small < large < 500 * SIDE


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_a_drag_of_the_ground_pans(map_: LatentMap, qtbot: QtBot, button: Qt.MouseButton) -> None:
    before = at(map_, 5, 5)
    with qtbot.assertNotEmitted(map_.point_clicked), qtbot.assertNotEmitted(map_.travel_started):
        drag(map_, QPoint(100, 250), QPoint(140, 210), button)
    assert (at(map_, 5, 5) - before - QPoint(40, -40)).manhattanLength() <= 1


def test_a_double_click_and_zero_show_all_again(map_: LatentMap, qtbot: QtBot) -> None:
    before = at(map_, 5, 5)
    drag(map_, QPoint(100, 250), QPoint(300, 210))
    QTest.keyClick(map_, Key.Key_0)
    assert at(map_, 5, 5) == before
    wheel(map_, QPoint(100, 250), 3)
    qtbot.mouseDClick(map_, LEFT, pos=QPoint(200, 100))
    assert at(map_, 5, 5) == before


def test_the_view_stays_with_all_until_it_is_changed(map_: LatentMap) -> None:
    map_.resize(SIDE, 300)
    assert map_.rect().contains(at(map_, 10, 10))
    wheel(map_, at(map_, 5, 5), 3)
    map_.resize(300, 300)
    assert at(map_, 5, 5) == QPoint(150, 150)


def test_keys_pan_and_zoom(map_: LatentMap) -> None:
    before = at(map_, 5, 5)
    QTest.keyClick(map_, Key.Key_Right)
    QTest.keyClick(map_, Key.Key_Down)
    assert at(map_, 5, 5).x() < before.x()
    assert at(map_, 5, 5).y() < before.y()
    QTest.keyClick(map_, Key.Key_Left)
    QTest.keyClick(map_, Key.Key_Up)
    assert at(map_, 5, 5) == before
    width = at(map_, 10, 0).x() - at(map_, 0, 0).x()
    QTest.keyClick(map_, Key.Key_Plus)
    QTest.keyClick(map_, Key.Key_Plus)
    QTest.keyClick(map_, Key.Key_Minus)
    assert at(map_, 10, 0).x() - at(map_, 0, 0).x() == pytest.approx(1.25 * width, abs=2)


def test_pointing_shows_the_face_and_its_name(map_: LatentMap) -> None:
    map_.set_points(MANY)
    map_.set_faces(lambda point: f"Person {point}", lambda _point: FACE)
    point = int(MANY[:, 0].argmax())
    place = at(map_, *MANY[point])
    before = picture_of(map_)
    QTest.mouseMove(map_, place)
    assert map_.accessibleDescription().endswith(f"pointing at Person {point}")
    shown = (picture_of(map_) == FACE[0, 0]).all(axis=2)
    assert shown.sum() > 90 * 90
    QTest.mouseMove(map_, QPoint(2, 2))
    assert same_picture(picture_of(map_), before)


def test_a_click_on_a_point_picks_it_and_one_on_the_ground_nothing(
    map_: LatentMap, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(map_.point_clicked) as clicked:
        qtbot.mouseClick(map_, LEFT, pos=at(map_, 10, 0) + QPoint(3, 3))
    assert clicked.args == [1]
    with qtbot.assertNotEmitted(map_.point_clicked):
        qtbot.mouseClick(map_, LEFT, pos=QPoint(200, 100))
        qtbot.mouseClick(map_, Qt.MouseButton.RightButton, pos=at(map_, 10, 0))


def test_the_marker_is_dragged_from_beginning_to_end(map_: LatentMap, qtbot: QtBot) -> None:
    map_.set_here((5, 5))
    heard: list[object] = []
    map_.travel_started.connect(lambda: heard.append("started"))
    map_.travelled.connect(lambda x, y: heard.append((x, y)))
    map_.travel_finished.connect(lambda: heard.append("finished"))
    drag(map_, at(map_, 5, 5), at(map_, 8, 2))
    assert heard[0] == "started"
    assert heard[-1] == "finished"
    assert heard[-2] == pytest.approx((8, 2), abs=0.1)
    assert len(heard) > 4
    assert map_.here() == map_.place_of(5, 5)  # the one who hears of it moves the marker


def test_a_click_on_the_marker_is_no_travel(map_: LatentMap, qtbot: QtBot) -> None:
    map_.set_here((5, 5))
    with qtbot.assertNotEmitted(map_.travel_started), qtbot.assertNotEmitted(map_.point_clicked):
        qtbot.mouseClick(map_, LEFT, pos=at(map_, 5, 5))


def test_with_shift_the_face_travels_from_anywhere(map_: LatentMap, qtbot: QtBot) -> None:
    place = at(map_, 2, 8)
    with qtbot.assertNotEmitted(map_.travel_started):
        QTest.mousePress(map_, LEFT, SHIFT, place)  # there is no face yet
        QTest.mouseRelease(map_, LEFT, SHIFT, place)
    map_.set_here((5, 5))
    with qtbot.waitSignal(map_.travelled) as travelled:
        QTest.mousePress(map_, LEFT, SHIFT, place)
    assert travelled.args == pytest.approx([2, 8], abs=0.1)
    with qtbot.waitSignal(map_.travel_finished):
        QTest.mouseRelease(map_, LEFT, SHIFT, place)


def test_the_face_travels_by_keyboard_in_one_step_a_press(map_: LatentMap, qtbot: QtBot) -> None:
    map_.set_here((5, 5))
    heard: list[str] = []
    map_.travel_started.connect(lambda: heard.append("started"))
    map_.travelled.connect(lambda x, _y: heard.append("right" if x > 5 else "left"))
    map_.travel_finished.connect(lambda: heard.append("finished"))
    QTest.keyPress(map_, Key.Key_Right, SHIFT)
    QTest.keyRelease(map_, Key.Key_Right, SHIFT)
    QTest.keyPress(map_, Key.Key_Left, SHIFT)
    map_.hide()
    assert heard == ["started", "right", "finished", "started", "left", "finished"]


def test_enter_picks_the_nearest_to_the_present_face(map_: LatentMap, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(map_.point_clicked):
        QTest.keyClick(map_, Key.Key_Return)
    map_.set_here((9, 2))
    with qtbot.waitSignal(map_.point_clicked) as clicked:
        QTest.keyClick(map_, Key.Key_Return)
    assert clicked.args == [1]


def test_some_faces_are_there_at_once_more_as_one_zooms_in_and_can_be_clicked(
    map_: LatentMap, qtbot: QtBot
) -> None:
    def red() -> int:
        return int((picture_of(map_) == FACE[0, 0]).all(axis=2).sum())

    map_.set_points(MANY)
    map_.set_faces(str, lambda _point: FACE)
    assert 3 * 44 * 44 < red() < 20 * 48 * 40
    wheel(map_, QPoint(200, 200), 12)
    qtbot.waitUntil(lambda: red() > 20 * 48 * 40)

    map_.set_points(FEW)
    assert red() >= 5 * 44 * 44
    with qtbot.waitSignal(map_.point_clicked) as clicked:
        qtbot.mouseClick(map_, LEFT, pos=at(map_, 10, 10) + QPoint(-20, 20))
    assert clicked.args == [3]


def test_of_many_places_one_is_taken_for_each_cell() -> None:
    places = np.array([[5, 5], [-5, 5], [6, 7], [15, 5], [5, 65_540], [7, 7]])
    assert one_a_cell(places, 10).tolist() == [0, 1, 3, 4]


def test_chosen_faces_do_not_overlap_and_stay_while_they_can() -> None:
    places = MANY * 100
    chosen = spaced(places, (), 52)
    gaps = np.abs(places[chosen][:, None] - places[chosen][None]).max(axis=2)
    assert (gaps + 1000 * np.eye(len(chosen)) >= 52).all()
    assert 10 < len(chosen) < len(places)
    last = [chosen[-1]]
    assert spaced(places, last, 52)[0] == last[0]
    others = [index for index in range(len(places)) if index not in chosen]
    assert all(np.abs(places[chosen] - places[index]).max(axis=1).min() < 52 for index in others)


def test_as_many_points_move_to_their_new_places(map_: LatentMap, qtbot: QtBot) -> None:
    wheel(map_, at(map_, 5, 5), 2)
    before = at(map_, 5, 5)
    moved = FEW.copy()
    moved[4] = (7, 5)
    map_.set_points(moved)
    assert at(map_, 5, 5) == before  # the view stays

    def is_there() -> bool:
        QTest.mouseMove(map_, QPoint(2, 2))
        QTest.mouseMove(map_, at(map_, 7, 5))
        return map_.accessibleDescription().endswith("pointing at 4")

    map_.set_faces(str, lambda _point: FACE)
    assert not is_there()
    qtbot.waitUntil(is_there)

    map_.hide()
    map_.set_points(FEW)  # without moving: the map isn't visible
    map_.set_points(MANY)
    assert map_.accessibleDescription().startswith(f"{len(MANY):,} faces, {len(MANY):,} in view")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_follow_the_values_and_the_scheme(map_: LatentMap, scheme: str) -> None:
    palette = palette_of("dark" if scheme == "dark" else "light")
    map_.setPalette(palette)
    plain = picture_of(map_)
    values = np.array([1, 2, 0, 3, 99], np.float32)
    map_.set_coloring(Coloring("Smiling", values, 0, 3, "−2 σ", "+2 σ"))
    table = scale_table(palette)
    assert color_at(map_, at(map_, 0, 10)) == tuple(table[0])
    assert color_at(map_, at(map_, 10, 10)) == tuple(table[255])
    assert color_at(map_, at(map_, 5, 5)) == tuple(table[255])
    ground = palette.color(QPalette.ColorRole.Base)
    assert all(contrast(QColor(*color), ground) > 1.4 for color in table[::15].tolist())
    map_.set_coloring(None)
    assert same_picture(picture_of(map_), plain)


def contrast(one: QColor, two: QColor) -> float:
    """Return the contrast as WCAG 2 defines it."""

    def luminance(color: QColor) -> float:
        linear = [
            channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
            for channel in (color.redF(), color.greenF(), color.blueF())
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_values_of_other_points_color_nothing(map_: LatentMap) -> None:
    plain = picture_of(map_)
    map_.set_coloring(Coloring("Smiling", np.zeros(3, np.float32), 0, 1, "", ""))
    assert same_picture(picture_of(map_), plain)


def test_the_way_of_the_face_is_drawn(map_: LatentMap) -> None:
    map_.set_here((5, 5))
    before = picture_of(map_)
    map_.set_path(np.array([[2, 8], [2, 2]], np.float32))
    drawn = picture_of(map_)
    changed = (drawn != before).any(axis=2)
    middle = at(map_, 2, 5)
    assert changed[middle.y() - 2 : middle.y() + 3, middle.x() - 2 : middle.x() + 3].any()
    map_.set_path(np.zeros((0, 2), np.float32))
    assert same_picture(picture_of(map_), before)


def rgba(image: object) -> NDArray[np.uint8]:
    from PySide6.QtGui import QImage

    assert isinstance(image, QImage)
    found = image.convertToFormat(QImage.Format.Format_RGBA8888)
    data = np.frombuffer(found.constBits(), np.uint8).reshape(found.height(), found.width(), 4)
    left, top = -image.offset().x(), -image.offset().y()
    return data[top : found.height() - top, left : found.width() - left].copy()


def test_dots_lie_on_their_pixels_the_nearer_one_above() -> None:
    table = np.zeros((256, 3), np.uint8)
    table[1], table[2] = (255, 0, 0), (0, 0, 255)
    places = np.array([[5.2, 3.7], [20, 10], [21, 10], [-2, 5], [900, 5]])
    picture = rgba(dots_image(places, np.array([1, 1, 2, 1, 1], np.uint8), table, 2, 40, 30))
    assert picture.shape == (30, 40, 4)
    assert picture[3, 5].tolist() == [255, 0, 0, 255]
    assert picture[10, 21].tolist() == [0, 0, 255, 255]
    assert picture[10, 20].tolist() == [255, 0, 0, 255]
    assert picture[10, 19].tolist() == [255, 0, 0, 255]
    assert picture[5, 0].any()  # the middle of this one is outside
    assert not picture[20:].any()
    assert 0 < picture[1, 6, 3] < 255  # a soft edge
