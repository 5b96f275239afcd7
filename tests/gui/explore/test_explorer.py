from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.explore.explorer import Explorer
from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction, Directions
from model.latents.latent_set import LatentSet
from model.latents.typicality import Density

SIZE = 6
PIXELS = np.zeros((48, 48, 3), np.uint8)


def latent_of(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).standard_normal(SIZE).astype(np.float32)


@pytest.fixture
def statistics() -> LatentStatistics:
    latents = np.random.RandomState(9).standard_normal((50, SIZE)) * np.arange(1, SIZE + 1)
    return LatentStatistics.fit(latents.astype(np.float32))


@pytest.fixture
def explorer(qapp: object, statistics: LatentStatistics) -> Explorer:
    explorer = Explorer()
    explorer.use_statistics(statistics)
    explorer.load("Ann", PIXELS, latent_of(1))
    return explorer


class Count:
    def __init__(self, explorer: Explorer) -> None:
        self.faces = self.latents = 0
        explorer.face_changed.connect(self.face)
        explorer.latent_changed.connect(self.latent)

    def face(self) -> None:
        self.faces += 1

    def latent(self) -> None:
        self.latents += 1


def test_without_a_face_nothing_happens(qapp: object, statistics: LatentStatistics) -> None:
    explorer = Explorer()
    explorer.use_statistics(statistics)
    count = Count(explorer)
    explorer.move(0, 1.0)
    explorer.set_dimension(0, 1.0)
    explorer.begin_edit()
    explorer.randomize()
    explorer.reset()
    explorer.end_edit()
    assert explorer.latent is None
    assert len(explorer.coordinates()) == 0
    assert not explorer.undo_stack.canUndo()
    assert count.latents == count.faces == 0


def test_the_first_face_is_no_step(explorer: Explorer) -> None:
    assert explorer.face is not None
    assert explorer.face.name == "Ann"
    np.testing.assert_allclose(explorer.latent, latent_of(1), atol=1e-6)
    assert not explorer.undo_stack.canUndo()


def test_a_coordinate_moves_alone(explorer: Explorer) -> None:
    before = explorer.coordinates()
    explorer.move(2, 1.5)
    after = explorer.coordinates()
    assert after[2] == pytest.approx(1.5, abs=1e-4)
    np.testing.assert_allclose(np.delete(after, 2), np.delete(before, 2), atol=1e-4)


def test_undo_and_redo_of_single_changes(explorer: Explorer) -> None:
    start = explorer.latent
    explorer.set_dimension(0, 5.0)
    explorer.move(1, -2.0)
    moved = explorer.latent
    stack = explorer.undo_stack
    assert stack.count() == 2
    stack.undo()
    assert explorer.latent[0] == pytest.approx(5.0)
    stack.undo()
    np.testing.assert_allclose(explorer.latent, start, atol=1e-6)
    assert not stack.canUndo()
    stack.redo()
    stack.redo()
    np.testing.assert_allclose(explorer.latent, moved, atol=1e-6)


def test_a_new_change_ends_what_could_be_redone(explorer: Explorer) -> None:
    explorer.set_dimension(0, 5.0)
    explorer.undo_stack.undo()
    explorer.set_dimension(1, 3.0)
    assert not explorer.undo_stack.canRedo()


def test_a_drag_is_one_step(explorer: Explorer) -> None:
    start = explorer.latent
    count = Count(explorer)
    explorer.begin_edit()
    for value in np.linspace(0, 2, 20):
        explorer.move(0, float(value))
    moved = explorer.latent
    assert count.latents == 20
    assert explorer.undo_stack.count() == 0
    explorer.end_edit()
    assert explorer.undo_stack.count() == 1
    np.testing.assert_allclose(explorer.latent, moved, atol=1e-6)
    explorer.undo_stack.undo()
    np.testing.assert_allclose(explorer.latent, start, atol=1e-6)
    explorer.undo_stack.redo()
    np.testing.assert_allclose(explorer.latent, moved, atol=1e-6)


