"""One process that trains alone, or several that train one network together.

Started by ``torchrun``, each process takes its part of every batch, and PyTorch's
``DistributedDataParallel`` averages the gradients: a step is the same for any number of processes.
Besides, processes send two kinds of messages. *Agreements* are small numbers, always sent between
the processors (gloo), so that no accelerator is waited for. *Tensors* travel from device to device
(nccl on CUDA).
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from model.device import pick_device
from model.system.child import cores, rank_and_size

T = TypeVar("T")

_KNOWN = inspect.signature(DistributedDataParallel).parameters
_SYNC_BUFFERS = "forward_sync_buffers" if "forward_sync_buffers" in _KNOWN else "broadcast_buffers"
"""The argument's name in newer and in older PyTorch."""

# Waiting is normal: one process prepares a million pictures, or the training is paused. A process
# that ends is noticed by its closed connection, not by a timeout.
PATIENCE = timedelta(days=1)


class GroupError(RuntimeError):
    """The other processes can't be reached; the message says what that means."""


class Group:
    """A single process, which sends nothing."""

    rank = 0
    size = 1
    leads_machine = True
    """Whether this is the first process of its machine, which prepares the faces there."""
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
        """Return the writer's answer; only there ``answer`` is called."""
        return answer()

    def gather(self, tensor: Tensor) -> Tensor:
        """Return the tensors of all processes, stacked in the order of their ranks."""
        return tensor[None]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace float32 tensors with their means over the processes, identical in all."""

    def replicated(self, network: nn.Module) -> nn.Module:
        """Return what computes as the network does and averages gradients over the processes.

        Batch norms keep the statistics of this process's own batches, unless
        ``share_batch_norms`` was called; ``average`` makes their running statistics one.
        """
        return network

    def together(self) -> AbstractContextManager[None]:
        """Return a context in which exhausted memory of one process is raised by all.

        Nothing may be sent inside: the others would wait for a process that failed.
        """
        return nullcontext()

    def in_step(self, events: Generator[T, None, None]) -> Generator[T, None, None]:
        """Pass on events until one of the processes stops; then all of them stop.

        Every process yields as many events, and each stops after the same one.
        """
        return events


ALONE = Group()


class Processes(Group):
    """One of several processes, after they have connected."""

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self._place = int(os.environ.get("LOCAL_RANK", "0"))
        self.leads_machine = self._place == 0
        self.threads = max(1, cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))

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
        largest = torch.tensor(number)
        with within_reach():
            dist.all_reduce(largest, dist.ReduceOp.MAX)
        return int(largest)

    def share(self, answer: Callable[[], T]) -> T:
        """Send the writer's answer, which must be one that can be pickled."""
        answers = [answer() if self.is_writer else None]
        with within_reach():
            dist.broadcast_object_list(answers, src=0, device=torch.device("cpu"))
        shared: Any = answers[0]
        return shared  # type: ignore[no-any-return]

    def gather(self, tensor: Tensor) -> Tensor:
        """Send a tensor to all; each must be of one shape and type in all processes."""
        parts = [torch.empty_like(tensor) for _ in range(self.size)]
        with within_reach():
            dist.all_gather(parts, tensor)
        return torch.stack(parts)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Send all tensors as one: a message costs more than a few more numbers in it."""
        self.any(False)  # a GPU would wait for a process that has ended, and not say so
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with within_reach():
            dist.all_reduce(flat)
        means = torch.split(flat / self.size, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view_as(tensor))

    def replicated(self, network: nn.Module) -> nn.Module:
        """Wrap a network that lies on its device already."""
        settings: dict[str, Any] = {_SYNC_BUFFERS: False, "gradient_as_bucket_view": True}
        with within_reach():
            replicated = DistributedDataParallel(network, **settings)
        # The last of its attributes to be freed. Were it the reducer that freed the group of
        # processes, the group's threads would wait for Python's lock, and the reducer for them.
        replicated.group = dist.group.WORLD  # type: ignore[assignment]
        return replicated

    @contextmanager
    def together(self) -> Iterator[None]:
        """Exchange at the end whether the memory of any process was exhausted."""
        failed = False
        try:
            yield
        except torch.OutOfMemoryError:
            failed = True
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
    """Connect to the other processes that ``torchrun`` started, until the end of the context.

    A process that was started without others stays alone. Inside of another ``joined`` the same
    connection is used.

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
    with within_reach():
        _connect(backend)
    try:
        yield Processes()
    finally:
        dist.destroy_process_group()


