"""The window: gallery, workspaces, menus, messages; it builds the parts and joins them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMainWindow,
    QMenu,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cae_gui import dialogs
from cae_gui.controllers.explore import ExploreController
from cae_gui.controllers.morph import MorphController
from cae_gui.controllers.reconstruct import FIGURE_FORMATS, ReconstructController
from cae_gui.controllers.train import TrainController
from cae_gui.dropped import Dropped, dropped, has_files_or_image
from cae_gui.menus import Menus
from cae_gui.problems import Problem
from cae_gui.session.faces import DEMO, LFW, PHOTOS, TITLES
from cae_gui.session.session import Session
from cae_gui.settings import Settings
from cae_gui.status import Status
from cae_gui.theme import Scheme, apply_theme
from cae_gui.widgets.gallery import Gallery
from cae_gui.widgets.layer_table import LayerTable
from cae_gui.widgets.message_bar import MessageBar
from cae_gui.workspaces.explore import ExploreWorkspace
from cae_gui.workspaces.morph import MorphWorkspace
from cae_gui.workspaces.reconstruct import ReconstructWorkspace
from cae_gui.workspaces.train import TrainWorkspace

MODEL_SUFFIXES = {".safetensors", ".pth", ".pt"}
OPEN_FOLDER, DOWNLOAD, USE_DEMO = "Choose folder …", "Download 233 MB", "Use demo faces"
FOLDER_KEY = "choose-folder"


class MainWindow(QMainWindow):
    """One gallery, four workspaces, one message bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("CAE Studio")
        self.setAcceptDrops(True)
        self.settings = Settings()
        self.session = Session(self)
        self._first_face_row = self.settings.row
        self._wanted_photo = -1
        self._build()
        self._control()
        self._connect()
        self._restore()

    def start(self) -> None:
        """Load the faces and the model of last time, or the shipped ones."""
        self.session.faces.choose(self.settings.source)
        model = self.settings.model
        if model is not None and model.exists():
            self.session.models.open(model)
        else:
            self.session.models.open_shipped()

    def _build(self) -> None:
        self.train = TrainWorkspace()
        self.reconstruct = ReconstructWorkspace()
        self.explore = ExploreWorkspace()
        self.morph = MorphWorkspace()
        self.tabs = QTabWidget(documentMode=True)
        for name, workspace in (
            ("&Train", self.train),
            ("&Reconstruct", self.reconstruct),
            ("&Explore", self.explore),
            ("&Morph", self.morph),
        ):
            self.tabs.addTab(workspace, name)
        self.messages = MessageBar()
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.tabs, 1)
        self.gallery = Gallery()
        self.gallery.setMinimumWidth(200)
        self.gallery.clear("Loading the faces …")
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.gallery)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([280, 920])
        self.setCentralWidget(self.splitter)
        self.status = Status(self.statusBar())
        self.menus = Menus(self)
        self._layers = LayerTable()
        self._layers_dialog = QDialog(self)
        self._layers_dialog.setWindowTitle("Layers of the network")
        QVBoxLayout(self._layers_dialog).addWidget(self._layers)

    def _control(self) -> None:
        self.controllers = (
            TrainController(self.session, self.train, self),
            ReconstructController(self.session, self.reconstruct, self),
            ExploreController(self.session, self.explore, self),
            MorphController(self.session, self.morph, self),
        )

    def _connect(self) -> None:
        session, gallery = self.session, self.gallery
        train, reconstruct, _explore, _morph = self.controllers
        gallery.source_chosen.connect(self._on_source_chosen)
        gallery.face_chosen.connect(self._on_face_chosen)
        gallery.face_activated.connect(self._on_face_activated)
        gallery.context_requested.connect(self._on_context)
        reconstruct.face_picked.connect(self._on_face_picked)
        train.notice.connect(self.messages.show_message)
        session.problem.connect(self._on_problem)
        session.task_done.connect(self._on_task)
        session.faces.changed.connect(self._on_faces)
        session.faces.lfw_missing.connect(self._on_lfw_missing)
        session.faces.skipped.connect(self._on_skipped)
        session.faces.photos_added.connect(self._on_photos_added)
        session.models.changed.connect(self._on_model)
        session.models.saved.connect(self._on_saved)
        session.models.answered.connect(self._on_answer)
        for part in (session.models, session.faces):
            part.busy.connect(self.messages.show_progress)
            part.idle.connect(self.messages.clear_progress)
        session.training.state_changed.connect(self.status.set_training)
        self.messages.action_chosen.connect(self._on_action)
        self.messages.cancel_asked.connect(session.faces.cancel)
        self.train.discard_asked.connect(self._on_discard)
        self.train.layers_asked.connect(self.show_layers)
        self.reconstruct.export_face_asked.connect(self._on_save_face)
        self.reconstruct.export_strip_asked.connect(self._on_save_rows)
        self.explore.save_asked.connect(self._on_save_edited)
        self.morph.export_gif_asked.connect(self._on_save_gif)
        self.morph.export_strip_asked.connect(self._on_save_strip)

    def _restore(self) -> None:
        self.resize(1200, 800)
        if not self.settings.geometry.isEmpty():
            self.restoreGeometry(self.settings.geometry)
        if not self.settings.splitter.isEmpty():
            self.splitter.restoreState(self.settings.splitter)
        self.tabs.setCurrentIndex(self.settings.workspace)
        self._show_sources(self.settings.source)

    def _remember(self) -> None:
        self.settings.geometry = self.saveGeometry()
        self.settings.splitter = self.splitter.saveState()
        self.settings.workspace = self.tabs.currentIndex()
        self.settings.source = self.session.faces.source or self.settings.source
        self.settings.row = self.gallery.selected_row() or 0
        self.settings.model = self.session.models.path

    def _show_sources(self, chosen: str) -> None:
        sources = [(key, TITLES[key]) for key in (DEMO, LFW, PHOTOS)]
        if chosen not in TITLES:
            sources.append((chosen, Path(chosen).name))
        self.gallery.set_sources([*sources, (FOLDER_KEY, "Choose a folder …")])
        self.gallery.set_source(chosen)

    # What the menus do.

    @Slot()
    def open_model(self) -> None:
        """Ask for a model file and open it."""
        path = dialogs.ask_open(
            self, "Open a model", self.settings.folder, "Models (*.safetensors *.pth *.pt)"
        )
        if path is not None:
            self.open_path(path)

    @Slot()
    def save_model(self) -> None:
        """Ask for a file and write the model in use."""
        path = self._ask_save("Save the model", "model.safetensors", "Model (*.safetensors)")
        if path is not None:
            self.session.models.save(path)

    @Slot()
    def use_shipped_model(self) -> None:
        """Go back to the model that ships with the application."""
        self.session.models.open_shipped()

    @Slot()
    def open_photos(self) -> None:
        """Ask for photos and add them."""
        paths = dialogs.ask_photos(self, self.settings.folder)
        if paths:
            self.settings.folder = paths[0].parent
            self._take(Dropped(paths, []))

    @Slot()
    def paste(self) -> None:
        """Add what is on the clipboard."""
        content = dropped(QApplication.clipboard().mimeData())
        if content.is_empty:
            self.messages.show_message("There is no picture on the clipboard.")
        self._take(content)

    @Slot()
    def show_layers(self) -> None:
        """Show the layer table of the model in use."""
        model = self.session.models.model
        if model is not None:
            self.session.run_task("layers", partial(_layer_rows, model))

    @Slot()
    def save_curves(self) -> None:
        """Ask for a file and write the curves as figure or table."""
        if self.session.training.folder is not None:
            path = self._ask_save("Save the curves", "curves.png", FIGURE_FORMATS)
            if path is not None:
                work = partial(_save_curves, self.session.training.folder, path)
                self.session.run_task("export", work, path)

    def continue_run(self, folder: Path) -> None:
        """Go on with an earlier run on the faces on show."""
        self.tabs.setCurrentWidget(self.train)
        self.controllers[0].resume(folder)

    def set_scheme(self, scheme: Scheme) -> None:
        """Choose “system”, “light” or “dark”."""
        self.settings.scheme = scheme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, scheme)

    def open_path(self, path: Path) -> None:
        """Open a model file, a folder of images, or a photo."""
        self.settings.folder = path.parent
        if path.suffix.lower() in MODEL_SUFFIXES:
            self.session.models.open(path)
        elif path.is_dir():
            self.session.faces.choose(str(path))
        else:
            self._take(Dropped([path], []))

    def _take(self, content: Dropped) -> None:
        photos: list[tuple[Any, str]] = []
        for path in content.paths:
            if path.suffix.lower() in MODEL_SUFFIXES or path.is_dir():
                self.open_path(path)
            else:
                photos.append((path, path.name))
        photos.extend((pixels, "Pasted picture") for pixels in content.pictures)
        if photos:
            self.session.faces.add_photos(photos)
        if content.refused:
            self.messages.show_message(content.refused, kind="error")

    # Faces.

    @Slot(str)
    def _on_source_chosen(self, key: str) -> None:
        if key == FOLDER_KEY:
            self._choose_folder()
        else:
            self.session.faces.choose(key)

    def _choose_folder(self) -> None:
        folder = dialogs.ask_folder(self, self.settings.folder)
        if folder is not None:
            self.settings.folder = folder
            self.session.faces.choose(str(folder))
        self.gallery.set_source(self.session.faces.source or DEMO)

    @Slot()
    def _on_faces(self) -> None:
        source, faces = self.session.faces.source, self.session.faces.faces
        if faces is None:
            return
        self._show_sources(source)
        self.status.set_faces(f"{faces.title}: {len(faces.images):,}")
        if not len(faces.images):
            self.gallery.clear("Drop photos anywhere in the window, or paste them.")
            return
        self.gallery.set_faces(faces.images, faces.names)
        row = self._wanted_photo if self._wanted_photo >= 0 else self._first_face_row
        self._first_face_row, self._wanted_photo = 0, -1
        self._on_face_picked(min(row, len(faces.images) - 1))

    @Slot(int)
    def _on_face_picked(self, row: int) -> None:
        self.gallery.select_row(row)
        self._on_face_chosen(row)

    @Slot(int)
    def _on_face_chosen(self, row: int) -> None:
        faces = self.session.faces.faces
        if faces is not None and row < len(faces.images):
            self.session.select(faces.names[row], faces.images[row])

    @Slot(int)
    def _on_face_activated(self, row: int) -> None:
        self._on_face_chosen(row)
        if self.tabs.currentWidget() is self.train:
            self.tabs.setCurrentWidget(self.reconstruct)

    @Slot(int, QPoint)
    def _on_context(self, row: int, place: QPoint) -> None:
        menu = QMenu(self)
        for index, letter in enumerate("AB"):
            menu.addAction(f"Morph: use as &{letter}", partial(self._use_in_morph, row, index))
        if self.session.faces.source == PHOTOS:
            menu.addSeparator()
            menu.addAction("&Remove photo", partial(self.session.faces.remove_photo, row))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _use_in_morph(self, row: int, index: int) -> None:
        faces = self.session.faces.faces
        if faces is not None:
            pixels = np.array(faces.images[row])
            self.session.morpher.set_well(index, faces.names[row], pixels)
            self.tabs.setCurrentWidget(self.morph)

    @Slot()
    def _on_lfw_missing(self) -> None:
        self.gallery.set_source(self.session.faces.source or DEMO)
        if self.session.faces.faces is None:
            self.session.faces.choose(DEMO)
        self.messages.show_message(
            "Labeled Faces in the Wild isn't on this machine.",
            kind="offer",
            actions=(DOWNLOAD, OPEN_FOLDER, USE_DEMO),
        )

    @Slot(object)
    def _on_skipped(self, sentences: Sequence[str]) -> None:
        if len(sentences) == 1:
            self.messages.show_message(sentences[0], kind="error")
            return
        text = f"{len(sentences)} files were left out. The first: {sentences[0]}"
        self.messages.show_message(text, kind="error", details="\n".join(sentences))

    @Slot(int)
    def _on_photos_added(self, row: int) -> None:
        self._wanted_photo = row
        self.session.faces.choose(PHOTOS)

    @Slot(str)
    def _on_action(self, action: str) -> None:
        if action == DOWNLOAD:
            self.session.faces.download_lfw()
        elif action == OPEN_FOLDER:
            self._choose_folder()
        elif action == USE_DEMO:
            self.session.faces.choose(DEMO)

    # Models.

    @Slot()
    def _on_model(self) -> None:
        models = self.session.models
        if models.path is not None:
            self.settings.add_recent_model(models.path)
        self.status.set_model(models.title)

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        self.messages.show_message(f"The model was saved as “{path.name}”.")

    # Saving pictures.

    @Slot()
    def _on_save_face(self) -> None:
        path = self._ask_save("Save the reconstruction", "reconstruction.png", FIGURE_FORMATS)
        if path is not None:
            self.controllers[1].save_face(path)

    @Slot()
    def _on_save_rows(self) -> None:
        path = self._ask_save("Save the faces", "faces.png", FIGURE_FORMATS)
        if path is not None:
            self.controllers[1].save_strip(path)

    @Slot()
    def _on_save_edited(self) -> None:
        path = self._ask_save("Save the edited face", "face.png", "Picture (*.png)")
        if path is not None:
            self.controllers[2].save_picture(path)

    @Slot()
    def _on_save_gif(self) -> None:
        path = self._ask_save("Save the morph", "morph.gif", "Animation (*.gif)")
        if path is not None:
            self.controllers[3].save_gif(path)

    @Slot()
    def _on_save_strip(self) -> None:
        path = self._ask_save("Save the film strip", "morph.png", "Picture (*.png)")
        if path is not None:
            self.controllers[3].save_strip(path)

    def _ask_save(self, title: str, name: str, formats: str) -> Path | None:
        path = dialogs.ask_save(self, title, self.settings.folder / name, formats)
        if path is not None:
            self.settings.folder = path.parent
        return path

    @Slot(str, object, object)
    def _on_task(self, channel: str, tag: Any, result: Any) -> None:
        if channel == "export":
            self.messages.show_message(f"Saved as “{tag.name}”.")
        elif channel == "layers":
            self._layers.set_rows(*result)
            self._layers_dialog.resize(640, 720)
            self._layers_dialog.show()

    @Slot(str, object, object)
    def _on_answer(self, channel: str, _tag: Any, reply: Any) -> None:
        if channel == "export":
            self.messages.show_message(f"Saved as “{reply.name}”.")

    @Slot(object)
    def _on_problem(self, problem: Problem) -> None:
        self.messages.show_message(problem.text, kind="error", details=problem.details)

    # Training and closing.

    @Slot()
    def _on_discard(self) -> None:
        if dialogs.ask_discard(self):
            self.session.training.discard()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if has_files_or_image(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._take(dropped(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.training.is_active and not dialogs.ask_quit(self):
            event.ignore()
            return
        self._remember()
        # Gone at once for the person; the threads end in a fraction of a second behind it.
        self.hide()
        self.session.shut_down()
        event.accept()


def _layer_rows(model: Any) -> tuple[list[Any], int]:
    from model.network import layer_table

    return layer_table(model.network), model.network.latent_dim


def _save_curves(folder: Path, path: Path) -> None:
    from model.curves import CurveHistory
    from model.figures import curves_figure
    from model.runs import Run

    run = Run.open(folder)
    rows = run.rows()
    history = CurveHistory(*(tuple(column) for column in list(zip(*rows, strict=True))[:4]))
    curves_figure(history, path, total_epochs=run.config.epochs)
