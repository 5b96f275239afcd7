from __future__ import annotations

import io
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from model.cli import main
from model.config import TrainConfig
from model.progress import WorkProgress
from model.runs.labels import RunLabels, write_labels
from model.runs.runs import EpochRow, Run, list_runs
from model.runs.writer import Writer

Fails = Callable[[list[str], int], str]
Output = pytest.CaptureFixture[str]


def test_list_shows_every_run(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [re.split(r"  +", line)[1:] for line in lines]
    assert rows[0] == ["Faces", "State", "Epochs", "Best test MSE", "in epoch", "Settings"]
    done = f"0/{TrainConfig().epochs}"
    assert rows[1] == ["Demo faces", "stopped", done, "–", "–", "Fast, but mirror faces off"]
    assert rows[2] == ["LFW", "stopped", "3/5", "0.01000", "2", "Fast, but 5 epochs, seed 7"]


def test_list_tells_running_and_finished(two_runs: list[Run], capsys: Output) -> None:
    for epoch in (4, 5):
        two_runs[0].append(EpochRow(epoch, 0.02, 0.02, 0.02, 1.0))
    with Writer(two_runs[1].folder):
        assert main(["runs", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [re.split(r"  +", line)[2] for line in lines[1:]] == ["running", "finished"]


def test_list_without_runs(tmp_path: Path, capsys: Output) -> None:
    assert main(["runs", "list", "--runs-folder", str(tmp_path)]) == 0
    assert "There is no run" in capsys.readouterr().out


def test_show_tells_settings_and_epochs(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "show", str(two_runs[0].folder)]) == 0
    text = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert {"Batch size 64", "Seed 7", "Mirror faces yes"} <= set(lines)
    assert "Source" not in text
    assert "Started" in text
    assert text.splitlines()[-1].split() == ["3", "0.02000", "0.02000", "1.0"]


def test_compare_shows_only_settings_that_differ(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "compare", *(run.folder.name for run in two_runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line.split("  ")[0] for line in lines[7:]]
    assert titles == ["Epochs", "Mirror faces", "Seed"]


def test_clone_prints_a_command_with_the_same_settings(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "clone", two_runs[0].folder.name]) == 0
    words = shlex.split(capsys.readouterr().out)
    assert words[4:] == ["--faces", "lfw", "--epochs", "5", "--seed", "7"]
    assert main(["runs", "clone", two_runs[1].folder.name]) == 0
    assert capsys.readouterr().out.split()[4:] == ["--faces", "demo", "--no-flip"]


def test_clone_of_a_run_on_a_folder_asks_for_the_folder(capsys: Output) -> None:
    Run.create(TrainConfig(), "Holiday")
    assert main(["runs", "clone", "latest"]) == 0
    captured = capsys.readouterr()
    assert "“Holiday”" in captured.err
    assert "--faces FOLDER" in captured.out


def test_clone_knows_where_the_faces_were(tmp_path: Path, capsys: Output) -> None:
    source = str(tmp_path / "My pictures")
    Run.create(TrainConfig(), "My pictures", source=source)
    assert main(["runs", "clone", "latest"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert shlex.split(captured.out)[4:] == ["--faces", source]
    assert main(["runs", "show", "latest"]) == 0
    assert source in capsys.readouterr().out


def test_a_run_is_found_by_its_name_and_shown_with_its_notes(
    two_runs: list[Run], capsys: Output, fails: Fails
) -> None:
    first, second = two_runs
    write_labels(first.folder, RunLabels("No dropout", "Two lines\nof notes", ("long", "lfw")))
    assert main(["runs", "show", "no DROPOUT"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"Name No dropout", "Tags lfw, long", "Notes Two lines", "of notes"} <= set(lines)
    assert "In short Fast, but 5 epochs, seed 7" in lines
    assert main(["runs", "list"]) == 0
    assert "No dropout" in capsys.readouterr().out.splitlines()[2]
    assert main(["runs", "compare", "No dropout", "latest"]) == 0
    assert "No dropout" in capsys.readouterr().out.splitlines()[0]
    write_labels(second.folder, RunLabels("No dropout"))
    sentence = fails(["runs", "show", "No dropout"], 3)
    assert all(f"“{run.folder.name}”" in sentence for run in two_runs)
    assert main(["runs", "show", second.folder.name]) == 0


def test_trains_like_a_run_of_a_name(pictures: Path) -> None:
    config = TrainConfig(epochs=1, batch_size=4, latent_dim=4, shift=1)
    like = Run.create(config, "pictures", source=str(pictures))
    write_labels(like.folder, RunLabels("The small one"))
    assert main(["train", "--like", "The small one", "--seed", "3"]) == 0
    assert next(list_runs()).config == replace(config, seed=3)


def test_a_cloned_command_trains_the_same(pictures: Path, capsys: Output) -> None:
    config = TrainConfig(
        epochs=1, batch_size=4, latent_dim=4, optimizer="adam", learning_rate=3e-6, flip=False
    )
    Run.create(config, "pictures", source=str(pictures))
    assert main(["runs", "clone", "latest"]) == 0
    words = shlex.split(capsys.readouterr().out)
    assert main(words[words.index("train") :]) == 0
    copy, original = list_runs()
    assert copy.folder != original.folder
    assert (copy.config, copy.faces, copy.source) == (config, original.faces, original.source)


def test_export_writes_a_table(two_runs: list[Run], tmp_path: Path) -> None:
    path = tmp_path / "epochs.csv"
    assert main(["runs", "export", two_runs[0].folder.name, "--csv", str(path)]) == 0
    assert len(path.read_text().splitlines()) == 4


def test_export_draws_several_runs(two_runs: list[Run], tmp_path: Path) -> None:
    two_runs[1].append(EpochRow(1, 0.02, 0.02, 0.02, 1.0))
    path = tmp_path / "curves.png"
    names = [run.folder.name for run in two_runs]
    assert main(["runs", "export", *names, "--figure", str(path)]) == 0
    with Image.open(path) as picture:
        assert picture.size == (2400, 1440)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--csv or --figure"),
        (["--figure", "curves.txt"], "must end in"),
        (["--csv", "epochs.csv"], "name only one"),
    ],
)
def test_an_export_that_cannot_be_is_told(
    words: list[str], said: str, two_runs: list[Run], fails: Fails
) -> None:
    names = [run.folder.name for run in two_runs]
    assert said in fails(["runs", "export", *names, *words], 2)


def test_a_run_without_epochs_has_no_curve(
    two_runs: list[Run], fails: Fails, tmp_path: Path
) -> None:
    words = ["runs", "export", "latest", "--figure", str(tmp_path / "curves.png")]
    assert "no epoch was finished" in fails(words, 2)


def test_a_run_that_is_being_trained_is_not_deleted(two_runs: list[Run], fails: Fails) -> None:
    with Writer(two_runs[1].folder):
        assert "being trained" in fails(["runs", "delete", "--yes", "latest"], 5)
    assert len(list(list_runs())) == 2


def test_delete_asks(
    two_runs: list[Run], monkeypatch: pytest.MonkeyPatch, fails: Fails, capsys: Output
) -> None:
    delete = ["runs", "delete", "latest"]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(delete) == 0
    assert len(list(list_runs())) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(delete) == 0
    assert [run.folder for run in list_runs()] == [two_runs[0].folder]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    capsys.readouterr()
    assert "--yes" in fails(delete, 2)
    assert main([*delete, "--yes"]) == 0
    assert not list(list_runs())


def test_delete_finds_all_runs_before_it_deletes_one(two_runs: list[Run], fails: Fails) -> None:
    assert "“other”" in fails(["runs", "delete", "--yes", "latest", "other"], 3)
    assert len(list(list_runs())) == 2


def test_faces_are_prepared(pictures: Path, capsys: Output) -> None:
    assert main(["faces", str(pictures)]) == 0
    assert "pictures: 20 faces, ready." in capsys.readouterr().out


def test_faces_are_downloaded_first(
    monkeypatch: pytest.MonkeyPatch, fails: Fails, tmp_path: Path
) -> None:
    downloads = []

    def download() -> list[WorkProgress]:
        downloads.append("lfw")
        return [WorkProgress("Downloading LFW", 1, 233)]

    monkeypatch.setattr("model.data.lfw_download.download_lfw", download)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    assert "LFW isn't on this machine" in fails(["faces", "lfw", "--download"], 3)
    assert downloads == ["lfw"]
    assert "--download" in fails(["faces", "demo", "--download"], 2)
