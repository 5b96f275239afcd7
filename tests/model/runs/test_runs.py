from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.checkpoint import FaceModel, load_face_model, save_model
from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.latents.latent_set import describe
from model.network import ConvAutoencoder, on_device
from model.runs import runs
from model.runs.runs import (
    EpochRow,
    Run,
    RunError,
    RunSummary,
    keep_statistics,
    list_runs,
    runs_folder,
)
from model.runs.writer import Writer
from tests.properties import quickly, values

CONFIG = TrainConfig(epochs=3, latent_dim=16)


def row(epoch: int, test_mse: float = 0.02) -> EpochRow:
    return EpochRow(epoch, 0.03, test_mse, 0.01, 1.5)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(CONFIG, "Some faces", tmp_path / "runs")


@pytest.fixture
def same_second(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Frozen:
            return cls(2026, 11, 23, 14, 5, 33)

    monkeypatch.setattr(runs, "datetime", Frozen)


def test_a_run_can_be_opened_again(run: Run) -> None:
    assert Run.open(run.folder) == run
    about = json.loads((run.folder / "run.json").read_text())
    assert datetime.fromisoformat(about["started"]).tzinfo is not None


@pytest.mark.usefixtures("same_second")
def test_two_runs_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    names = [Run.create(CONFIG, "Some", tmp_path).folder.name for _ in range(3)]
    assert names == [
        "2026-11-23 14-05-33",
        "2026-11-23 14-05-33 (2)",
        "2026-11-23 14-05-33 (3)",
    ]


def test_runs_lie_in_the_folder_of_the_user(tmp_path: Path) -> None:
    run = Run.create(CONFIG, "Some")
    assert run.folder.parent == runs_folder() == tmp_path / "data" / "runs"
    assert list(list_runs()) == [run]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Run.create(CONFIG, "Some", tmp_path / "file")


@pytest.mark.usefixtures("same_second")
def test_runs_are_listed_newest_first_and_nothing_else(tmp_path: Path) -> None:
    made = [Run.create(CONFIG, str(number), tmp_path) for number in range(2)]
    (tmp_path / "letter.txt").write_text("Dear reader")
    (tmp_path / "empty").mkdir()
    damaged = Run.create(CONFIG, "damaged", tmp_path)
    (damaged.folder / "run.json").write_text("{")
    assert list(list_runs(tmp_path)) == made[::-1]


def test_without_a_folder_there_are_no_runs(tmp_path: Path) -> None:
    assert list(list_runs(tmp_path / "none")) == []


@pytest.mark.parametrize(
    "about",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"faces": "x"}',
        '{"faces": "x", "config": [1]}',
        '{"faces": "x", "config": 3}',
        '{"faces": "x", "config": {"epochs": -1}}',
        '{"faces": "x", "config": {"epochs": 1' + "0" * 400 + "}}",
        '{"faces": "x", "config": {"learning_rate": 1' + "0" * 5000 + "}}",
        "[" * 100_000,
    ],
)
def test_a_damaged_description_is_told(about: str, run: Run) -> None:
    (run.folder / "run.json").write_text(about)
    with pytest.raises(RunError, match="isn't a run of CAE Studio"):
        Run.open(run.folder)
    assert list(list_runs(run.folder.parent)) == []


@pytest.mark.parametrize("source", ["lfw", "demo", "/somewhere/that is/gone"])
def test_it_remembers_what_loads_its_faces_again(source: str, tmp_path: Path) -> None:
    source = source if "/" not in source else str(tmp_path / source[1:])
    run = Run.create(CONFIG, "Some", tmp_path, source=source)
    assert Run.open(run.folder).source == run.source == source


@pytest.mark.parametrize(
    "source",
    [
        "pictures",
        "photos",
        "",
        3,
        None,
        ["lfw"],
        "/a\0b",
        "http://x",
    ],
)
def test_anything_else_is_no_source(source: Any, run: Run) -> None:
    path = run.folder / "run.json"
    about = json.loads(path.read_text()) | {"source": source}
    path.write_text(json.dumps(about))
    assert Run.open(run.folder).source == ""


def test_a_run_of_an_earlier_version_has_no_source(run: Run) -> None:
    path = run.folder / "run.json"
    about = json.loads(path.read_text())
    del about["source"], about["started"]
    path.write_text(json.dumps(about))
    opened = Run.open(run.folder)
    assert (opened.source, opened.started) == ("", None)


@pytest.mark.parametrize("started", [3, "yesterday", [], "99999-01-01T00:00:00"])
def test_a_damaged_time_is_no_time(started: Any, run: Run) -> None:
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"started": started}))
    assert Run.open(run.folder).started is None


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="“none” isn't a run"):
        Run.open(tmp_path / "none")


