from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cae_gui.documents.kinds import kind_of
from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latent_statistics import LatentStatistics
from model.latents.custom_directions import (
    FORMAT,
    FORMAT_WITH_PRESETS,
    MAX_DIRECTIONS,
    MAX_LATENT,
    DirectionFaces,
    brought,
    load_directions,
    merge_directions,
    save_directions,
)
from model.latents.directions import Direction, Directions, principal_directions
from model.latents.presets import Preset, parts_of, preset_direction

SIZE = 20
SPREAD = np.linspace(3, 0.5, SIZE)
TRAINING = np.asarray(np.random.default_rng(0).normal(size=(500, SIZE)) * SPREAD, np.float32)
STATISTICS = LatentStatistics.fit(TRAINING)


def offset(seed: int = 0, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size).astype(np.float32)


def preset(name: str = "Older", seed: int = 0, model: str = "abc") -> Preset:
    return Preset(name, offset(seed), model, (("Youth", -1.5), ("Smiling", 0.25)))


def own(name: str) -> DirectionFaces:
    faces = np.random.default_rng(7).integers(0, 256, (2, 48, 48, 3), np.uint8)
    return DirectionFaces(name, faces, faces[:1])


def test_the_whole_edit_is_one_step_along_its_direction() -> None:
    kept, start = preset(), TRAINING[3]
    found = preset_direction(kept, STATISTICS)
    assert found.kind == "own"
    assert found.whole is not None
    along = Directions((found,), STATISTICS.mean)
    at = float(along.coordinates(start)[0])
    whole = along.moved(start, {0: at + found.whole})
    np.testing.assert_allclose(whole - start, kept.offset, atol=1e-4)
    half = along.moved(whole, {0: at + found.whole / 2})
    np.testing.assert_allclose(half - start, kept.offset / 2, atol=1e-4)


def test_an_edit_along_what_no_face_differs_in_is_a_direction_too() -> None:
    flat = TRAINING.copy()
    flat[:, 0] = 1
    vector = np.eye(1, SIZE, dtype=np.float32)[0] * 2
    found = preset_direction(Preset("Odd", vector, "abc"), LatentStatistics.fit(flat))
    assert found.whole is not None
    assert found.whole * found.sigma == pytest.approx(2)


def test_another_latent_size_is_refused() -> None:
    with pytest.raises(ValueError, match="another size"):
        preset_direction(Preset("A", offset(size=5), "abc"), STATISTICS)


@pytest.mark.parametrize("vector", [np.zeros(4), np.full(4, np.nan), np.ones((2, 2))])
def test_what_changes_nothing_is_no_preset(vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match="changes nothing"):
        Preset("A", vector.astype(np.float32), "abc")


def test_an_edit_is_described_by_the_directions_it_went_along() -> None:
    random = np.random.default_rng(5)
    made = [vector / np.linalg.norm(vector) for vector in random.normal(size=(3, SIZE))]
    named = [
        Direction(name, "attribute", np.asarray(vector, np.float32), 0.5)
        for name, vector in zip(("Smiling", "Youth", "Beard"), made, strict=True)
    ]
    directions = Directions((*principal_directions(STATISTICS), *named), STATISTICS.mean)
    moved = np.asarray(2 * 0.5 * made[0] - 3 * 0.5 * made[1], np.float32)
    (first, second), *_ = (parts_of(moved, directions),)
    assert (first[0], second[0]) == ("Youth", "Smiling")
    assert first[1] == pytest.approx(-3, abs=0.1)
    assert second[1] == pytest.approx(2, abs=0.1)
    (only,) = parts_of(np.asarray(-0.7 * made[2], np.float32), directions)
    assert only == ("Beard", pytest.approx(-1.4, abs=1e-3))
    assert len(parts_of(offset(9), directions)) <= 4
    assert Preset("A", moved, "abc", (first, second)).text == "Youth −3.0 σ, Smiling +2.0 σ"


