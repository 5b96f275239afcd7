from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QTableWidget

from cae_gui.train.layer_table import LayerTable

ROWS = [
    (1, "Conv2d 3x3, padding 1", (32, 48, 48), 896),
    (2, "ELU", (32, 24, 24), 0),
    (3, "Conv2d 3x3, no padding", (500, 1, 1), 1_152_500),
    (4, "Flatten", (500,), 0),
    (5, "ConvTranspose2d 3x3, no padding", (256, 3, 3), 1_152_256),
]


@pytest.fixture
def layers(qtbot):
    widget = LayerTable()
    qtbot.addWidget(widget)
    widget.set_rows(ROWS, 500)
    widget.show()
    return widget


def texts(layers: LayerTable) -> list[list[str]]:
    return [line.split("\t") for line in layers.text().splitlines()]


def table(layers: LayerTable) -> QTableWidget:
    return layers.findChild(QTableWidget)


def test_rows_are_written_as_people_read_them(layers):
    assert texts(layers)[0] == ["Part", "No.", "Layer", "Output", "Parameters"]
    assert texts(layers)[1] == ["Encoder", "1", "Conv2d 3x3, padding 1", "32 × 48 × 48", "896"]
    assert texts(layers)[3][-1] == "1,152,500"
    assert layers.total.text() == "2,305,652 parameters"


def test_parts_begin_where_the_latent_begins_and_ends(layers):
    parts = [row[0] for row in texts(layers)[1:]]
    assert parts == ["Encoder", "", "Bottleneck", "", "Decoder"]


def test_numbers_are_right_aligned(layers):
    right = Qt.AlignmentFlag.AlignRight
    assert [bool(table(layers).item(0, c).textAlignment() & right) for c in range(5)] == [
        False, True, False, True, True,
    ]  # fmt: skip


def test_copy_takes_all_rows_or_the_selected(layers, qtbot):
    layers.copy()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 6
    table(layers).selectRow(2)
    layers.activateWindow()
    table(layers).setFocus()
    qtbot.waitUntil(table(layers).hasFocus)
    qtbot.keyClick(table(layers), Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert len(copied) == 2
    assert "1,152,500" in copied[1]


def test_new_rows_replace_the_old(layers):
    table(layers).selectRow(4)
    layers.set_rows(ROWS[:2], 500)
    assert len(texts(layers)) == 3
    layers.set_rows([], 500)
    assert layers.total.text() == "0 parameters"


def test_tint_of_the_bottleneck_follows_the_palette(layers):
    palette = QPalette(layers.palette())
    palette.setColor(QPalette.ColorRole.Highlight, QColor("#ff0000"))
    layers.setPalette(palette)
    assert table(layers).item(2, 0).background().color().red() == 255
    assert table(layers).item(0, 0).background().color() == palette.color(QPalette.ColorRole.Base)
