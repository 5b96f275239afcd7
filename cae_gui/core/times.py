"""Times as a person says them."""

from __future__ import annotations

from datetime import datetime

from model.runs.runs import Run

_MINUTE, _HOUR = 60, 3600


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


def run_title(run: Run, now: datetime) -> str:
    """Return when a run began, or its folder's name where that isn't known."""
    return moment(run.started.astimezone(), now) if run.started else run.folder.name
