"""Exports a run: its measurements as a CSV table, its curves as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.plots.curve_painter import (
    best_style,
    label_epochs,
    muted,
    other_style,
    scale_loss,
    style_axes,
)
from model.plots.curves import CurveHistory, CurveRequest, mse_text, scales_of
from model.plots.figures import curves_figure, save_figure
from model.runs.epoch_rows import EpochRow, best_row, write_csv
from model.runs.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NamedRows = tuple[str, Sequence[EpochRow]]

_WIDTH, _HEIGHT = 800, 480


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
    request = CurveRequest(
        width=_WIDTH,
        height=_HEIGHT,
        others=tuple((name, curve.epochs, curve.test_mse) for name, curve in others),
    )
    size = (_WIDTH / 72, _HEIGHT / 72)
    figure = Figure(figsize=size, dpi=72, facecolor=request.background)
    axes = figure.add_axes((0.085, 0.1, 0.895, 0.83))
    style_axes(axes, request, "test MSE")
    scale_loss(axes, scales_of(request), log=True, most=12)
    label_epochs(axes, request)
    for index, (name, rows) in enumerate(runs):
        _plot(axes, index, name, rows)
    axes.legend(loc="upper right", frameon=False, fontsize=11.5, labelcolor=muted(request))
    return figure


def _plain(name: str) -> str:
    """Write a folder's name so that matplotlib takes it for nothing else than letters."""
    return name.lstrip("_").replace("$", r"\$")


def _plot(axes: Axes, index: int, name: str, rows: Sequence[EpochRow]) -> None:
    """Draw a run's curve with its best epoch marked."""
    style = other_style(index)
    best = best_row(rows)
    result = f"   best {mse_text(best.test_mse)} in epoch {best.epoch}" if best else ""
    axes.plot(
        [row.epoch for row in rows],
        [row.test_mse for row in rows],
        marker="o" if len(rows) <= 20 else "",
        markersize=3,
        label=_plain(name) + result,
        **style,
    )
    if best:
        axes.plot(best.epoch, best.test_mse, **best_style(style["color"], "white"))
