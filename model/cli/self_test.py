"""``self-test``: whether everything works here."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from model.cli.arguments import Commands, ExitCode, command
from model.system.processor import why_slow

if TYPE_CHECKING:
    from model.self_test import Check


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    text = "try each part of the engine once, and print a line about each"
    command(commands, "self-test", run_self_test, text)


def run_self_test(_arguments: Namespace) -> int:
    """Try the engine and return 0, or 1 if something failed."""
    from model.self_test import self_test

    return report(self_test())


def report(checks: Iterable[Check]) -> int:
    """Print what runs here, a line about each check, and how it ended: 0, or 1 for a failure."""
    from model.about import about

    for name, text in about().items():
        print(f"{name}: {text}", flush=True)
    failed = []
    for check in checks:
        print(f"{'ok    ' if check.passed else 'FAILED'}  {check.name}: {check.text}", flush=True)
        failed += [] if check.passed else [check.name]
    if slow := why_slow():
        print(slow)
    if failed:
        print(f"Not everything works here: {', '.join(failed)}.")
        return ExitCode.UNEXPECTED
    print("Everything works.")
    return ExitCode.DONE
