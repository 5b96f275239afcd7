from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from model.checkpoint import pretrained_model, save_model
from tests.gui.conftest import LOADING_MS


def test_it_names_the_model_and_leads_back_to_the_shipped_one(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    chip = window.chip
    qtbot.waitUntil(lambda: chip.text().startswith("Shipped model · MSE 0.0"), timeout=LOADING_MS)
    name = "a model whose name is very much longer than all the room that there can be for it here"
    export = window.header.export.geometry()
    path = tmp_path / f"{name}.safetensors"
    save_model(path, pretrained_model())
    window.files.open_path(path)
    qtbot.waitUntil(lambda: name in chip.toolTip(), timeout=LOADING_MS)
    assert name not in chip.text()
    assert chip.text().partition("…")[0] in name
    assert chip.text().endswith(chip.toolTip().rpartition(" ")[2])
    assert chip.geometry().right() < export.left()
    assert window.header.export.geometry() == export
    texts = [action.text().replace("&", "") for action in chip.menu().actions()]
    assert "Open model …" in texts
    assert "Layers of the network" in texts
    back = chip.menu().actions()[texts.index("Use the shipped model")]
    back.trigger()
    qtbot.waitUntil(lambda: chip.text().startswith("Shipped model"), timeout=LOADING_MS)
