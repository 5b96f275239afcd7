from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.morph import filming
from cae_gui.morph.film_export import FilmDialog
from cae_gui.settings import FilmChoice, Settings
from model.morph.film import FilmError, has_encoder
from model.progress import WorkProgress
from tests.gui.conftest import LOADING_MS, Dialogs, export_as, wait_for_message

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def morph(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with half a second of morph that can be exported."""
    window.tabs.setCurrentWidget(window.morph)
    qtbot.waitUntil(lambda: window.studio.morpher.path is not None, timeout=LOADING_MS)
    window.morph.path.segments.editors[0].seconds.setValue(0.5)
    window.morph.path.playback.back.setChecked(False)
    return window


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Exports write half a draft and then wait for the event; ``left`` tells how they ended."""
    go_on = threading.Event()

    def export(_latents: Any, _decode: Any, path: Path, _settings: Any) -> Iterator[WorkProgress]:
        draft = path.with_name("draft")
        draft.write_text("half")
        try:
            yield WorkProgress("Exporting", 1, 2)
            while not go_on.wait(0.01):
                yield WorkProgress("Exporting", 1, 2)
            draft.rename(path)
            yield WorkProgress("Exporting", 2, 2)
        finally:
            draft.unlink(missing_ok=True)

    monkeypatch.setattr(filming, "export_film", export)
    yield go_on
    go_on.set()


def test_a_film_with_what_made_it(
    morph: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "mine.webp"
    texts: list[str] = []
    morph.studio.filming.busy.connect(lambda text, _done, _total: texts.append(text))
    export_as(morph, morph.morph.path.export, "WebP", qtbot)
    wait_for_message(morph, qtbot, "Saved as “mine.webp”.")
    assert set(texts) == {"Exporting “mine.webp”"}
    assert morph.status.progress.text() == ""
    with Image.open(answers.path) as image:
        assert sum(1 for _ in ImageSequence.Iterator(image)) == 13  # and the last face
        about = image.info["xmp"].decode()
    assert '"model": "Shipped model"' in about.replace("&quot;", '"')
    names = [face.name for face in morph.studio.morpher.state.faces]
    assert all(name in about for name in names)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "PNG grid", "MP4"])
