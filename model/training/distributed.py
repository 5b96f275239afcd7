"""One process that trains alone, or several that train one network together.

Started by ``torchrun``, each process takes its part of every batch, and gradients are averaged: a
step is the same for any number of processes. Processes tell each other two kinds of things.
*Agreements* are small numbers, always sent between the processors (gloo), so that no accelerator
is waited for. *Tensors* travel from device to device (nccl on CUDA).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from model.device import pick_device
from model.system.child import cores, rank_and_size

T = TypeVar("T")

# Waiting is normal: one process prepares a million pictures, or the training is paused. A process
# that ends is noticed by its closed connection, not by a timeout.
PATIENCE = timedelta(days=1)


class GroupError(RuntimeError):
    """The other processes can't be reached; the message says what that means."""


class Group:
    """A process alone: every answer is its own, and nothing is sent."""

    rank = 0
    size = 1
    leads_machine = True
    """Whether this is the first process of its machine, which does what is done once there."""
    threads: int | None = None
    """How many cores this process should use; None stands for all."""

    @property
    def is_writer(self) -> bool:
        """Whether this process records the run and prints: one of all."""
        return self.rank == 0

    def device(self) -> torch.device:
        """Return the device that this process computes on."""
        return pick_device()

    def part(self, count: int) -> slice:
        """Return this process's part of ``count`` items, a multiple of the number of processes."""
        share = count // self.size
        return slice(self.rank * share, (self.rank + 1) * share)

    def all_reduce_max(self, number: int) -> int:
        """Return the maximum of the processes' numbers."""
        return number

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set in any process."""
        return bool(self.all_reduce_max(int(flag)))

    def share(self, answer: Callable[[], T]) -> T:
        """Return the writer's answer; the others aren't asked."""
        return answer()

    def gather(self, tensor: Tensor) -> Tensor:
        """Return the tensors of all processes, stacked in the order of their ranks."""
        return tensor[None]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace float32 tensors with their means over the processes, identical in all."""

    def together(self, owed: Sequence[Tensor] = ()) -> AbstractContextManager[None]:  # noqa: ARG002
        """Return a context in which exhausted memory of one process is raised by all.

        ``owed`` are the shapes that are gathered inside, in order. A process that fails sends
        what it has not sent yet, so that the others don't wait for it.
        """
        return nullcontext()

    def in_step(self, events: Generator[T, None, None]) -> Generator[T, None, None]:
        """Pass on events until one of the processes takes no more; then all of them stop.

        Every process yields as many events, and each stops after the same one.
        """
        return events


ALONE = Group()


class Processes(Group):
    """One of several processes, after they have met."""

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self._place = int(os.environ.get("LOCAL_RANK", "0"))
        self.leads_machine = self._place == 0
        self.threads = max(1, cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
        self._gathered = 0

    def device(self) -> torch.device:
        """Return the GPU of this process's number, or the processor where there is none.

        Raises:
            GroupError: there are more processes than GPUs on this machine.
        """
        if not torch.cuda.is_available():
            return torch.device("cpu")
        count = torch.cuda.device_count()
        if self._place >= count:
            reason = f"This machine has {count} GPUs: start at most {count} processes on it."
            raise GroupError(reason)
        torch.cuda.set_device(self._place)
        return torch.device("cuda", self._place)

    def all_reduce_max(self, number: int) -> int:
        """Reduce over gloo; waits for all processes."""
        told = torch.tensor(number)
        with _within_reach():
            dist.all_reduce(told, dist.ReduceOp.MAX)
        return int(told)

    def share(self, answer: Callable[[], T]) -> T:
        """Send the writer's answer, which must be one that can be pickled."""
        told = [answer() if self.is_writer else None]
        with _within_reach():
            dist.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        shared: Any = told[0]
        return shared  # type: ignore[no-any-return]

    def gather(self, tensor: Tensor) -> Tensor:
        """Send a tensor to all; each must be of one shape and type in all processes."""
        self._gathered += 1
        parts = [torch.empty_like(tensor) for _ in range(self.size)]
        with _within_reach():
            dist.all_gather(parts, tensor)
        return torch.stack(parts)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Send all tensors as one: a message costs more than a few more numbers in it."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with _within_reach():
            dist.all_reduce(flat)
        means = torch.split(flat / self.size, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view_as(tensor))

    @contextmanager
    def together(self, owed: Sequence[Tensor] = ()) -> Iterator[None]:
        """Exchange at the end whether the memory of any process was exhausted."""
        self._gathered, failed = 0, False
        try:
            yield
        except torch.OutOfMemoryError:
            failed = True
            for tensor in owed[self._gathered :]:
                self.gather(tensor)
        if self.any(failed):
            raise torch.OutOfMemoryError("the memory of one of the processes is exhausted")

    def in_step(self, events: Generator[T, None, None]) -> Generator[T, None, None]:
        """Exchange after every event whether any process stops."""
        with closing(events):
            for event in events:
                leaves = True
                try:
                    yield event
                    leaves = False
                finally:
                    stop = self.any(leaves)
                if stop:
                    return


@contextmanager
def joined() -> Iterator[Group]:
    """Meet the other processes that ``torchrun`` started, and leave them at the end.

    A process that was started alone stays alone. One that has met the others already, as inside
    of another ``joined``, goes on with them.

    Raises:
        GroupError: the others can't be reached.
    """
    if dist.is_available() and dist.is_initialized():
        yield Processes()
        return
    if rank_and_size()[1] < 2:
        yield ALONE
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _within_reach():
        dist.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Processes()
    finally:
        dist.destroy_process_group()


@contextmanager
def _within_reach() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise GroupError(
            "The other processes of this training can't be reached any more. One of them ended "
            "early and says why; what was saved of the run is kept."
        ) from error
