from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QPalette

from cae_gui.train.curve_plot import CurvePlot
from model.events import EpochDone
from model.plots.curves import CurveImage, CurveRequest


def epochs(count: int) -> list[EpochDone]:
    preview = np.zeros((0, 48, 48, 3), np.uint8)
    return [
        EpochDone(epoch, 0.01 / epoch, 0.012 / epoch, 0.02, 1.0, True, preview)
        for epoch in range(1, count + 1)
    ]


def answer(request: CurveRequest, color: tuple[int, ...] = (10, 200, 30, 255)) -> CurveImage:
    """A plain picture whose x axis reaches from one side of the widget to the other."""
    rgba = np.empty((request.height, request.width, 4), np.uint8)
    rgba[:] = color
    height = request.height
    return CurveImage(
        request,
        rgba,
        (0, 0, request.width, height * 0.7),
        (0, height * 0.8, request.width, height * 0.2),
        (0, 10),
        (0.001, 0.1),
        True,
    )


@pytest.fixture
def plot(qtbot):
    widget = CurvePlot()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    return widget


@pytest.fixture
def shown(plot, qtbot):
    """A visible plot of five epochs, its first request answered."""
    plot.show()
    qtbot.waitExposed(plot)
    with qtbot.waitSignal(plot.render_wanted) as wanted:
        plot.set_history(epochs(5))
        plot.set_total_epochs(10)
    plot.show_image(answer(wanted.args[0]))
    return plot


def requests_of(plot: CurvePlot) -> list[CurveRequest]:
    found: list[CurveRequest] = []
    plot.render_wanted.connect(found.append)
    return found


def test_hidden_plot_wants_nothing_until_shown(plot, qtbot, qapp):
    found = requests_of(plot)
    plot.set_history(epochs(2))
    qapp.processEvents()
    assert not found
    plot.show()
    qtbot.waitUntil(lambda: len(found) == 1)
    assert found[0].history.epochs == (1, 2)


def test_empty_plot_wants_nothing_and_says_what_to_do(plot, qtbot):
    found = requests_of(plot)
    plot.show()
    qtbot.waitExposed(plot)
    plot.grab()
    assert not found
    assert plot.accessibleDescription() == "Start a training, or open a run, to see its curves."


def test_a_training_that_prepares_has_axes(plot, qtbot):
    plot.show()
    qtbot.waitExposed(plot)
    with qtbot.waitSignal(plot.render_wanted) as wanted:
        plot.set_total_epochs(8)
        plot.set_planned(((1.0, 0.02), (8.0, 0.0)))
    assert not plot.is_empty()
    assert plot.accessibleDescription() == ""
    request = wanted.args[0]
    assert (request.total_epochs, request.history.epochs) == (8, ())
    assert request.planned == ((1.0, 0.02), (8.0, 0.0))


def test_what_an_empty_plot_says_leaves_the_names_of_the_lines_free(plot, qtbot):
    plot.show()
    qtbot.waitExposed(plot)
    with qtbot.waitSignal(plot.render_wanted) as wanted:
        plot.set_total_epochs(8, ahead=True)
    right = round(plot.width() * 0.6)  # of the axes; the names are beside them
    image = answer(wanted.args[0])
    plot.show_image(replace(image, box=(0, 0, right * plot.devicePixelRatioF(), image.box[3])))
    assert plot.empty.isVisible()
    assert plot.empty.geometry().right() <= right


def test_setters_of_one_turn_make_one_request(plot, qtbot):
    found = requests_of(plot)
    plot.show()
    qtbot.waitExposed(plot)
    plot.set_history(epochs(3))
    plot.add_progress(3.5, 0.004, 0.02)
    plot.set_references([("PCA", 0.0006)])
    plot.set_others([("Fast", [1, 2], [0.01, 0.005])])
    plot.set_total_epochs(8)
    plot.set_planned(((1.0, 0.02), (8.0, 0.0)))
    plot.set_log(False)
    qtbot.waitUntil(lambda: bool(found))
    assert len(found) == 1
    request = found[0]
    assert request.running == ((3.5, 0.004),)
    assert request.rates == ((3.5, 0.02),)
    assert request.planned == ((1.0, 0.02), (8.0, 0.0))
    assert request.references == (("PCA", 0.0006),)
    assert request.others == (("Fast", (1, 2), (0.01, 0.005)),)
    assert request.total_epochs == 8
    assert not request.log
    ratio = plot.devicePixelRatioF()
    assert (request.width, request.height) == (round(400 * ratio), round(300 * ratio))
    assert request.scale == ratio