def test_each_kind_of_file_has_the_faces_of_the_path(
    kind: str, morph: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    if kind == "MP4" and not has_encoder():
        pytest.skip("imageio-ffmpeg isn't installed")
    morph.settings.film = FilmChoice(size=48)
    answers.path = tmp_path / "film"
    export_as(morph, morph.morph.path.export, kind, qtbot)
    wait_for_message(morph, qtbot, "Saved as “film”.")
    if kind == "MP4":
        assert answers.path.stat().st_size > 1000
        return
    with Image.open(answers.path) as image:
        assert image.size == ((144, 144) if kind == "PNG grid" else (48, 48))
        first = np.asarray(image.convert("RGB"), np.int16)[:48, :48]
    model, latents = morph.studio.models.model, morph.studio.morpher.film(25)
    from model.inference import decode

    assert model is not None
    difference = np.abs(first - decode(model, latents[:1])[0].astype(np.int16))
    assert difference.mean() < 6  # a GIF has 256 colors


def test_frames_go_to_a_new_folder(
    morph: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path
    (tmp_path / "morph").mkdir()
    (tmp_path / "morph" / "mine.txt").write_text("kept")
    export_as(morph, morph.morph.path.export, "PNG frames", qtbot)
    wait_for_message(morph, qtbot, "Saved as “morph 2”.")
    assert len(list((tmp_path / "morph 2").glob("*.png"))) == 13
    about = json.loads((tmp_path / "morph 2" / "about.json").read_text("utf-8"))
    assert about["model"] == "Shipped model"
    assert (tmp_path / "morph" / "mine.txt").read_text() == "kept"
    assert morph.settings.folder == tmp_path


def test_the_choice_is_remembered(
    morph: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "strip.png"
    morph.morph.path.export.click()
    dialog = morph.findChild(FilmDialog)
    dialog.format.setCurrentIndex(dialog.format.findData("PNG strip"))
    dialog.pictures.setValue(5)
    dialog.side.setCurrentIndex(dialog.side.findData(96))
    qtbot.mouseClick(dialog.export, LEFT)
    wait_for_message(morph, qtbot, "“strip.png”")
    with Image.open(answers.path) as image:
        assert image.size == (5 * 96, 96)
    assert Settings().film == FilmChoice("PNG strip", 96, 25, 5, 0)


def test_no_place_no_export(morph: MainWindow, answers: Dialogs, qtbot: QtBot) -> None:
    answers.path = None
    with qtbot.assertNotEmitted(morph.studio.filming.busy):
        export_as(morph, morph.morph.path.export, "GIF", qtbot)
    assert answers.asked[-1] == "path"


def test_cancel_leaves_the_older_file_and_nothing_else(
    morph: MainWindow, answers: Dialogs, slow: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "film.gif"
    answers.path.write_text("older")
    export_as(morph, morph.morph.path.export, "GIF", qtbot)
    progress = morph.status.progress
    qtbot.waitUntil(lambda: progress.text() == "Exporting “film.gif”", timeout=LOADING_MS)
    with qtbot.waitSignal(morph.studio.filming.idle, timeout=LOADING_MS):
        qtbot.mouseClick(progress.findChild(QToolButton), LEFT)
    assert answers.path.read_text() == "older"
    assert not (tmp_path / "draft").exists()
    assert progress.text() == ""
    assert "film.gif" not in morph.messages.message()


def test_one_export_at_a_time(
    morph: MainWindow, answers: Dialogs, slow: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "film.gif"
    export_as(morph, morph.morph.path.export, "GIF", qtbot)
    qtbot.waitUntil(lambda: morph.studio.filming.path is not None)
    qtbot.waitUntil(lambda: morph.findChild(FilmDialog) is None)
    qtbot.mouseClick(morph.morph.path.export, LEFT)
    assert "“film.gif” is still being exported." in morph.messages.message()
    assert morph.findChild(FilmDialog) is None
    slow.set()
    wait_for_message(morph, qtbot, "Saved as “film.gif”.")
    qtbot.mouseClick(morph.morph.path.export, LEFT)
    assert morph.findChild(FilmDialog) is not None
    morph.findChild(FilmDialog).reject()


def test_closing_the_window_ends_an_export(
    morph: MainWindow, answers: Dialogs, slow: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "film.gif"
    export_as(morph, morph.morph.path.export, "GIF", qtbot)
    qtbot.waitUntil((tmp_path / "draft").exists, timeout=LOADING_MS)
    morph.close()
    assert not morph.studio.filming.job.isRunning()
    assert not (tmp_path / "draft").exists()
    assert not answers.path.exists()


def test_a_failed_export_is_a_sentence(
    morph: MainWindow,
    answers: Dialogs,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: Any) -> Iterator[WorkProgress]:
        yield WorkProgress("Exporting", 1, 2)
        raise FilmError("The video couldn't be encoded: no more colors.")

    monkeypatch.setattr(filming, "export_film", fail)
    answers.path = tmp_path / "film.mp4"
    export_as(morph, morph.morph.path.export, "GIF", qtbot)
    wait_for_message(morph, qtbot, "no more colors.")
    assert morph.studio.filming.path is None


def test_another_model_while_it_is_asked_where(
    morph: MainWindow,
    answers: Dialogs,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def change_model(*_arguments: Any) -> Path:
        models = morph.studio.models
        assert models.model is not None
        models.adopt(models.model, "Another")
        return tmp_path / "film.gif"

    monkeypatch.setattr("cae_gui.widgets.dialogs.ask_save", change_model)
    with qtbot.assertNotEmitted(morph.studio.filming.busy):
        export_as(morph, morph.morph.path.export, "GIF", qtbot)
    assert "has just changed" in morph.messages.message()
