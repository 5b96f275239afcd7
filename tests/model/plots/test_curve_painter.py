from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from model.plots.curve_painter import Chart, CurvePainter, drawing, mix, spread_out
from model.plots.curves import OTHER_COLORS, CurveHistory, CurveRequest


def history(count: int) -> CurveHistory:
    epochs = tuple(range(1, count + 1))
    losses = tuple(0.016 * 0.9**epoch for epoch in epochs)
    return CurveHistory(epochs, losses, losses, (0.02,) * count)


REQUEST = CurveRequest(width=501, height=333, history=history(5), total_epochs=20)


def has_color(rgba: np.ndarray, color: str) -> bool:
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((rgba[..., :3] == wanted).all(axis=-1).any())


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
def test_picture_has_the_size_asked_for_and_no_holes(scale):
    image = CurvePainter().paint(replace(REQUEST, scale=scale))
    assert image.rgba.shape == (333, 501, 4)
    assert image.rgba.dtype == np.uint8
    assert (image.rgba[..., 3] == 255).all()
    assert image.request.scale == scale


def test_colors_are_the_ones_asked_for():
    rgba = CurvePainter().paint(replace(REQUEST, background="#102030", accent="#ff00cc")).rgba
    assert has_color(rgba[:4, :4], "#102030")
    assert has_color(rgba, "#ff00cc")


def test_it_says_how_many_epochs_came_since_the_best():
    losses = (0.01, 0.004, 0.009, 0.008)
    request = replace(REQUEST, history=replace(history(4), test_mse=losses))
    with drawing():
        chart = Chart(request, animated=False)
        for count, text in ((2, "best 0.00400"), (3, "1 epoch since"), (4, "2 epochs since")):
            seen = replace(history(count), test_mse=losses[:count])
            chart.set_data(replace(request, history=seen))
            assert chart._best_text.get_text().endswith(text)


def test_new_epochs_are_drawn_without_a_full_redraw():
    painter = CurvePainter()
    first = painter.paint(REQUEST)
    second = painter.paint(replace(REQUEST, running=((5.5, 0.01),), history=history(6)))
    assert painter.full_redraws == 1
    assert (first.rgba != second.rgba).any()


def test_partial_redraw_is_the_same_picture_as_a_fresh_one():
    painter = CurvePainter()
    painter.paint(replace(REQUEST, history=history(7)))
    again = painter.paint(REQUEST)
    assert painter.full_redraws == 1
    np.testing.assert_array_equal(again.rgba, CurvePainter().paint(REQUEST).rgba)


@pytest.mark.parametrize(
    "change",
    [
        {"width": 480},
        {"scale": 1.5},
        {"dark": True},
        {"background": "#000000"},
        {"log": False},
        {"total_epochs": 40},
        {"references": (("PCA", 0.0002),)},
        {"planned": ((0.1, 0.02), (20.0, 0.0))},
        {"others": (("Fast", (1, 2), (0.01, 0.008)),)},
    ],
)
def test_changes_of_the_still_part_redraw_in_full(change):
    painter = CurvePainter()
    painter.paint(REQUEST)
    painter.paint(replace(REQUEST, **change))
    assert painter.full_redraws == 2


def test_curve_lies_where_the_image_says():
    image = CurvePainter().paint(replace(REQUEST, accent="#ff0000"))
    column, row = round(image.x_of(3)), round(image.y_of(REQUEST.history.test_mse[2]))
    assert has_color(image.rgba[row - 3 : row + 4, column - 3 : column + 4], "#ff0000")


def is_drawn(rgba: np.ndarray, column: float, row: float) -> bool:
    """Tell whether something else than the background is at a place, or a pixel beside it."""
    x, y = round(column), round(row)
    return bool((rgba[y - 1 : y + 2, x - 1 : x + 2, :3] != rgba[0, 0, :3]).any())


