from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from model import precision
from model.precision import PRECISIONS, fastest_precision
from model.training import arithmetic
from model.training.arithmetic import Arithmetic
from model.training.optim import METHODS

CPU = torch.device("cpu")
TRIALS = (fastest_precision, arithmetic._orthogonalisation)


@pytest.fixture
def untried() -> Iterator[None]:
    """As in a new process; what is found here isn't used by other tests."""
    for trial in TRIALS:
        trial.cache_clear()
    yield
    for trial in TRIALS:
        trial.cache_clear()


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Take the last of each set of candidates, and remember the sets."""
    sets: list[set[str]] = []

    def quickest(candidates: dict[str, object], _device: torch.device) -> str:
        sets.append(set(candidates))
        return list(candidates)[-1]

    for module in (arithmetic, precision):
        monkeypatch.setattr(module, "quickest", quickest)
    return sets


def emulate(monkeypatch: pytest.MonkeyPatch, emulated: bool) -> None:
    for module in (arithmetic, precision):
        monkeypatch.setattr(module, "emulates_bfloat16", lambda _device: emulated)


def test_a_trial_finds_something_that_this_processor_can_do() -> None:
    found = Arithmetic.by_trial(CPU)
    assert found.precision in PRECISIONS
    assert found.dtype == PRECISIONS[found.precision]
    assert found.orthogonalisation in METHODS
    assert found.processor.endswith(torch.__version__)


@pytest.mark.usefixtures("untried")
def test_the_quickest_is_taken(tried: list[set[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    emulate(monkeypatch, False)
    found = Arithmetic.by_trial(CPU)
    assert tried == [set(PRECISIONS), set(METHODS)]
    assert found.precision == list(PRECISIONS)[-1]
    assert found.orthogonalisation == list(METHODS)[-1]


@pytest.mark.usefixtures("untried")
def test_emulated_bfloat16_is_not_even_tried(
    tried: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    emulate(monkeypatch, True)
    assert Arithmetic.by_trial(CPU).precision == "float32"
    assert tried == [{"polar", "newton-schulz-float32"}]


@pytest.mark.usefixtures("untried")
def test_trying_works_in_inference_mode_and_draws_no_random_numbers() -> None:
    before = torch.get_rng_state()
    with torch.inference_mode():
        Arithmetic.by_trial(CPU)
        assert torch.is_inference_mode_enabled()
    assert torch.equal(torch.get_rng_state(), before)


def test_trying_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Arithmetic.by_trial(CPU)
    for module in (arithmetic, precision):
        monkeypatch.setattr(module, "quickest", lambda *_: pytest.fail("measured again"))
    assert Arithmetic.by_trial(CPU) == first


def test_it_can_be_kept_in_a_file() -> None:
    found = Arithmetic("bfloat16", "polar", "Some processor")
    assert Arithmetic.from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    "values", [("float8", "polar", ""), ("float32", "guessing", ""), ("", "", "")]
)
def test_what_is_not_known_here_is_refused(values: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="isn't known here"):
        Arithmetic(*values)
