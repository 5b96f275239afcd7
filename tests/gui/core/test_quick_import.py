from __future__ import annotations

import builtins
import gc

import pytest

from cae_gui.core.quick_import import quick_import


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
