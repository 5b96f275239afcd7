"""A photo with its box, and what can be done with the faces on it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cae_gui.reconstruct.crop_box import CropBoxView


class PhotoPanel(QWidget):
    """Signals are intents of the buttons beside the photo.

    Signals:
        add_face_asked(): another face of the photo is to get an entry of its own.
        add_all_asked(): so are all the other faces that were found.
        remove_asked(): this face is to go.
    """

    add_face_asked = Signal()
    add_all_asked = Signal()
    remove_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo = CropBoxView()
        self.add_face = QPushButton("&Add another face")
        self.add_all = QPushButton()
        self.remove = QPushButton("Remove th&is face")
        self.add_face.setToolTip(
            "Give another person on this photo an entry of their own in the gallery.\n"
            "Its box is on a face that was found, or beside this one."
        )
        self.add_all.setToolTip("Give each face that was found an entry of its own in the gallery")
        self.remove.setToolTip("Take this face out of your photos")
        self._arrange()
        self.add_face.clicked.connect(self.add_face_asked)
        self.add_all.clicked.connect(self.add_all_asked)
        self.remove.clicked.connect(self.remove_asked)
        self.set_free(0)

    def set_free(self, count: int) -> None:
        """Say how many faces were found that have no entry."""
        self.add_all.setText(f"Add the other {count} fa&ces")
        self.add_all.setVisible(count > 1)

    def _arrange(self) -> None:
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        for button in (self.add_face, self.add_all, self.remove):
            buttons.addWidget(button)
        buttons.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.photo, 1)
        row.addLayout(buttons)
