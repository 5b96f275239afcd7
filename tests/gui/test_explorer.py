from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.session.explorer import Explorer
from model.directions import Direction, Directions
from model.latent import LatentStatistics
from model.latent_set import LatentSet
from model.typicality import Density

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
    explorer.set_coordinate(0, 1.0)
    explorer.set_dimension(0, 1.0)
    explorer.reset_coordinate(0)
    explorer.reset_dimension(0)
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
    assert np.array_equal(explorer.latent, latent_of(1))
    assert not explorer.undo_stack.canUndo()


def test_a_coordinate_moves_alone(explorer: Explorer) -> None:
    before = explorer.coordinates()
    explorer.set_coordinate(2, 1.5)
    after = explorer.coordinates()
    assert after[2] == pytest.approx(1.5, abs=1e-4)
    np.testing.assert_allclose(np.delete(after, 2), np.delete(before, 2), atol=1e-4)


def test_undo_and_redo_of_single_changes(explorer: Explorer) -> None:
    start = explorer.latent
    explorer.set_dimension(0, 5.0)
    explorer.set_coordinate(1, -2.0)
    moved = explorer.latent
    stack = explorer.undo_stack
    assert stack.count() == 2
    stack.undo()
    assert explorer.latent[0] == 5.0
    stack.undo()
    assert np.array_equal(explorer.latent, start)
    assert not stack.canUndo()
    stack.redo()
    stack.redo()
    assert np.array_equal(explorer.latent, moved)


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
        explorer.set_coordinate(0, float(value))
    moved = explorer.latent
    assert count.latents == 20
    assert explorer.undo_stack.count() == 0
    explorer.end_edit()
    assert explorer.undo_stack.count() == 1
    assert np.array_equal(explorer.latent, moved)
    explorer.undo_stack.undo()
    assert np.array_equal(explorer.latent, start)
    explorer.undo_stack.redo()
    assert np.array_equal(explorer.latent, moved)


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
    assert explorer.latent[0] == 5.0
    assert count.faces == 2
    explorer.reset()  # to where Ann started, not Bob
    assert np.array_equal(explorer.latent, latent_of(1))


def test_a_face_loaded_in_the_middle_of_a_drag_ends_it(explorer: Explorer) -> None:
    explorer.begin_edit()
    explorer.set_dimension(0, 5.0)
    explorer.load("Bob", PIXELS, latent_of(2))
    explorer.end_edit()
    assert explorer.undo_stack.count() == 2
    explorer.undo_stack.undo()
    assert explorer.latent[0] == 5.0
    explorer.undo_stack.undo()
    assert np.array_equal(explorer.latent, latent_of(1))


def test_moving_changes_the_latent_only(explorer: Explorer) -> None:
    count = Count(explorer)
    explorer.set_dimension(0, 5.0)
    explorer.undo_stack.undo()
    assert count.faces == 0
    assert count.latents == 2


def test_resets(explorer: Explorer) -> None:
    start = explorer.coordinates()
    explorer.set_coordinate(0, 3.0)
    explorer.set_coordinate(1, 3.0)
    explorer.reset_coordinate(0)
    assert explorer.coordinates()[0] == pytest.approx(start[0], abs=1e-4)
    assert explorer.coordinates()[1] == pytest.approx(3.0, abs=1e-4)
    explorer.set_dimension(4, 9.0)
    explorer.reset_dimension(4)
    assert explorer.latent[4] == latent_of(1)[4]
    explorer.reset()
    assert np.array_equal(explorer.latent, latent_of(1))


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
    explorer.set_coordinate(0, 1.0)
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
    assert np.array_equal(explorer.latent, latent_of(1))


@pytest.fixture
def attributes(statistics: LatentStatistics) -> Directions:
    leaning = np.array([0, 3, 4, 0, 0, 0], np.float32) / 5
    items = [Direction("Smiling", "attribute", np.eye(SIZE, dtype=np.float32)[0], 2.0),
             Direction("Senior", "attribute", leaning, 0.5)]  # fmt: skip
    return Directions(tuple(items), statistics.mean)


def test_an_attribute_moves_along_its_direction(explorer: Explorer, attributes: Directions) -> None:
    explorer.use_attributes(attributes)
    start, before = explorer.attribute_coordinates(), explorer.latent
    explorer.set_attribute(1, 3.0)
    assert explorer.attribute_coordinates() == pytest.approx([start[0], 3.0], abs=1e-4)
    change = explorer.latent - before
    np.testing.assert_allclose(change[[0, 3, 4, 5]], 0, atol=1e-6)
    assert explorer.undo_stack.undoText() == "Senior"
    explorer.set_attribute(0, -1.0)
    explorer.reset_attribute(1)
    assert explorer.attribute_coordinates() == pytest.approx([-1.0, start[1]], abs=1e-4)
    assert explorer.undo_stack.count() == 3


def test_without_attributes_none_moves(explorer: Explorer) -> None:
    explorer.set_attribute(0, 1.0)
    explorer.reset_attribute(0)
    assert len(explorer.attribute_coordinates()) == 0
    assert explorer.undo_stack.count() == 0


def test_more_typical_is_nearer_to_the_mean(
    explorer: Explorer, statistics: LatentStatistics
) -> None:
    latents = np.random.RandomState(3).standard_normal((80, SIZE)).astype(np.float32)
    found = LatentSet(latents, np.arange(80), np.zeros(80, np.bool_))
    density = Density.fit(found, statistics)
    before = explorer.latent
    explorer.make_more_typical(density)
    assert density.distance(explorer.latent) == pytest.approx(
        0.9 * density.distance(before), rel=1e-3
    )
    explorer.undo_stack.undo()
    assert explorer.latent is before
