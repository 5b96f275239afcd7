from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.plots.curves import (
    CurveHistory,
    CurveImage,
    CurveRequest,
    best_index,
    loss_ticks,
    rate_curve,
    readable,
    scales_of,
)


def request(*losses: float, **others: object) -> CurveRequest:
    epochs = tuple(range(1, len(losses) + 1))
    history = CurveHistory(epochs, losses, losses, (0.02,) * len(losses))
    return CurveRequest(width=400, height=300, history=history, total_epochs=10, **others)


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=9), st.booleans())
def test_limits_hold_every_loss(losses, log):
    low, high = scales_of(request(*losses, log=log)).y_limits
    assert low <= min(losses)
    assert max(losses) <= high


def test_limits_stay_while_the_loss_falls_a_little():
    start = scales_of(request(0.016, 0.0020))
    assert scales_of(request(0.016, 0.0020, 0.0018, 0.0017)) == start
    assert scales_of(request(0.016, 0.0020, 0.0018, 0.0005)) != start


@pytest.mark.parametrize("loss", [0.9, 0.0004])
@pytest.mark.parametrize("log", [True, False])
def test_the_epoch_under_way_never_leaves_its_axis(loss, log):
    low, high = scales_of(request(0.016, running=((1.5, loss),), log=log)).y_limits
    assert low <= loss <= high


def test_the_noise_of_an_epoch_under_way_moves_no_limits():
    start = scales_of(request(0.016))
    for loss in (0.003, 0.009, 0.017):
        assert scales_of(request(0.016, running=((1.5, loss),))) == start


@pytest.mark.parametrize("references", [(), (("Published", 0.00156),)])
def test_before_the_first_report_there_is_room_for_a_first_epoch(references):
    assert scales_of(request(references=references)).y_limits == (0.001, 0.1)
    assert scales_of(request(references=references, log=False)).y_limits == (0.0, 0.1)


def test_first_reports_move_the_limits_once():
    running = tuple((step / 100, 0.07 * 0.98**step) for step in range(1, 100))
    limits = {
        scales_of(request(running=running[:count])).y_limits for count in range(1, len(running))
    }
    assert limits == {(0.005, 0.1)}
    assert running[-1][1] < 0.01


def test_while_epochs_are_to_come_the_limits_leave_room_to_fall():
    going_on = scales_of(request(0.02)).y_limits
    assert going_on[1] / going_on[0] >= 10
    over = scales_of(request(*[0.02] * 10)).y_limits
    assert over[1] / over[0] < 10


def test_rate_limits_hold_the_plan_and_the_reports():
    planned = ((0.1, 0.004), (10.0, 0.0))
    assert scales_of(request(planned=planned)).rate_top == 0.005
    assert scales_of(request(planned=planned, rates=((0.1, 0.04),))).rate_top == 0.05
    assert scales_of(request()).rate_top == 0.0


def test_rates_of_epochs_and_reports_are_one_curve():
    resumed = request(0.02, 0.01, rates=((2.5, 0.01), (3.0, 0.009)))
    assert rate_curve(resumed) == ((1, 0.02), (2, 0.02), (2.5, 0.01), (3.0, 0.009))


def test_limits_include_other_runs():
    frame = scales_of(request(0.01, others=(("a", (1, 30), (0.5, 0.0001)),)))
    assert frame.y_limits[0] <= 0.0001
    assert frame.y_limits[1] >= 0.5
    assert frame.x_limits[1] >= 30


@pytest.mark.parametrize("log", [True, False])
def test_limits_include_references_that_lie_near(log):
    losses = (0.05, 0.01, 0.005)
    low, high = scales_of(request(*losses, references=(("PCA", 0.0015),), log=log)).y_limits
    assert low <= 0.0015 <= high


@pytest.mark.parametrize("value", [1e-6, 10.0])
def test_references_far_away_do_not_squeeze_the_curves(value):
    losses, far = (0.05, 0.01, 0.005), (("Far", value),)
    assert scales_of(request(*losses, references=far)) == scales_of(request(*losses))


def test_a_large_reference_does_not_squeeze_curves_on_a_linear_axis():
    losses, far = (0.05, 0.01, 0.005), (("Far", 0.2),)
    assert scales_of(request(*losses, references=far, log=False)) == scales_of(
        request(*losses, log=False)
    )


@pytest.mark.parametrize("loss", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("log", [True, False])
def test_limits_survive_losses_that_no_axis_can_show(loss, log):
    low, high = scales_of(request(loss, log=log)).y_limits
    assert 0 <= low < high < math.inf


def test_log_ticks_are_one_two_five_where_there_is_room():
    ticks = loss_ticks((0.0005, 0.02), log=True, most=8)
    assert [readable(tick) for tick in ticks] == [
        "0.0005",
        "0.001",
        "0.002",
        "0.005",
        "0.01",
        "0.02",
    ]
    assert len(loss_ticks((1e-6, 1), log=True, most=8)) == 7


def test_linear_ticks_start_at_zero_and_end_at_the_limit():
    assert loss_ticks((0, 0.02), log=False, most=3) == [0, 0.01, 0.02]


@given(st.floats(1e-6, 1e3), st.integers(2, 12))
def test_linear_ticks_are_few_and_inside(high, most):
    ticks = loss_ticks((0, high), log=False, most=most)
    assert 1 <= len(ticks) <= most
    assert max(ticks) <= high


def test_best_is_the_lowest_finite_loss():
    assert best_index((3.0, math.nan, 1.0, 2.0)) == 2
    assert best_index((math.nan,)) is None
    assert best_index(()) is None


def test_positions_in_the_image():
    blank = np.zeros((300, 400, 4), np.uint8)
    image = CurveImage(
        request(0.1), blank, (50, 20, 300, 200), (50, 240, 300, 40), (0, 10), (0.01, 1), True
    )
    assert image.x_of(5) == 200
    assert image.epoch_at(image.x_of(3.5)) == pytest.approx(3.5)
    assert image.y_of(1) == pytest.approx(20)
    assert image.y_of(0.1) == pytest.approx(120)
    assert math.isnan(image.y_of(0))
