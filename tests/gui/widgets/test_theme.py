from __future__ import annotations

from importlib.resources import files

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from cae_gui.widgets.theme import apply_theme, palette_of
from cae_gui.widgets.tokens import is_dark

Role = QPalette.ColorRole
Group = QPalette.ColorGroup


@pytest.fixture
def app(qapp):
    before = qapp.palette(), qapp.style().objectName(), QToolTip.palette()
    yield qapp
    qapp.styleHints().unsetColorScheme()
    qapp.setStyle(before[1])
    qapp.setPalette(before[0])
    QToolTip.setPalette(before[2])
    for child in qapp.children():
        if type(child).__name__ == "_SchemeFollower":
            child.setParent(None)
            child.deleteLater()


def contrast(one: QColor, two: QColor) -> float:
    """Contrast ratio of WCAG 2."""

    def luminance(color: QColor) -> float:
        parts = (color.redF(), color.greenF(), color.blueF())
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_scheme_is_applied(app, scheme):
    apply_theme(app, scheme)
    assert is_dark(app.palette()) == (scheme == "dark")
    assert is_dark(QToolTip.palette()) == (scheme == "dark")
    assert not app.styleSheet()


def test_system_follows_the_system(app):
    apply_theme(app, "system")
    for scheme in (Qt.ColorScheme.Dark, Qt.ColorScheme.Light):
        app.styleHints().colorSchemeChanged.emit(scheme)
        assert is_dark(app.palette()) == (app.styleHints().colorScheme() == Qt.ColorScheme.Dark)


def test_a_chosen_scheme_stays_when_the_system_changes(app):
    apply_theme(app, "dark")
    app.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert is_dark(app.palette())


def test_applying_again_adds_no_second_follower(app):
    apply_theme(app, "dark")
    count = len(app.children())
    apply_theme(app, "light")
    assert len(app.children()) == count
    assert isinstance(app, QApplication)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (Role.WindowText, Role.Window),
        (Role.Text, Role.Base),
        (Role.Text, Role.AlternateBase),
        (Role.PlaceholderText, Role.Base),
        (Role.ButtonText, Role.Button),
        (Role.HighlightedText, Role.Highlight),
        (Role.Link, Role.Window),
        (Role.ToolTipText, Role.ToolTipBase),
        (Role.BrightText, Role.Window),
    ],
)
def test_text_is_readable(scheme, text, ground):
    palette = palette_of(scheme)
    assert contrast(palette.color(text), palette.color(ground)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_disabled_text_is_paler_and_still_legible(scheme):
    palette = palette_of(scheme)
    window = palette.color(Role.Window)
    disabled = contrast(palette.color(Group.Disabled, Role.Text), window)
    assert 2.5 < disabled < contrast(palette.color(Role.Text), window)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_role_is_set(scheme):
    palette = palette_of(scheme)
    for role in Role:
        if role not in (Role.NoRole, Role.NColorRoles):
            assert palette.isBrushSet(Group.Active, role), role


@pytest.mark.usefixtures("qapp")
def test_icon_draws():
    icon = QIcon(str(files("resources").joinpath("icon.svg")))
    for length in (16, 32, 256):
        assert (
            icon.pixmap(length, length).toImage().pixelColor(length // 2, 2 * length // 16).alpha()
        )
