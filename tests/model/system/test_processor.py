from __future__ import annotations

import platform
from pathlib import Path

import pytest

from model.system.processor import why_not, why_slow

OLD = "fpu sse sse2 ssse3"
NEHALEM = f"{OLD} sse4_1 sse4_2 popcnt"
HASWELL = f"{NEHALEM} avx avx2 fma"


def processor(monkeypatch: pytest.MonkeyPatch, text: str, machine: str = "x86_64") -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(Path, "read_text", lambda *_: text)


def test_what_every_processor_of_ten_years_has_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, f"processor : 0\nflags\t\t: {HASWELL}\n")
    assert why_not() == why_slow() == ""


def test_without_avx2_it_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, f"flags : {NEHALEM}\n")
    assert why_not() == ""
    assert "no AVX2 and no FMA: everything works" in why_slow()


def test_without_sse_4_2_the_libraries_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, f"flags : {OLD}\n")
    assert "has no SSE4.2 and no POPCNT, which Qt, NumPy and PyTorch need" in why_not()


@pytest.mark.parametrize(
    ("text", "machine"), [("", "x86_64"), ("flags :", "x86_64"), (f"flags : {OLD}", "aarch64")]
)
def test_what_tells_nothing_blocks_nothing(
    text: str, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor(monkeypatch, text, machine)
    assert why_not() == why_slow() == ""
