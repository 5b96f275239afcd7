"""The list of runs in the window: what the person sees of trainings, their own and others'."""

from __future__ import annotations

import csv
import errno
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import DEMO
from cae_gui.main_window import MainWindow
from cae_gui.train.run_list import RunItem, RunState
from cae_gui.train.training import Stopped
from model.config import planned_rates
from model.data.datasets import FaceSet
from model.events import EpochDone, Finished
from model.plots.curves import CurveRequest, Points
from model.runs.runs import Run
from model.runs.writer import Writer
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    Dialogs,
    picture_of,
    quick_preview,
    quick_train,
    reported,
    same_picture,
    save_faces,
    wait_for_file,
    wait_for_message,
)
from tests.gui.train.test_runs_state import record, recorded

LEFT = Qt.MouseButton.LeftButton
Open = Callable[[], MainWindow]
pytestmark = pytest.mark.usefixtures("quick_engine")


@pytest.fixture
def train(window: MainWindow, few_faces: FaceSet) -> MainWindow:
    """A window on the list of runs, sixty patches on show."""
    window.studio.faces.source, window.studio.faces.faces = "patches", few_faces
    window.studio.faces.changed.emit()
    window.tabs.setCurrentWidget(window.train)
    window.train.tabs.setCurrentWidget(window.train.runs)
    return window


def listed(window: MainWindow) -> list[RunItem]:
    model = window.train.runs.model
    return [model.item(row) for row in range(model.rowCount())]


def wait_for_runs(window: MainWindow, count: int, qtbot: QtBot) -> list[RunItem]:
    window.studio.runs.refresh()
    qtbot.waitUntil(lambda: len(listed(window)) == count, timeout=LOADING_MS)
    return listed(window)


def learn(window: MainWindow, qtbot: QtBot, epochs: int = 3) -> Path:
    """Train to the end and return the run's folder."""
    window.train.form.set_config(replace(SMALL, epochs=epochs))
    training = window.studio.training
    with reported(training, Finished, qtbot):
        qtbot.mouseClick(window.train.start, LEFT)
    qtbot.waitUntil(lambda: not training.is_active, timeout=LOADING_MS)
    assert training.folder is not None
    return training.folder


def begin(window: MainWindow, qtbot: QtBot) -> Path:
    """Start a training that doesn't end by itself."""
    window.train.form.set_config(replace(SMALL, epochs=10_000))
    with reported(window.studio.training, EpochDone, qtbot):
        qtbot.mouseClick(window.train.start, LEFT)
    assert window.studio.training.folder is not None
    return window.studio.training.folder


