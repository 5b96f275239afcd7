"""Sweeps: trainings that differ in one setting or two, and what came of them.

The runs of a sweep are known by a tag of their own among their labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from model.config import LEARNING_RATES, ConfigError, TrainConfig, setting_of
from model.plots.curves import CurveRequest, readable
from model.plots.sweep_chart import SweepRequest
from model.runs.epoch_rows import EpochRow, best_row
from model.runs.labels import RunLabels
from model.runs.queue import QueueEntry
from model.runs.runs import Run, list_runs
from model.runs.wording import differing, value_text

MAX_TRAININGS = 100
"""Most trainings of a sweep."""
MAX_SETTINGS = 2
"""Most settings that a sweep changes."""
_WIDTH, _HEIGHT = 1000, 480
_WORDS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


class Swept(NamedTuple):
    """A setting by its name, and the values that it gets, each once, in the order given."""

    name: str
    values: tuple[Any, ...]

    @property
    def title(self) -> str:
        """The title of the setting within a sentence."""
        return lower_title(self.name)


class SweepRun(NamedTuple):
    """A run of a sweep, with its epochs and the best of them, None where none was measured."""

    run: Run
    rows: tuple[EpochRow, ...]
    best: EpochRow | None


def lower_title(name: str) -> str:
    """Return the title of a setting as within a sentence: “learning rate”."""
    title = setting_of(TrainConfig, name).title
    return title[0].lower() + title[1:]


def swept(name: str, text: str) -> Swept:
    """Return a setting with the values of a text: “0.01, 0.02”, “muon, adam”, “yes, no”.

    They are separated by commas, spaces, or by semicolons, between which a comma is a decimal sign.

    Raises:
        ConfigError: there is no such setting, or it can't have one of these values; a sentence.
    """
    if name not in {item.name for item in fields(TrainConfig)}:
        raise ConfigError(f"There is no setting “{name}”.")
    parts = text.replace(",", ".").split(";") if ";" in text else re.split(r"[,\s]+", text)
    values = [_value(name, part.strip()) for part in parts if part.strip()]
    if not values:
        title = setting_of(TrainConfig, name).title
        raise ConfigError(f"Type the values of {title} ({name}), separated by commas.")
    return Swept(name, tuple(dict.fromkeys(values)))


def sweep_configs(base: TrainConfig, settings: Sequence[Swept]) -> list[TrainConfig]:
    """Return the configurations of all combinations of values, the last setting changing first.

    Another optimizer gets its usual learning rate where ``base`` has that of its own.

    Raises:
        ConfigError: a setting comes twice, there are more than two, fewer than two or more than a
            hundred trainings; a sentence.
    """
    names = [one.name for one in settings]
    if not 1 <= len(names) <= MAX_SETTINGS:
        raise ConfigError("A sweep changes one setting or two.")
    if len(set(names)) < len(names):
        raise ConfigError(f"A sweep can't change {settings[0].title} twice.")
    combinations = list(product(*(one.values for one in settings)))
    if len(combinations) < 2:
        raise ConfigError("A sweep needs two values at least.")
    if len(combinations) > MAX_TRAININGS:
        raise ConfigError(
            f"That makes {len(combinations):,} trainings; a sweep has at most {MAX_TRAININGS}."
        )
    return [_config(base, dict(zip(names, values, strict=True))) for values in combinations]


def sweep_entries(
    base: TrainConfig,
    settings: Sequence[Swept],
    faces: str,
    source: str,
    now: datetime,
) -> list[QueueEntry]:
    """Return the trainings of a sweep that begins now, named by their values, with a common tag.

    Raises:
        ConfigError: as ``sweep_configs``.
    """
    tag = f"sweep {now:%Y-%m-%d %H:%M:%S}"
    return [
        QueueEntry(config, faces, source, RunLabels(_name(config, settings), "", (tag,)))
        for config in sweep_configs(base, settings)
    ]


def sweep_tags(runs: Iterable[Run]) -> list[str]:
    """Return the tags that two runs or more have, those of the newest run first."""
    count: dict[str, int] = {}
    for run in runs:
        for tag in run.labels.tags:
            count[tag] = count.get(tag, 0) + 1
    return [tag for tag, number in count.items() if number > 1]


def sweep_runs(tag: str, parent: Path | None = None) -> list[SweepRun]:
    """Return the runs with a tag, the oldest first; what can't be read has no epochs."""
    found = [run for run in list_runs(parent) if tag in run.labels.tags]
    return [_read(run) for run in reversed(found)]


