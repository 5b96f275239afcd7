"""The measurements of a run: one line of JSON an epoch, and the same as a table."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from model.io.files import flush, read_bytes, write_bytes

MAX_EPOCHS = 1_000_000
"""Rows of later epochs are rejected as damaged."""
_MAX_BYTES = 16_000_000
"""Ten thousand epochs, the most that can be planned, take 1.3 MB."""


class EpochRow(NamedTuple):
    """The measurements of one epoch, as in ``EpochDone``."""

    epoch: int
    train_mse: float
    test_mse: float
    learning_rate: float
    seconds: float


def read_rows(path: Path) -> list[EpochRow]:
    """Return the epochs of a file in order, none where it is missing.

    A line that is damaged, or cut off by a crash or a synchronisation under way, is left out; an
    epoch that was measured again counts once.

    Raises:
        OSError: the file can't be read, or has more than 16 MB.
    """
    try:
        lines = read_bytes(path, _MAX_BYTES).splitlines()
    except FileNotFoundError:
        return []
    rows = {row.epoch: row for row in map(_row, _parsed(lines)) if row is not None}
    return [rows[epoch] for epoch in sorted(rows)]


def append_row(path: Path, row: EpochRow) -> None:
    """Add one epoch's measurements and flush them to disk.

    Raises:
        OSError: the file can't be written.
    """
    with path.open("a+b") as file:
        # A line that a crash cut off must not swallow this one.
        file.seek(max(0, file.tell() - 1))
        start = b"" if file.read() in {b"", b"\n"} else b"\n"
        file.write(start + json.dumps(row._asdict()).encode() + b"\n")
        file.flush()
        flush(file.fileno())


def write_csv(rows: Iterable[EpochRow], path: Path) -> None:
    """Write epochs with all their columns as a table, in one step.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    write_table([EpochRow._fields, *rows], path)


def write_table(rows: Iterable[Sequence[object]], path: Path) -> None:
    """Write rows of texts and numbers as comma-separated values in UTF-8, in one step.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    write_bytes(path, text.getvalue().encode())


def best_row(rows: Iterable[EpochRow]) -> EpochRow | None:
    """Return the epoch with the lowest test error that is a number, or None."""
    measured = (row for row in rows if math.isfinite(row.test_mse))
    return min(measured, key=lambda row: row.test_mse, default=None)


def _parsed(lines: list[bytes]) -> list[Any]:
    """Parse whole files at once, which is twice as fast, and damaged ones line by line."""
    try:
        return list(json.loads(b"[" + b",".join(lines) + b"]"))
    except (ValueError, RecursionError):
        return [_parsed_line(line) for line in lines]


def _parsed_line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _row(values: Any) -> EpochRow | None:
    try:
        epoch, *numbers = EpochRow(**values)
        if type(epoch) is int and 1 <= epoch <= MAX_EPOCHS and set(map(type, numbers)) <= _NUMBERS:
            return EpochRow(epoch, *map(float, numbers))
    except (TypeError, OverflowError):
        pass
    return None


_NUMBERS = {int, float}