def test_at_most_one_request_is_outstanding(shown, qtbot):
    found = requests_of(shown)
    shown.add_progress(5.1, 0.002, 0.02)
    qtbot.waitUntil(lambda: len(found) == 1)
    shown.add_progress(5.2, 0.002, 0.02)
    shown.add_progress(5.3, 0.002, 0.02)
    shown.grab()
    assert len(found) == 1
    shown.show_image(answer(found[0]))
    qtbot.waitUntil(lambda: len(found) == 2)
    assert len(found[1].running) == 3
    shown.show_image(answer(found[1]))
    assert len(found) == 2


def test_answer_is_painted(shown):
    color = shown.grab().toImage().pixelColor(200, 150)
    assert color.getRgb() == (10, 200, 30, 255)


def test_answer_to_a_request_before_clear_is_ignored(shown, qtbot):
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        shown.add_progress(5.1, 0.002, 0.02)
    shown.clear()
    shown.show_image(answer(wanted.args[0]))
    assert shown.is_empty()
    assert shown.grab().toImage().pixelColor(5, 5) == shown.palette().color(QPalette.ColorRole.Base)


def test_after_a_dropped_request_new_data_asks_again(shown, qtbot):
    with qtbot.waitSignal(shown.render_wanted):
        shown.add_progress(5.1, 0.002, 0.02)
    shown.drop_request()
    with qtbot.waitSignal(shown.render_wanted):
        shown.add_progress(5.2, 0.002, 0.02)


def test_finished_epoch_takes_its_progress_points_away(shown, qtbot):
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        shown.add_progress(5.5, 0.002, 0.02)
        shown.add_progress(6.1, 0.002, 0.02)
        shown.set_history(epochs(6))
    assert wanted.args[0].running == ((6.1, 0.002),)


def test_learning_rates_stay_when_an_epoch_is_finished_and_go_with_the_run(shown, qtbot):
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        shown.add_progress(5.5, 0.002, 0.01)
        shown.add_progress(6.1, 0.002, 0.008)
        shown.set_history(epochs(6))
    assert wanted.args[0].rates == ((5.5, 0.01), (6.1, 0.008))
    shown.clear()
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        shown.set_total_epochs(3)
    assert wanted.args[0].rates == ()
    assert wanted.args[0].planned == ()


def test_a_long_epoch_is_thinned(shown, qtbot):
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        for step in range(5000):
            shown.add_progress(5 + step / 5000, 0.002, 0.02)
    assert len(wanted.args[0].running) <= 2000
    assert len(wanted.args[0].rates) <= 2000
    assert wanted.args[0].rates[-1][0] == 5 + 4999 / 5000


def test_resizing_and_a_new_palette_ask_again(shown, qtbot):
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        shown.resize(500, 320)
    shown.show_image(answer(wanted.args[0]))
    palette = QPalette(shown.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor("#102030"))
    palette.setColor(QPalette.ColorRole.Window, QColor("#102030"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("#ffffff"))
    with qtbot.waitSignal(shown.render_wanted) as wanted:
        shown.setPalette(palette)
    assert wanted.args[0].background == "#102030"
    assert wanted.args[0].dark


def test_hover_reads_the_nearest_finished_epoch(shown, qtbot):
    qtbot.mouseMove(shown, QPoint(125, 50))
    assert shown.readout().splitlines() == [
        "Epoch 3",
        "Train 0.00333",
        "Test 0.00400",
        "Rate 0.02",
    ]
    qtbot.mouseMove(shown, QPoint(390, 50))
    assert shown.readout().startswith("Epoch 5")
    assert shown.accessibleDescription() == shown.readout()
    shown.leaveEvent(QEvent(QEvent.Type.Leave))
    assert shown.readout() == ""


def test_hover_paints_a_hair_line(shown, qtbot):
    before = shown.grab().toImage()
    qtbot.mouseMove(shown, QPoint(120, 50))
    assert shown.grab().toImage() != before


def test_arrow_keys_read_epochs_out(shown, qtbot):
    for key, epoch in (
        (Qt.Key.Key_Left, 5),
        (Qt.Key.Key_Left, 4),
        (Qt.Key.Key_Home, 1),
        (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_Right, 2),
        (Qt.Key.Key_End, 5),
    ):
        qtbot.keyClick(shown, key)
        assert shown.readout().startswith(f"Epoch {epoch}\n")
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert shown.readout() == ""


def test_readout_survives_a_shorter_history(shown, qtbot):
    qtbot.keyClick(shown, Qt.Key.Key_End)
    shown.set_history(epochs(2))
    assert shown.readout() == ""
    shown.grab()
