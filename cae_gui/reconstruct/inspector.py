"""What Reconstruct tells of a face, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.reconstruct.numbers import Numbers
from cae_gui.widgets.controls import ColorRole, ElidedLabel, Label, PrimaryButton, SectionLabel
from cae_gui.widgets.fields import Slider, Tabs
from cae_gui.widgets.inspectors import fill_inspector
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.tokens import LARGE

STOP = "Stop refi&ning"
GAIN, MOST_GAIN = 4, 16
"""Of the difference: as it is at first, where the brightest colour is a quarter of full brightness;
and the largest."""

_LINES = 4
"""Of what is told about a refinement."""
_HINT = (
    "Fits the face's numbers to its very picture, in steps; that comes closer than the one pass "
    "of the encoder."
)


class Gain(QWidget):
    """How much the difference is brightened: 1 to 16 times, or as the face needs it.

    Signals:
        changed(): another gain is wanted.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, MOST_GAIN)
        self.slider.setPageStep(4)
        self.slider.setValue(GAIN)
        self.auto = QCheckBox("Auto")
        self._title = Label("&Gain", buddy=self.slider)
        self._value = Label()
        self._value.set_tabular()
        self._value.setMinimumWidth(self.fontMetrics().horizontalAdvance("00.0×"))
        row = QHBoxLayout(self)
        filled(row, self._title, self.slider, self._value, self.auto, room=self.slider)
        tip = "How many times the difference is brightened"
        self.slider.setAccessibleName("Gain of the difference")
        self.slider.setToolTip(f"{tip}.\nKeys: arrows, Page Up and Page Down, Home and End.")
        self.auto.setToolTip(f"{tip}: the largest difference of this face is the brightest colour")
        self.slider.valueChanged.connect(self._on_moved)
        self.auto.toggled.connect(self.changed)
        self.show_gain(GAIN)

    def wanted(self) -> float | None:
        """Return the chosen gain, or None where the face is to give it."""
        return None if self.auto.isChecked() else float(self.slider.value())

    def show_gain(self, gain: float) -> None:
        """Show the gain in use."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(gain))
        self._value.setText(f"{gain:.3g}×")

    @Slot()
    def _on_moved(self) -> None:
        with QSignalBlocker(self.auto):
            self.auto.setChecked(False)
        self.show_gain(self.slider.value())
        self.changed.emit()


class Inspector(QWidget):
    """Two tabs: the face, and ``errors``, a page about the errors of all faces.

    Of the face: numbers, refinement, what is on the stage, ``photo``'s buttons, and saving.
    """

    def __init__(self, photo: QWidget, errors: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = Tabs(documentMode=True)
        self.face = QWidget()
        self.name = ElidedLabel(tips=True)
        font = self.name.font()
        font.setPixelSize(LARGE)
        font.setWeight(font.Weight.DemiBold)
        self.name.setFont(font)
        self.numbers = Numbers()
        self.refine = PrimaryButton(STOP)
        self.undo_refinement = QPushButton("&Undo refinement")
        self.stays_typical = QCheckBox("Sta&y typical")
        self.at_once = QCheckBox("Refine own photos at once")
        self.gain = Label(wordWrap=True)
        self.side_by_side = QRadioButton("Side &by side")
        self.wipe = QRadioButton("&Wipe")
        self.difference = QCheckBox("Difference")
        self.brightness = Gain()
        self.export_face = QPushButton("&Save figure …")
        self.export_strip = QPushButton("Save stri&p …")
        self._photo = photo
        self._hint = Label(_HINT, wordWrap=True)
        self._label()
        self._arrange()
        self._add_tabs(errors)

    def show_words(self, text: str) -> None:
        """Say what refinement brought; "" says what it does."""
        self.gain.setText(text)
        self.gain.setVisible(bool(text))
        self._hint.setHidden(bool(text))

    def _label(self) -> None:
        self.refine.setAccessibleName("Refine")
        self.undo_refinement.setToolTip(
            "Take the face as the encoder gives it; Ctrl+Z takes back the last steps alone"
        )
        self.stays_typical.setToolTip(
            "Refine with a soft pull towards typical faces: edits go better from there.\n"
            "It costs a little of the gain."
        )
        self.at_once.setToolTip(
            "Refine each of your photos in three steps when you choose it.\n"
            "Not while the window follows a training."
        )
        self._hint.setForegroundRole(ColorRole.PlaceholderText)
        self.gain.setAccessibleName("What refinement brought")
        self.gain.setToolTip(
            "MSE: before and after. Moved: how far the face went, as a share of its distance\n"
            "from the mean face. Typical: how many in a hundred real faces are as unusual."
        )
        self.side_by_side.setChecked(True)
        self.side_by_side.setToolTip("Original and reconstruction beside each other")
        self.wipe.setToolTip(
            "One large picture: the original at the left of a line that moves,\n"
            "the reconstruction at its right"
        )
        self.difference.setChecked(True)
        self.difference.setToolTip("Show where the two differ; without it they are larger")
        self.export_face.setToolTip(
            "Save original, reconstruction, difference and numbers as one figure"
        )
        self.export_strip.setToolTip("Save the faces below with their reconstructions")
        self.face.setAccessibleName("About the face")

    def _arrange(self) -> None:
        words = QWidget()  # so high that nothing moves when they change
        words.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        filled(QVBoxLayout(words), self._hint, self.gain)
        for label in (self._hint, self.gain):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.gain.hide()
        refine = filled(
            QVBoxLayout(),
            self.refine,
            words,
            self.stays_typical,
            self.at_once,
            self.undo_refinement,
        )
        views = filled(QHBoxLayout(), self.side_by_side, self.wipe, spacing=16)
        views.addStretch()
        title = SectionLabel("View")
        view = filled(QVBoxLayout(), title, views, self.difference, self.brightness)
        saves = filled(QHBoxLayout(), self.export_face, self.export_strip)
        about = filled(QVBoxLayout(), self.name, self.numbers)
        fill_inspector(self.face, saves, about, refine, view, self._photo, spacing=16)

    def _add_tabs(self, errors: QWidget) -> None:
        for page, title, tip in (
            (self.face, "Face", "How well the selected face is reconstructed, and its refinement"),
            (errors, "Errors", "How well every test face is reconstructed: the best and the worst"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(page, title), tip)
        filled(QVBoxLayout(self), self.tabs, spacing=0, room=self.tabs)