def test_a_drag_that_moves_nothing_is_no_step(explorer: Explorer) -> None:
    explorer.begin_edit()
    explorer.end_edit()
    explorer.begin_edit()
    explorer.set_dimension(0, float(explorer.latent[0]))
    explorer.end_edit()
    explorer.end_edit()
    assert explorer.undo_stack.count() == 0


def test_a_change_to_the_same_value_is_no_step(explorer: Explorer) -> None:
    count = Count(explorer)
    explorer.set_dimension(3, float(explorer.latent[3]))
    assert explorer.undo_stack.count() == count.latents == 0


def test_another_face_can_be_undone(explorer: Explorer) -> None:
    explorer.set_dimension(0, 5.0)
    count = Count(explorer)
    explorer.load("Bob", PIXELS, latent_of(2))
    assert explorer.face.name == "Bob"
    assert count.faces == 1
    explorer.undo_stack.undo()
    assert explorer.face.name == "Ann"
    assert explorer.latent[0] == pytest.approx(5.0)
    assert count.faces == 2
    explorer.reset()  # to where Ann started, not Bob
    np.testing.assert_allclose(explorer.latent, latent_of(1), atol=1e-6)


def test_a_face_loaded_in_the_middle_of_a_drag_ends_it(explorer: Explorer) -> None:
    explorer.begin_edit()
    explorer.set_dimension(0, 5.0)
    explorer.load("Bob", PIXELS, latent_of(2))
    explorer.end_edit()
    assert explorer.undo_stack.count() == 2
    explorer.undo_stack.undo()
    assert explorer.latent[0] == pytest.approx(5.0)
    explorer.undo_stack.undo()
    np.testing.assert_allclose(explorer.latent, latent_of(1), atol=1e-6)


def test_moving_changes_the_latent_only(explorer: Explorer) -> None:
    count = Count(explorer)
    explorer.set_dimension(0, 5.0)
    explorer.undo_stack.undo()
    assert count.faces == 0
    assert count.latents == 2


def test_resets(explorer: Explorer) -> None:
    explorer.move(0, 3.0)
    explorer.move(1, 3.0)
    explorer.set_dimension(4, 9.0)
    explorer.reset()
    np.testing.assert_allclose(explorer.latent, latent_of(1), atol=1e-6)


def test_random_is_a_step_and_differs_each_time(explorer: Explorer) -> None:
    explorer.randomize()
    first = explorer.latent
    explorer.randomize()
    assert not np.array_equal(first, explorer.latent)
    assert np.abs(explorer.coordinates()).max() < 6
    assert explorer.undo_stack.count() == 2


def test_without_statistics_only_raw_numbers_move(explorer: Explorer) -> None:
    explorer.use_statistics(None)
    assert len(explorer.coordinates()) == 0
    explorer.move(0, 1.0)
    explorer.randomize()
    assert explorer.undo_stack.count() == 0
    explorer.set_dimension(0, 1.0)
    assert explorer.undo_stack.count() == 1


def test_states_never_share_what_changes(explorer: Explorer) -> None:
    given = latent_of(3)
    explorer.load("Bob", PIXELS, given)
    explorer.set_dimension(0, 5.0)
    assert np.array_equal(given, latent_of(3))


def test_clear_forgets_face_and_steps(explorer: Explorer, qtbot: QtBot) -> None:
    explorer.set_dimension(0, 5.0)
    explorer.begin_edit()
    with qtbot.waitSignal(explorer.face_changed):
        explorer.clear()
    assert explorer.face is None
    assert explorer.undo_stack.count() == 0
    explorer.end_edit()
    explorer.load("Bob", PIXELS, latent_of(2))
    assert explorer.undo_stack.count() == 0