def open_run(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    window.train.runs.select(folder)
    qtbot.keyClick(window.train.runs.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.studio.runs.shown == folder, timeout=LOADING_MS)


def wait_until_followed(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until what is in the folder being followed was read for the first time."""
    status = window.train.status
    qtbot.waitUntil(lambda: status.text().startswith("Following"), timeout=LOADING_MS)


def compare(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    window.train.runs.select(folder)
    qtbot.keyClick(window.train.runs.view, Qt.Key.Key_Space)


def test_a_training_appears_and_is_finished_at_last(train: MainWindow, qtbot: QtBot) -> None:
    wait_for_runs(train, 0, qtbot)
    begin(train, qtbot)
    qtbot.waitUntil(
        lambda: [run.state for run in listed(train)] == [RunState.RUNNING], timeout=LOADING_MS
    )
    done = listed(train)[0].epochs_done
    qtbot.waitUntil(lambda: listed(train)[0].epochs_done > done, timeout=LOADING_MS)
    assert listed(train)[0].faces == "Patches"
    qtbot.mouseClick(train.train.stop, LEFT)
    qtbot.waitUntil(lambda: listed(train)[0].state is RunState.STOPPED, timeout=LOADING_MS)
    learn(train, qtbot)
    qtbot.waitUntil(
        lambda: [run.state for run in listed(train)] == [RunState.FINISHED, RunState.STOPPED],
        timeout=LOADING_MS,
    )
    assert listed(train)[0].numbers == "3 of 3 epochs · best 0.03333"


def test_runs_of_one_minute_are_told_apart(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1)
    about = json.loads((run.folder / "run.json").read_text())
    for name, second in (("a", 12), ("b", 47)):
        about["started"] = f"2024-03-02T14:05:{second}+00:00"
        folder = run.folder.with_name(name)
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps(about))
    runs = wait_for_runs(train, 3, qtbot)
    assert [item.title[-3:] for item in runs[:2]] == [":47", ":12"]
    assert runs[2].title.count(":") == 1


def test_a_discarded_training_leaves_the_list(train: MainWindow, qtbot: QtBot) -> None:
    begin(train, qtbot)
    wait_for_runs(train, 1, qtbot)
    qtbot.mouseClick(train.train.discard, LEFT)
    qtbot.waitUntil(lambda: listed(train) == [], timeout=LOADING_MS)


def test_a_run_of_another_program_is_listed_when_the_tab_is_shown(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    train.train.show_settings()
    recorded(few_faces, 1)
    train.train.tabs.setCurrentWidget(train.train.runs)
    qtbot.waitUntil(lambda: len(listed(train)) == 1, timeout=LOADING_MS)


def test_opening_shows_curves_and_faces_and_uses_the_model(
    train: MainWindow, few_faces: FaceSet, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 4)
    answers.path = tmp_path / "model.safetensors"
    train.saving.save_model()
    wait_for_file(answers.path, qtbot)
    run.best.write_bytes(answers.path.read_bytes())
    learn(train, qtbot)
    wait_for_runs(train, 2, qtbot)
    open_run(train, run.folder, qtbot)
    qtbot.waitUntil(lambda: train.train.epochs.epoch() == 4, timeout=LOADING_MS)
    assert train.train.plot._history.epochs == (1, 2, 3, 4)
    assert train.train.strip.count() == 10
    assert "4 of 2 epochs" in train.train.status.text()
    assert "best 0.02500 in epoch 4" in train.train.status.text()
    models = train.studio.models
    qtbot.waitUntil(lambda: models.path == run.best, timeout=LOADING_MS)


def planned(epochs: int) -> Points:
    """The learning rates that runs of these tests plan."""
    return planned_rates(replace(SMALL, epochs=epochs))


def wait_for_picture(
    window: MainWindow, wanted: Callable[[CurveRequest], bool], qtbot: QtBot
) -> None:
    plot = window.train.plot
    qtbot.waitUntil(
        lambda: plot._shown is not None and wanted(plot._shown.request), timeout=LOADING_MS
    )


def test_curves_show_the_planned_rates_of_a_training_an_opened_and_a_followed_run(
    train: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    learn(train, qtbot, epochs=3)
    wait_for_picture(
        train,
        lambda shown: (
            shown.planned == planned(3) and [x for x, _ in shown.rates] == [0.5, 1.5, 2.5]
        ),
        qtbot,
    )
    earlier = recorded(few_faces, 1)
    wait_for_runs(train, 2, qtbot)
    open_run(train, earlier.folder, qtbot)
    wait_for_picture(
        train,
        lambda shown: (shown.planned, shown.rates, shown.history.epochs) == (planned(2), (), (1,)),
        qtbot,
    )
    followed = recorded(few_faces, 2, tmp_path / "cluster")
    with Writer(followed.folder):
        train.train.runs.follow_run(followed.folder)
        wait_for_picture(
            train,
            lambda shown: (shown.planned, shown.history.epochs) == (planned(2), (1, 2)),
            qtbot,
        )


def test_a_training_that_prepares_shows_its_axes_and_says_what_it_does(
    train: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    go_on = threading.Event()

    def slow(*arguments: Any, **named: Any) -> Iterator[Any]:
        assert go_on.wait(60)
        yield from quick_train(*arguments, **named)

    monkeypatch.setattr("model.training.training.train", slow)
    view = train.train
    view.form.set_config(replace(SMALL, epochs=3))
    qtbot.mouseClick(view.start, LEFT)
    assert not view.plot.is_empty()
    qtbot.waitUntil(lambda: "a new network and 60 faces" in view.status.text(), timeout=LOADING_MS)
    wait_for_picture(train, lambda shown: shown.planned == planned(3), qtbot)
    assert view.plot._history.epochs == ()
    with reported(train.studio.training, Finished, qtbot):
        go_on.set()


@pytest.mark.parametrize("at", ["model.runs.runs.Run.create", "model.training.training.train"])
def test_a_training_that_never_began_leaves_no_axes(
    at: str, train: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(*_arguments: Any, **_named: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device", "run")

    monkeypatch.setattr(at, fail)
    train.train.form.set_config(SMALL)
    qtbot.mouseClick(train.train.start, LEFT)
    assert not train.train.plot.is_empty()
    qtbot.waitUntil(train.train.plot.is_empty, timeout=LOADING_MS)
    assert train.train.start.isEnabled()


def test_a_training_that_never_began_brings_the_earlier_curves_back(
    train: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(*_arguments: Any, **_named: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device", "run")

    folder = learn(train, qtbot, epochs=3)
    monkeypatch.setattr("model.runs.runs.Run.create", fail)
    qtbot.mouseClick(train.train.start, LEFT)
    assert train.studio.runs.shown is None
    qtbot.waitUntil(lambda: train.studio.runs.shown == folder, timeout=LOADING_MS)
    assert train.train.plot._history.epochs == (1, 2, 3)
    assert train.train.bar.value() == train.train.bar.maximum()


def test_a_run_is_not_continued_on_too_few_faces(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1)
    wait_for_runs(train, 1, qtbot)
    train.studio.faces.faces = FaceSet(few_faces.title, few_faces.images[:1])
    train.continue_run(run.folder)
    assert "too few faces (1)" in train.messages.message()
    assert not train.studio.training.is_active


def test_a_run_without_a_model_says_so(train: MainWindow, few_faces: FaceSet, qtbot: QtBot) -> None:
    run = recorded(few_faces, 1)
    wait_for_runs(train, 1, qtbot)
    open_run(train, run.folder, qtbot)
    wait_for_message(train, qtbot, "no model yet")


def test_the_training_goes_on_behind_an_opened_run_and_comes_back(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    earlier = recorded(few_faces, 2)
    folder = begin(train, qtbot)
    wait_for_runs(train, 2, qtbot)
    open_run(train, earlier.folder, qtbot)
    with reported(train.studio.training, EpochDone, qtbot):
        pass
    assert train.train.plot._history.epochs == (1, 2)
    open_run(train, folder, qtbot)
    qtbot.waitUntil(lambda: len(train.train.plot._history.epochs) > 2, timeout=LOADING_MS)
    epochs = train.train.epochs
    qtbot.waitUntil(lambda: epochs.epoch() is not None, timeout=LOADING_MS)
    most = epochs.epoch() or 0
    qtbot.waitUntil(lambda: (epochs.epoch() or 0) > most, timeout=LOADING_MS)


def test_an_earlier_epoch_shows_its_own_reconstructions(train: MainWindow, qtbot: QtBot) -> None:
    learn(train, qtbot, epochs=5)
    strip, slider = train.train.strip, train.train.epochs.slider
    newest = picture_of(strip)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: not same_picture(newest, picture_of(strip)), timeout=LOADING_MS)
    assert train.train.epochs.text.text() == "Epoch 1  ·  test MSE 0.10000"
    originals, shown = strip._frames
    np.testing.assert_array_equal(shown, quick_preview(originals, 1))
    qtbot.keyClick(slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: same_picture(newest, picture_of(strip)), timeout=LOADING_MS)


def test_the_strip_stays_at_the_epoch_that_was_chosen(train: MainWindow, qtbot: QtBot) -> None:
    begin(train, qtbot)
    epochs = train.train.epochs
    qtbot.waitUntil(lambda: epochs.slider.maximum() >= 3, timeout=LOADING_MS)
    qtbot.keyClick(epochs.slider, Qt.Key.Key_Home)
    most = epochs.slider.maximum()
    qtbot.waitUntil(lambda: epochs.slider.maximum() > most, timeout=LOADING_MS)
    assert epochs.epoch() == 1


def test_a_compared_run_is_drawn_in_the_color_of_its_box(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 3)
    wait_for_runs(train, 1, qtbot)
    compare(train, run.folder, qtbot)
    plot = train.train.plot
    qtbot.waitUntil(lambda: bool(plot._others), timeout=LOADING_MS)
    [(label, epochs, losses)] = plot._others
    assert label == listed(train)[0].title
    assert (epochs, losses) == ((1, 2, 3), (0.1, 0.05, 0.1 / 3))
    qtbot.waitUntil(
        lambda: plot._shown is not None and plot._shown.request.others == plot._others,
        timeout=LOADING_MS,
    )
    assert plot._shown is not None
    color = train.train.runs.model.color(0)
    assert color is not None
    wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    assert (plot._shown.rgba[..., :3] == wanted).all(axis=-1).any()
    learn(train, qtbot)
    assert plot._others  # a training doesn't end a comparison
    compare(train, run.folder, qtbot)
    qtbot.waitUntil(lambda: not plot._others, timeout=LOADING_MS)


def test_a_run_is_continued_exactly_where_it_stopped(train: MainWindow, qtbot: QtBot) -> None:
    folder = begin(train, qtbot)
    with reported(train.studio.training, Stopped, qtbot):
        qtbot.mouseClick(train.train.stop, LEFT)
    qtbot.waitUntil(
        lambda: [run.state for run in listed(train)] == [RunState.STOPPED], timeout=LOADING_MS
    )
    done = len(Run.open(folder).rows())
    assert [run.folder for run in train.train.runs.selected()] == [folder]
    with reported(train.studio.training, EpochDone, qtbot) as blocker:
        qtbot.mouseClick(train.train.runs.go_on, LEFT)
    assert blocker.args[0].epoch == done + 1
    assert train.studio.training.folder == folder


def test_a_run_loads_its_own_faces_before_it_goes_on(
    train: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    source = save_faces(few_faces, tmp_path / "own")
    run = Run.create(replace(SMALL, epochs=10_000), "own", source=str(source))
    record(run, 1, few_faces)
    wait_for_runs(train, 1, qtbot)
    with reported(train.studio.training, EpochDone, qtbot) as blocker:
        train.continue_run(run.folder)
    assert blocker.args[0].epoch == 2
    assert train.studio.faces.source == str(source)


def test_faces_that_are_gone_are_a_sentence(
    train: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    run = Run.create(SMALL, "own", source=str(tmp_path / "gone"))
    unknown = Run.create(SMALL, "unknown")
    wait_for_runs(train, 2, qtbot)
    train.continue_run(run.folder)
    wait_for_message(train, qtbot, "needs its faces “own”")
    train.continue_run(unknown.folder)
    wait_for_message(train, qtbot, "learned from “unknown”")
    assert not train.studio.training.is_active
    assert train.studio.faces.faces is few_faces


def test_missing_lfw_is_offered_and_other_faces_end_the_wait(
    train: MainWindow, qtbot: QtBot
) -> None:
    run = Run.create(SMALL, "LFW", source="lfw")
    wait_for_runs(train, 1, qtbot)
    train.continue_run(run.folder)
    wait_for_message(train, qtbot, "isn't on this machine")
    with qtbot.waitSignal(train.studio.faces.changed, timeout=LOADING_MS):
        train.studio.faces.choose(DEMO)
    assert not train.studio.training.is_active


def test_a_run_trained_elsewhere_is_not_continued(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1)
    with Writer(run.folder):
        wait_for_runs(train, 1, qtbot)
        assert listed(train)[0].state is RunState.RUNNING
        train.continue_run(run.folder)
        assert "Another program" in train.messages.message()
        train.train.runs.select(run.folder)
        qtbot.keyClick(train.train.runs.view, Qt.Key.Key_Delete)
        assert "can't be deleted" in train.messages.message()
    assert run.folder.exists()


def test_settings_are_copied_into_the_form(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    config = replace(SMALL, epochs=77, latent_dim=33, learning_rate=0.0123)
    run = Run.create(config, few_faces.title)
    wait_for_runs(train, 1, qtbot)
    train.train.runs.select(run.folder)
    train.train.runs.copy.trigger()
    assert train.train.form.config() == config
    assert train.train.form.isVisible()


def test_settings_are_copied_while_a_training_is_under_way(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1)
    begin(train, qtbot)
    wait_for_runs(train, 2, qtbot)
    train.train.runs.select(run.folder)
    train.train.runs.copy.trigger()
    assert train.train.form.config() == run.config


@pytest.mark.parametrize("name", ["table.csv", "curves.png", "curves.svg"])
def test_a_run_is_exported_as_the_ending_says(
    name: str, train: MainWindow, few_faces: FaceSet, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 3)
    wait_for_runs(train, 1, qtbot)
    train.train.runs.select(run.folder)
    answers.path = tmp_path / name
    train.train.runs.export.trigger()
    wait_for_message(train, qtbot, f"Saved as “{name}”.")
    if name.endswith("csv"):
        with answers.path.open(newline="") as file:
            assert [row["test_mse"] for row in csv.DictReader(file)] == [
                "0.1",
                "0.05",
                str(0.1 / 3),
            ]
    elif name.endswith("png"):
        with Image.open(answers.path) as picture:
            assert picture.width > 1000
    else:
        assert "<svg" in answers.path.read_text("utf-8")


def test_deleting_asks_and_deletes_all_selected(
    train: MainWindow, few_faces: FaceSet, answers: Dialogs, qtbot: QtBot
) -> None:
    folders = [recorded(few_faces, 1).folder for _ in range(3)]
    wait_for_runs(train, 3, qtbot)
    open_run(train, folders[2], qtbot)
    train.train.runs.view.selectAll()
    answers.answer = False
    qtbot.keyClick(train.train.runs.view, Qt.Key.Key_Delete)
    assert all(map(Path.exists, folders))
    answers.answer = True
    train.train.runs.delete.trigger()
    qtbot.waitUntil(lambda: listed(train) == [], timeout=LOADING_MS)
    assert answers.asked == ["delete 3", "delete 3"]
    assert not any(map(Path.exists, folders))
    assert train.train.plot.is_empty()
    assert train.train.strip.count() == 0


def test_our_own_training_is_not_deleted(train: MainWindow, answers: Dialogs, qtbot: QtBot) -> None:
    folder = begin(train, qtbot)
    wait_for_runs(train, 1, qtbot)
    train.train.runs.select(folder)
    qtbot.keyClick(train.train.runs.view, Qt.Key.Key_Delete)
    assert "Stop that training first" in train.messages.message()
    assert answers.asked == []


def test_a_folder_is_followed_while_others_write_it(
    train: MainWindow, few_faces: FaceSet, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1, tmp_path / "cluster")
    view = train.train
    answers.path = run.folder
    with Writer(run.folder):
        view.runs.follow.trigger()
        qtbot.waitUntil(lambda: view.epochs.epoch() == 1, timeout=LOADING_MS)
        assert f"Following “{run.folder.name}”, epoch 1 of 2" in view.status.text()
        record(run, 2, few_faces)
        # A look between the writing of row and pictures finds one without the other.
        qtbot.waitUntil(lambda: view.epochs.epoch() == 2, timeout=LOADING_MS)
        qtbot.waitUntil(lambda: view.plot._history.epochs == (1, 2), timeout=LOADING_MS)
        np.testing.assert_array_equal(
            view.strip._frames[1], quick_preview(view.strip._frames[0], 2)
        )
        qtbot.waitUntil(lambda: "finished" in view.status.text(), timeout=LOADING_MS)
    view.runs.follow.trigger()
    assert "isn't followed any more" in view.status.text()
    assert view.plot._history.epochs == (1, 2)


def test_a_run_that_others_train_is_followed_when_opened(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1)
    with Writer(run.folder):
        wait_for_runs(train, 1, qtbot)
        train.train.runs.select(run.folder)
        qtbot.mouseClick(train.train.runs.open, LEFT)
        qtbot.waitUntil(lambda: train.train.strip.count() == 10, timeout=LOADING_MS)
    assert train.studio.runs.following == run.folder


def test_a_training_of_our_own_ends_following(
    train: MainWindow, few_faces: FaceSet, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = recorded(few_faces, 1, tmp_path / "cluster").folder
    train.train.runs.follow.trigger()
    wait_until_followed(train, qtbot)
    learn(train, qtbot)
    assert train.studio.runs.following is None
    assert train.train.plot._history.epochs == (1, 2, 3)


def test_a_followed_folder_that_vanishes_is_a_sentence(
    train: MainWindow, few_faces: FaceSet, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 1, tmp_path / "cluster")
    answers.path = run.folder
    train.train.runs.follow.trigger()
    wait_until_followed(train, qtbot)
    run.discard()
    wait_for_message(train, qtbot, "is gone")
    qtbot.waitUntil(lambda: "Stop" not in train.train.runs.follow.text())
    answers.path = tmp_path
    train.train.runs.follow.trigger()
    wait_for_message(train, qtbot, "isn't a run")


def test_a_folder_that_does_not_answer_is_told_of(
    train: MainWindow,
    answers: Dialogs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr("cae_gui.train.runs_page.PATIENCE_S", 0.0)
    silence = (None for _ in range(1000))
    monkeypatch.setattr("cae_gui.train.runs.follow", lambda _folder: silence)
    answers.path = tmp_path
    train.train.runs.follow.trigger()
    wait_for_message(train, qtbot, "hasn't answered")


def test_closing_while_following_and_listing_is_clean(
    open_window: Open, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    run = recorded(few_faces, 2, tmp_path / "cluster")
    window = open_window()
    window.train.runs.follow_run(run.folder)
    wait_until_followed(window, qtbot)
    window.studio.runs.refresh()
    window.studio.runs.open(run.folder, then=[].append)
    window.close()
    assert not any(job.isRunning() for job in window.studio.runs.jobs())


def test_a_run_of_the_demo_faces_comes_with_its_lines_to_beat_only_on_lfw(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    lfw = recorded(replace(few_faces, title="LFW"), 1)
    other = recorded(few_faces, 1)
    wait_for_runs(train, 2, qtbot)
    for run, lines in ((lfw, True), (other, False)):
        open_run(train, run.folder, qtbot)
        names = [label.split(":")[0] for label, _ in train.train.plot._references]
        assert ("Published network" in names) is lines
