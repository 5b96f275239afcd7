from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.config import PRESETS, TrainConfig, TrainPlan
from model.runs.command import program, settings_again, source_of, train_command
from model.runs.plan_file import write_plan
from model.runs.runs import Run


def test_only_settings_that_are_not_default_are_told() -> None:
    words = train_command(replace(TrainConfig(), epochs=20, flip=False, learning_rate=1e-6), "lfw")
    told = ["--faces", "lfw", "--epochs", "20", "--learning-rate", "1e-06", "--no-flip"]
    assert shlex.split(words) == [*program(), "train", *told]


def test_folders_are_quoted_and_unknown_ones_have_a_place() -> None:
    command = train_command(TrainConfig(), "/home/me/My “faces”; $HOME", begin_with="shipped")
    words = ["--faces", "/home/me/My “faces”; $HOME", "--begin-with", "shipped"]
    assert shlex.split(command)[-4:] == words
    assert train_command(TrainConfig(), None).endswith("--faces FOLDER")


@pytest.mark.parametrize(
    ("started", "words"),
    [
        ("/usr/bin/cae", ["cae"]),
        ("/usr/bin/cae-studio", ["cae"]),
        ("main.py", ["python", "-m", "model"]),
    ],
)
def test_the_program_is_that_which_is_installed(
    started: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [started])
    assert program() == words


def test_a_prolonged_run_is_trained_again_as_long(tmp_path: Path) -> None:
    run = Run.create(PRESETS["Fast"], "LFW", tmp_path)
    write_plan(run.folder, TrainPlan(20))
    assert settings_again(run, run.summary()) == replace(run.config, epochs=20)
    write_plan(run.folder, TrainPlan(5, cause="patience"))
    assert settings_again(run, run.summary()) == run.config


def test_old_runs_name_their_faces_by_title(tmp_path: Path) -> None:
    for title, source in (("LFW", "lfw"), ("Demo faces", "demo"), ("Holiday", None)):
        assert source_of(Run.create(PRESETS["Fast"], title, tmp_path)) == source
