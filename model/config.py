"""The configuration of a training, and its plan: how many epochs, at which learning rates.

Forms, limits, tooltips and the command line are made from the metadata of the fields; nothing
else repeats a default or a limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple, Self

_POINTS = 1000
_STEPS_PER_EPOCH = 100


class Setting(NamedTuple):
    """What a form or a command line needs to know of one field."""

    title: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    in_window: bool = True
    """False for what only several processes need, which the window never starts."""


class ConfigError(ValueError):
    """A setting that can't be used; the message names it and says what is allowed."""


def _setting(default: Any, title: str, help: str, **limits: Any) -> Any:
    return field(default=default, metadata={"setting": Setting(title, help, **limits)})


def setting_of(config_class: type[TrainConfig], name: str) -> Setting:
    """Return the description of one field."""
    setting: Setting = config_class.__dataclass_fields__[name].metadata["setting"]
    return setting


_BEFORE_THEY_WERE_SETTINGS: Mapping[str, Any] = {"weight_decay": 0.0}
"""What files that lack a setting were trained with, where it isn't the default."""

LEARNING_RATES: Mapping[str, float] = {"muon": 0.02, "adam": 0.003}
"""The usual learning rate of each optimizer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Everything that decides how a training goes; saved with each run and each model.

    Raises:
        ConfigError: a value is of the wrong kind or outside its limits.
    """

    epochs: int = _setting(
        8,
        "Epochs",
        "How many times the network sees every training face.",
        minimum=1,
        maximum=10_000,
    )
    batch_size: int = _setting(
        64, "Batch size", "Faces per step.", unit="faces", minimum=2, maximum=4096
    )
    latent_dim: int = _setting(
        500,
        "Latent size",
        "Numbers that describe one face between encoder and decoder.",
        minimum=1,
        maximum=4096,
    )
    optimizer: str = _setting(
        "muon",
        "Optimizer",
        "Muon orthogonalises the steps of the convolutions and learns several times faster; "
        "Adam is what the published network used.",
        choices=("muon", "adam"),
    )
    learning_rate: float = _setting(
        0.02,
        "Learning rate",
        "Size of the first steps. About 0.02 for Muon, 0.003 for Adam; one of these changes with "
        "the optimizer in the window.",
        minimum=1e-6,
        maximum=1.0,
    )
    weight_decay: float = _setting(
        0.3,
        "Weight decay",
        "How fast kernels shrink: each step by this share of the learning rate. Without it their "
        "norms grow, and steps of one size change less and less. The published network had none.",
        minimum=0.0,
        maximum=10.0,
    )
    schedule: str = _setting(
        "linear",
        "Schedule",
        "Linear falls to zero at the last epoch; step multiplies by 0.9 every 5 epochs.",
        choices=("linear", "step"),
    )
    patience: int = _setting(
        0,
        "Patience",
        "After so many epochs without a better test error the learning rate falls to zero, within "
        "a tenth of the epochs done, and the training ends. 0: it ends at the last epoch.",
        unit="epochs",
        minimum=0,
        maximum=10_000,
    )
    least_improvement: float = _setting(
        0.01,
        "Least improvement",
        "Share of the best test error by which an epoch must be better to count for the patience.",
        minimum=0.0,
        maximum=0.5,
    )
    dropout: float = _setting(
        0.0,
        "Dropout",
        "Share of feature maps switched off at random; the published network used 0.2.",
        minimum=0.0,
        maximum=0.9,
    )
    flip: bool = _setting(True, "Mirror faces", "Show every second face mirrored, at random.")
    shift: int = _setting(
        0,
        "Move faces",
        "Move every face by up to so many pixels at random. Helps long trainings, which "
        "otherwise learn the training faces by heart.",
        unit="pixels",
        minimum=0,
        maximum=8,
    )
    color_jitter: float = _setting(
        0.0,
        "Vary colours",
        "Change contrast and brightness of each colour at random by up to this share.",
        minimum=0.0,
        maximum=0.5,
    )
    test_percent: int = _setting(
        20,
        "Test faces",
        "Share of the faces that is kept out of training to measure the network.",
        unit="%",
        minimum=1,
        maximum=90,
    )
    seed: int = _setting(
        0,
        "Seed",
        "Start of all randomness: split, first weights, order, mirroring.",
        minimum=0,
        maximum=2**31 - 1,
    )
    sync_batch_norm: bool = _setting(
        False,
        "Shared batch norm",
        "Let batch norm measure the whole batch where several processes share it, so that their "
        "number makes no difference; otherwise each measures its own part.",
        in_window=False,
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            _check(item.name, item.metadata["setting"], getattr(self, item.name), item.default)

    def check_faces(self, title: str, count: int) -> None:
        """Refuse a data set with so few faces to train on.

        Raises:
            ConfigError: they don't fill a batch.
        """
        if count < self.batch_size:
            raise ConfigError(
                f"Batch size (batch_size) is {self.batch_size}, but “{title}” has only {count} "
                f"{'face' if count == 1 else 'faces'} to train on. Choose a smaller batch or more "
                "faces."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values; names that this version doesn't know are left out.

        Raises:
            ConfigError: as the constructor.
        """
        known = {item.name for item in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        return cls(**{**_BEFORE_THEY_WERE_SETTINGS, **given})


def _check(name: str, setting: Setting, value: Any, default: Any) -> None:
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    if not isinstance(value, kinds) or isinstance(value, bool) is not isinstance(default, bool):
        raise ConfigError(f"{setting.title} ({name}) can't be {value!r}")
    if setting.choices and value not in setting.choices:
        allowed = " or ".join(setting.choices)
        raise ConfigError(f"{setting.title} ({name}) must be {allowed}, not {value!r}")
    # Written so that NaN, which compares false with everything, is refused as well.
    limits = setting.minimum, setting.maximum
    if limits[0] is not None and limits[1] is not None and not limits[0] <= value <= limits[1]:
        raise ConfigError(
            f"{setting.title} ({name}) must be between {limits[0]:g} and {limits[1]:g}, not {value}"
        )


PRESETS: Mapping[str, TrainConfig] = {
    "Fast": TrainConfig(),
    "Best": TrainConfig(epochs=120, shift=2, color_jitter=0.05),
    "Reference": TrainConfig(
        epochs=400,
        batch_size=128,
        optimizer="adam",
        learning_rate=0.003,
        weight_decay=0.0,
        schedule="step",
        dropout=0.2,
        flip=False,
    ),
}
"""Named configurations: eight epochs, the best quality, and as the network was published."""


class Bend(NamedTuple):
    """From ``epoch`` (fractional) on the rate falls linearly from ``factor`` to zero at ``end``.

    ``factor`` is what the learning rate of the configuration is multiplied with, 0 to 1.
    """

    epoch: float
    factor: float
    end: float


class TrainPlan(NamedTuple):
    """How many epochs a training has, and how its schedule was bent under way, in order.

    ``cause`` says why it ends before the epochs that were asked for: “patience”, “finish” where a
    person asked for the end, or "".
    """

    epochs: int
    bends: tuple[Bend, ...] = ()
    cause: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        bends = [list(bend) for bend in self.bends]
        return {"epochs": self.epochs, "bends": bends, "cause": self.cause}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values.

        Raises:
            LookupError, TypeError, ValueError: they aren't those of a plan.
        """
        epochs, cause, given = values["epochs"], values["cause"], values["bends"]
        bends = tuple(Bend(*map(float, bend)) for bend in given[: _MAX_BENDS + 1])
        limits = setting_of(TrainConfig, "epochs")
        if type(epochs) is not int or limits.minimum is None or limits.maximum is None:
            raise TypeError("epochs must be a whole number")
        if not limits.minimum <= epochs <= limits.maximum or cause not in _CAUSES:
            raise ValueError(f"no plan has {epochs} epochs because of {cause!r}")
        if len(bends) > _MAX_BENDS or not all(map(_is_valid, bends)) or sorted(bends) != [*bends]:
            raise ValueError("bends that no training makes")
        return cls(epochs, bends, cause)


_CAUSES = frozenset({"", "patience", "finish"})
_MAX_BENDS = 1000


def _is_valid(bend: Bend) -> bool:
    return 0 <= bend.epoch < bend.end < math.inf and 0 <= bend.factor <= 1


def rate_factor(
    config: TrainConfig, step: int, steps_per_epoch: int, bends: tuple[Bend, ...] = ()
) -> float:
    """Return what the learning rate is multiplied with at a step, counted from 0."""
    epoch = step / steps_per_epoch
    for bend in reversed(bends):
        if bend.epoch <= epoch:
            return max(bend.factor * ((bend.end - epoch) / (bend.end - bend.epoch)), 0.0)
    if config.schedule == "step":
        return float(0.9 ** (step // (5 * steps_per_epoch)))
    return max(1 - step / (config.epochs * steps_per_epoch), 0.0)


def planned_rates(
    config: TrainConfig, steps_per_epoch: int = _STEPS_PER_EPOCH, plan: TrainPlan | None = None
) -> tuple[tuple[float, float], ...]:
    """Return (fractional epoch, learning rate) after at most a thousand of all steps.

    The first and the last step are among them. Schedules are shares of the whole training, so the
    default serves where the number of steps (at least 1) isn't known. Without a ``plan`` it is that
    of the configuration.
    """
    import numpy as np  # the command line needs no rates, and starts sooner without

    plan = plan or TrainPlan(config.epochs)
    steps = plan.epochs * steps_per_epoch
    chosen = np.unique(np.linspace(0, steps - 1, _POINTS).round().astype(int))
    return tuple(
        (
            (step + 1) / steps_per_epoch,
            config.learning_rate * rate_factor(config, step, steps_per_epoch, plan.bends),
        )
        for step in chosen.tolist()
    )


def with_epochs(
    config: TrainConfig, plan: TrainPlan, epochs: int, step: int, steps_per_epoch: int
) -> TrainPlan:
    """Return the plan of a training that gets another number of epochs before a step.

    An epoch that has begun is part of it. A rate that falls to zero does so at the new end,
    linearly from where it is. Where the training had come to its end, the rate rises again to what
    it would be if so many epochs had been planned from the start: a rate of zero learns nothing.
    """
    epochs = max(epochs, math.ceil(step / steps_per_epoch))
    if epochs == plan.epochs:
        return plan
    at, has_ended = step / steps_per_epoch, step >= plan.epochs * steps_per_epoch
    falls = config.schedule == "linear" or bool(plan.bends)
    if not falls or at == epochs:
        return TrainPlan(epochs, plan.bends)
    if has_ended:
        factor = rate_factor(replace(config, epochs=epochs), step, steps_per_epoch)
    else:
        factor = rate_factor(config, step, steps_per_epoch, plan.bends)
    return _bent(plan, Bend(at, factor, epochs))


def finishing(
    config: TrainConfig,
    plan: TrainPlan,
    cool_down: int,
    step: int,
    steps_per_epoch: int,
    cause: str = "finish",
) -> TrainPlan:
    """Return the plan of a training that is to end soon, asked for before a step.

    The rate falls linearly to zero within the epoch under way and ``cool_down`` epochs more, but
    not later than planned.
    """
    at = step / steps_per_epoch
    end = min(math.ceil(at) + cool_down, plan.epochs)
    falls = config.schedule == "linear" or bool(plan.bends)
    if end <= at or (falls and end == plan.epochs):
        return plan
    factor = rate_factor(config, step, steps_per_epoch, plan.bends)
    return _bent(plan, Bend(at, factor, end), cause)


def usual_cool_down(epochs: int) -> int:
    """Return over how many epochs the rate of a training falls that ends after so many."""
    return max(1, round(epochs / 10))


def _bent(plan: TrainPlan, bend: Bend, cause: str = "") -> TrainPlan:
    return TrainPlan(int(bend.end), (*plan.bends, bend)[-_MAX_BENDS:], cause)


__all__ = [
    "LEARNING_RATES",
    "PRESETS",
    "Bend",
    "ConfigError",
    "Setting",
    "TrainConfig",
    "TrainPlan",
    "finishing",
    "planned_rates",
    "rate_factor",
    "setting_of",
    "usual_cool_down",
    "with_epochs",
]
