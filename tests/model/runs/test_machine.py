from __future__ import annotations

from pathlib import Path

import pytest

from model.config import TrainConfig
from model.runs.machine import Machine, read_machine, write_machine
from model.runs.runs import EpochRow, Run


def test_a_run_tells_what_trained_it_how_long_and_how_fast(tmp_path: Path) -> None:
    run = Run.create(TrainConfig(), "LFW", tmp_path)
    assert (run.summary().device, run.summary().images_per_s) == ("", 0.0)
    for epoch in (1, 2):
        run.append(EpochRow(epoch, 0.1, 0.1, 0.02, 20.0))
    assert (run.summary().seconds, run.summary().images_per_s) == (40.0, 0.0)
    write_machine(run.folder, Machine("NVIDIA H200, “MIG”", 10_000))
    assert run.summary().device == "NVIDIA H200, “MIG”"
    assert run.summary().images_per_s == 500.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"device": 1, "train_images": 2}',
        b'{"device": "CPU", "train_images": true}',
        b'{"device": "CPU", "train_images": -1}',
        b'{"device": "CPU", "train_images": 1e999}',
        b'{"device": "CPU", "train_images": 1, "more": 2}',
        b'{"device": "' + b"x" * 20_000 + b'", "train_images": 1}',
    ],
)
def test_what_is_wrong_counts_as_not_known(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_bytes(content)
    assert read_machine(tmp_path) == Machine()


def test_a_name_is_one_short_line(tmp_path: Path) -> None:
    write_machine(tmp_path, Machine("A\nB " + "x" * 999, 1))
    assert read_machine(tmp_path).device.startswith("A B x")
    assert len(read_machine(tmp_path).device) == 200