def test_planned_rates_are_drawn_before_the_first_report_fainter_than_the_run():
    planned = ((0.1, 0.02), (20.0, 0.0))
    ahead = replace(REQUEST, history=CurveHistory(), planned=planned)
    painter = CurvePainter()
    still = painter.paint(ahead)
    left, top, _, height = still.rate_box
    column, row = still.x_of(7.0), top + height * (1 - 0.013 / (0.02 * 1.04))
    assert is_drawn(still.rgba, column, row)
    assert not is_drawn(painter.paint(replace(ahead, planned=())).rgba, column, row)
    rates = tuple((epoch / 10, 0.02 * (1 - epoch / 200)) for epoch in range(1, 100))
    trained = painter.paint(replace(ahead, rates=rates))
    x, y = round(column), round(row)
    box = np.s_[y - 1 : y + 2, x - 1 : x + 2, :3]
    assert trained.rgba[box].min() < still.rgba[box].min()
    assert left < column < left + still.rate_box[2]


def test_a_report_is_drawn_without_a_full_redraw():
    painter = CurvePainter()
    going_on = replace(REQUEST, planned=((0.1, 0.02), (20.0, 0.0)))
    first = painter.paint(going_on)
    second = painter.paint(replace(going_on, rates=((5.4, 0.015), (5.6, 0.0145))))
    assert painter.full_redraws == 1
    assert (first.rgba != second.rgba).any()


def test_a_run_without_epochs_leaves_its_color_free():
    curve = ("Fast", (1, 2, 3), (0.01, 0.008, 0.005))
    gap = replace(REQUEST, others=(("", (), ()), curve))
    rgba = CurvePainter().paint(gap).rgba
    assert has_color(rgba, OTHER_COLORS[1])
    assert not has_color(rgba, OTHER_COLORS[0])


@pytest.mark.parametrize("log", [True, False])
def test_nothing_and_nan_can_be_drawn(log):
    empty = replace(REQUEST, history=CurveHistory(), log=log)
    CurvePainter().paint(empty)
    broken = CurveHistory((1, 2), (math.nan, math.inf), (math.nan, 0.0), (0.0, math.nan))
    CurvePainter().paint(replace(empty, history=broken))


def test_tiny_and_crowded_pictures_can_be_drawn():
    others = tuple((f"A run with a long name {i}", (1, 2), (0.01, 0.005)) for i in range(9))
    crowded = replace(REQUEST, others=others, references=(("One", 0.001), ("Two", 0.00101)))
    for width, height in ((1, 1), (120, 90), (900, 300)):
        assert CurvePainter().paint(replace(crowded, width=width, height=height)).rgba.size


def test_many_names_leave_the_curves_their_room():
    others = tuple((f"Run {i}", (1, 2), (0.01, 0.005)) for i in range(8))
    small = replace(REQUEST, width=380, height=280)
    crowded = CurvePainter().paint(replace(small, others=others))
    assert crowded.box[3] == CurvePainter().paint(small).box[3]
    assert has_color(crowded.rgba, OTHER_COLORS[7])


def line_colors(rgba: np.ndarray, row: float) -> int:
    """Return how many pixels of a row aren't the background."""
    return int((rgba[round(row), :, :3] != rgba[0, 0, :3]).any(axis=-1).sum())


def test_a_line_to_beat_is_drawn_and_named_where_it_is_near():
    near = replace(REQUEST, width=700, references=(("Published", 0.006),))
    image = CurvePainter().paint(near)
    row = image.y_of(0.006)
    bare = CurvePainter().paint(replace(near, references=(("Published", 1e-7),)))
    assert line_colors(image.rgba, row) > line_colors(bare.rgba, row) + 100
    right = round(image.box[0] + image.box[2]) + 10
    for named, at in ((image, row), (bare, bare.box[1] + bare.box[3])):
        label = named.rgba[round(at) - 6 : round(at) + 6, right:, :3]
        assert (label != named.rgba[0, 0, :3]).any()


def test_names_of_close_lines_are_spread_out():
    assert spread_out([40.0, 10.0, 12.0], 16) == [42.0, 10.0, 26.0]
    assert spread_out([], 16) == []


def test_painters_in_threads_draw_the_same():
    def draw(_: int) -> np.ndarray:
        return CurvePainter().paint(REQUEST).rgba

    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(draw, range(8)))
    for picture in pictures:
        np.testing.assert_array_equal(picture, pictures[0])


def test_mix_of_colors():
    assert mix("#ffffff", "#000000", 0.5) == "#808080"
    assert mix("#102030", "#ffffff", 1) == "#102030"
