"""Times as a person says them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from model.runs.labels import read_labels
from model.runs.runs import Run

_MINUTE, _HOUR = 60, 3600
RUN_MODELS = frozenset({"best.safetensors", "last.safetensors"})
"""The files of a run that hold a model."""


def duration(seconds: float) -> str:
    """Return how long something takes: “40 s”, “12 min”, “2.5 h”."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def moment(time: datetime, now: datetime) -> str:
    """Return when something was: “Today, 14:05”, “12 March, 14:05”, “12 March 2025, 14:05”."""
    days = (now.date() - time.date()).days
    clock = f"{time:%H:%M}"
    if days == 0:
        return f"Today, {clock}"
    if days == 1:
        return f"Yesterday, {clock}"
    if 1 < days < 7:
        return f"{time:%A}, {clock}"
    year = "" if time.year == now.year else f" {time.year}"
    return f"{time.day} {time:%B}{year}, {clock}"


def run_began(run: Run, now: datetime) -> str:
    """Return when a run began, or its folder's name where that isn't known."""
    return moment(run.started.astimezone(), now) if run.started else run.folder.name


def run_title(run: Run, now: datetime) -> str:
    """Return the name that a person gave a run, or else when it began."""
    return run.labels.name or run_began(run, now)


def run_name(folder: Path, now: datetime, name: str = "") -> str:
    """Return what the model of a run is called: “Run of 12 Mar, 14:05”, “Run of 12 Mar 2025, …”.

    A run that a person gave a ``name`` is called by that; one whose folder isn't called by the time
    of its start, by its folder.
    """
    if name:
        return name
    try:
        time = datetime.strptime(folder.name[:19], "%Y-%m-%d %H-%M-%S")
    except ValueError:
        return f"Run “{folder.name}”"
    year = "" if time.year == now.year else f" {time.year}"
    return f"Run of {time.day} {time:%b}{year}, {time:%H:%M}"


def model_name(path: Path, now: datetime) -> str:
    """Return what a model file is called: by its run where it belongs to one, else by its name.

    It looks into the folder, which may be slow.
    """
    is_of_run = path.name in RUN_MODELS and (path.parent / "run.json").exists()
    return run_name(path.parent, now, read_labels(path.parent).name) if is_of_run else path.name
