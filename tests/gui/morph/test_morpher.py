from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher, Segment
from model.morph.key_frames import KeyFrame, Path

PHOTOS = {name: np.full((48, 48, 3), value, np.uint8) for value, name in enumerate("ABCDE")}
FACES = {name: MorphFace(name, photo) for name, photo in PHOTOS.items()}
LATENTS = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 3], [1, 1, 1], [2, 0, 1]], np.float32)


@pytest.fixture
def morpher(qapp: object) -> Morpher:
    """A and B, not encoded yet."""
    morpher = Morpher()
    morpher.fill([FACES["A"], FACES["B"]])
    return morpher


@pytest.fixture
def ready(morpher: Morpher) -> Morpher:
    encode(morpher)
    return morpher


def encode(morpher: Morpher) -> None:
    """Do as the model would: each face has the latent of its photo's value."""
    faces = morpher.to_encode()
    values = [int(image[0, 0, 0]) for image in morpher.images(faces)] if faces else []
    morpher.set_latents(faces, LATENTS[values])


def decode(morpher: Morpher) -> None:
    faces = morpher.to_decode()
    images = np.stack([np.full((48, 48, 3), latent.sum(), np.uint8) for latent in
                       morpher.latents(faces)])  # fmt: skip
    morpher.set_pixels(faces, images)


def names(morpher: Morpher) -> list[str]:
    return [face.name for face in morpher.state.faces]


def test_it_begins_empty(qapp: object) -> None:
    morpher = Morpher()
    assert morpher.path is None
    assert morpher.to_encode() == []
    morpher.forget_latents()
    morpher.put(1, FACES["B"])
    assert names(morpher) == ["B"]


def test_two_faces_are_ready_once_they_have_latents(morpher: Morpher, qtbot: QtBot) -> None:
    assert morpher.path is None
    np.testing.assert_array_equal(
        morpher.images(morpher.to_encode()), np.stack([PHOTOS["A"], PHOTOS["B"]])
    )
    with qtbot.waitSignal(morpher.latents_changed):
        encode(morpher)
    assert morpher.path is not None
    assert morpher.to_encode() == []


def test_what_fills_the_first_places_is_no_step(morpher: Morpher) -> None:
    assert names(morpher) == ["A", "B"]
    assert not morpher.undo_stack.canUndo()


EDITS: dict[str, Callable[[Morpher], object]] = {
    "Add key frame": lambda morpher: morpher.insert(1, FACES["C"]),
    "Replace key frame": lambda morpher: morpher.put(0, FACES["C"]),
    "Move key frame": lambda morpher: morpher.move(0, 1),
    "Swap A and B": lambda morpher: morpher.reverse(),
    "Change the time": lambda morpher: morpher.set_seconds(0, 3.5),
    "Change the ease": lambda morpher: morpher.set_ease(0, "slow end"),
    "Great arc": lambda morpher: morpher.set_spherical(0, True),
    "Loop": lambda morpher: morpher.set_loop(True),
    "There and back": lambda morpher: morpher.set_back(False),
    "Change the speed": lambda morpher: morpher.set_speed(2.0),
    "Path of D": lambda morpher: morpher.apply_to(FACES["D"], LATENTS[3]),
}


@pytest.mark.parametrize("text", EDITS)
def test_every_edit_is_a_step_that_can_be_undone(ready: Morpher, qtbot: QtBot, text: str) -> None:
    before = ready.state
    with qtbot.waitSignals([ready.changed, ready.latents_changed]):
        EDITS[text](ready)
    after = ready.state
    assert after != before
    assert ready.undo_stack.undoText() == text
    with qtbot.waitSignals([ready.changed, ready.latents_changed]):
        ready.undo_stack.undo()
    assert ready.state == before
    ready.undo_stack.redo()
    assert ready.state == after
    assert ready.undo_stack.count() == 1


def test_remove_leaves_two(ready: Morpher) -> None:
    ready.remove(0)
    assert names(ready) == ["A", "B"]
    ready.insert(2, FACES["C"])
    ready.remove(0)
    assert names(ready) == ["B", "C"]
    assert ready.undo_stack.undoText() == "Remove key frame"
    ready.undo_stack.undo()
    assert names(ready) == ["A", "B", "C"]


def test_what_changes_nothing_is_no_step(ready: Morpher) -> None:
    ready.set_seconds(0, 2.0)
    ready.set_loop(False)
    ready.move(1, 1)
    ready.move(1, 2)
    assert ready.undo_stack.count() == 0


