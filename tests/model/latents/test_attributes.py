from __future__ import annotations

import numpy as np
import pytest

from model.latent_statistics import LatentStatistics
from model.latents.attributes import (
    Attribute,
    attribute_directions,
    effect,
    held_out_people,
    separation,
)
from model.latents.directions import Direction

COUNT, SIZE = 1500, 10
random = np.random.default_rng(0)
OLD = random.random(COUNT) < 0.4
GLASSES = random.random(COUNT) < np.where(OLD, 0.6, 0.1)  # old people wear them more often
LATENTS = random.normal(size=(COUNT, SIZE)).astype(np.float32)
LATENTS[:, 0] += 3 * GLASSES
LATENTS[:, 1] += 4 * OLD
PEOPLE = [f"Person {row // 3}" for row in range(COUNT)]
LABELS = {"Glasses": GLASSES, "Old": OLD, "Rare": np.arange(COUNT) < 5}


def directions(*attributes: Attribute) -> list[Direction]:
    statistics = LatentStatistics.fit(LATENTS)
    steps = attribute_directions(attributes, LATENTS, LABELS, PEOPLE, statistics)
    return [step for step in steps if isinstance(step, Direction)]


def test_without_held_labels_the_effect_is_the_difference_of_means() -> None:
    found = effect(LATENTS, GLASSES, np.zeros((0, COUNT), np.bool_))
    expected = LATENTS[GLASSES].mean(axis=0) - LATENTS[~GLASSES].mean(axis=0)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_held_label_is_not_changed_along_the_way() -> None:
    plain, held = directions(Attribute("Glasses", "Plain"), Attribute("Glasses", "Held", ("Old",)))
    assert plain.vector[1] > 0.4
    assert abs(held.vector[1]) < 0.1
    assert held.vector[0] > 0.95


def test_the_auc_is_high_for_what_latents_tell_and_half_for_what_they_do_not() -> None:
    test = held_out_people(PEOPLE)
    assert separation(LATENTS, GLASSES, test) > 0.95
    assert separation(LATENTS, np.roll(GLASSES, 1), test) == pytest.approx(0.5, abs=0.1)


def test_a_person_is_on_one_side_only() -> None:
    test = held_out_people(PEOPLE)
    sides = {name: set() for name in PEOPLE}  # type: dict[str, set[bool]]
    for name, side in zip(PEOPLE, test, strict=True):
        sides[name].add(bool(side))
    assert all(len(side) == 1 for side in sides.values())
    assert test.mean() == pytest.approx(0.2, abs=0.01)


def test_too_rare_a_label_is_left_out() -> None:
    assert [item.name for item in directions(Attribute("Rare", "Rare"))] == []
    (found,) = directions(Attribute("Old", "Age"))
    assert found.kind == "attribute"
    assert found.auc is not None
    assert found.auc > 0.95
