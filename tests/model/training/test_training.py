from __future__ import annotations

import itertools
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeGuard

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from model.checkpoint import FaceModel, load_face_model
from model.config import ConfigError, TrainConfig
from model.data.datasets import DataError, FaceSet
from model.events import (
    EpochDone,
    Event,
    Finished,
    Notice,
    Progress,
    Replanned,
    Snapshot,
    Started,
)
from model.inference import reconstruct
from model.runs.runs import Run, RunError
from model.system import threads
from model.training import training
from model.training.arithmetic import Arithmetic
from model.training.steering import FinishNow, SetEpochs, Steering
from model.training.trainer import PREVIEW_FACES, Trainer, TrainingError
from model.training.training import train

CONFIG = TrainConfig(epochs=2, batch_size=16, latent_dim=16, dropout=0.2)
STEPS = 3
"""Steps of an epoch: 48 of the few faces are trained on, 16 a step."""

CPU = torch.device("cpu")
FULL = Arithmetic("float32", "polar", "any processor")


@pytest.fixture(autouse=True, scope="module")
def one_core() -> Iterator[None]:
    """Compute on one core: threads that wait for each other crawl where others compute as well."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "use_threads", lambda _count: None)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that was trained without a stop."""
    run = Run.create(CONFIG, "Patches", tmp_path_factory.mktemp("whole"))
    coarse = np.random.RandomState(0).randint(0, 256, (60, 4, 4, 3))
    images = coarse.repeat(12, axis=1).repeat(12, axis=2).astype(np.uint8)
    list(start(FaceSet("Patches", images), run=run))
    return run


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report after every step, so that a training can be stopped there."""
    monkeypatch.setattr(training, "REPORT_EVERY_S", 0.0)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(CONFIG, "Patches", tmp_path / "runs")


def start(
    faces: FaceSet,
    config: TrainConfig = CONFIG,
    *,
    run: Run | None = None,
    arithmetic: Arithmetic | None = None,
    steering: Steering | None = None,
) -> Iterator[Event]:
    return train(config, faces, run=run, device=CPU, arithmetic=arithmetic, steering=steering)


def trained(faces: FaceSet, config: TrainConfig = CONFIG) -> FaceModel:
    """Return a model to begin with."""
    *_, last = start(faces, config)
    assert isinstance(last, Finished)
    return last.model


def take(events: Iterator[Event], wanted: Callable[[Event], bool]) -> Event:
    return next(event for event in events if wanted(event))


def close(events: Iterator[Event]) -> None:
    events.close()  # type: ignore[attr-defined]


def weights(model: FaceModel) -> dict[str, Tensor]:
    return model.network.state_dict()


def assert_same_weights(one: FaceModel, other: FaceModel) -> None:
    for name, value in weights(one).items():
        assert torch.equal(value, weights(other)[name]), name


def files(folder: Path) -> dict[str, bytes]:
    """Return what a run keeps; the heartbeat is there only while it is trained."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "running.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


class TestEvents:
    @pytest.mark.usefixtures("every_step")
    def test_they_come_in_order(self, few_faces: FaceSet) -> None:
        kinds = [type(event) for event in start(few_faces)]
        epoch = [*[Progress] * (STEPS + 1), EpochDone, Snapshot]
        assert kinds == [Started, *epoch, *epoch, Finished]

    @pytest.mark.usefixtures("every_step")
    def test_progress_counts_steps_and_epochs(self, few_faces: FaceSet) -> None:
        reports = [event for event in start(few_faces) if isinstance(event, Progress)]
        steps = [1, 2, 3, 3]
        assert [event.step for event in reports] == steps * 2
        assert [event.epoch for event in reports] == [1] * 4 + [2] * 4
        assert {event.steps for event in reports} == {STEPS}
        assert [event.loss is None for event in reports] == [False, False, False, True] * 2
        rates = [event.learning_rate for event in reports if event.loss is not None]
        assert rates == pytest.approx([0.02 * (1 - step / 6) for step in range(6)])

    def test_the_start_says_what_is_trained_on(self, few_faces: FaceSet) -> None:
        events = start(few_faces)
        begin = next(events)
        close(events)
        assert isinstance(begin, Started)
        assert begin.device.startswith("CPU")
        assert (begin.train_images, begin.test_images) == (48, 12)
        assert (begin.epochs, begin.first_epoch) == (2, 1)

    def test_a_snapshot_is_a_frozen_copy_that_learns_no_more(self, few_faces: FaceSet) -> None:
        events = start(few_faces)
        snapshot = take(events, lambda event: isinstance(event, Snapshot))
        assert isinstance(snapshot, Snapshot)
        before = {name: value.clone() for name, value in weights(snapshot.model).items()}
        finished = list(events)[-1]

        assert isinstance(finished, Finished)
        assert all(
            torch.equal(before[name], value) for name, value in weights(snapshot.model).items()
        )
        assert not any(module.training for module in snapshot.model.network.modules())
        assert not any(value.requires_grad for value in snapshot.model.network.parameters())
        assert snapshot.model.epoch == 1

    def test_previews_are_reconstructions_of_the_first_test_faces(self, few_faces: FaceSet) -> None:
        events = start(few_faces, arithmetic=FULL)
        done = take(events, lambda event: isinstance(event, EpochDone))
        snapshot = next(events)
        close(events)
        assert isinstance(done, EpochDone)
        assert isinstance(snapshot, Snapshot)
        assert done.preview.dtype == np.uint8
        rows = few_faces.split()[1][:PREVIEW_FACES]
        shown = reconstruct(snapshot.model, few_faces.images[rows]).images
        assert done.preview.shape == (10, 48, 48, 3)
        assert abs(done.preview.astype(int) - shown).max() <= 1

    def test_the_measured_error_is_that_of_the_snapshot(self, few_faces: FaceSet) -> None:
        events = start(few_faces, arithmetic=FULL)
        done = take(events, lambda event: isinstance(event, EpochDone))
        snapshot = next(events)
        close(events)
        assert isinstance(done, EpochDone)
        assert isinstance(snapshot, Snapshot)
        images = few_faces.images[few_faces.split()[1]].transpose(0, 3, 1, 2) / np.float32(255)
        with torch.no_grad():
            output = snapshot.model.network(torch.from_numpy(images)).numpy()
        assert done.test_mse == pytest.approx(float(((output - images) ** 2).mean()), rel=1e-4)
        assert snapshot.model.test_mse == done.test_mse


