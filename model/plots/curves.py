"""Requests for pictures of training curves, their results, axis limits and ticks; no drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Limits = tuple[float, float]
Points = tuple[tuple[float, float], ...]
Box = tuple[float, float, float, float]

OTHER_COLORS = (
    "#c98a2b",
    "#3f9c6d",
    "#b8609a",
    "#2f93b5",
    "#c4573f",
    "#86932f",
    "#8a6a50",
    "#8b8f99",
)
"""Colours "#rrggbb" of the runs compared, by their places; readable on light and on dark."""

_FIRST_LOSSES = (1e-3, 1e-1)
"""The MSE that the first epoch of a training of new weights passes through."""
_LEAST_SHARE = 0.5
"""How much of a logarithmic axis the curves keep at the least where reference lines are added."""


@dataclass(frozen=True, slots=True)
class CurveHistory:
    """The finished epochs of a training: four tuples of one length."""

    epochs: tuple[int, ...] = ()
    train_mse: tuple[float, ...] = ()
    test_mse: tuple[float, ...] = ()
    learning_rate: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveRequest:
    """A request for a picture of curves.

    ``width`` and ``height`` are device pixels, ``scale`` is device pixels for one logical pixel,
    colours are "#rrggbb". ``running`` holds (fractional epoch, training MSE) of the epoch under
    way, ``rates`` (fractional epoch, learning rate) of reports, ``planned`` the same of the whole
    schedule, ``others`` (label, epochs, test MSE) of further runs, ``references`` (label, MSE),
    which are drawn where they lie near the curves and else are only named at the edge.
    Another run without epochs isn't drawn; it only leaves its colour of ``OTHER_COLORS`` free.
    """

    width: int
    height: int
    scale: float = 1.0
    dark: bool = False
    foreground: str = "#202124"
    background: str = "#ffffff"
    accent: str = "#4a5bd4"
    log: bool = True
    history: CurveHistory = CurveHistory()
    running: Points = ()
    rates: Points = ()
    planned: Points = ()
    total_epochs: int = 1
    others: tuple[tuple[str, tuple[int, ...], tuple[float, ...]], ...] = ()
    references: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CurveImage:
    """The drawn curves, and where their data lie in them.

    ``rgba`` is uint8 (height, width, 4), opaque. ``box`` and ``rate_box`` are the axes of the loss
    and of the learning rate: left, top, width, height in device pixels from the top left corner.
    """

    request: CurveRequest
    rgba: NDArray[np.uint8] = field(repr=False)
    box: Box
    rate_box: Box
    x_limits: Limits
    y_limits: Limits
    log: bool

    def x_of(self, epoch: float) -> float:
        """Return the device pixel column of an epoch."""
        low, high = self.x_limits
        return self.box[0] + self.box[2] * (epoch - low) / (high - low)

    def y_of(self, mse: float) -> float:
        """Return the device pixel row of a loss; NaN for one that the scale can't show."""
        low, high = self.y_limits
        if self.log:
            if not mse > 0:
                return math.nan
            low, high, mse = math.log10(low), math.log10(high), math.log10(mse)
        return self.box[1] + self.box[3] * (high - mse) / (high - low)

    def epoch_at(self, x: float) -> float:
        """Return the fractional epoch at a device pixel column."""
        low, high = self.x_limits
        return low + (high - low) * (x - self.box[0]) / self.box[2]


@dataclass(frozen=True, slots=True)
class Scales:
    """The limits of the axes; ``rate_top`` is 0 where no learning rate is known."""

    x_limits: Limits
    y_limits: Limits
    rate_top: float


def scales_of(request: CurveRequest) -> Scales:
    """Return the scales of a picture; their limits are rounded outwards, so they rarely move."""
    return Scales(_x_limits(request), _y_limits(request), _rate_top(request))


def is_within(value: float, limits: Limits) -> bool:
    """Return whether an axis with these limits reaches a value."""
    return limits[0] <= value <= limits[1]


def still_part(request: CurveRequest) -> CurveRequest:
    """Return a request without what moves while a training goes on.

    With equal still parts and scales, a picture needs no full redraw.
    """
    return replace(request, history=CurveHistory(), running=(), rates=(), total_epochs=1)


def rate_curve(request: CurveRequest) -> Points:
    """Return (fractional epoch, learning rate) of finished epochs and of reports, in order."""
    history = request.history
    finished = zip(history.epochs, history.learning_rate, strict=True)
    return tuple(sorted([*finished, *request.rates], key=lambda point: point[0]))


