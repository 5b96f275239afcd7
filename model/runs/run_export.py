"""What a run leaves as files for others: its measurements as a table, its curves as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.plots.curves import (
    OTHER_COLORS,
    CurveHistory,
    CurveRequest,
    Frame,
    frame_of,
    loss_ticks,
    mse_text,
    readable,
)
from model.plots.figures import curves_figure, save_figure
from model.runs.epoch_rows import EpochRow, best_row, write_csv
from model.runs.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NamedRows = tuple[str, Sequence[EpochRow]]

_WIDTH, _HEIGHT = 800, 480
_TEXT = "#202124"
_MUTED = "#5f6368"
_GRID = "#e4e5e6"


def export_csv(run: Run, path: Path) -> None:
    """Write a run's epochs with all their columns as a table, in one step.

    Raises:
        RunError: the measurements can't be read.
        OSError: the file can't be written; an older one of that name is kept.
    """
    write_csv(run.rows(), path)


def save_curves(runs: Sequence[NamedRows], path: Path) -> None:
    """Write the curves of runs, each a name and its epochs, as a figure of 800 x 480 points.

    One run is shown with training and test MSE and learning rate, several by their test MSE.

    Raises:
        ValueError: no run has an epoch yet, or the suffix isn't .png, .svg or .pdf.
        OSError: the file can't be written; an older one of that name is kept.
    """
    measured = [(name, rows) for name, rows in runs if rows]
    if not measured:
        raise ValueError("There is no curve to draw yet: no epoch was finished.")
    if len(measured) == 1:
        rows = measured[0][1]
        curves_figure(_history(rows), path, total_epochs=rows[-1].epoch)
    else:
        save_figure(lambda: _comparison(measured), path)


def _history(rows: Sequence[EpochRow]) -> CurveHistory:
    epochs, train, test, rates, _ = zip(*rows, strict=True)
    return CurveHistory(epochs, train, test, rates)


def _comparison(runs: Sequence[NamedRows]) -> Figure:
    from matplotlib.figure import Figure

    others = [(name, _history(rows)) for name, rows in runs]
    frame = frame_of(
        CurveRequest(
            width=_WIDTH,
            height=_HEIGHT,
            others=tuple((name, curve.epochs, curve.test_mse) for name, curve in others),
        )
    )
    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=72, facecolor="white")
    axes = figure.add_axes((0.085, 0.1, 0.895, 0.83))
    _style(axes, frame)
    for index, (name, rows) in enumerate(runs):
        _plot(axes, index, name, rows)
    axes.legend(loc="upper right", frameon=False, fontsize=11, labelcolor=_TEXT)
    return figure


def _style(axes: Axes, frame: Frame) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    axes.set_yscale("log")
    axes.set(xlim=frame.x_limits, ylim=frame.y_limits)
    axes.spines[:].set_visible(False)
    axes.grid(color=_GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=6, labelsize=11.5, labelcolor=_MUTED)
    axes.yaxis.set_major_locator(FixedLocator(loss_ticks(frame.y_limits, log=True, most=12)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(value)))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
    axes.set_title("test MSE", loc="left", fontsize=11.5, color=_MUTED, pad=7)
    axes.set_xlabel("epoch", fontsize=11.5, color=_MUTED, labelpad=5)


def _plain(name: str) -> str:
    """Write a folder's name so that matplotlib takes it for nothing else than letters."""
    return name.lstrip("_").replace("$", r"\$")


def _plot(axes: Axes, index: int, name: str, rows: Sequence[EpochRow]) -> None:
    """Draw a run's curve with its best epoch marked."""
    color = OTHER_COLORS[index % len(OTHER_COLORS)]
    best = best_row(rows)
    result = f"   best {mse_text(best.test_mse)} in epoch {best.epoch}" if best else ""
    axes.plot(
        [row.epoch for row in rows],
        [row.test_mse for row in rows],
        color=color,
        linewidth=1.8,
        linestyle="-" if index < len(OTHER_COLORS) else "--",
        marker="o" if len(rows) <= 20 else "",
        markersize=3,
        label=_plain(name) + result,
    )
    if best:
        axes.plot(
            best.epoch, best.test_mse, "o", markersize=8, markeredgewidth=2, zorder=4,
            markerfacecolor="white", markeredgecolor=color, clip_on=False,
        )  # fmt: skip
