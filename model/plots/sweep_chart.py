"""The picture of a sweep: the curves of its runs, and their best errors by what was changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.plots.curve_painter import (
    best_style,
    drawing,
    label_epochs,
    mix,
    muted,
    scale_loss,
    set_ticks,
    style_axes,
)
from model.plots.curves import CurveRequest, loss_ticks, mse_text, readable, scales_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Value = float | int | bool | str

# In logical pixels; a point is one, as in other charts.
_TEXT, _LEFT, _GAP, _RIGHT, _TOP, _BOTTOM = 11.5, 62, 92, 24, 34, 48
_SHARE = 0.52
"""Of the width that both charts share, what the curves take."""
_STYLES = ("-", "--", ":", "-.")
_COLORS, _LIGHT, _DARK = "viridis", (0.0, 0.82), (0.3, 0.98)
"""The colours of values in their order, and which part of them is readable on a ground."""
_MOST_NUMBERS = 8
"""Columns of a grid whose fields have room for a number."""
_MOST_NAMED = 12
_LONGEST = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """A request for the picture of a sweep.

    ``curves`` has the size, the colours and, as ``others``, the curve of each run. ``titles`` are
    those of the one or two settings that differ, ``values`` theirs for each run, ``best`` the
    lowest test MSE of each run.
    """

    curves: CurveRequest
    titles: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    best: tuple[float, ...]


def sweep_image(request: SweepRequest) -> NDArray[np.uint8]:
    """Draw into opaque pixels, uint8 (height, width, 4); safe in any thread."""
    with drawing():
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas: Any = FigureCanvasAgg(sweep_chart(request))
        canvas.draw()
        return np.array(canvas.buffer_rgba())


def sweep_chart(request: SweepRequest) -> Figure:
    """Draw the curves at the left, the best errors at the right; use it in ``drawing()``."""
    from matplotlib.figure import Figure

    look = request.curves
    dpi = 72 * look.scale
    # The canvas truncates to whole pixels, so stay above the border.
    size = ((look.width + 0.01) / dpi, (look.height + 0.01) / dpi)
    figure = Figure(figsize=size, dpi=dpi, facecolor=look.background)
    width, height = look.width / look.scale, look.height / look.scale
    inner, tall = max(width - _LEFT - _GAP - _RIGHT, 80), max(height - _TOP - _BOTTOM, 40)
    left = inner * _SHARE

    def axes(start: float, wide: float) -> Axes:
        box = start / width, _BOTTOM / height, wide / width, tall / height
        return figure.add_axes(box)

    _draw_curves(axes(_LEFT, left), request)
    right = axes(_LEFT + left + _GAP, inner - left)
    if len(request.titles) == 2:
        _draw_grid(right, request)
    elif all(_is_number(value) for (value, *_) in request.values):
        _draw_line(right, request)
    else:
        _draw_list(right, request)
    return figure


def _draw_curves(axes: Axes, request: SweepRequest) -> None:
    from matplotlib.lines import Line2D

    look, levels = request.curves, _levels(request)
    colors = _colors(look, len(levels[0]))
    style_axes(axes, look, "Test MSE")
    scale_loss(axes, scales_of(look), log=look.log, most=10)
    label_epochs(axes, look)
    for (_, epochs, losses), values in zip(look.others, request.values, strict=True):
        places = [level.index(value) for level, value in zip(levels, values, strict=True)]
        style = _STYLES[places[1] % len(_STYLES)] if len(places) > 1 else "-"
        marker = "o" if len(epochs) == 1 else ""
        look_of: dict[str, Any] = {"color": colors[places[0]], "linestyle": style, "linewidth": 1.6}
        axes.plot(epochs, losses, marker=marker, markersize=4, **look_of)
    names: list[tuple[str, str, Any]] = [
        (_text(value), colors[at], "-") for at, value in enumerate(levels[0])
    ]
    for at, value in enumerate(levels[1] if len(levels) > 1 else ()):
        name = f"{request.titles[1]} {_text(value)}"
        names.append((name, muted(look), _STYLES[at % len(_STYLES)]))
    if len(names) <= _MOST_NAMED:
        lines = [
            Line2D([], [], color=color, linestyle=style, label=_plain(name))
            for name, color, style in names
        ]
        legend = axes.legend(handles=lines, title=_plain(request.titles[0]), **_legend(look))
        legend.get_title().set(color=muted(look), fontsize=_TEXT)


def _draw_line(axes: Axes, request: SweepRequest) -> None:
    """Draw the best errors over a setting that is a number."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    look, (levels, *_) = request.curves, _levels(request)
    colors = _colors(look, len(levels))
    style_axes(axes, look, "Best test MSE")
    numbers = [float(value) for value in levels]
    if min(numbers) > 0 and max(numbers) / min(numbers) >= 8:
        axes.set_xscale("log")
    lowest = [min(_bests(request, (value,))) for value in levels]
    axes.plot(numbers, lowest, color=mix(look.foreground, look.background, 0.35), linewidth=1.2)
    for (value, *_), mse in zip(request.values, request.best, strict=True):
        at = levels.index(value)
        axes.plot([numbers[at]], [mse], "o", markersize=6, color=colors[at], clip_on=False)
    at = lowest.index(min(lowest))
    axes.plot([numbers[at]], [lowest[at]], **best_style(look.accent, look.background))
    _name_best(axes, look, (numbers[at], lowest[at]), is_late=at > len(levels) / 2)
    _limit(axes, request.best)
    axes.xaxis.set_major_locator(FixedLocator(_spaced(numbers, log=axes.get_xscale() == "log")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(value, 6)))
    axes.set_xlabel(request.titles[0], fontsize=_TEXT, color=muted(look), labelpad=5)
    axes.margins(x=0.08)


