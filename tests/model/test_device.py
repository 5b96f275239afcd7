from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from model import device
from model.device import (
    autocast,
    device_name,
    emulates_bfloat16,
    pick_device,
    processor,
    quickest,
    use_threads,
)
from model.system.child import cores

CPU = torch.device("cpu")
TRIED = ("one", "two", "three")


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_fastest_device_is_picked(
    cuda: bool, mps: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device() == torch.device(expected)


def test_devices_have_names_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device: "Some GPU 100")
    threads = torch.get_num_threads()
    assert device_name(torch.device("cuda")) == "Some GPU 100"
    assert device_name(torch.device("mps")) == "Apple GPU"
    torch.set_num_threads(1)
    try:
        assert device_name(torch.device("cpu")) == "CPU, 1 thread"
        torch.set_num_threads(2)
        assert device_name(torch.device("cpu")) == "CPU, 2 threads"
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_products_compute_in_the_chosen_type(dtype: torch.dtype) -> None:
    ones = torch.ones(2, 2)
    with autocast(CPU, dtype):
        assert (ones @ ones).dtype == dtype
    assert (ones @ ones).dtype == torch.float32


class Clock:
    """Stands in for the time: work takes as long as it says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(device, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def work(self, *seconds: float) -> Callable[[], None]:
        left = list(seconds)

        def one() -> None:
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return one


@pytest.mark.parametrize("best", ["one", "two", "three"])
def test_the_quickest_is_found_by_its_best_run(best: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    # The first run doesn't count, and a run that something else slowed down does no harm.
    runs = {name: clock.work(0.1, 2.0, 1.0 if name == best else 1.5) for name in TRIED}
    assert quickest(runs, CPU) == best


def test_what_a_device_cannot_do_is_not_chosen() -> None:
    def missing() -> None:
        raise NotImplementedError("not on this device")

    assert quickest({"missing": missing, "there": lambda: None}, CPU) == "there"
    with pytest.raises(RuntimeError, match="none of missing runs on cpu"):
        quickest({"missing": missing}, CPU)


def test_only_one_candidate_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    assert quickest({"only": lambda: runs.append(1)}, CPU) == "only"
    assert len(runs) == 1


@pytest.mark.parametrize("seconds", [1.0, 5.0])
def test_bfloat16_is_emulated_where_it_takes_much_longer(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    real = torch.Tensor.__matmul__

    def product(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        clock.now += seconds if one.dtype == torch.bfloat16 else 1.0
        return real(one, other)

    monkeypatch.setattr(torch.Tensor, "__matmul__", product)
    assert emulates_bfloat16.__wrapped__(CPU) is (seconds > 4)


def test_a_device_without_bfloat16_counts_as_one_that_emulates_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = torch.ones

    def ones(*size: int, dtype: torch.dtype, **options: object) -> torch.Tensor:
        if dtype == torch.bfloat16:
            raise TypeError("no bfloat16 here")
        return real(*size, dtype=dtype, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(torch, "ones", ones)
    assert emulates_bfloat16.__wrapped__(CPU)


def test_a_processor_says_what_it_is() -> None:
    name = processor(CPU)
    assert name == processor(CPU)
    assert torch.backends.cpu.get_cpu_capability() in name


@pytest.mark.parametrize(("asked", "expected"), [("1", 1), ("3", 3), ("", None), ("many", None)])
def test_the_number_of_threads_is_that_of_the_environment(
    asked: str, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    threads = torch.get_num_threads()
    try:
        use_threads(None)
        assert torch.get_num_threads() == (expected or cores())
        use_threads(2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
