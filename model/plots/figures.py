"""Figures to keep: the two rows of the paper, one reconstruction, the curves; PNG, SVG or PDF.

matplotlib is imported by the functions that need it, without pyplot, and in ``drawing()``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.evaluation import Quality, error_bars, error_edges, error_statistics
from model.face_set import FACE_SIZE
from model.io.files import replacing
from model.plots.curve_painter import Chart, CurvePainter, drawing
from model.plots.curves import (
    OTHER_COLORS,
    CurveHistory,
    CurveImage,
    CurveRequest,
    error_ticks,
    mse_text,
    readable,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
"""The kinds of file that a figure can be written to."""

DIFFERENCE_SCALE = 0.25
"""The difference, a share of full brightness, that the heat map shows as its brightest colour."""

ERROR_COLORS = ("#4a5bd4", OTHER_COLORS[0])
"""Of the errors of one model, and of the other one beside it."""

_COLORS = "inferno"
_TEXT = "#202124"
_MUTED = "#5f6368"


def difference(original: NDArray[Any], reconstruction: NDArray[Any]) -> NDArray[np.float32]:
    """Return the absolute difference (H, W), mean over the channels, of two images (H, W, 3).

    The images are uint8 or float in [0, 1], the difference is in [0, 1].
    """
    apart = np.abs(_unit_scale(original) - _unit_scale(reconstruction))
    return np.asarray(apart.mean(axis=2), np.float32)


def difference_image(
    original: NDArray[Any], reconstruction: NDArray[Any], scale: float = DIFFERENCE_SCALE
) -> tuple[NDArray[np.uint8], float]:
    """Return where two images (H, W, 3), uint8 or float in [0, 1], differ, and the map's scale.

    The heat map is uint8 (H, W, 3): ``difference`` from black (equal) to pale yellow. The end of
    the scale, a share of full brightness above 0, doesn't depend on the images, so that maps of
    different faces compare; larger differences look the same.
    """
    shares = difference(original, reconstruction) / scale
    rows = np.clip(shares * 255, 0, 255).round().astype(np.uint8)
    return difference_colors()[rows], scale


@cache
def difference_colors() -> NDArray[np.uint8]:
    """Return the colours of the heat map from no difference to the largest, uint8 (256, 3)."""
    with drawing():
        from matplotlib import colormaps

        return np.array(colormaps[_COLORS](np.arange(256), bytes=True)[:, :3], np.uint8)


def rows_figure(
    originals: NDArray[np.uint8],
    reconstructions: NDArray[np.uint8],
    path: Path,
    *,
    others: NDArray[np.uint8] | None = None,
) -> None:
    """Write faces over their reconstructions, both (N, 48, 48, 3), as in the paper with N = 20.

    Below them ``others``, those by a second model, (N, 48, 48, 3).

    Raises:
        ValueError: the suffix isn't one of ``SUFFIXES``, there is no face, or shapes differ.
        OSError: the file can't be written.
    """
    rows = [("Original", originals), ("Reconstruction", reconstructions)]
    if others is not None:
        rows = [rows[0], ("By A", reconstructions), ("By B", others)]
    if any(images.shape != originals.shape for _, images in rows) or not len(originals):
        raise ValueError("a figure needs at least one face and as many reconstructions")

    def draw() -> Figure:
        count = len(originals)
        figure = _figure(116 + count * 52, 16 + len(rows) * 52)
        for row, (title, images) in enumerate(rows):
            top = 10 + row * 52
            _text(figure, 12, top + 24, title, va="center")
            for column, image in enumerate(images):
                _show(_axes(figure, 108 + column * 52, top, FACE_SIZE, FACE_SIZE), image)
        return figure

    save_figure(draw, path)


def reconstruction_figure(
    original: NDArray[np.uint8],
    reconstruction: NDArray[np.uint8],
    quality: Quality,
    path: Path,
    scale: float = DIFFERENCE_SCALE,
) -> None:
    """Write a face, its reconstruction and their difference, each (48, 48, 3), with the numbers.

    ``scale`` is that of ``difference_image``.

    Raises:
        ValueError: the suffix isn't one of ``SUFFIXES``.
        OSError: the file can't be written.
    """
    picture, scale = difference_image(original, reconstruction, scale)

    def draw() -> Figure:
        figure = _figure(16 + 3 * 208 + 56, 272)
        panels = (original, reconstruction, picture)
        for column, (title, image) in enumerate(
            zip(("Original", "Reconstruction", "Difference"), panels, strict=True)
        ):
            left = 16 + column * 208
            _text(figure, left, 22, title, va="center")
            _show(_axes(figure, left, 36, 192, 192), image)
        _color_bar(figure, 16 + 3 * 208 - 8, 36, 192, scale)
        numbers = (
            f"MSE {quality.mse:.5f}     PSNR {quality.psnr:.1f} dB     SSIM {quality.ssim:.3f}"
        )
        _text(figure, 16, 250, numbers.replace("inf dB", "infinite"), va="center", color=_MUTED)
        return figure

    save_figure(draw, path)


def curves_figure(
    history: CurveHistory,
    path: Path,
    *,
    total_epochs: int = 1,
    log: bool = True,
    references: tuple[tuple[str, float], ...] = (),
    others: tuple[tuple[str, tuple[int, ...], tuple[float, ...]], ...] = (),
) -> None:
    """Write the curves of a training on white, 800 x 480 points.

    Raises:
        ValueError: the suffix isn't one of ``SUFFIXES``.
        OSError: the file can't be written.
    """
    last = history.epochs[-1] if history.epochs else 1
    request = CurveRequest(
        width=800,
        height=480,
        history=history,
        total_epochs=max(total_epochs, last),
        log=log,
        references=references,
        others=others,
    )

    def draw() -> Figure:
        chart = Chart(request, animated=False)
        chart.set_data(request)
        return chart.figure

    save_figure(draw, path)


def errors_figure(models: Sequence[tuple[str, NDArray[np.float32]]], path: Path) -> None:
    """Write the histogram of faces' MSE with mean, median and 95th percentile, 800 x 480 points.

    Each of the ``models`` is a title and the MSE (K,) of its faces, K >= 1; the first two are told
    apart by colour.

    Raises:
        ValueError: the suffix isn't one of ``SUFFIXES``, or there is nothing to show.
        OSError: the file can't be written.
    """
    if not models or not all(len(mse) for _, mse in models):
        raise ValueError("a histogram needs at least one face")
    edges = error_edges([mse for _, mse in models])

    def draw() -> Figure:
        figure = _figure(800, 480)
        axes = _axes(figure, 60, 56, 716, 368)
        for (title, mse), color in zip(models, ERROR_COLORS, strict=False):
            _draw_errors(axes, edges, title, mse, color)
        axes.set_xscale("log")
        axes.set_xlim(edges[0], edges[-1])
        ticks = error_ticks(edges, 8)
        axes.set_xticks(ticks, [readable(tick) for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=11, labelcolor=_MUTED)
        axes.set_xlabel("Mean squared error", color=_MUTED)
        axes.set_ylabel("Faces", color=_MUTED)
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
        axes.legend(frameon=False, fontsize=11, labelcolor=_TEXT, **place)
        return figure

    save_figure(draw, path)


def _draw_errors(
    axes: Axes, edges: NDArray[np.float64], title: str, mse: NDArray[np.float32], color: str
) -> None:
    counts = np.bincount(error_bars(mse, edges), minlength=len(edges) - 1)
    found = error_statistics(mse)
    name = title.lstrip("_").replace("$", r"\$")
    told = f"mean {mse_text(found.mean)}, median {mse_text(found.median)}"
    label = f"{name}: {told}, 95 % up to {mse_text(found.percentile_95)}"
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=color, alpha=0.5, label=label)
    for value, style in zip(
        (found.mean, found.median, found.percentile_95), ("-", "--", ":"), strict=True
    ):
        axes.axvline(value, color=color, linewidth=1.5, linestyle=style)


def _figure(width: int, height: int) -> Figure:
    """Return a white figure in points, which are the pixels of its layout."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="white")


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    across, down = figure.bbox.width, figure.bbox.height
    return figure.add_axes(
        (left / across, 1 - (top + height) / down, width / across, height / down)
    )


