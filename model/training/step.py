"""One step of a training: reconstruct, compare, and change the weights."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.device import autocast
from model.training.distributed import Group, GroupError, within_reach

EAGER_STEPS = 3
"""Steps that are launched one by one before one is recorded: they allocate what stays."""


class Step:
    """Learns from batches on one device; ``dtype`` is what the network computes in."""

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
        """Free the gradients, and all that was prepared for batches of one size."""
        self._free_gradients()

    def _free_gradients(self) -> None:
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)

    def _backward(self, network: nn.Module, images: Tensor) -> Tensor:
        """Compute the gradients of a batch; the memory for a step is at its height here."""
        with autocast(self._device, self.dtype):
            reconstruction = network(images)
        loss = functional.mse_loss(reconstruction.float(), images)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()


class SharedStep(Step):
    """The same in one of several processes; the loss is that of the process's own faces.

    A process whose memory is exhausted in the middle of a step can't tell the others, which wait
    for its gradients. So the first batch of each size is tried before by each process alone.
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
                process; nothing was learned from this one.
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
        """Compute gradients that aren't used; in eval mode nothing is sent, drawn or counted."""
        with self._group.together():
            self._backward(copy.deepcopy(self._own).eval(), images)


class RecordedStep(Step):
    """The same on a CUDA device, for one process: recorded once as a graph, then replayed.

    A step is some four hundred small kernels, and launching them one by one takes longer than
    running them. A graph fixes every address: batches are copied to where the recorded one lay,
    learning rates are tensors, and all batches are of one size. Where a step can't be
    recorded, steps are launched one by one as before.

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
        """Take one step; every batch since the last ``clear`` must be of one size."""
        if self._graph is None and self._can_record and self._eager_left <= 0:
            self._record(images)
        if self._graph is None:
            return self._launch(images)
        self._images.copy_(images)
        self._graph.replay()
        return self._loss.clone()

    def clear(self) -> None:
        """Free the gradients, and the recording with them."""
        super().clear()
        self._graph = None
        self._can_record = True

    def _launch(self, images: Tensor) -> Tensor:
        """Take a step beside the main stream, as steps before a recording have to be."""
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