def test_changes_of_one_time_in_a_row_are_one_step(ready: Morpher) -> None:
    ready.insert(2, FACES["C"])
    for seconds in (2.5, 3.0, 3.5):
        ready.set_seconds(0, seconds)
    assert ready.undo_stack.count() == 2
    ready.set_seconds(1, 1.0)
    assert ready.undo_stack.count() == 3
    ready.set_seconds(0, 5.0)
    assert ready.undo_stack.count() == 4
    ready.undo_stack.undo()
    ready.undo_stack.undo()
    assert ready.state.segments[0].seconds == 3.5
    ready.undo_stack.undo()
    assert ready.state.segments[0].seconds == 2.0


def test_a_time_that_is_as_it_was_is_no_step(ready: Morpher) -> None:
    ready.reverse()
    ready.set_seconds(0, 2.5)
    ready.set_seconds(0, 2.0)
    assert ready.undo_stack.count() == 1
    ready.undo_stack.undo()
    assert names(ready) == ["A", "B"]


def test_loop_or_there_and_back(ready: Morpher) -> None:
    ready.set_loop(True)
    assert (ready.state.loop, ready.state.back) == (True, False)
    ready.set_back(True)
    assert (ready.state.loop, ready.state.back) == (False, True)
    ready.set_back(False)
    assert (ready.state.loop, ready.state.back) == (False, False)


def test_latents_survive_a_new_order(ready: Morpher) -> None:
    ready.insert(2, FACES["C"])
    assert ready.path is None
    assert ready.to_encode() == [FACES["C"]]
    encode(ready)
    ready.move(0, 2)
    ready.reverse()
    assert ready.to_encode() == []
    assert ready.path is not None
    found = [frame.latent for frame in ready.path.frames]
    np.testing.assert_array_equal(found, LATENTS[[0, 2, 1]])


def test_another_model_needs_new_latents(ready: Morpher) -> None:
    ready.put(1, FACES["C"])
    encode(ready)
    ready.forget_latents()
    assert ready.path is None
    assert names(ready) == ["A", "C"]
    encode(ready)
    assert ready.path is not None
    ready.undo_stack.undo()  # a face from before that the other model has never seen
    assert ready.to_encode() == [FACES["B"]]


def test_a_face_may_be_made_from_a_latent(ready: Morpher, qtbot: QtBot) -> None:
    ready.put(2, ready.made("A, edited", np.array([5, 5, 0], np.float32)))
    assert ready.path is not None
    [face] = ready.to_decode()
    assert ready.pixels(face) is None
    with qtbot.waitSignal(ready.changed):
        decode(ready)
    assert ready.to_decode() == []
    pixels = ready.pixels(face)
    assert pixels is not None
    assert (pixels == 10).all()


def test_a_decoded_face_goes_into_another_model_by_its_pixels(ready: Morpher) -> None:
    ready.put(2, ready.made("edited", np.array([2, 0, 0], np.float32)))
    decode(ready)
    ready.forget_latents()
    assert [face.name for face in ready.to_encode()] == ["A", "B", "edited"]
    encode(ready)
    assert ready.path is not None
    np.testing.assert_array_equal(ready.path.frames[2].latent, LATENTS[2])


def test_a_face_that_was_never_decoded_is_lost_with_its_model(ready: Morpher) -> None:
    ready.put(2, ready.made("edited", LATENTS[0]))
    ready.forget_latents()
    assert names(ready) == ["A", "B"]
    assert not ready.undo_stack.canUndo()
    encode(ready)
    assert ready.path is not None


def test_the_way_between_two_faces(ready: Morpher) -> None:
    ready.set_ease(0, "even")
    np.testing.assert_allclose(ready.at(0.5), [0.75, 0.5, 0])
    ready.set_spherical(0, True)
    middle = ready.at(1.0)
    assert np.linalg.norm(middle) == pytest.approx(1.5, abs=1e-5)
    assert middle.dtype == np.float32
    ready.set_seconds(0, 4.0)
    np.testing.assert_allclose(ready.at(2.0), middle, atol=1e-6)


def test_the_film_is_what_is_played(ready: Morpher) -> None:
    assert ready.film(10).shape == (40, 3)  # 2 s there and 2 s back
    ready.set_speed(4.0)
    assert ready.film(10).shape == (10, 3)
    ready.set_back(False)
    ready.set_speed(1.0)
    np.testing.assert_allclose(ready.film(10)[[0, -1]], LATENTS[:2], atol=1e-6)