def _show(axes: Axes, image: NDArray[np.uint8]) -> None:
    # Not resampled: the figure shows the pixels that the network made.
    axes.imshow(image, interpolation="none", aspect="auto")
    axes.set_axis_off()


def _text(figure: Figure, left: float, top: float, text: str, **style: Any) -> None:
    across, down = figure.bbox.width, figure.bbox.height
    shown: dict[str, Any] = {"fontsize": 12, "color": _TEXT, **style}
    figure.text(left / across, 1 - top / down, text, **shown)


def _color_bar(figure: Figure, left: float, top: float, height: float, scale: float) -> None:
    axes = _axes(figure, left, top, 10, height)
    axes.imshow(difference_colors()[::-1, None], aspect="auto", extent=(0, 1, 0, scale))
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    ticks = [0, scale / 2, scale]
    axes.set_yticks(ticks, [readable(tick) for tick in ticks])
    axes.yaxis.tick_right()
    axes.tick_params(length=0, pad=6, labelsize=11, labelcolor=_MUTED)


def save_figure(draw: Callable[[], Figure], path: Path) -> None:
    """Draw and write beside the path, then replace, so that no half file is ever seen.

    Raises:
        ValueError: the suffix isn't one of ``SUFFIXES``.
        OSError: the file can't be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"“{path.name}” must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    with replacing(path) as temporary, drawing():
        # Three pixels a point: sharp in print, and whole pixels for every pixel of a face.
        draw().savefig(temporary, format=suffix[1:], dpi=216)


def _unit_scale(image: NDArray[Any]) -> NDArray[np.float32]:
    return image.astype(np.float32) / np.float32(255 if image.dtype == np.uint8 else 1)


__all__ = [
    "DIFFERENCE_SCALE",
    "ERROR_COLORS",
    "SUFFIXES",
    "CurveHistory",
    "CurveImage",
    "CurvePainter",
    "CurveRequest",
    "curves_figure",
    "difference",
    "difference_colors",
    "difference_image",
    "errors_figure",
    "reconstruction_figure",
    "rows_figure",
    "save_figure",
]
