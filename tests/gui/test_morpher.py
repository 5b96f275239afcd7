from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.session.morpher import FILM_FRAMES, Morpher

FACES = [np.full((48, 48, 3), value, np.uint8) for value in (10, 200)]
LATENTS = np.array([[1, 0, 0], [0, 2, 0]], np.float32)


@pytest.fixture
def morpher(qapp: object) -> Morpher:
    morpher = Morpher()
    morpher.set_well(0, "Ann", FACES[0])
    morpher.set_well(1, "Bob", FACES[1])
    return morpher


def test_a_well_is_empty_at_first(qapp: object) -> None:
    morpher = Morpher()
    assert morpher.pixels() is None
    assert not morpher.is_ready
    morpher.set_well(1, "Bob", FACES[1])
    assert morpher.pixels() is None
    morpher.forget_latents()
    assert morpher.wells[0] is None


def test_two_faces_are_ready_once_they_have_latents(morpher: Morpher, qtbot: QtBot) -> None:
    pixels = morpher.pixels()
    assert pixels is not None
    assert np.array_equal(pixels, np.stack(FACES))
    assert not morpher.is_ready
    with qtbot.waitSignal(morpher.path_changed):
        morpher.set_latents(LATENTS)
    assert morpher.is_ready


def test_a_new_face_needs_a_new_latent(morpher: Morpher, qtbot: QtBot) -> None:
    morpher.set_latents(LATENTS)
    with qtbot.waitSignal(morpher.wells_changed):
        morpher.set_well(0, "Carl", FACES[1])
    assert not morpher.is_ready


def test_another_model_needs_new_latents(morpher: Morpher) -> None:
    morpher.set_latents(LATENTS)
    morpher.forget_latents()
    assert not morpher.is_ready
    assert [well.name for well in morpher.wells if well] == ["Ann", "Bob"]


def test_the_straight_line(morpher: Morpher) -> None:
    morpher.set_latents(LATENTS)
    way = morpher.latents(np.array([0, 0.25, 1], np.float32))
    np.testing.assert_allclose(way, [[1, 0, 0], [0.75, 0.5, 0], [0, 2, 0]])
    assert way.dtype == np.float32


def test_the_great_arc(morpher: Morpher, qtbot: QtBot) -> None:
    morpher.set_latents(LATENTS)
    with qtbot.waitSignal(morpher.path_changed):
        morpher.set_spherical(True)
    [middle] = morpher.latents(np.array([0.5], np.float32))
    assert np.linalg.norm(middle) == pytest.approx(1.5, abs=1e-5)
    morpher.set_spherical(False)
    [middle] = morpher.latents(np.array([0.5], np.float32))
    np.testing.assert_allclose(middle, [0.5, 1, 0])


def test_the_film_includes_both_ends(morpher: Morpher) -> None:
    morpher.set_latents(LATENTS)
    film = morpher.film()
    assert film.shape == (FILM_FRAMES, 3)
    np.testing.assert_allclose(film[[0, -1]], LATENTS)


def test_swap_exchanges_faces_and_latents(morpher: Morpher, qtbot: QtBot) -> None:
    morpher.set_latents(LATENTS)
    with qtbot.waitSignals([morpher.wells_changed, morpher.path_changed]):
        morpher.swap()
    assert [well.name for well in morpher.wells if well] == ["Bob", "Ann"]
    assert morpher.is_ready
    np.testing.assert_allclose(morpher.film()[[0, -1]], LATENTS[::-1])


def test_swap_with_an_empty_well(qapp: object) -> None:
    morpher = Morpher()
    morpher.set_well(0, "Ann", FACES[0])
    morpher.swap()
    assert morpher.wells[0] is None
    assert morpher.wells[1] is not None
