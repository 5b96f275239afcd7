"""With the window from right to left, as in Arabic, what is clicked is what is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QStyle, QStyleOptionSlider, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.explore.sliders.latent_slider import LatentSlider, SliderRow
from cae_gui.explore.sliders.slider_track import SliderTrack
from cae_gui.main_window import MainWindow
from cae_gui.morph.face_grid import FaceGrid
from cae_gui.morph.path_slider import PathSlider
from cae_gui.widgets.fields import Slider

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(params=["right to left", "left to right"], autouse=True)
def direction(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    directions = Qt.LayoutDirection
    is_reverse = request.param == "right to left"
    qapp.setLayoutDirection(directions.RightToLeft if is_reverse else directions.LeftToRight)
    yield
    qapp.setLayoutDirection(directions.LeftToRight)


def shown(widget: QWidget, qtbot: QtBot, width: int, height: int) -> None:
    widget.resize(width, height)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()


def handle_x(slider: QSlider) -> float:
    """Where the handle is painted."""
    if isinstance(slider, SliderTrack):
        return slider._x_of(slider.value())
    if isinstance(slider, PathSlider):
        return slider.x_at(slider.seconds())
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    kinds = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    rect: QRect = slider.style().subControlRect(kinds[0], option, kinds[1], slider)
    return rect.center().x()


def path_slider() -> PathSlider:
    slider = PathSlider()
    slider.set_marks([0.0, 1.0, 2.0], ["A", "B", "C"])
    return slider


@pytest.mark.parametrize(
    "make", [SliderTrack, path_slider, lambda: Slider(Qt.Orientation.Horizontal)]
)
def test_a_handle_goes_to_the_mouse(make: Callable[[], QSlider], qtbot: QtBot) -> None:
    slider = make()
    shown(slider, qtbot, 300, 96)
    y = 48
    for x, sign in ((220, 1), (80, -1)):
        slider.setValue(slider.maximum() // 2)
        before = handle_x(slider)
        QTest.mouseClick(slider, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
        assert (handle_x(slider) - before) * sign > 0
        before = handle_x(slider)
        QTest.mousePress(slider, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(before), y))
        QTest.mouseMove(slider, QPoint(round(before) + 30, y))
        QTest.mouseRelease(
            slider, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(before) + 30, y)
        )
        assert handle_x(slider) == pytest.approx(before + 30, abs=2)


@pytest.mark.parametrize("make", [SliderTrack, path_slider])
def test_a_handle_goes_the_way_of_the_arrow(make: Callable[[], QSlider], qtbot: QtBot) -> None:
    slider = make()
    shown(slider, qtbot, 300, 40)
    none, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    for modifier in (none, control):
        for key, sign in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, -1)):
            slider.setValue(slider.maximum() // 2)
            value = slider.value()
            qtbot.keyClick(slider, key, modifier)
            assert (slider.value() - value) * sign > 0


def test_the_marks_of_a_path_are_where_the_handle_stops(qtbot: QtBot) -> None:
    slider = path_slider()
    shown(slider, qtbot, 300, 40)
    for index in range(3):
        at = QPoint(slider.mark_x(index), slider.height() - 2)
        QTest.mouseClick(slider, LEFT, Qt.KeyboardModifier.NoModifier, at)
        assert slider.seconds() == index
        assert handle_x(slider) == pytest.approx(slider.mark_x(index), abs=2)


def test_the_faces_at_the_ends_are_those_that_the_handle_goes_to(qtbot: QtBot) -> None:
    slider = LatentSlider()
    slider.bind(SliderRow("Smile"), 0.0)
    shown(slider, qtbot, 400, 40)
    assert slider._low.x() < slider._high.x()
    track = slider.findChild(SliderTrack)
    assert track is not None
    assert slider.value_at(track.x()) == -3.0
    assert slider.value_at(track.x() + track.width()) == 3.0


def test_a_click_marks_the_face_of_a_grid_under_it(qtbot: QtBot) -> None:
    grid = FaceGrid()
    grid.set_count(5)
    for row in range(5):
        grid.set_row(row, np.zeros((5, 48, 48, 3), np.uint8))
    shown(grid, qtbot, 400, 300)
    for cell in ((0, 0), (1, 4), (3, 2)):
        at = grid.cell_rect(*cell).center()
        QTest.mouseClick(grid, LEFT, Qt.KeyboardModifier.NoModifier, at)
        assert grid.marked() == cell
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.cell_rect(*grid.marked()).x() > grid.cell_rect(3, 2).x()


def test_the_corners_are_at_the_corners_of_their_faces(window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.morph)
    window.morph.tabs.setCurrentWidget(window.morph.grid)
    QApplication.processEvents()
    a, b, *_ = window.morph.grid.wells
    assert a.mapTo(window, QPoint()).x() < b.mapTo(window, QPoint()).x()