def best_index(test_mse: Sequence[float]) -> int | None:
    """Return where the lowest finite loss is, or None where there is none."""
    finite = [index for index, value in enumerate(test_mse) if math.isfinite(value)]
    return min(finite, key=test_mse.__getitem__, default=None)


def loss_ticks(limits: Limits, *, log: bool, most: int) -> list[float]:
    """Return at most about ``most`` round values: 1-2-5 or whole decades if log, else even."""
    low, high = limits
    if not log:
        return _even_ticks(high, most)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**power for power in decades for digit in digits]
        ticks = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= most:
            break
    return ticks


def error_ticks(edges: NDArray[np.float64], most: int) -> list[float]:
    """Return round values for the axis of a histogram of errors with these edges, or its ends."""
    ticks = loss_ticks((float(edges[0]), float(edges[-1])), log=True, most=most)
    return ticks if len(ticks) > 1 else [float(edges[0]), float(edges[-1])]


def readable(value: float, digits: int = 3) -> str:
    """Format a number with ``digits`` significant digits and without an exponent: 0.00081."""
    return np.format_float_positional(value, digits, fractional=False, trim="-")


def mse_text(mse: float) -> str:
    """Format a loss with five decimals: 0.00156."""
    return f"{mse:.5f}"


def _x_limits(request: CurveRequest) -> Limits:
    last = max((epochs[-1] for _, epochs, _ in request.others if epochs), default=0)
    done = request.history.epochs[-1] if request.history.epochs else 0
    last = max(last, done if done <= request.total_epochs else math.ceil(_round_up(done)))
    # Some space at the right, so that the marker of the last epoch isn't cut.
    return 0.0, max(last, request.total_epochs, 1) * 1.02


def _y_limits(request: CurveRequest) -> Limits:
    history = request.history
    values = [*history.train_mse, *history.test_mse, *(loss for _, loss in request.running)]
    values.extend(value for _, _, losses in request.others for value in losses)
    if not history.epochs:
        values.extend(_expected(request))
    elif history.epochs[-1] < request.total_epochs:
        # Two points would make a strip, which the next epoch leaves.
        values.append(max(_positive(values), default=math.nan) / 10)
    shown = _positive(values) or [1.2 * _FIRST_LOSSES[0], 0.9 * _FIRST_LOSSES[1]]
    near = _near(_positive(value for _, value in request.references), shown, log=request.log)
    shown = [*shown, *near]
    low = _round_down(min(shown) * 0.9) if request.log else 0.0
    return low, _round_up(max(shown) * 1.05)


def _near(references: list[float], shown: list[float], *, log: bool) -> list[float]:
    """Return the references that leave the curves enough room: others are named at the edge."""
    low, high = min(shown), max(shown)
    if not log:
        return [value for value in references if value <= high / _LEAST_SHARE]
    room = math.log(high / low) / _LEAST_SHARE
    return [value for value in references if math.log(max(high, value) / min(low, value)) <= room]


def _expected(request: CurveRequest) -> list[float]:
    """Return the losses to make room for before the first epoch has ended.

    Within it the loss falls by about a decade: limits that only fitted the points so far would
    move with every other report.
    """
    losses = _positive(loss for _, loss in request.running)
    if losses:
        return [max(losses) / 10]
    # Runs to compare have limits of their own.
    compares = any(epochs for _, epochs, _ in request.others)
    return [] if compares else [1.2 * _FIRST_LOSSES[0], 0.9 * _FIRST_LOSSES[1]]


def _rate_top(request: CurveRequest) -> float:
    rates = [rate for _, rate in (*request.planned, *rate_curve(request))]
    return max((_round_up(rate) for rate in _positive(rates)), default=0.0)


def _positive(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value) and value > 0]


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step for step in (1, 2, 3, 5, 10) if step * power >= value) * power


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return max((step for step in (1, 2, 3, 5) if step * power <= value), default=1) * power


def _even_ticks(high: float, most: int) -> list[float]:
    power = 10.0 ** math.floor(math.log10(high))
    steps = (step * power for step in (0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10))
    step = next(step for step in steps if high / step <= max(most - 1, 1))
    return [index * step for index in range(round(high / step - 1e-9) + 1) if index * step <= high]