def _draw_list(axes: Axes, request: SweepRequest) -> None:
    """Draw the best errors of values that are words, or of runs by their names."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    look, (levels, *_) = request.curves, _levels(request)
    colors = _colors(look, len(levels))
    style_axes(axes, look, "Best test MSE")
    for (value, *_), mse in zip(request.values, request.best, strict=True):
        at = levels.index(value)
        axes.plot([at], [mse], "o", markersize=6, color=colors[at], clip_on=False)
    best = request.best.index(min(request.best))
    place = levels.index(request.values[best][0]), request.best[best]
    axes.plot(place[0], place[1], **best_style(look.accent, look.background))
    _name_best(axes, look, place, is_late=place[0] > len(levels) / 2)
    _limit(axes, request.best)
    has_names = len(levels) <= 4
    axes.xaxis.set_major_locator(FixedLocator(range(len(levels)) if has_names else []))
    axes.xaxis.set_minor_locator(NullLocator())
    names = [_plain(_short(_text(value), 60 // len(levels))) for value in levels]
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: names[round(value)]))
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_xlabel(request.titles[0], fontsize=_TEXT, color=muted(look), labelpad=5)


def _draw_grid(axes: Axes, request: SweepRequest) -> None:
    """Draw the best errors of two settings as fields, dark where they are low."""
    from matplotlib.patches import Rectangle

    look, (columns, rows) = request.curves, _levels(request)
    best = np.array([[min(_bests(request, (x, y)), default=np.nan) for x in columns] for y in rows])
    style_axes(axes, look, "Best test MSE")
    axes.grid(False)
    shades = np.log(best) if np.nanmin(best) > 0 else best
    low, high = float(np.nanmin(shades)), float(np.nanmax(shades))
    ends = mix(look.accent, look.background, 0.85), mix(look.accent, look.background, 0.08)
    for row, column in np.ndindex(best.shape):
        mse, shade = float(best[row, column]), float(shades[row, column])
        share = (shade - low) / (high - low) if high > low else 0.0
        is_known = math.isfinite(mse)
        ground = mix(ends[1], ends[0], share) if is_known else look.background
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=ground, linewidth=0))
        if len(columns) <= _MOST_NUMBERS:
            text = mse_text(mse) if is_known else "–"
            color = look.background if is_known and share < 0.35 else look.foreground
            size = _TEXT - max(len(columns) - 4, 0)
            axes.text(column, row, text, ha="center", va="center", color=color, fontsize=size)
    place = np.unravel_index(int(np.nanargmin(best)), best.shape)
    corner = float(place[1]) - 0.5, float(place[0]) - 0.5
    frame: Any = {"fill": False, "edgecolor": look.foreground, "linewidth": 2, "clip_on": False}
    axes.add_patch(Rectangle(corner, 1, 1, zorder=4, **frame))
    axes.set_xticks(range(len(columns)), [_plain(_text(value)) for value in columns])
    axes.set_yticks(range(len(rows)), [_plain(_text(value)) for value in rows])
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.5, len(rows) - 0.5))
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel(request.titles[0], fontsize=_TEXT, color=muted(look), labelpad=5)
    axes.set_ylabel(request.titles[1], fontsize=_TEXT, color=muted(look), labelpad=5)


def _name_best(
    axes: Axes, look: CurveRequest, place: tuple[float, float], *, is_late: bool
) -> None:
    axes.annotate(
        f"best {mse_text(place[1])}", place, xytext=(-9 if is_late else 9, -4),
        textcoords="offset points", ha="right" if is_late else "left", va="top",
        fontsize=_TEXT, fontweight="bold", color=look.accent, annotation_clip=False,
    )  # fmt: skip


def _limit(axes: Axes, best: Sequence[float]) -> None:
    low, high = min(best), max(best)
    room = (high - low or abs(high) or 1.0) * 0.16
    axes.set_ylim(low - room, high + room)
    ticks = loss_ticks((max(low - room, 0.0), high + room), log=False, most=8)
    set_ticks(axes, [tick for tick in ticks if low - room <= tick <= high + room] or [low, high])


def _legend(look: CurveRequest) -> dict[str, Any]:
    return {
        "loc": "upper right", "frameon": False, "fontsize": _TEXT, "labelcolor": muted(look),
        "alignment": "left", "handlelength": 1.8,
    }  # fmt: skip


def _levels(request: SweepRequest) -> list[list[Value]]:
    """Return the values of each setting that occur: numbers sorted, others in their order."""
    return [
        sorted(set(values)) if all(map(_is_number, values)) else list(dict.fromkeys(values))
        for values in zip(*request.values, strict=True)
    ]


def _bests(request: SweepRequest, values: tuple[Value, ...]) -> list[float]:
    pairs = zip(request.values, request.best, strict=True)
    return [mse for found, mse in pairs if found == values and math.isfinite(mse)]


def _colors(look: CurveRequest, count: int) -> list[str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    low, high = _DARK if look.dark else _LIGHT
    return [to_hex(colormaps[_COLORS](share)) for share in np.linspace(low, high, count)]


def _spaced(numbers: Sequence[float], *, log: bool) -> list[float]:
    """Return those numbers that lie far enough apart for their texts."""
    places = [math.log(number) if log else number for number in numbers]
    room, kept = (places[-1] - places[0]) / 7, [0]
    for at, place in enumerate(places):
        if place - places[kept[-1]] >= room:
            kept.append(at)
    return [numbers[at] for at in kept]


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return readable(value, 6) if isinstance(value, int | float) else _short(value, _LONGEST)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(most - 1, 1)]}…"


def _plain(name: str) -> str:
    """Write a text so that matplotlib takes it for nothing else than letters."""
    return name.lstrip("_").replace("$", r"\$")
