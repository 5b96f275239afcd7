"""What trained a run, in ``machine.json`` of its folder; older runs don't tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from model.io.files import read_bytes, readable, write_bytes

_MAX_BYTES = 10_000
_LONGEST_NAME = 200


class Machine(NamedTuple):
    """The device that trained last, and the faces of an epoch; "" and 0 where that isn't known."""

    device: str = ""
    train_images: int = 0


def read_machine(folder: Path) -> Machine:
    """Return what is in a run's folder; what is missing or can't be read counts as not known."""
    try:
        device, count = Machine(**json.loads(read_bytes(folder / "machine.json", _MAX_BYTES)))
        if isinstance(device, str) and type(count) is int and 0 <= count < 2**53:
            return Machine(" ".join(readable(device).split())[:_LONGEST_NAME], count)
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    return Machine()


def write_machine(folder: Path, machine: Machine) -> None:
    """Replace what is known.

    Raises:
        OSError: it can't be written.
    """
    content = json.dumps(machine._asdict(), ensure_ascii=False)
    write_bytes(folder / "machine.json", content.encode())
