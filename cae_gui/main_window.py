"""The window: builds gallery, workspaces, menus and messages, and joins them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
    QUndoStack,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.jobs import stop_all
from cae_gui.core.selection import Selected
from cae_gui.core.tasks import Task
from cae_gui.core.times import run_name
from cae_gui.documents.drops import outlook
from cae_gui.documents.files import Files, has_files_or_image
from cae_gui.documents.saving import DIRECTIONS, FIGURE, PICTURE, TABLE, Saving
from cae_gui.documents.sessions import Sessions
from cae_gui.explore.page import ExplorePage
from cae_gui.folding import Folding
from cae_gui.gallery.page import LAST, GalleryPage
from cae_gui.going_on import GoingOn
from cae_gui.menus import MOST_RUNS, Menus
from cae_gui.messages import Messages
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.page import MorphPage
from cae_gui.reconstruct.face_errors import Other
from cae_gui.reconstruct.page import ReconstructPage
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.scripts import Scripts
from cae_gui.settings import Settings
from cae_gui.status import Status
from cae_gui.studio import Studio
from cae_gui.train.page import TrainPage
from cae_gui.train.run_filter import Grouping
from cae_gui.widgets import dialogs
from cae_gui.widgets.drop_overlay import DropOverlay
from cae_gui.widgets.face_view import FaceView, largest_picture
from cae_gui.widgets.header import Header
from cae_gui.widgets.icons import icon
from cae_gui.widgets.message_bar import Action, MessageBar
from cae_gui.widgets.model_chip import ModelChip
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.theme import Scheme, apply_theme
from cae_gui.widgets.tokens import GALLERY
from cae_gui.widgets.workspace import Workspace
from cae_gui.widgets.workspaces import Workspaces
from model.io.files import as_file_name, is_there, unused
from model.io.places import data_folder, word_of_temporary
from model.latents.custom_directions import SUFFIX as DIRECTIONS_SUFFIX

_FIRST_SIZE, _FIRST_SHARE = QSize(1440, 900), 0.9
"""Of the window before the user gives it another, and of the screen at the most."""
_SMALLEST = QSize(900, 500)
_NARROWEST_GALLERY = 200


class MainWindow(QMainWindow):
    """One gallery, four workspaces, one message bar."""

    def __init__(self) -> None:
        super().__init__()
        try:
            self._set_up()
        except BaseException:
            stop_all(self)  # Qt aborts the program where a running thread is destroyed
            raise

    def _set_up(self) -> None:
        self.setWindowTitle("CAE Studio")
        self.setAcceptDrops(True)
        self.setMinimumSize(_SMALLEST)
        self.settings = Settings()
        self.studio = Studio(self)
        self._has_model = self._is_left = False
        self._build()
        self._control()
        self.menus = self._make_menus()
        self.chip.setMenu(self.menus.of_model)
        self.header.export.offer(self._exports)
        self._connect()
        self._restore()

    @property
    def session(self) -> Studio:
        """Return ``studio`` by its earlier name, for programs that use it."""
        return self.studio

    def start(self) -> None:
        """Load the faces and the model of last time, or the shipped ones; list the runs."""
        if word := word_of_temporary():
            self.messages.show_message(word)
        self._going_on.offer()
        self.studio.runs.refresh()
        self.studio.queue.refresh()
        self.studio.unsaved.look()
        self.studio.faces.choose(self.settings.source, again=True)
        self.studio.own.source = self.settings.directions
        model = self.settings.model
        if model is not None and is_there(model):
            self.studio.models.open(model)
        else:
            self.studio.models.open_shipped()

    def _build(self) -> None:
        studio = self.studio
        models, tasks = studio.models, studio.tasks
        faces, selection = studio.faces, studio.selection
        source, row = self.settings.source, self.settings.row
        models.stays_typical = self.settings.stays_typical
        selection.refines_photos = self.settings.refines_photos
        studio.local.count = self.settings.local_faces
        self.gallery = GalleryPage(faces, studio.photos, selection, source=source, row=row)
        self.gallery.setMinimumWidth(_NARROWEST_GALLERY)
        own = PhotoPanel(
            studio.photo,
            pick=self.gallery.pick_photo,
            add_face=studio.photos.add_face,
            add_all_faces=studio.photos.add_all_faces,
            remove=studio.photos.remove,
        )
        pick = self.gallery.pick
        self.reconstruct = ReconstructPage(
            models, tasks, selection, faces, own, pick, studio.refinement, studio.errors
        )
        self.messages = MessageBar()
        told = self.messages, self.settings
        self._sessions = Sessions(studio.session_files, studio.unsaved, studio.models, *told, self)
        self.files = self._make_files()
        self.saving = self._make_saving()
        self.train = self._make_train()
        self.explore = self._make_explore()
        self.explore.strips.setChecked(self.settings.has_strips)
        self.morph = self._make_morph()
        self.tabs = Workspaces()
        self.tabs.add(self.train, icon("train"), "&Train", "Train a network (Ctrl+1)")
        tip = "A face, and what the network makes of it (Ctrl+2)"
        self.tabs.add(self.reconstruct, icon("reconstruct"), "&Reconstruct", tip)
        self.tabs.add(self.explore, icon("explore"), "&Explore", "Change a face (Ctrl+3)")
        self.tabs.add(self.morph, icon("morph"), "&Morph", "From face to face (Ctrl+4)")
        side = _column((8, 8, 0, 8), self.gallery)
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(side)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(1, 1)
        in_view = self._stage_in_view, self._captions_in_view, self._controls_in_view
        self.messages.float_over(self.tabs, *in_view)
        self.splitter.setSizes([GALLERY, _FIRST_SIZE.width() - GALLERY])
        self.chip = ModelChip()
        self.folding = Folding(side, self.splitter, self.tabs, self.settings)
        bar, fold = self.tabs.tabBar(), self.folding
        self.header = Header(bar, self.chip, fold.gallery, fold.inspector)
        whole = _column((0, 0, 0, 0), self.header, self.splitter)
        self.setCentralWidget(whole)
        self.overlay = DropOverlay(whole)
        self.status = Status(self.statusBar())

    def _make_files(self) -> Files:
        studio = self.studio
        return Files(
            self,
            self.messages,
            self.settings,
            self._sessions,
            models=studio.models,
            faces=studio.faces,
            own=studio.own,
            add_photos=studio.photos.add,
        )

    def _make_saving(self) -> Saving:
        studio = self.studio
        return Saving(
            self,
            self.messages,
            self.settings,
            models=studio.models,
            sessions=studio.session_files,
            tasks=studio.tasks,
            shown_run=lambda: studio.runs.shown,
        )

    def _make_train(self) -> TrainPage:
        studio = self.studio
        return TrainPage(
            training=studio.training,
            queue=studio.queue,
            estimates=studio.estimates,
            lines=studio.lines,
            runs=studio.runs,
            models=studio.models,
            faces=studio.faces,
            selection=studio.selection,
            tasks=studio.tasks,
            messages=self.messages,
        )

    def _make_explore(self) -> ExplorePage:
        studio = self.studio
        return ExplorePage(
            studio.models,
            studio.tasks,
            studio.faces,
            studio.latents,
            studio.explorer,
            studio.exploring,
            studio.own,
            studio.local,
            studio.maps,
            studio.map_selection,
            self.messages,
            self.gallery.selected_faces,
            studio.refinement.start,
        )

    def _make_morph(self) -> MorphPage:
        studio = self.studio
        return MorphPage(
            models=studio.models,
            selection=studio.selection,
            morpher=studio.morpher,
            corners=studio.corners,
            analogy=studio.analogy,
            filming=studio.filming,
            messages=self.messages,
            settings=self.settings,
            save=self.saving.save,
        )

    def _make_menus(self) -> Menus:
        return Menus(
            self,
            self.studio,
            self.settings,
            self.files,
            self.saving,
            self.messages,
            gallery=self.gallery,
            train=self.train,
            explore=self.explore,
            tabs=self.tabs,
            folding=self.folding,
            show_workspace=self.show_workspace,
            copy_picture=self.copy_picture,
            copy_script=self.copy_script,
            show_exports=self.header.export.showMenu,
            continue_run=self.continue_run,
            set_scheme=self.set_scheme,
        )

    def _control(self) -> None:
        studio = self.studio
        open_folder = self.files.open_folder
        told = self.messages, studio.faces, studio.photos, self.settings
        self._messages = Messages(*told, open_folder, self)
        self._going_on = GoingOn(
            studio,
            self.settings,
            self.messages,
            continue_run=self.continue_run,
            open_last_session=self.files.open_last_session,
        )
        self._scripts = Scripts(studio, self.settings, self.messages)
        works = studio.models, studio.faces, studio.photos, studio.filming, studio.maps
        studio.errors.offers = self._other_models
        self.status.progress.watch(*works, studio.errors, studio.face_export)

    def _connect(self) -> None:
        studio = self.studio
        studio.problem.connect(self.messages.show_problem)
        studio.faces.changed.connect(self._on_faces)
        studio.models.replaced.connect(self._on_model)
        studio.models.saved.connect(self._on_model)
        studio.models.renamed.connect(self._on_model)
        self.header.shipped.clicked.connect(studio.models.open_shipped)
        studio.training.state_changed.connect(self.status.set_training)
        for stack in (self.train.form.undo_stack, studio.queue.undo_stack):
            studio.undo_group.addStack(stack)
        self.tabs.currentChanged.connect(self._on_workspace)
        self.train.tabs.currentChanged.connect(self._on_workspace)
        self.tabs.currentChanged.connect(self.messages.place)
        for index in range(self.tabs.count()):
            if isinstance(page := self.tabs.widget(index), Workspace):
                page.laid_out.connect(self.messages.place)
        self.gallery.folder_wanted.connect(self.files.open_folder)
        self.gallery.face_activated.connect(self._on_face_activated)
        self.gallery.morph_asked.connect(self._on_morph_asked)
        self._connect_map()
        self.reconstruct.morph_asked.connect(partial(self._on_morph_asked, index=LAST))
        self.reconstruct.errors.file_wanted.connect(self._compare_with_file)
        studio.exploring.face_picked.connect(self.gallery.pick)
        studio.explorer.latent_changed.connect(self._on_edited)
        studio.photos.changed.connect(self.reconstruct.own.show_faces)
        studio.resuming.notice.connect(self.messages.show_message)
        runs = self.train.runs
        runs.continue_asked.connect(self.continue_run)
        runs.longer_asked.connect(self._train_longer)
        runs.export_asked.connect(self.saving.export_runs)
        self.train.queue.use_asked.connect(studio.models.open)
        runs.table.save_asked.connect(self.saving.save_table)
        runs.follow_asked.connect(partial(self.files.choose_run, runs.follow_run))
        self._sessions.used.connect(self._on_session_used)
        self.explore.own_page.bring.clicked.connect(self.files.open_directions)
        self.explore.morph_asked.connect(self._on_edited_to_morph)
        self.explore.map.path_made.connect(self._on_path_made)
        self.morph.path.frames.edited_wanted.connect(self._on_edited_wanted)
        for page in (self.morph.path, self.morph.grid, self.morph.analogy):
            page.edit_asked.connect(self._on_edit_asked)
            page.script_asked.connect(self.copy_script)
        self.explore.script_asked.connect(self._on_script_asked)
        self._connect_saving()

    def _connect_map(self) -> None:
        """Let the gallery and the map show what is selected in the other."""
        self.gallery.rows_selected.connect(self.explore.map.mark)
        self.studio.map_selection.changed.connect(self._show_map_selection)
        panel = self.explore.map.selection
        panel.gallery_asked.connect(self._show_map_selection)
        panel.export_asked.connect(self._on_faces_export_asked)
        panel.training_asked.connect(self._on_selection_training_asked)

    @Slot()
    def _show_map_selection(self) -> None:
        """Show only the faces selected on the map in the gallery, where they are of the same."""
        chosen, faces = self.studio.map_selection.chosen, self.studio.faces.faces
        same = faces is not None and chosen.is_of(faces)
        rows = chosen.rows if same else chosen.rows[:0]
        self.gallery.show_only(rows, f"On the map: {counted(len(rows), 'face')}")

    @Slot()
    def _on_faces_export_asked(self) -> None:
        studio, chosen = self.studio, self.studio.map_selection.chosen
        write = partial(studio.face_export.begin, chosen, then=self.messages.show_saved)
        self.saving.save_folder("Export pictures and names", chosen.title, write)

    @Slot()
    def _on_selection_training_asked(self) -> None:
        """Keep the selected faces as a folder: a run finds them there when it goes on."""
        chosen = self.studio.map_selection.chosen
        folder = unused(data_folder() / "selections", as_file_name(chosen.title))
        self.studio.face_export.begin(chosen, folder, then=self._train_on)

    def _train_on(self, folder: Path) -> None:
        self.tabs.setCurrentWidget(self.train)
        self.train.show_settings()
        self.studio.faces.choose(str(folder))
        self.messages.show_saved(folder, f"“{folder.name}” are the faces to train on now.")

    def _connect_saving(self) -> None:
        """Let the buttons of the pages ask for a file."""
        page, explore, sweep = self.reconstruct, self.explore, self.train.comparison
        for button, what, name, formats, write in (
            (page.export_face, "reconstruction", "reconstruction", FIGURE, page.save_face),
            (page.export_strip, "faces", "faces", FIGURE, page.below.save),
            (page.errors.export, "errors", "errors", f"{FIGURE};;{TABLE}", page.save_errors),
            (explore.save, "edited face", "face", PICTURE, explore.save_picture),
            (explore.snapshots.export, "snapshots", "snapshots", PICTURE, self._save_snapshots),
            (sweep.export, "comparison", "sweep", FIGURE, sweep.write),
        ):
            save = partial(self.saving.save, f"Save the {what}", f"{name}.png", formats, write)
            button.clicked.connect(lambda _checked, save=save: save())
        asked = "Export your directions", f"yours{DIRECTIONS_SUFFIX}", DIRECTIONS
        export = partial(self.saving.save, *asked, explore.save_directions)
        explore.own_page.export.clicked.connect(lambda _checked: export())
        page.save_asked.connect(partial(self.saving.save, "Save the picture", "face.png", PICTURE))

    def _exports(self) -> list[QAction]:
        """Return what can be exported: of the workspace in view, and of all."""
        train, explore, morph = self.train, self.explore, self.morph
        of_page: dict[QWidget, list[tuple[str, QAbstractButton | QAction]]] = {
            train: [("&Runs selected in the list …", train.runs.export)],
            self.reconstruct: [
                ("&Picture of the face …", self.reconstruct.export_face),
                ("Picture of the s&trip …", self.reconstruct.export_strip),
                ("&Errors of all faces …", self.reconstruct.errors.export),
            ],
            explore: [
                ("&Picture of the face …", explore.save),
                ("Snapshots selected in the s&trip …", explore.snapshots.export),
                ("Your &directions and presets …", explore.own_page.export),
            ],
            morph.path: [("&Path as a film or picture …", morph.path.export)],
            morph.grid: [("&Grid as a film or picture …", morph.grid.export)],
            morph.analogy: [("&Picture of the result …", morph.analogy.save)],
        }
        page, menu, menus = self.tabs.currentWidget(), self.header.export.menu(), self.menus
        found = [menus.save_curves] if page is train else []
        page = morph.tabs.currentWidget() if page is morph else page
        for text, offer in of_page[page] if page is not None else []:
            action = QAction(text, menu, enabled=offer.isEnabled())
            work = offer.trigger if isinstance(offer, QAction) else offer.click
            action.triggered.connect(work)
            found.append(action)
        line = QAction(menu)
        line.setSeparator(True)
        return [*found, line, menus.save_model, menus.save_session]

    def _save_snapshots(self, path: Path) -> None:
        snapshots = self.explore.snapshots
        snapshots.save(snapshots.strip.selected(), path)

    def _restore(self) -> None:
        room = self.screen().availableSize() * _FIRST_SHARE
        self.resize(_FIRST_SIZE.boundedTo(room))
        if not self.settings.geometry.isEmpty():
            self.restoreGeometry(self.settings.geometry)
        if not self.settings.run_table.isEmpty():
            self.train.runs.table.restore(self.settings.run_table)
        self.train.runs.search.group_by(Grouping(self.settings.run_grouping))
        if not self.settings.splitter.isEmpty():
            self.splitter.restoreState(self.settings.splitter)
        self.tabs.setCurrentIndex(self.settings.workspace)
        self._on_workspace()
        self.gallery.focus_faces()

    def _remember(self) -> None:
        self._going_on.remember()
        self.settings.geometry = self.saveGeometry()
        self.settings.run_table = self.train.runs.table.state()
        self.settings.run_grouping = self.train.runs.search.grouping.value
        self.folding.keep_sizes()
        self.settings.workspace = self.tabs.currentIndex()
        self.settings.source = self.studio.faces.source or self.settings.source
        # What hasn't been loaded yet is kept as it was.
        row = self.gallery.selected_row()
        if row is not None:
            self.settings.row = row
        if self.studio.models.model is not None:
            self.settings.model = self.studio.models.path
        self.settings.stays_typical = self.studio.models.stays_typical
        self.settings.refines_photos = self.studio.selection.refines_photos
        self.settings.local_faces = self.studio.local.count
        self.settings.has_strips = self.explore.strips.isChecked()
        self.settings.directions = self.studio.own.source or self.settings.directions

    @Slot()
    def leave(self) -> None:
        """Close the window as the user would, without a question; open ones are cancelled."""
        self._keep_all()
        # Not close(): where the window just asks whether to close, it would do nothing.
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog):
                widget.reject()
        QApplication.exit()  # of all loops, those of dialogs and menus as well

    @Slot(object)
    def continue_run(self, folder: Path, epochs: int | None = None) -> None:
        """Go on with an earlier run, with so many epochs in all or as many as it has."""
        self.tabs.setCurrentWidget(self.train)
        self.studio.resuming.resume(folder, epochs)

    @Slot(object, int)
    def _train_longer(self, folder: Path, epochs: int) -> None:
        self.continue_run(folder, epochs)

    def show_workspace(self, index: int) -> None:
        """Turn to a workspace, for its keys to work at once."""
        self.tabs.setCurrentIndex(index)
        page = self.tabs.widget(index)
        if page is not None:
            page.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def copy_picture(self) -> None:
        """Copy the text or picture that has the focus, or the picture of the workspace in view."""
        focused, clipboard = QApplication.focusWidget(), QApplication.clipboard()
        if isinstance(focused, QLabel) and focused.hasSelectedText():
            clipboard.setText(focused.selectedText())
            return
        page = self.tabs.currentWidget()
        picture = page.picture() if isinstance(page, Workspace) else largest_picture(page)
        if isinstance(focused, FaceView):
            picture = focused.picture() or picture
        if picture is None:
            self.messages.show_message("There is no picture to copy here.")
        else:
            clipboard.setImage(picture)
            self.messages.show_message("The picture was copied.")

    @Slot()
    def copy_script(self) -> None:
        """Copy a script that makes what is in view again."""
        morph, scripts = self.morph, self._scripts
        copies: dict[QWidget | None, Callable[[], object]] = {
            self.explore: scripts.copy_edit,
            morph.path: scripts.copy_path,
            morph.grid: scripts.copy_grid,
            morph.analogy: scripts.copy_analogy,
        }
        page = self.tabs.currentWidget()
        copy = copies.get(morph.tabs.currentWidget() if page is morph else page)
        if copy is None:
            self.messages.show_message("Explore and Morph have what can be copied as Python.")
        else:
            copy()

    @Slot(str)
    def _on_script_asked(self, direction: str) -> None:
        if direction:
            self._scripts.copy_direction(direction)
        else:
            self._scripts.copy_edit()

    def set_scheme(self, scheme: Scheme) -> None:
        """Choose “system”, “light” or “dark”."""
        self.settings.scheme = scheme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, scheme)

    def _stage_in_view(self) -> QRect:
        page = self.tabs.currentWidget()
        return page.stage_rect() if isinstance(page, Workspace) else self.tabs.rect()

    def _captions_in_view(self) -> list[QRect]:
        page = self.tabs.currentWidget()
        return page.captions() if isinstance(page, Workspace) else []

    def _controls_in_view(self) -> list[QRect]:
        page = self.tabs.currentWidget()
        return page.controls() if isinstance(page, Workspace) else []

    @Slot()
    def _on_workspace(self) -> None:
        """Let Edit → Undo act on what is in view."""
        studio = self.studio
        stacks: dict[QWidget, QUndoStack] = {
            self.train: self.train.steps(),
            self.reconstruct: studio.photo.undo_stack,
            self.explore: studio.explorer.undo_stack,
            self.morph: studio.morpher.undo_stack,
        }
        page = self.tabs.currentWidget()
        stack = stacks.get(page) if page is not None else None
        studio.undo_group.setActiveStack(stack)  # type: ignore[arg-type]  # None is allowed

    @Slot()
    def _on_faces(self) -> None:
        faces = self.studio.faces.faces
        if faces is not None:
            self.status.set_faces(f"{faces.title}: {len(faces.images):,}")

    @Slot()
    def _on_model(self) -> None:
        models = self.studio.models
        if models.path is not None:
            self.settings.add_recent_model(models.path)
        if models.snapshot_of is None and self._has_model:
            self.settings.model = models.path  # at once: after a crash, work needs its model
        self._has_model = True
        is_shipped = models.path is None and models.snapshot_of is None
        self.header.shipped.setVisible(not is_shipped)
        self.chip.set_model(models.title, None if models.model is None else models.model.test_mse)
        self.studio.tasks.run(_device, Task.DEVICE, then=self.status.set_device)

    def _other_models(self) -> list[Other]:
        """Return what the model in use can be compared with: shipped, of runs, recent files."""
        models, now = self.studio.models, datetime.now()
        runs = [item for item in self.studio.runs.items if item.summary.best_mse is not None]
        named = ((item.run, item.run.labels.name) for item in runs[:MOST_RUNS])
        found = [Other(run_name(run.folder, now, name), run.best) for run, name in named]
        paths = {other.path for other in found}
        recent = (path for path in self.settings.recent_models if path not in paths)
        found += [Other(self.menus.name_of(path), path) for path in recent]
        # The shipped one has no path, and neither has a snapshot of a training.
        is_shipped = models.path is None and models.snapshot_of is None
        shipped = [] if is_shipped else [Other("Shipped model", None)]
        return [*shipped, *(other for other in found if other.path != models.path)]

    @Slot()
    def _compare_with_file(self) -> None:
        self.files.choose_model(lambda path: self.studio.errors.compare(Other(path.name, path)))

    @Slot()
    def _on_edited(self) -> None:
        """Keep an edited face on show when other faces arrive."""
        edited = self.studio.explorer.face
        if self.studio.faces.is_loading and edited is not None and edited.offset.any():
            self.gallery.keep_face()

    @Slot()
    def _on_session_used(self) -> None:
        if self.tabs.currentWidget() is not self.morph:
            self.tabs.setCurrentWidget(self.explore)

    @Slot()
    def _on_face_activated(self) -> None:
        if self.tabs.currentWidget() is self.train:
            self.tabs.setCurrentWidget(self.reconstruct)

    @Slot(object, int)
    def _on_morph_asked(self, face: Selected, index: int) -> None:
        morpher = self.studio.morpher
        place = len(morpher.state.faces) if index == LAST else index
        morpher.put(place, MorphFace.of(face))
        self._show_path()

    @Slot(int)
    def _on_edited_wanted(self, index: int) -> None:
        """Put the face edited in Explore on the path of the morph."""
        edited, morpher = self.studio.explorer.face, self.studio.morpher
        if edited is not None:
            morpher.put(index, morpher.made(f"{edited.name}, edited", edited.latent))

    @Slot()
    def _on_edited_to_morph(self) -> None:
        """Put the edited face at the end of the path of the morph, and show that."""
        self._on_edited_wanted(len(self.studio.morpher.state.faces))
        self._show_path()

    @Slot(object)
    def _on_path_made(self, latents: NDArray[np.float32]) -> None:
        """Make a path drawn on the map that of the morph, and offer to show it."""
        self.studio.morpher.lead_through(latents, "Place", "Path drawn on the map")
        text = f"Path of {len(latents)} faces in Morph"
        self.messages.show_message(text, actions=[Action("Show", self._show_path)], is_passing=True)

    def _show_path(self) -> None:
        self.tabs.setCurrentWidget(self.morph)
        self.morph.tabs.setCurrentWidget(self.morph.path)

    @Slot(object, str)
    def _on_edit_asked(self, latent: NDArray[np.float32], text: str) -> None:
        if self.studio.explorer.face is None:
            self.messages.show_message("Choose a face in the gallery first: its edit begins there.")
            return
        self.studio.explorer.go_to(latent, text)
        self.tabs.setCurrentWidget(self.explore)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if has_files_or_image(event.mimeData()):
            event.acceptProposedAction()
            self.overlay.tell(*outlook(event.mimeData()))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        event.acceptProposedAction()
        self.files.take(event.mimeData())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.folding.fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.studio.training.is_active and not dialogs.ask_quit(self):
            event.ignore()
            return
        self._keep_all()
        event.accept()

    def _keep_all(self) -> None:
        """Hide the window, keep what it has to keep, and end its threads."""
        if self._is_left:
            return
        self._is_left = True
        self._remember()
        # The window hides at once; the threads end in a fraction of a second after it.
        for dialog in self.findChildren(QDialog):
            dialog.hide()
        self.hide()
        self.studio.shut_down()


def _column(margins: tuple[int, int, int, int], *widgets: QWidget) -> QWidget:
    """Return a widget with others below each other; the last one takes the room."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(*margins)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, 1 if widget is widgets[-1] else 0)
    return holder


def _device() -> str:
    from model.device import device_name, pick_device, use_threads

    use_threads(None)
    return device_name(pick_device())
