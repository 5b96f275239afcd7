"""A pytest plugin: the real LFW, prepared at most once in a process, or a skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.data.datasets import FaceSet, load_faces

_FILES = ("lfw_funneled", "pairs.txt", "pairsDevTest.txt", "pairsDevTrain.txt")


def _original() -> Path | None:
    places = [Path(__file__).resolve().parents[2] / "shared"]
    if named := os.environ.get("SCIKIT_LEARN_DATA"):
        places.insert(0, Path(named).absolute())
    homes = (place / "lfw_home" for place in places)
    return next((home for home in homes if all((home / name).exists() for name in _FILES)), None)


@pytest.fixture(scope="session")
def lfw_data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home whose files are links, so that nothing is written beside the real ones."""
    original = _original()
    if original is None:
        pytest.skip("LFW isn't here: SCIKIT_LEARN_DATA names no folder with all of lfw_home")
    home = tmp_path_factory.mktemp("scikit_learn_data")
    (home / "lfw_home").mkdir()
    for name in _FILES:
        (home / "lfw_home" / name).symlink_to(original / name)
    return home


@pytest.fixture(scope="session")
def lfw_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of the real LFW."""
    return tmp_path_factory.mktemp("lfw_cache")


@pytest.fixture(scope="session")
def lfw(lfw_data_home: Path, lfw_cache: Path) -> FaceSet:
    """All faces of LFW, about 20 seconds of preparing for the first test that asks."""
    return load_faces(lfw_data_home, cache_folder=lfw_cache)
