from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from model.cli import main
from model.runs.runs import Run, list_runs

Fails = Callable[[list[str], int], str]
Output = pytest.CaptureFixture[str]


def test_evaluate_prints_one_line_of_json(model_file: Path, pictures: Path, capsys: Output) -> None:
    argv = ["evaluate", str(model_file), "--faces", str(pictures), "--test-percent", "30", "--pca"]
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    found = json.loads(lines[0])
    assert len(lines) == 1
    assert (found["faces"], found["latent_dim"], found["pca_components"]) == (6, 4, 4)
    assert 0 < found["pca_mse"] < found["mse"]
    assert found["psnr"] > 0
    assert found["ssim"] < 1


def test_evaluate_tells_what_refinement_brings(
    model_file: Path, pictures: Path, capsys: Output, fails: Fails
) -> None:
    argv = ["evaluate", str(model_file), "--faces", str(pictures)]
    assert main([*argv, "--refine", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0 < found["refined_mse"] < found["mse"]
    assert found["refine_ms_per_face"] > 0
    assert main(argv) == 0
    assert "refine" not in capsys.readouterr().out
    assert "--refine must be between 0" in fails([*argv, "--refine", "-1"], 2)


def test_evaluate_names_the_best_and_the_worst_faces(
    model_file: Path, pictures: Path, tmp_path: Path, capsys: Output, fails: Fails
) -> None:
    table, figure = tmp_path / "errors.csv", tmp_path / "errors.svg"
    argv = ["evaluate", str(model_file), "--faces", str(pictures), "--test-percent", "30"]
    files = ["--csv", str(table), "--histogram", str(figure)]
    assert main([*argv, "--best", "2", "--worst", "99", *files]) == 0
    found = json.loads(capsys.readouterr().out)
    with table.open(newline="", encoding="utf-8") as file:
        rows = {row["row"]: row for row in csv.DictReader(file)}
    assert len(found["best"]) == 2
    assert len(found["worst"]) == len(rows) == found["faces"]
    errors = [face["mse"] for face in found["worst"]]
    assert errors == sorted(errors, reverse=True)
    assert found["best"] == found["worst"][:-3:-1]
    assert sum(errors) / len(errors) == pytest.approx(found["mse"], rel=1e-3)
    for face in found["worst"]:
        row = rows[str(face["row"])]
        assert row["name"] == face["name"]
        assert float(row["mse"]) == pytest.approx(face["mse"], rel=1e-4)
    assert "95 % up to" in figure.read_text("utf-8")
    assert "--worst must be at least 0" in fails([*argv, "--worst", "-1"], 2)
    assert "--histogram “a.bmp” must end in" in fails([*argv, "--histogram", "a.bmp"], 2)


def test_reconstruct_refines_where_asked(
    model_file: Path, pictures: Path, tmp_path: Path, capsys: Output, fails: Fails
) -> None:
    argv = ["reconstruct", str(model_file), str(pictures / "00.png")]
    errors = []
    for name, steps in (("as it is", "0"), ("refined", "5")):
        assert main([*argv, "-o", str(tmp_path / name), "--refine", steps]) == 0
        errors.append(float(capsys.readouterr().out.split("MSE")[1].split()[0]))
    assert errors[1] < errors[0]
    assert "--refine must be" in fails([*argv, "-o", str(tmp_path / "x"), "--refine", "9999"], 2)


def test_models_are_found_by_run_and_by_name(pictures: Path, capsys: Output) -> None:
    assert main(["train", "--faces", str(pictures), "--epochs", "1", "--batch-size", "8"]) == 0
    (run,) = list_runs()
    capsys.readouterr()
    results = set()
    for name in ("latest", run.folder.name, str(run.folder), str(run.best)):
        assert main(["evaluate", name, "--faces", str(pictures)]) == 0
        results.add(json.loads(capsys.readouterr().out)["mse"])
    assert len(results) == 1


@pytest.mark.parametrize("name", ["nothing", "nothing.pth", "latest"])
def test_a_model_that_is_not_there(name: str, fails: Fails) -> None:
    assert "no " in fails(["evaluate", name], 3)


def test_a_file_that_is_no_model(pictures: Path, fails: Fails) -> None:
    assert "isn't a model file" in fails(["evaluate", str(pictures / "00.png")], 3)


def test_a_run_without_a_model(two_runs: list[Run], fails: Fails) -> None:
    assert "has no model yet" in fails(["evaluate", two_runs[1].folder.name], 3)


@pytest.mark.parametrize("name", ["rows.png", "rows.svg", "rows.pdf"])
def test_reconstruct_writes_a_figure(
    name: str, model_file: Path, pictures: Path, tmp_path: Path, capsys: Output
) -> None:
    images = [str(pictures / "00.png"), str(pictures / "01.png")]
    assert main(["reconstruct", str(model_file), *images, "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).stat().st_size > 1000
    assert capsys.readouterr().out.count("PSNR") == 2


def test_reconstruct_writes_single_pictures(
    model_file: Path, pictures: Path, tmp_path: Path
) -> None:
    images = [str(pictures / "00.png"), str(pictures / "01.png")]
    assert main(["reconstruct", str(model_file), *images, "-o", str(tmp_path / "new")]) == 0
    written = sorted((tmp_path / "new").iterdir())
    assert [path.name for path in written] == ["00.png", "01.png"]
    with Image.open(written[0]) as image:
        assert image.size == (48, 48)


def test_reconstruct_refuses_what_it_cannot_do(
    model_file: Path, pictures: Path, tmp_path: Path, fails: Fails
) -> None:
    start, image = ["reconstruct", str(model_file)], str(pictures / "00.png")
    assert ".pdf" in fails([*start, image, "-o", "x.jpg"], 2)
    assert "“00”" in fails([*start, image, image, "-o", str(tmp_path / "new")], 2)
    missing = str(pictures / "missing.png")
    assert "“missing.png” doesn't exist" in fails([*start, missing, "-o", "x.png"], 3)
    nowhere = tmp_path / "nowhere"
    assert f"“{nowhere}”" in fails([*start, image, "-o", str(nowhere / "x.png")], 5)


def test_morph_writes_a_film_and_a_strip(
    model_file: Path, pictures: Path, tmp_path: Path, fails: Fails
) -> None:
    start = ["morph", str(model_file), str(pictures / "00.png"), str(pictures / "01.png")]
    film, strip = tmp_path / "film.gif", tmp_path / "strip.png"
    assert main([*start, "-o", str(film), "--frames", "5", "--seconds", "1", "--spherical"]) == 0
    with Image.open(film) as image:
        assert getattr(image, "n_frames", 1) == 8  # there and back
        assert image.info["duration"] == 200
    assert main([*start, "-o", str(strip), "--frames", "5"]) == 0
    with Image.open(strip) as image:
        assert image.size == (5 * 192, 192)
        about = json.loads(image.info["Description"])
    assert (about["model"], about["faces"]) == (model_file.name, ["00.png", "01.png"])
    assert "--frames" in fails([*start, "-o", str(film), "--frames", "1"], 2)


def test_morph_at_an_even_pace(model_file: Path, pictures: Path, tmp_path: Path) -> None:
    start = ["morph", str(model_file), str(pictures / "00.png"), str(pictures / "01.png")]
    strips = {}
    for name, flags in (("plain", []), ("even", ["--even-pace", "--spherical"])):
        path = tmp_path / f"{name}.png"
        assert main([*start, "-o", str(path), "--frames", "9", *flags]) == 0
        with Image.open(path) as image:
            assert image.size == (9 * 192, 192)
            assert json.loads(image.info["Description"])["even pace"] is (name == "even")
            strips[name] = image.tobytes()
    assert strips["plain"] != strips["even"]
