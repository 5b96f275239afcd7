"""The state of one training, and its steps, evaluation, saving and restoring."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from model.checkpoint import FaceModel
from model.config import (
    ConfigError,
    TrainConfig,
    TrainPlan,
    finishing,
    rate_factor,
    usual_cool_down,
    with_epochs,
)
from model.data.datasets import FaceSet
from model.device import autocast, random_state, set_random_state
from model.events import EpochDone
from model.face_set import FACE_SHAPE
from model.network import ConvAutoencoder, on_device
from model.training.arithmetic import Arithmetic
from model.training.batches import Augmentation, BatchSource
from model.training.distributed import ALONE, Group, share_batch_norms
from model.training.optim import METHODS, Muon, make_optimizers, restore, set_rates
from model.training.steering import FinishNow, Wish
from model.training.step import RecordedStep, SharedStep, Step

PREVIEW_FACES = 10
TEST_BATCH = 250


class TrainingError(RuntimeError):
    """The training can't continue; the message says why and what to do."""


class Trainer:
    """The state of one training: network, optimizers, random generator, data on the device.

    Initial weights are those of ``start``, or random for None. ``arithmetic`` is by default the
    fastest on the device, found by a short trial.

    Of several processes each takes its part of every batch. Order and augmentation are drawn for
    whole batches, so that a step has the same data for any number of processes. All processes take
    the same steps and always have the same weights and random state, and after ``settle`` the same
    statistics and losses, so that the writer's state is valid for all. Each draws the same dropout
    masks, for its own faces.

    Raises:
        ConfigError: the data set has too few faces for the configuration, ``start`` another
            latent dimension, or the batch size is no multiple of the number of processes.
    """

    def __init__(
        self,
        config: TrainConfig,
        faces: FaceSet,
        device: torch.device,
        start: FaceModel | None = None,
        group: Group = ALONE,
        arithmetic: Arithmetic | None = None,
    ) -> None:
        train_rows, test_rows = faces.split(config.test_percent, config.seed)
        config.check_faces(faces.title, len(train_rows))
        self.config = config
        self._group = group
        self.check_parts()
        self.device = device
        self.train_images = BatchSource(faces.images, train_rows, device)
        self.test_images = BatchSource(faces.images, test_rows, device)
        self.steps_per_epoch = len(train_rows) // config.batch_size
        """Steps per epoch; an incomplete last batch is dropped."""
        self.epoch = 0
        self.step = 0
        """Finished steps of the epoch under way; ``epoch`` counts finished epochs."""
        self.plan = TrainPlan(config.epochs)
        self._numbers = True
        self._arithmetic = group.share(lambda: arithmetic or Arithmetic.by_trial(device))
        self.best_mse = math.inf
        self._best_epoch = 0
        self._last_gain = math.inf, 0
        """The test error that was clearly better than all before, and when the patience began."""
        self._test_mse: float | None = None  # of the present weights
        self._random = torch.Generator().manual_seed(config.seed)
        self._epoch_random = self._random.get_state()
        self._total = torch.zeros((), device=device)
        self._unread: list[Tensor] = []
        torch.manual_seed(config.seed)
        self._network = ConvAutoencoder(config.latent_dim, dropout=config.dropout)
        if start is None:
            moments = group.share(lambda: _mean_and_std(self.train_images))
            self._network.start_output_at(*moments)
        else:
            self._begin_with(start)
        if config.sync_batch_norm and group.size > 1:
            share_batch_norms(self._network, group, device)
        self._network = on_device(self._network, device)
        self._best_weights = self._weights()
        method = METHODS[self._arithmetic.orthogonalisation]
        self._optimizers = make_optimizers(config, self._network, method)
        self._take_step = self._make_step()

    def _make_step(self) -> Step:
        what = (self._network, self._optimizers, self.device, self._arithmetic.dtype)
        if self._group.size > 1:
            return SharedStep(*what, self._group)
        return RecordedStep(*what) if self.device.type == "cuda" else Step(*what)

    def _begin_with(self, start: FaceModel) -> None:
        size = start.network.latent_dim
        if size != self.config.latent_dim:
            raise ConfigError(
                f"Latent size (latent_dim) is {self.config.latent_dim}, but the model to begin "
                f"with has {size}. Choose {size}, or begin with a new network."
            )
        self._network.load_state_dict(start.network.state_dict())

    def check_parts(self) -> None:
        """Check that the processes can share a batch evenly.

        Raises:
            ConfigError: the batch size isn't a multiple of their number.
        """
        size, processes = self.config.batch_size, self._group.size
        if size % processes:
            raise ConfigError(
                f"Batch size (batch_size) is {size}, but {processes} processes share each batch "
                f"evenly. Choose a multiple of {processes}."
            )

    @property
    def healthy(self) -> bool:
        """Whether all losses so far and all weights are finite; reads every weight."""
        return self._numbers and _are_numbers(self._network.state_dict().values())

    @property
    def is_replanned(self) -> bool:
        """Whether the plan isn't that of the configuration any more."""
        return self.plan != TrainPlan(self.config.epochs)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the last step."""
        return float(self._optimizers[0].param_groups[0]["lr"])

    def batches(self) -> Iterator[Tensor]:
        """Yield the epoch's remaining batches (B, 3, 48, 48), shuffled and augmented.

        Of several processes each gets its part of every batch. The random numbers of finished steps
        are drawn again and discarded, so that a resumed epoch gets exactly the same batches.
        """
        self._network.train()
        size = self.config.batch_size
        order = torch.randperm(len(self.train_images), generator=self._random)
        order = order.to(self.train_images.index_device)
        part = self._group.part(size)
        for step in range(self.steps_per_epoch):
            changes = Augmentation.draw(self.config, size, self._random)
            if step >= self.step:
                images = self.train_images[order[step * size : (step + 1) * size][part]]
                yield changes.of(part).applied(images)

    def learn(self, images: Tensor) -> None:
        """Take one step on a batch; its loss stays on the device until ``mean_loss``."""
        factor = rate_factor(self.config, *self._place(), self.plan.bends)
        set_rates(self._optimizers, factor)
        loss = self._take_step(images)
        self._test_mse = None
        self._unread.append(loss)
        self._total += loss
        self.step += 1

    def _place(self) -> tuple[int, int]:
        """Return the number of the next step, and how many an epoch has."""
        return self.epoch * self.steps_per_epoch + self.step, self.steps_per_epoch

    def fulfil(self, wish: Wish) -> None:
        """Change the plan from the next step on; the patience begins anew."""
        if isinstance(wish, FinishNow):
            self.plan = finishing(self.config, self.plan, wish.cool_down, *self._place())
        else:
            self.plan = with_epochs(self.config, self.plan, wish.epochs, *self._place())
        self._last_gain = self._last_gain[0], self.epoch

    def lose_patience(self) -> None:
        """After an epoch: have the training end soon if none was clearly better for too long.

        It isn't cut off: with a rate that hasn't fallen, the last and best part would be missing.
        """
        patience = self.config.patience
        if patience and not self.plan.cause and self.epoch - self._last_gain[1] >= patience:
            cool_down = usual_cool_down(self.epoch)
            at = self._place()
            self.plan = finishing(self.config, self.plan, cool_down, *at, cause="patience")

    def halve_batch(self) -> None:
        """Start the epoch again with batches of half the size.

        Raises:
            TrainingError: the batch can't be halved further.
        """
        size = self.config.batch_size // 2
        size -= size % self._group.size
        if size < 2:
            smallest = max(2, self._group.size)
            raise TrainingError(
                f"The device's memory is full even with a batch of {smallest} faces."
            )
        self._take_step.clear()
        self._set_batch_size(size)
        self.step = 0
        self._total.zero_()
        self._unread.clear()
        self._random.set_state(self._epoch_random)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _set_batch_size(self, size: int) -> None:
        self.config = replace(self.config, batch_size=size)
        self.steps_per_epoch = len(self.train_images) // size

    def mean_loss(self) -> float:
        """Return the mean loss since the last call; all processes call this at once.

        Raises:
            TrainingError: it isn't finite.
        """
        mean = torch.stack(self._unread).mean()
        self._group.average([mean])
        loss = float(mean)
        self._unread.clear()
        self._check(loss)
        return loss

    def settle(self) -> None:
        """Average losses and running statistics over the processes, which all call this at once.

        Before, each has those of its own faces. Both are (weighted) sums over steps, so their means
        don't depend on how often they are averaged.
        """
        statistics = [one for one in self._network.buffers() if one.is_floating_point()]
        self._group.average([self._total, *statistics])

    def evaluate(self) -> Iterator[None]:
        """Evaluate the test faces, yielding after each part; ``finish_epoch`` has the result."""
        self.settle()
        self._network.eval()
        self._test_total = torch.zeros((), device=self.device)
        group = self._group
        for images in self.test_images.blocks(TEST_BATCH, group.rank, group.size):
            with group.together():
                if len(images):
                    self._test_total += self._squared_error(images)
            yield

    def _squared_error(self, images: Tensor) -> Tensor:
        originals, reconstruction = self._reconstruct(images)
        return functional.mse_loss(reconstruction, originals, reduction="sum")

    def finish_epoch(self, seconds: float) -> EpochDone:
        """End the epoch and return its measurements; ``seconds`` is its duration.

        Raises:
            TrainingError: a loss isn't finite.
        """
        test_total = self._group.gather(self._test_total).sum()
        test_mse = float(test_total) / (len(self.test_images) * math.prod(FACE_SHAPE))
        train_mse = float(self._total) / self.steps_per_epoch
        self._check(train_mse + test_mse)
        self._total.zero_()
        self._unread.clear()
        self.epoch += 1
        self.step = 0
        self._epoch_random = self._random.get_state()
        self._test_mse = test_mse
        if test_mse < self._last_gain[0] * (1 - self.config.least_improvement):
            self._last_gain = test_mse, self.epoch
        best = test_mse < self.best_mse
        if best:
            self.best_mse, self._best_epoch = test_mse, self.epoch
            self._best_weights = self._weights()
        rate = self.learning_rate
        return EpochDone(self.epoch, train_mse, test_mse, rate, seconds, best, self._preview())

    def model(self) -> FaceModel:
        """Return a frozen copy of the network on the CPU, in eval mode."""
        network = copy.deepcopy(self._network).cpu().eval().requires_grad_(False)
        return FaceModel(network, None, self.epoch, self._test_mse, self.config)

    def best_model(self) -> FaceModel:
        """Return the model of the epoch with the lowest test error."""
        best = self.model()
        best.network.load_state_dict(self._best_weights)
        return replace(best, epoch=self._best_epoch, test_mse=self.best_mse)

    def state(self) -> dict[str, Any]:
        """Return all that is needed to continue exactly from here."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "batch_size": self.config.batch_size,
            "total": float(self._total),
            "test_mse": self._test_mse,
            "best_mse": self.best_mse,
            "best_epoch": self._best_epoch,
            "last_gain": list(self._last_gain),
            "plan": self.plan.to_dict() if self.is_replanned else None,
            "best_weights": self._best_weights,
            "network": self._network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
            "random": self._epoch_random,
            "dropout_random": random_state(self.device),
            "arithmetic": self._arithmetic.to_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a result of ``state``.

        Raises:
            LookupError, TypeError, ValueError, RuntimeError, AttributeError: it doesn't match.
        """
        size, epoch, step = (int(state[name]) for name in ("batch_size", "epoch", "step"))
        if not (2 <= size <= self.config.batch_size and epoch >= 0 and step >= 0):
            raise ValueError(f"no training is at step {step} of epoch {epoch} with {size} faces")
        self._set_batch_size(size)
        self.epoch, self.step = epoch, step
        self._total.fill_(state["total"])
        self.best_mse, self._best_epoch = float(state["best_mse"]), int(state["best_epoch"])
        self._best_weights = dict(state["best_weights"])
        _check_shapes(self._best_weights, self._network.state_dict())
        # Older states have none of what is asked for by ``get``.
        mse, since = state.get("last_gain", (self.best_mse, self._best_epoch))
        self._last_gain = float(mse), int(since)
        if (plan := state.get("plan")) is not None:
            self.plan = TrainPlan.from_dict(plan)
        measured = state.get("test_mse")
        self._test_mse = None if measured is None else float(measured)
        self._network.load_state_dict(state["network"])
        # Only damaged files have others: a training whose loss isn't finite saves no state.
        _check_numbers([*self._network.state_dict().values(), *self._best_weights.values()])
        for optimizer, saved in zip(self._optimizers, state["optimizers"], strict=True):
            restore(optimizer, saved)
        self._epoch_random = state["random"]
        self._random.set_state(self._epoch_random)
        dropout_random = state["dropout_random"]
        if dropout_random.shape == random_state(self.device).shape:  # not from another device
            set_random_state(self.device, dropout_random)
        if "arithmetic" in state:  # older states have none
            self._compute_as(Arithmetic.from_dict(state["arithmetic"]))

    def _compute_as(self, earlier: Arithmetic) -> None:
        """Use an earlier arithmetic on the same processor; on another keep the fastest."""
        if earlier.processor != self._arithmetic.processor:
            return
        self._arithmetic = earlier
        self._take_step.dtype = earlier.dtype
        for optimizer in self._optimizers:
            if isinstance(optimizer, Muon):
                optimizer.orthogonalise = METHODS[earlier.orthogonalisation]

    @torch.inference_mode()
    def _reconstruct(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return uint8 images (N, 3, 48, 48) as float, and their reconstructions."""
        originals = _as_float(images).contiguous(memory_format=torch.channels_last)
        with autocast(self.device, self._arithmetic.dtype):
            return originals, self._network(originals).float()

    def originals(self) -> NDArray[np.uint8]:
        """Return the previewed faces, uint8 (K, 48, 48, 3)."""
        images = self.test_images[:PREVIEW_FACES].permute(0, 2, 3, 1)
        return images.contiguous().cpu().numpy()

    def _preview(self) -> NDArray[np.uint8]:
        """Return reconstructions of the first test faces, uint8 (K, 48, 48, 3)."""
        self._network.eval()
        _, reconstruction = self._reconstruct(self.test_images[:PREVIEW_FACES])
        pixels = reconstruction.clamp(0, 1).mul(255).round().byte()
        return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.cpu().clone() for name, value in self._network.state_dict().items()}

    def _check(self, loss: float) -> None:
        if not math.isfinite(loss):
            self._numbers = False
            kept = "The last good epoch is kept" if self.epoch else "No epoch was finished before"
            raise TrainingError(
                f"The loss became {loss} in epoch {self.epoch + 1}; nothing can be learned from "
                f"there. {kept}. Try again with a lower learning rate."
            )


def _check_shapes(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    if {name: value.shape for name, value in found.items()} != {
        name: value.shape for name, value in expected.items()
    }:
        raise ValueError("other weights than those of the network")


def _are_numbers(tensors: Iterable[Tensor]) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in tensors)


def _check_numbers(tensors: Iterable[Tensor]) -> None:
    if not _are_numbers(tensors):
        raise ValueError("values that aren't numbers")


def _as_float(images: Tensor) -> Tensor:
    return images.float().div_(255)


def _mean_and_std(images: BatchSource) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation (3,) by channel of the first two thousand images."""
    sample = _as_float(images[:2000])
    return sample.mean((0, 2, 3)).cpu(), sample.std((0, 2, 3)).cpu()
