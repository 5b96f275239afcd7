from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.core.latents import FEWEST, Latents
from model.data.datasets import FaceSet
from tests.gui.conftest import LOADING_MS, Told


@pytest.fixture
def latents(told: Told, qtbot: QtBot) -> Iterator[Latents]:
    latents = Latents(told.problem.emit)
    yield latents
    stop_and_wait([latents.job])


def new_model() -> Any:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    return FaceModel(ConvAutoencoder(4).eval().requires_grad_(False))


@pytest.fixture
def model() -> Any:
    return new_model()


def wait(latents: Latents, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: latents.explored is not None, timeout=LOADING_MS)


def test_faces_are_encoded_and_measured(
    latents: Latents, model: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    with qtbot.waitSignals([latents.measuring, latents.changed], timeout=LOADING_MS):
        latents.measure(model, few_faces)
    wait(latents, qtbot)
    assert latents.explored is not None
    assert latents.explored.points.shape == (60, 2)
    assert latents.explored.density.typicality(latents.explored.statistics.mean) == 1


def test_the_same_faces_are_measured_once_and_others_anew(
    latents: Latents, model: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    latents.measure(model, few_faces)
    wait(latents, qtbot)
    known = latents.explored
    latents.measure(model, few_faces)
    assert latents.explored is known
    latents.measure(model, replace(few_faces, title="Others"))
    assert latents.explored is None
    wait(latents, qtbot)


def test_few_faces_leave_what_is_known(
    latents: Latents, model: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    latents.measure(model, few_faces)
    wait(latents, qtbot)
    known, count = latents.explored, FEWEST - 1
    latents.measure(model, FaceSet("Few", few_faces.images[:count], few_faces.names[:count]))
    assert latents.explored is known
    assert latents.faces is few_faces


def test_forgotten_nothing_arrives(
    latents: Latents, model: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    latents.measure(model, few_faces)
    latents.forget()
    qtbot.waitUntil(lambda: not latents.job.is_busy, timeout=LOADING_MS)
    assert latents.explored is None
    latents.measure(model, few_faces)
    wait(latents, qtbot)


def test_a_failure_is_a_problem_and_is_tried_again(
    told: Told,
    latents: Latents,
    model: Any,
    few_faces: FaceSet,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    def fail(*_arguments: Any) -> Iterator[Any]:
        raise MemoryError
        yield

    with monkeypatch.context() as patch:
        patch.setattr("model.latents.explored.explore", fail)
        with qtbot.waitSignal(told.problem, timeout=LOADING_MS):
            latents.measure(model, few_faces)
        qtbot.waitUntil(lambda: not latents.job.is_busy, timeout=LOADING_MS)
    latents.measure(model, few_faces)
    wait(latents, qtbot)


def test_a_followed_snapshot_is_aligned_to_what_is_known(
    latents: Latents,
    model: Any,
    few_faces: FaceSet,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    from model import inference

    monkeypatch.setattr(inference, "fastest_precision", lambda _device: "float32")
    latents.measure(model, few_faces)
    wait(latents, qtbot)
    before = latents.explored
    assert before is not None
    later = new_model()
    later.network.load_state_dict(model.network.state_dict())
    with torch.no_grad():
        # The same space mirrored: what a training may turn around from one epoch to the next.
        for tensor in list(later.network.parameters()):
            tensor.mul_(1 + 1e-4)
    latents.follow()
    with qtbot.waitSignal(latents.changed, timeout=LOADING_MS):
        latents.measure(later, few_faces)
        assert latents.explored is before  # until the new one is there
    after = latents.explored
    assert after is not None
    assert after is not before
    turned = (before.statistics.directions * after.statistics.directions).sum(axis=1)
    assert (turned > 0.9).all()
    np.testing.assert_allclose(after.points, before.points, atol=0.2)


def test_snapshots_in_quick_succession_end_with_the_newest(
    latents: Latents, model: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    from model.latents.latent_set import model_digest

    latents.measure(model, few_faces)
    latents.follow()
    newest = [new_model() for _ in range(3)]
    for each in newest:
        latents.measure(each, few_faces)

    def is_newest() -> bool:
        explored = latents.explored
        return explored is not None and explored.key.startswith(model_digest(newest[-1]))

    qtbot.waitUntil(is_newest, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: not latents.job.is_busy, timeout=LOADING_MS)
    assert is_newest()