class TestSummary:
    def test_a_new_run(self, run: Run) -> None:
        assert run.summary() == RunSummary(0, 3, None, None, False, False)

    def test_a_run_under_way(self, run: Run) -> None:
        for measured in (row(1, 0.03), row(2, 0.01)):
            run.append(measured)
        assert run.summary() == RunSummary(2, 3, 0.01, 2, False, False, seconds=3.0)

    def test_a_finished_run(self, run: Run) -> None:
        for measured in (row(1, 0.03), row(2, 0.01), row(3, 0.02)):
            run.append(measured)
        assert run.summary() == RunSummary(3, 3, 0.01, 2, True, False, seconds=4.5)

    def test_a_run_that_somebody_trains(self, run: Run) -> None:
        with Writer(run.folder):
            assert run.summary().is_running
        assert not run.summary().is_running

    def test_measurements_that_cannot_be_read_count_as_missing(self, run: Run) -> None:
        (run.folder / "metrics.jsonl").mkdir()
        assert run.summary().epochs_done == 0
        with pytest.raises(RunError, match="The measurements of"):
            run.rows()

    def test_it_needs_no_torch(self, run: Run) -> None:
        code = (
            "import sys; from pathlib import Path; from model.runs.runs import Run;"
            f"Run.open(Path({str(run.folder)!r})).summary(); import model.runs.following;"
            "sys.exit('torch' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class TestRows:
    def test_a_new_run_has_none(self, run: Run) -> None:
        assert run.rows() == []

    def test_they_come_back_in_order(self, run: Run) -> None:
        for epoch in (1, 2, 3):
            run.append(row(epoch))
        assert run.rows() == [row(1), row(2), row(3)]

    def test_a_line_that_was_cut_off_is_left_out(self, run: Run) -> None:
        run.append(row(1))
        run.append(row(2))
        path = run.folder / "metrics.jsonl"
        path.write_bytes(path.read_bytes()[:-20])
        assert run.rows() == [row(1)]

    @pytest.mark.parametrize("cut", [1, 20])
    def test_after_a_line_that_was_cut_off_others_can_follow(self, cut: int, run: Run) -> None:
        run.append(row(1))
        path = run.folder / "metrics.jsonl"
        path.write_bytes(path.read_bytes()[:-cut])
        run.append(row(1, 0.5))
        run.append(row(2))
        assert run.rows() == [row(1, 0.5), row(2)]

    @pytest.mark.parametrize(
        "line", [b"\xff\xfe\x00\x00", b"[1, 2]", b"3", b'{"epoch": 2}', b'{"other": 1}', b""]
    )
    def test_a_damaged_line_is_left_out(self, line: bytes, run: Run) -> None:
        run.append(row(1))
        with (run.folder / "metrics.jsonl").open("ab") as file:
            file.write(line + b"\n")
        run.append(row(3))
        assert run.rows() == [row(1), row(3)]

    def test_an_epoch_that_was_measured_again_counts_once(self, run: Run) -> None:
        for measured in (row(1), row(2, 0.5), row(2, 0.4)):
            run.append(measured)
        assert run.rows() == [row(1), row(2, 0.4)]


class TestFiles:
    def test_models_are_kept_in_the_folder(self, run: Run) -> None:
        model = FaceModel(ConvAutoencoder(16).eval(), None, 2, 0.02, CONFIG)
        run.save_best(model)
        run.save_last(model)
        assert load_face_model(run.best).config == CONFIG
        assert load_face_model(run.last).epoch == 2
        assert {run.best.parent, run.last.parent} == {run.folder}

    def test_a_new_run_has_no_state(self, run: Run) -> None:
        assert run.state() is None

    def test_the_state_comes_back(self, run: Run) -> None:
        run.save_state({"epoch": 2, "weights": torch.arange(3)})
        state = run.state()
        assert state is not None
        assert state["epoch"] == 2
        assert torch.equal(state["weights"], torch.arange(3))

    @pytest.mark.parametrize("content", [b"", b"Hello", b"PK\x03\x04 cut off"])
    def test_a_damaged_state_is_told(self, content: bytes, run: Run) -> None:
        (run.folder / "state.pt").write_bytes(content)
        with pytest.raises(RunError, match=f"The saved state in “{run.folder.name}” is damaged"):
            run.state()

    @pytest.mark.parametrize("content", [3, [1, 2], torch.ones(3)])
    def test_a_state_of_another_kind_is_told(self, content: Any, run: Run) -> None:
        torch.save(content, run.folder / "state.pt")
        with pytest.raises(RunError, match="damaged"):
            run.state()

    def test_tidying_deletes_what_killed_writers_left_and_nothing_else(self, run: Run) -> None:
        run.append(row(1))
        before = sorted(run.folder.iterdir())
        (run.folder / ".state-x1y2.pt").touch()
        (run.folder / ".best-x1y2.safetensors").touch()
        (run.folder / "previews").mkdir()
        (run.folder / "previews" / ".epoch-00001-x1y2.webp").touch()
        run.tidy()
        (run.folder / "previews").rmdir()
        assert sorted(run.folder.iterdir()) == before

    def test_discarding_deletes_everything(self, run: Run) -> None:
        run.append(row(1))
        (run.folder / "further").mkdir()
        run.discard()
        assert not run.folder.exists()
        assert run.folder.parent.exists()
        run.discard()


fields = st.fixed_dictionaries({}, optional=dict.fromkeys(CONFIG.to_dict(), values))
abouts = st.fixed_dictionaries(
    {"config": fields | values, "faces": values}, optional={"source": values, "started": values}
)


@quickly
@given(st.binary(max_size=60) | (abouts | values).map(lambda value: json.dumps(value).encode()))
def test_any_description_is_a_run_or_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    try:
        run = Run.open(tmp_path)
    except RunError as error:
        assert "isn't a run of CAE Studio" in str(error)
    else:
        assert TrainConfig.from_dict(run.config.to_dict()) == run.config
        assert run.faces.encode().decode() == run.faces  # it can be shown
        assert run.source in {"", *runs.SOURCES} or Path(run.source).is_absolute()


def test_names_that_are_no_text_can_be_shown_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"run \xff")
    folder.mkdir()
    with pytest.raises(RunError) as told:
        Run.open(folder)
    assert str(told.value).encode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
