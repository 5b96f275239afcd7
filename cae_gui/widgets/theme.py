"""The look: Fusion with a light and a dark palette of cool greys and one indigo accent."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

Scheme = Literal["system", "light", "dark"]

_Role = QPalette.ColorRole
_LIGHT = {
    _Role.Window: "#f3f4f6",
    _Role.WindowText: "#1d2026",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f6f7f9",
    _Role.Text: "#1d2026",
    _Role.PlaceholderText: "#6a6f7b",
    _Role.Button: "#f8f9fa",
    _Role.ButtonText: "#1d2026",
    _Role.BrightText: "#b3261e",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#e9ebef",
    _Role.Mid: "#c6cad2",
    _Role.Dark: "#9ea4b0",
    _Role.Shadow: "#676d79",
    _Role.Highlight: "#4a5bd4",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#4a5bd4",
    _Role.Link: "#3a4bc4",
    _Role.LinkVisited: "#74449f",
    _Role.ToolTipBase: "#2a2d35",
    _Role.ToolTipText: "#f3f4f6",
}
_DARK = {
    _Role.Window: "#26282e",
    _Role.WindowText: "#e6e8ec",
    _Role.Base: "#1b1d22",
    _Role.AlternateBase: "#202227",
    _Role.Text: "#e6e8ec",
    _Role.PlaceholderText: "#9197a3",
    _Role.Button: "#32353d",
    _Role.ButtonText: "#e6e8ec",
    _Role.BrightText: "#ff9a8f",
    _Role.Light: "#4a4e59",
    _Role.Midlight: "#3b3f48",
    _Role.Mid: "#2b2e35",
    _Role.Dark: "#16181c",
    _Role.Shadow: "#0d0e11",
    _Role.Highlight: "#93a1ff",
    _Role.HighlightedText: "#14172b",
    _Role.Accent: "#93a1ff",
    _Role.Link: "#a5b1ff",
    _Role.LinkVisited: "#cfa6f0",
    _Role.ToolTipBase: "#3b3f48",
    _Role.ToolTipText: "#f3f4f6",
}
_TEXT_ROLES = (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.Link, _Role.LinkVisited)


def apply_theme(app: QApplication, scheme: Scheme) -> None:
    """Give the application its look; "system" follows the system's scheme when that changes."""
    follower = app.findChild(_SchemeFollower) or _SchemeFollower(app)
    follower.follow(scheme)


def is_dark(palette: QPalette) -> bool:
    """Return whether the palette has light text on a dark window."""
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def palette_of(scheme: Literal["light", "dark"]) -> QPalette:
    """Return the palette of a scheme, with every role set for enabled and disabled widgets."""
    colors = _DARK if scheme == "dark" else _LIGHT
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
        app.setStyle("Fusion")
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
