"""Folds the gallery and the inspectors away, and remembers it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QSplitter, QWidget

from cae_gui.settings import Settings
from cae_gui.widgets.icons import Name, icon
from cae_gui.widgets.tokens import GALLERY
from cae_gui.widgets.workspace import Workspace, focus_in
from cae_gui.widgets.workspaces import Workspaces

_GALLERY = "gallery"


class Folding(QObject):
    """Has the actions that show and hide the gallery, and the inspector of the workspace in view.

    The gallery is a part of the splitter, whose sizes are remembered, too.
    Where the workspaces need the room, the gallery folds away by itself and comes back with it.
    """

    def __init__(
        self,
        gallery: QWidget,
        splitter: QSplitter,
        workspaces: Workspaces,
        settings: Settings,
    ) -> None:
        super().__init__(workspaces)
        self._gallery, self._splitter = gallery, splitter
        self._workspaces, self._settings = workspaces, settings
        self._is_wanted = _GALLERY not in settings.folded
        self._has_room, self._is_forced = True, False
        self.gallery = self._action("&Gallery", "F6", "gallery")
        self.inspector = self._action("&Inspector", "F7", "inspector")
        self.gallery.triggered.connect(self._on_gallery)
        self.inspector.triggered.connect(self._on_inspector)
        for page in self._pages():
            page.show_inspector(workspaces.name(page) not in settings.folded)
            page.inspector_shown.connect(self.fit)
        workspaces.currentChanged.connect(self._show_state)
        self._fold_gallery()

    @Slot()
    def fit(self) -> None:
        """Fold the gallery away where the window has no room for it."""
        needed = GALLERY + self._workspaces.minimumSizeHint().width()
        self._has_room = self._workspaces.window().width() >= needed
        self._is_forced = self._is_forced and not self._has_room
        self._fold_gallery()

    def keep_sizes(self) -> None:
        """Remember the width of the gallery; that of a folded one was when it was folded."""
        if self._gallery.isVisible():
            self._settings.splitter = self._splitter.saveState()

    def show_gallery(self) -> None:
        """Bring the gallery back where it is folded away."""
        if not self.gallery.isChecked():
            self.gallery.trigger()

    def _action(self, text: str, key: str, name: Name) -> QAction:
        action = QAction(icon(name), text, self, checkable=True)
        action.setShortcut(key)
        action.setToolTip(f"Show or hide the {name} ({key})")
        action.setIconVisibleInMenu(False)
        return action

    def _pages(self) -> list[Workspace]:
        pages = (self._workspaces.widget(i) for i in range(self._workspaces.count()))
        return [page for page in pages if isinstance(page, Workspace)]

    def _remember(self, name: str, *, is_folded: bool) -> None:
        others = self._settings.folded - {name}
        self._settings.folded = others | {name} if is_folded else others

    @Slot(bool)
    def _on_gallery(self, shown: bool) -> None:
        self._is_forced = shown and not self._has_room
        if not self._is_forced:
            self._is_wanted = shown
            self._remember(_GALLERY, is_folded=not shown)
        self._fold_gallery()

    def _fold_gallery(self) -> None:
        shown = self._is_forced or (self._is_wanted and self._has_room)
        focused = QApplication.focusWidget()
        if not shown and focused is not None and self._gallery.isAncestorOf(focused):
            focus_in(self._workspaces.currentWidget())
        if not shown:
            self.keep_sizes()
        self._gallery.setVisible(shown)
        self._show_state()

    @Slot(bool)
    def _on_inspector(self, shown: bool) -> None:
        page = self._workspaces.currentWidget()
        if isinstance(page, Workspace):
            page.show_inspector(shown)
            if not page.is_drawer:
                self._remember(self._workspaces.name(page), is_folded=not shown)

    @Slot()
    def _show_state(self) -> None:
        page = self._workspaces.currentWidget()
        self.gallery.setChecked(not self._gallery.isHidden())
        self.inspector.setEnabled(isinstance(page, Workspace))
        self.inspector.setChecked(isinstance(page, Workspace) and page.has_inspector)