def sweep_request(runs: Sequence[SweepRun], **look: Any) -> SweepRequest:
    """Return what is drawn of a sweep; ``look``: size and colours as in ``CurveRequest``.

    Where the runs differ in more than two settings, they are told apart by their names.

    Raises:
        ValueError: no epoch was measured yet.
    """
    measured = [one for one in runs if one.best is not None]
    if not measured:
        raise ValueError("There is no curve to draw yet: no epoch was finished.")
    names = _differing([one.run.config for one in measured])
    titles: tuple[str, ...] = ("Run",)
    values: list[tuple[Any, ...]] = [(run_name(one.run),) for one in measured]
    if 1 <= len(names) <= MAX_SETTINGS:
        titles = tuple(setting_of(TrainConfig, name).title for name in names)
        values = [tuple(getattr(one.run.config, name) for name in names) for one in measured]
    others = tuple(
        (
            run_name(one.run),
            tuple(row.epoch for row in one.rows),
            tuple(row.test_mse for row in one.rows),
        )
        for one in measured
    )
    look = {"width": _WIDTH, "height": _HEIGHT} | look
    return SweepRequest(
        curves=CurveRequest(others=others, **look),
        titles=titles,
        values=tuple(values),
        best=tuple(one.best.test_mse for one in measured if one.best),
    )


def save_sweep(runs: Sequence[SweepRun], path: Path) -> None:
    """Write the picture of a sweep, 1000 x 480 points: its curves, and the best error by setting.

    Raises:
        ValueError: no epoch was measured yet, or the suffix isn't .png, .svg or .pdf.
        OSError: the file can't be written; an older one of that name is kept.
    """
    from model.plots.figures import save_figure
    from model.plots.sweep_chart import sweep_chart

    request = sweep_request(runs)
    save_figure(lambda: sweep_chart(request), path)


def run_name(run: Run) -> str:
    """Return what a run is called: by its name, else by its folder's."""
    return run.labels.name or run.folder.name


def _value(name: str, text: str) -> Any:
    setting, default = setting_of(TrainConfig, name), getattr(TrainConfig(), name)
    value: Any = text.lower()
    try:
        if isinstance(default, bool):
            value = _WORDS[value]
        elif not isinstance(default, str):
            value = type(default)(text)
        replace(TrainConfig(), **{name: value})
    except ConfigError as error:
        raise ConfigError(f"{error}.") from error
    except (ValueError, LookupError, OverflowError) as error:
        kind = "yes or no" if isinstance(default, bool) else "a number"
        kind = "a whole number" if type(default) is int else kind
        raise ConfigError(f"{setting.title} ({name}) must be {kind}, not “{text}”.") from error
    return value


def _config(base: TrainConfig, values: dict[str, Any]) -> TrainConfig:
    has_usual_rate = base.learning_rate == LEARNING_RATES[base.optimizer]
    if "optimizer" in values and "learning_rate" not in values and has_usual_rate:
        values = {**values, "learning_rate": LEARNING_RATES[values["optimizer"]]}
    return replace(base, **values)


def _name(config: TrainConfig, settings: Sequence[Swept]) -> str:
    return " · ".join(f"{one.title} {_text(getattr(config, one.name))}" for one in settings)


def _text(value: object) -> str:
    return readable(value, 6) if isinstance(value, float) else value_text(value)


def _differing(configs: Sequence[TrainConfig]) -> list[str]:
    """Return the settings that differ, without a learning rate that goes with its optimizer."""
    names = differing(configs)
    usual = all(config.learning_rate == LEARNING_RATES[config.optimizer] for config in configs)
    if "optimizer" in names and usual:
        names = [name for name in names if name != "learning_rate"]
    return names


def _read(run: Run) -> SweepRun:
    try:
        rows = tuple(run.rows())
    except ValueError:
        rows = ()
    return SweepRun(run, rows, best_row(rows))
