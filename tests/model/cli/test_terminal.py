from __future__ import annotations

import io

import pytest

from model.cli.terminal import BAR_WIDTH, Console, bar, progress_text, time_text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(text: str) -> list[str]:
    """Return what a terminal shows of a text, without spaces at line ends."""
    lines = []
    for written in text.split("\n"):
        line = ""
        for part in written.split("\r"):
            line = part + line[len(part) :]
        lines.append(line.rstrip())
    return lines


def test_a_log_has_lines_only() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.status("half")
    console.line("one")
    console.status("")
    assert stream.getvalue() == "one\n"


def test_the_status_stays_below_the_lines() -> None:
    stream = Terminal()
    console = Console(stream)
    console.status("a long status")
    console.line("one")
    assert shown(stream.getvalue()) == ["one", "a long status"]
    console.status("short")
    assert shown(stream.getvalue()) == ["one", "short"]
    console.status("")
    assert shown(stream.getvalue()) == ["one", ""]


def test_a_status_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    stream = Terminal()
    Console(stream).status("0123456789")
    assert stream.getvalue() == "012345678"


def test_a_bar_fills() -> None:
    assert bar(0).count("█") == 0
    assert bar(0.5).count("█") == BAR_WIDTH // 2
    assert bar(2) == "█" * BAR_WIDTH


def test_progress_of_unknown_length_has_no_bar() -> None:
    assert progress_text("Looking", 3, 0) == "Looking"
    assert progress_text("Reading", 1000, 2000).endswith("1,000 of 2,000")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03")]
)
def test_durations(seconds: float, text: str) -> None:
    assert time_text(seconds) == text
