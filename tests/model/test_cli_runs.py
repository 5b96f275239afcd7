from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from model.cli import main
from model.config import TrainConfig
from model.face_set import Preparing
from model.runs import Run, list_runs

Fails = Callable[[list[str], int], str]
Output = pytest.CaptureFixture[str]


def test_list_shows_every_run(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[-4:] == ["faces", "0/10", "–", "–"]
    assert lines[2].split()[-4:] == ["LFW", "3/5", "0.01000", "2"]


def test_list_without_runs(tmp_path: Path, capsys: Output) -> None:
    assert main(["runs", "list", "--runs-folder", str(tmp_path)]) == 0
    assert "There is no run" in capsys.readouterr().out


def test_show_tells_settings_and_epochs(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "show", str(two_runs[0].folder)]) == 0
    text = capsys.readouterr().out
    for title in ("Batch size     64", "Seed           7", "Mirror faces   yes"):
        assert title in text
    assert text.splitlines()[-1].split() == ["3", "0.02000", "0.02000", "1.0"]


def test_compare_shows_only_settings_that_differ(two_runs: list[Run], capsys: Output) -> None:
    assert main(["runs", "compare", *(run.folder.name for run in two_runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line.split("  ")[0] for line in lines[5:]]
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

    def download() -> list[Preparing]:
        downloads.append("lfw")
        return [Preparing("Downloading LFW", 1, 233)]

    monkeypatch.setattr("model.lfw_download.download_lfw", download)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    assert "LFW isn't on this machine" in fails(["faces", "lfw", "--download"], 3)
    assert downloads == ["lfw"]
    assert "--download" in fails(["faces", "demo", "--download"], 2)
