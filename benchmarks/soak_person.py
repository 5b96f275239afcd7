"""A person who does anything in any order, and the same again with the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from PySide6.QtCore import QMimeData, QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from benchmarks.soak_hands import Hands, answer, is_allowed
from benchmarks.soak_material import Material
from cae_gui.core.faces import DEMO, LFW, PHOTOS
from cae_gui.main_window import MainWindow
from cae_gui.reconstruct.crop_box import CropBoxView
from cae_gui.widgets import dialogs
from cae_gui.widgets.images import to_qimage
from model.config import TrainConfig

WORDS = ("", "a", "face 1", "nobody", "\N{GREEK SMALL LETTER ALPHA}", "((", "99", "  ")
SETTINGS = TrainConfig(epochs=2, batch_size=16, latent_dim=4, optimizer="adam")


class Person(QObject):
    """Acts on a window, differently with each seed.

    Every action draws from a generator of its own, so that what the window was able to do doesn't
    change the actions after it.
    """

    def __init__(self, window: MainWindow, material: Material, seed: int) -> None:
        super().__init__()
        self._window, self._material, self._seed = window, material, seed
        self._hands = Hands(window)
        self.chance = random.Random(seed)
        self._answers = random.Random(seed)
        self._next = ""
        self._seen: QWidget | None = None
        self._closer = QTimer(self, interval=100)
        self._closer.timeout.connect(self._answer)
        self._closer.start()
        self._actions: dict[str, tuple[int, Callable[[], object]]] = {
            "select a face": (6, self._select_face),
            "search": (3, self._search),
            "change the source": (3, self._change_source),
            "drop": (4, self._drop),
            "paste": (1, self._paste),
            "open a model": (2, self._open_model),
            "move a slider": (8, self._hands.move_slider),
            "undo or redo": (8, self._undo),
            "fill a well": (3, self._fill_well),
            "play": (2, self._window.morph.path.playback.play.click),
            "start a training": (3, self._start_training),
            "steer the training": (5, self._steer_training),
            "use the runs": (4, self._use_runs),
            "switch workspaces": (6, self._switch),
            "switch pages": (5, self._hands.switch),
            "resize": (2, self._resize),
            "change the theme": (1, self._change_theme),
            "move the box": (5, self._move_box),
            "press a button": (10, self._hands.press),
            "use the mouse": (16, self._hands.use_mouse),
            "set a value": (4, self._hands.set_value),
            "use the menu": (5, self._use_menu),
            "press keys": (6, self._hands.press_keys),
            "edit the face": (5, self._edit_face),
            "use a session": (3, self._use_session),
        }

    def begin(self, number: int) -> str:
        """Choose the action of this number and return its name."""
        self.chance = self._hands.chance = random.Random(f"{self._seed}/{number}")
        weights = [weight for weight, _ in self._actions.values()]
        self._next = self.chance.choices(list(self._actions), weights)[0]
        return self._next

    def act(self) -> None:
        """Do the action that was chosen."""
        self._actions[self._next][1]()

    @contextmanager
    def instead_of_others(self) -> Iterator[None]:
        """Answer for the file dialogs and end drags, which only a person can, while entered."""
        with self._replaced_dialogs(), self._hands.replaced_drags():
            yield

    def _replaced_dialogs(self) -> Any:
        return mock.patch.multiple(
            dialogs,
            ask_open=lambda *asked: self.chance.choice(self._material.files(asked[-1])),
            ask_place=lambda *_: self.chance.choice([self._material.exports, None]),
            ask_photos=lambda *_: self._some_photos(),
            ask_folder=lambda *_: self.chance.choice(self._material.folders),
            ask_run_folder=lambda *_: self._run_folder(),
            ask_save=self._save_path,
        )

    def end(self) -> None:
        """Answer no dialogs any more."""
        self._closer.stop()

    def _some_photos(self) -> list[Path]:
        return self.chance.choices(self._material.photos, k=self.chance.randint(1, 4))

    def _run_folder(self) -> Path:
        runs = [item.run.folder for item in self._window.studio.runs.items]
        return self.chance.choice([*runs, self._material.empty])

    def _save_path(
        self, _parent: QWidget, _title: str, proposal: Path, formats: str
    ) -> Path | None:
        suffixes = [part.split(")")[0] for part in formats.split("*")[1:]]
        name = proposal.stem + self.chance.choice(suffixes)
        folder = self.chance.choice([self._material.exports] * 4 + [self._material.folder / "gone"])
        return self.chance.choice([folder / name] * 4 + [None])

    def _select_face(self) -> None:
        faces = self._window.studio.faces.faces
        if faces is not None and len(faces.images):
            self._window.gallery.pick(self.chance.randrange(len(faces.images)))

    def _search(self) -> None:
        fields = [field for field in self._hands.visible(QLineEdit) if field.isEnabled()]
        if fields:
            self.chance.choice(fields).setText(self.chance.choice(WORDS))

    def _change_source(self) -> None:
        sources = [DEMO, DEMO, PHOTOS, LFW, *map(str, self._material.folders)]
        self._window.studio.faces.choose(self.chance.choice(sources))

    def _drop(self) -> None:
        mime = QMimeData()
        others = [*self._material.folders, *self._material.files("*.directions *.cae-session")]
        paths = [*self._some_photos(), self.chance.choice(others)]
        paths = paths[: self.chance.randint(1, len(paths))]
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self._hands.drop_somewhere(mime)

    def _paste(self) -> None:
        face = self._window.studio.selection.face
        if face is not None and self.chance.random() < 0.7:
            QGuiApplication.clipboard().setImage(to_qimage(face.pixels))
        else:
            QGuiApplication.clipboard().setText(self.chance.choice(WORDS))
        self._window.files.paste()

    def _open_model(self) -> None:
        if self.chance.random() < 0.4:
            self._window.studio.models.open_shipped()
        else:
            self._window.files.open_path(self.chance.choice(self._material.models))

    def _undo(self) -> None:
        group = self._window.studio.undo_group
        self.chance.choice((group.undo, group.undo, group.redo))()

    def _edit_face(self) -> None:
        explorer = self._window.studio.explorer
        deeds = (explorer.randomize, explorer.step_randomly, explorer.reset)
        self.chance.choice((*deeds, self._window.explore.keep_snapshot))()

    def _use_session(self) -> None:
        files, saving = self._window.files, self._window.saving
        self.chance.choice((saving.save_session, files.open_session, files.open_directions))()

    def _fill_well(self) -> None:
        face = self._window.studio.selection.face
        if face is not None:
            frames = self._window.morph.path.frames
            card = self.chance.choice((*frames.cards[:2], frames.plus))
            card.face_dropped.emit(face.name, face.pixels)

    def _start_training(self) -> None:
        train = self._window.train
        if train.start.isEnabled():
            epochs = self.chance.choice((1, 2, 30))
            train.form.set_config(replace(SETTINGS, epochs=epochs))
            train.start.click()

    def _steer_training(self) -> None:
        train = self._window.train
        self.chance.choice((train.pause, train.pause, train.stop, train.discard)).click()

    def _use_runs(self) -> None:
        view, items = self._window.train.runs, self._window.studio.runs.items
        if items:
            view.select(self.chance.choice(items).run.folder)
        buttons = (view.open, view.go_on, view.copy, view.export, view.delete)
        self.chance.choice(buttons).click()

    def _switch(self) -> None:
        tabs = self._window.tabs
        tabs.setCurrentIndex(self.chance.randrange(tabs.count()))

    def _resize(self) -> None:
        self._window.resize(self.chance.randint(400, 2000), self.chance.randint(300, 1400))

    def _change_theme(self) -> None:
        self._window.set_scheme(self.chance.choice(("system", "light", "dark")))

    def _move_box(self) -> None:
        (view,) = self._window.reconstruct.findChildren(CropBoxView)
        if view.isVisible():
            self._hands.use_mouse_on(view)
        else:
            self._window.studio.faces.choose(PHOTOS)
            self._window.tabs.setCurrentWidget(self._window.reconstruct)

    def _use_menu(self) -> None:
        menus = [action.menu() for action in self._window.menuBar().actions()]
        actions: list[QAction] = [entry for menu in menus for entry in menu.actions()]
        action = self.chance.choice(actions)
        submenu = action.menu()
        if submenu is not None:
            submenu.aboutToShow.emit()
            action = self.chance.choice(submenu.actions())
        if action.isEnabled() and is_allowed(action.text()):
            action.trigger()

    @Slot()
    def _answer(self) -> None:
        """Answer a dialog that has been open for a tenth of a second."""
        widget = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if widget is None or widget is not self._seen:
            self._seen = widget
            return
        self._seen = None
        answer(widget, self._answers)
        for window in QApplication.topLevelWidgets():
            if isinstance(window, QDialog) and self._answers.random() < 0.3:
                window.close()