def _connect(backend: str) -> None:
    store = _store_of_torchrun()
    if store is None:
        dist.init_process_group(backend, timeout=PATIENCE)
        return
    # The store outlives the processes. Without names of their own the processes of a new attempt
    # find the addresses of those that ended, and wait for them (PyTorch 2.13).
    attempt = f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT')}"
    store = dist.PrefixStore(attempt, store)  # type: ignore[attr-defined]
    rank, size = rank_and_size()
    dist.init_process_group(backend, timeout=PATIENCE, store=store, rank=rank, world_size=size)


def remember(name: str, value: str) -> None:
    """Let processes that ``torchrun`` starts in the place of these ones ``recall`` a value."""
    store = _store_of_torchrun()
    if store is not None:
        store.set(f"cae-studio {name}", value)


def recall(name: str) -> str | None:
    """Return what an earlier attempt remembered, or None; also where nothing is started again."""
    store = _store_of_torchrun()
    key = f"cae-studio {name}"
    return store.get(key).decode() if store is not None and store.check([key]) else None


def _store_of_torchrun() -> Any:
    """Return the ``TCPStore`` that lives as long as ``torchrun``; None where it isn't used."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    with within_reach():
        return dist.TCPStore(  # type: ignore[attr-defined]
            host, port, is_master=False, wait_for_workers=False, timeout=PATIENCE
        )


@contextmanager
def within_reach() -> Iterator[None]:
    """Explain failed messages inside.

    Raises:
        GroupError: the other processes can't be reached.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise GroupError(
            "The other processes of this training can't be reached any more. One of them ended "
            "early and says why; what was saved of the run is kept."
        ) from error


def share_batch_norms(network: nn.Module, group: Group, device: torch.device) -> None:
    """Let all batch norms of a network measure the batches of all processes, equally large, as one.

    The names of its parameters stay. In eval mode it computes as before.
    """
    if device.type != "cpu":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.BatchNorm2d):
                setattr(parent, name, CpuSyncBatchNorm(layer, group))


_OVER = (0, 2, 3)


class CpuSyncBatchNorm(nn.BatchNorm2d):
    """What ``torch.nn.SyncBatchNorm`` is on accelerators; that one refuses tensors on the CPU.

    Without it several processes without GPUs couldn't learn as one does. It takes over the
    parameters of a layer, under the same names. In eval mode it is that layer.
    """

    def __init__(self, layer: nn.BatchNorm2d, group: Group) -> None:
        super().__init__(layer.num_features, eps=layer.eps, momentum=layer.momentum)
        self.load_state_dict(layer.state_dict())
        self._group = group

    def forward(self, features: Tensor) -> Tensor:
        """Normalise (N, C, H, W) by channel, and keep running statistics."""
        if not self.training:
            return super().forward(features)
        arguments = (features, self.weight, self.bias, self.eps, self._group)
        output, mean, variance = _Normalise.apply(*arguments)  # type: ignore[no-untyped-call]
        self._keep(mean, variance, features.numel() // self.num_features * self._group.size)
        return cast(Tensor, output)

    @torch.no_grad()
    def _keep(self, mean: Tensor, variance: Tensor, count: int) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        # Running variances are those of the population, as in every batch norm.
        self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)


class _Normalise(torch.autograd.Function):
    """Features, mean and variance of all processes' features; one message each way."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, eps: float, group: Group
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = torch.var_mean(features.float(), _OVER, correction=0)
        variances, means = group.gather(torch.stack(own)).unbind(1)
        mean = means.mean(0)
        variance = variances.mean(0) + means.var(0, correction=0)
        ctx.save_for_backward(features, weight, mean, (variance + eps).rsqrt())
        ctx.group = group
        ctx.mark_non_differentiable(mean, variance)
        output = functional.batch_norm(features, mean, variance, weight, bias, eps=eps)
        return output, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Subtract from the gradient what changes the mean and the spread over all processes."""
        features, weight, mean, scale = ctx.saved_tensors
        gradient = gradients[0].float()
        normal = (features.float() - _each(mean)) * _each(scale)
        to_bias, to_weight = gradient.sum(_OVER), (gradient * normal).sum(_OVER)
        count = features.numel() // len(mean)
        sums = ctx.group.gather(torch.stack((to_bias, to_weight))).mean(0) / count
        to_features = gradient - _each(sums[0]) - normal * _each(sums[1])
        to_features *= _each(weight * scale)
        return to_features.to(features.dtype), to_weight, to_bias, None, None


def _each(values: Tensor) -> Tensor:
    """Return a number for each channel (C,) as something that images (N, C, H, W) multiply with."""
    return values[:, None, None]
