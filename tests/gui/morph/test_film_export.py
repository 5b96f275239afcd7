from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel
from pytestqt.qtbot import QtBot

from cae_gui.morph.film_export import TITLES, FilmDialog, FilmOffer
from cae_gui.settings import FilmChoice
from model.morph.film import FORMATS, SIZES

LEFT = Qt.MouseButton.LeftButton
SECONDS = 3.0


def film(frames_per_second: float) -> NDArray[np.float32]:
    return np.linspace(0, 1, round(SECONDS * frames_per_second), dtype=np.float32)[:, None]


def offered(**changes: object) -> FilmOffer:
    facts = {"title": "Export", "latents_of": film, "formats": tuple(FORMATS), "about": {}}
    facts["stills_of"] = lambda count: np.linspace(0, 1, count, dtype=np.float32)[:, None]
    return FilmOffer(**{**facts, "name": "film", **changes})  # type: ignore[arg-type]


def dialog_of(qtbot: QtBot, offer: FilmOffer, choice: FilmChoice | None = None) -> FilmDialog:
    dialog = FilmDialog(offer, choice or FilmChoice())
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def choose(dialog: FilmDialog, name: str) -> None:
    dialog.format.setCurrentIndex(dialog.format.findData(name))


def test_it_says_what_comes_of_the_choice(qtbot: QtBot) -> None:
    dialog = dialog_of(qtbot, offered())
    assert dialog.estimate.text() == "75 frames, 3.0 s, 192 × 192 pixels"
    dialog.rate.setValue(10)
    dialog.side.setCurrentIndex(dialog.side.findData(96))
    assert dialog.estimate.text() == "30 frames, 3.0 s, 96 × 96 pixels"
    choose(dialog, "PNG frames")
    assert dialog.estimate.text() == "30 frames, 3.0 s, 96 × 96 pixels each"
    choose(dialog, "PNG strip")
    assert dialog.estimate.text() == "9 faces, 864 × 96 pixels"
    choose(dialog, "PNG grid")
    dialog.pictures.setValue(12)
    dialog.columns.setValue(6)
    assert dialog.estimate.text() == "12 faces, 576 × 192 pixels"


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_asks_only_for_what_it_has(name: str, qtbot: QtBot) -> None:
    dialog = dialog_of(qtbot, offered())
    choose(dialog, name)
    is_picture = name in ("PNG strip", "PNG grid")
    assert dialog.rate.isVisible() is not is_picture
    assert dialog.pictures.isVisible() is is_picture
    assert dialog.columns.isVisible() is (name == "PNG grid")
    assert dialog.format.currentText() == TITLES[name]


def test_the_last_choice_is_proposed_where_it_can_be(qtbot: QtBot) -> None:
    last = FilmChoice("WebP", 96, 12, 20, 5)
    assert dialog_of(qtbot, offered(), last).choice() == last
    grid = dialog_of(qtbot, offered(formats=("PNG grid", "PNG frames")), last).choice()
    assert (grid.format, grid.size) == ("PNG grid", 96)


def test_a_choice_that_does_not_exist_gives_way(qtbot: QtBot) -> None:
    choice = dialog_of(qtbot, offered(), FilmChoice("film", 7, 0, 0, 10**9)).choice()
    assert choice.format in FORMATS
    assert choice.size in SIZES
    assert choice.frames_per_second == 1
    assert (choice.pictures, choice.columns) == (2, 400)


def test_what_cannot_be_made_is_said_and_not_offered(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    dialog = dialog_of(qtbot, offered())
    choose(dialog, "MP4")
    assert "pip install" in dialog.estimate.text()
    assert not dialog.export.isEnabled()
    choose(dialog, "PNG strip")
    assert dialog.export.isEnabled()
    dialog.pictures.setValue(400)
    assert "pixels are too many" in dialog.estimate.text()
    assert not dialog.export.isEnabled()


def test_while_there_are_no_latents_nothing_is_offered(qtbot: QtBot) -> None:
    dialog = dialog_of(qtbot, offered(latents_of=lambda _rate: None))
    assert not dialog.export.isEnabled()


def test_export_and_cancel(qtbot: QtBot) -> None:
    dialog = dialog_of(qtbot, offered())
    with qtbot.waitSignal(dialog.chosen) as blocker:
        qtbot.mouseClick(dialog.export, LEFT)
    assert blocker.args == [FilmChoice()]
    assert not dialog.isVisible()
    dialog = dialog_of(qtbot, offered())
    with qtbot.assertNotEmitted(dialog.chosen):
        cancel = dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        qtbot.mouseClick(cancel, LEFT)
    assert not dialog.isVisible()


def test_by_keyboard(qtbot: QtBot) -> None:
    dialog = dialog_of(qtbot, offered())
    assert all(label.buddy() for label in dialog.findChildren(QLabel) if "&" in label.text())
    dialog.format.setFocus()
    qtbot.keyClick(dialog.format, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.chosen) as blocker:
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert blocker.args[0].format == "WebP"


def test_a_given_number_of_faces_has_no_pace(qtbot: QtBot) -> None:
    offer = offered(formats=("PNG grid", "PNG frames"), fixed=49, columns=7)
    dialog = dialog_of(qtbot, offer)
    assert dialog.estimate.text() == "49 faces, 1,344 × 1,344 pixels"
    choose(dialog, "PNG frames")
    assert dialog.estimate.text() == "49 faces, 192 × 192 pixels"
    assert not dialog.rate.isVisible()
    single = dialog_of(qtbot, offered(formats=("PNG strip",), fixed=1))
    assert single.estimate.text() == "192 × 192 pixels"
    assert not single.format.isVisible()


def test_strips_and_grids_take_evenly_spaced_faces_with_both_ends() -> None:
    latents = offered().latents(FilmChoice("PNG strip", pictures=5))
    assert latents is not None
    np.testing.assert_allclose(latents[:, 0], [0, 0.25, 0.5, 0.75, 1], atol=1 / 120)
    assert latents[[0, -1], 0].tolist() == [0, 1]


def test_the_frames_of_a_far_too_long_film_are_not_made_to_count_them(qtbot: QtBot) -> None:
    made: list[int] = []

    def hours(frames_per_second: float) -> NDArray[np.float32]:
        made.append(round(7200 * frames_per_second))
        return np.zeros((made[-1], 1), np.float32)

    dialog = dialog_of(qtbot, offered(latents_of=hours))
    assert dialog.estimate.text() == "A film has 1 to 3,000 frames, not 180,000."
    assert not dialog.export.isEnabled()
    assert max(made) == 7200


def test_films_take_all_faces_at_their_pace() -> None:
    latents = offered().latents(FilmChoice("GIF", frames_per_second=10))
    assert latents is not None
    np.testing.assert_array_equal(latents, film(10))
    assert offered(latents_of=lambda _rate: None).latents(FilmChoice("GIF")) is None
    assert offered(stills_of=lambda _count: None).latents(FilmChoice("PNG strip")) is None


def test_what_cannot_be_read_is_not_exported_with_another_number(qtbot: QtBot) -> None:
    dialog = dialog_of(qtbot, offered())
    dialog.rate.selectAll()
    qtbot.keyClicks(dialog.rate, "2x")
    with qtbot.assertNotEmitted(dialog.chosen):
        dialog.export.click()
    assert "2x" in dialog.estimate.text()
    assert not dialog.export.isEnabled()
    dialog.rate.selectAll()
    qtbot.keyClicks(dialog.rate, "25")
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.export.click()
    assert chosen.args[0].frames_per_second == 25