def test_undo_in_the_middle_of_a_drag_loses_nothing(explorer: Explorer) -> None:
    explorer.set_dimension(0, 5.0)
    explorer.begin_edit()
    explorer.set_dimension(0, 7.0)
    explorer.undo_stack.undo()
    explorer.end_edit()
    while explorer.undo_stack.canUndo():
        explorer.undo_stack.undo()
    np.testing.assert_allclose(explorer.latent, latent_of(1), atol=1e-6)


@pytest.fixture
def attributes(statistics: LatentStatistics) -> Directions:
    leaning = np.array([0, 3, 4, 0, 0, 0], np.float32) / 5
    items = [Direction("Smiling", "attribute", np.eye(SIZE, dtype=np.float32)[0], 2.0),
             Direction("Senior", "attribute", leaning, 0.5)]  # fmt: skip
    return Directions(tuple(items), statistics.mean)


def test_an_attribute_moves_along_its_direction(explorer: Explorer, attributes: Directions) -> None:
    explorer.use_attributes(attributes.items)
    first, second = explorer.rows_of("attribute")
    start, before = explorer.coordinates(), explorer.latent
    explorer.move(second, 3.0)
    assert explorer.coordinates()[[first, second]] == pytest.approx([start[first], 3.0], abs=1e-4)
    change = explorer.latent - before
    np.testing.assert_allclose(change[[0, 3, 4, 5]], 0, atol=1e-5)
    assert explorer.undo_stack.undoText() == "Senior"
    explorer.move(first, -1.0)
    explorer.move(second, float(start[second]))
    found = explorer.coordinates()[[first, second]]
    assert found == pytest.approx([-1.0, start[second]], abs=1e-4)
    assert explorer.undo_stack.count() == 3


def test_directions_come_by_kind(explorer: Explorer, attributes: Directions) -> None:
    assert list(explorer.rows_of("principal")) == list(range(SIZE))
    assert list(explorer.rows_of("own")) == []
    own = Direction("Beard", "own", np.eye(SIZE, dtype=np.float32)[3], 1.0)
    explorer.set_own([own])
    explorer.use_attributes(attributes.items)
    assert [explorer.directions[row].name for row in explorer.rows_of("attribute")] == [
        "Smiling", "Senior",
    ]  # fmt: skip
    assert [explorer.directions[row] for row in explorer.rows_of("own")] == [own]
    explorer.use_statistics(None)
    assert not explorer.rows_of("attribute")


def test_a_locked_direction_stays_whatever_moves(
    explorer: Explorer, attributes: Directions
) -> None:
    explorer.use_attributes(attributes.items)
    _, senior = explorer.rows_of("attribute")
    before = float(explorer.coordinates()[senior])
    explorer.set_locked(senior, True)
    assert explorer.locked == {senior}
    explorer.move(1, 3.0)
    assert explorer.coordinates()[1] == pytest.approx(3.0, abs=1e-3)
    assert explorer.coordinates()[senior] == pytest.approx(before, abs=1e-3)
    explorer.set_dimension(1, 2.0)
    assert explorer.latent[1] == pytest.approx(2.0, abs=1e-3)
    assert explorer.coordinates()[senior] == pytest.approx(before, abs=1e-3)
    steps = explorer.undo_stack.count()
    explorer.move(senior, 1.0)
    assert explorer.undo_stack.count() == steps
    explorer.set_own([Direction("Beard", "own", np.eye(SIZE, dtype=np.float32)[3], 1.0)])
    assert explorer.locked == {senior}
    explorer.set_locked(senior, False)
    explorer.move(senior, 1.0)
    assert explorer.coordinates()[senior] == pytest.approx(1.0, abs=1e-3)


@pytest.fixture
def density(statistics: LatentStatistics) -> Density:
    latents = np.random.RandomState(3).standard_normal((80, SIZE)).astype(np.float32)
    latents = latents * statistics.sigma @ statistics.directions + statistics.mean
    return Density.fit(LatentSet(latents, np.arange(80), np.zeros(80, np.bool_)), statistics)


