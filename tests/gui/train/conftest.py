"""The state that the pages of a training work on, without a window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """All state; its threads are ended afterwards."""
    studio = Studio()
    yield studio
    studio.shut_down()


@pytest.fixture
def messages(qtbot: QtBot) -> MessageBar:
    """A message bar of its own."""
    bar = MessageBar()
    qtbot.addWidget(bar)
    return bar
