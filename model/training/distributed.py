"""Training of one network by a single process or by several.

With ``torchrun``, each process takes its part of every batch, and PyTorch's
``DistributedDataParallel`` averages the gradients, so that a step is the same for any number of
processes. Besides, small numbers (flags, maxima) are exchanged over gloo between the CPUs, without
waiting for an accelerator, and tensors between the devices (nccl on CUDA).
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
"""The name of the argument in newer and older versions of PyTorch."""

# Long waits are normal: one process prepares a million pictures, or the training is paused. The
# end of a process is noticed by its closed connection, not by a timeout.
PATIENCE = timedelta(days=1)


class GroupError(RuntimeError):
    """The other processes can't be reached; the message is a sentence for the user."""


class Group:
    """The group of a single process, which communicates with no other."""

    rank = 0
    size = 1
    leads_machine = True
    """Whether this is the first process on its machine, which prepares the data set."""
    threads: int | None = None
    """Number of cores that this process should use; None for all."""

    @property
    def is_writer(self) -> bool:
        """Whether this is the one process that writes the run and prints."""
        return self.rank == 0

    def device(self) -> torch.device:
        """Return the device that this process computes on."""
        return pick_device()

    def part(self, count: int) -> slice:
        """Return this process's part of ``count`` items; a multiple of the number of processes."""
        share = count // self.size
        return slice(self.rank * share, (self.rank + 1) * share)

    def all_reduce_max(self, number: int) -> int:
        """Return the maximum of the processes' numbers."""
        return number

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set in any process."""
        return bool(self.all_reduce_max(int(flag)))

    def share(self, answer: Callable[[], T]) -> T:
        """Return the result of ``answer`` in the writer, the only process that calls it."""
        return answer()

    def gather(self, tensor: Tensor) -> Tensor:
        """Return the tensors of all processes, stacked by rank."""
        return tensor[None]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace float32 tensors with their means over the processes, identical in all."""

    def replicated(self, network: nn.Module) -> nn.Module:
        """Return a module like ``network`` that averages gradients over the processes.

        Batch norms use the statistics of this process's own batches, unless
        ``share_batch_norms`` was called; ``average`` unites their running statistics.
        """
        return network

    def together(self) -> AbstractContextManager[None]:
        """Return a context at whose end all processes raise the out-of-memory error of one.

        No messages may be sent inside: the others would wait for the failed process.
        """
        return nullcontext()

    def in_step(self, events: Generator[T, None, None]) -> Generator[T, None, None]:
        """Yield events until one of the processes stops; all stop after the same event.

        Every process must yield the same number of events.
        """
        return events


ALONE = Group()


class Processes(Group):
    """The group of several connected processes."""

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self._place = int(os.environ.get("LOCAL_RANK", "0"))
        self.leads_machine = self._place == 0
        self.threads = max(1, cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))

    def device(self) -> torch.device:
        """Return the GPU with this process's local rank, or the CPU without GPUs.

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
        """Send the writer's answer, which must be picklable."""
        answers = [answer() if self.is_writer else None]
        with within_reach():
            dist.broadcast_object_list(answers, src=0, device=torch.device("cpu"))
        shared: Any = answers[0]
        return shared  # type: ignore[no-any-return]

    def gather(self, tensor: Tensor) -> Tensor:
        """Gather a tensor of the same shape and type in all processes."""
        parts = [torch.empty_like(tensor) for _ in range(self.size)]
        with within_reach():
            dist.all_gather(parts, tensor)
        return torch.stack(parts)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Average all tensors in one message, as latency outweighs size."""
        self.any(False)  # detects ended processes, for which a GPU would wait silently
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with within_reach():
            dist.all_reduce(flat)
        means = torch.split(flat / self.size, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view_as(tensor))

    def replicated(self, network: nn.Module) -> nn.Module:
        """Wrap a network that is on its device already."""
        settings: dict[str, Any] = {_SYNC_BUFFERS: False, "gradient_as_bucket_view": True}
        with within_reach():
            replicated = DistributedDataParallel(network, **settings)
        # The last attribute to be freed. If the reducer freed the process group, it would wait for
        # the group's threads, and these for the GIL that it holds.
        replicated.group = dist.group.WORLD  # type: ignore[assignment]
        return replicated

    @contextmanager
    def together(self) -> Iterator[None]:
        """Exchange at the end whether any process ran out of memory."""
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
    """Connect to the other processes of ``torchrun`` until the end of the context.

    Without ``torchrun`` it is a group of one. A nested ``joined`` uses the same connection.

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
    # The store outlives the processes. Without a prefix, the processes of a new attempt would find
    # the addresses of those that ended, and wait for them (PyTorch 2.13).
    attempt = f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT')}"
    store = dist.PrefixStore(attempt, store)  # type: ignore[attr-defined]
    rank, size = rank_and_size()
    dist.init_process_group(backend, timeout=PATIENCE, store=store, rank=rank, world_size=size)


def remember(name: str, value: str) -> None:
    """Keep a value in ``torchrun``'s store, for ``recall`` by processes restarted later."""
    store = _store_of_torchrun()
    if store is not None:
        store.set(f"cae-studio {name}", value)


def recall(name: str) -> str | None:
    """Return a value that an earlier attempt kept; None without one or without restarts."""
    store = _store_of_torchrun()
    key = f"cae-studio {name}"
    return store.get(key).decode() if store is not None and store.check([key]) else None


def _store_of_torchrun() -> Any:
    """Return the ``TCPStore`` of ``torchrun``, which outlives the processes; None without it."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    with within_reach():
        return dist.TCPStore(  # type: ignore[attr-defined]
            host, port, is_master=False, wait_for_workers=False, timeout=PATIENCE
        )


@contextmanager
def within_reach() -> Iterator[None]:
    """Turn communication errors inside the context into ``GroupError``.

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
    """Make all batch norms of a network use the statistics of all processes' batches.

    The batches must have equal sizes. Parameter names and eval mode don't change.
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
    """Synchronised batch norm on the CPU, where ``torch.nn.SyncBatchNorm`` refuses to compute.

    It shares the parameters of a ``BatchNorm2d`` under the same names, and equals it in eval mode.
    """

    def __init__(self, layer: nn.BatchNorm2d, group: Group) -> None:
        super().__init__(layer.num_features, eps=layer.eps, momentum=layer.momentum)
        self.load_state_dict(layer.state_dict())
        self._group = group

    def forward(self, features: Tensor) -> Tensor:
        """Normalise features (N, C, H, W) by channel, and update the running statistics."""
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
        # Running variances are unbiased estimates, as in BatchNorm2d.
        self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)


class _Normalise(torch.autograd.Function):
    """Normalised features, mean and variance over all processes; one message each way."""

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
        """Return the gradient through the normalisation by all processes' mean and variance."""
        features, weight, mean, scale = ctx.saved_tensors
        gradient = gradients[0].float()
        normal = (features.float() - _per_channel(mean)) * _per_channel(scale)
        to_bias, to_weight = gradient.sum(_OVER), (gradient * normal).sum(_OVER)
        count = features.numel() // len(mean)
        sums = ctx.group.gather(torch.stack((to_bias, to_weight))).mean(0) / count
        to_features = gradient - _per_channel(sums[0]) - normal * _per_channel(sums[1])
        to_features *= _per_channel(weight * scale)
        return to_features.to(features.dtype), to_weight, to_bias, None, None


def _per_channel(values: Tensor) -> Tensor:
    """Return values (C,) with the shape (1, C, 1, 1)."""
    return values[:, None, None]
