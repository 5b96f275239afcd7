"""Events of a training, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.config import TrainPlan

if TYPE_CHECKING:
    from model.checkpoint import FaceModel


@dataclass(frozen=True, slots=True)
class Started:
    """The training is set up and takes its first step next."""

    device: str
    train_images: int
    test_images: int
    epochs: int
    first_epoch: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the training is; sent about ten times a second.

    ``loss`` is the mean training MSE since the last report, and None while it isn't measured.
    """

    epoch: int
    step: int
    steps: int
    loss: float | None
    learning_rate: float
    images_per_s: float
    remaining_s: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One epoch is over: its mean losses (MSE) and the reconstructions of the preview faces.

    ``preview`` is uint8 (K, 48, 48, 3).
    """

    epoch: int
    train_mse: float
    test_mse: float
    learning_rate: float
    seconds: float
    best: bool
    preview: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen copy of the network after an epoch, to explore while the training goes on."""

    model: FaceModel


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to the user, such as a setting that had to be changed under way."""

    text: str


@dataclass(frozen=True, slots=True)
class Replanned:
    """The training has another number of epochs, or ends soon: this is its plan from now on."""

    plan: TrainPlan


@dataclass(frozen=True, slots=True)
class Finished:
    """All epochs are done; ``model`` is the best of them on the test faces."""

    model: FaceModel
    best_epoch: int
    best_mse: float


Event = Started | Progress | EpochDone | Snapshot | Notice | Replanned | Finished
