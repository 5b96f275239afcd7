from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import stop_and_wait
from cae_gui.core.models import Lane, Models
from model import inference
from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.runs.runs import Run
from model.system.threads import foreground
from tests.gui.conftest import LOADING_MS, Told


def small_model(latent_dim: int = 4) -> Any:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    return FaceModel(ConvAutoencoder(latent_dim).eval().requires_grad_(False))


@pytest.fixture
def models(told: Told, qtbot: QtBot) -> Iterator[Models]:
    models = Models(told.problem.emit)
    yield models
    stop_and_wait(models.jobs())


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    from model.checkpoint import save_model

    path = tmp_path / "small.safetensors"
    save_model(path, small_model())
    return path


def test_the_shipped_model_opens(models: Models, qtbot: QtBot) -> None:
    with qtbot.waitSignal(models.replaced, timeout=LOADING_MS):
        models.open_shipped()
    assert models.title == "Shipped model"
    assert models.path is None
    assert models.model is not None
    assert models.model.statistics is not None


def test_a_file_opens_under_its_name(models: Models, model_file: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(models.replaced, timeout=LOADING_MS):
        models.open(model_file)
    assert (models.title, models.path) == ("small.safetensors", model_file)


def test_the_last_of_several_files_wins(models: Models, model_file: Path, qtbot: QtBot) -> None:
    models.open_shipped()
    models.open(model_file.with_name("gone.safetensors"))
    models.open(model_file)
    qtbot.waitUntil(lambda: models.path == model_file, timeout=LOADING_MS)


@pytest.mark.parametrize("content", [b"", b"hello, I am no model", b"\0" * 100, None])
def test_a_wrong_file_is_a_sentence_and_the_model_stays(
    told: Told,
    content: bytes | None,
    models: Models,
    model_file: Path,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    models.adopt(small_model(), "Mine")
    present = models.model
    path = tmp_path / "wrong.safetensors"
    path.write_bytes(model_file.read_bytes()[:-1000] if content is None else content)
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        models.open(path)
    text = blocker.args[0].text
    assert "“wrong.safetensors”" in text
    assert "unexpected" not in text
    assert models.model is present
    assert models.title == "Mine"


def test_each_question_is_answered(models: Models, few_faces: FaceSet, qtbot: QtBot) -> None:
    models.adopt(small_model(), "Small")
    pixels, latents, whole = [], [], []
    models.decode(np.zeros((3, 4), np.float32), then=pixels.append, lane=Lane.EXPLORE)
    models.encode(few_faces.images[:2], then=latents.append, lane=Lane.APPLY)
    models.reconstruct(few_faces.images[:2], then=whole.append, lane=Lane.FACE)
    qtbot.waitUntil(lambda: bool(pixels and latents and whole), timeout=LOADING_MS)
    assert pixels[0].shape == (3, 48, 48, 3)
    assert latents[0].shape == (2, 4)
    assert whole[0].images.shape == (2, 48, 48, 3)
    assert whole[0].latents.shape == (2, 4)


def test_other_work_makes_room_for_a_question(
    models: Models, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.adopt(small_model(), "Small")
    monkeypatch.setattr(inference, "decode", lambda *_: foreground.is_active)
    answers: list[Any] = []
    models.decode(np.zeros((1, 4), np.float32), then=answers.append, lane=Lane.EXPLORE)
    qtbot.waitUntil(lambda: bool(answers), timeout=LOADING_MS)
    assert answers == [True]


def test_without_a_model_questions_are_dropped(models: Models, few_faces: FaceSet) -> None:
    models.reconstruct(few_faces.images[:1], then=pytest.fail, lane=Lane.FACE)
    models.describe(few_faces)
    models.save(Path("nowhere"))
    assert models.model is None


@pytest.mark.parametrize("interim", [False, True])
def test_answers_of_an_earlier_model_never_arrive(
    models: Models, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, interim: bool
) -> None:
    answers: list[Any] = []
    began, let_go = threading.Event(), threading.Event()

    def slow(_model: Any, latents: Any) -> Any:
        began.set()
        assert let_go.wait(20)
        return float(latents[0])

    def ask(number: int, lane: Lane) -> None:
        latents = np.array([number], np.float32)
        models.decode(latents, then=answers.append, lane=lane, interim=interim)

    monkeypatch.setattr(inference, "decode", slow)
    models.adopt(small_model(), "First")
    ask(1, Lane.FACE)
    assert began.wait(20)
    ask(2, Lane.FACE)
    ask(3, Lane.EXPLORE)
    models.adopt(small_model(), "Second")
    ask(4, Lane.GRID)
    let_go.set()
    qtbot.waitUntil(lambda: bool(answers), timeout=LOADING_MS)
    assert answers == [4]


def test_a_failed_question_is_a_problem(told: Told, models: Models, qtbot: QtBot) -> None:
    models.adopt(small_model(), "Small")
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        models.decode(np.zeros((1, 5), np.float32), then=pytest.fail, lane=Lane.EXPLORE)
    assert "RuntimeError" in blocker.args[0].details


def test_the_latent_space_is_measured(models: Models, few_faces: FaceSet, qtbot: QtBot) -> None:
    models.adopt(small_model(), "Small")
    with qtbot.waitSignals([models.busy, models.described, models.idle], timeout=LOADING_MS):
        models.describe(few_faces)
    assert models.model is not None
    assert models.model.statistics is not None
    assert models.model.statistics.mean.shape == (4,)


def test_the_measured_latent_space_is_kept_in_a_run(
    models: Models, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    from model.checkpoint import load_face_model

    run = Run.create(TrainConfig(latent_dim=4), few_faces.title, tmp_path)
    run.save_best(small_model())
    with qtbot.waitSignal(models.replaced, timeout=LOADING_MS):
        models.open(run.best)
    with qtbot.waitSignals([models.described, models.idle], timeout=LOADING_MS):
        models.describe(few_faces)
    assert load_face_model(run.best).statistics is not None


def test_a_measured_model_is_not_measured_again(
    models: Models, few_faces: FaceSet, qtbot: QtBot
) -> None:
    models.adopt(small_model(), "Small")
    with qtbot.waitSignal(models.idle, timeout=LOADING_MS):
        models.describe(few_faces)
    measured = models.model
    with qtbot.assertNotEmitted(models.busy, wait=50):
        models.describe(few_faces)
    assert models.model is measured


def test_measurements_of_an_earlier_model_are_dropped(
    models: Models, few_faces: FaceSet, qtbot: QtBot
) -> None:
    models.adopt(small_model(), "First")
    models.describe(few_faces)
    second = small_model(5)
    models.adopt(second, "Second")
    with qtbot.waitSignal(models.described, timeout=LOADING_MS):
        models.describe(few_faces)
    assert models.model is not None
    assert models.model.network is second.network
    assert models.model.statistics is not None
    assert models.model.statistics.mean.shape == (5,)


def test_measuring_can_be_cancelled(models: Models, few_faces: FaceSet, qtbot: QtBot) -> None:
    models.adopt(small_model(), "Small")
    with qtbot.assertNotEmitted(models.described), qtbot.waitSignal(models.idle):
        models.describe(few_faces)
        models.cancel()


def test_a_saved_model_opens_again(
    models: Models, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    models.adopt(small_model(), "Small")
    path = tmp_path / "kept.safetensors"
    with qtbot.waitSignal(models.saved, timeout=LOADING_MS) as blocker:
        models.save(path)
    assert blocker.args == [path]
    assert (models.title, models.path) == ("kept.safetensors", path)
    with qtbot.waitSignal(models.replaced, timeout=LOADING_MS):
        models.open(path)


def test_saving_is_no_change_of_the_model(models: Models, tmp_path: Path, qtbot: QtBot) -> None:
    models.adopt(small_model(), "Small")
    with (
        qtbot.assertNotEmitted(models.replaced),
        qtbot.waitSignal(models.saved, timeout=LOADING_MS),
    ):
        models.save(tmp_path / "kept.safetensors")


def test_a_model_adopted_while_another_is_saved_keeps_its_own_name(
    models: Models, tmp_path: Path, qtbot: QtBot
) -> None:
    models.adopt(small_model(), "First")
    with qtbot.waitSignal(models.saved, timeout=LOADING_MS):
        models.save(tmp_path / "first.safetensors")
        models.adopt(small_model(), "Second")
    assert (models.title, models.path) == ("Second", None)


def test_a_place_that_cannot_be_written(
    told: Told, models: Models, tmp_path: Path, qtbot: QtBot
) -> None:
    models.adopt(small_model(), "Small")
    with qtbot.waitSignal(told.problem, timeout=LOADING_MS) as blocker:
        models.save(tmp_path / "no folder" / "a.safetensors")
    assert "doesn't exist" in blocker.args[0].text
    assert models.path is None


def test_attributes_are_those_of_the_model_in_use(
    models: Models, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def by_size(model: Any) -> tuple[int, ...]:
        return (model.network.latent_dim,)

    monkeypatch.setattr("model.latents.shipped_directions.shipped_directions", by_size)
    models.find_attributes()
    models.adopt(small_model(4), "First")
    models.find_attributes()
    models.adopt(small_model(5), "Second")
    assert models.attributes is None
    with qtbot.waitSignal(models.attributes_found, timeout=LOADING_MS):
        models.find_attributes()
    assert models.attributes == (5,)


def test_a_trained_model_has_no_attributes(models: Models, qtbot: QtBot) -> None:
    models.adopt(small_model(), "Small")
    with qtbot.waitSignal(models.attributes_found, timeout=LOADING_MS):
        models.find_attributes()
    assert models.attributes == ()
