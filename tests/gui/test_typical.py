from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from cae_gui.jobs import stop_and_wait
from cae_gui.session.typical import FEWEST, Typical
from model.datasets import FaceSet
from tests.gui.conftest import LOADING_MS


@pytest.fixture
def typical(qtbot: QtBot) -> Iterator[Typical]:
    typical = Typical()
    yield typical
    stop_and_wait([typical.job])


@pytest.fixture
def described(few_faces: FaceSet) -> Any:
    from model.checkpoint import FaceModel
    from model.inference import describe
    from model.network import ConvAutoencoder

    network = ConvAutoencoder(4).eval().requires_grad_(False)
    *_, found = describe(FaceModel(network), few_faces)
    return found


def wait_for_density(typical: Typical, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: typical.density is not None, timeout=LOADING_MS)


def test_the_density_is_measured(
    typical: Typical, described: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    with qtbot.waitSignals([typical.measuring, typical.changed], timeout=LOADING_MS):
        typical.measure(described, few_faces)
    wait_for_density(typical, qtbot)
    assert typical.density is not None
    assert typical.density.typicality(described.statistics.mean) == 1
    statistics = described.statistics
    far = statistics.mean + 100 * statistics.sigma[0] * statistics.directions[0]
    assert typical.density.typicality(far) < 0.1


def test_the_same_faces_are_measured_once(
    typical: Typical, described: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    typical.measure(described, few_faces)
    wait_for_density(typical, qtbot)
    known = typical.density
    typical.measure(described, few_faces)
    assert typical.density is known
    typical.measure(described, replace(few_faces, title="Others"))
    assert typical.density is None
    wait_for_density(typical, qtbot)


def test_few_faces_and_an_unmeasured_model_leave_what_is_known(
    typical: Typical, described: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    typical.measure(described, few_faces)
    wait_for_density(typical, qtbot)
    known = typical.density
    count = FEWEST - 1
    few = FaceSet("Few", few_faces.images[:count], few_faces.names[:count])
    typical.measure(described, few)
    typical.measure(replace(described, statistics=None), replace(few_faces, title="Others"))
    assert typical.density is known
    assert typical.faces is few_faces


def test_forgotten_nothing_arrives(
    typical: Typical, described: Any, few_faces: FaceSet, qtbot: QtBot
) -> None:
    typical.measure(described, few_faces)
    with qtbot.waitSignal(typical.job.ended, timeout=LOADING_MS):
        typical.forget()
    assert typical.density is None
    typical.measure(described, few_faces)
    wait_for_density(typical, qtbot)


def test_a_failure_is_a_problem_and_is_tried_again(
    typical: Typical,
    described: Any,
    few_faces: FaceSet,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    def fail(*_arguments: Any) -> Iterator[Any]:
        raise MemoryError
        yield

    with monkeypatch.context() as patch:
        patch.setattr("model.latent_set.encode_set", fail)
        with qtbot.waitSignals([typical.problem, typical.job.ended], timeout=LOADING_MS):
            typical.measure(described, few_faces)
    typical.measure(described, few_faces)
    wait_for_density(typical, qtbot)
