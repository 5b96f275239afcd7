"""The errors of all faces: measuring them, their histogram, and the best and worst in the strip."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from cae_gui.core.errors import Problem
from cae_gui.core.faces import PHOTOS
from cae_gui.main_window import MainWindow
from cae_gui.reconstruct.errors_page import APART, GO_ON, NOTHING, ErrorsPage, Kind
from cae_gui.reconstruct.face_errors import Errors, Other, Shown
from cae_gui.reconstruct.page import ReconstructPage
from cae_gui.reconstruct.strip_panel import STRIP_FACES, TESTED
from cae_gui.studio import Studio
from model.checkpoint import FaceModel, save_model
from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.network import ConvAutoencoder
from model.plots.curves import mse_text
from model.runs.runs import Run
from tests.gui.conftest import (
    Dialogs,
    picture_of,
    same_picture,
    wait_for_answers,
    wait_for_file,
    wait_for_message,
)
from tests.gui.reconstruct.pages import reconstruct_page

LEFT = Qt.MouseButton.LeftButton
DARK, BRIGHT = 0.3, 0.7


def grey_model(level: float, config: TrainConfig | None = None) -> FaceModel:
    """A model that makes the same even grey of every face: the errors are known."""
    network = ConvAutoencoder(4).eval().requires_grad_(False)
    norm = network.decoder[-1][2]
    norm.weight.zero_()
    norm.bias.fill_(level)
    return FaceModel(network, config=config)


def errors_of(level: float, faces: FaceSet) -> NDArray[np.float64]:
    """The MSE of each face with such a model."""
    return np.square(faces.images / 255 - level).mean(axis=(1, 2, 3))


def show_faces(studio: Studio, faces: FaceSet, source: str = "patches") -> None:
    studio.faces.source, studio.faces.faces = source, faces
    studio.faces.changed.emit()


def finished(errors: Errors, qtbot: QtBot) -> Shown:
    """What is shown once all is measured."""
    qtbot.waitUntil(lambda: not errors.is_running)
    shown = errors.shown()
    assert shown is not None
    assert all(part.is_complete for part in shown.models)
    return shown


def kept(model: FaceModel, path: Path) -> Other:
    save_model(path, model)
    return Other(path.name, path)


class TestMeasuring:
    @pytest.fixture
    def errors(self, studio: Studio, few_faces: FaceSet) -> Errors:
        show_faces(studio, few_faces)
        studio.models.adopt(grey_model(DARK), "Dark")
        return studio.errors

    def test_nothing_is_measured_before_it_is_looked_at(
        self, errors: Errors, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        assert not errors.is_running
        errors.look(True)
        assert errors.is_running
        shown = finished(errors, qtbot)
        np.testing.assert_array_equal(shown.rows, np.arange(60))
        np.testing.assert_allclose(shown.mse[0], errors_of(DARK, few_faces), rtol=1e-4)
        assert shown.words().startswith("60 faces, all of “Patches”")
        assert "isn't known" in shown.words()

    def test_of_the_faces_that_a_run_learned_from_the_test_faces_are_measured(
        self, errors: Errors, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        config = TrainConfig(test_percent=30, seed=5)
        run = Run.create(config, "Patches")
        run.save_best(model := grey_model(BRIGHT, config))
        studio.models.adopt(model, "Run", run.best)
        errors.look(True)
        shown = finished(errors, qtbot)
        np.testing.assert_array_equal(shown.rows, few_faces.split(30, 5)[1])
        assert shown.words() == "18 test faces of “Patches”, which its training left out."
        others = replace(few_faces, title="Others")
        show_faces(studio, others)
        shown = finished(errors, qtbot)
        assert len(shown.rows) == 60
        assert "learned from “Patches”" in shown.words()
        show_faces(studio, few_faces, PHOTOS)
        assert "no training saw them" in finished(errors, qtbot).words()

    def test_another_model_in_the_middle_takes_its_place(
        self, errors: Errors, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        many = FaceSet("Many", np.concatenate([few_faces.images] * 8))
        show_faces(studio, many)
        errors.look(True)
        qtbot.waitUntil(lambda: errors.shown() is not None)
        partly = errors.shown()
        assert partly is not None
        assert len(partly.rows) < len(many.images)
        studio.models.adopt(grey_model(BRIGHT), "Bright")
        assert errors.shown() is None
        shown = finished(errors, qtbot)
        np.testing.assert_allclose(shown.mse[0], errors_of(BRIGHT, many), rtol=1e-4)

    def test_what_is_stopped_goes_on_where_it_ended(
        self, errors: Errors, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        many = FaceSet("Many", np.concatenate([few_faces.images] * 8))
        show_faces(studio, many)
        errors.look(True)
        qtbot.waitUntil(lambda: errors.shown() is not None)
        errors.cancel()
        qtbot.waitUntil(lambda: not errors.is_running)
        errors.look(True)
        assert not errors.is_running
        partly = errors.shown()
        assert partly is not None
        assert 0 < len(partly.rows) < len(many.images)
        errors.go_on()
        shown = finished(errors, qtbot)
        np.testing.assert_array_equal(shown.mse[0][: len(partly.rows)], partly.mse[0])
        np.testing.assert_allclose(shown.mse[0], errors_of(DARK, many), rtol=1e-4)

    def test_what_was_measured_isn_t_measured_again(
        self, errors: Errors, studio: Studio, qtbot: QtBot
    ) -> None:
        errors.look(True)
        finished(errors, qtbot)
        first = studio.models.model
        assert first is not None
        studio.models.adopt(grey_model(BRIGHT), "Bright")
        finished(errors, qtbot)
        told: list[tuple[int, int]] = []
        errors.busy.connect(lambda _text, done, total: told.append((done, total)))
        studio.models.adopt(first, "Dark again")
        shown = finished(errors, qtbot)
        assert shown.models[0].title == "Dark again"
        assert told == [(60, 60)]

    def test_two_models_are_compared_on_the_test_faces_of_both(
        self, errors: Errors, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        tests = []
        for seed, level in ((0, DARK), (1, BRIGHT)):
            config = TrainConfig(test_percent=50, seed=seed)
            run = Run.create(config, "Patches")
            run.save_best(model := grey_model(level, config))
            tests.append(few_faces.split(50, seed)[1])
            if seed == 0:
                studio.models.adopt(model, "A", run.best)
            else:
                errors.compare(Other("B", run.best))
        errors.look(True)
        shown = finished(errors, qtbot)
        both = np.intersect1d(*tests)
        assert 0 < len(both) < 30
        np.testing.assert_array_equal(shown.rows, both)
        for mse, level in zip(shown.mse, (DARK, BRIGHT), strict=True):
            np.testing.assert_allclose(mse, errors_of(level, few_faces)[both], rtol=1e-4)
        errors.compare(None)
        assert len(finished(errors, qtbot).mse) == 1

    def test_two_models_without_a_common_test_face(
        self, errors: Errors, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        first = set(few_faces.split(10, 0)[1])
        apart = next(s for s in range(1, 99) if first.isdisjoint(few_faces.split(10, s)[1]))
        for seed in (0, apart):
            config = TrainConfig(test_percent=10, seed=seed)
            run = Run.create(config, "Patches")
            run.save_best(model := grey_model(DARK, config))
            if seed == 0:
                studio.models.adopt(model, "A", run.best)
            else:
                errors.compare(Other("B", run.best))
        page = ErrorsPage(errors)
        qtbot.addWidget(page)
        errors.look(True)
        assert len(finished(errors, qtbot).mse) == 1
        assert page.words.text() == APART
        assert not len(page.picked(Kind.FIRST_BETTER, 20).rows)
        errors.compare(None)
        assert page.words.text() != APART

    def test_while_a_training_is_followed_errors_stay_until_the_next_are_there(
        self, errors: Errors, studio: Studio, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
    ) -> None:
        errors.look(True)
        studio.models.adopt(grey_model(DARK), "First", snapshot_of=tmp_path)
        finished(errors, qtbot)
        are_complete: list[bool] = []

        def note() -> None:
            shown = errors.shown()
            are_complete.append(shown is not None and shown.models[0].is_complete)

        errors.changed.connect(note)
        for title, level in (("Second", 0.5), ("Third", BRIGHT)):
            studio.models.adopt(grey_model(level), title, snapshot_of=tmp_path)
        qtbot.waitUntil(lambda: (now := errors.shown()) and now.models[0].title == "Third")
        assert all(are_complete)
        shown = finished(errors, qtbot)
        np.testing.assert_allclose(shown.mse[0], errors_of(BRIGHT, few_faces), rtol=1e-4)

    def test_a_file_that_is_no_model_is_told(
        self, errors: Errors, studio: Studio, tmp_path: Path, qtbot: QtBot
    ) -> None:
        problems: list[Problem] = []
        studio.problem.connect(problems.append)
        path = tmp_path / "nothing.safetensors"
        path.write_bytes(b"nothing")
        errors.compare(Other("Nothing", path))
        errors.look(True)
        qtbot.waitUntil(lambda: bool(problems))
        assert "nothing.safetensors" in problems[0].text
        assert errors.other is None
        assert len(finished(errors, qtbot).mse) == 1


@pytest.fixture
def picked() -> list[int]:
    """The rows of the faces that were clicked."""
    return []


@pytest.fixture
def page(studio: Studio, few_faces: FaceSet, picked: list[int], qtbot: QtBot) -> ReconstructPage:
    """Reconstruct with a model that makes dark grey of sixty faces; the errors are on show."""
    page = reconstruct_page(studio, picked.append)
    qtbot.addWidget(page)
    page.resize(1300, 700)
    show_faces(studio, few_faces)
    studio.models.adopt(grey_model(DARK), "Dark")
    with qtbot.waitExposed(page):
        page.show()
    page.inspector.tabs.setCurrentWidget(page.errors)
    return page


def wait_for_strip(studio: Studio, page: ReconstructPage, count: int, qtbot: QtBot) -> None:
    """Wait until all is measured and the strip shows so many faces."""
    qtbot.waitUntil(lambda: not studio.errors.is_running)
    wait_for_answers(studio.tasks.job, qtbot)
    assert page.strip.count() == count


def numbers(page: ReconstructPage) -> list[list[str]]:
    return [[label.text() for label in row] for row in page.errors.numbers]


class TestPage:
    def test_the_worst_and_the_best_faces_are_in_the_strip(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        picked: list[int],
        qtbot: QtBot,
    ) -> None:
        known = errors_of(DARK, few_faces)
        order = np.argsort(-known)
        qtbot.waitUntil(lambda: page.strip_title.text() == "Worst 20 of 60")
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        qtbot.mouseClick(page.strip, LEFT, pos=page.strip.frame_rect(0, 1).center())
        assert picked == [order[0]]
        assert mse_text(known[order[0]]) in page.strip.accessibleDescription()
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Return):
            qtbot.keyClick(page.strip, key)
        assert picked[1:] == [order[1], order[1]]
        page.below.choose(Kind.BEST)
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        qtbot.keyClick(page.strip, Qt.Key.Key_Home)
        assert picked[-1] == order[-1]
        assert page.strip_title.text() == "Best 20 of 60"

    def test_numbers_sum_the_errors_up(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        assert not page.errors.export.isEnabled()
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        known = errors_of(DARK, few_faces)
        wanted = known.mean(), np.median(known), np.percentile(known, 95)
        assert numbers(page) == [[mse_text(value), ""] for value in wanted]
        assert page.errors.words.text().startswith("60 faces, all of “Patches”")
        before = picture_of(page.errors.histogram)
        page.errors.show_face(float(np.sort(known)[44]))
        assert page.errors.place.text().endswith("better than 25 %")
        assert not same_picture(before, picture_of(page.errors.histogram))
        page.errors.show_face(None)
        assert same_picture(before, picture_of(page.errors.histogram))

    def test_a_bar_shows_its_faces(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        picked: list[int],
        qtbot: QtBot,
    ) -> None:
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        histogram, known = page.errors.histogram, errors_of(DARK, few_faces)
        qtbot.keyClick(histogram, Qt.Key.Key_End)
        assert page.below.kind is Kind.BAR
        high = known >= histogram.edges[-2]
        wait_for_strip(studio, page, int(high.sum()), qtbot)
        qtbot.keyClick(page.strip, Qt.Key.Key_End)
        assert picked == [known.argmax()]
        bar = int(np.searchsorted(histogram.edges, known[0]) - 1)
        qtbot.mouseClick(histogram, LEFT, pos=histogram.bar_rect(bar).center())
        inside = (histogram.edges[bar] <= known) & (known < histogram.edges[bar + 1])
        wait_for_strip(studio, page, int(inside.sum()), qtbot)
        assert histogram.words(bar) == page.strip_title.text()
        assert histogram.words(bar) == histogram.accessibleDescription()

    def test_two_models_side_by_side(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        picked: list[int],
        tmp_path: Path,
        qtbot: QtBot,
    ) -> None:
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        height, alone = page.below.sizeHint().height(), picture_of(page.errors.histogram)
        studio.errors.compare(kept(grey_model(BRIGHT), tmp_path / "bright.safetensors"))
        shown = finished(studio.errors, qtbot)
        gain = errors_of(BRIGHT, few_faces) - errors_of(DARK, few_faces)
        assert not same_picture(alone, picture_of(page.errors.histogram))
        assert [name.title() for name in page.errors.names] == ["Dark", "bright.safetensors"]
        assert mse_text(errors_of(BRIGHT, few_faces).mean()) in numbers(page)[0][1]
        for kind, best in ((Kind.FIRST_BETTER, gain.argmax()), (Kind.SECOND_BETTER, gain.argmin())):
            page.below.choose(kind)
            count = int((gain > 0).sum() if kind is Kind.FIRST_BETTER else (gain < 0).sum())
            wait_for_strip(studio, page, min(count, STRIP_FACES), qtbot)
            assert f"better at {count} of 60" in page.strip_title.text()
            qtbot.mouseClick(page.strip, LEFT, pos=page.strip.frame_rect(0, 2).center())
            assert picked[-1] == best
            assert page.below.sizeHint().height() > height
        assert len(shown.models) == 2
        studio.errors.compare(None)
        assert page.below.kind is Kind.WORST
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        assert page.below.sizeHint().height() == height

    def test_another_model_in_the_middle_shows_only_its_own(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        picked: list[int],
        qtbot: QtBot,
    ) -> None:
        qtbot.waitUntil(lambda: studio.errors.is_running)
        studio.models.adopt(grey_model(BRIGHT), "Bright")
        assert page.strip.count() == 0
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        known = errors_of(BRIGHT, few_faces)
        assert numbers(page)[0][0] == mse_text(known.mean())
        qtbot.keyClick(page.strip, Qt.Key.Key_Home)
        assert picked == [known.argmax()]

    def test_few_faces_and_none(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        show_faces(studio, replace(few_faces, images=few_faces.images[:1], names=("Ann",)))
        wait_for_strip(studio, page, 1, qtbot)
        assert page.strip_title.text() == "Worst 1 of 1"
        picture_of(page)
        show_faces(studio, replace(few_faces, images=few_faces.images[:0], names=()))
        assert page.strip.count() == 0
        assert page.errors.words.text() == NOTHING
        assert not page.errors.export.isEnabled()
        qtbot.keyClick(page.errors.histogram, Qt.Key.Key_End)
        assert page.errors.histogram.current() is None
        picture_of(page)

    def test_measuring_is_stopped_and_goes_on(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        many = FaceSet("Many", np.concatenate([few_faces.images] * 8))
        show_faces(studio, many)
        qtbot.waitUntil(lambda: studio.errors.shown() is not None)
        assert page.errors.stop.isVisible()
        page.errors.stop.click()
        assert page.errors.stop.text() == GO_ON
        qtbot.waitUntil(lambda: not studio.errors.is_running)
        page.errors.stop.click()
        shown = finished(studio.errors, qtbot)
        assert len(shown.rows) == len(many.images)
        qtbot.waitUntil(lambda: not page.errors.stop.isVisible())

    def test_the_strip_keeps_its_faces_on_the_other_tab(
        self, page: ReconstructPage, studio: Studio, qtbot: QtBot
    ) -> None:
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        page.inspector.tabs.setCurrentWidget(page.inspector.face)
        assert page.below.kind is Kind.WORST
        page.below.choose(Kind.TESTED)
        assert page.strip_title.text() == TESTED
        assert page.other_faces.isVisible()

    def test_errors_are_saved_as_table_and_figure(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        tmp_path: Path,
        qtbot: QtBot,
    ) -> None:
        wait_for_strip(studio, page, STRIP_FACES, qtbot)
        table, figure, strip = (tmp_path / name for name in ("a.csv", "a.svg", "b.png"))
        page.save_errors(table)
        page.save_errors(figure)
        wait_for_file(table, qtbot)
        wait_for_file(figure, qtbot)
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["name"] for row in rows] == list(few_faces.names)
        found = [float(row["mse"]) for row in rows]
        np.testing.assert_allclose(found, errors_of(DARK, few_faces), rtol=1e-4)
        assert "Dark: mean" in figure.read_text("utf-8")
        studio.errors.compare(kept(grey_model(BRIGHT), tmp_path / "bright.safetensors"))
        finished(studio.errors, qtbot)
        both = tmp_path / "both.csv"
        page.save_errors(both)
        wait_for_file(both, qtbot)
        header = both.read_text("utf-8").splitlines()[0]
        assert header == "row,name,mse of Dark,mse of bright.safetensors"
        page.below.choose(Kind.FIRST_BETTER)
        qtbot.waitUntil(page.export_strip.isEnabled)
        page.below.save(strip)
        wait_for_file(strip, qtbot)


def offers(menu: QMenu) -> list[str]:
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if action.text()]


def test_the_worst_face_is_chosen_and_another_model_compared_through_the_window(
    window: MainWindow, answers: Dialogs, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    page, errors = window.reconstruct, window.studio.errors
    window.studio.faces.faces = replace(few_faces, title="Patches")
    window.studio.faces.changed.emit()
    page.inspector.tabs.setCurrentWidget(page.errors)
    wait_for_strip(window.studio, page, STRIP_FACES, qtbot)
    shown = errors.shown()
    assert shown is not None
    assert shown.words() == "60 faces, all of “Patches”: the model learned from “LFW”."
    qtbot.mouseClick(page.strip, LEFT, pos=page.strip.frame_rect(0, 0).center())
    worst = int(shown.mse[0].argmax())
    assert window.gallery.selected_row() == worst
    face = window.studio.selection.face
    assert face is not None
    np.testing.assert_array_equal(face.pixels, few_faces.images[worst])
    qtbot.waitUntil(lambda: page.errors.place.text().endswith("better than 0 %"))
    menu = page.errors.compare.menu()
    assert offers(menu) == ["A model &file …"]  # the only one is in use
    answers.path = kept(grey_model(BRIGHT), tmp_path / "bright.safetensors").path
    menu.actions()[-1].trigger()
    assert len(finished(errors, qtbot).mse) == 2
    window.studio.models.open(tmp_path / "bright.safetensors")
    qtbot.waitUntil(lambda: window.studio.models.title == "bright.safetensors")
    assert offers(menu) == ["Shipped model", "A model &file …", "&No other model"]
    menu.actions()[0].trigger()
    shown = finished(errors, qtbot)
    assert [part.title for part in shown.models] == ["bright.safetensors", "Shipped model"]
    assert (shown.mse[1] < shown.mse[0]).mean() > 0.5
    answers.path = tmp_path / "errors.csv"
    page.errors.export.click()
    wait_for_message(window, qtbot, "errors.csv")