class TestLearning:
    @pytest.mark.parametrize(
        "changes",
        [
            {"dropout": 0.0},
            {"optimizer": "adam", "learning_rate": 0.003, "schedule": "step", "flip": False},
        ],
    )
    def test_losses_fall(self, changes: dict[str, Any], few_faces: FaceSet) -> None:
        config = replace(CONFIG, epochs=8, batch_size=8, **changes)
        *events, finished = start(few_faces, config)
        done = [event for event in events if isinstance(event, EpochDone)]

        assert [event.epoch for event in done] == list(range(1, 9))
        assert done[-1].train_mse < 0.7 * done[0].train_mse
        assert done[-1].test_mse < done[0].test_mse
        assert isinstance(finished, Finished)
        assert finished.best_mse == min(event.test_mse for event in done)
        assert finished.best_mse == finished.model.test_mse
        assert done[finished.best_epoch - 1].best
        best_so_far = itertools.accumulate((event.test_mse for event in done), min)
        assert [event.best for event in done] == [
            event.test_mse == best for event, best in zip(done, best_so_far, strict=True)
        ]

    def test_a_training_can_be_repeated(self, few_faces: FaceSet) -> None:
        one, other = (list(start(few_faces))[-1] for _ in range(2))
        assert isinstance(one, Finished)
        assert isinstance(other, Finished)
        assert one.best_mse == other.best_mse
        assert_same_weights(one.model, other.model)

    def test_another_seed_goes_another_way(self, few_faces: FaceSet) -> None:
        one, other = (list(start(few_faces, replace(CONFIG, seed=seed)))[-1] for seed in (0, 1))
        assert isinstance(one, Finished)
        assert isinstance(other, Finished)
        assert one.best_mse != other.best_mse

    def test_every_face_is_seen_once_an_epoch(self, few_faces: FaceSet) -> None:
        trainer = Trainer(replace(CONFIG, flip=False), few_faces, CPU)
        seen = torch.cat(list(trainer.batches())).flatten(1)
        expected = few_faces.images[few_faces.split()[0]].transpose(0, 3, 1, 2).reshape(48, -1)
        np.testing.assert_allclose(
            sorted(seen.sum(1).tolist()), sorted(expected.sum(1) / 255.0), rtol=1e-5
        )

    def test_about_half_of_the_faces_are_mirrored(self, few_faces: FaceSet) -> None:
        plain = Trainer(replace(CONFIG, flip=False), few_faces, CPU)
        mirrored = Trainer(CONFIG, few_faces, CPU)
        count = 0
        for one, other in zip(plain.batches(), mirrored.batches(), strict=True):
            for face, shown in zip(one, other, strict=True):
                assert torch.equal(shown, face) or torch.equal(shown, face.flip(2))
                count += not torch.equal(shown, face)
        assert 12 < count < 36

    @pytest.mark.parametrize("batch_size", [49, 64])
    def test_too_few_faces_are_told(self, batch_size: int, few_faces: FaceSet) -> None:
        with pytest.raises(ConfigError, match=r"“Patches” has only 48 faces to train on"):
            next(start(few_faces, replace(CONFIG, batch_size=batch_size)))

    def test_a_single_face_cannot_be_trained_on(self, few_faces: FaceSet) -> None:
        with pytest.raises(DataError, match="too few faces"):
            next(start(FaceSet("One", few_faces.images[:1])))


