"""Draws training curves into pixels by matplotlib, outside of the GUI thread."""

from __future__ import annotations

import math
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from model.io.places import find_places
from model.plots.curves import (
    OTHER_COLORS,
    Box,
    CurveImage,
    CurveRequest,
    Scales,
    best_index,
    is_within,
    loss_ticks,
    mse_text,
    rate_curve,
    readable,
    scales_of,
    still_part,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOCK = threading.RLock()

# In logical pixels. The figure has 72 dots an inch at scale 1, so a point is a logical pixel.
_TEXT = 11.5
_LEFT, _RIGHT, _BOTTOM, _GAP = 60, 16, 42, 34
_LEGEND_ROW, _LEGEND_COLUMN = 18, 118
_MAX_LEGEND = 0.2  # of the height
_WIDE = 480  # enough for the names of reference lines beside the axes
_LABEL_ROW, _LEADER = 16, 14


@contextmanager
def drawing() -> Iterator[None]:
    """Hold matplotlib for one thread, with its own defaults; enter it around every use.

    Its fonts and caches are shared and not thread-safe. The person's ``matplotlibrc`` and what a
    program has set are left out, so that a figure looks the same everywhere, and are there again
    afterwards.
    """
    with _LOCK:
        find_places()  # matplotlib needs a folder of its own
        import matplotlib

        settings: Any = matplotlib.rcParams
        before = {name: dict.__getitem__(settings, name) for name in settings}
        # Past the check of each value, which takes longer than drawing; the defaults are valid.
        dict.update(settings, _defaults())
        try:
            yield
        finally:
            dict.update(settings, before)


@cache
def _defaults() -> dict[str, Any]:
    from matplotlib import rcParamsDefault

    names = (name for name in rcParamsDefault if not name.startswith("backend"))
    return {name: dict.__getitem__(rcParamsDefault, name) for name in names}


class CurvePainter:
    """Draws curves; between two full redraws only what moves is drawn over a kept background.

    ``full_redraws`` counts the others: the first, and those after a change of size, theme, scale,
    limits, references or compared runs.
    """

    def __init__(self) -> None:
        self.full_redraws = 0
        self._chart: Chart | None = None

    def paint(self, request: CurveRequest) -> CurveImage:
        """Draw a request (device pixels, at least 1 x 1); safe in any thread, slow in the first."""
        with drawing():
            if self._chart is None or not self._chart.is_still_of(request):
                self._chart = Chart(request, animated=True)
                self.full_redraws += 1
            return self._chart.image(request)


class Chart:
    """A matplotlib figure of loss over learning rate for a still part; use it in ``drawing()``."""

    def __init__(self, request: CurveRequest, *, animated: bool) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._still, self._scales = still_part(request), scales_of(request)
        still = self._still
        dpi = 72 * still.scale
        # The canvas truncates to whole pixels, so stay above the border.
        size = ((still.width + 0.01) / dpi, (still.height + 0.01) / dpi)
        self.figure = Figure(figsize=size, dpi=dpi, facecolor=still.background)
        self._canvas: Any = FigureCanvasAgg(self.figure)
        self._muted = muted(still)
        self._faint = mix(still.foreground, still.background, 0.3)
        self._loss, self._rate = self._add_axes()
        self._style_axes()
        self._add_curves(animated)
        self._add_others()
        self._add_legend()
        self._background: Any = None

    def is_still_of(self, request: CurveRequest) -> bool:
        """Return whether only what moves has to be drawn for a request."""
        return (still_part(request), scales_of(request)) == (self._still, self._scales)

    def image(self, request: CurveRequest) -> CurveImage:
        """Draw the moving curves over the kept background."""
        if self._background is None:
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        self._canvas.restore_region(self._background)
        self.set_data(request)
        for axes, artist in self._moving:
            axes.draw_artist(artist)
        return CurveImage(
            request,
            np.array(self._canvas.buffer_rgba()),
            self._box(self._loss),
            self._box(self._rate),
            self._scales.x_limits,
            self._scales.y_limits,
            self._still.log,
        )

    def set_data(self, request: CurveRequest) -> None:
        """Let the moving artists show a request."""
        history = request.history
        self._train.set_data(history.epochs, history.train_mse)
        self._test.set_data(history.epochs, history.test_mse)
        rates = rate_curve(request)
        self._rates.set_data([epoch for epoch, _ in rates], [rate for _, rate in rates])
        # A single point makes no line, and few epochs are easier to read as points.
        epochs, reports = len(history.epochs) <= 20, len(request.running) == 1
        few_rates = len(rates) == 1 if request.rates else epochs
        for line, has_dots in (
            (self._train, epochs),
            (self._test, epochs),
            (self._running, reports),
            (self._rates, few_rates),
        ):
            line.set_marker("o" if has_dots else "")
        self._running.set_data(
            [epoch for epoch, _ in request.running], [loss for _, loss in request.running]
        )
        self._show_best(request)

    def _show_best(self, request: CurveRequest) -> None:
        history = request.history
        index = best_index(history.test_mse)
        self._best.set_visible(index is not None)
        self._best_text.set_visible(index is not None)
        if index is None:
            return
        epoch, value = history.epochs[index], history.test_mse[index]
        self._best.set_data([epoch], [value])
        self._best_text.xy = (epoch, value)
        since = history.epochs[-1] - epoch
        more = f"\n{since} epoch{'s' if since > 1 else ''} since" if since else ""
        self._best_text.set_text(f"best {mse_text(value)}{more}")
        # To the right of the best epoch no loss is lower, and usually there is none yet. At the
        # end there is no room: the text goes to the left, above most of the curve that falls there.
        late = epoch / self._scales.x_limits[1] > 0.75
        self._best_text.set_horizontalalignment("right" if late else "left")
        self._best_text.xyann = (2, 18) if late else (8, 9)

    def _add_axes(self) -> tuple[Axes, Axes]:
        still = self._still
        width, height = still.width / still.scale, still.height / still.scale
        self._columns = max(int((width - _LEFT - 50) // _LEGEND_COLUMN), 1)
        named = sum(bool(epochs) for _, epochs, _ in still.others)
        # A legend that takes too much room is left out; the colours still tell the curves apart.
        self._names_others = _legend_height(2 + named, self._columns) <= height * _MAX_LEGEND
        shown = 2 + named if self._names_others else 2
        top = 14 + _legend_height(shown, self._columns)
        limits = self._scales.y_limits
        has_lines = any(is_within(value, limits) for _, value in still.references)
        self._labels_beside = has_lines and width >= _WIDE
        right = self._label_width() if self._labels_beside else _RIGHT
        inner = max(height - top - _BOTTOM - _GAP, 40)
        rate = max(round(inner * 0.2), 16)
        across = (_LEFT / width, max(width - _LEFT - right, 20) / width)
        loss_bottom = (_BOTTOM + rate + _GAP) / height
        rate_axes = self.figure.add_axes((across[0], _BOTTOM / height, across[1], rate / height))
        loss_axes = self.figure.add_axes(
            (across[0], loss_bottom, across[1], (inner - rate) / height), sharex=rate_axes
        )
        self._loss_height, self._rate_height = inner - rate, rate
        return loss_axes, rate_axes

    def _style_axes(self) -> None:
        style_axes(self._loss, self._still, "Mean squared error")
        style_axes(self._rate, self._still, "Learning rate")
        most = max(int(self._loss_height // 26), 2)
        scale_loss(self._loss, self._scales, log=self._still.log, most=most)
        top = self._scales.rate_top
        self._rate.set_ylim(0, (top or 1) * 1.04)
        few = 3 if self._rate_height >= 2 * _LABEL_ROW else 2
        set_ticks(self._rate, loss_ticks((0, top), log=False, most=few) if top else [])
        label_epochs(self._rate, self._still)
        self._loss.tick_params(labelbottom=False)

    def _add_curves(self, animated: bool) -> None:
        from matplotlib.patheffects import withStroke

        still = self._still
        thin: dict[str, Any] = {"linewidth": 1.2, "markersize": 2.5, "color": self._muted}
        thick: dict[str, Any] = {"linewidth": 2.4, "markersize": 5, "color": still.accent}
        (self._train,) = self._loss.plot([], [], label="Train", **thin)
        (self._running,) = self._loss.plot([], [], **thin)
        (self._test,) = self._loss.plot([], [], label="Test", solid_capstyle="round", **thick)
        self._rate.plot(
            [epoch for epoch, _ in still.planned],
            [rate for _, rate in still.planned],
            linewidth=1.5,
            color=self._faint,
            zorder=1.9,
        )
        (self._rates,) = self._rate.plot([], [], **(thin | {"linewidth": 1.5}))
        (self._best,) = self._loss.plot([], [], **best_style(still.accent, still.background))
        self._best_text = self._loss.annotate(
            "", (1, 1), xytext=(0, 10), textcoords="offset points", fontsize=_TEXT + 0.5,
            fontweight="bold", va="bottom", linespacing=1.3, color=still.accent, zorder=5,
            annotation_clip=False,
            path_effects=[withStroke(linewidth=4, foreground=still.background)],
        )  # fmt: skip
        self._moving = [
            (self._loss, self._running),
            (self._loss, self._train),
            (self._loss, self._test),
            (self._loss, self._best),
            (self._loss, self._best_text),
            (self._rate, self._rates),
        ]
        for _, artist in self._moving:
            artist.set_animated(animated)

    def _add_others(self) -> None:
        for index, (label, epochs, losses) in enumerate(self._still.others):
            if not epochs:
                continue
            self._loss.plot(
                epochs,
                losses,
                **other_style(index),
                # A single point makes no line.
                marker="o" if len(epochs) == 1 else "",
                markersize=4,
                label=textwrap.shorten(label, 20, placeholder="…") if self._names_others else None,
                zorder=1.9,
            )
        self._add_references()

    def _add_references(self) -> None:
        """Draw the lines that lie within the limits, and name all: others with an arrow."""
        limits = self._scales.y_limits
        heights = [self._height_of(value) for _, value in self._still.references]
        for (label, value), line, row in zip(
            self._still.references, heights, spread_out(heights, _LABEL_ROW), strict=True
        ):
            if is_within(value, limits):
                self._loss.axhline(value, color=self._muted, linewidth=1, linestyle=(0, (4, 3)))
                self._add_label(label, line, row)
            else:
                arrow = "\N{DOWNWARDS ARROW}" if value < limits[0] else "\N{UPWARDS ARROW}"
                self._add_label(f"{arrow} {label}", row, row)

    def _height_of(self, value: float) -> float:
        """Return how far above the axis a loss lies, kept within its height."""
        scale = math.log10 if self._still.log else float
        low, high = (scale(limit) for limit in self._scales.y_limits)
        share = (scale(value) - low) / (high - low)
        return self._loss_height * min(max(share, 0.0), 1.0)

    def _add_label(self, label: str, line: float, row: float) -> None:
        """Write a label in its row; a thin line leads to it from the end of its own line."""
        beside = self._labels_beside
        leader = {"arrowstyle": "-", "color": self._muted, "linewidth": 0.8, "shrinkA": 0}
        self._loss.annotate(
            label,
            (1.0, line / self._loss_height),
            xytext=(_LEADER if beside else -4, row - line + (0 if beside else 8)),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="left" if beside else "right",
            va="center",
            fontsize=_TEXT - 0.5,
            color=self._muted,
            arrowprops=leader | {"shrinkB": 0} if beside and row != line else None,
        )

    def _label_width(self) -> float:
        # Measured exactly, it would need a renderer; digits and letters average 0.58 em.
        longest = max(len(label) for label, _ in self._still.references) + 2
        return _LEADER + longest * _TEXT * 0.58

    def _add_legend(self) -> None:
        self._loss.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            borderaxespad=0.3,
            ncols=self._columns,
            frameon=False,
            fontsize=_TEXT,
            labelcolor=self._muted,
            handlelength=1.4,
            handletextpad=0.5,
            columnspacing=1.4,
        )

    def _box(self, axes: Axes) -> Box:
        box = axes.get_window_extent()
        left, top = float(box.x0), float(self._still.height - box.y1)
        return left, top, float(box.width), float(box.height)


def style_axes(axes: Axes, request: CurveRequest, title: str) -> None:
    """Give axes the style of all charts: a line below, a pale grid, the title at the left."""
    text: dict[str, Any] = {"fontsize": _TEXT, "color": muted(request)}
    axes.set_facecolor("none")
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set(visible=True, color=mix(request.foreground, request.background, 0.4))
    axes.tick_params(length=0, pad=6, labelsize=_TEXT, labelcolor=muted(request))
    axes.grid(color=mix(request.foreground, request.background, 0.13), linewidth=1)
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left", pad=7, **text)


def scale_loss(axes: Axes, scales: Scales, *, log: bool, most: int) -> None:
    """Set the limits of the axes of a loss, and about ``most`` ticks."""
    # The scale first: it replaces the locators.
    axes.set_yscale("log" if log else "linear")
    axes.set(xlim=scales.x_limits, ylim=scales.y_limits)
    set_ticks(axes, loss_ticks(scales.y_limits, log=log, most=most))


def set_ticks(axes: Axes, values: list[float]) -> None:
    """Set where the ticks of the vertical axis are, and write them without an exponent."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.yaxis.set_major_locator(FixedLocator(values))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(value)))


def label_epochs(axes: Axes, request: CurveRequest) -> None:
    """Make the horizontal axis one of whole epochs."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Epoch", fontsize=_TEXT, color=muted(request), labelpad=5)


def other_style(index: int) -> dict[str, Any]:
    """Return how the curve of a run at a place among several is drawn."""
    return {
        "color": OTHER_COLORS[index % len(OTHER_COLORS)],
        "linewidth": 1.6,
        "linestyle": "-" if index < len(OTHER_COLORS) else "--",
    }


def best_style(color: str, background: str) -> dict[str, Any]:
    """Return how the best epoch of a curve is marked."""
    return {
        "marker": "o", "linestyle": "", "markersize": 8, "markeredgewidth": 2, "zorder": 4,
        "markerfacecolor": background, "markeredgecolor": color, "clip_on": False,
    }  # fmt: skip


def muted(request: CurveRequest) -> str:
    """Return the colour of a chart's text."""
    return mix(request.foreground, request.background, 0.65)


def _legend_height(names: int, columns: int) -> int:
    return math.ceil(names / columns) * _LEGEND_ROW


def spread_out(heights: list[float], apart: float) -> list[float]:
    """Return the heights in their order, moved up where two are less than ``apart``."""
    rows, lowest = list(heights), -math.inf
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        rows[index] = lowest = max(heights[index], lowest + apart)
    return rows


def mix(color: str, other: str, share: float) -> str:
    """Return ``share`` of one "#rrggbb" colour and the rest of another."""
    pairs = ((int(color[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(one * share + two * (1 - share)):02x}" for one, two in pairs)