def test_presets_come_back_as_they_were_behind_directions(tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    save_directions(path, [preset("Größe", 1), own("Hat"), preset("B", 2)])
    hat, first, second = load_directions(path)
    assert isinstance(hat, DirectionFaces)
    assert isinstance(first, Preset)
    assert (first.name, first.model, first.parts) == ("Größe", "abc", preset().parts)
    np.testing.assert_array_equal(first.offset, offset(1))
    assert second.is_same(preset("Another name", 2))
    assert not second.is_same(preset("B", 2, model="other"))
    assert not hat.is_same(first)
    assert not first.is_same(hat)
    assert kind_of(path) == "directions"


def test_files_without_presets_are_those_of_earlier_versions(tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    save_directions(path, [own("Hat")])
    assert set(read_tensors(path, FORMAT, 1 << 30).about) == {"names"}
    save_directions(path, [own("Hat"), preset()])
    with pytest.raises(TensorFileError, match="made by a newer version"):
        read_tensors(path, FORMAT, 1 << 30)  # as an earlier version does


def test_another_windows_presets_stay_and_none_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    save_directions(path, [own("Hat"), preset("A", 1)])
    kept = merge_directions(path, [preset("A", 2)], ())
    assert [item.name for item in kept] == ["A", "Hat", "A 2"]
    assert brought(kept, [preset("Same", 1), preset("B", 3)])[0].name == "B"


@pytest.mark.parametrize(
    "about",
    [
        [None],
        [{}],
        [{"name": "A", "model": "abc"}],
        [{"name": "A", "model": "abc", "parts": 3}],
        [{"name": "A", "model": "abc", "parts": [["Youth", float("nan")]]}],
        [{"name": "A", "model": "abc", "parts": [["Youth"]]}],
        [{"name": "A", "model": "abc", "parts": []}] * 2,
        {"name": "A"},
    ],
)
def test_damaged_descriptions_are_told(about: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.directions"
    write_tensors(
        path, FORMAT_WITH_PRESETS, {"0.offset": offset()}, {"names": [], "presets": about}
    )
    with pytest.raises(TensorFileError, match=r"“a\.directions” (is damaged|has a damaged)"):
        load_directions(path)


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(SIZE, np.float32),
        np.full(SIZE, np.inf, np.float32),
        np.ones((SIZE, 2), np.float32),
        np.ones(SIZE, np.float64),
        np.ones(MAX_LATENT + 1, np.float32),
        np.ones(0, np.float32),
    ],
)
def test_damaged_offsets_are_told(vector: np.ndarray, tmp_path: Path) -> None:
    path, about = tmp_path / "a.directions", {"name": "A", "model": "abc", "parts": []}
    write_tensors(
        path, FORMAT_WITH_PRESETS, {"0.offset": vector}, {"names": [], "presets": [about]}
    )
    with pytest.raises(TensorFileError, match=r"a\.directions"):
        load_directions(path)


def test_no_more_are_read_than_there_may_be(tmp_path: Path) -> None:
    path, count = tmp_path / "a.directions", MAX_DIRECTIONS + 1
    save_directions(path, [preset(str(number), number) for number in range(count)])
    with pytest.raises(TensorFileError, match="damaged description"):
        load_directions(path)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(
    database=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(odd, odd, st.lists(st.tuples(odd, odd) | odd, max_size=3) | odd)
def test_any_description_is_a_preset_or_told(
    tmp_path: Path, name: Any, model: Any, parts: Any
) -> None:
    path, about = tmp_path / "a.directions", {"name": name, "model": model, "parts": parts}
    write_tensors(
        path, FORMAT_WITH_PRESETS, {"0.offset": offset()}, {"names": [], "presets": [about]}
    )
    try:
        (found,) = load_directions(path)
    except TensorFileError as error:
        assert "a.directions" in str(error)
        return
    assert isinstance(found, Preset)
    assert found.text.encode().decode() == found.text  # it can be shown
