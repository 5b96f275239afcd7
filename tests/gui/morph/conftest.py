"""The page of Morph alone, without a model."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from cae_gui.morph.page import MorphPage
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar


@pytest.fixture
def page(studio: Studio, messages: MessageBar, qtbot: QtBot) -> MorphPage:
    """The page on show, with nothing in it."""
    page = MorphPage(
        models=studio.models,
        selection=studio.selection,
        morpher=studio.morpher,
        corners=studio.corners,
        analogy=studio.analogy,
        filming=studio.filming,
        messages=messages,
        settings=Settings(),
        save=lambda *_arguments: None,
    )
    qtbot.addWidget(page)
    page.resize(1200, 700)  # with the inspector beside the stage
    with qtbot.waitExposed(page):
        page.show()
    return page
