from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.runs import epoch_rows
from model.runs.epoch_rows import (
    MAX_EPOCHS,
    EpochRow,
    append_row,
    best_row,
    read_rows,
    write_csv,
)
from tests.properties import quickly, values

WHOLE = EpochRow(1, 0.03, 0.02, 0.01, 1.5)


@pytest.mark.parametrize("epoch", [0, -1, 1.0, True, "2", None, 10**400, [2]])
def test_a_line_with_another_kind_of_epoch_is_left_out(epoch: Any, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_row(path, WHOLE)
    append_row(path, WHOLE._replace(epoch=epoch))
    assert read_rows(path) == [WHOLE]


@pytest.mark.parametrize("value", ["0.02", None, True, [0.02], 10**400])
def test_a_line_with_another_kind_of_number_is_left_out(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_row(path, WHOLE)
    append_row(path, WHOLE._replace(epoch=2, test_mse=value))
    assert read_rows(path) == [WHOLE]


@pytest.mark.parametrize("line", ["[1", "[" * 100_000, "1, 2", '{"a": {}', "9" * 5000])
def test_one_damaged_line_spoils_no_other(line: str, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    whole = json.dumps(WHOLE._asdict())
    path.write_text(f"{line}\n{whole}\n")
    assert read_rows(path) == [WHOLE]


def test_whole_numbers_count_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_row(path, EpochRow(1, 1, 0, 1, 2))
    (row,) = read_rows(path)
    assert [type(value) for value in row] == [int, float, float, float, float]


def test_the_best_epoch_has_the_lowest_test_error_that_is_a_number() -> None:
    losses = [math.nan, 0.03, 0.01, -math.inf, 0.02]
    rows = [WHOLE._replace(epoch=epoch, test_mse=mse) for epoch, mse in enumerate(losses, 1)]
    assert best_row(rows) == rows[2]
    assert best_row(rows[:1]) is None
    assert best_row([]) is None


def test_a_table_has_all_columns(tmp_path: Path) -> None:
    path = tmp_path / "epochs.csv"
    write_csv([WHOLE, WHOLE._replace(epoch=2)], path)
    with path.open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first == {name: str(value) for name, value in WHOLE._asdict().items()}
    assert second["epoch"] == "2"


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OSError, match=r"folder\.csv"):
        write_csv([WHOLE], tmp_path / "folder.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


numbers = st.floats(width=64)
rows = st.builds(EpochRow, st.integers(1, MAX_EPOCHS), numbers, numbers, numbers, numbers)
almost_rows = st.fixed_dictionaries(dict.fromkeys(EpochRow._fields, values))
lines = st.one_of(st.binary(max_size=30), values.map(json.dumps), almost_rows.map(json.dumps))


@quickly
@given(st.lists(rows, max_size=6))
def test_what_was_measured_comes_back_in_order(tmp_path: Path, measured: list[EpochRow]) -> None:
    path = tmp_path / "metrics.jsonl"
    path.unlink(missing_ok=True)
    for row in measured:
        append_row(path, row)
    expected = {row.epoch: row for row in measured}
    assert repr(read_rows(path)) == repr([expected[epoch] for epoch in sorted(expected)])


@quickly
@given(st.lists(lines, max_size=6))
def test_any_lines_are_rows_or_nothing(tmp_path: Path, damaged: list[bytes | str]) -> None:
    path = tmp_path / "metrics.jsonl"
    whole = WHOLE._replace(epoch=MAX_EPOCHS)
    content = [line.encode() if isinstance(line, str) else line for line in damaged]
    path.write_bytes(b"\n".join([*content, json.dumps(whole._asdict()).encode()]))

    found = read_rows(path)

    assert found[-1] == whole
    assert [row.epoch for row in found] == sorted({row.epoch for row in found})
    for row in found:
        assert 1 <= row.epoch <= MAX_EPOCHS
        assert {type(value) for value in row[1:]} == {float}


def test_more_than_any_training_writes_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.jsonl"
    append_row(path, WHOLE)
    monkeypatch.setattr(epoch_rows, "_MAX_BYTES", 10)
    with pytest.raises(OSError, match="larger than"):
        read_rows(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metrics.jsonl")
    with pytest.raises(OSError, match="not an ordinary file"):
        read_rows(tmp_path / "metrics.jsonl")
