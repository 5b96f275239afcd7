from __future__ import annotations

import pytest

from model import cli
from model import self_test as module
from model.cli import main
from model.data.datasets import DataError
from model.self_test import Check, self_test


def failing() -> None:
    raise DataError("The demo faces are missing.")


def test_without_what_ships_nothing_else_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "demo_faces", failing)
    assert list(self_test()) == [
        Check("Shipped model", False, "DataError: The demo faces are missing.")
    ]


def test_a_failure_is_a_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "demo_faces", failing)
    assert main(["self-test"]) == 1
    output = capsys.readouterr().out
    assert "FAILED  Shipped model: DataError: The demo faces are missing." in output
    assert output.splitlines()[-1] == "Not everything works here: Shipped model."


def test_a_processor_that_is_too_old_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "why_not", lambda: "It is too old.")
    assert main(["self-test"]) == 1
    assert capsys.readouterr().err == "It is too old.\n"
