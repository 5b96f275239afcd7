"""Programs that tests start in processes of their own."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WINDOW = """
import sys
sys.argv = ["main.py"]
import main
from PySide6.QtCore import QTimer
from cae_gui.main_window import MainWindow
start = MainWindow.start
def started(self):
    start(self)
    def look():
        if self.studio.models.model is None or self.studio.faces.faces is None:
            return QTimer.singleShot(100, look)
        print(self.messages.message(), flush=True)
        self.close()
    look()
MainWindow.start = started
sys.exit(main.main())
"""
"""Opens the window, waits for a model and faces, prints what the message bar says, and ends."""