def test_faces_in_a_memory_map_train_as_those_in_memory(few_faces: FaceSet, tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", few_faces.images)
    mapped = FaceSet("Map", np.load(tmp_path / "images.npy", mmap_mode="r"))

    ends = [list(start(faces))[-1] for faces in (few_faces, mapped)]

    one, other = ends
    assert isinstance(one, Finished)
    assert isinstance(other, Finished)
    assert one.best_mse == other.best_mse
    assert_same_weights(one.model, other.model)


class TestResuming:
    """A training that was stopped goes on exactly as if it had not been."""

    @pytest.mark.usefixtures("every_step")
    @pytest.mark.parametrize(
        "stops",
        [
            (1,),
            (2,),
            (3,),
            (4,),
            (5,),
            (6,),
            (7,),
            (8,),
            (10,),
            (13,),
            (14,),
            (2, 2, 2, 1, 4, 2, 2),
        ],
    )
    def test_it_ends_bit_for_bit_the_same(
        self, stops: tuple[int, ...], whole: Run, run: Run, few_faces: FaceSet
    ) -> None:
        for count in stops:
            events = start(few_faces, run=run)
            assert len(list(itertools.islice(events, count))) == count
            close(events)
            torch.rand(7)  # the process draws other random numbers meanwhile
            run = Run.open(run.folder)
        *_, finished = start(few_faces, run=run)

        assert isinstance(finished, Finished)
        for name in ("best", "last"):
            expected = load_face_model(getattr(whole, name))
            found = load_face_model(getattr(run, name))
            assert_same_weights(found, expected)
            assert found.epoch == expected.epoch
        assert_same_weights(finished.model, load_face_model(whole.best))
        for found_row, row in zip(run.rows(), whole.rows(), strict=True):
            assert found_row._replace(seconds=0) == row._replace(seconds=0)

    @pytest.mark.parametrize("here", [True, False])
    def test_it_computes_as_before_on_the_same_processor_only(
        self, here: bool, run: Run, few_faces: FaceSet
    ) -> None:
        own = Arithmetic.by_trial(CPU)
        method = "newton-schulz-float32"
        before = Arithmetic("float32", method, own.processor if here else "Another")
        list(start(few_faces, run=run, arithmetic=before))

        list(start(few_faces, replace(CONFIG, epochs=3), run=run))

        state = Run.open(run.folder).state()
        assert state is not None
        assert state["epoch"] == 3
        assert Arithmetic.from_dict(state["arithmetic"]) == (before if here else own)

    def test_a_run_of_another_kind_of_device_goes_on(self, run: Run, few_faces: FaceSet) -> None:
        list(start(few_faces, run=run))
        state = run.state()
        assert state is not None
        state["dropout_random"] = torch.zeros(16, dtype=torch.uint8)  # as CUDA's generator has it
        run.save_state(state)

        *_, finished = start(few_faces, replace(CONFIG, epochs=3), run=run)

        assert isinstance(finished, Finished)

    def test_a_run_of_an_earlier_version_goes_on(self, run: Run, few_faces: FaceSet) -> None:
        list(start(few_faces, run=run))
        state = run.state()
        assert state is not None
        state["low_precision"] = True
        del state["arithmetic"]
        run.save_state(state)

        *_, finished = start(few_faces, replace(CONFIG, epochs=3), run=run)

        assert isinstance(finished, Finished)

    @pytest.mark.usefixtures("every_step")
    def test_it_says_where_it_goes_on(self, run: Run, few_faces: FaceSet) -> None:
        events = start(few_faces, run=run)
        take(events, lambda event: isinstance(event, Progress) and event.epoch == 2)
        close(events)
        events = start(few_faces, run=run)
        begin, report = next(events), next(events)
        close(events)
        assert isinstance(begin, Started)
        assert begin.first_epoch == 2
        assert isinstance(report, Progress)
        assert (report.epoch, report.step) == (2, 2)

    def test_a_finished_run_is_finished_at_once(self, run: Run, few_faces: FaceSet) -> None:
        *_, before = start(few_faces, run=run)
        begin, after = start(few_faces, run=run)
        assert isinstance(begin, Started)
        assert isinstance(before, Finished)
        assert isinstance(after, Finished)
        assert (after.best_epoch, after.best_mse) == (before.best_epoch, before.best_mse)
        assert_same_weights(after.model, before.model)

    def test_more_epochs_can_follow(self, run: Run, few_faces: FaceSet) -> None:
        list(start(few_faces, run=run))
        epochs = [
            event.epoch
            for event in start(few_faces, replace(CONFIG, epochs=3), run=run)
            if isinstance(event, EpochDone)
        ]
        assert epochs == [3]
        assert [row.epoch for row in run.rows()] == [1, 2, 3]

    @pytest.mark.parametrize("kind", ["text", "another dictionary", "another network"])
    def test_a_damaged_state_is_told_and_kept(
        self, kind: str, run: Run, few_faces: FaceSet, tmp_path: Path
    ) -> None:
        state = run.folder / "state.pt"
        if kind == "text":
            state.write_text("Hello")
        elif kind == "another dictionary":
            torch.save({"epoch": 1}, state)
        else:
            other = Run.create(CONFIG, "Patches", tmp_path / "other")
            list(start(few_faces, replace(CONFIG, latent_dim=8, epochs=1), run=other))
            shutil.copy(other.folder / "state.pt", state)
        before = files(run.folder)
        with pytest.raises(RunError, match=run.folder.name):
            next(start(few_faces, run=run))
        assert files(run.folder) == before

    @pytest.mark.parametrize(
        "kind", ["no batch", "epoch", "other best weights", "moments", "nan", "nan moments"]
    )
    def test_a_state_that_no_training_saved_is_told(
        self, kind: str, run: Run, few_faces: FaceSet
    ) -> None:
        list(start(few_faces, replace(CONFIG, epochs=1), run=run))
        state = torch.load(run.folder / "state.pt", weights_only=True)
        if kind == "no batch":
            state["batch_size"] = 0
        elif kind == "epoch":
            state["epoch"] = -1
        elif kind == "other best weights":
            state["best_weights"] = {"weight": torch.zeros(1)}
        elif kind == "nan":
            state["network"]["decoder.1.bias"].fill_(torch.nan)
        elif kind == "nan moments":
            state["optimizers"][0]["state"][0]["momentum"].fill_(torch.nan)
        else:
            for moments in state["optimizers"][0]["state"].values():
                moments |= {name: torch.zeros(7) for name in moments}
        torch.save(state, run.folder / "state.pt")
        with pytest.raises(RunError, match="doesn't fit its configuration"):
            next(start(few_faces, run=run))


def rates(events: Iterable[Event]) -> dict[tuple[int, int], float]:
    """Return the learning rate of each step that was reported."""
    return {
        (event.epoch, event.step): event.learning_rate
        for event in events
        if isinstance(event, Progress) and event.loss is not None
    }


def at(epoch: int, step: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Progress) and (event.epoch, event.step) == (epoch, step)


quick = partial(start, arithmetic=FULL)
"""Trains without the trial of a second."""


@pytest.mark.usefixtures("every_step")
class TestSteering:
    """A training that is prolonged, shortened or finished while it is under way."""

    LONG = replace(CONFIG, epochs=4)

    def test_finishing_bends_the_rate_to_zero_without_a_jump(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        steering = Steering()
        events = quick(few_faces, self.LONG, run=run, steering=steering)
        before = list(itertools.takewhile(lambda event: not at(1, 2)(event), events))
        steering.ask(FinishNow(1))
        after = list(events)

        changed = [event.plan for event in after if isinstance(event, Replanned)]
        assert [(plan.epochs, plan.cause) for plan in changed] == [(2, "finish")]
        now = 0.02 * (1 - 2 / 12)  # of the third of twelve steps, the first of four to the end
        assert list(rates([*before, *after]).values()) == pytest.approx(
            [0.02, now, now * 3 / 4, now * 2 / 4, now / 4]
        )
        assert isinstance(after[-1], Finished)
        assert [row.epoch for row in run.rows()] == [1, 2]
        assert run.summary().is_finished
        assert run.summary().epochs_planned == 2

    def test_more_epochs_can_be_asked_for_in_the_last_one(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        steering = Steering()
        events = quick(few_faces, run=run, steering=steering)
        take(events, lambda event: isinstance(event, EpochDone) and event.epoch == 2)
        steering.ask(SetEpochs(4))
        rest = list(events)
        assert [event.epoch for event in rest if isinstance(event, EpochDone)] == [3, 4]
        # The rate had come to zero: it rises to that of the third of four epochs.
        left = [0.01 * (1 - step / 6) for step in range(6)]
        assert list(rates(rest).values()) == pytest.approx(left)

    def test_fewer_epochs_than_begun_end_with_the_one_under_way(self, few_faces: FaceSet) -> None:
        steering = Steering()
        events = quick(few_faces, self.LONG, steering=steering)
        take(events, at(2, 1))
        steering.ask(SetEpochs(1))
        *_, done, _snapshot, finished = events
        assert isinstance(done, EpochDone)
        assert done.epoch == 2
        assert isinstance(finished, Finished)

    def test_the_time_left_is_that_of_the_new_end(self, few_faces: FaceSet) -> None:
        steering = Steering()
        events = quick(few_faces, self.LONG, steering=steering)
        steering.ask(SetEpochs(1))
        take(events, at(1, 3))
        ended = take(events, at(1, 3))
        close(events)
        assert isinstance(ended, Progress)
        assert ended.remaining_s == 0

    @pytest.mark.parametrize("stop", [(1, 3), (2, 1), (2, 3)])
    @pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged file"])
    def test_a_bent_plan_goes_on_bit_for_bit_the_same(
        self, stop: tuple[int, int], damaged: bool, run: Run, few_faces: FaceSet, tmp_path: Path
    ) -> None:
        whole = Run.create(self.LONG, "Patches", tmp_path / "whole")
        for one in (whole, run):
            steering = Steering()
            events = quick(few_faces, self.LONG, run=one, steering=steering)
            take(events, at(1, 2))
            steering.ask(FinishNow(2))
            if one is run:
                take(events, at(*stop))
                close(events)
                if damaged:
                    (run.folder / "plan.json").write_text("{")
                events = quick(few_faces, self.LONG, run=run)
                begin, change = next(events), next(events)
                assert isinstance(begin, Started)
                assert begin.epochs == 3
                assert isinstance(change, Replanned)
            list(events)
        assert run.plan() == whole.plan()
        assert len(run.rows()) == 3
        for row, expected in zip(run.rows(), whole.rows(), strict=True):
            assert row._replace(seconds=0) == expected._replace(seconds=0)
        assert_same_weights(load_face_model(run.last), load_face_model(whole.last))

    def test_what_was_asked_of_a_paused_training_is_kept_when_it_is_stopped(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        steering = Steering()
        events = quick(few_faces, self.LONG, run=run, steering=steering)
        take(events, at(1, 2))
        steering.ask(FinishNow(1))
        close(events)
        assert run.plan().epochs == 2
        assert [event.epoch for event in quick(few_faces, self.LONG, run=run) if done(event)] == [
            1,
            2,
        ]

    def test_a_finished_run_goes_on_with_more_epochs(self, run: Run, few_faces: FaceSet) -> None:
        list(quick(few_faces, run=run))
        steering = Steering()
        steering.ask(SetEpochs(4))
        begin, *events = quick(few_faces, run=run, steering=steering)
        assert isinstance(begin, Started)
        assert (begin.first_epoch, begin.epochs) == (3, 4)
        assert rates(events)[3, 1] == pytest.approx(0.01)
        assert rates(events)[4, 3] == pytest.approx(0.01 / 6)
        assert run.summary().epochs_done == run.summary().epochs_planned == 4

    def test_a_plan_that_cannot_be_saved_is_told_and_tried_again(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        steering = Steering()
        events = quick(few_faces, self.LONG, run=run, steering=steering)
        take(events, at(1, 1))
        (run.folder / "plan.json").mkdir()
        steering.ask(SetEpochs(2))
        notice = take(events, lambda event: isinstance(event, Notice))
        assert isinstance(notice, Notice)
        assert "The changed number of epochs couldn't be saved" in notice.text
        (run.folder / "plan.json").rmdir()
        assert isinstance(list(events)[-1], Finished)
        assert run.plan().epochs == 2

    def test_patience_ends_a_training_with_a_falling_rate(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        # No epoch is better by half, but for the first, which has none before it.
        stuck = {"patience": 2, "least_improvement": 0.5, "learning_rate": 1e-6}
        config = replace(CONFIG, epochs=9, batch_size=48, schedule="step", **stuck)
        events = list(quick(few_faces, config, run=run))
        (plan,) = [event.plan for event in events if isinstance(event, Replanned)]
        assert (plan.epochs, plan.cause) == (4, "patience")
        assert [row.epoch for row in run.rows()] == [1, 2, 3, 4]
        assert rates(events)[4, 1] == 1e-6
        assert plan.bends[0] == (3.0, 1.0, 4.0)
        assert run.summary().is_finished
        finished = events[-1]
        assert isinstance(finished, Finished)
        assert finished.best_mse == min(row.test_mse for row in run.rows())

    def test_patience_goes_on_where_a_training_was_stopped(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        stuck = {"patience": 2, "least_improvement": 0.5, "learning_rate": 1e-6}
        config = replace(CONFIG, epochs=9, batch_size=48, schedule="step", **stuck)
        events = quick(few_faces, config, run=run)
        take(events, lambda event: isinstance(event, Snapshot) and event.model.epoch == 2)
        close(events)
        list(quick(few_faces, config, run=run))
        assert run.plan().epochs == 4

    def test_an_epoch_that_improves_enough_keeps_the_patience(self, few_faces: FaceSet) -> None:
        config = replace(CONFIG, epochs=4, batch_size=8, patience=1, least_improvement=0.0)
        events = list(quick(few_faces, config))
        losses = [event.test_mse for event in events if isinstance(event, EpochDone)]
        assert losses == sorted(losses, reverse=True)
        assert len(losses) == 4
        assert not any(isinstance(event, Replanned) for event in events)


def done(event: Event) -> TypeGuard[EpochDone]:
    return isinstance(event, EpochDone)


class TestStopping:
    @pytest.mark.usefixtures("every_step")
    def test_closing_keeps_the_very_last_step(self, run: Run, few_faces: FaceSet) -> None:
        events = start(few_faces, run=run)
        take(events, lambda event: isinstance(event, Progress) and event.step == 2)
        assert not run.last.exists()
        close(events)

        last = load_face_model(run.last)
        assert (last.epoch, last.config) == (0, CONFIG)
        state = run.state()
        assert state is not None
        assert (state["epoch"], state["step"]) == (0, 2)
        for name, value in weights(last).items():
            assert torch.equal(value, state["network"][name])
        assert run.rows() == []
        assert not run.best.exists()

    def test_closing_before_the_first_step_leaves_nothing(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        before = files(run.folder)
        events = start(few_faces, run=run)
        next(events)
        close(events)
        assert files(run.folder) == before

    def test_every_epoch_is_kept_at_once(self, run: Run, few_faces: FaceSet) -> None:
        events = start(few_faces, run=run)
        done = take(events, lambda event: isinstance(event, EpochDone))
        assert isinstance(done, EpochDone)
        rows, best, state = run.rows(), load_face_model(run.best), run.state()
        close(events)
        assert [row.test_mse for row in rows] == [done.test_mse] == [best.test_mse]
        assert best.epoch == 1
        assert state is not None
        assert (state["epoch"], state["step"]) == (1, 0)

    def test_a_finished_run_has_all_its_files(self, run: Run, few_faces: FaceSet) -> None:
        *_, finished = start(few_faces, run=run)
        assert isinstance(finished, Finished)
        assert_same_weights(load_face_model(run.best), finished.model)
        assert load_face_model(run.best).test_mse == finished.best_mse
        assert load_face_model(run.last).epoch == 2
        assert [row.epoch for row in run.rows()] == [1, 2]

    def test_the_last_model_knows_its_error_only_right_after_an_epoch(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        events = start(few_faces, run=run)
        done = take(events, lambda event: isinstance(event, EpochDone))
        close(events)
        assert isinstance(done, EpochDone)
        assert load_face_model(run.last).test_mse == done.test_mse

        close_at_once = start(few_faces, run=Run.open(run.folder))
        next(close_at_once)
        close(close_at_once)
        assert load_face_model(run.last).test_mse == done.test_mse

    @pytest.mark.usefixtures("every_step")
    def test_the_last_model_was_not_measured_after_further_steps(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        events = start(few_faces, run=run)
        take(events, lambda event: isinstance(event, Progress) and event.epoch == 2)
        close(events)
        assert load_face_model(run.last).test_mse is None

    def test_the_device_and_the_faces_of_an_epoch_are_kept(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        events = list(start(few_faces, run=run))
        started = next(event for event in events if isinstance(event, Started))
        done = [event for event in events if isinstance(event, EpochDone)]
        summary = run.summary()
        assert summary.device == started.device
        assert summary.seconds == sum(event.seconds for event in done)
        seen = len(done) * started.train_images
        assert summary.images_per_s == pytest.approx(seen / summary.seconds)

    def test_previews_are_kept_with_their_originals(self, run: Run, few_faces: FaceSet) -> None:
        done = [event for event in start(few_faces, run=run) if isinstance(event, EpochDone)]
        assert run.preview_epochs() == [1, 2]
        for event in done:
            preview = run.preview(event.epoch)
            assert preview is not None
            np.testing.assert_array_equal(preview, event.preview)
        originals = run.originals()
        assert originals is not None
        rows = few_faces.split()[1][:PREVIEW_FACES]
        np.testing.assert_array_equal(originals, few_faces.images[rows])

    def test_a_run_is_trained_by_one_at_a_time(self, run: Run, few_faces: FaceSet) -> None:
        first = start(few_faces, run=run)
        next(first)
        assert run.summary().is_running
        with pytest.raises(RunError, match="being trained already"):
            next(start(few_faces, run=run))
        assert isinstance(list(first)[-1], Finished)
        assert not run.summary().is_running

    def test_a_training_that_fails_frees_its_run(
        self, run: Run, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch, pytest.raises(TrainingError):
            break_loss(patch, 1)
            list(start(few_faces, run=run))
        assert isinstance(list(start(few_faces, run=run))[-1], Finished)

    def test_without_a_run_nothing_is_written(self, few_faces: FaceSet, tmp_path: Path) -> None:
        list(start(few_faces, replace(CONFIG, epochs=1)))
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


class TestBeginning:
    """A training may begin with the weights of a model."""

    def test_it_goes_on_from_the_weights_of_the_model(self, few_faces: FaceSet) -> None:
        model = trained(few_faces)
        slow = replace(CONFIG, epochs=1, optimizer="adam", learning_rate=1e-6)
        last = take(train(slow, few_faces, start=model, device=CPU), is_finished)
        assert isinstance(last, Finished)
        for name, kernel in last.model.network.named_parameters():
            expected = model.network.get_parameter(name)
            assert torch.allclose(kernel, expected, atol=1e-5), name

    def test_the_latent_size_must_be_that_of_the_model(self, few_faces: FaceSet) -> None:
        model = trained(few_faces)
        with pytest.raises(ConfigError, match=r"latent_dim\) is 8, but .* has 16"):
            next(train(replace(CONFIG, latent_dim=8), few_faces, start=model, device=CPU))

    def test_a_run_stopped_before_its_first_step_still_begins_there(
        self, few_faces: FaceSet, run: Run
    ) -> None:
        model = trained(few_faces)
        stopped = train(CONFIG, few_faces, run=run, start=model, device=CPU)
        next(stopped)
        close(stopped)
        resumed = take(start(few_faces, run=Run.open(run.folder)), is_finished)
        whole = take(train(CONFIG, few_faces, start=model, device=CPU), is_finished)
        assert isinstance(resumed, Finished)
        assert isinstance(whole, Finished)
        assert_same_weights(resumed.model, whole.model)


def is_finished(event: Event) -> bool:
    return isinstance(event, Finished)


def break_loss(monkeypatch: pytest.MonkeyPatch, step: int, value: float = math.nan) -> None:
    """Let the loss of one training step, counted from 1, be no number."""
    whole, calls = functional.mse_loss, itertools.count(1)

    def broken(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        loss = whole(output, target, reduction=reduction)
        return loss * value if reduction == "mean" and next(calls) == step else loss

    monkeypatch.setattr(functional, "mse_loss", broken)


class TestTrouble:
    @pytest.mark.usefixtures("every_step")
    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_a_loss_that_is_no_number_ends_it_and_spoils_nothing(
        self, value: float, run: Run, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        break_loss(monkeypatch, STEPS + 2, value)
        events = start(few_faces, run=run)
        take(events, lambda event: isinstance(event, Snapshot))
        before = files(run.folder)
        with pytest.raises(TrainingError, match="in epoch 2.*last good epoch is kept"):
            list(events)
        assert files(run.folder) == before

    def test_the_end_of_an_epoch_notices_as_well(
        self, run: Run, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "REPORT_EVERY_S", 1e9)
        break_loss(monkeypatch, 1)
        with pytest.raises(TrainingError, match="in epoch 1.*No epoch was finished before"):
            list(start(few_faces, run=run))
        assert set(files(run.folder)) == {"machine.json", "run.json"}

    @pytest.mark.parametrize("stop", ["before a report", "after a report"])
    def test_spoilt_weights_that_nobody_noticed_yet_are_not_kept(
        self, stop: str, run: Run, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "REPORT_EVERY_S", 1e9)
        events = start(few_faces, run=run)
        take(events, lambda event: isinstance(event, Snapshot))
        before = files(run.folder)
        if stop == "before a report":
            break_loss(monkeypatch, STEPS)
            take(events, lambda event: isinstance(event, Progress))
        else:
            # The loss of this step is fine; only the weights after it are not.
            learn = Trainer.learn

            def spoil(trainer: Trainer, images: Tensor) -> None:
                learn(trainer, images)
                with torch.no_grad():
                    trainer._network.get_parameter("encoder.5.bias").fill_(math.nan)

            monkeypatch.setattr(Trainer, "learn", spoil)
            monkeypatch.setattr(training, "REPORT_EVERY_S", 0.0)
            take(events, lambda event: isinstance(event, Progress))
        close(events)
        assert files(run.folder) == before

    def test_a_run_goes_on_from_its_last_good_epoch(
        self, run: Run, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch, pytest.raises(TrainingError):
            break_loss(patch, STEPS + 2)
            list(start(few_faces, run=run))
        events = list(start(few_faces, run=run))
        assert [event.epoch for event in events if isinstance(event, EpochDone)] == [2]

    def test_a_folder_that_cannot_be_written_does_not_end_it(
        self, run: Run, few_faces: FaceSet
    ) -> None:
        events = start(few_faces, run=run)
        next(events)
        moved = run.folder.rename(run.folder.with_name("moved"))
        notice = take(events, lambda event: isinstance(event, Notice))
        done = next(events)
        moved.rename(run.folder)
        finished = list(events)[-1]

        assert isinstance(notice, Notice)
        assert "Epoch 1 couldn't be saved" in notice.text
        assert isinstance(done, EpochDone)
        assert isinstance(finished, Finished)
        assert load_face_model(run.last).epoch == 2

    def test_exhausted_memory_halves_the_batch(
        self, few_faces: FaceSet, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        learn = Trainer.learn

        def limited(trainer: Trainer, images: Tensor) -> None:
            if len(images) > 8:
                raise torch.OutOfMemoryError
            learn(trainer, images)

        monkeypatch.setattr(Trainer, "learn", limited)
        events = list(start(few_faces, run=run))
        notices = [event.text for event in events if isinstance(event, Notice)]
        assert notices == ["The device's memory is full: going on with batches of 8 faces."]
        assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2]

        state = run.state()
        assert state is not None
        assert state["batch_size"] == 8

    def test_memory_for_nothing_at_all_is_told(
        self, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_trainer: Trainer, _images: Tensor) -> None:
            raise torch.OutOfMemoryError

        monkeypatch.setattr(Trainer, "learn", full)
        with pytest.raises(TrainingError, match="memory is full"):
            list(start(few_faces))


class TestTimes:
    """Measured by a clock that goes on by half a second with every step, and when it is told."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        clock = SimpleNamespace(now=100.0)
        learn = Trainer.learn

        def slow(trainer: Trainer, images: Tensor) -> None:
            learn(trainer, images)
            clock.now += 0.5

        monkeypatch.setattr(Trainer, "learn", slow)
        monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: clock.now))
        return clock

    def test_speed_and_remaining_time(self, clock: SimpleNamespace, few_faces: FaceSet) -> None:
        reports = [event for event in start(few_faces) if isinstance(event, Progress)]
        assert {event.images_per_s for event in reports} == {32.0}
        assert [event.remaining_s for event in reports] == [2.5, 2, 1.5, 1.5, 1, 0.5, 0, 0]

    def test_a_pause_does_not_count(self, clock: SimpleNamespace, few_faces: FaceSet) -> None:
        events = []
        for event in start(few_faces):
            events.append(event)
            clock.now += 1000
        speeds = {event.images_per_s for event in events if isinstance(event, Progress)}
        assert speeds == {32.0}
        assert [event.seconds for event in events if isinstance(event, EpochDone)] == [1.5, 1.5]

    def test_reports_come_ten_times_a_second(
        self, clock: SimpleNamespace, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        learn = Trainer.learn

        def fast(trainer: Trainer, images: Tensor) -> None:
            learn(trainer, images)
            clock.now += 0.04 - 0.5

        monkeypatch.setattr(Trainer, "learn", fast)
        config = replace(CONFIG, epochs=1, batch_size=4)
        reports = [event for event in start(few_faces, config) if isinstance(event, Progress)]
        assert [event.step for event in reports] == [3, 6, 9, 12, 12]

    def test_a_resumed_epoch_counts_its_own_time(
        self, clock: SimpleNamespace, run: Run, few_faces: FaceSet
    ) -> None:
        events = start(few_faces, run=run)
        take(events, lambda event: isinstance(event, Progress) and event.step == 2)
        close(events)
        events = start(few_faces, run=run)
        report = take(events, lambda event: isinstance(event, Progress))
        close(events)
        assert isinstance(report, Progress)
        assert (report.images_per_s, report.remaining_s) == (32.0, 1.5)


def test_a_training_that_makes_room_computes_the_same(
    few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = trained(few_faces)
    monkeypatch.setattr(threads, "MAX_WAIT_S", 0.001)
    waits: list[float] = []
    give_way = threads.Foreground.give_way

    def count(own: threads.Foreground) -> None:
        waits.append(1)
        give_way(own)

    monkeypatch.setattr(threads.Foreground, "give_way", count)
    with threads.foreground.work():
        assert_same_weights(trained(few_faces), alone)
    assert len(waits) == CONFIG.epochs * STEPS


def test_the_time_of_a_pause_for_the_hand_is_not_that_of_an_epoch(
    few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(itertools.count())
    monkeypatch.setattr(threads.Foreground, "is_active", True)
    monkeypatch.setattr(
        threads.Foreground, "give_way", lambda _own: [next(clock) for _ in range(1000)]
    )
    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: float(next(clock))))
    done = take(start(few_faces), lambda event: isinstance(event, EpochDone))
    assert isinstance(done, EpochDone)
    assert done.seconds < 1000
