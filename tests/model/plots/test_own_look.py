"""Figures look the same whatever a person has set for matplotlib; in processes of their own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from model.plots.curve_painter import drawing

ROOT = Path(__file__).resolve().parents[3]
LOOKS = {
    "tex": "text.usetex: True\nfont.family: serif\n",
    "look": (
        "savefig.bbox: tight\nsavefig.transparent: True\nsavefig.facecolor: black\n"
        "savefig.dpi: 31\nfigure.dpi: 50\nfont.size: 20\nfont.sans-serif: Nowhere\n"
        "lines.linewidth: 7\naxes.grid: True\naxes.grid.axis: y\naxes.titlecolor: red\n"
        "xtick.top: True\nimage.interpolation: bicubic\nimage.origin: lower\n"
        "legend.frameon: True\npath.simplify_threshold: 1\nfigure.autolayout: True\n"
        "text.hinting: none\naxes.formatter.use_locale: True\naxes.xmargin: 0.3\n"
    ),
}
_DRAW = """
import sys
from pathlib import Path
import numpy as np
from model.evaluation import Quality
from model.plots.curves import CurveHistory, CurveRequest
from model.plots.figures import CurvePainter, curves_figure, reconstruction_figure, rows_figure
from model.runs.epoch_rows import EpochRow
from model.runs.run_export import save_curves
folder = Path(sys.argv[1])
history = CurveHistory((1, 2, 3), (0.2, 0.1, 0.05), (0.3, 0.15, 0.08), (0.01, 0.005, 0.001))
request = CurveRequest(width=400, height=300, history=history, references=(("PCA", 0.01),))
painter = CurvePainter()
for _ in range(2):
    (folder / "painted").write_bytes(painter.paint(request).rgba.tobytes())
curves_figure(history, folder / "curves.png", references=(("PCA", 0.01),))
faces = np.random.RandomState(0).randint(0, 256, (3, 48, 48, 3)).astype(np.uint8)
rows_figure(faces, faces[::-1], folder / "rows.png")
reconstruction_figure(faces[0], faces[1], Quality(0.1, 20.0, 0.5), folder / "one.png")
rows = [EpochRow(epoch, 0.1 / epoch, 0.2 / epoch, 0.01, 1.0) for epoch in (1, 2)]
save_curves([("a", rows), ("b", rows)], folder / "compared.png")
"""


def drawn(folder: Path, place: Path, **extra: str) -> dict[str, str]:
    """Draw in a working folder; return a digest of each picture."""
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(place.parent)} | extra
    done = subprocess.run(
        [sys.executable, "-c", _DRAW, str(folder)],
        cwd=place, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_persons_matplotlibrc_changes_no_pixel(tmp_path: Path) -> None:
    place = tmp_path / "here"
    place.mkdir()
    expected = drawn(tmp_path / "plain", place)
    assert len(expected) == 5
    for name, text in LOOKS.items():
        (place / "matplotlibrc").write_text(text)
        assert drawn(tmp_path / name, place) == expected
    (place / "matplotlibrc").rename(tmp_path / "matplotlibrc")
    moved = drawn(tmp_path / "moved", place, MATPLOTLIBRC=str(tmp_path / "matplotlibrc"))
    assert moved == expected


def test_what_a_program_has_set_is_there_again_after_drawing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(matplotlib.rcParams, "lines.linewidth", 9.0)
    with pytest.raises(ZeroDivisionError), drawing():
        assert matplotlib.rcParams["lines.linewidth"] == 1.5
        _ = 1 / 0
    assert matplotlib.rcParams["lines.linewidth"] == 9.0
