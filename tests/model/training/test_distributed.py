"""Several real processes that train together, as ``torchrun`` starts them."""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn

from model import cli
from model.config import ConfigError, TrainConfig
from model.data.datasets import FaceSet
from model.events import EpochDone, Event, Finished, Notice, Progress, Replanned
from model.network import ConvAutoencoder
from model.runs.runs import Run, list_runs
from model.training import training
from model.training.arithmetic import Arithmetic
from model.training.distributed import (
    ALONE,
    CpuSyncBatchNorm,
    GroupError,
    joined,
    share_batch_norms,
)
from model.training.steering import FinishNow, Steering
from model.training.step import Step
from model.training.trainer import TrainingError

CPU = torch.device("cpu")
FULL = Arithmetic("float32", "polar", "any processor")
CONFIG = TrainConfig(epochs=2, batch_size=8, latent_dim=16, sync_batch_norm=True)
PATIENCE_S = 90
"""Processes that hang fail after this time; usually they take about a second."""

Curve = list[tuple[float, float]]
Job = Callable[..., Any]

_METHODS = multiprocessing.get_all_start_methods()
# One process imports everything and is copied, where the system can do that. The first step of
# an optimizer would import torch._dynamo in each copy, and take seconds.
START = multiprocessing.get_context("forkserver" if "forkserver" in _METHODS else "spawn")
if "forkserver" in _METHODS:
    START.set_forkserver_preload([__name__, "torch._dynamo"])


def run_in(processes: int, job: Job, *arguments: object) -> list[Any]:
    """Run a job in so many processes and return what each returned, or the error it raised."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The process that is copied has the folders of the first test.
    folders = {name: os.environ[name] for name in os.environ if name.startswith("CAE_STUDIO_")}
    pipes, children = [], []
    for rank in range(processes):
        place: dict[str, object] = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": processes}
        place |= folders | {
            "LOCAL_WORLD_SIZE": processes,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        ours, theirs = START.Pipe(duplex=False)
        children.append(START.Process(target=_child, args=(theirs, place, job, arguments)))
        children[-1].start()
        theirs.close()
        pipes.append(ours)
    try:
        return _answers(pipes)
    finally:
        for child in children:
            child.kill()
            child.join()


def _answers(pipes: list[Connection]) -> list[Any]:
    answers: dict[Connection, Any] = {}
    end = time.monotonic() + PATIENCE_S
    while len(answers) < len(pipes):
        ready = wait([pipe for pipe in pipes if pipe not in answers], end - time.monotonic())
        assert ready, f"hangs; {len(answers)} of {len(pipes)} processes are done"
        for pipe in ready:
            assert isinstance(pipe, Connection)
            try:
                answers[pipe] = pipe.recv()
            except EOFError:
                answers[pipe] = EOFError("the process ended without an answer")
    return [answers[pipe] for pipe in pipes]


def _child(answer: Connection, place: dict[str, object], job: Job, arguments: list[Any]) -> None:
    os.environ.update({name: str(value) for name, value in place.items()})
    torch.set_num_threads(1)
    training.use_threads = lambda _count: None
    training.REPORT_EVERY_S = 0.0
    try:
        answer.send(job(*arguments))
    except (ConfigError, GroupError, TrainingError) as error:
        answer.send(error)


def patches() -> FaceSet:
    coarse = np.random.RandomState(0).randint(0, 256, (24, 4, 4, 3))
    return FaceSet("Patches", coarse.repeat(12, axis=1).repeat(12, axis=2).astype(np.uint8))


def rank() -> int:
    return int(os.environ["RANK"])


def events_of(config: TrainConfig, folder: Path | None = None) -> Iterator[Event]:
    run = Run.open(folder) if folder else None
    return training.train(config, patches(), run=run, device=CPU, arithmetic=FULL)


def curve(config: TrainConfig, folder: Path | None = None) -> Curve:
    events = events_of(config, folder)
    return [(one.train_mse, one.test_mse) for one in events if isinstance(one, EpochDone)]


def assert_close(one: Curve, other: Curve) -> None:
    """Compare losses; the measured training errors of a whole batch differ by rounding only.

    So early, test errors differ more: the biases before a batch norm have no gradient but
    rounding, which the optimizer scales up, and running means follow them slowly.
    """
    assert len(one) == len(other)
    np.testing.assert_allclose(*(np.array(item)[:, 0] for item in (one, other)), rtol=5e-4)
    np.testing.assert_allclose(*(np.array(item)[:, 1] for item in (one, other)), rtol=1e-2)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(CONFIG, "Patches", tmp_path / "runs")


@pytest.fixture(scope="module")
def alone() -> Curve:
    """The curve of one process."""
    (found,) = run_in(1, curve, CONFIG)
    return found


def test_two_processes_learn_like_one(alone: Curve) -> None:
    first, second = run_in(2, curve, CONFIG)
    assert first == second
    assert_close(first, alone)


def _final_weights(config: TrainConfig) -> dict[str, np.ndarray]:
    *_, last = events_of(config)
    assert isinstance(last, Finished)
    return {name: value.numpy() for name, value in last.model.network.state_dict().items()}


def test_all_processes_have_the_same_weights_and_statistics() -> None:
    separate = replace(CONFIG, epochs=1, sync_batch_norm=False, dropout=0.2)
    first, second = run_in(2, _final_weights, separate)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def _normalised() -> list[Tensor]:
    """Train batch norm for one step on this process's part of six images."""
    torch.manual_seed(0)
    images = 3 + torch.randn(6, 4, 5, 5) * torch.arange(1.0, 5)[:, None, None]
    wanted = torch.randn(6, 4, 5, 5)
    network = nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    with joined() as group:
        share_batch_norms(network, group, CPU)
        images = images[group.part(6)].requires_grad_()
        replicated = group.replicated(network)
        loss = nn.functional.mse_loss(replicated(images), wanted[group.part(6)])
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [one.grad for one in network.parameters() if one.grad is not None]
        assert images.grad is not None
        parts = group.gather(images.grad / group.size).flatten(0, 1)
        in_use = network.eval()(images)
        shown = group.gather(in_use.detach()).flatten(0, 1)
    return [value.numpy() for value in (*gradients, *network.buffers(), parts, shown)]


