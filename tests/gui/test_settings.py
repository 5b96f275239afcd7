from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray

from cae_gui.settings import RECENT_MODELS, FilmChoice, Settings


def test_the_first_start() -> None:
    settings = Settings()
    assert settings.geometry.isEmpty()
    assert settings.splitter.isEmpty()
    assert settings.scheme == "system"
    assert settings.workspace == 1
    assert settings.source == "demo"
    assert settings.row == 0
    assert settings.folder == Path.home()
    assert settings.model is None
    assert settings.directions is None
    assert settings.recent_models == []
    assert settings.folded == frozenset()
    assert settings.run_grouping == ""
    assert settings.stopped_run is None
    assert not settings.has_left_work
    assert not settings.has_strips
    assert settings.local_faces == 300


def test_what_is_set_comes_back_in_another_process() -> None:
    first = Settings()
    first.geometry = QByteArray(b"\x00\x01geometry\xff")
    first.splitter = QByteArray(b"splitter")
    first.scheme = "dark"
    first.workspace = 3
    first.source = "lfw"
    first.row = 12_345
    first.folder = Path("/somewhere/else")
    first.model = Path("/models/a.safetensors")
    first.directions = Path("/models/a.directions")
    first.folded = frozenset({"gallery", "Train"})
    first.stopped_run = Path("/runs/2026-01-01 10-00-00")
    first.run_grouping = "Tag"
    first.has_left_work = True
    first.has_strips = True
    first.local_faces = 500
    del first  # writes the file
    second = Settings()
    assert second.geometry == QByteArray(b"\x00\x01geometry\xff")
    assert second.splitter == QByteArray(b"splitter")
    assert second.scheme == "dark"
    assert second.workspace == 3
    assert second.source == "lfw"
    assert second.row == 12_345
    assert second.folder == Path("/somewhere/else")
    assert second.model == Path("/models/a.safetensors")
    assert second.directions == Path("/models/a.directions")
    assert second.folded == {"gallery", "Train"}
    assert second.stopped_run == Path("/runs/2026-01-01 10-00-00")
    assert second.run_grouping == "Tag"
    assert second.has_left_work
    assert second.has_strips
    assert second.local_faces == 500


@pytest.mark.parametrize(
    "name", ["a, b; c", "Bärbel & 真由", "50% [x]", "back\\slash", '"quoted"', " space "]
)
def test_any_path_comes_back(name: str) -> None:
    path = Path("/faces") / name
    first = Settings()
    first.source, first.model = str(path), path
    first.add_recent_model(path)
    del first
    second = Settings()
    assert second.source == str(path)
    assert second.model == path
    assert second.recent_models == [path]


def test_the_shipped_model_is_remembered_as_none() -> None:
    settings = Settings()
    settings.model = Path("/a.pth")
    settings.model = None
    assert settings.model is None


def test_recent_models_newest_first_without_repeats_and_not_too_many() -> None:
    settings = Settings()
    for number in range(RECENT_MODELS + 3):
        settings.add_recent_model(Path(f"/{number}.pth"))
    settings.add_recent_model(Path("/5.pth"))
    recent = settings.recent_models
    assert len(recent) == RECENT_MODELS
    assert recent[:2] == [Path("/5.pth"), Path(f"/{RECENT_MODELS + 2}.pth")]
    assert len(set(recent)) == len(recent)


def test_values_of_another_kind_are_taken_as_unset() -> None:
    settings = Settings()
    store = settings._store
    store.setValue("window/scheme", "purple")
    store.setValue("window/workspace", "many")
    store.setValue("faces/row", "-1")
    store.setValue("window/geometry", "text")
    store.setValue("faces/source", ["a", "b"])
    assert settings.scheme == "system"
    assert settings.workspace == 1
    assert settings.row == 0
    assert settings.geometry.isEmpty()
    assert settings.source == "demo"


def test_what_a_film_was_like_is_kept() -> None:
    assert Settings().film == FilmChoice()
    wanted = FilmChoice("PNG grid", 96, 12, 20, 5)
    Settings().film = wanted
    assert Settings().film == wanted


KEYS = ("window/scheme", "window/workspace", "faces/source", "faces/row", "model/path")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("number", ["9" * 10, "9" * 5000, "\N{SUPERSCRIPT TWO}", "1.0", " 1", "-1"])
def test_a_number_that_nothing_can_be_done_with_is_taken_as_unset(number: str) -> None:
    settings = Settings()
    settings._store.setValue("window/workspace", number)
    settings._store.setValue("faces/row", number)
    assert (settings.workspace, settings.row) == (1, 0)


@quickly(
    database=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(KEYS), texts | st.lists(texts, max_size=2) | st.integers() | st.floats())
def test_whatever_was_stored_something_of_the_right_kind_is_read(key: str, value: object) -> None:
    settings = Settings()
    settings._store.setValue(key, value)
    assert settings.scheme in ("system", "light", "dark")
    assert 0 <= settings.workspace < 2**31
    assert 0 <= settings.row < 2**31
    assert isinstance(settings.source, str)
    assert settings.model is None or isinstance(settings.model, Path)
    settings._store.remove(key)
