"""The menu bar: all commands with their shortcuts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from cae_gui.core.times import RUN_MODELS, run_name, run_title
from cae_gui.documents.files import Files
from cae_gui.documents.saving import Saving
from cae_gui.explore.page import ExplorePage
from cae_gui.folding import Folding
from cae_gui.gallery.page import GalleryPage
from cae_gui.help.about import AboutDialog
from cae_gui.help.shortcuts import ShortcutsDialog
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.train.page import TrainPage
from cae_gui.train.runs import ListedRun
from cae_gui.widgets.controls import as_tip, in_menu
from cae_gui.widgets.message_bar import MessageBar
from cae_gui.widgets.theme import Scheme
from cae_gui.widgets.workspaces import Workspaces
from model.io.places import log_folder

Shortcut = QKeySequence | QKeySequence.StandardKey | str
MOST_RUNS = 10
SCHEMES: tuple[tuple[str, Scheme], ...] = (
    ("As the &system", "system"),
    ("&Light", "light"),
    ("&Dark", "dark"),
)


class Menus(QObject):
    """Builds the menus of the window and keeps those with changing entries up to date."""

    def __init__(
        self,
        window: QMainWindow,
        studio: Studio,
        settings: Settings,
        files: Files,
        saving: Saving,
        messages: MessageBar,
        *,
        gallery: GalleryPage,
        train: TrainPage,
        explore: ExplorePage,
        tabs: Workspaces,
        folding: Folding,
        show_workspace: Callable[[int], object],
        copy_picture: Callable[[], object],
        copy_script: Callable[[], object],
        show_exports: Callable[[], object],
        continue_run: Callable[[Path], object],
        set_scheme: Callable[[Scheme], object],
    ) -> None:
        super().__init__(window)
        self._window, self._studio, self._settings = window, studio, settings
        self._files, self._saving, self._messages = files, saving, messages
        self._gallery, self._train, self._explore, self._tabs = gallery, train, explore, tabs
        self._folding, self._show_workspace = folding, show_workspace
        self._copy_picture, self._copy_script = copy_picture, copy_script
        self._show_exports = show_exports
        self._continue_run = continue_run
        self._set_scheme = set_scheme
        self.of_model = QMenu(window)
        """What can be done with the model in use; the same actions are in the other menus."""
        bar = window.menuBar()
        self._fill_file(bar.addMenu("&File"))
        self._fill_edit(bar.addMenu("E&dit"))
        self._fill_view(bar.addMenu("&View"))
        self._fill_help(bar.addMenu("&Help"))

    def _add(
        self, menu: QMenu, text: str, work: Callable[[], object], shortcut: Shortcut = ""
    ) -> QAction:
        action = menu.addAction(text)
        action.setShortcut(shortcut)
        action.triggered.connect(lambda _checked: work())
        return action

    def _fill_file(self, menu: QMenu) -> None:
        files, saving, keys = self._files, self._saving, QKeySequence.StandardKey
        self._add(menu, "&Open model …", files.open_model, keys.Open)
        self._recent = menu.addMenu("Open &recent model")
        self._recent.setToolTipsVisible(True)
        self._recent.aboutToShow.connect(self._fill_recent)
        self.save_model = self._add(menu, "&Save model as …", saving.save_model, keys.SaveAs)
        self._add(menu, "Use the s&hipped model", self._studio.models.open_shipped)
        self.of_model.addActions(menu.actions())
        menu.addSeparator()
        self._add(menu, "Op&en session …", files.open_session, "Ctrl+Alt+O")
        save = saving.save_session
        self.save_session = self._add(menu, "Sa&ve session as …", save, "Ctrl+Alt+S")
        self._add(menu, "Open the &last session", files.open_last_session)
        menu.addSeparator()
        self._add(menu, "&Add photos …", files.open_photos, "Ctrl+Shift+O")
        menu.addSeparator()
        self._runs = menu.addMenu("&Continue a run")
        self._runs.aboutToShow.connect(self._fill_runs)
        self.save_curves = self._add(menu, "Save c&urves …", saving.save_curves)
        self._add(menu, "E&xport …", self._show_exports, "Ctrl+Shift+E")
        menu.addSeparator()
        self._add(menu, "&Quit", self._window.close, keys.Quit)

    def _fill_edit(self, menu: QMenu) -> None:
        keys, group = QKeySequence.StandardKey, self._studio.undo_group
        for action, key in (
            (group.createUndoAction(menu, "&Undo"), keys.Undo),
            (group.createRedoAction(menu, "&Redo"), keys.Redo),
        ):
            action.setShortcut(key)
            menu.addAction(action)
        menu.addSeparator()
        self._add(menu, "Cop&y picture", self._copy_picture, keys.Copy)
        self._add(menu, "Copy as Pyt&hon", self._copy_script, "Ctrl+Alt+C")
        self._add(menu, "Copy training as co&mmand", self._train.copy_command, "Ctrl+Shift+C")
        self._add(menu, "&Paste picture", self._files.paste, keys.Paste)
        self._add(menu, "&Find a face", self._find, keys.Find)
        menu.addSeparator()
        self._add(menu, "Refine the fa&ce", self._studio.refinement.start, "Ctrl+E")
        menu.addSeparator()
        explorer = self._studio.explorer
        self._add(menu, "Ra&ndom face", explorer.randomize, "Ctrl+R")
        self._add(menu, "Random s&tep", explorer.step_randomly, "Ctrl+Shift+R")
        self._add(menu, "&Keep a snapshot", self._explore.keep_snapshot, "Ctrl+D")
        self._add(menu, "R&eset the face", explorer.reset, "Ctrl+0")

    def _fill_view(self, menu: QMenu) -> None:
        for index in range(self._tabs.count()):
            go = partial(self._show_workspace, index)
            self._add(menu, self._tabs.tabText(index), go, f"Ctrl+{index + 1}")
        menu.addSeparator()
        menu.addActions([self._folding.gallery, self._folding.inspector])
        menu.addAction(self._explore.strips)
        self._add(menu, "G&o to the message", self._messages.take_focus, "F8")
        full = self._add(menu, "F&ull screen", self._switch_full_screen, "F11")
        full.setCheckable(True)
        menu.aboutToShow.connect(lambda: full.setChecked(self._window.isFullScreen()))
        menu.addSeparator()
        self._add(menu, "Ta&ble of runs …", self._train.runs.show_table, "Ctrl+T")
        show_layers = self._train.layers_dialog.show_layers
        self.of_model.addSeparator()
        layers = self._add(menu, "La&yers of the network", show_layers, "Ctrl+L")
        self.of_model.addAction(layers)
        menu.addSeparator()
        group = QActionGroup(menu)
        for text, scheme in SCHEMES:
            action = self._add(menu, text, partial(self._set_scheme, scheme))
            action.setCheckable(True)
            action.setChecked(self._settings.scheme == scheme)
            group.addAction(action)

    def _fill_help(self, menu: QMenu) -> None:
        keys = [QKeySequence("F1"), QKeySequence("?")]
        self._add(menu, "&Keyboard shortcuts", self._show_shortcuts).setShortcuts(keys)
        self._add(menu, "Show the &log file …", self._show_log)
        self._add(menu, "&About CAE Studio", self._about)

    @Slot()
    def _fill_recent(self) -> None:
        self._recent.clear()
        paths = self._settings.recent_models
        for path, text in zip(paths, distinct_names(paths, self.name_of), strict=True):
            open_it = partial(self._files.open_path, path)
            self._add(self._recent, in_menu(text), open_it).setToolTip(as_tip(str(path)))
        if self._recent.isEmpty():
            self._recent.addAction("No model was opened or saved yet").setEnabled(False)

    def name_of(self, path: Path) -> str:
        """Return what a model is called by; looks at no disk, which may be slow."""
        listed = self._studio.runs.find(path.parent) if path.name in RUN_MODELS else None
        now = datetime.now()
        return run_name(path.parent, now, listed.run.labels.name) if listed else path.name

    @Slot()
    def _fill_runs(self) -> None:
        self._runs.clear()
        studio, now = self._studio, datetime.now().astimezone()
        idle = not studio.training.is_active
        for listed in islice(filter(_is_unfinished, studio.runs.items), MOST_RUNS):
            run, (done, planned, *_) = listed
            title = f"{run_title(run, now)}: {run.faces}, {done} of {planned} epochs"
            go_on = partial(self._continue_run, run.folder)
            self._add(self._runs, in_menu(title), go_on).setEnabled(idle)
        if self._runs.isEmpty():
            self._runs.addAction("There is no unfinished run").setEnabled(False)

    def _find(self) -> None:
        self._folding.show_gallery()
        self._gallery.focus_search()

    def _switch_full_screen(self) -> None:
        window = self._window
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)

    @Slot()
    def _show_log(self) -> None:
        folder = log_folder()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._messages.show_message(f"The log file is in “{folder}”.")

    def _show_shortcuts(self) -> None:
        ShortcutsDialog(self._window.menuBar(), self._window).show()

    @Slot()
    def _about(self) -> None:
        AboutDialog(self._studio.tasks, self._window).show()


def distinct_names(paths: Sequence[Path], name_of: Callable[[Path], str]) -> list[str]:
    """Return a name for each file; of those with the same one, file and folder as well."""
    names = [name_of(path) for path in paths]
    for longer in (lambda path: f"{name_of(path)} ({path.parent.name}/{path.name})", str):
        again = {name for name, count in Counter(names).items() if count > 1}
        pairs = zip(names, paths, strict=True)
        names = [longer(path) if name in again else name for name, path in pairs]
    return names


def _is_unfinished(listed: ListedRun) -> bool:
    return not (listed.summary.is_finished or listed.summary.is_running)
