"""Child processes that run a module of this package."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_RUN_MODULE = "--run-module"


def cores() -> int:
    """Return how many cores this process may use; a container may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def rank_and_size() -> tuple[int, int]:
    """Return which of how many processes this is that ``torchrun`` started: (0, 1) without it."""
    if {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys():
        return int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    return 0, 1


def start_module(
    module: str, *arguments: str, errors: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start ``python -m module`` with pipes to its standard input and from its standard output.

    Unlike multiprocessing it doesn't run the main script again, which may be
    unguarded, and unlike a fork it is safe beside the window's threads.
    """
    # Its working folder is where this package lies, so that nothing in the user's own can stand
    # in for a module.
    return subprocess.Popen(
        [*_runner(), module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=_PACKAGE_ROOT,
        env=os.environ | {"PYTHONPATH": _python_path(), "PYTHONWARNINGS": "ignore"},
        # Ctrl+C is for this process alone, which ends the child and keeps what is done.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
        | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def run_module_if_asked() -> None:
    """In a bundle: if ``start_module`` started this process, run that module, and exit."""
    if sys.argv[1:2] == [_RUN_MODULE]:
        module = sys.argv[2]
        sys.argv[1:3] = []
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        sys.exit()


def _runner() -> list[str]:
    """Return the words that a module's name follows.

    A bundle has no Python to start. Its command line does it: on Windows the window's program has
    no standard streams.
    """
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-m"]
    program = Path(sys.executable)
    return [str(program.with_name(f"cae{program.suffix}")), _RUN_MODULE]


@contextmanager
def killed_at_end(
    process: subprocess.Popen[bytes],
) -> Generator[subprocess.Popen[bytes], None, None]:
    """Run the body while the process lives, and kill the process at its end, also after errors."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def message_of(line: bytes | None) -> dict[str, Any]:
    """Return a line of a process as JSON; empty where a library printed something else."""
    try:
        message = json.loads(line or b"{}")
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _python_path() -> str:
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_PACKAGE_ROOT), *([inherited] if inherited else [])])
