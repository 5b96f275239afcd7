"""The strip of the nearest faces in a real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from cae_gui.core.tasks import Task
from cae_gui.explore.face_strip import FaceStrip
from cae_gui.main_window import MainWindow
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import face_from_mime
from model.face_set import FaceSet
from tests.gui.conftest import LOADING_MS, save_faces

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def exploring(
    open_window: Callable[[], MainWindow], few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> MainWindow:
    """A window that shows the faces nearest to the first of sixty patches."""
    window = open_window()
    qtbot.waitUntil(lambda: window.studio.faces.faces is not None, timeout=LOADING_MS)
    window.studio.faces.choose(str(save_faces(few_faces, tmp_path / "patches")))
    window.tabs.setCurrentWidget(window.explore)
    window.explore.strip.setCurrentWidget(window.explore.nearest)
    qtbot.waitUntil(lambda: names(window)[:1] == ["000"], timeout=LOADING_MS)
    return window


def names(window: MainWindow) -> list[str]:
    strip = window.explore.nearest
    return [strip.face(row).name for row in range(strip.count())]


def click(strip: FaceStrip, row: int, qtbot: QtBot) -> None:
    qtbot.mouseClick(
        strip.viewport(), LEFT, pos=strip.visualRect(strip.model().index(row, 0)).center()
    )


def true_nearest(window: MainWindow) -> list[str]:
    explored, latent = window.studio.latents.explored, window.studio.explorer.latent
    faces = window.studio.latents.faces
    assert explored is not None
    assert latent is not None
    assert faces is not None
    points, _ = explored.neighbours.nearest(latent)
    return [faces.names[explored.latents.rows[point]] for point in points]


def test_the_nearest_faces_stand_side_by_side_with_their_cosine(exploring: MainWindow) -> None:
    assert names(exploring) == true_nearest(exploring)
    assert len(names(exploring)) == 8
    model = exploring.explore.nearest.model()
    tips = [model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(8)]
    assert tips[0] == "000\nCosine 1.00"
    cosines = [float(tip.split()[-1]) for tip in tips]
    assert cosines == sorted(cosines, reverse=True)


def test_it_says_that_it_is_measuring(window: MainWindow) -> None:
    strip, latents = window.explore.nearest, window.studio.latents
    assert latents.explored is None  # until Explore is in view
    assert strip.accessibleDescription() == "Measuring the faces …"
    latents.measuring.emit(500, 1000)
    assert strip.accessibleDescription() == "Measuring the faces: 500 of 1,000"


def test_they_follow_the_edited_face_after_it_is_painted(
    exploring: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    studio, heard = exploring.studio, []
    exploring.explore.face.painted.connect(lambda _stamp: heard.append("painted"))
    note_tasks(studio, monkeypatch, heard.append)
    studio.explorer.go_to(latent_of(exploring, 30), "Elsewhere")
    qtbot.waitUntil(lambda: Task.NEAREST in heard, timeout=LOADING_MS)
    assert heard.index("painted") < heard.index(Task.NEAREST)
    qtbot.waitUntil(lambda: names(exploring) == true_nearest(exploring), timeout=LOADING_MS)
    studio.explorer.undo_stack.undo()
    qtbot.waitUntil(lambda: names(exploring)[0] == "000", timeout=LOADING_MS)


def note_tasks(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, note: Callable[[Any], object]
) -> None:
    """Have told which tasks are run."""
    run = studio.tasks.run

    def run_task(work: Any, task: Task, **options: Any) -> None:
        note(task)
        run(work, task, **options)

    monkeypatch.setattr(studio.tasks, "run", run_task)


def latent_of(window: MainWindow, row: int) -> Any:
    explored = window.studio.latents.explored
    assert explored is not None
    return explored.latents.latents[row]


def test_a_click_loads_the_face_and_selects_it_in_the_gallery(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    wanted = names(exploring)[3]
    with qtbot.waitSignal(exploring.studio.explorer.face_changed, timeout=LOADING_MS):
        click(exploring.explore.nearest, 3, qtbot)
    assert exploring.gallery.selected_row() == int(wanted)
    assert exploring.studio.explorer.face is not None
    assert exploring.studio.explorer.face.name == wanted
    qtbot.waitUntil(lambda: names(exploring)[0] == wanted, timeout=LOADING_MS)


def test_a_click_loads_the_face_where_the_gallery_shows_others(
    exploring: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    few = replace(few_faces, images=few_faces.images[:5] // 2, names=few_faces.names[:5])
    exploring.studio.faces.choose(str(save_faces(few, tmp_path / "few")))
    explorer = exploring.studio.explorer
    with qtbot.waitSignal(explorer.face_changed, timeout=LOADING_MS):
        pass
    qtbot.waitUntil(lambda: names(exploring) == true_nearest(exploring), timeout=LOADING_MS)
    row = int(names(exploring)[7])
    click(exploring.explore.nearest, 7, qtbot)
    assert exploring.studio.selection.face is not None
    np.testing.assert_array_equal(exploring.studio.selection.face.pixels, few_faces.images[row])


def test_a_face_can_be_dragged_to_another_place(
    exploring: MainWindow, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtGui import QDrag

    dragged: list[tuple[str, Any]] = []

    def take(drag: QDrag, _action: Qt.DropAction) -> Qt.DropAction:
        face = face_from_mime(drag.mimeData())
        assert face is not None
        dragged.append(face)
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", take)
    strip = exploring.explore.nearest
    strip.select(2)
    strip.startDrag(Qt.DropAction.CopyAction)
    ((name, pixels),) = dragged
    assert name == names(exploring)[2]
    np.testing.assert_array_equal(pixels, few_faces.images[int(name)])


def test_another_model_takes_them_away(exploring: MainWindow, qtbot: QtBot) -> None:
    exploring.studio.latents.forget()
    assert names(exploring) == []
    assert exploring.explore.nearest.accessibleDescription()


def test_nothing_is_looked_for_out_of_view(
    exploring: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    studio, asked = exploring.studio, []
    note_tasks(studio, monkeypatch, asked.append)
    exploring.explore.strip.setCurrentWidget(exploring.explore.history)
    rest = exploring.explore.nearest.findChild(QTimer)
    with qtbot.waitSignal(rest.timeout, timeout=LOADING_MS):
        studio.explorer.go_to(latent_of(exploring, 30), "Elsewhere")
    assert Task.NEAREST not in asked
    exploring.explore.strip.setCurrentWidget(exploring.explore.nearest)
    qtbot.waitUntil(lambda: names(exploring) == true_nearest(exploring), timeout=LOADING_MS)
