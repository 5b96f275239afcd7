from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import torch

from model import runs
from model.checkpoint import FaceModel, load_face_model
from model.config import TrainConfig
from model.network import ConvAutoencoder
from model.runs import EpochRow, Run, RunError, list_runs, runs_folder

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
    ],
)
def test_a_damaged_description_is_told(about: str, run: Run) -> None:
    (run.folder / "run.json").write_text(about)
    with pytest.raises(RunError, match="isn't a run of CAE Studio"):
        Run.open(run.folder)
    assert list(list_runs(run.folder.parent)) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="“none” isn't a run"):
        Run.open(tmp_path / "none")


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
        run.tidy()
        assert sorted(run.folder.iterdir()) == before

    def test_discarding_deletes_everything(self, run: Run) -> None:
        run.append(row(1))
        (run.folder / "further").mkdir()
        run.discard()
        assert not run.folder.exists()
        assert run.folder.parent.exists()
        run.discard()