def test_shared_batch_norm_is_that_of_the_whole_batch() -> None:
    (whole,) = run_in(1, _normalised)
    for found in run_in(3, _normalised):
        for expected, value in zip(whole, found, strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("device", "kind"), [("cpu", CpuSyncBatchNorm), ("cuda", nn.SyncBatchNorm)]
)
def test_shared_batch_norms_keep_names_and_values(device: str, kind: type[nn.Module]) -> None:
    network = ConvAutoencoder(4)
    before = copy.deepcopy(network.state_dict())
    share_batch_norms(network, ALONE, torch.device(device))
    norms = [one for one in network.modules() if "BatchNorm" in type(one).__name__]
    assert norms
    assert {type(one) for one in norms} == {kind}
    assert list(network.state_dict()) == list(before)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def _stop(config: TrainConfig, folder: Path, stopping: int, step: int) -> Curve:
    """Train until one process takes no more after a step; return what else came."""
    found = []
    events = events_of(config, folder)
    with contextlib.closing(events):  # type: ignore[type-var]
        for event in events:
            if isinstance(event, EpochDone):
                found.append((event.train_mse, event.test_mse))
            here = isinstance(event, Progress) and (event.epoch, event.step) == (2, step)
            if here and rank() == stopping:
                break
    return found


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_a_run_goes_on_with_another_number_of_processes(
    run: Run, alone: Curve, before: int, after: int
) -> None:
    for found in run_in(before, _stop, CONFIG, run.folder, before - 1, 1):
        assert_close(found, alone[:1])
    state = run.state()
    assert state is not None
    assert (state["epoch"], state["step"]) == (1, 1)
    for found in run_in(after, curve, CONFIG, run.folder):
        assert_close(found, alone[1:])
    assert_close([(row.train_mse, row.test_mse) for row in run.rows()], alone)


def _finish(folder: Path) -> list[tuple[int, str]]:
    """Let the first process ask for the end in its first epoch; return all changes of the plan."""
    steering = Steering()
    config = replace(CONFIG, epochs=9)
    options = {"device": CPU, "arithmetic": FULL, "steering": steering}
    found = []
    for event in training.train(config, patches(), run=Run.open(folder), **options):  # type: ignore[arg-type]
        if isinstance(event, Progress) and event.step == 1 and rank() == 0:
            steering.ask(FinishNow(1))
        if isinstance(event, Replanned):
            found.append((event.plan.epochs, event.plan.cause))
    return found


def test_what_the_first_process_is_asked_for_counts_for_all(run: Run) -> None:
    assert run_in(2, _finish, run.folder) == [[(2, "finish")]] * 2
    assert [row.epoch for row in run.rows()] == [1, 2]
    assert run.plan().epochs == 2


def _command(*arguments: str) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = cli.main(list(arguments))
    return code, out.getvalue()


def test_one_process_keeps_the_run_and_prints(pictures: Path) -> None:
    settings = ("--epochs", "2", "--latent-dim", "4", "--batch-size", "8")
    first, second = run_in(2, _command, "train", "--faces", str(pictures), *settings)
    assert first[0] == second[0] == 0
    assert "2 processes share each batch." in first[1]
    assert first[1].count("test MSE") == 3
    assert second[1] == ""
    (run,) = list_runs()
    assert len(run.rows()) == len((run.folder / "metrics.jsonl").read_bytes().splitlines()) == 2


def test_a_batch_that_cannot_be_shared_is_refused(run: Run) -> None:
    before = {path.name for path in run.folder.iterdir()}
    for found in run_in(2, curve, replace(CONFIG, batch_size=15), run.folder):
        assert isinstance(found, ConfigError)
        assert "(batch_size) is 15, but 2 processes" in str(found)
    assert {path.name for path in run.folder.iterdir()} == before


