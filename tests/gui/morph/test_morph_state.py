from __future__ import annotations

import numpy as np
import pytest

from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import MorphState, Segment
from model.morph.key_frames import KeyFrame, Path

FACES = {name: MorphFace(name) for name in "ABCDE"}
LATENTS = dict(zip("ABCDE", np.random.default_rng(0).normal(size=(5, 3)), strict=True))


def state(names: str = "ABC", seconds: tuple[float, ...] = (1, 2, 4), **rest: bool) -> MorphState:
    faces = tuple(FACES[name] for name in names)
    return MorphState(faces, tuple(Segment(each) for each in seconds), **rest)


def names(of: MorphState) -> str:
    return "".join(face.name for face in of.faces)


def seconds(of: MorphState) -> list[float]:
    return [each.seconds for each in of.segments]


def test_faces_are_met_at_the_end_of_each_segment() -> None:
    assert state().times == [0, 1, 3]
    assert state(loop=True).times == [0, 1, 3, 7]
    assert state("A", (1,)).times == [0]
    assert MorphState().times == []


@pytest.mark.parametrize(
    ("index", "found", "times"),
    [(0, "DABC", [1, 1, 2, 4]), (1, "ADBC", [1, 1, 2, 4]), (2, "ABDC", [1, 2, 2, 4]),
     (3, "ABCD", [1, 2, 2, 4]), (99, "ABCD", [1, 2, 2, 4])],
)  # fmt: skip
def test_a_face_more_has_a_segment_like_the_one_before(
    index: int, found: str, times: list[float]
) -> None:
    larger = state().inserted(index, FACES["D"])
    assert names(larger) == found
    assert seconds(larger) == times


def test_a_path_begins_with_nothing() -> None:
    grown = MorphState()
    for name in "ABC":
        grown = grown.inserted(99, FACES[name])
    assert names(grown) == "ABC"
    assert grown.times == [0, 2, 4]


@pytest.mark.parametrize(
    ("index", "found", "times"), [(0, "BC", [2, 4]), (1, "AC", [1, 4]), (2, "AB", [1, 4])]
)
def test_a_face_goes_with_its_segment(index: int, found: str, times: list[float]) -> None:
    smaller = state().removed(index)
    assert names(smaller) == found
    assert seconds(smaller) == times


def test_the_last_face_can_go_too() -> None:
    assert state("A", (1,)).removed(0) == MorphState()


@pytest.mark.parametrize(
    ("index", "target", "found"), [(0, 2, "BCA"), (2, 0, "CAB"), (1, 1, "ABC")]
)
def test_a_moved_face_leaves_the_times_where_they_are(index: int, target: int, found: str) -> None:
    moved = state().moved(index, target)
    assert names(moved) == found
    assert seconds(moved) == [1, 2, 4]


def test_a_replaced_face_keeps_its_segment() -> None:
    replaced = state().replaced(1, FACES["E"])
    assert names(replaced) == "AEC"
    assert seconds(replaced) == [1, 2, 4]


def test_a_segment_changes_alone() -> None:
    changed = state().with_segment(1, seconds=9.0, spherical=True)
    assert changed.segments == (Segment(1), Segment(9, spherical=True), Segment(4))
    assert changed.faces == state().faces


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("ease", ["even", "smooth", "slow start", "slow end"])
def test_reversed_it_is_the_same_film_backwards(loop: bool, ease: str) -> None:
    there = state("ABCD", (1, 2, 4, 3), loop=loop).with_segment(1, ease=ease)
    back = there.reversed()
    assert names(back) == "DCBA"
    times = np.linspace(0.1, 6.9, 30)
    np.testing.assert_allclose(path_of(there).at(times), path_of(back).at(7.0 - times), atol=1e-5)


def path_of(of: MorphState) -> Path:
    frames = (
        KeyFrame(LATENTS[face.name].astype(np.float32), "", each.seconds, each.ease)
        for face, each in zip(of.faces, of.segments, strict=True)
    )
    return Path(tuple(frames), of.loop)
