"""The light and the dark palette of cool greys with one indigo accent, and who follows which."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from cae_gui.widgets.style import Style
from cae_gui.widgets.tokens import DARK, LIGHT

Scheme = Literal["system", "light", "dark"]

_Role = QPalette.ColorRole
_TEXT_ROLES = (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.Link, _Role.LinkVisited)


def apply_theme(app: QApplication, scheme: Scheme) -> None:
    """Give the application its look; "system" follows the system's scheme when that changes."""
    follower = app.findChild(_SchemeFollower) or _SchemeFollower(app)
    follower.follow(scheme)


def palette_of(scheme: Literal["light", "dark"]) -> QPalette:
    """Return the palette of a scheme, with every role set for enabled and disabled widgets."""
    colors = DARK if scheme == "dark" else LIGHT
    palette = QPalette()
    for role, name in colors.items():
        palette.setColor(role, QColor(name))
    grey = _between(palette.color(_Role.Text), palette.color(_Role.Window), 0.55)
    for role in _TEXT_ROLES:
        palette.setColor(QPalette.ColorGroup.Disabled, role, grey)
    for role in (_Role.Highlight, _Role.Accent):
        palette.setColor(QPalette.ColorGroup.Disabled, role, grey)
    for role in (_Role.HighlightedText, _Role.Base):
        palette.setColor(QPalette.ColorGroup.Disabled, role, palette.color(_Role.Window))
    return palette


def _between(color: QColor, other: QColor, share: float) -> QColor:
    pairs = (
        (color.red(), other.red()),
        (color.green(), other.green()),
        (color.blue(), other.blue()),
    )
    return QColor(*(round(one * share + two * (1 - share)) for one, two in pairs))


class _SchemeFollower(QObject):
    """Holds the wanted scheme and applies it, now and whenever the system's changes."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._scheme: Scheme = "system"
        app.setStyle(Style())
        app.styleHints().colorSchemeChanged.connect(self._update)

    def follow(self, scheme: Scheme) -> None:
        """Apply the scheme; the system hears of it too, for the window's title bar."""
        self._scheme = scheme
        hints = self._app.styleHints()
        if scheme == "system":
            hints.unsetColorScheme()
        else:
            dark = scheme == "dark"
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        self._update()

    @Slot()
    def _update(self) -> None:
        dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        if self._scheme != "system":
            dark = self._scheme == "dark"
        palette = palette_of("dark" if dark else "light")
        # A style sheet of the application would have to be set again, which takes a hundred times
        # as long with hundreds of widgets.
        self._app.setPalette(palette)
        # Qt copies the tips' palette from the system once and then forgets about it.
        QToolTip.setPalette(palette)
