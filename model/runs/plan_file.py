"""How a run goes on after it was changed under way: ``plan.json`` in the run's folder.

It stands apart from ``run.json``, which the process that trains holds locked. A run without it goes
by its configuration. A folder may come from an untrusted source: what is no plan counts as missing.
"""

from __future__ import annotations

import json
from pathlib import Path

from model.config import TrainPlan
from model.io.files import read_bytes, write_bytes

_MAX_BYTES = 200_000
"""A thousand bends, the most that are kept, take 70 kB."""


def read_plan(folder: Path) -> TrainPlan | None:
    """Return the plan in a run's folder; None where there is none that can be read."""
    try:
        return TrainPlan.from_dict(json.loads(read_bytes(folder / "plan.json", _MAX_BYTES)))
    except (OSError, ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return None


def write_plan(folder: Path, plan: TrainPlan) -> None:
    """Replace the plan of a run in one step.

    Raises:
        OSError: the folder is gone or can't be written; the earlier plan is kept.
    """
    write_bytes(folder / "plan.json", json.dumps(plan.to_dict()).encode())