@pytest.mark.parametrize("name", ["run.json", "state.pt", "metrics.jsonl"])
def test_a_pipe_keeps_nobody_waiting(name: str, run: Run) -> None:
    (run.folder / name).unlink(missing_ok=True)
    os.mkfifo(run.folder / name)
    with pytest.raises(RunError):
        (Run.open(run.folder).state(), Run.open(run.folder).rows())


def test_a_description_of_impossible_size_is_not_read(run: Run) -> None:
    with (run.folder / "run.json").open("ab") as file:
        file.truncate(2_000_000)
    with pytest.raises(RunError, match="larger than 1 MB"):
        Run.open(run.folder)


def new_model(latent_dim: int = 4) -> FaceModel:
    network = on_device(ConvAutoencoder(latent_dim), "cpu").eval().requires_grad_(False)
    return FaceModel(network, None, 2, 0.02)


@pytest.fixture
def with_best(few_faces: FaceSet, tmp_path: Path) -> Run:
    run = Run.create(TrainConfig(latent_dim=4), few_faces.title, tmp_path)
    run.save_best(new_model())
    return run


@pytest.fixture
def described(with_best: Run, few_faces: FaceSet) -> FaceModel:
    *_, last = describe(load_face_model(with_best.best), few_faces)
    assert isinstance(last, FaceModel)
    return last


def test_statistics_are_there_for_the_next_one_who_opens_the_model(
    with_best: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    keep_statistics(with_best.best, described, few_faces)
    found = load_face_model(with_best.best)
    assert found.statistics is not None
    assert described.statistics is not None
    assert (found.statistics.mean == described.statistics.mean).all()
    assert (found.epoch, found.test_mse) == (2, 0.02)
    assert not with_best.summary().is_running


def test_statistics_of_other_faces_are_not_kept(
    with_best: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    keep_statistics(with_best.best, described, replace(few_faces, title="Others"))
    assert load_face_model(with_best.best).statistics is None


def test_a_run_that_is_being_trained_gets_no_statistics(
    with_best: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    with Writer(with_best.folder):
        keep_statistics(with_best.best, described, few_faces)
    assert load_face_model(with_best.best).statistics is None


@pytest.mark.parametrize("latent_dim", [4, 5])
def test_a_file_that_holds_another_model_by_now_gets_no_statistics(
    latent_dim: int, with_best: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    with_best.save_best(new_model(latent_dim))
    keep_statistics(with_best.best, described, few_faces)
    assert load_face_model(with_best.best).statistics is None


def test_a_file_of_no_run_gets_no_statistics(
    described: FaceModel, few_faces: FaceSet, tmp_path: Path
) -> None:
    path = tmp_path / "mine.safetensors"
    save_model(path, replace(described, statistics=None))
    keep_statistics(path, described, few_faces)
    assert load_face_model(path).statistics is None


def test_a_file_that_is_gone_gets_no_statistics(
    with_best: Run, described: FaceModel, few_faces: FaceSet
) -> None:
    with_best.best.unlink()
    keep_statistics(with_best.best, described, few_faces)
    assert not with_best.best.exists()
