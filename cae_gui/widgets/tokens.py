"""The measures and colours of the look, in one place.

Distances and sizes are in pixels at a scale of 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QColor, QPalette

RADIUS = 6.0
"""Of the corners of buttons, fields and pictures."""
HEADER = 48
"""The height of the tabs of the workspaces, which have icons."""
GALLERY, INSPECTOR, FILM = 240, 320, 96
"""The widths of the panels beside the stage, and the height of the strip below it."""
NARROW = 1100
"""A window less wide than this has its inspector over the stage, not beside it."""
CONTROL, PRIMARY = 28, 36
"""The least height of a control, and that of the button that a workspace is there for."""
SMALL, TEXT, LARGE, TITLE = 11, 13, 15, 22
"""Sizes of text."""
WELL = "#141519"
"""Behind large faces, in both schemes."""

_Role = QPalette.ColorRole
LIGHT: Mapping[QPalette.ColorRole, str] = {
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
DARK: Mapping[QPalette.ColorRole, str] = {
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
_BORDERS = {"light": "#828894", "dark": "#80879a"}


def is_dark(palette: QPalette) -> bool:
    """Return whether the palette has light text on a dark window."""
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def border_of(palette: QPalette) -> QColor:
    """Return the colour of the edge of a field, a box or a button: 3:1 against what is around."""
    return QColor(_BORDERS["dark" if is_dark(palette) else "light"])
