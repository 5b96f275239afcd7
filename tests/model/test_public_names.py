from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import model

ROOT = Path(model.__file__).parents[1]
HEAVY = {"PIL", "matplotlib", "numpy", "safetensors", "scipy", "skimage", "sklearn", "torch"}
QT = {"PySide6", "shiboken6", "PyQt5", "PyQt6", "cae_gui"}


def modules_after(statement: str) -> set[str]:
    """Return the packages that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nimport json\nprint(json.dumps(list(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert process.returncode == 0, process.stderr
    return {name.partition(".")[0] for name in json.loads(process.stdout.splitlines()[-1])}


def module_names() -> list[str]:
    names = {info.name for info in pkgutil.walk_packages(model.__path__, "model.")}
    return sorted(names - {"model.__main__"})


def test_importing_the_engine_alone_loads_nothing_heavy() -> None:
    assert not modules_after("import model") & (HEAVY | QT)


def test_what_every_window_needs_does_not_load_torch() -> None:
    statement = (
        "import model.config, model.events, model.runs.runs\nfrom model import TrainConfig, Run"
    )
    assert not modules_after(statement) & (QT | {"torch", "matplotlib", "sklearn", "skimage"})


def test_no_module_of_the_engine_loads_qt() -> None:
    imports = "\n".join(f"import {name}" for name in module_names())
    loaded = modules_after(imports + "\nfrom model import *")
    assert "torch" in loaded
    assert not loaded & QT


@pytest.mark.parametrize("name", model.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(model, name) is not None


def test_public_names_are_those_of_their_modules() -> None:
    from model.checkpoint import load_model
    from model.training.training import train

    assert model.load_model is load_model
    assert model.train is train


def test_names_are_sorted_and_without_gaps() -> None:
    assert set(model.__all__) == set(model._HOMES)
    assert len(set(model.__all__)) == len(model.__all__)


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'paint'"):
        model.paint  # noqa: B018
    with pytest.raises(ImportError):
        exec("from model import paint")