def test_more_typical_is_nearer_to_the_mean(explorer: Explorer, density: Density) -> None:
    assert explorer.typicality() is None
    explorer.make_more_typical()
    assert explorer.undo_stack.count() == 0
    explorer.use_density(density)
    before = explorer.latent
    explorer.make_more_typical()
    assert density.distance(explorer.latent) == pytest.approx(
        0.9 * density.distance(before), rel=1e-3
    )
    explorer.undo_stack.undo()
    np.testing.assert_allclose(explorer.latent, before, atol=1e-6)


def test_the_soft_limit_holds_an_edit_back_and_can_be_switched_off(
    explorer: Explorer, density: Density
) -> None:
    explorer.use_density(density)
    explorer.load("Mean", PIXELS, density.mean)
    explorer.move(0, 40.0)
    assert explorer.coordinates()[0] < 10
    assert explorer.typicality() == pytest.approx(explorer.limit, abs=0.02)
    explorer.set_dimension(0, 1e4)
    assert abs(explorer.latent[0]) < 1e3
    explorer.limit = 0.0
    explorer.move(0, 40.0)
    assert explorer.coordinates()[0] == pytest.approx(40.0, rel=1e-3)
    assert explorer.typicality() < 0.01


def test_random_faces_are_as_far_as_the_temperature_says(
    explorer: Explorer, density: Density
) -> None:
    explorer.use_density(density)
    explorer.temperature = 0.0
    explorer.randomize()
    np.testing.assert_allclose(explorer.latent, density.mean, atol=1e-5)
    explorer.step_randomly()
    near = float(density.distance(explorer.latent))
    assert 0 < near < 0.5 * density.radius(0.5)
    assert explorer.undo_stack.undoText() == "Random step"


def test_strength_scales_the_whole_edit(explorer: Explorer) -> None:
    explorer.set_dimension(0, 5.0)
    start = explorer.face.start
    edit = explorer.latent - start
    explorer.set_strength(0.5)
    np.testing.assert_allclose(explorer.latent, start + 0.5 * edit, atol=1e-6)
    explorer.set_strength(0.0)
    np.testing.assert_allclose(explorer.latent, start)
    explorer.set_strength(2.0)
    np.testing.assert_allclose(explorer.latent, start + 2 * edit, atol=1e-5)
    explorer.set_dimension(1, 3.0)  # what is shown becomes the whole edit
    assert explorer.face.strength == 1.0
    np.testing.assert_allclose(explorer.latent[0], start[0] + 2 * edit[0], atol=1e-5)
    for _ in range(4):
        explorer.undo_stack.undo()
    np.testing.assert_allclose(explorer.latent, start + edit, atol=1e-6)


def test_any_latent_can_be_gone_to(explorer: Explorer) -> None:
    explorer.begin_edit()
    explorer.go_to(latent_of(5), "Travel")
    explorer.go_to(latent_of(6), "Travel")
    explorer.end_edit()
    np.testing.assert_allclose(explorer.latent, latent_of(6), atol=1e-6)
    assert explorer.undo_stack.count() == 1


def test_states_can_be_jumped_to(explorer: Explorer) -> None:
    for value in (5.0, 6.0, 7.0):
        explorer.set_dimension(0, value)
    explorer.take_snapshot("Ann 1")  # changes no face
    explorer.set_dimension(0, 8.0)
    assert [round(float(state.latent[0]), 4) for state in explorer.states()][1:] == [5, 6, 7, 8]
    assert explorer.state_index() == 4
    explorer.go_to_state(1)
    assert explorer.latent[0] == pytest.approx(5.0)
    assert explorer.state_index() == 1
    assert explorer.state_text(1) == "Latent 1"
    assert [item.name for item in explorer.snapshots] == ["Ann 1"]
    explorer.go_to_state(3)
    assert explorer.state_index() == 3
    explorer.go_to_state(0)
    np.testing.assert_allclose(explorer.latent, latent_of(1))


