"""The settings of a training in words: each by itself, and how they differ from a preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from model.config import PRESETS, TrainConfig, setting_of

_NAMES = tuple(item.name for item in fields(TrainConfig))


def value_text(value: object) -> str:
    """Return the value of a setting: “yes”, “0.003”, “64”, “adam”."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def settings_text(config: TrainConfig) -> dict[str, str]:
    """Return the values of all settings by their titles."""
    return {
        setting_of(TrainConfig, name).title: value_text(getattr(config, name)) for name in _NAMES
    }


def differing(configs: Sequence[TrainConfig]) -> list[str]:
    """Return the names of the settings that aren't the same in all of these, in their order."""
    return [name for name in _NAMES if len({getattr(config, name) for config in configs}) > 1]


@lru_cache(maxsize=4096)
def summary(config: TrainConfig) -> str:
    """Return what differs from the nearest preset: “Fast, but 20 epochs, Adam at 0.003”.

    The nearest is the first with the fewest differences; without any it is the preset's name.
    """
    differences = {name: _changes(config, preset) for name, preset in PRESETS.items()}
    nearest = min(differences, key=lambda name: len(differences[name]))
    if not differences[nearest]:
        return nearest
    return f"{nearest}, but {', '.join(_phrases(config, differences[nearest]))}"


def _changes(config: TrainConfig, preset: TrainConfig) -> dict[str, Any]:
    values = {name: getattr(config, name) for name in _NAMES}
    return {name: value for name, value in values.items() if value != getattr(preset, name)}


def _phrases(config: TrainConfig, changed: Mapping[str, Any]) -> list[str]:
    kept = dict(changed)
    if "optimizer" in changed:
        kept.pop("learning_rate", None)  # it goes with its optimizer
    return [_phrase(config, name, value) for name, value in kept.items()]


def _phrase(config: TrainConfig, name: str, value: Any) -> str:
    setting = setting_of(TrainConfig, name)
    title = setting.title[0].lower() + setting.title[1:]
    if name == "epochs":
        return f"{value:,} {'epoch' if value == 1 else 'epochs'}"
    if name == "optimizer":
        return f"{value.capitalize()} at {value_text(config.learning_rate)}"
    if isinstance(value, bool):
        return f"{title} {'on' if value else 'off'}"
    if setting.choices:
        return f"{value} {title}"
    return f"{title} {value_text(value)} {setting.unit}".rstrip()
