"""Refining the selected face: live, stoppable, told, kept for each face, and undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from cae_gui.core.selection import AT_ONCE
from cae_gui.main_window import MainWindow
from cae_gui.reconstruct.page import ReconstructPage
from cae_gui.reconstruct.refinement import STEPS
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from model.checkpoint import FaceModel
from model.data.datasets import FaceSet
from model.inference import Reconstruction, encode
from model.network import ConvAutoencoder, on_device
from tests.gui.reconstruct.pages import reconstruct_page

LEFT = Qt.MouseButton.LeftButton


def small_model(seed: int = 0) -> FaceModel:
    torch.manual_seed(seed)
    network = ConvAutoencoder(4)
    network.start_output_at(torch.full((3,), 0.5), torch.full((3,), 0.3))
    return FaceModel(on_device(network, "cpu").eval().requires_grad_(False))


@pytest.fixture
def page(studio: Studio, few_faces: FaceSet, qtbot: QtBot) -> ReconstructPage:
    """The page with a small model in use, and a face selected."""
    page = reconstruct_page(studio, pytest.fail)
    qtbot.addWidget(page)
    page.show()
    studio.models.adopt(small_model(), "Small")
    select(studio, few_faces, 0, qtbot)
    return page


def select(studio: Studio, faces: FaceSet, row: int, qtbot: QtBot, key: str = "") -> np.ndarray:
    """Select a face; return the latent (4,) that it enters with."""
    with qtbot.waitSignal(studio.selection.reconstructed) as blocker:
        studio.selection.select(faces.names[row], faces.images[row], photo_key=key)
    reply: Reconstruction = blocker.args[0]
    return reply.latents[0]


def refine(studio: Studio, page: ReconstructPage, qtbot: QtBot) -> list[Reconstruction]:
    """Press the button and wait for the end; return what was shown on the way."""
    shown: list[Reconstruction] = []
    studio.refinement.stepped.connect(shown.append)
    with qtbot.waitSignal(studio.selection.reconstructed):
        qtbot.mouseClick(page.refine, LEFT)
    studio.refinement.stepped.disconnect(shown.append)
    return shown


def test_each_step_is_shown_and_the_gain_is_told(
    page: ReconstructPage, studio: Studio, qtbot: QtBot
) -> None:
    assert page.gain.text() == ""
    assert not page.undo_refinement.isEnabled()
    shown = refine(studio, page, qtbot)
    assert 2 < len(shown) <= STEPS + 1
    assert len({reply.latents.tobytes() for reply in shown}) > 2
    reached = studio.refinement.reached
    assert reached is not None
    assert reached.mse < reached.mse_encoded
    text = page.gain.text()
    assert f"{reached.mse_encoded:.5f} → {reached.mse:.5f}" in text
    assert "% closer" in text
    assert page.undo_refinement.isEnabled()


def test_it_is_kept_for_each_face(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    refine(studio, page, qtbot)
    reached = studio.refinement.reached
    assert reached is not None
    other = select(studio, few_faces, 1, qtbot)
    assert studio.models.model is not None
    np.testing.assert_allclose(other, encode(studio.models.model, few_faces.images[1:2])[0])
    assert page.gain.text() == ""
    np.testing.assert_array_equal(select(studio, few_faces, 0, qtbot), reached.latent)
    assert "Refined" in page.gain.text()


def test_faces_enter_as_they_were_refined_wherever_they_do(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    refine(studio, page, qtbot)
    reached, found = studio.refinement.reached, []
    assert reached is not None
    assert studio.explorer.face is not None
    np.testing.assert_array_equal(studio.explorer.face.latent, reached.latent)
    studio.models.encode(few_faces.images[:2], then=found.append, lane="test")
    qtbot.waitUntil(lambda: bool(found))
    np.testing.assert_array_equal(found[0][0], reached.latent)


def test_it_is_undone_and_begins_again_where_the_encoder_puts_it(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    refine(studio, page, qtbot)
    assert studio.models.model is not None
    with qtbot.waitSignal(studio.selection.reconstructed) as blocker:
        qtbot.mouseClick(page.undo_refinement, LEFT)
    expected = encode(studio.models.model, few_faces.images[:1])
    np.testing.assert_array_equal(blocker.args[0].latents, expected)
    assert page.gain.text() == ""
    assert not page.undo_refinement.isEnabled()
    shown = refine(studio, page, qtbot)
    np.testing.assert_array_equal(shown[0].latents, expected)


def go(step: Callable[[], object], studio: Studio, qtbot: QtBot) -> np.ndarray:
    """Undo or redo; return the latent (4,) that the face is shown with then."""
    with qtbot.waitSignal(studio.selection.reconstructed) as blocker:
        step()
    reply: Reconstruction = blocker.args[0]
    return reply.latents[0]


class TestSteps:
    def test_each_refinement_is_one(
        self, page: ReconstructPage, studio: Studio, qtbot: QtBot
    ) -> None:
        stack, latents = studio.photo.undo_stack, []
        for _ in range(2):
            refine(studio, page, qtbot)
            reached = studio.refinement.reached
            assert reached is not None
            latents.append(reached.latent)
        assert stack.count() == 2
        assert "Refine" in stack.undoText()
        np.testing.assert_array_equal(go(stack.undo, studio, qtbot), latents[0])
        encoded = go(stack.undo, studio, qtbot)
        assert page.gain.text() == ""
        assert studio.models.model is not None
        face = studio.selection.face
        assert face is not None
        np.testing.assert_array_equal(encoded, encode(studio.models.model, face.pixels[None])[0])
        np.testing.assert_array_equal(go(stack.redo, studio, qtbot), latents[0])
        np.testing.assert_array_equal(go(stack.redo, studio, qtbot), latents[1])
        assert "Refined" in page.gain.text()

    def test_what_the_button_dropped_comes_back(
        self, page: ReconstructPage, studio: Studio, qtbot: QtBot
    ) -> None:
        refine(studio, page, qtbot)
        reached = studio.refinement.reached
        assert reached is not None
        go(page.undo_refinement.click, studio, qtbot)
        assert page.gain.text() == ""
        latent = go(studio.photo.undo_stack.undo, studio, qtbot)
        np.testing.assert_array_equal(latent, reached.latent)

    def test_they_are_those_of_the_face_on_show_and_its_model(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        stack = studio.photo.undo_stack
        refine(studio, page, qtbot)
        select(studio, few_faces, 0, qtbot)  # the same
        assert stack.count() == 1
        select(studio, few_faces, 1, qtbot)
        assert stack.count() == 0
        refine(studio, page, qtbot)
        assert stack.count() == 1
        studio.models.adopt(small_model(1), "Other")
        assert stack.count() == 0

    def test_undo_ends_a_refinement_under_way(
        self, page: ReconstructPage, studio: Studio, qtbot: QtBot
    ) -> None:
        stack = studio.photo.undo_stack
        refine(studio, page, qtbot)
        with qtbot.waitSignal(
            studio.refinement.stepped, check_params_cb=lambda _reply: begun(studio)
        ):
            page.refine.click()
        stack.undo()
        qtbot.waitUntil(lambda: not studio.refinement.is_running)
        assert page.gain.text() == ""
        assert not stack.canUndo()


def test_it_goes_on_where_it_ended(page: ReconstructPage, studio: Studio, qtbot: QtBot) -> None:
    refine(studio, page, qtbot)
    first = studio.refinement.reached
    assert first is not None
    shown = refine(studio, page, qtbot)
    second = studio.refinement.reached
    assert second is not None
    np.testing.assert_array_equal(shown[0].latents[0], first.latent)
    assert second.steps > first.steps
    assert (second.mse, second.mse_encoded) <= (first.mse + 1e-6, first.mse_encoded)


def test_what_was_reached_when_it_is_stopped_is_kept(
    page: ReconstructPage, studio: Studio, qtbot: QtBot
) -> None:
    def stop(_reply: object) -> None:
        reached = studio.refinement.reached
        if studio.refinement.is_running and reached is not None and reached.steps == 2:
            page.refine.click()

    studio.refinement.stepped.connect(stop)
    with qtbot.waitSignal(studio.selection.reconstructed):
        page.refine.click()
    reached = studio.refinement.reached
    assert reached is not None
    assert reached.steps >= 2
    assert not studio.refinement.is_running


def test_a_face_that_is_left_keeps_what_it_reached(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.refinement.stepped, check_params_cb=lambda _reply: begun(studio)):
        page.refine.click()
    select(studio, few_faces, 1, qtbot)
    qtbot.waitUntil(lambda: not studio.refinement.is_running)
    assert page.gain.text() == ""
    assert studio.models.refined(few_faces.images[0]) is not None
    assert studio.models.refined(few_faces.images[1]) is None


def begun(studio: Studio) -> bool:
    reached = studio.refinement.reached
    return reached is not None and reached.steps > 0


def test_another_model_knows_nothing_of_it(
    page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    refine(studio, page, qtbot)
    page.refine.click()  # and what is under way is of the earlier one
    with qtbot.waitSignal(studio.selection.reconstructed) as blocker:
        studio.models.adopt(small_model(1), "Other")
    expected = encode(small_model(1), few_faces.images[:1])
    np.testing.assert_allclose(blocker.args[0].latents, expected, atol=1e-5)
    qtbot.waitUntil(lambda: not studio.refinement.is_running)
    assert page.gain.text() == ""
    assert studio.models.refined(few_faces.images[0]) is None


def test_nothing_can_be_refined_without_a_face_or_a_model(studio: Studio, qtbot: QtBot) -> None:
    studio.refinement.start()
    assert not studio.refinement.is_running
    assert studio.refinement.words() == ""


class TestAtOnce:
    def test_own_photos_are_refined_where_it_is_wanted(
        self, page: ReconstructPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
    ) -> None:
        select(studio, few_faces, 2, qtbot, "photo")
        assert page.gain.text() == ""
        with qtbot.waitSignal(studio.selection.reconstructed):
            page.at_once.click()
        assert f"Refined in {AT_ONCE} steps" in page.gain.text()
        select(studio, few_faces, 3, qtbot)  # is no photo
        assert page.gain.text() == ""
        select(studio, few_faces, 4, qtbot, "another")
        assert "Refined in" in page.gain.text()
        with qtbot.waitSignal(studio.selection.reconstructed):
            page.undo_refinement.click()
        assert page.gain.text() == ""
        select(studio, few_faces, 4, qtbot, "another")  # it was undone, and stays so
        assert page.gain.text() == ""

    def test_not_under_a_followed_training(
        self,
        page: ReconstructPage,
        studio: Studio,
        few_faces: FaceSet,
        tmp_path: Path,
        qtbot: QtBot,
    ) -> None:
        page.at_once.click()
        studio.models.adopt(small_model(), "In training", snapshot_of=tmp_path)
        select(studio, few_faces, 2, qtbot, "photo")
        assert page.gain.text() == ""


def test_with_the_shipped_model_the_cost_is_told_and_settings_stay(
    window: MainWindow, qtbot: QtBot
) -> None:
    page, studio = window.reconstruct, window.studio
    qtbot.waitUntil(page.stays_typical.isEnabled)
    refine(studio, page, qtbot)
    for part in ("closer", "% of its way from the mean", "ypical"):
        assert part in page.gain.text()
    told = page.gain.text()
    qtbot.keySequence(window, QKeySequence(QKeySequence.StandardKey.Undo))
    qtbot.waitUntil(lambda: page.gain.text() == "")
    qtbot.keySequence(window, QKeySequence(QKeySequence.StandardKey.Redo))
    qtbot.waitUntil(lambda: page.gain.text() == told)
    assert page.stays_typical.isChecked()
    page.stays_typical.click()
    assert studio.models.pull is None
    page.at_once.click()
    window.close()
    settings = Settings()
    assert settings.refines_photos
    assert not settings.stays_typical