def test_snapshots_are_kept_renamed_shown_and_removed_with_undo(explorer: Explorer) -> None:
    explorer.set_dimension(0, 5.0)
    explorer.take_snapshot("First")
    explorer.set_dimension(0, 6.0)
    explorer.take_snapshot("Second")
    explorer.rename_snapshot(0, "Five")
    assert [item.name for item in explorer.snapshots] == ["Five", "Second"]
    explorer.show_snapshot(0)
    assert explorer.latent[0] == pytest.approx(5.0)
    explorer.remove_snapshots([0])
    assert [item.name for item in explorer.snapshots] == ["Second"]
    explorer.undo_stack.undo()
    explorer.undo_stack.undo()
    assert explorer.latent[0] == pytest.approx(6.0)
    explorer.undo_stack.undo()
    assert [item.name for item in explorer.snapshots] == ["First", "Second"]


def test_what_a_jump_left_alone_is_undone_and_redone_once(explorer: Explorer) -> None:
    explorer.set_dimension(0, 5.0)
    explorer.take_snapshot("Kept")
    explorer.set_dimension(0, 6.0)
    explorer.go_to_state(0)
    assert explorer.undo_stack.index() == 0
    for _ in range(3):
        explorer.undo_stack.redo()
    assert [item.name for item in explorer.snapshots] == ["Kept"]
    explorer.go_to_state(0)
    explorer.go_to_state(2)
    explorer.undo_stack.undo()
    explorer.undo_stack.undo()
    assert explorer.snapshots == ()
    explorer.undo_stack.redo()
    assert [item.name for item in explorer.snapshots] == ["Kept"]


def test_a_jump_is_one_move(explorer: Explorer) -> None:
    for value in (5.0, 6.0, 7.0):
        explorer.set_dimension(0, value)
    explorer.load("Bob", PIXELS, latent_of(2))
    count = Count(explorer)
    explorer.go_to_state(1)
    assert (count.faces, count.latents) == (1, 1)
    assert explorer.latent[0] == pytest.approx(5.0)


def test_the_next_snapshot_of_a_model_keeps_the_edits(explorer: Explorer) -> None:
    explorer.set_dimension(0, latent_of(1)[0] + 2.0)
    explorer.load("Bob", PIXELS, latent_of(2))
    explorer.set_dimension(1, latent_of(2)[1] + 3.0)
    faces = explorer.faces()
    assert {face.name for face in faces} == {"Ann", "Bob"}
    count = Count(explorer)
    explorer.rebase(faces, np.stack([face.start + 10 for face in faces]))
    assert count.faces == count.latents == 1
    expected = latent_of(2) + 10
    expected[1] += 3
    np.testing.assert_allclose(explorer.latent, expected, atol=1e-5)
    explorer.undo_stack.undo()
    explorer.undo_stack.undo()
    expected = latent_of(1) + 10
    expected[0] += 2
    np.testing.assert_allclose(explorer.latent, expected, atol=1e-5)


def test_a_face_that_is_cut_out_anew_keeps_its_edit_in_one_step(explorer: Explorer) -> None:
    explorer.move(0, 1.5)
    edit, steps = explorer.face.offset, explorer.undo_stack.count()
    for seed in (2, 3):
        explorer.load_anew("Ann", PIXELS, latent_of(seed), "Cut out Ann")
        assert explorer.face.start == pytest.approx(latent_of(seed))
        assert explorer.face.offset == pytest.approx(edit)
    assert explorer.undo_stack.count() == steps + 1
    explorer.undo_stack.undo()
    assert explorer.face.start == pytest.approx(latent_of(1))
    assert explorer.face.offset == pytest.approx(edit)
    explorer.undo_stack.redo()
    assert explorer.face.start == pytest.approx(latent_of(3))
