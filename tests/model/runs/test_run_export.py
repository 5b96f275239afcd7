from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from model.runs.epoch_rows import EpochRow
from model.runs.run_export import export_csv, save_curves
from model.runs.runs import Run


def rows(count: int, first: float = 0.05) -> list[EpochRow]:
    return [EpochRow(epoch, first, first / epoch, 0.02, 1.0) for epoch in range(1, count + 1)]


def test_a_table_of_a_run(two_runs: list[Run], tmp_path: Path) -> None:
    export_csv(two_runs[0], tmp_path / "epochs.csv")
    lines = (tmp_path / "epochs.csv").read_text().splitlines()
    assert lines[0] == "epoch,train_mse,test_mse,learning_rate,seconds"
    assert lines[2] == "2,0.01,0.01,0.02,1.0"


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
@pytest.mark.parametrize("count", [1, 2])
def test_curves_become_a_file_of_each_kind(count: int, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"curves{suffix}"
    save_curves([(f"Run {number}", rows(3)) for number in range(count)], path)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)


def test_each_run_has_a_curve_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    colors = []
    for count in (2, 3):
        save_curves([(f"{n}", rows(30, 0.05 * (n + 1))) for n in range(count)], path)
        with Image.open(path) as picture:
            colors.append({color for _, color in picture.convert("RGB").getcolors(2**24) or []})
    third = (0xB8, 0x60, 0x9A)
    assert third in colors[1] - colors[0]


def test_a_run_without_epochs_has_no_curve(tmp_path: Path) -> None:
    one, several = tmp_path / "one.png", tmp_path / "several.png"
    save_curves([("Run", rows(3))], one)
    save_curves([("Run", rows(3)), ("New", [])], several)
    assert one.read_bytes() == several.read_bytes()


@pytest.mark.parametrize("runs", [[], [("New", [])]])
def test_nothing_to_draw_is_told(runs: list[tuple[str, list[EpochRow]]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no epoch was finished"):
        save_curves(runs, tmp_path / "curves.png")


@pytest.mark.parametrize("name", ["$x", "_hidden", "a$b^c$d", r"\frac", "", "名"])
@pytest.mark.filterwarnings("ignore:Glyph")  # the font lacks letters, which is no fault of ours
def test_a_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    save_curves([(name, rows(3)), ("other", rows(2))], tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").exists()


def test_another_suffix_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.png, \.svg or \.pdf"):
        save_curves([("a", rows(3)), ("b", rows(3))], tmp_path / "curves.gif")


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    broken = [row._replace(test_mse=float("nan")) for row in rows(3)]
    save_curves([("a", broken), ("b", rows(3))], tmp_path / "curves.png")
    save_curves([("a", broken), ("b", broken)], tmp_path / "curves.png")