def test_along_the_path_it_is_as_at_each_time(ready: Morpher) -> None:
    np.testing.assert_allclose(ready.along([0.0, 2.0]), LATENTS[:2], atol=1e-6)
    np.testing.assert_array_equal(ready.along([1.5])[0], ready.at(1.5))
    ready.forget_latents()
    assert ready.along([0.0]) is None


def test_a_face_that_was_refined_is_met_at_its_new_latent(ready: Morpher) -> None:
    first = ready.state.faces[0]
    ready.renew(np.array(first.photo), np.full(3, 9, np.float32))
    np.testing.assert_allclose(ready.along([0.0, 2.0]), [[9, 9, 9], LATENTS[1]], atol=1e-6)
    ready.renew(255 - first.photo, np.zeros(3, np.float32))
    np.testing.assert_allclose(ready.at(0.0), [9, 9, 9], atol=1e-6)
    assert not ready.undo_stack.canUndo()


def test_stills_do_not_come_back(ready: Morpher) -> None:
    assert ready.state.back
    np.testing.assert_allclose(ready.stills(5)[[0, 4]], LATENTS[:2], atol=1e-6)
    assert len(ready.stills(5)) == 5


def test_a_path_of_another_face_makes_the_same_changes(ready: Morpher) -> None:
    ready.insert(2, FACES["C"])
    ready.set_seconds(1, 5.0)
    encode(ready)
    ready.apply_to(FACES["D"], LATENTS[3])
    assert names(ready) == ["D", "D, step 2", "D, step 3"]
    assert ready.state.segments[1] == Segment(5.0)
    assert ready.path is not None
    found = [frame.latent for frame in ready.path.frames]
    np.testing.assert_allclose(found, LATENTS[3] + LATENTS[:3] - LATENTS[0])
    assert ready.pixels(ready.state.faces[0]) is PHOTOS["D"]
    assert len(ready.to_decode()) == 2


def test_a_path_can_be_kept_and_taken_over(ready: Morpher, qapp: object) -> None:
    ready.set_seconds(0, 7.0)
    ready.set_loop(True)
    kept = ready.path
    assert kept is not None
    other = Morpher()
    other.set_path(kept)
    assert names(other) == ["A", "B"]
    assert other.path is not None
    assert (other.path.loop, other.path.back, other.path.seconds) == (True, False, 9.0)
    np.testing.assert_array_equal(other.path.frames[1].latent, LATENTS[1])
    assert len(other.to_decode()) == 2
    other.undo_stack.undo()
    assert names(other) == []


def test_a_path_comes_with_its_photos(ready: Morpher, qapp: object) -> None:
    kept = ready.path
    assert kept is not None
    photos = ready.images(ready.state.faces)
    same_model, other_model = Morpher(), Morpher()
    same_model.set_path(kept, photos)
    other_model.set_photos(kept, photos)
    for other in (same_model, other_model):
        np.testing.assert_array_equal(other.images(other.state.faces), photos)
        assert other.to_decode() == []
    assert same_model.path is not None
    np.testing.assert_array_equal(same_model.path.frames[1].latent, LATENTS[1])
    assert len(other_model.to_encode()) == 2


def test_a_path_of_another_model_goes_through_its_faces_anew(ready: Morpher) -> None:
    frames = tuple(KeyFrame(np.zeros(9, np.float32), name, 5.0, "even") for name in "CD")
    ready.set_photos(Path(frames, loop=True), np.stack([PHOTOS["C"], PHOTOS["D"]]))
    assert names(ready) == ["C", "D"]
    assert ready.path is None
    encode(ready)
    assert ready.path is not None
    np.testing.assert_array_equal([frame.latent for frame in ready.path.frames], LATENTS[2:4])
    assert ready.state.segments[0] == Segment(5.0, "even")
    ready.undo_stack.undo()
    assert names(ready) == ["A", "B"]


def test_a_path_may_go_round_and_back(qapp: object) -> None:
    morpher = Morpher()
    frames = tuple(KeyFrame(latent, "", 1.0, "even") for latent in LATENTS[:2])
    morpher.set_path(Path(frames, loop=True, back=True))
    assert len(morpher.film(10)) == 40


def test_what_made_it_can_be_written_down(ready: Morpher) -> None:
    ready.set_ease(0, "slow end")
    about = json.loads(json.dumps(ready.about()))
    assert about == {
        "faces": ["A", "B"], "seconds": [2.0], "eases": ["slow end"], "spherical": [False],
        "loop": False, "there and back": True, "speed": 1.0, "even pace": False,
    }  # fmt: skip
