"""One step of a training: reconstruct, compare, and change the weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from model.device import autocast
from model.network import ConvAutoencoder
from model.training.distributed import Group

EAGER_STEPS = 3
"""Steps that are launched one by one before the next is recorded: they set up what is lasting."""


class Step:
    """Learns from batches on one device; ``dtype`` is what the network computes in.

    ``messages`` are the shapes that synchronised batch norms send, for ``Group.together``.
    """

    def __init__(
        self,
        network: ConvAutoencoder,
        optimizers: Sequence[torch.optim.Optimizer],
        device: torch.device,
        dtype: torch.dtype,
        group: Group,
        messages: Sequence[Tensor] = (),
    ) -> None:
        self._network = network
        self._optimizers = optimizers
        self._device = device
        self.dtype = dtype
        self._group, self._messages = group, messages

    def __call__(self, images: Tensor) -> Tensor:
        """Take one step on images (B, 3, 48, 48); return the loss, which stays on the device.

        Raises:
            torch.OutOfMemoryError: the device's memory is exhausted, here or in another process.
        """
        with self._group.together(self._messages):
            loss = self._backward(images)
        self._average(loss)
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

    def _backward(self, images: Tensor) -> Tensor:
        """Compute the gradients of a batch; the memory for a step is at its height here."""
        with autocast(self._device, self.dtype):
            reconstruction = self._network(images)
        loss = functional.mse_loss(reconstruction.float(), images)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _average(self, loss: Tensor) -> None:
        """Average gradients, running statistics and the loss over the processes, in one message.

        ``DistributedDataParallel`` would send gradients while others are still computed. That
        gains little with 12 MB of them, and a process whose memory is exhausted could not say so
        before the others wait for its gradients.
        """
        gradients = [one.grad for one in self._network.parameters() if one.grad is not None]
        statistics = [one for one in self._network.buffers() if one.is_floating_point()]
        self._group.average([*gradients, *statistics, loss])


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
                self._loss = self._backward(self._images)
                for optimizer in self._optimizers:
                    optimizer.step()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:
            self._can_record = False
            self._free_gradients()
        else:
            self._graph = graph
