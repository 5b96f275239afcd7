from __future__ import annotations

import builtins
import gc
import sys
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest

from cae_gui.core.startup import MANY_MODULES, ShortCollections, quick_import


class Node:
    """Refers to itself, so that only a collection ends it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collections() -> Iterator[ShortCollections]:
    collections = ShortCollections()
    collections.begin()
    yield collections
    collections.end()


def import_modules(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(count):
        name = f"made_for_a_test_{len(sys.modules)}_{number}"
        monkeypatch.setitem(sys.modules, name, ModuleType(name))


@pytest.mark.usefixtures("collections")
def test_what_was_imported_is_frozen_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import_modules(MANY_MODULES, monkeypatch)
    before = gc.get_freeze_count()
    gc.collect()
    frozen = gc.get_freeze_count()
    assert frozen > before
    later = [Node()]  # noqa: F841
    gc.collect()
    assert gc.get_freeze_count() <= frozen


@pytest.mark.usefixtures("collections")
def test_a_few_modules_freeze_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import_modules(MANY_MODULES - 1, monkeypatch)
    before = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() <= before


@pytest.mark.usefixtures("collections")
def test_garbage_is_collected_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    import_modules(MANY_MODULES, monkeypatch)
    gc.collect()
    seen = weakref.ref(Node())
    gc.collect()
    assert seen() is None


def test_afterwards_nothing_is_frozen_any_more(
    collections: ShortCollections, monkeypatch: pytest.MonkeyPatch
) -> None:
    collections.end()
    import_modules(MANY_MODULES, monkeypatch)
    before = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() <= before
    collections.begin()


def test_imports_run_without_hook_and_collector_and_both_come_back() -> None:
    before = builtins.__import__
    with quick_import():
        assert not gc.isenabled()
        import colorsys
    assert colorsys.__name__ == "colorsys"
    assert builtins.__import__ is before
    assert gc.isenabled()


def test_a_failed_import_leaves_everything_as_it_was() -> None:
    before = builtins.__import__
    with pytest.raises(ModuleNotFoundError), quick_import():
        import no_such_package  # noqa: F401
    assert builtins.__import__ is before
    assert gc.isenabled()


def test_nothing_is_frozen_where_nothing_was_imported() -> None:
    frozen = gc.get_freeze_count()
    with quick_import():
        import sys  # noqa: F401
    assert gc.get_freeze_count() == frozen
