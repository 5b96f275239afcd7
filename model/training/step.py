"""One step of a training: reconstruction, loss, gradients, update."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.device import autocast
from model.training.distributed import Group, GroupError, within_reach

EAGER_STEPS = 3
"""Steps before one is recorded as a graph: they allocate persistent memory."""


class Step:
    """Trains on batches on one device; ``dtype`` is the precision of the network."""

    def __init__(
        self,
        network: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._network = network
        self._optimizers = optimizers
        self._device = device
        self.dtype = dtype

    def __call__(self, images: Tensor) -> Tensor:
        """Take one step on images (B, 3, 48, 48); return the loss, which stays on the device.

        Raises:
            torch.OutOfMemoryError: the device's memory is exhausted.
        """
        loss = self._backward(self._network, images)
        for optimizer in self._optimizers:
            optimizer.step()
        self._free_gradients()
        return loss

    def clear(self) -> None:
        """Free the gradients, and all that depends on the batch size."""
        self._free_gradients()

    def _free_gradients(self) -> None:
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)

    def _backward(self, network: nn.Module, images: Tensor) -> Tensor:
        """Compute loss and gradients of a batch; a step's memory use peaks here."""
        with autocast(self._device, self.dtype):
            reconstruction = network(images)
        loss = functional.mse_loss(reconstruction.float(), images)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()


class SharedStep(Step):
    """A step in one of several processes; the loss is that of the process's own faces.

    A process that runs out of memory during a step can't notify the others, which wait for its
    gradients. So the first batch of each size is tried by each process alone before.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        device: torch.device,
        dtype: torch.dtype,
        group: Group,
    ) -> None:
        super().__init__(group.replicated(network), optimizers, device, dtype)
        self._own, self._group = network, group
        self._fits = False

    def __call__(self, images: Tensor) -> Tensor:
        """Take one step on this process's part of a batch.

        Raises:
            torch.OutOfMemoryError: batches of this size exhaust the memory, here or in another
                process; the weights haven't changed.
            GroupError: the others can't be reached, or memory that sufficed before is exhausted.
        """
        if not self._fits:
            self._try_alone(images)
            self._fits = True
        try:
            with within_reach():
                return super().__call__(images)
        except torch.OutOfMemoryError as error:
            raise GroupError(
                "The memory of one of the processes is full, though batches of this size fitted "
                "before. What was saved of the run is kept."
            ) from error

    def clear(self) -> None:
        """Free the gradients; the next batch may be of another size."""
        super().clear()
        self._fits = False

    def _try_alone(self, images: Tensor) -> None:
        """Compute unused gradients, in eval mode: without messages, dropout and statistics."""
        with self._group.together():
            self._backward(copy.deepcopy(self._own).eval(), images)


class RecordedStep(Step):
    """A step on a CUDA device in one process, recorded once as a CUDA graph and replayed.

    A step has about four hundred small kernels, whose launches take longer than their execution. A
    graph fixes all addresses: batches are copied to a static tensor, learning rates are tensors,
    and all batches have the same size. If a step can't be recorded, kernels are launched as usual.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
    """

    _graph: torch.cuda.CUDAGraph | None = None
    _images: Tensor
    _loss: Tensor
    _eager_left = EAGER_STEPS
    _can_record = True

    @property
    def is_recorded(self) -> bool:
        """Whether the next step is replayed."""
        return self._graph is not None

    def __call__(self, images: Tensor) -> Tensor:
        """Take one step; all batches since the last ``clear`` must have the same size."""
        if self._graph is None and self._can_record and self._eager_left <= 0:
            self._record(images)
        if self._graph is None:
            return self._launch(images)
        self._images.copy_(images)
        self._graph.replay()
        return self._loss.clone()

    def clear(self) -> None:
        """Free the gradients and the graph."""
        super().clear()
        self._graph = None
        self._can_record = True

    def _launch(self, images: Tensor) -> Tensor:
        """Take a step in a side stream, as CUDA requires before a capture."""
        self._eager_left -= 1
        main, side = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(main)
        with torch.cuda.stream(side):
            loss = super().__call__(images)
        main.wait_stream(side)
        return loss

    def _record(self, images: Tensor) -> None:
        self._images = images.clone(memory_format=torch.channels_last)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._loss = self._backward(self._network, self._images)
                for optimizer in self._optimizers:
                    optimizer.step()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:
            self._can_record = False
            self._free_gradients()
        else:
            self._graph = graph
