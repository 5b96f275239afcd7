from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from model import device
from model.device import autocast, bfloat16_is_faster, device_name, pick_device


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


@pytest.mark.parametrize(("faster", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_the_processor_computes_in_the_faster_precision(
    faster: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "bfloat16_is_faster", lambda: faster)
    ones = torch.ones(2, 2)
    with autocast(torch.device("cpu")):
        assert (ones @ ones).dtype == expected
    assert (ones @ ones).dtype == torch.float32


def test_full_precision_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "bfloat16_is_faster", lambda: pytest.fail("measured in vain"))
    ones = torch.ones(2, 2)
    with autocast(torch.device("cpu"), enabled=False):
        assert (ones @ ones).dtype == torch.float32


@pytest.mark.parametrize("seconds", [(1.0, 2.0), (2.0, 1.0)])
def test_the_precision_is_decided_by_trying(
    seconds: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock is read twice a trial; the first four trials are in bfloat16.
    ticks = [tick for duration in seconds for _ in range(4) for tick in (0.0, duration)]
    monkeypatch.setattr(device, "time", SimpleNamespace(perf_counter=lambda: ticks.pop(0)))
    assert bfloat16_is_faster.__wrapped__() == (seconds[0] < seconds[1])
    assert not ticks


def test_trying_works_in_inference_mode_and_draws_no_random_numbers() -> None:
    before = torch.get_rng_state()
    with torch.inference_mode():
        assert bfloat16_is_faster.__wrapped__() in {True, False}
        assert torch.is_inference_mode_enabled()
    assert torch.equal(torch.get_rng_state(), before)


def test_trying_is_done_once() -> None:
    bfloat16_is_faster()
    hits = bfloat16_is_faster.cache_info().hits
    bfloat16_is_faster()
    assert bfloat16_is_faster.cache_info().hits == hits + 1