def _fail(folder: Path, failing: int) -> Curve:
    found = []
    for event in events_of(CONFIG, folder):
        if isinstance(event, EpochDone):
            found.append((event.train_mse, event.test_mse))
        elif isinstance(event, Progress) and event.epoch == 2 and rank() == failing:
            os._exit(3)
    return found


def test_a_process_that_dies_ends_the_others_and_the_run_is_kept(run: Run) -> None:
    survivor, _ = run_in(2, _fail, run.folder, 1)
    assert isinstance(survivor, GroupError)
    state = run.state()
    assert state is not None
    assert state["epoch"] == 1
    assert len(run.rows()) == 1


def _exhaust_memory(of_batch: int) -> None:
    """Let one gradient computation of this process, counted from 1, fail in its middle."""
    learn = Step._backward
    counted = itertools.count(1)

    def exhausted(_layer: nn.Module, _arguments: Any) -> None:
        raise torch.OutOfMemoryError

    def count(self: Step, network: nn.Module, images: Tensor) -> Tensor:
        if next(counted) != of_batch:
            return learn(self, network, images)
        plain = getattr(network, "module", network)
        with plain.decoder[-2].register_forward_pre_hook(exhausted):
            return learn(self, network, images)

    Step._backward = count  # type: ignore[method-assign]


def _out_of_memory(config: TrainConfig, failing: int) -> tuple[list[str], Curve]:
    """Train while a process's memory is exhausted by its very first batch."""
    if rank() == failing:
        _exhaust_memory(1)
    events = list(events_of(config))
    notices = [event.text for event in events if isinstance(event, Notice)]
    return notices, [(one.train_mse, one.test_mse) for one in events if isinstance(one, EpochDone)]


@pytest.mark.parametrize("shared", [True, False])
def test_all_halve_the_batch_when_the_memory_of_one_is_full(shared: bool) -> None:
    config = replace(CONFIG, epochs=1, sync_batch_norm=shared)
    first, second = run_in(2, _out_of_memory, config, 1)
    assert first == second
    assert "batches of 4 faces" in first[0][0]
    assert len(first[1]) == 1


def _out_of_memory_later(folder: Path, failing: int) -> Curve:
    if rank() == failing:
        _exhaust_memory(5)
    return curve(CONFIG, folder)


def test_memory_that_is_exhausted_later_ends_all_and_the_run_is_kept(run: Run) -> None:
    for found in run_in(2, _out_of_memory_later, run.folder, 1):
        assert isinstance(found, GroupError)
    state = run.state()
    assert state is not None
    assert state["epoch"] == 1


def _nan(failing: int) -> Curve:
    learn = Step._backward
    if rank() == failing:
        Step._backward = lambda self, network, images: learn(self, network, images * torch.nan)  # type: ignore[method-assign]
    return curve(CONFIG)


def test_a_loss_that_is_no_number_ends_all() -> None:
    for found in run_in(2, _nan, 1):
        assert isinstance(found, TrainingError)


def test_a_process_alone_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "8")  # left over from something else
    with joined() as group:
        assert group is ALONE
        assert not dist.is_initialized()


def _workers(launcher: int) -> list[int]:
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text()
    return [int(child) for child in children.split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux lists processes there")
@pytest.mark.parametrize(("killed", "options"), [(0, []), (1, ["--standalone"])])
def test_a_training_whose_process_was_killed_is_started_again_and_goes_on(
    killed: int, options: list[str], pictures: Path, tmp_path: Path
) -> None:
    """The real ``torchrun``: it ends the other process and starts both again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    runs, log = tmp_path / "runs", tmp_path / "log"
    launch = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--max-restarts=3"]
    train = ["-m", "model", "train", "--faces", str(pictures), "--runs-folder", str(runs)]
    settings = ["--epochs", "6", "--latent-dim", "4", "--batch-size", "8", "--sync-batch-norm"]
    command = [sys.executable, *launch, *(options or [f"--master-port={port}"]), *train, *settings]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with log.open("wb") as output:
        launcher = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        end = time.monotonic() + PATIENCE_S
        while not list(runs.glob("*/state.pt")):
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        before = len(log.read_text())
        os.kill(_workers(launcher.pid)[killed], signal.SIGKILL)
        assert launcher.wait(PATIENCE_S) == 0, log.read_text()
    finally:
        for child in [*_workers(launcher.pid), launcher.pid] if launcher.poll() is None else []:
            os.kill(child, signal.SIGKILL)
        launcher.wait()
    (run,) = list_runs(runs)
    assert [row.epoch for row in run.rows()] == list(range(1, 7))
    again = re.search(r"epochs (\d+) to 6", log.read_text()[before:])
    assert again, log.read_text()
    assert int(again[1]) > 1
